"""Looks at every page and every slide in Chromium: `make test-browser`. Pictures go to test-artifacts/."""

import itertools
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
axe_api = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed: run `make test-browser`"
)
expect = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: run `make test-browser`"
).expect

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-artifacts"
SOURCES = [ROOT / "index.qmd", *sorted(ROOT.glob("pages/*.qmd")), *sorted(ROOT.glob("notebooks/*.ipynb"))]
PAGES = [str(path.relative_to(ROOT).with_suffix(".html")) for path in SOURCES]
NOTEBOOKS = [page for page in PAGES if page.startswith("notebooks/")]
DECKS = [f"slides/{path.stem}.html" for path in sorted(ROOT.glob("slides/*-deck.qmd"))]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
CONTRAST = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}


def assert_accessible(page, where, options=AXE):
    found = axe_api.Axe().run(page, options=options).response["violations"]
    lines = [
        f"{v['id']} ({v['help']}): {n['target']} {n['html'][:160]}\n  {n['failureSummary']}"
        for v in found
        for n in v["nodes"][:4]
    ]
    assert not found, f"{where}: {len(found)} violations\n" + "\n".join(lines)


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_in_light_and_dark(visit, path):
    page = visit(path)
    page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; })")
    assert_accessible(page, f"{path}, light")
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme='dark']")
    assert_accessible(page, f"{path}, dark", CONTRAST)  # all that the theme changes


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_a_phone(visit, path):
    page = visit(path, width=390, height=844)
    wide = page.evaluate("""() => [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 391 && e.offsetParent
        && !e.closest("pre, .table-scroll, .cell-output-display, math, svg, .visually-hidden")).map(e => e.outerHTML.slice(0, 120))""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{path} is wider than a phone: {wide[:3]}"


@pytest.mark.parametrize("path", PAGES)
def test_headings_do_not_skip_a_level(visit, path):
    levels = visit(path).evaluate(
        "[...document.querySelectorAll('main :is(h1,h2,h3,h4,h5,h6)')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels


MEASURE = """() => {
    const bad = [];
    const number = Reveal.getTotalSlides();
    for (let i = 0; i < number; i++) {
        const slide = Reveal.getSlides()[i], at = Reveal.getIndices(slide);
        Reveal.slide(at.h, at.v || 0, 999);
        const frame = document.querySelector(".slides").getBoundingClientRect(), scale = Reveal.getScale();
        const name = `slide ${i + 1} “${slide.querySelector("h1, h2")?.textContent}”`;
        for (const e of slide.querySelectorAll("*")) {
            if (e.closest("aside.notes, .embed-source, annotation") || !e.getClientRects().length) continue;
            const box = e.getBoundingClientRect(), style = getComputedStyle(e);
            const bottom = (box.bottom - frame.top) / scale, right = (box.right - frame.left) / scale;
            if (bottom > 676) bad.push(`${name}: <${e.localName}> ends at ${Math.round(bottom)} of 676 px: ${e.textContent.slice(0, 40)}`);
            if (right > 1280 - 40) bad.push(`${name}: <${e.localName}> reaches ${Math.round(right)} of 1240 px: ${e.textContent.slice(0, 40)}`);
            if (box.left < frame.left) bad.push(`${name}: <${e.localName}> starts left of the slide`);
            const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
            if (text && !e.closest("math, sup, sub") && parseFloat(style.fontSize) < 24) bad.push(`${name}: <${e.localName}> has text of ${style.fontSize}`);
        }
        for (const code of slide.querySelectorAll("pre > code.sourceCode")) {
            const lines = code.textContent.replace(/\\n+$/, "").split("\\n").length;
            if (lines > 15) bad.push(`${name}: ${lines} lines of code`);
        }
    }
    return bad;
}"""


@pytest.mark.parametrize("path", DECKS)
def test_nothing_overflows_a_slide(visit, path):
    bad = visit(path).evaluate(MEASURE)
    assert not bad, path + "\n" + "\n".join(bad)


@pytest.mark.parametrize("path", DECKS)
def test_every_slide_shows_its_figures(visit, path):
    page = visit(path)
    number = page.evaluate("Reveal.getTotalSlides()")
    for i in range(number):
        page.evaluate(
            "i => { const at = Reveal.getIndices(Reveal.getSlides()[i]); Reveal.slide(at.h, at.v || 0, 999); }", i
        )
        small = page.evaluate("""async () => {
            const images = [...Reveal.getCurrentSlide().querySelectorAll('img')]
            await Promise.all(images.map(image => image.decode()))
            await new Promise(requestAnimationFrame)
            return images.filter(image => image.naturalWidth === 0 || image.height < 120).map(image => image.src)
        }""")
        assert not small, f"slide {i + 1}: {small}"


@pytest.mark.parametrize("path", DECKS)
def test_deck_is_accessible_in_light_and_dark(visit, path):
    assert_accessible(visit(path), f"{path}, first slide")
    page = visit(f"{path}?print-pdf")  # all slides at once
    assert_accessible(page, f"{path}, light")
    page.evaluate("document.body.style.setProperty('color-scheme', 'dark', 'important')")
    assert_accessible(page, f"{path}, dark", CONTRAST)  # all that the theme changes


def lit(block):
    """Numbers of the lines that are lit, from 1."""
    return block.evaluate(
        "b => [...b.querySelectorAll('code > span')].flatMap((line, i) => line.matches('.lit') ? [i + 1] : [])"
    )


@pytest.mark.parametrize("path", DECKS)
def test_code_is_stepped_through(visit, path):
    page = visit(path)
    blocks = page.locator("[data-lines*='|']")
    for i in range(blocks.count()):
        block = blocks.nth(i)
        steps = block.get_attribute("data-lines").split("|")
        block.evaluate(
            "b => { const at = Reveal.getIndices(b.closest('section')); Reveal.slide(at.h, at.v || 0, -1); }"
        )
        seen = [lit(block)]
        while len(seen) < len(steps) + 30 and page.evaluate("Reveal.availableFragments().next"):
            page.keyboard.press("ArrowRight")
            if lit(block) != seen[-1]:
                seen.append(lit(block))
        wanted = []
        for step in steps:
            ends = [[int(n) for n in part.split("-")] for part in step.split(",")]
            wanted.append([line for first, *last in ends for line in range(first, (last or [first])[0] + 1)])
        assert seen == wanted


@pytest.mark.parametrize("path", DECKS)
@pytest.mark.parametrize("opened_as", ["server", "file"])
def test_speaker_view_shows_notes(visit, site, path, opened_as):
    page = visit(path) if opened_as == "server" else visit(path, base=site.as_uri() + "/")
    page.evaluate("""() => { const slide = Reveal.getSlides().find(s => s.querySelector("aside.notes"));
        const at = Reveal.getIndices(slide); Reveal.slide(at.h, at.v || 0); }""")
    note = page.evaluate(
        "Reveal.getCurrentSlide().querySelector('aside.notes').textContent.trim().split(/\\s+/).slice(0, 6).join(' ')"
    )
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    expect(speaker.locator(".speaker-controls-notes .value")).to_contain_text(note)
    assert speaker.locator(".speaker-controls-time .timer").count() == 1


@pytest.mark.parametrize("path", DECKS)
def test_deck_has_overview_help_and_theme_keys(visit, path):
    page = visit(path)
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    page.wait_for_selector(".reveal.ready")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")
    page.keyboard.press("o")
    page.keyboard.press("Shift+?")
    assert "light and dark" in page.locator(".r-overlay-help").inner_text(timeout=30000)


@pytest.mark.parametrize("path", DECKS)
def test_handout_has_every_slide_with_its_notes(visit, path):
    slides, notes = visit(path).evaluate("[Reveal.getTotalSlides(), document.querySelectorAll('aside.notes').length]")
    page = visit(f"{path}?handout")
    assert page.locator(".paper-row").count() == slides
    texts = page.locator(".paper-notes").all_inner_texts()
    assert sum(len(text.strip().splitlines()) > 1 for text in texts) == notes
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def words_of(notebook):
    cells = json.loads((ROOT / notebook).with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)|https?://\S+", " ", text)
    return set(re.findall(r"\b[a-z]{6,}\b", text))


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_search_finds_a_word_of_each_notebook(visit, path):
    others = set().union(*(words_of(other) for other in NOTEBOOKS if other != path), set())
    word = max(sorted(words_of(path) - others), key=len)
    page = visit("pages/setup.html")
    page.keyboard.press("/")
    page.keyboard.type(word)
    page.locator(f"#search-results a[href*='{path}']").first.wait_for(timeout=30000)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('#search-results a')")
    page.keyboard.press("Escape")
    assert not page.locator("#search-dialog").is_visible()


@pytest.mark.skipif(not DECKS, reason="no deck yet")
def test_search_finds_slides(visit):
    page = visit()
    title = re.findall(r"(?m)^## ([^{\n]+)", (ROOT / DECKS[0]).with_suffix(".qmd").read_text(encoding="utf-8"))[2]
    page.click("#search-open")
    page.keyboard.type(re.sub(r"[^\w\s-]", " ", title))
    page.locator("#search-results a[href*='-deck.html']").first.wait_for(timeout=30000)


def test_theme_choice_is_remembered(visit):
    page = visit()

    def theme():
        return page.evaluate(
            "[document.documentElement.dataset.theme, getComputedStyle(document.documentElement).colorScheme]"
        )

    assert theme() == ["light", "light"]
    page.click(".theme-toggle")
    assert theme() == ["dark", "dark"]
    page.goto(page.url.replace("index.html", "pages/data.html"))
    assert theme() == ["dark", "dark"]
    page.click(".theme-toggle")
    page.emulate_media(color_scheme="dark")  # back on the system's choice, the page follows the system
    page.wait_for_selector("html[data-theme='dark']")


@pytest.mark.skipif(not NOTEBOOKS, reason="no notebook yet")
def test_copy_button_copies_the_code(visit):
    page = visit(NOTEBOOKS[0], permissions=["clipboard-read", "clipboard-write"])
    block = page.locator("main div.sourceCode").first
    block.locator(".copy-button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".copy-button.done")
    assert page.evaluate("navigator.clipboard.readText()") == block.locator("code").inner_text().rstrip("\n") + "\n"


@pytest.mark.skipif(not NOTEBOOKS, reason="no notebook yet")
def test_contents_follow_the_scroll(visit):
    page = visit(NOTEBOOKS[0])
    second = page.locator("main h2").nth(1)
    second.evaluate("e => e.scrollIntoView()")
    page.wait_for_selector(f"#contents [aria-current][href$='#{second.get_attribute('id')}']", state="attached")


def test_page_works_without_javascript(visit):
    page = visit((NOTEBOOKS or PAGES)[0], width=390, height=844, java_script_enabled=False)
    assert page.locator("main h1").is_visible() and page.locator("main p").first.is_visible()
    assert not page.locator("#sidebar").is_visible()
    page.click("#menu summary")
    assert page.locator("#sidebar").is_visible()
    assert not page.locator(".theme-toggle").is_visible()


def test_first_tab_stop_skips_to_the_content(visit):
    page = visit("pages/setup.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_focus_is_visible_on_every_stop(visit):
    page = visit((NOTEBOOKS or PAGES)[0])
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # round once
        stop = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return [document.activeElement.outerHTML.slice(0, 80), s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        assert stop[1] != "none" and stop[2] >= 2, stop


def test_pictures_are_taken(visit):
    PICTURES.mkdir(exist_ok=True)
    wanted = [("home", "index.html"), ("gallery", "pages/slides.html"), *[("notebook", page) for page in NOTEBOOKS[:1]]]
    for name, path in wanted:
        for scheme in ("light", "dark"):
            for size, (width, height) in {"desktop": (1280, 720), "phone": (390, 844)}.items():
                page = visit(path, width=width, height=height, scheme=scheme)
                page.screenshot(path=PICTURES / f"{name}-{scheme}-{size}.png", full_page=name != "notebook")
    for path in DECKS[:1]:
        for scheme in ("light", "dark"):
            page = visit(path, scheme=scheme)
            total = page.evaluate("Reveal.getTotalSlides()")
            for number in sorted({0, total // 3, 2 * total // 3}):
                page.evaluate(
                    "i => { const at = Reveal.getIndices(Reveal.getSlides()[i]); Reveal.slide(at.h, at.v || 0, 999); }",
                    number,
                )
                page.wait_for_timeout(300)
                page.screenshot(path=PICTURES / f"slide-{number + 1:02d}-{scheme}.png")
