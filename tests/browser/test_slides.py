"""Measures every slide: titles, code, and how well the height between title and footer is used."""

import pytest
from test_browser import DECKS

pytestmark = pytest.mark.browser

# Runs `look(slide, box)` for each slide, all fragments shown, and collects what it finds under the slide's id. `box(e)` is
# where an element lies, in slide pixels from the top left.
EACH = """look => {
    const found = [];
    for (const slide of Reveal.getSlides()) {
        const at = Reveal.getIndices(slide);
        Reveal.slide(at.h, at.v || 0, 999);
        const frame = document.querySelector(".slides").getBoundingClientRect(), scale = Reveal.getScale();
        const box = e => { const b = e.getBoundingClientRect();
            return { top: (b.top - frame.top) / scale, bottom: (b.bottom - frame.top) / scale, left: (b.left - frame.left) / scale, right: (b.right - frame.left) / scale }; };
        for (const text of look(slide, box)) found.push(`#${slide.id}: ${text}`);
    }
    return found;
}"""


def problems(page, look):
    return page.evaluate(f"() => ({EACH})({look})")


@pytest.mark.parametrize("path", DECKS)
def test_the_slide_is_used_and_the_footer_left_alone(visit, path):
    found = problems(visit(path), """(slide, box) => {
        const body = slide.querySelector(".slide-body");
        if (!body) return [];
        const top = box(body).top, footer = box(document.querySelector(".reveal > .footer p")).top;
        const parts = [...body.querySelectorAll("*")].filter(e => e.getClientRects().length && !e.closest(".embed-source, annotation") && !e.matches(".area, .columns"));
        if (!parts.length) return ["nothing but a title"];
        const boxes = parts.map(box), first = Math.min(...boxes.map(b => b.top)), last = Math.max(...boxes.map(b => b.bottom));
        const width = Math.max(...boxes.map(b => b.right)) - Math.min(...boxes.map(b => b.left));
        const height = (last - first) / (650 - top), area = height * width / 1136, percent = x => `${Math.round(100 * x)} %`;
        const bad = [];
        if (height < 0.5) bad.push(`uses ${percent(height)} of the height under its title, wanted 50 % or more`);
        if (area < 0.3) bad.push(`uses ${percent(area)} of the area under its title, wanted 30 % or more`);
        if (last < 430) bad.push(`ends at ${Math.round(last)} of 720 px: alone in the upper part`);
        if (footer - last < 20) bad.push(`ends ${Math.round(footer - last)} px above the footer, wanted 20 or more`);
        return bad;
    }""")  # fmt: skip
    assert not found, f"{path}\n" + "\n".join(found)


@pytest.mark.parametrize("path", DECKS)
def test_titles_take_two_lines_at_most(visit, path):
    found = problems(visit(path), """slide => {
        const title = slide.querySelector("h1, h2");
        const lines = Math.round(title.offsetHeight / parseFloat(getComputedStyle(title).lineHeight));
        return lines > 2 ? [`title of ${lines} lines, ${title.textContent.length} characters`] : [];
    }""")  # fmt: skip
    assert not found, f"{path}\n" + "\n".join(found)


@pytest.mark.parametrize("path", DECKS)
def test_code_fits_and_teaches(visit, path):
    found = problems(visit(path), """slide => [...slide.querySelectorAll("pre > code.sourceCode")].flatMap(code => {
        const lines = code.textContent.replace(/\\n+$/, "").split("\\n"), bad = [];
        if (lines.length > 14) bad.push(`${lines.length} lines of code, wanted 14 or fewer`);
        const line = parseFloat(getComputedStyle(code).lineHeight);
        [...code.children].forEach((row, i) => {
            if (lines[i].length > 64) bad.push(`line ${i + 1} has ${lines[i].length} characters, wanted 64 or fewer: ${lines[i]}`);
            if (row.offsetHeight > 1.5 * line) bad.push(`line ${i + 1} is wrapped: ${lines[i]}`);
            if (/\\bcheck\\.|\\bskipped\\(|#\\s*fmt\\b/.test(lines[i])) bad.push(`line ${i + 1} is there for the tests: ${lines[i]}`);
        });
        return bad;
    })""")  # fmt: skip
    assert not found, f"{path}\n" + "\n".join(found)


@pytest.mark.parametrize("path", DECKS)
def test_no_check_lines_on_slides(visit, path):
    found = problems(visit(path), """slide => [...slide.querySelectorAll(".checks")].map(lines => `shows the lines of a check: ${lines.textContent}`)""")  # fmt: skip
    assert not found, f"{path}\n" + "\n".join(found)
