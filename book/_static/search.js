// What a search shows of a page: the words of its article, without the blanks and the buttons around them.
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll("article :is(.headerlink, script, style)").forEach((element) => element.remove());
  const article = page.querySelector("article.bd-article");
  const part = (anchor && article?.querySelector(anchor)) || article;
  return part?.textContent.replace(/\s+/g, " ").trim() ?? "";
};

// Around the first word that was looked for. Sphinx looks for stems, such as "entropi": the longest beginning of one that
// the text has is its place.
Search.makeSearchSummary = (html, stems, anchor) => {
  const text = Search.htmlToText(html, anchor), lower = text.toLowerCase();
  if (!text) return null;
  const places = [...stems].map((stem) => {
    let part = stem.toLowerCase();
    while (part.length > 2 && !lower.includes(part)) part = part.slice(0, -1);
    return lower.indexOf(part);
  });
  const place = Math.min(...places.filter((place) => place >= 0));
  const start = place > 120 && place < Infinity ? text.indexOf(" ", place - 120) + 1 : 0;
  const end = start + 240 < text.length ? text.lastIndexOf(" ", start + 240) : text.length;
  const summary = Object.assign(document.createElement("p"), { className: "context" });
  summary.textContent = (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  return summary;
};

// The page of the library has nearly every word: but for the names of its entries, it comes after the chapters.
Scorer.score = ([page, , , entry, score]) => (page === "book/pages/api" && !entry ? score - 20 : score);
