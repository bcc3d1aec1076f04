// What a page does beside the theme's own script.

document.querySelector(".print-button")?.addEventListener("click", () => print());

// The contents at the side mark the section that is being read, and show the mark: it is the last whose heading is above
// a third of the window.
{
  const links = [...document.querySelectorAll("#pst-page-toc-nav .visible > li > a")]; // deeper ones are hidden
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const list = document.querySelector(".bd-sidebar-secondary");
  const show = (link) => {
    const frame = list.getBoundingClientRect(), { top, bottom } = link.getBoundingClientRect();
    if (top < frame.top || bottom > frame.bottom) list.scrollTop += top - frame.top - frame.height / 3;
  };
  const mark = () => {
    const read = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    if (read >= 0) show(links[read]);
    links.forEach((link, i) => {
      link.classList.toggle("active", i === read);
      link.ariaCurrent = i === read ? "true" : null;
    });
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

// A box too narrow for what is in it can be scrolled with the keyboard, and fades out where there is more (book.css).
{
  const boxes = document.querySelectorAll("div.math, div.table, .plot, pre, .pst-scrollable-table-container");
  const check = (box) => {
    const hidden = box.scrollWidth - box.clientWidth;
    const below = getComputedStyle(box).overflowY === "auto" && box.scrollHeight > box.clientHeight + 1;
    if (hidden > 0 || below) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    box.classList.toggle("more", box.scrollLeft < hidden - 1);
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => check(target)));
  for (const box of boxes) {
    box.addEventListener("scroll", () => check(box), { passive: true });
    sizes.observe(box);
  }
  document.fonts.ready.then(() => boxes.forEach(check)); // with its own font a formula has another width
}
