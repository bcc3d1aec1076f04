// Figures that move without a kernel. lib/live/page.py writes their controls and, for each, a program that calls
// liveFigure() with the artists, the sliders, the axes on which sliders are dragged, and `run`, a generator function
// from the sliders' settings to arrays, one for each artist; or with `frames`, such arrays stored at each combination of
// settings. One slider may be a state, the arrays of which `play` has the `start`, and the `step` from some to the next.

(() => {
  // --- Artists: arrays become attributes, just as in lib/live/artists.py -------------------------------------------

  const place = ([a, b, axis], value) => {
    if (!axis) return a * value + b;
    return a * (value <= 0 ? (axis === 2 ? -1000 : NaN) : Math.log10(value)) + b;
  };
  const round = (place) => Math.round(100 * Math.min(1e6, Math.max(-1e6, place))) / 100;

  // As Python rounds: a number halfway between two goes to the even one.
  const fixed = (value, decimals) => {
    const scaled = value * 10 ** decimals;
    if (Math.abs(value) >= 1e21 && isFinite(value)) // where toFixed writes an exponent
      return `${BigInt(value)}.${"0".repeat(decimals)}`.replace(/\.$/, "");
    return (Math.abs(scaled % 1) === 0.5 ? (2 * Math.round(scaled / 2)) / 10 ** decimals : value).toFixed(decimals);
  };

  // Where each of the points (x, y) stands; null for one that has no place.
  const at = ({ x, y }, values) =>
    Array.from({ length: values.length / 2 }, (_, i) => {
      const places = [place(x, values[2 * i]), place(y, values[2 * i + 1])];
      return places.every(isFinite) ? places.map(round).join(" ") : null;
    });

  // The colour of a number. Behind the colours of the table stand those of what lies below, lies above, is no number.
  const colour = ({ ends: [low, high, logarithmic], colours }, value) => {
    const n = colours.length - 3, level = ((place([1, 0, logarithmic], value) - low) / (high - low)) * n;
    if (!isFinite(level)) return colours[n + 2];
    if (level < -1e-6 * n) return colours[n];
    if (level > n + 1e-6 * n) return colours[n + 1];
    return colours[Math.floor(Math.min(n - 1, Math.max(0, level)))];
  };

  const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

  const draw = {
    line(artist, values) {
      let path = "", pen = "M";
      artist.x.forEach((x, i) => {
        const y = place(artist.y, values[i]);
        if (isFinite(x) && isFinite(y)) path += `${pen}${x} ${round(y)}`;
        pen = isFinite(x) && isFinite(y) ? "L" : "M";
      });
      return [path];
    },

    points: (artist, values) => [at(artist, values).filter(Boolean).map((place) => `M${place}h0`).join("")],

    marks: (artist, values) => at(artist, values).map((place) => (place ? `translate(${place})` : "scale(0)")),

    polygon: (artist, values) => {
      const corners = at(artist, values);
      return [corners.includes(null) ? "" : `M${corners.join("L")}z`];
    },

    bars: ({ sides: [ones, others], base, foot, scale, horizontal }, values) =>
      ones.map((one, i) => {
        const tip = round(place(scale, base[i] + values[i])), other = others[i];
        if (isNaN(tip)) return "";
        if (horizontal) return `M${foot[i]} ${one}H${tip}V${other}H${foot[i]}z`;
        return `M${one} ${foot[i]}V${tip}H${other}V${foot[i]}z`;
      }),

    text({ before, after, decimals, scale, comma }, [value]) {
      let number = isNaN(value) ? "nan" : fixed(value * scale, decimals);
      number = number.replace(/^-(?=[0.]*$)/, "").replace("-", "−").replace("Infinity", "∞"); // a zero has no sign
      if (comma) number = number.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
      return [before + number + after];
    },

    image(artist, values) {
      const [rows, columns] = artist.size, channels = values.length / rows / columns;
      const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      const context = canvas.getContext("2d"), picture = context.createImageData(columns, rows);
      const pixels = new Uint32Array(picture.data.buffer); // of four bytes each
      if (artist.table) artist.colours ??= new Uint32Array(bytes(artist.table).buffer);
      const scale = values instanceof Float32Array ? 255 : 1, parts = [...Array(channels).keys()];
      for (let i = 0; i < rows * columns; i++) {
        if (artist.table) {
          pixels[i] = colour(artist, values[i]);
          continue;
        }
        picture.data[4 * i + 3] = 255;
        for (const c of parts) picture.data[4 * i + c] = values[i * channels + c] * scale; // rounded, and kept in 0 to 255
        if (!parts.every((c) => isFinite(values[i * channels + c]))) picture.data[4 * i + 3] = 0; // no colour: clear
      }
      context.putImageData(picture, 0, 0);
      return [canvas.toDataURL()];
    },

    // The place of each avatar in the sheet of all.
    avatars({ sizes, order, side, sheet: [columns] }, codes) {
      return Array.from({ length: codes.length / sizes.length }, (_, i) => {
        const outfit = sizes.map((_, j) => codes[i * sizes.length + j]);
        if (outfit.some((code, j) => !(code >= 0 && code < sizes[j]))) return `0 0 0 0`; // shows nothing
        const tile = order.reduce((tile, j) => tile * sizes[j] + outfit[j], 0);
        return `${(tile % columns) * side} ${Math.floor(tile / columns) * side} ${side} ${side}`;
      });
    },
  };

  const make = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return parent.appendChild(element);
  };

  // In place of the one picture of all avatars: a window on the sheet for each.
  const tiles = (image, { columns, corner, tile, side, sheet }, n, address) => {
    const opacity = image.getAttribute("opacity") ?? 1;
    const group = make("g", { style: "image-rendering: pixelated", opacity }, image.parentNode);
    image.remove();
    return Array.from({ length: n }, (_, i) => {
      const x = corner[0] + (i % columns) * tile[0], y = corner[1] + Math.floor(i / columns) * tile[1];
      const window = make("svg", { x, y, width: tile[0], height: tile[1], viewBox: "0 0 0 0" }, group);
      make("image", { href: address, width: sheet[0] * side, height: sheet[1] * side }, window);
      return window;
    });
  };

  // --- Frames: the inverse of encode() in lib/live/frames.py -------------------------------------------------------

  const decode = ({ width, low, step, whole, logarithmic, data }) => {
    const planes = bytes(data), n = planes.length / 2;
    const codes = new Uint16Array(n), values = new (whole ? Int32Array : Float32Array)(n);
    for (let i = 0; i < n; i++) {
      codes[i] = planes[i] + 256 * planes[n + i] + (i < width ? 0 : codes[i - width]);
      const value = codes[i] > 65532 ? [-Infinity, Infinity, NaN][codes[i] - 65533] : low + step * codes[i];
      values[i] = logarithmic ? 10 ** value : value;
    }
    return (frame) => values.subarray(frame * width, (frame + 1) * width);
  };

  const SLICE = 12; // milliseconds of work at a time
  const CALM = 1000; // milliseconds between two pictures of a play, for a reader who asks for less motion
  const TAP = 8; // pixels that a finger may move in a tap

  // The two parts of an address's end, before and after `?`. Some mail programs write it, `=` and `&` as %3F, %3D and %26.
  const fragment = () => {
    const { hash } = location;
    return (hash.includes("?") ? hash : hash.replace(/%(?:3F|3D|26)/gi, decodeURIComponent)).slice(1).split("?");
  };

  // --- A figure ----------------------------------------------------------------------------------------------------

  const argument = {
    float: (setting) => Float32Array.of(setting),
    int: (setting) => Int32Array.of(setting),
    bool: (setting) => Uint8Array.of(setting),
    key: (seed) => Uint32Array.of(0, seed), // jax.random.key(seed)
  };

  const moving = new Set(); // the figures that move at this moment

  window.liveFigure = ({ artists, sliders, drags, run, frames, play }) => {
    const { figure } = document.currentScript, { src } = document.currentScript;
    const fieldset = figure.querySelector(".controls"), picture = figure.querySelector("svg"), { ariaLabel } = picture;
    // In their order. They stand in no <form>, whose own properties (submit, length) their names would hide.
    const controls = [...fieldset.querySelectorAll("[name]")];
    const places = sliders.map(({ start }) => start); // of each slider, in its settings; of a state, the steps taken
    const played = sliders.findIndex(({ kind }) => kind === "state");
    const sheet = new URL("avatars.webp", src).href;
    const elements = artists.map((_, i) => [...picture.querySelectorAll(`[data-artist="${i}"]`)]);

    if (artists.some(({ kind }) => kind === "avatars")) new Image().src = sheet; // before it is needed
    if (frames) {
      const stored = frames.map(decode);
      run = function* () {
        const frame = sliders.reduce((frame, { settings }, i) => frame * settings.length + places[i], 0);
        return stored.map((at) => at(frame));
      };
    }

    const setting = ({ kind, settings, start }, i) => // a key goes on for ever, unless results are stored
      kind === "key" && !frames ? settings[start] + places[i] - start : settings[places[i]];
    const settings = () => sliders.map(setting);
    const words = (i) => // a key and a state go beyond their words
      i === played ? places[i].toLocaleString("en") : (sliders[i].words[places[i]] ?? `sample ${places[i] + 1}`);

    const show = (results) => {
      figure.results = stale || wanted ? null : results; // for tests: of these settings
      shown = performance.now();
      if (play) fieldset.querySelector(".steps").textContent = `step ${words(played)}`;
      artists.forEach((artist, i) => {
        const values = draw[artist.kind](artist, results[i]);
        if (artist.kind === "avatars" && elements[i][0]?.localName === "image")
          elements[i] = tiles(elements[i][0], artist, values.length, sheet);
        const attribute = artist.kind === "avatars" ? "viewBox" : artist.attribute;
        elements[i].forEach((element, j) => {
          if (attribute === "text") element.textContent = values[j];
          else element.setAttribute(attribute, values[j]);
        });
      });
    };

    // --- From the controls to the picture: at once, then once a frame, and long work in slices: the page never waits --

    let work = null, stale = false, waiting = false, quiet; // stale: the settings changed since the work began
    let state = play?.start(), wanted = 0, playing = false, seen = false; // wanted: steps that are not taken yet
    let shown = 0, failed = "";
    const done = () => !work && !stale && !wanted;
    const ticks = () => playing && seen; // a play waits while it is off the screen
    const inputs = () =>
      settings().flatMap((value, i) => (i === played ? state : [argument[sliders[i].kind](value)]));
    const calm = matchMedia("(prefers-reduced-motion: reduce)");

    const turn = (on) => {
      if (!play) return;
      playing = on;
      wanted = 0;
      fieldset.querySelector(".play").textContent = on ? "Pause" : "Play";
    };

    // A step, if one is wanted, and the results; null if they need not be shown.
    const results = function* () {
      const asked = stale;
      stale = false;
      failed = "";
      if (wanted) {
        wanted--;
        const next = yield* play.step(...inputs());
        if (next.every((leaf) => leaf.every(isFinite))) {
          state = next;
          places[played]++;
        } else {
          failed = `Step ${places[played] + 1} gave a number that is not finite; Reset starts again.`;
          turn(false);
        }
        if (playing && calm.matches && !asked && performance.now() < shown + CALM) return null;
      }
      return yield* run(...inputs());
    };

    const advance = () => {
      try {
        work ??= results();
        const start = performance.now();
        let step;
        do step = work.next();
        while (!step.done && performance.now() - start < SLICE);
        if (!step.done) return;
        if (step.value) show(step.value);
        figure.querySelector("[role=alert]")?.remove(); // of a setting that failed
        if (failed) say(failed);
      } catch (error) {
        turn(false);
        say(`This setting failed: ${error.message}`);
      }
      work = null;
    };

    const frame = () => {
      if (ticks() && !work && !wanted) wanted = 1;
      if (!done()) advance();
      waiting = !done() || ticks();
      if (waiting) requestAnimationFrame(frame);
    };

    const begin = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(frame);
    };

    const changed = () => {
      moving.add(figure);
      figure.classList.add("moves"); // book.css
      document.documentElement.classList.add("moving");
      controls.forEach((control, i) => {
        if (control.type !== "range") return;
        control.ariaValueText = words(i);
        control.nextElementSibling.textContent = words(i);
      });
      figure.results = null;
      stale = true; // what is under way is shown all the same: else a slow figure would stand still under a drag
      if (!waiting) {
        begin();
        advance(); // while the browser waits for the frame
      }
      clearTimeout(quiet);
      quiet = setTimeout(settled, 300);
    };

    // Once the sliders rest, and no play goes on: the numbers are said, and the address of the page leads to this setting.
    const settled = () => {
      if (playing || !done()) return void (quiet = setTimeout(settled, 300));
      moving.delete(figure);
      figure.classList.remove("moves");
      document.documentElement.classList.toggle("moving", moving.size > 0);
      const label = ({ labels, name, previousSibling, nextSibling }) =>
        labels.length ? (previousSibling ?? nextSibling).textContent.trim() : name;
      const all = controls.map((control, i) => `${i === played ? "step" : label(control)} ${words(i)}`);
      const texts = elements.filter((_, i) => artists[i].kind === "text").flat().map(({ textContent }) => textContent);
      const numbers = texts.length ? [...all.filter((_, i) => i === played), ...texts] : all;
      figure.querySelector("[role=status]").textContent = numbers.join(", ");
      const moved = sliders.filter(({ start }, i) => places[i] !== start);
      picture.ariaLabel = moved.length ? `At first: ${ariaLabel} Now: ${all.join(", ")}.` : ariaLabel;
      // A state is too much for an address: whoever follows it starts anew.
      const named = sliders.map(({ name }, i) => [name, settings()[i]]).filter((_, i) => i !== played);
      const query = new URLSearchParams(named);
      try {
        const leads = moved.some(({ kind }) => kind !== "state");
        history.replaceState(null, "", leads ? `#${figure.id}?${query}` : location.href.replace(/#.*/, ""));
      } catch {} // a frame without an origin has no address of its own
    };

    const say = (words) => {
      const alert = Object.assign(document.createElement("p"), { role: "alert", textContent: words });
      figure.querySelector("[role=alert]")?.remove();
      figure.append(alert);
    };

    const read = () => {
      controls.forEach((control, i) => {
        if (control.type === "range") places[i] = +control.value;
        if (control.type === "select-one") places[i] = control.selectedIndex;
        if (control.type === "checkbox") places[i] = +control.checked;
      });
      changed();
    };

    const nearest = (settings, value) => {
      const distance = (place) => Math.abs(settings[place] - value);
      return settings.reduce((best, _, j) => (distance(j) < distance(best) ? j : best), 0);
    };

    const move = (i, to) => {
      places[i] = to;
      const control = controls[i];
      if (control.type === "range") control.value = to;
      if (control.type === "select-one") control.selectedIndex = to;
      if (control.type === "checkbox") control.checked = to;
    };

    // An address that ends in #figure-2?alpha=0.1&n=30 says where the sliders of the second figure stand.
    const follow = () => {
      const [id, query] = fragment();
      if (id !== figure.id || !query) return;
      const wanted = new URLSearchParams(query);
      sliders.forEach(({ name, kind, settings, start }, i) => {
        const value = kind === "bool" ? +(wanted.get(name) === "true") : parseFloat(wanted.get(name));
        if (isNaN(value) || kind === "state") return;
        if (kind === "key" && !frames) move(i, Math.max(start, Math.floor(value - settings[start] + start)));
        else move(i, nearest(settings, value));
      });
      changed();
    };

    // Two sliders follow the pointer while it is pressed on these axes. A finger may only want to scroll the page, so that
    // nothing follows it before it moves sideways (live.css leaves up and down to the browser), or is lifted where it was.
    for (const { area: [left, bottom, right, top], axes, names } of drags) {
      const attributes = { class: "drag", x: left, y: top, width: right - left, height: bottom - top };
      const surface = make("rect", attributes, picture);
      const moved = names.map((name) => sliders.findIndex((slider) => slider.name === name));
      let waits = null; // where a finger came down, as long as nothing follows it
      const follow = ({ clientX, clientY, pointerId, pointerType, type }) => {
        if (type === "pointerdown") {
          surface.setPointerCapture(pointerId);
          waits = pointerType === "mouse" ? null : { clientX, clientY };
        }
        if (!surface.hasPointerCapture(pointerId)) return;
        if (waits) {
          const [right, down] = [Math.abs(clientX - waits.clientX), Math.abs(clientY - waits.clientY)];
          if (type === "pointerup" ? Math.max(right, down) > TAP : right <= Math.max(TAP, down)) return;
          waits = null;
        }
        const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());
        [x, y].forEach((place, j) => {
          const [a, b, logarithmic] = axes[j], value = (place - b) / a;
          move(moved[j], nearest(sliders[moved[j]].settings, logarithmic ? 10 ** value : value));
        });
        changed();
      };
      for (const type of ["pointerdown", "pointermove", "pointerup"]) surface.addEventListener(type, follow);
    }

    fieldset.addEventListener("input", read);
    fieldset.querySelector("[type=reset]").addEventListener("click", () => {
      turn(false);
      [work, state] = [null, play?.start()];
      sliders.forEach(({ start }, i) => move(i, start));
      changed();
    });
    controls.forEach((control, i) => {
      if (control.type === "button" && i !== played)
        control.addEventListener("click", () => {
          places[i] = frames ? (places[i] + 1) % sliders[i].settings.length : places[i] + 1;
          changed();
        });
    });
    if (play) {
      fieldset.querySelector(".play").addEventListener("click", () => {
        turn(!playing);
        changed();
      });
      controls[played].addEventListener("click", () => {
        if (playing) turn(false);
        wanted++;
        changed();
      });
      new IntersectionObserver((entries) => {
        seen = entries.at(-1).isIntersecting;
        begin(); // a play goes on where it comes back
      }).observe(picture);
    }
    addEventListener("hashchange", follow);
    figure.querySelector("details.code")?.addEventListener("toggle", ({ target }) => {
      target.querySelector(".javascript").textContent = [play?.step, run].filter(Boolean).join("\n\n");
    });
    fieldset.disabled = false;
    follow();
  };

  // --- Nothing is loaded before the reader comes near --------------------------------------------------------------

  const load = (figure) => {
    const script = Object.assign(document.createElement("script"), { src: figure.dataset.program, figure });
    script.onerror = () => {
      const words = "The program of this figure could not be loaded, so the picture stands still.";
      figure.append(Object.assign(document.createElement("p"), { role: "alert", textContent: words }));
    };
    document.head.append(script);
  };

  const near = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ isIntersecting, target }) => {
        if (!isIntersecting) return;
        near.unobserve(target);
        load(target);
      }),
    { rootMargin: "100%" },
  );
  document.querySelectorAll("figure.live").forEach((figure) => near.observe(figure));
  const [linked] = fragment();
  if (linked.startsWith("figure-")) document.getElementById(linked)?.scrollIntoView();
})();
