"""The offline renderer touches nothing but its own output, and names file and line of every source that it can't use."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_render import FIGURE, FIGURE_CODE, SVG, Project, code, markdown

import render

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["_quarto.yml", "index.qmd", *(path.relative_to(ROOT).as_posix() for name in ("pages/*.qmd", "notebooks/*.ipynb", "slides/*-deck.qmd")
           for path in sorted(ROOT.glob(name)))]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A course in a folder of its own, so that there is an outside."""
    (tmp_path / "course").mkdir()
    return Project(tmp_path / "course")


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds, but for the locks and manifests of builds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".render")
    }


# It owns its output and nothing else


@pytest.mark.parametrize("name", [".", "..", "notebooks", "notebooks/..", "_quarto.yml", "letters", "linked"])
def test_output_folder_with_other_files_is_refused_and_kept(project, name):
    project.notebook()
    project.write("letters/dear.txt", "x")
    project.write("other/.keep", "")
    (project.root / "linked").symlink_to(project.root / "other")
    project.config["project"]["output-dir"] = name
    project.configure()
    before = files(project.root.parent)
    said = {".": "is the project", "..": "is the project", "notebooks/..": "is the project", "linked": "is a link"}
    with pytest.raises(render.RenderError, match=said.get(name, "no build made|is a file")) as caught:
        render.build(project.root)
    assert "\n" not in str(caught.value) and ";" in str(caught.value)
    assert files(project.root.parent) == before


def test_files_beside_the_site_are_neither_deleted_nor_overwritten(project):
    project.notebook()
    project.build()
    (project.out / "CNAME").write_text("example.org")
    (project.root / "notebooks/01-a.ipynb").unlink()
    assert project.build().removed == ["notebooks/01-a.html", "notebooks/01-a.ipynb"]
    assert (project.out / "CNAME").read_text() == "example.org"
    (project.out / "pages").mkdir()
    (project.out / "pages/a.html").write_text("mine")
    project.write("pages/a.qmd", "---\ntitle: A\n---\n")
    assert "pages/a.html: stands where the build would write" in project.error()
    assert (project.out / "pages/a.html").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", "\xff", '{"pages": 1, "files": 2}', '{"pages": {"index.qmd": 3}, "files": []}',
     '{"pages": {}, "files": ["../README.md", "/README.md", "x/../../README.md", 7]}'],
)  # fmt: skip
def test_broken_manifest_means_a_clean_build(project, text):
    project.write("README.md", "mine")
    project.build()
    (project.out / "index.html").write_text("old")
    (project.out / ".render.json").write_bytes(text.encode("latin-1"))
    assert project.build().rebuilt == ["index.qmd"]
    assert "Hello." in (project.out / "index.html").read_text()
    assert (project.root / "README.md").read_text() == "mine"


def test_manifest_with_paths_to_other_folders_deletes_nothing_there(project):
    project.build()
    project.write("README.md", "mine")
    project.write("sub/b.md", "mine")
    (project.out / "link").symlink_to(project.root / "sub")
    manifest = json.loads((project.out / ".render.json").read_text())
    outside = ["../README.md", str(project.root / "README.md"), "x/../../README.md", "link/b.md"]
    manifest["files"] |= dict.fromkeys(outside, "")
    (project.out / ".render.json").write_text(json.dumps(manifest))
    project.build()
    assert (project.root / "README.md").exists() and (project.root / "sub/b.md").exists()


def test_link_inside_the_output_is_not_followed(project):
    project.write("elsewhere/keep.txt", "mine")
    project.build()
    (project.out / "notebooks").symlink_to(project.root / "elsewhere")
    project.notebook()
    assert "a link or folder is in the way" in project.error()
    assert files(project.root / "elsewhere") == {"keep.txt": b"mine"}


