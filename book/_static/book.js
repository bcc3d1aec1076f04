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

// The heads of a table that one can sort (lib/live/show.py) become buttons. The first press puts the largest number or
// the first word on top, the second turns that round, and the third gives the author's order back. Rows of equal value
// stay in the author's order, and those without a value stay below.
for (const table of document.querySelectorAll(".sortable > table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], rows = [...body.rows];
  const make = (name, settings) => Object.assign(document.createElement(name), settings);
  const status = make("p", { className: "visually-hidden", role: "status" });
  table.parentElement.after(status);

  // What has the focus comes out from behind the names of the rows (book.css): there browsers take it to be in sight.
  table.addEventListener("focusin", ({ target }) => {
    if (target.closest("th, td").cellIndex) target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const numberIn = (cell) =>
    cell.matches(".number") ? Number((cell.dataset.value ?? cell.textContent).replace("inf", "Infinity")) : NaN;
  const wordsIn = (cell) => (cell.matches(".missing") ? "" : cell.textContent.trim());

  const sorted = (column, numeric, sign) => {
    const compare = numeric ? (a, b) => (a > b) - (a < b) : new Intl.Collator("en", { numeric: true }).compare;
    const pairs = rows.map((row) => [row, (numeric ? numberIn : wordsIn)(row.cells[column])]);
    const isThere = ([, value]) => (numeric ? !isNaN(value) : value !== "");
    const ordered = pairs.filter(isThere).sort(([, a], [, b]) => sign * compare(a, b));
    return [...ordered, ...pairs.filter((pair) => !isThere(pair))].map(([row]) => row);
  };

  heads.forEach((head, column) => {
    if (!head.textContent.trim()) return; // a button needs a name
    const numeric = rows.some((row) => !isNaN(numberIn(row.cells[column])));
    const orders = [null, ...(numeric ? ["descending", "ascending"] : ["ascending", "descending"])];
    const button = make("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = orders[(orders.indexOf(head.ariaSort) + 1) % 3];
      for (const each of heads) each.ariaSort = each === head ? order : null;
      body.append(...(order ? sorted(column, numeric, order === "ascending" ? 1 : -1) : rows));
      status.textContent = order ? `Sorted by ${button.textContent}, ${order}.` : "In the first order again.";
    });
  });
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
