"""The offline renderer: what it supports gives the markup that the theme expects, what it doesn't is refused with file and line."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import render
from render.font import make_font

ROOT = Path(__file__).resolve().parent.parent
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"><circle r="9"/></svg>'
FIGURE = {
    "output_type": "display_data",
    "data": {"image/svg+xml": SVG, "text/plain": "<Figure size 1x1>"},
    "metadata": {},
}
FIGURE_CODE = '#| label: fig-one\n#| fig-cap: "Cost: $x^2$"\n#| fig-alt: "A \\"round\\" & blue disc"\ndraw()\nshow()'


def markdown(source: str, **more) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def code(source: str, *outputs: dict, tags: tuple[str, ...] = ()) -> dict:
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "execution_count": 1, "source": source, "outputs": list(outputs)}


def shown(kind: str, data: str, **more: str) -> dict:
    return {"output_type": "display_data", "data": {kind: data, **more}, "metadata": {}}


def printed(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text.splitlines(keepends=True)}


class Project:
    """A small course with the filters, templates and reader of the real one, and no search."""

    def __init__(self, root: Path):
        self.root, self.out = root, root / "_site"
        (root / "render").mkdir()
        shutil.copy(ROOT / "render/course.lua", root / "render")
        make_font(ROOT)  # once, for all these courses
        shutil.copytree(ROOT / "render/theme", root / "render/theme")
        self.config = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
        self.config["project"]["render"] = ["index.qmd", "pages/*.qmd", "notebooks/*.ipynb", "slides/*-deck.qmd"]
        self.config["website"] |= {"search": False, "navbar": {"left": [{"text": "Home", "href": "index.qmd"}]}}
        sections = [{"section": "Notebooks", "contents": [{"auto": "notebooks/*.ipynb"}]}]
        self.config["website"]["sidebar"] = {"contents": ["index.qmd", *sections]}
        self.configure()
        self.write("index.qmd", "---\ntitle: Home\n---\n\nHello.\n")

    def configure(self) -> None:
        self.write("_quarto.yml", yaml.safe_dump(self.config, sort_keys=False))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def notebook(self, *cells: dict, path: str = "notebooks/01-a.ipynb", **metadata) -> None:
        cells = (markdown("# A title with `code`\n\nThe first paragraph."), *cells)
        self.write(
            path, json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)
        )

    def deck(self, text: str) -> None:
        self.write("slides/01-a-deck.qmd", f"---\ntitle: A deck\nformat: revealjs\n---\n\n{text}\n")

    def build(self, **options) -> render.Built:
        return render.build(self.root, self.out, **options)

    def page(self, path: str = "notebooks/01-a.html") -> str:
        self.build()
        return (self.out / path).read_text(encoding="utf-8")

    def error(self) -> str:
        with pytest.raises(render.RenderError) as caught:
            self.build()
        return str(caught.value)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def body(page: str) -> str:
    """The content of a page with white space made uniform."""
    return re.sub(r"\s+", " ", page.partition("<h1>")[2].partition('<nav class="page-navigation"')[0])


# Notebook pages


def test_title_is_the_first_heading_and_description_the_first_paragraph(project):
    project.notebook(markdown("## Section"))
    page = project.page()
    assert "<h1>A title with code</h1>" in page
    assert '<meta name="description" content="The first paragraph.">' in page
    assert page.count("<h1") == 1
    assert '<h2 id="section">Section</h2>' in page and 'href="#section"' in page


def test_code_and_printed_output(project):
    project.notebook(
        code("print('```')", printed("\x1b[31m```\x1b[0m\n"), printed("more\n"), printed("oh\n", "stderr"))
    )
    content = body(project.page())
    assert '<pre class="sourceCode python">' in content
    assert '<div class="cell-output cell-output-stdout"> <pre><code>``` more</code></pre>' in content
    assert '<div class="cell-output cell-output-stderr"> <pre><code>oh</code></pre>' in content


def test_figure_is_a_file_with_number_caption_and_alternative_text(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    content = body(project.page())
    assert (project.out / "notebooks/01-a_files/fig-one.svg").read_text() == SVG
    image = re.search(r"<img [^>]*>", content)[0]
    assert 'src="01-a_files/fig-one.svg"' in image
    assert 'alt="A &quot;round&quot; &amp; blue disc"' in image
    assert 'width="96" height="48"' in image
    assert '<figure id="fig-one" class="float-fig">' in content
    assert re.search(r"<figcaption[^>]*> Figure\s1: Cost: <math", content)
    assert "#|" not in content and "Figure size" not in content


def test_png_is_written_when_there_is_no_svg(project):
    project.notebook(code(FIGURE_CODE, shown("image/png", "aGVsbG8=")))
    assert 'src="01-a_files/fig-one.png"' in project.page()
    assert (project.out / "notebooks/01-a_files/fig-one.png").read_bytes() == b"hello"


def test_interactive_figure_is_preferred_to_its_picture(project):
    html = '<div data-dlcourse="frames"><img alt="A disc"><script>let a = "```";</script></div>'
    project.notebook(code(FIGURE_CODE, shown("text/html", html, **{"image/svg+xml": SVG})))
    page = project.page()
    assert html in page and "fig-one.svg" not in page
    assert re.search(r'<figure id="fig-one".*</div>\s*<figcaption>\s*Figure\s1: Cost: <math', page, re.S)


def test_table_from_markdown_with_caption(project):
    cell = code("#| label: tbl-one\n#| tbl-cap: Shapes\nshow()", shown("text/markdown", "| a |\n|--:|\n| 1 |"))
    project.notebook(cell)
    content = body(project.page())
    assert re.search(
        r'<figure id="tbl-one" class="float-tbl"> <figcaption> Table\s1: Shapes </figcaption> <table>', content
    )


def test_echo_output_include_and_fold(project):
    project.notebook(
        code("#| echo: false\nhidden_code()", printed("seen-1")),
        code("#| output: false\nseen_code()", printed("hidden-1")),
        code("#| include: false\nhidden_too()", printed("hidden-2")),
        code("#| code-fold: true\n#| code-summary: How it is drawn\nfolded()"),
        code("not_here()", printed("hidden-3"), tags=("remove-cell",)),
        code("nor_this()", printed("seen-2"), tags=("remove-input",)),
        code("but_this()", printed("hidden-4"), tags=("remove-output",)),
    )
    content = re.sub(r"</?span[^>]*>|<a [^>]*></a>", "", body(project.page()))
    for text in ("hidden", "not_here", "nor_this"):
        assert text not in content
    for text in ("seen-1", "seen_code", "seen-2", "but_this"):
        assert text in content
    assert '<details class="code-fold"><summary>How it is drawn</summary>' in content


@pytest.mark.parametrize(
    ("lead", "kind"),
    [
        ("Exercise 2.1.", "exercise"),
        ("Key idea.", "key-idea"),
        ("Caution.", "caution"),
        ("In the lecture.", "in-the-lecture"),
    ],
)
def test_blockquote_with_bold_lead_becomes_a_box(project, lead, kind):
    project.notebook(markdown(f"Text\n> **{lead}** One.\n>\n> Two."))
    content = body(project.page())
    assert re.search(rf'<div (id="[\w-]+" )?class="box box-{kind}">', content)
    assert f'<span class="box-lead"><strong>{lead}</strong></span> One.' in content
    assert "<blockquote>" not in content


def test_other_blockquotes_stay(project):
    project.notebook(markdown("> **Note well**, this is a quotation."))
    assert "<blockquote>" in project.page()


def test_solutions_are_folded_together_and_named(project):
    project.notebook(
        markdown("> **Exercise 1.2.** Do."),
        markdown("> **Solution.** Like this."),
        code("1 + 1", shown("text/plain", "2"), tags=("solution",)),
        markdown("After."),
    )
    content = body(project.page())
    folded = re.search(r'<details class="solution"><summary>(.*?)</summary>(.*?)</details>', content)
    assert folded[1] == "Solution to exercise 1.2"
    assert "Like this." in folded[2] and "sourceCode" in folded[2] and "After." not in folded[2]
    assert content.count("<details") == 1


def test_a_figures_code_is_folded_on_pages_unless_it_says_no(project):
    project.notebook(
        code(FIGURE_CODE, FIGURE),
        code(FIGURE_CODE.replace("fig-one", "fig-two").replace("draw()", "#| code-fold: false\nteach()"), FIGURE),
    )
    content = re.sub(r"</?span[^>]*>|<a [^>]*></a>", "", body(project.page()))
    assert re.findall(r"<summary>(.*?)</summary>", content) == ["Show the code of this figure"]
    assert "draw()" in content.partition("<summary>")[2].partition("</details>")[0] and "teach()" in content


def test_exercise_scaffold_check_and_solution(project):
    project.notebook(
        markdown("> **Exercise 1.2.** Do."),
        code("def f():\n    raise NotImplementedError", tags=("exercise",)),
        code("check.answer(hints)", printed("– Exercise 1.2: not answered yet\n"), tags=("check",)),
        code("# Solution to exercise 1.2", printed("✓ Exercise 1.2: 3 tests\n"), tags=("solution",)),
    )
    content = body(project.page())
    kinds = re.findall(r'<div class="cell cell-(\w+)">|<summary>(.*?)</summary>', content)
    assert ["".join(kind) for kind in kinds] == [
        "exercise", "check", "What the check tests", "Solution to exercise 1.2", "solution"]  # fmt: skip
    assert content.index("cell-check") < content.index("not answered yet") < content.index('<details class="solution')


def test_lines_of_checks_stand_apart_from_other_output(project):
    project.notebook(code("x", printed("one\n✓ two: 2\n✓ three\nfour – five\n")))
    content = body(project.page())
    found = re.search(r'stdout"> (.*?) </div> </div>', content)[1]
    assert found == ('<pre><code>one</code></pre> <div class="checks"> <span class="tick">✓</span> two: 2<br /> '
                     '<span class="tick">✓</span> three </div> <pre><code>four – five</code></pre>')  # fmt: skip


def test_provenance_says_what_made_the_outputs(project):
    made = {"date": "2026-01-02", "python": "3.11.4", "versions": {"torch": "2.14.1"}, "device": "cpu", "seconds": 42}
    project.notebook(dlcourse={**made, "data": {"Fashion-MNIST": "full"}, "code_hash": "0"})
    line = re.search(r'<p class="provenance">(.*?)</p>', body(project.page()))[1]
    for text in ("2026-01-02", "3.11.4", "torch 2.14.1", "cpu", "42 s", "Fashion-MNIST (full)"):
        assert text in line


def test_markdown_reads_as_in_a_notebook_front_end(project):
    project.notebook(
        markdown(
            "Text:\n- one\n- two\n\n$a < b$ costs \\$5.\n\n$$\n\\sum_i x_i\n$$\n\n| a |\n|---|\n| 1 |\n\nA. Miller wrote it."
        )
    )
    content = body(project.page())
    assert "<li>one</li>" in content and "<table>" in content and "<p>A. Miller wrote it.</p>" in content
    assert '<math display="inline"' in content and '<math display="block"' in content


def test_links_to_sources_lead_to_pages(project):
    project.write("index.qmd", "---\ntitle: Home\n---\n\n## X\n")
    project.notebook(markdown("[a](../index.qmd#x) [b](01-a.ipynb) [c](https://example.org/x.ipynb)"))
    content = body(project.page())
    assert (
        'href="../index.html#x"' in content
        and 'href="01-a.html"' in content
        and 'href="https://example.org/x.ipynb"' in content
    )


def test_attached_and_local_images_are_copied(project):
    project.write("notebooks/pictures/b.svg", SVG)
    attachments = {"a.png": {"image/png": "aGVsbG8="}}
    project.notebook(markdown("![A](attachment:a.png) ![B](pictures/b.svg)", attachments=attachments))
    page = project.page()
    target = re.search(r'<img\s+src="([^"]+a\.png)"', page)[1]
    assert (project.out / "notebooks" / target).read_bytes() == b"hello"
    assert (project.out / "notebooks/pictures/b.svg").read_text() == SVG


def test_navigation_and_links_of_a_notebook(project):
    project.notebook()
    project.deck("# One")
    page = project.page()
    assert re.search(
        r'<a class="sidebar-link active" href="../notebooks/01-a.html" aria-current="page">A title with code', page
    )
    assert 'href="../index.html" rel="prev"' in page
    assert 'href="../slides/01-a-deck.html"' in page and 'href="../notebooks/01-a.ipynb" download' in page
    assert (project.out / "notebooks/01-a.ipynb").is_file()
    assert "colab" not in page and "binder" not in page and "github" not in page


def test_sidebar_names_a_page_as_it_is_told(project):
    project.config["website"]["sidebar"]["contents"] = [{"href": "index.qmd", "text": "Start & <go>"}]
    project.configure()
    assert 'href="index.html" aria-current="page">Start &amp; &lt;go&gt;</a>' in project.page("index.html")


def test_repository_adds_links(project):
    project.config["course"]["repository"] = "https://github.com/someone/course"
    project.configure()
    project.notebook()
    page = project.page()
    assert "https://colab.research.google.com/github/someone/course/blob/HEAD/notebooks/01-a.ipynb" in page
    assert "https://mybinder.org/v2/gh/someone/course/HEAD?urlpath=lab/tree/notebooks/01-a.ipynb" in page


# Pages and decks


def test_callouts_columns_asides_footnotes_and_includes(project):
    project.write("pages/_part.qmd", "Included text.\n")
    project.write("pages/a.qmd", """---
