// What must be known before anything is drawn.
{
  const { classList, dataset } = document.documentElement;

  // Light or dark, as the reader chose or the system says.
  dataset.mode = localStorage.getItem("mode") || "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : dataset.mode;

  // A page that opens at its top: a phone draws that before it lays out all that is below (book.css), which takes as
  // long as everything else. A page that opens further down, at a link's target or where it was left, needs it all. Of
  // a link to a piece of text (#:~:text=…) only the entry knows.
  const [entry] = performance.getEntriesByType("navigation");
  if (entry?.type === "navigate" && !(entry.name + location.hash).includes("#")) {
    classList.add("opening");
    addEventListener("DOMContentLoaded", () =>
      requestAnimationFrame(() => setTimeout(() => classList.remove("opening"))),
    );
  }
}
