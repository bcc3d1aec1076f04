// What must be known before anything is drawn.

// Where a browser forbids to store (and in a frame without an origin), what is stored lasts as long as the page.
for (const storage of ["localStorage", "sessionStorage"]) {
  try {
    window[storage].getItem("");
  } catch {
    const kept = new Map();
    const getItem = (name) => kept.get(name) ?? null;
    const setItem = (name, text) => kept.set(name, String(text));
    const removeItem = (name) => kept.delete(name);
    Object.defineProperty(window, storage, { value: { getItem, setItem, removeItem, forgets: true } });
  }
}

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
