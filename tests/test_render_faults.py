"""The offline renderer touches nothing but its own output, and names file and line of every source that it can't use."""

import errno
import json
import os
import subprocess
import threading
from pathlib import Path

import pytest
from test_render import FIGURE, FIGURE_CODE, SVG, Project, code, markdown

import render


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
    with pytest.raises(render.RenderError, match=r"of its own|no build made|is a link") as caught:
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
    manifest["files"] += ["../README.md", str(project.root / "README.md"), "x/../../README.md", "link/b.md"]
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


@pytest.mark.parametrize("label", ["../fig-x", "fig-/etc", "fig-a b", "fig-a.svg", '"3"', "3", "[fig-a]", "''"])
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


def test_failed_search_index_leaves_the_old_site_and_its_search(project, monkeypatch):
    project.config["website"]["search"] = True
    project.configure()
    project.build()
    before = files(project.out)
    assert "pagefind/pagefind.js" in before
    project.write("index.qmd", "---\ntitle: New\n---\n\nOther words.\n")
    run = subprocess.run

    def fail(command, **options):
        done = run(["false"] if "pagefind" in command else command, **options)
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
