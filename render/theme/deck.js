// What the decks do beyond reveal.js: code that is stepped through, figures that fill the height that is left, the theme, the handout.
(() => {
  "use strict";
  const root = document.documentElement;
  const HEIGHT = 720, BOTTOM = 650;     // of a slide, and of what stands above its footer
  const leaves = () => [...document.querySelectorAll(".slides section:not(.stack)")].filter(s => !s.querySelector(":scope > section"));

  // Theme: the choice made on the site, or the system's; the D key switches.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const natural = () => (system.matches ? "dark" : "light");
  function stored() { try { return localStorage.getItem("dlcourse-theme"); } catch { return null; } }
  function show(theme) { root.dataset.theme = theme; }
  function switchTheme() {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    try { next === natural() ? localStorage.removeItem("dlcourse-theme") : localStorage.setItem("dlcourse-theme", next); } catch { /* lasts for this visit */ }
    show(next);
  }
  const asked = new URLSearchParams(location.search);
  const onPaper = asked.has("print-pdf") || asked.has("handout");
  show(onPaper ? "light" : stored() || natural());
  system.addEventListener("change", () => { if (!stored() && !onPaper) show(natural()); });

  // "1-3|5-6" becomes [[1,2,3],[5,6]]; an empty step or "all" lights every line.
  function steps(text) {
    return text.split("|").map(part => part.split(",").flatMap(range => {
      const [first, last] = range.trim().split("-").map(Number);
      return first ? Array.from({ length: (last || first) - first + 1 }, (_, i) => first + i) : [];
    }));
  }
  const stepped = [];
  function prepareSteps() {
    for (const block of document.querySelectorAll("[data-lines]")) {
      const code = block.matches("code") ? block : block.querySelector("code.sourceCode");
      const text = block.dataset.lines;
      if (!code || !/\d/.test(text)) continue;
      const list = steps(text);
      const holder = code.closest("div.sourceCode") || code.parentElement;
      for (let i = 1; i < list.length; i++) {
        const mark = document.createElement("span");
        mark.className = "fragment code-step";
        holder.append(mark);
      }
      stepped.push({ code, holder, list });
      light(stepped.at(-1), 0);
    }
  }
  function light({ code, list }, n) {
    const lines = [...code.children].filter(e => e.tagName === "SPAN");
    const lit = new Set(list[Math.min(n, list.length - 1)]);
    code.classList.toggle("code-lit", lit.size > 0 && lit.size < lines.length);
    lines.forEach((line, i) => line.classList.toggle("lit", lit.has(i + 1)));
  }
  function updateSteps() {
    for (const block of stepped) light(block, block.holder.querySelectorAll(":scope > .code-step.visible").length);
  }
  // What stands between the title of a slide and its notes is its body, which reaches down to the footer.
  function frame() {
    const parts = leaves().filter(section => section.matches(".title-slide:not(#title-slide)"));
    for (const section of leaves()) {
      if (section.matches("#title-slide, .title-slide")) { if (parts.length > 1 && parts.includes(section)) outline(section, parts); continue; }
      const body = document.createElement("div");
      body.className = "slide-body";
      body.append(...[...section.children].filter(e => !e.matches("h1, h2, aside.notes")));
      section.insertBefore(body, section.querySelector(":scope > aside.notes"));
      const columns = body.querySelectorAll(".column");
      for (const area of columns.length ? columns : [body]) area.classList.add("area");
    }
  }
  function outline(section, parts) {     // a section slide shows where in the deck it stands
    const list = document.createElement("ol");
    list.className = "parts";
    for (const part of parts) {
      const item = document.createElement("li");
      item.append(...[...part.querySelector("h1").childNodes].map(node => node.cloneNode(true)));
      if (part === section) item.setAttribute("aria-current", "true");
      list.append(item);
    }
    section.querySelector("h1").after(list);
  }

  // Formulas change their size when their font arrives, so their slides are laid out once more then.
  const whenFormulasAreSet = layOut => document.fonts.load('32px "STIX Two Math"')
    .then(() => layOut(leaves().filter(section => section.querySelector("math"))));

  // The largest of the numbers from low to high for which `holds`; low if there is none.
  function largest(low, high, holds) {
    if (holds(high)) return high;
    for (let i = 0; i < 5; i++) {
      const middle = (low + high) / 2;
      if (holds(middle)) low = middle; else high = middle;
    }
    holds(low);
    return low;
  }
  // Type, figures and the air between them grow until they fill their area; deck.css limits each kind. Code, output, tables and
  // formulas never grow so far that they would wrap or stick out.
  function fill(area) {
    const set = (name, e = area) => value => e.style.setProperty(name, value);
    const scale = area.getBoundingClientRect().width / area.offsetWidth;
    const size = e => { const box = e.getBoundingClientRect(); return { width: box.width / scale, height: box.height / scale }; };
    const content = () => {
      const parts = [...area.children].filter(e => e.offsetParent);
      return parts.length ? parts.at(-1).offsetTop + parts.at(-1).offsetHeight - parts[0].offsetTop : 0;
    };
    const images = [...area.querySelectorAll("img")].filter(image => !image.closest("td, li"));
    set("--k")(0.75);
    set("--air")("0px");
    set("--code-limit")(9);
    for (const image of images) { image.style.maxHeight = "none"; image.style.height = "120px"; }
    let code = 9;       // code and its output keep one size
    for (const e of area.querySelectorAll("pre, table, math[display=block]")) {
      const width = e.parentElement.clientWidth;
      e.style.removeProperty("--limit");
      const rows = () => size(e).height / parseFloat(getComputedStyle(e).fontSize);
      const few = rows() * 1.02;
      const limit = largest(0.75, 2.2, k => {
        set("--k", e)(k);
        return size(e.matches("math") ? e.firstElementChild : e).width <= width + 1 && rows() <= few;
      });
      e.style.removeProperty("--k");
      if (e.matches("pre")) code = Math.min(code, limit); else set("--limit", e)(limit);
    }
    set("--code-limit")(code);
    const grow = (low, high) => largest(low, high, k => { set("--k")(k); return content() <= area.clientHeight; });
    const k = grow(0.75, images.length ? 1 : 2.2);
    if (images.length) {
      for (const image of images) image.style.height = "0px";
      const free = Math.max(120, (area.clientHeight - content()) / images.length);
      for (const image of images) {
        const ratio = (image.getAttribute("width") || image.naturalWidth || 16) / (image.getAttribute("height") || image.naturalHeight || 9);
        image.style.height = `${Math.floor(Math.min(free, image.parentElement.offsetWidth / ratio))}px`;
      }
      grow(k, 2.2);
    }
    largest(0, 26, air => { set("--air")(`${air}px`); return content() <= area.clientHeight; });
  }
  function fit(section) {
    const body = section.querySelector(":scope > .slide-body");
    if (!body) return;
    const shown = [];
    for (let e = section; e && !e.classList.contains("slides"); e = e.parentElement) {
      shown.push([e, e.style.display, e.hidden]);
      e.style.display = "block";
      e.hidden = false;
    }
    body.style.height = `${BOTTOM - body.offsetTop}px`;
    for (const area of section.querySelectorAll(".area")) fill(area);
    for (const [e, display, hidden] of shown) { e.style.display = display; e.hidden = hidden; }
  }
  function oneSource() {      // several cells of one slide: one link, to the last of them
    for (const section of leaves()) [...section.querySelectorAll(".embed-source")].slice(0, -1).forEach(e => e.remove());
  }

  // On paper: "?print-pdf" gives a page per slide, "?handout" each slide beside its notes. Laid out before the page counts as
  // loaded, so that a browser that prints without a person waiting gets all of it.
  function paper(withNotes) {
    frame();
    oneSource();
    const footer = document.querySelector(".reveal > .footer");
    const main = document.createElement("main");
    const element = (name, parent) => { const e = document.createElement("div"); e.className = name; parent.append(e); return e; };
    const all = leaves();
    all.forEach((section, i) => {
      const notes = section.querySelector("aside.notes");
      const row = element("paper-row", main);
      const reveal = element("reveal", element("paper-frame", row));
      element("slides", reveal).append(section);
      reveal.append(footer.cloneNode(true));
      element("slide-number", reveal).textContent = `${i + 1} / ${all.length}`;
      if (withNotes) {
        const text = element("paper-notes", row);
        element("paper-number", text).textContent = `Slide ${i + 1}`;
        if (notes) text.append(...notes.childNodes);
      }
      if (notes) notes.remove();
    });
    document.body.className = withNotes ? "paper handout" : "paper";
    root.classList.add("print-pdf");    // keeps reveal.js's own rules for paper away
    document.body.replaceChildren(main);
    for (const image of main.querySelectorAll("img[data-src]")) image.src = image.dataset.src;
    const arrange = sections => {
      const scaled = on => main.querySelectorAll(".reveal").forEach(reveal => reveal.classList.toggle("scaled", on));
      scaled(false);
      sections.forEach(fit);
      scaled(true);
    };
    arrange(leaves());
    whenFormulasAreSet(arrange);
  }

  if (onPaper) { paper(asked.has("handout")); return; }
  frame();
  oneSource();
  prepareSteps();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  Reveal.initialize({
    width: 1280, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t", showSlideNumber: "all",
    controls: true, controlsTutorial: false, progress: true, navigationMode: "linear", scrollActivationWidth: null,
    transition: "none", backgroundTransition: "none", autoAnimate: !still,
    plugins: [window.RevealNotes, window.RevealZoom].filter(Boolean),
  });
  for (const event of ["ready", "fragmentshown", "fragmenthidden", "slidechanged"]) Reveal.on(event, updateSteps);
  const start = () => {
    const later = window.requestIdleCallback || (work => setTimeout(work, 40));
    const fitAll = sections => {      // the slide that is shown at once, the others while nothing else is to be done
      const next = () => { if (sections.length) { fit(sections.shift()); later(next); } };
      fit(Reveal.getCurrentSlide());
      later(next);
    };
    fitAll(leaves());
    whenFormulasAreSet(fitAll);
    Reveal.on("slidechanged", event => fit(event.currentSlide));
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Switch between light and dark" }, switchTheme);
  };
  Reveal.isReady() ? start() : Reveal.on("ready", start);
})();
