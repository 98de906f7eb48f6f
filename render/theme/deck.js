// What the decks do beyond reveal.js: code that is stepped through, figures that fill the height that is left, the theme, the handout.
// The offline renderer's template leaves reveal.js unstarted and hands its settings over; Quarto starts reveal.js by itself.
(() => {
  "use strict";
  const root = document.documentElement;
  const own = document.getElementById("reveal-settings");
  const HEIGHT = 720;
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
    for (const block of document.querySelectorAll("[data-code-line-numbers]")) {
      const code = block.matches("code") ? block : block.querySelector("code.sourceCode");
      const text = block.dataset.codeLineNumbers;
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
  // A figure takes the height that the rest of its slide leaves; figures in one column share it.
  function fit(section) {
    const images = [...section.querySelectorAll("img")].filter(image => !image.closest("aside, td, li"));
    if (!images.length) return;
    const shown = [];
    for (let e = section; e && !e.classList.contains("slides"); e = e.parentElement) {
      shown.push([e, e.style.display, e.hidden]);
      e.style.display = "block";
      e.hidden = false;
    }
    const columns = new Map();
    for (const image of images) {
      const column = image.closest(".column") || section;
      columns.set(column, [...(columns.get(column) || []), image]);
      image.style.maxHeight = "none";
      image.style.height = "0px";
    }
    const padding = parseFloat(getComputedStyle(section).paddingBottom);
    for (const [column, members] of columns) {
      const row = column.closest(".columns");
      const used = row ? row.offsetTop + column.offsetHeight + section.offsetHeight - padding - row.offsetTop - row.offsetHeight : section.offsetHeight - padding;
      const free = (HEIGHT - padding - used) / members.length;
      for (const image of members) {
        const ratio = (image.getAttribute("width") || image.naturalWidth || 16) / (image.getAttribute("height") || image.naturalHeight || 9);
        image.style.height = `${Math.floor(Math.max(120, Math.min(free, image.parentElement.offsetWidth / ratio)))}px`;
      }
    }
    for (const [e, display, hidden] of shown) { e.style.display = display; e.hidden = hidden; }
  }
  function oneSource() {      // several cells of one slide: one link, to the last of them
    for (const section of leaves()) [...section.querySelectorAll(".embed-source")].slice(0, -1).forEach(e => e.remove());
  }

  // On paper: "?print-pdf" gives a page per slide, "?handout" each slide beside its notes. Laid out before the page counts as
  // loaded, so that a browser that prints without a person waiting gets all of it.
  function paper(withNotes) {
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
    const arrange = () => {
      const scaled = on => main.querySelectorAll(".reveal").forEach(reveal => reveal.classList.toggle("scaled", on));
      scaled(false);
      leaves().forEach(fit);
      scaled(true);
    };
    arrange();
    document.fonts.ready.then(arrange);     // formulas grow when their font arrives
  }

  if (own && onPaper) { paper(asked.has("handout")); return; }
  oneSource();
  if (own) {
    prepareSteps();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Reveal.initialize({
      width: 1280, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t", showSlideNumber: "all",
      controls: true, controlsTutorial: false, progress: true, navigationMode: "linear", scrollActivationWidth: null,
      ...JSON.parse(own.textContent || "{}"),
      ...(still ? { transition: "none", backgroundTransition: "none", autoAnimate: false } : {}),
      plugins: [window.RevealNotes, window.RevealZoom].filter(Boolean),
    });
    for (const event of ["ready", "fragmentshown", "fragmenthidden", "slidechanged"]) Reveal.on(event, updateSteps);
  }
  const start = () => {
    leaves().forEach(fit);
    document.fonts.ready.then(() => leaves().forEach(fit));     // formulas grow when their font arrives
    Reveal.on("slidechanged", event => fit(event.currentSlide));
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Switch between light and dark" }, switchTheme);
  };
  if (window.Reveal) Reveal.isReady() ? start() : Reveal.on("ready", start);
})();
