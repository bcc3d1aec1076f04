// What a search shows of a page: the words of its article, without the blanks and the buttons around them.
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll("article :is(.headerlink, script, style)").forEach((element) => element.remove());
  const article = page.querySelector("article.bd-article");
  const part = (anchor && article?.querySelector(anchor)) || article;
  return part?.textContent.replace(/\s+/g, " ").trim() ?? "";
};