title: A
---

::: {.callout-tip title="Do it"}
A tip.
:::

:::: columns
::: {.column width="40%"}
Left.[^1]
:::
:::

{{< include _part.qmd >}}

::: aside
Beside.
:::

[^1]: Below.
""".replace(":::\n:::\n\n{{", ":::\n::::\n\n{{"))  # fmt: skip
    project.config["project"]["render"].remove("pages/*.qmd")
    project.config["project"]["render"].append("pages/a.qmd")
    project.configure()
    content = body(project.page("pages/a.html"))
    assert '<div class="box box-tip"> <p><span class="box-lead"><strong>Do it</strong></span></p>' in content
    assert '<div class="column" style="width:40%;">' in content
    assert "Included text." in content and "<aside>" in content and 'role="doc-endnotes"' in content


DECK = """# Part

## A figure

{{< embed ../notebooks/01-a.ipynb#fig-one >}}

. . .

Later.

::: notes
Say this.
:::

## Its code

::: {lines="1|2"}
{{< embed ../notebooks/01-a.ipynb#fig-one echo=true >}}
:::

::: {.incremental}
- One
- Two
:::

::: notes
And this.
:::
"""


@pytest.fixture
def deck(project) -> str:
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.deck(DECK)
    return project.page("slides/01-a-deck.html")


def test_deck_has_slides_notes_and_steps(deck):
    assert re.findall(r'<section id="([\w-]+)" class="(?:title-slide )?slide level(\d)"', deck) == [
        ("part", "1"),
        ("a-figure", "2"),
        ("its-code", "2"),
    ]
    assert re.findall(r'<aside class="notes">\s*(?:<p>)?(.*?)(?:</p>)?\s*</aside>', deck) == ["Say this.", "And this."]
    assert deck.count('class="fragment"') == 3


def test_embedded_figure_is_the_notebooks_file_and_links_to_its_place(deck):
    assert deck.count('src="../notebooks/01-a_files/fig-one.svg"') == 2
    assert deck.count('href="../notebooks/01-a.html#fig-one"') == 2
    assert deck.count('id="fig-one"') == 1
    assert "Figure\u00a01" not in deck


def test_code_shows_on_demand_and_steps_through_lines(deck):
    assert deck.count("<pre") == 1
    assert re.search(r'<div class="sourceCode" id="cb1"\s+data-lines="1\|2">', deck)
    assert '<span id="cb1-2">' in deck


def test_what_a_deck_loads_is_in_the_site(project):
    project.deck("# One")
    scripts = re.findall(r'<script src="([^"]+)"', project.page("slides/01-a-deck.html"))
    assert scripts and all((project.out / "slides" / script).is_file() for script in scripts)


# What is refused


@pytest.mark.parametrize(
    ("source", "line", "found", "advice"),
    [
        ("Text\n\n::: {.callout-note}\n:::", 3, "fenced div", "blockquote"),
        ("<div>x</div>", 1, "raw HTML", "Markdown"),
        ("A\n<br>", 2, "raw HTML", "Markdown"),
        ("See @fig-one.", 1, "cross-reference", "in words"),
        ("{{< video x.mp4 >}}", 1, "shortcode", "embed"),
        ("{{< embed 01-a.ipynb#fig-one >}}", 1, "shortcode", "embed"),
        ("```{=html}\n<b>\n```", 1, "block ```{=html}", "notebook"),
        ("\\begin{align}\nx\n\\end{align}", 1, "LaTeX", "$$"),
        ("![](a.svg)", 1, "alternative text", "brackets"),
        ("![A](gone.svg)", 1, "gone.svg can't be read", "path"),
        ("![A](https://example.org/a.svg)", 1, "another host", "store it"),
        ("## Title {#here}", 1, "attributes", "leave them out"),
        ("# Again", 1, "second top heading", "##"),
        ("---\ntitle: X\n---", 1, "front-matter", "delete"),
        ("$$\nx", 1, "not closed", "close it"),
    ],
)
def test_notebook_markdown_refused(project, source, line, found, advice):
    project.notebook(markdown(source))
    message = project.error()
    assert message.startswith(f"notebooks/01-a.ipynb:cell 2, line {line}: "), message
    assert found in message and advice in message.partition(";")[2]


def test_code_and_math_are_not_searched_for_refused_text(project):
    project.notebook(
        markdown(
            "`<div>` and `@fig-x`, $a<b>c$ and\n\n$$\nx <b> y\n$$\n\n```\n<div> ::: {.x}\n# no heading\n```\n\n<https://example.org>"
        )
    )
    assert "&lt;div&gt;" in project.page()


@pytest.mark.parametrize(
    ("cell", "line", "found", "advice"),
    [
        (code("#| label: fig-a\n#| fig-width: 3\nx", FIGURE), 2, "`fig-width`", "supported are"),
        (code("#| label: fig-a\n#| fig-alt: b\nx", FIGURE), 1, "no fig-cap", "#| fig-cap"),
        (code("#| label: fig-a\n#| fig-cap: b\nx", FIGURE), 1, "no fig-alt", "#| fig-alt"),
        (code("x", FIGURE), 1, "figure without a label", "#| label"),
        (code(FIGURE_CODE, FIGURE, FIGURE), 1, "2 figures", "split"),
        (code(FIGURE_CODE), 1, "no stored output", "make notebooks"),
        (code("#| label: tbl-a\nx", shown("text/markdown", "| a |")), 1, "no tbl-cap", "#| tbl-cap"),
        (code("#| fig-cap: a: b\nx"), 1, "not YAML", "quotes"),
        (code("x\n#| echo: false"), 2, "below code", "top"),
        (code("x", shown("text/html", "<table></table>")), 1, "HTML output, '<table>", "Markdown"),
        (code("x", shown("text/html", '<script src="https://x.org/a.js"></script>')), 1, "https:", "Markdown"),
        (
            code("x", {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}),
            1,
            "ValueError",
            "repair",
        ),
    ],
)
def test_code_cell_refused(project, cell, line, found, advice):
    project.notebook(cell)
    message = project.error()
    assert message.startswith(f"notebooks/01-a.ipynb:cell 2, line {line}: "), message
    assert found in message and advice in message.partition(";")[2]


def test_error_that_is_meant_is_shown(project):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    project.notebook(code("x", error, tags=("raises-exception",)))
    assert "ValueError: no" in project.page()


def test_equal_labels_in_two_notebooks_refused(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.notebook(code(FIGURE_CODE, FIGURE), path="notebooks/02-b.ipynb")
    assert project.error().startswith(
        "notebooks/02-b.ipynb:cell 2, line 1: label fig-one is also in notebooks/01-a.ipynb:cell 2, line 1; "
    )


def test_equal_labels_in_one_notebook_refused(project):
    project.notebook(code(FIGURE_CODE, FIGURE), code(FIGURE_CODE, FIGURE))
    assert project.error().startswith(
        "notebooks/01-a.ipynb:cell 3, line 1: label fig-one is also in notebooks/01-a.ipynb:cell 2, line 1; "
    )


@pytest.mark.parametrize(
    ("text", "line", "found", "advice"),
    [
        ("# S\n\n{{< embed ../notebooks/01-a.ipynb#fig-none >}}", 8, "fig-none", "fig-one"),
        ("# S\n\n{{< embed ../notebooks/09.ipynb#fig-one >}}", 8, "no notebook", "01-a.ipynb"),
        ("## S\n\n---", 8, "a rule", "## heading"),
        ("## S\n\nSo.[^1]\n\n[^1]: Why.", 8, "a footnote", "::: aside"),
        ("## S\n\n::: {.panel-tabset}\n:::", 8, "`panel-tabset`", "supported are"),
        ('## S\n\n::: {.column style="color:red"}\n:::', 8, "`style`", "supported are"),
        ("## S\n\n::: notes\nx", 8, "not closed", ":::"),
        ("## S\n:::", 7, "not opened", "remove"),
        ("## S\n\n<script>x</script>", 8, "raw HTML", "Markdown"),
        ("## S\n\n```{python}\n1\n```", 8, "a block", "notebook"),
        ("## S\n\n{{< pagebreak >}}", 8, "shortcode", "embed"),
        ("## S\n\n{{< include _gone.qmd >}}", 8, "_gone.qmd", "path"),
        ('## S\n\n::: {lines="1"}\n{{< embed ../notebooks/01-a.ipynb#fig-one >}}\n:::', 9, "without code", "echo=true"),
    ],
)
def test_deck_refused(project, text, line, found, advice):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.deck(text)
    message = project.error()
    assert message.startswith(f"slides/01-a-deck.qmd:{line}: "), message
    assert found in message and advice in message.partition(";")[2]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("No front matter", 1, "no front matter"),
        ("---\ndescription: x\n---\n", 1, "no title"),
        ("---\ntitle: x\nexecute: y\n---\n", 3, "`execute`"),
        ("---\ntitle: x\nsubtitle: y: z\n---\n", 3, "not YAML"),
        ("---\ntitle: x\nformat:\n  revealjs:\n    width: 9\n---\n", 4, "settings of format"),
        ("---\ntitle: x\n---\n\n$\\nosuchcommand{x}$", 5, "nosuchcommand"),
    ],
)
def test_page_refused(project, text, line, found):
    project.write("index.qmd", text)
    message = project.error()
    assert message.startswith(f"index.qmd:{line}: ") and found in message and ";" in message


def test_place_in_an_included_file_is_reported(project):
    project.write("_part.qmd", "Fine.\n\n<b>not</b>\n")
    project.write("index.qmd", "---\ntitle: x\n---\n\n{{< include _part.qmd >}}\n")
    assert project.error().startswith("_part.qmd:3: raw HTML")


def test_config_that_names_a_missing_page_refused(project):
    project.config["website"]["sidebar"]["contents"].append("pages/gone.qmd")
    project.configure()
    message = project.error()
    assert re.match(r"_quarto\.yml:\d+: ", message) and "pages/gone.qmd" in message


def test_all_errors_are_reported_once(project):
    project.notebook(markdown("<br>"), code(FIGURE_CODE))
    project.write("pages/a.qmd", "---\ntitle: A\n---\n\n{{< embed ../notebooks/01-a.ipynb#fig-one >}}\n")
    project.write("pages/b.qmd", "---\ntitle: B\n---\n\n{{< embed ../notebooks/01-a.ipynb#fig-one >}}\n")
    project.write("index.qmd", "no front matter")
    assert [line.partition(" ")[0] for line in project.error().splitlines()] == [
        "index.qmd:1:", "notebooks/01-a.ipynb:cell", "notebooks/01-a.ipynb:cell"]  # fmt: skip


# The cache


def test_unchanged_pages_are_left_alone(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.deck(DECK)
    assert len(project.build().rebuilt) == 3
    times = {path: path.stat().st_mtime_ns for path in project.out.rglob("*.*") if path.name != ".render.json"}
    assert project.build().rebuilt == []
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_changed_notebook_rebuilds_the_deck_that_embeds_it(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.deck(DECK)
    project.build()
    project.notebook(code(FIGURE_CODE.replace("disc", "ball"), FIGURE))
    assert project.build().rebuilt == ["notebooks/01-a.ipynb", "slides/01-a-deck.qmd"]
    assert "blue ball" in (project.out / "slides/01-a-deck.html").read_text()


def test_changed_figure_is_replaced(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.build()
    other = SVG.replace('r="9"', 'r="8"')
    project.notebook(code(FIGURE_CODE, shown("image/svg+xml", other)))
    project.build()
    assert (project.out / "notebooks/01-a_files/fig-one.svg").read_text() == other


def test_changed_picture_of_a_page_is_replaced(project):
    project.write("a.svg", SVG)
    project.write("index.qmd", "---\ntitle: Home\n---\n\n![A](a.svg)\n")
    project.build()
    project.write("a.svg", SVG.replace('r="9"', 'r="8"'))
    project.build()
    assert 'r="8"' in (project.out / "a.svg").read_text()


def test_changed_bibliography_rebuilds_its_page(project):
    source = '[{"id": "a", "type": "book", "title": "NAME"}]'
    project.write("a.json", source.replace("NAME", "Old"))
    project.write("index.qmd", "---\ntitle: Home\nbibliography: a.json\n---\n\nAs in [@a].\n")
    project.build()
    project.write("a.json", source.replace("NAME", "New"))
    assert project.build().rebuilt == ["index.qmd"]
    assert "New" in (project.out / "index.html").read_text()


def test_damaged_and_deleted_pages_are_built_again(project):
    project.notebook()
    project.build()
    (project.out / "index.html").write_text("half a pa")
    (project.out / "notebooks/01-a.html").unlink()
    assert project.build().rebuilt == ["index.qmd", "notebooks/01-a.ipynb"]


def test_removed_source_takes_its_files_along(project):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.build()
    (project.root / "notebooks/01-a.ipynb").unlink()
    assert "notebooks/01-a.html" in project.build().removed
    assert not [path for path in project.out.glob("notebooks/**/*") if path.is_file()]


def test_failed_build_changes_nothing(project):
    project.notebook()
    project.build()
    before = {path: path.read_bytes() for path in project.out.rglob("*") if path.is_file()}
    project.write("index.qmd", "---\ntitle: New\n---\n")
    project.notebook(markdown("$\\nosuchcommand{x}$"))
    project.error()
    assert before == {path: path.read_bytes() for path in project.out.rglob("*") if path.is_file()}
    assert "index.qmd" in (project.notebook() or project.build().rebuilt)


def test_foreign_folder_is_not_emptied(project, tmp_path):
    other = tmp_path / "letters"
    other.mkdir()
    (other / "dear.txt").write_text("x")
    with pytest.raises(render.RenderError, match="choose an empty folder"):
        render.build(project.root, other)
    assert (other / "dear.txt").exists()


def test_math_font_keeps_its_math_table():
    from fontTools.ttLib import TTFont

    font = make_font(ROOT)
    assert "MATH" in TTFont(font) and font.stat().st_size < 250_000


# Which renderer `make site` takes


@pytest.fixture
def site_command(monkeypatch):
    """A function that runs `dlcourse site` with a renderer and a Quarto of some version (None: not there); returns what ran."""
    from dlcourse import __main__, environment

    def run(renderer: str, version: str | None) -> tuple[int, list[str]]:
        ran = []
        monkeypatch.setattr(environment, "quarto", lambda: version and "quarto")
        answer = subprocess.CompletedProcess([], 0, stdout=f"{version}\n")
        monkeypatch.setattr(__main__.subprocess, "run", lambda *_, **__: answer)
        monkeypatch.setattr(__main__, "_run", lambda command: ran.append("quarto") or 0)
        monkeypatch.setattr(render, "build", lambda *_: ran.append("pandoc"))
        return __main__.main(["site", "--renderer", renderer]), ran

    return run


@pytest.mark.parametrize(
    ("renderer", "version", "ran", "said"),
    [
        ("auto", "1.9.38", ["quarto"], ""),
        ("auto", "1.10.2", ["quarto"], ""),
        ("auto", "99.9.9", ["quarto"], ""),
        ("auto", "1.8.26", ["pandoc"], "1.8.26"),
        ("auto", None, ["pandoc"], ""),
        ("pandoc", "1.9.38", ["pandoc"], ""),
        ("quarto", "1.9.38", ["quarto"], ""),
    ],
)
def test_site_takes_quarto_where_it_is_new_enough(site_command, capsys, renderer, version, ran, said):
    assert site_command(renderer, version) == (0, ran)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("renderer", "version", "said"),
    [
        ("quarto", None, "not on the PATH"),
        ("quarto", "1.8.26", "1.9 or newer"),
        ("hugo", "1.9.38", "no renderer 'hugo'"),
    ],
)
def test_site_says_which_renderer_it_cannot_take(site_command, capsys, renderer, version, said):
    status, ran = site_command(renderer, version)
    assert status != 0 and ran == []
    assert said in capsys.readouterr().err