@pytest.mark.parametrize(
    "target", ["../secret.svg", "../course/../secret.svg", "{root}/secret.svg", "linked.svg", "loop.svg", "a%00.svg"]
)
@pytest.mark.parametrize("how", ["image", "include", "bibliography", "resource", "page"])
def test_nothing_outside_the_project_is_read(project, target, how):
    secret = project.root.parent / "secret.svg"
    secret.write_text(SVG)
    (project.root / "linked.svg").symlink_to(secret)
    (project.root / "loop.svg").symlink_to("loop.svg")
    target = target.format(root=project.root.parent).replace("%00", "\0" if how != "bibliography" else "")
    front = f"bibliography: {target}\n" if how == "bibliography" else ""
    text = {"image": f"![A]({target})", "include": f"{{{{< include {target} >}}}}"}.get(how, "")
    project.write("index.qmd", f"---\ntitle: Home\n{front}---\n\n{text}\n")
    if how in ("resource", "page"):
        if target == "loop.svg" or "\0" in target:
            pytest.skip("a pattern finds no file there")
        project.config["project"]["resources" if how == "resource" else "render"].append(target)
        project.configure()
    message = project.error()
    assert message.startswith(("index.qmd:", "_quarto.yml:", "linked.svg:", "../")) and ";" in message, message
    assert secret.read_text() == SVG and not list(project.out.rglob("*.svg"))


def test_image_of_a_page_never_becomes_a_file_elsewhere_that_is_deleted_later(project):
    project.write("README.md", "mine")
    project.write("pages/a.qmd", "---\ntitle: A\n---\n\n![A](../../README.md)\n")
    project.error()
    project.write("pages/a.qmd", "---\ntitle: A\n---\n")
    project.build()
    assert (project.root / "README.md").read_text() == "mine"


@pytest.mark.parametrize("label", ["../fig-x", "fig-/etc", "fig-a b", "fig-a.svg", '"3"', "3", "''"])
def test_label_that_is_no_plain_name_is_refused(project, label):
    project.notebook(code(FIGURE_CODE.replace("fig-one", label), FIGURE))
    message = project.error()
    assert message.startswith("notebooks/01-a.ipynb:cell 2, line 1: label ") and "use letters" in message


def test_attachment_that_is_no_plain_name_is_refused(project):
    project.notebook(markdown("![A](attachment:../../x.png)", attachments={"../../x.png": {"image/png": "aGk="}}))
    assert "rename it" in project.error()


def test_second_build_waits_for_the_first(project, capfd):
    project.notebook(code(FIGURE_CODE, FIGURE))
    builds = [threading.Thread(target=project.build) for _ in range(2)]
    project.out.mkdir()
    with render.site.alone(project.out / ".render.lock", ""):
        for build in builds:
            build.start()
        while capfd.readouterr().out.count("another build writes to") < 1:
            assert builds[0].is_alive()
        assert not (project.out / "index.html").exists()
    for build in builds:
        build.join()
    assert project.build().rebuilt == []


def test_full_disk_leaves_the_old_site_whole(project, monkeypatch):
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.build()
    before = files(project.out)
    project.write("index.qmd", "---\ntitle: New\n---\n")
    project.notebook(code(FIGURE_CODE, {**FIGURE, "data": {"image/svg+xml": SVG + "\n"}}))
    written, write = [], Path.write_bytes

    def full(path, data):
        written.append(path)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert "No space left on device; free the disk" in project.error()
    assert files(project.out) == before
    project.build()
    assert not list(project.out.glob(".render.new*"))


@pytest.fixture
def changed_course(project) -> tuple[Project, dict[str, bytes]]:
    """A course with a site in which one file is to be replaced, one to be added and one to be removed, and that site."""
    project.notebook(code(FIGURE_CODE, FIGURE))
    project.write("pages/old.qmd", "---\ntitle: Old\n---\n")
    project.build()
    site = whole(project)
    (project.root / "pages/old.qmd").rename(project.root / "pages/new.qmd")
    project.notebook(code(FIGURE_CODE.replace("disc", "ball"), {**FIGURE, "data": {"image/svg+xml": SVG + "\n"}}))
    return project, site


def whole(project: Project) -> dict[str, bytes]:
    return files(project.out) | {"manifest": (project.out / ".render.json").read_bytes()}


