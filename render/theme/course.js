// What a page does beyond being read: theme switch, search, copy buttons, a table of contents that follows, wide tables that scroll.
// A page is complete without this file.
(() => {
  "use strict";
  const root = document.documentElement;

  // Anything that scrolls sideways must be reachable from the keyboard.
  function reachable() {
    for (const table of document.querySelectorAll("main table")) {
      if (table.closest(".table-scroll, .cell-output-display")) continue;
      const box = document.createElement("div");
      box.className = "table-scroll";
      table.replaceWith(box);
      box.append(table);
    }
    for (const box of document.querySelectorAll("main :is(pre, .table-scroll, .cell-output-display, math[display=block])")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (scrolls) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  }
  reachable();
  let resizing;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(reachable, 200); });
  addEventListener("load", reachable);

  // A link into a closed solution opens it; printing opens all of them.
  function openTarget() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target && target.closest("details:not([open])"); box; box = box.parentElement.closest("details:not([open])")) box.open = true;
  }
  openTarget();
  addEventListener("hashchange", openTarget);
  let opened = [];
  addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("main details:not([open])")]; opened.forEach(d => { d.open = true; }); });
  addEventListener("afterprint", () => opened.forEach(d => { d.open = false; }));

  // Theme. The head of the page has already applied the stored choice; here it changes.
  // A choice that equals the system's is forgotten, so that the page follows the system again.
  const system = matchMedia("(prefers-color-scheme: dark)");
  function store(theme) {
    try { theme ? localStorage.setItem("dlcourse-theme", theme) : localStorage.removeItem("dlcourse-theme"); } catch { /* private mode: the choice lasts for this page */ }
  }
  function stored() {
    try { return localStorage.getItem("dlcourse-theme"); } catch { return null; }
  }
  function show(theme) {
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll(".theme-toggle")) {
      const label = theme === "dark" ? "Switch to light theme" : "Switch to dark theme";
      button.title = label;
      button.querySelector(".label").textContent = label;
    }
  }
  const natural = () => (system.matches ? "dark" : "light");
  show(stored() || natural());
  system.addEventListener("change", () => { if (!stored()) show(natural()); });
  addEventListener("storage", e => { if (e.key === "dlcourse-theme") show(e.newValue || natural()); });
  for (const button of document.querySelectorAll(".theme-toggle")) {
    button.addEventListener("click", () => {
      const next = root.dataset.theme === "dark" ? "light" : "dark";
      store(next === natural() ? null : next);
      show(next);
    });
  }

  // Copy buttons on code (not on output).
  for (const block of document.querySelectorAll("main div.sourceCode")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", async () => {
      let said = "Copied";
      try { await navigator.clipboard.writeText(block.querySelector("code").innerText.replace(/\n$/, "") + "\n"); }
      catch { said = "Select and copy by hand"; getSelection().selectAllChildren(block.querySelector("code")); }
      button.textContent = said;
      button.classList.add("done");
      setTimeout(() => { button.textContent = "Copy"; button.classList.remove("done"); }, 1800);
    });
    block.append(button);
  }

  // Table of contents: mark the section that is being read.
  const links = new Map();
  for (const a of document.querySelectorAll("#contents a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (section) links.set(section, a);
  }
  if (links.size) {
    const sidebar = document.getElementById("margin");
    let waiting = false;
    const follow = () => {
      waiting = false;
      let current = null;
      for (const section of links.keys()) if (section.getBoundingClientRect().top < 140) current = section;
      if (innerHeight + scrollY > root.scrollHeight - 4) current = [...links.keys()].pop();
      for (const [section, a] of links) {
        if (section !== current) a.removeAttribute("aria-current");
        else if (!a.hasAttribute("aria-current")) {
          a.setAttribute("aria-current", "location");
          const top = a.offsetTop - sidebar.offsetTop;
          if (top < sidebar.scrollTop + 40 || top > sidebar.scrollTop + sidebar.clientHeight - 80) sidebar.scrollTop = top - sidebar.clientHeight / 2;
        }
      }
    };
    addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(follow); } }, { passive: true });
    follow();
    document.getElementById("contents").addEventListener("click", e => {
      const menu = document.getElementById("toc-menu");
      if (menu && e.target.closest("a")) menu.open = false;
    });
  }
  const here = document.querySelector("#sidebar [aria-current]");
  if (here) {
    const sidebar = document.getElementById("sidebar");
    if (here.offsetTop > sidebar.clientHeight) sidebar.scrollTop = here.offsetTop - sidebar.clientHeight / 2;
  }

  // Search. The index is fetched when the dialog is first opened.
  const dialog = document.getElementById("search-dialog");
  const input = document.getElementById("search-input");
  const status = document.getElementById("search-status");
  const results = document.getElementById("search-results");
  const base = new URL(root.dataset.root || "./", location.href);
  let engine;
  function load() {
    engine ??= import(new URL("pagefind/pagefind.js", base).href)
      .then(async pagefind => { await pagefind.options({ baseUrl: base.pathname, excerptLength: 22 }); await pagefind.init(); return pagefind; });
    return engine;
  }
  function openSearch() {
    dialog.showModal();
    input.select();
    if (location.protocol === "file:") { status.textContent = "Search needs a web server: run “make serve” and open the address that it prints."; return; }
    load().catch(() => { status.textContent = "The search index is missing: it is made by “make site”."; });
  }
  function entry(result, sub) {
    const item = document.createElement("li");
    if (sub) item.className = "sub";
    const a = document.createElement("a");
    a.href = result.url;
    const title = document.createElement("strong");
    title.textContent = result.title || result.meta.title;
    const text = document.createElement("span");
    text.innerHTML = result.excerpt;   // pagefind escapes the text and adds <mark>
    a.append(title, text);
    item.append(a);
    return item;
  }
  let turn = 0;
  async function search() {
    const mine = ++turn, words = input.value.trim();
    if (!words) { results.replaceChildren(); status.textContent = "Type a word from the course."; return; }
    let found;
    try { found = await (await load()).search(words); } catch { return; }
    const pages = await Promise.all(found.results.slice(0, 12).map(r => r.data()));
    if (mine !== turn) return;      // a later key press has overtaken this one
    const items = [];
    for (const page of pages) {
      items.push(entry(page));
      const subs = (page.sub_results || []).filter(s => s.title !== page.meta.title);
      items.push(...subs.slice(0, 3).map(s => entry(s, true)));
    }
    results.replaceChildren(...items);
    const n = found.results.length;
    status.textContent = n ? `${n} ${n === 1 ? "page" : "pages"} with “${words}”` : `Nothing found for “${words}”.`;
  }
  if (dialog) {
    document.getElementById("search-open").addEventListener("click", openSearch);
    document.getElementById("search-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", e => { if (e.target === dialog || e.target.closest("#search-results a")) dialog.close(); });
    input.addEventListener("input", search);
    input.form.addEventListener("submit", e => e.preventDefault());
    dialog.addEventListener("keydown", e => {
      const all = [...results.querySelectorAll("a")], at = all.indexOf(document.activeElement);
      if (e.key === "ArrowDown" && all.length) { e.preventDefault(); all[Math.min(at + 1, all.length - 1)].focus(); }
      if (e.key === "ArrowUp" && at >= 0) { e.preventDefault(); (at ? all[at - 1] : input).focus(); }
      if (e.key === "Enter" && document.activeElement === input && all.length) { e.preventDefault(); all[0].click(); }
    });
    addEventListener("keydown", e => {
      if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !dialog.open && !e.target.closest("input, textarea, select, [contenteditable]")) { e.preventDefault(); openSearch(); }
    });
  }
})();
