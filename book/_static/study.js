// Questions and predictions that answer without a kernel (lib/study), and what the reader has done, which stays in this
// browser: `{version: 1, pages: […], questions: […], exercises: […]}`, as in lib/study/progress.py. A browser also keeps
// the guesses, `guesses: {name: …}`: where a slider stood, or the words of a choice.

(() => {
  const PLACE = "generative-ai-foundations", VERSION = 1, KINDS = ["pages", "questions", "exercises"];
  const TRIES = 2; // wrong ones, after which the right answer can be opened, as in lib/study/form.py

  // --- Progress ----------------------------------------------------------------------------------------------------

  // What a text says; an error in words where it cannot be understood.
  const parse = (text) => {
    let found;
    try {
      found = JSON.parse(text);
    } catch {}
    if (Number.isInteger(found?.version) && found.version > VERSION)
      throw new Error("it comes from a newer version of the book");
    const whole = (names) => Array.isArray(names) && names.every((name) => typeof name === "string");
    if (found?.version !== VERSION || !KINDS.every((kind) => whole(found[kind])))
      throw new Error("it is damaged, or no progress of this book");
    return found;
  };

  const load = () => parse(localStorage.getItem(PLACE) ?? '{"version": 1, "pages": [], "questions": [], "exercises": []}');
  const store = (progress) => localStorage.setItem(PLACE, JSON.stringify(progress));

  // Adds what was done. What is stored and cannot be understood is left as it is: the progress page tells of it.
  const add = (done) => {
    const progress = load();
    for (const kind of KINDS) progress[kind] = [...new Set([...progress[kind], ...(done[kind] ?? [])])];
    if (done.guesses) progress.guesses = { ...progress.guesses, ...done.guesses };
    store(progress);
  };

  const record = (kind, name, guesses) => {
    try {
      add({ [kind]: [name], guesses });
    } catch {} // a browser that stores nothing shows the page all the same
    mark();
  };

  // What is stored, or nothing where it cannot be reached or understood.
  const known = () => {
    try {
      return load();
    } catch {}
  };

  const isDone = ({ dataset: { study, record = "exercises" } }) => known()?.[record].includes(study);

  // What was done, now or before, is marked.
  const mark = () => {
    for (const form of document.querySelectorAll(".study"))
      form.querySelector(".study-done").textContent = isDone(form) ? " · done" : "";
  };

  // --- Questions and predictions -----------------------------------------------------------------------------------

  // What other scripts and keyboards write for a character.
  const ALIKE = { "-": "‐‑‒–—―−負负", "/": "⁄∕÷", ".": "。٫點点", ",": "٬", "'": "’", "%": "٪", "×": "x*·⋅" };
  ["〇零", ..."一二三四五六七八九"].forEach((written, digit) => (ALIKE[digit] = written));
  const PLAIN = new Map(Object.entries(ALIKE).flatMap(([plain, others]) => [...others].map((other) => [other, plain])));

  // The digit that a character of any script is: in each script the ten stand in a row.
  const digit = (character) => {
    let zero = character.codePointAt();
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return (character.codePointAt() - zero) % 10;
  };

  // A number as readers write it; read_number in lib/study/questions.py does the same.
  const read = (text) => {
    text = text.replace(/[⁺⁻⁰¹²³⁴-⁹]+/g, "^$& ").replace(/[¼-¾⅐-⅞↉]/g, " $& ").normalize("NFKC");
    text = text.replace(/./gu, (character) => PLAIN.get(character) ?? character);
    text = text.replace(/\p{Cf}/gu, "").replace(/\p{Nd}/gu, digit);
    text = text.trim().replace(/\s+/g, " ").replace(/(?<!\d) | (?!\d)/g, "");
    const thousands = /(^|[-+/])[1-9]\d{0,2}([ ',])\d{3}(?:\2\d{3})*(?!\d|\2)/g;
    text = text.replace(thousands, (number) => number.replace(/[ ',]/g, "")).replaceAll(",", ".");
    text = text.replace(/(?:(\d)×|(?<![\d.e]))10(?:\^|××)([-+]?\d+)/g, (_, last = 1, power) => `${last}e${power}`);
    const match = text.match(/^([-+]?)(?:(\d+) (?=\d+\/))?((?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?:\/(\d+\.?\d*))?(%?)$/i);
    if (!match || match[4] == 0) return NaN;
    const size = +(match[2] ?? 0) + match[3] / (match[4] ?? 1);
    return (match[1] === "-" ? -size : size) / (match[5] ? 100 : 1);
  };

  const element = (name, ...content) => {
    const made = document.createElement(name);
    made.append(...content);
    return made;
  };

  const copy = (node) => [...node.cloneNode(true).childNodes];

  const close = (a, b, tolerance) => Math.abs(a - b) <= tolerance * (Math.abs(b) || 1);

  // What to say to a number that is right but for a factor of 100 or its last digits; so does slip in questions.py.
  const slip = (number, right, tolerance) => {
    if (right && close(number / 100, right, tolerance))
      return "This is the answer times 100. Did you give a percentage where a share is asked for?";
    if (right && close(number * 100, right, tolerance))
      return "This is the answer divided by 100. Did you give a share where a percentage is asked for?";
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(right))) - 1); // of the second digit
    if (Math.abs(number - right) > (unit / 2) * (1 + 1e-9)) return "";
    return `You are near: give ${tolerance ? "three" : "all"} digits.`;
  };

  // What to say to what was given, and whether it is right.
  const replyTo = (form) => {
    const { choice, number } = form.elements, answers = [...form.querySelectorAll("details:first-of-type li")];
    let answer = answers[choice?.value];
    if (number) {
      const given = read(number.value), tolerance = +form.dataset.tolerance;
      if (isNaN(given)) return { words: ["Give a number, such as 0.25, 1/4 or 25 %."] };
      answer = answers.find(({ dataset: { value } }) => value && close(given, +value, tolerance));
      const words = !answer && slip(given, +answers[0].dataset.value, tolerance); // the first is the right one
      if (words) return { words: [element("strong", "Not right."), " " + words] };
      answer ??= answers.at(-1);
    }
    return { words: copy(answer.querySelector(".reply")), right: "right" in answer.dataset };
  };

  const check = (form, status, details) => {
    const { words, right } = replyTo(form);
    status.replaceChildren(...words);
    status.className = right ? "right" : "wrong";
    if (right !== undefined) details.hidden &&= !right && ++form.tries < TRIES; // a text that is no number is no try
    if (right) record(form.dataset.record, form.dataset.study);
  };

  const compare = (form, status, details) => {
    const { guess } = form.elements, { number, unit } = form.dataset;
    const row = (name, words, value) => {
      const cell = element("td", ...words);
      if (guess) cell.prepend(Object.assign(element("meter"), { min: guess.min, max: guess.max, value, ariaHidden: true }));
      return element("tr", Object.assign(element("th", name), { scope: "row" }), cell);
    };
    const chosen = guess ? [+guess.value + unit] : copy(form.querySelector(":checked").nextElementSibling);
    status.replaceChildren(
      element(
        "table",
        row("Your guess", chosen, guess?.value),
        row("The result", copy(details.querySelector(".result")), number),
      ),
      element("p", ...copy(details.querySelector(".reply"))),
    );
    form.querySelector("fieldset").disabled = true; // the guess stands
    form.querySelector("button").hidden = true;
  };

  // The guess as it is kept.
  const guessed = (form) => form.elements.guess?.value ?? form.querySelector(":checked")?.nextElementSibling.textContent;

  // Sets the controls to a guess that was kept; false where they cannot stand so, as in another edition.
  const restore = (form, kept) => {
    const { guess, choice } = form.elements;
    if (guess) guess.value = kept;
    else for (const radio of choice) radio.checked = radio.nextElementSibling.textContent === kept;
    if (guessed(form) !== kept) form.reset();
    guess?.dispatchEvent(new Event("input"));
    return guessed(form) === kept;
  };

  // What gives the result of a prediction away is hidden until the guess is made: the next output, and what the author
  // marked by `waits`, up to the next heading or question. A reader may turn to it sooner, by the button or by a link.
  const veil = (form) => {
    const veiled = [];
    let part = form.closest(".cell"), found = false;
    while ((part = part.nextElementSibling) && !part.matches("section, :has(.study)")) {
      const output = part.matches(".cell") && part.querySelector(".cell_output");
      if (output && (!found || part.matches(".tag_waits"))) veiled.push(output), (found = true);
      if (part.matches(".waits")) veiled.push(part);
    }
    const button = Object.assign(element("button", "Show it without a guess"), { type: "button" });
    const note = Object.assign(element("p", "The result waits for your guess. ", button), { className: "study-veil" });
    const lift = () => {
      note.remove();
      veiled.forEach((part) => part.classList.remove("veiled"));
    };
    const follow = () => {
      const target = document.getElementById(location.hash.slice(1).split(/\?|%3F/i)[0]);
      if (veiled.some((part) => part.contains(target))) lift(), target.scrollIntoView();
    };
    form.after(note);
    button.addEventListener("click", lift);
    veiled.forEach((part) => part.classList.add("veiled"));
    addEventListener("hashchange", follow);
    addEventListener("showall", lift);
    follow();
    return lift;
  };

  // "Show all results", at the top of each page: for who reads once more, or does not want to guess.
  const ALL = "show-all-results", all = document.querySelector(".show-all");
  const showsAll = () => localStorage.getItem(ALL) === "true";
  all?.addEventListener("click", () => {
    localStorage.setItem(ALL, !showsAll());
    all.ariaPressed = showsAll();
    if (showsAll()) dispatchEvent(new Event("showall"));
    else location.reload();
  });
  if (all) all.ariaPressed = showsAll();

  for (const form of document.querySelectorAll("form.study")) {
    const status = form.querySelector("[role=status]"), details = form.querySelector("details"), { guess } = form.elements;
    details.hidden = true;
    form.tries = 0;
    const predicts = "prediction" in form.dataset, lift = predicts && !isDone(form) && !showsAll() && veil(form);
    // Not when it is submitted, which a frame may forbid: Enter in a field presses the button too.
    form.querySelector("button[type=submit]").addEventListener("click", (event) => {
      event.preventDefault();
      if (!form.reportValidity()) return;
      if (!predicts) return check(form, status, details);
      compare(form, status, details);
      status.tabIndex = -1;
      status.focus();
      record(form.dataset.record, form.dataset.study, { [form.dataset.study]: guessed(form) });
      if (lift) lift();
    });
    guess?.addEventListener("input", () => {
      guess.nextElementSibling.textContent = guess.ariaValueText = +guess.value + form.dataset.unit;
    });
    const kept = predicts && known()?.guesses?.[form.dataset.study];
    if (kept && restore(form, kept)) compare(form, status, details);
  }

  // --- Pages -------------------------------------------------------------------------------------------------------

  const end = document.querySelector(".study-end");
  if (end)
    new IntersectionObserver(([{ isIntersecting }], observer) => {
      if (!isIntersecting) return;
      observer.disconnect();
      record("pages", end.dataset.page);
    }).observe(end);

  // --- The page "Your progress" ------------------------------------------------------------------------------------

  const panel = document.querySelector(".study-progress");
  if (panel) {
    const say = (words) => (panel.querySelector("[role=status]").textContent = words);

    const show = () => {
      let done;
      try {
        done = load();
      } catch (error) {
        say(`The progress in this browser cannot be shown: ${error.message}. It is left as it is. Export saves it; Reset starts anew.`);
        done = {};
      }
      if (localStorage.forgets) say("This browser does not let the book store anything: each page forgets what you did.");
      for (const count of document.querySelectorAll("[data-count]")) {
        const names = count.dataset.names.split(" "), seen = names.filter((name) => done[count.dataset.count]?.includes(name));
        count.textContent = seen.length;
      }
    };

    const actions = {
      export() {
        const text = localStorage.getItem(PLACE) ?? JSON.stringify(load()); // as it is, even if it is damaged
        const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
        Object.assign(element("a"), { href: address, download: "progress.json" }).click();
        setTimeout(() => URL.revokeObjectURL(address), 1000);
        say("Your progress was written to progress.json.");
      },
      import: () => panel.querySelector("input").click(),
      reset() {
        if (!confirm("Forget all progress in this browser? Export it first if you want to keep it.")) return;
        localStorage.removeItem(PLACE);
        say("All progress in this browser is forgotten.");
      },
    };

    for (const button of panel.querySelectorAll("button"))
      button.addEventListener("click", () => {
        try {
          actions[button.name]();
          if (button.name === "reset") show();
        } catch (error) {
          say(`This browser does not let the book store anything: ${error.message}`);
        }
      });

    panel.querySelector("input").addEventListener("change", async ({ target }) => {
      const [file] = target.files;
      let where = file.name; // of the trouble, if there is any
      try {
        const found = parse(await file.text());
        where = "the progress in this browser";
        add(found);
        show();
        say(`What ${file.name} tells was added to your progress.`);
      } catch (error) {
        say(`Nothing was imported, and nothing is lost. The trouble is with ${where}: ${error.message}.`);
      }
      target.value = "";
    });

    show();
  }

  mark();
})();