def stop_at(monkeypatch, step: int, error: BaseException) -> list[str]:
    """Let the step-th change of the disk fail; the list tells which steps there were."""
    steps: list[str] = []

    def counted(name, change):
        def run(*values, **options):
            steps.append(name)
            if len(steps) == step:
                raise error
            return change(*values, **options)

        return run

    for name in ("mkdir", "write_bytes", "write_text", "replace", "unlink"):
        monkeypatch.setattr(Path, name, counted(name, getattr(Path, name)))
    return steps


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "a program has it open"), KeyboardInterrupt()])
def test_build_that_fails_at_any_step_leaves_the_old_site_whole(changed_course, monkeypatch, error):
    project, before = changed_course
    monkeypatch.setattr(render.site, "run_pandoc", lambda *_: b"<body>")
    failed = ""
    for step in range(1, 200):
        with monkeypatch.context() as patch:
            steps = stop_at(patch, step, error)
            try:
                project.build()
                break
            except (render.RenderError, KeyboardInterrupt):
                failed += steps[step - 1][0]
        assert whole(project) == before, steps
        assert not (project.out / ".render.new").exists()
    assert failed.count("r") >= 10 and failed.endswith("u")  # the last step makes the new site hold
    assert {"pages/new.html"} == set(files(project.out)) - set(before)
    assert {"pages/old.html", "manifest"} == set(before) - set(files(project.out))


def test_next_build_puts_back_what_a_killed_one_had_moved(changed_course, monkeypatch):
    project, before = changed_course
    monkeypatch.setattr(render.site, "run_pandoc", lambda *_: b"<body>")
    undo, mixed = render.site.undo, 0
    for step in range(1, 200):
        with monkeypatch.context() as patch:
            patch.setattr(render.site, "undo", lambda out: None if (out / ".render.new").exists() else undo(out))
            stop_at(patch, step, KeyboardInterrupt())
            try:
                project.build()
                break
            except KeyboardInterrupt:
                mixed += files(project.out) != {name: data for name, data in before.items() if name != "manifest"}
        with monkeypatch.context() as patch, pytest.raises(render.RenderError, match="no title"):
            project.write("index.qmd", "---\nsubtitle: Wrong\n---\n")
            project.build()
        project.write("index.qmd", "---\ntitle: Home\n---\n\nHello.\n")
        assert whole(project) == before
    assert mixed > 5


def test_build_killed_while_it_sweeps_up_harms_nothing(changed_course, monkeypatch):
    project, before = changed_course

    rmtree = shutil.rmtree

    def sweep(folder, *values, **options):
        if Path(folder).name != ".render.new" or not folder.exists():
            return rmtree(folder, *values, **options)
        for file in folder.glob("*.new"):
            file.unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        replace = Path.replace
        patch.setattr(
            Path, "replace", lambda path, target: stop(target) if path.name == "1.new" else replace(path, target)
        )
        patch.setattr("shutil.rmtree", sweep)

        def stop(target):
            raise PermissionError(errno.EACCES, "a program has it open", str(target))

        project.build()
    project.write("index.qmd", "")
    project.error()
    assert whole(project) == before


def test_record_of_moves_leads_to_no_other_folder(project):
    project.build()
    project.write("README.md", "mine")
    for moves in (json.dumps([["../README.md", True], ["../index.qmd", False]]), "{", ""):
        (project.out / ".render.new").mkdir()
        (project.out / ".render.new/1.old").write_text("other")
        (project.out / ".render.new/moves").write_text(moves)
        project.build()
        assert (project.root / "README.md").read_text() == "mine"
        assert "Hello" in (project.root / "index.qmd").read_text()


def test_failed_search_index_leaves_the_old_site_and_its_search(project, monkeypatch):
    project.config["website"]["search"] = True
    project.configure()
    project.build()
    before = files(project.out)
    assert "pagefind/pagefind.js" in before
    project.write("index.qmd", "---\ntitle: New\n---\n\nOther words.\n")
    run = subprocess.run

    def fail(command, **options):
        done = run(["false"] if "pagefind" in str(command[0]) else command, **options)
        return done

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", fail)
        assert "pagefind" in project.error()
    assert files(project.out) == before
    assert project.build().rebuilt == ["index.qmd"]
    assert files(project.out) != before


def test_search_is_made_again_when_a_part_is_missing_and_goes_when_it_is_switched_off(project):
    project.config["website"]["search"] = True
    project.configure()
    project.build()
    (project.out / "pagefind/pagefind.js").unlink()
    project.build()
    assert (project.out / "pagefind/pagefind.js").is_file()
    project.config["website"]["search"] = False
    project.configure()
    project.build()
    assert not [name for name in files(project.out) if name.startswith("pagefind/")]


def test_leftovers_of_a_killed_build_are_swept(project):
    project.build()
    (project.out / ".render.new").mkdir()
    (project.out / ".render.new/0").write_text("half")
    project.build()
    assert sorted(path.name for path in project.out.glob(".render*")) == [".render.json", ".render.lock"]


# Every bad source is an error with file, line and advice

PLACE = r"^(_quarto\.yml|index\.qmd|[\w/.-]+\.(qmd|ipynb|svg)):(\d+|cell \d+, line \d+(, output line \d+)?): .+; .+$"


@pytest.mark.parametrize(
    "text",
    [
        "<div\nonclick='x'>\n</div>", "<!-- x -->", "<?php x ?>", "<![CDATA[x]]>", "<a href='javascript:x'>y</a>", "`<b>`{=html}",
        '[a]{onclick="x"}', '## H {onmouseover="x"}', "[a](javascript:x)", "[a][b]\n\n[b]: JavaScript:x", "<javascript:x>",
        "[a](java&#x73;cript:x)", "[a](<java\tscript:x>)", "[a](data:text/html,x)", "[a](vbscript:x)", "[a](//example.org)",
        "![a][b]\n\n[b]: gone.svg", "![a][b]\n\n[b]: https://example.org/a.svg", "![a](a.svg){onerror=x}",
        "[a](gone.qmd)", "[a](#gone)", "[a](index.qmd#gone)", "[a](../index.qmd)", "![a](script.svg)", "![a](outside.svg)",
        '![a](a.svg){srcset="https://example.org/a.svg"}', "[a](file:///etc/passwd)",
    ],
)  # fmt: skip
def test_what_could_run_or_lead_astray_is_refused(project, text):
    project.write("a.svg", SVG)
    project.write("script.svg", SVG.replace("<circle", "<script>x</script><circle"))
    project.write("outside.svg", SVG.replace("<circle", '<image href="https://example.org/a.png"/><circle'))
    project.write("index.qmd", f"---\ntitle: Home\n---\n\n{text}\n")
    for message in project.error().splitlines():
        assert re.match(PLACE, message), message
        assert message.startswith("index.qmd:")


@pytest.mark.parametrize(
    "svg",
    ['<svg onload="x"/>', "<svg><script>x</script></svg>", "<svg><foreignObject/></svg>", '<svg><a xlink:href="javascript:x"/></svg>',
     '<svg><image href="//example.org/a"/></svg>', "<svg><style>@import 'x';</style></svg>", '<svg fill="url(https://example.org)"/>',
     '<!DOCTYPE svg [<!ENTITY x "y">]><svg/>', '<svg><image href="data:text/html,x"/></svg>'],
)  # fmt: skip
def test_picture_with_script_or_outside_reference_is_refused(project, svg):
    project.notebook(code(FIGURE_CODE, {**FIGURE, "data": {"image/svg+xml": svg}}))
    message = project.error()
    assert message.startswith("notebooks/01-a.ipynb:cell 2, line 1: SVG with `") and re.match(PLACE, message)


def test_markdown_and_html_that_a_cell_prints_is_refused_in_the_same_way(project):
    for kind, text in {"text/markdown": "a\n\n<script>x</script>", "text/html": "<b onclick='x'>y</b>"}.items():
        project.notebook(code("x", {"output_type": "display_data", "data": {kind: text}, "metadata": {}}))
        message = project.error()
        assert re.match(PLACE, message) and message.startswith("notebooks/01-a.ipynb:cell 2, line 1"), message


def test_links_to_pages_slides_anchors_and_downloads_are_kept(project):
    project.write("a.svg", SVG)
    project.notebook(
        markdown("## A part\n\n[x](#a-part) [y](../index.qmd#b) [z](https://example.org/?a=b#c) <mailto:a@example.org>")
    )
    project.deck("# One\n\n## Two\n\n[x](01-a-deck.qmd#/two) [y](../notebooks/01-a.ipynb#a-part)\n\n::: notes\nx\n:::")
    project.write(
        "index.qmd",
        "---\ntitle: Home\n---\n\n## B\n\n[x](slides/01-a-deck.qmd#/1) [y][r] ![a](a.svg)\n\n[r]: notebooks/01-a.ipynb\n",
    )
    assert len(project.build().rebuilt) == 3
    project.notebook(markdown("## Another part"))
    assert re.match(r"slides/01-a-deck\.qmd:\d+: a link to \.\./notebooks/01-a\.html#a-part", project.error())


@pytest.mark.parametrize("page", ["index.html", "slides/01-a-deck.html"])
def test_pages_load_nothing_from_other_hosts_even_if_something_asked_for_it(project, page):
    project.deck("# One")
    html = project.page(page)
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', html)
    assert html.index("http-equiv") < html.index("<script") and policy[1].startswith("default-src 'none'; ")
    allowed = {"'none'", "'self'", "'unsafe-inline'", "'wasm-unsafe-eval'", "data:", "blob:"}
    assert {word for part in policy[1].split("; ") for word in part.split()[1:]} <= allowed


@pytest.mark.parametrize(
    ("path", "data", "line"),
    [
        ("index.qmd", b"---\ntitle: x\n---\n\nna\xefve\n", "5"),
        ("notebooks/01-a.ipynb", b'{\n"cells": [\n"\xff"', "3"),
        ("notebooks/01-a.ipynb", b'{\n"cells": [\n', "3"),
        ("notebooks/01-a.ipynb", b"[]", "1"),
        ("notebooks/01-a.ipynb", b"[" * 100_000, "1"),
        ("notebooks/01-a.ipynb", b'{"cells": [], "metadata": {"dlcourse": 3}}', "1"),
        ("notebooks/01-a.ipynb", b'{"cells": [{"cell_type": "markdown", "metadata": {}, "source": 3}], "metadata": {}}', "cell 1, line 1"),
        ("notebooks/01-a.ipynb", b'{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# \\ud800"}], "metadata": {}}', "1"),
        ("_quarto.yml", b"project: [\n", "2"),
        ("_quarto.yml", b"project: 3\n", "1"),
        ("_quarto.yml", b"", "1"),
        ("pages/a.qmd", b"---\ntitle: 2024-99-99\n---\n", "2"),
        ("pages/a.qmd", b'---\ntitle: "\\ud800"\n---\n', "2"),
        ("pages/a.qmd", b"---\ntitle: [a]\n---\n", "2"),
        ("pages/a.qmd", b"---\ntitle: a\nformat: {}\n---\n{{< include a.qmd >}}\n", "5"),
    ],
)  # fmt: skip
def test_damaged_file_is_named_with_line_and_advice(project, path, data, line):
    (project.root / "notebooks").mkdir()
    (project.root / "pages").mkdir()
    (project.root / path).write_bytes(data)
    message = project.error()
    assert re.match(PLACE, message) and message.startswith(f"{path}:{line}: "), message


def test_windows_line_ends_and_byte_order_marks_change_nothing(project):
    project.write("pages/a.qmd", "---\ntitle: A\n---\n\n## B\n\n[x](#b)\n")
    page = project.page("pages/a.html")
    text = (project.root / "pages/a.qmd").read_text().replace("\n", "\r\n")
    (project.root / "pages/a.qmd").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert project.page("pages/a.html") == page


# Any bytes at all. Pandoc, which takes 0.1 s a page, has its own turn above.


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Project:
    return Project(tmp_path_factory.mktemp("any"))


def try_to_build(course: Project, path: str, data: bytes) -> None:
    """Anything but a RenderError, with file and line, fails the test. The site must stand as it did."""
    file = course.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    old = file.read_bytes() if file.exists() else None
    file.write_bytes(data)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(render.site, "run_pandoc", lambda *_: b"<body>")
            course.build()
    except render.RenderError as error:
        for line in str(error).splitlines():
            assert re.match(PLACE, line) or "_site" in line or line.startswith("/"), line
    finally:
        if old is None:
            file.unlink()
        else:
            file.write_bytes(old)


PARTS = ["---\n", "title: ", "format: revealjs\n", "- ", ": ", "::: {.notes}\n", ":::", "```", "$$", "<b ", "![a](", "[a](", ")", "{{< include ",
         "{{< embed ../notebooks/01-a.ipynb#fig-one", " >}}", "index.qmd", "../..", "#| label: ", "# ", "## ", "\n", "\0", "ü", "&a ", "*a", "!!python/object:os.system ", "{", "}", '"']  # fmt: skip
KEYS = ["cells", "metadata", "dlcourse", "cell_type", "source", "outputs", "output_type", "data", "text", "name", "tags", "attachments", "image/svg+xml",
        "text/markdown", "project", "render", "resources", "output-dir", "website", "title", "sidebar", "contents", "section", "auto", "href", "navbar", "left",
        "course", "classes", "from", "filters", "path", "bibliography"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["code", "markdown", "stream", "display_data", "# A", "*", "", *PARTS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
JUMBLE = st.binary(max_size=200) | st.lists(st.sampled_from(PARTS), max_size=14).map(
    lambda parts: "".join(parts).encode()
)


@QUICK
@given(JUMBLE | JUMBLE.map(lambda data: b"---\ntitle: A\n---\n" + data))
def test_any_bytes_in_a_page_or_deck(course, data):
    try_to_build(course, "pages/a.qmd", data)
    try_to_build(course, "slides/01-a-deck.qmd", data.replace(b"title: A\n", b"title: A\nformat: revealjs\n"))


@QUICK
@given(JUMBLE | VALUES.map(lambda value: json.dumps(value).encode()) | st.lists(VALUES, max_size=2).map(
    lambda cells: json.dumps({"metadata": {}, "cells": [markdown("# A"), *(code("x") | c if isinstance(c, dict) else c for c in cells)]}).encode()))  # fmt: skip
def test_any_bytes_in_a_notebook(course, data):
    try_to_build(course, "notebooks/01-a.ipynb", data)


@QUICK
@given(st.data())
def test_any_bytes_in_the_configuration(course, data):
    config = json.loads(json.dumps(course.config))
    part, key = data.draw(st.sampled_from([(config, key) for key in config] + [(config["website"], key) for key in config["website"]] + [(config["project"], key) for key in config["project"] if key != "output-dir"]))  # fmt: skip
    part[key] = data.draw(VALUES)
    try_to_build(course, "_quarto.yml", data.draw(JUMBLE | st.just(yaml.safe_dump(config).encode())))


@pytest.mark.parametrize("path", SOURCES)
def test_real_source_with_a_few_bytes_changed(course, path):
    original, random = (ROOT / path).read_bytes(), Random(path)
    for _ in range(4):
        start = random.randrange(len(original))
        end = start + random.choice([0, 1, 30, len(original)])
        put = random.choice([b"", b"\xff", b'"', b"\n", random.choice(PARTS).encode(), original[start : start + 60]])
        try_to_build(course, path, original[:start] + put + original[end:])


@pytest.mark.parametrize("wrong", ["website: [", "website: {title: 3}"])
def test_quarto_says_what_is_wrong_with_the_settings(tmp_path, wrong):
    """Its pre-render step ends with a sentence and not with a traceback."""
    shutil.copytree(Path(render.__file__).parent, tmp_path / "render", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "_quarto.yml").write_text(wrong, encoding="utf-8")
    command = [sys.executable, tmp_path / "render/quarto.py", "prepare"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode and "_quarto.yml:" in done.stderr and "Traceback" not in done.stderr
