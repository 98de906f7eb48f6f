"""The command line: ``dlcourse VERB``, or ``python -m dlcourse VERB`` where nothing is installed yet."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this is the line that older Pythons get to see)
    sys.exit(
        "This course needs Python 3.11 or newer, and this is Python {}.{}: install a newer one,"
        " then run for example `make site PYTHON=python3.12`.".format(*sys.version_info)
    )

import argparse
import contextlib
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a verb works on. Where it isn't beside this package, the verb touches nothing: an installed wheel has none of it,
# the students' edition has notebooks, and no pages or tests. `data` works everywhere.
NEEDS = {
    "setup": "requirements.txt",
    "site": "_quarto.yml",
    "test": "tests",
    "notebooks": "notebooks",
    "doctor": "requirements.txt",
    "serve": "pyproject.toml",
    "lab": "notebooks",
    "lock": "_quarto.yml",
    "bench": "bench",
    "pdf": "slides",
    "editions": "_quarto.yml",
    "clean": "pyproject.toml",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit status, 0 when all went well."""
    parser = argparse.ArgumentParser(prog="dlcourse", description='The course "Deep Learning: a lecture you can run".')
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, function, text: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=function)
        return sub

    setup = verb("setup", _setup, "create .venv and install the pinned packages into it")
    setup.add_argument("layer", nargs="?", choices=("site", "all", "browser"), default="all",
                       help="site: what rendering needs; browser: also what the browser tests need")  # fmt: skip
    site = verb("site", _site, "render the website and the decks into _site/")
    site.add_argument("--renderer", default=os.environ.get("RENDERER") or "auto", metavar="quarto|pandoc")
    tests = verb("test", _test, "execute every cell of every notebook and run all other tests")
    tests.add_argument(
        "--twice", action="store_true", help="what failed runs again by itself; it fails if it fails twice"
    )
    tests.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    notebooks = verb("notebooks", _notebooks, "execute notebooks and store their outputs")
    notebooks.add_argument("numbers", nargs="*", help="such as 02 07; all when none is given")
    data = verb("data", _data, "download, verify or remove full data sets")
    data.add_argument("action", nargs="?", choices=("fetch", "verify", "remove"), default="fetch")
    data.add_argument(
        "names", nargs="*", metavar="NAME", help="such as MNIST; all that notebooks use when none is given"
    )
    verb("doctor", _doctor, "say what is installed, what is missing and what to do about it")
    serve = verb("serve", _serve, "show _site/ on this machine, at 127.0.0.1")
    serve.add_argument("--port", type=_port, default=8000, help="1 to 65535; 8000 if left out")
    lab = verb("lab", _lab, "open the notebooks in JupyterLab")
    lab.add_argument("jupyter", nargs="*", help="options for JupyterLab, after --")
    verb("lock", _lock, "pin all packages anew, with hashes")
    verb("bench", _bench, "run the benchmarks")
    pdf = verb("pdf", _pdf, "print each deck, and a handout with its notes, to PDF (needs Chromium)")
    pdf.add_argument("numbers", nargs="*", help="such as 02 07; all when none is given")
    editions = verb("editions", _editions, "write the editions for students and instructors into _site/download/")
    editions.add_argument("--grader", action="store_true", default=bool(os.environ.get("GRADER")),
                          help="and the exercises for nbgrader")  # fmt: skip
    verb("clean", _clean, "remove what was built: _site, pdf, caches, test artifacts (not .venv, not data)")

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # an old console may not know a sign such as …
    options = parser.parse_args(arguments)
    if options.verb in NEEDS and not (ROOT / NEEDS[options.verb]).exists():
        print(f"dlcourse {options.verb}: this works in the folder of the course, on its {NEEDS[options.verb]}, and"
              f" {ROOT} has none; nothing was done.", file=sys.stderr)  # fmt: skip
        return 2
    if options.verb in NEEDS:
        os.chdir(ROOT)
    # Notebooks run in notebooks/, so a relative folder has to be fixed before that.
    if os.environ.get("DLCOURSE_DATA"):
        with contextlib.suppress(RuntimeError):  # ~name of nobody: whoever needs the folder says so
            os.environ["DLCOURSE_DATA"] = str(Path(os.environ["DLCOURSE_DATA"]).expanduser().resolve())
    from dlcourse import datasets

    try:
        datasets.wished_tier()
        return options.run(options) or 0
    except datasets.DataError as error:
        print(f"dlcourse {options.verb}: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"dlcourse {options.verb}: the package {error.name} is not installed. Run `python -m dlcourse setup`,"
              " then use the Python in .venv (make does both).", file=sys.stderr)  # fmt: skip
        return 1
    except KeyboardInterrupt:
        print(f"\ndlcourse {options.verb}: stopped.", file=sys.stderr)
        return 130


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; choose a number from 1 to 65535")
    return int(text)


def _setup(options) -> int:
    from dlcourse import environment

    return environment.setup(ROOT, options.layer)


def _site(options) -> int:
    from dlcourse import environment

    asked, quarto = options.renderer, environment.quarto()
    if asked not in ("auto", "quarto", "pandoc"):
        print(f"dlcourse site: there is no renderer {asked!r}. RENDERER is quarto or pandoc; without it, quarto is taken"
              " where it is installed.", file=sys.stderr)  # fmt: skip
        return 2
    problem = "is not on the PATH" if not quarto else None
    if quarto and asked != "pandoc":
        said = subprocess.run([quarto, "--version"], capture_output=True, text=True).stdout.strip()
        if tuple(int(part) for part in re.findall(r"\d+", said)[:2]) < (1, 9):
            problem = f"is version {said or 'unknown'}, and 1.9 or newer is needed"
    if problem and asked == "quarto":
        print(f"dlcourse site: RENDERER=quarto was asked for, but Quarto {problem}. Install it (`make quarto`, or see"
              " quarto.org), or leave RENDERER out to render with Pandoc.", file=sys.stderr)  # fmt: skip
        return 1
    if quarto and problem and asked == "auto":
        print(f"Quarto {problem}: rendering with Pandoc instead.")
    if asked != "pandoc" and not problem:
        os.environ["QUARTO_PYTHON"] = sys.executable  # its steps before and after need the packages of .venv
        return _run([quarto, "render"])
    import render

    try:
        print(render.build(ROOT, ROOT / "_site"))
    except render.RenderError as error:
        print(f"dlcourse site: {error}", file=sys.stderr)
        return 1
    return 0


def _test(options) -> int:
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Many containers set it, and each of the processes that tests start would compile PyTorch again: 70 s in all.
        os.environ["PYTHONPYCACHEPREFIX"] = os.environ.get("PYTHONPYCACHEPREFIX") or str(ROOT / ".cache/bytecode")
    if options.twice:
        from dlcourse import twice

        return twice.run(ROOT, options.pytest)
    return _run([sys.executable, "-m", "pytest", *options.pytest])


def _notebooks(options) -> int:
    from dlcourse import execute

    return execute.run(ROOT / "notebooks", options.numbers)


def _data(options) -> int:
    from dlcourse import download

    try:
        return getattr(download, options.action)(options.names)
    except KeyboardInterrupt:
        print("\ndlcourse data: stopped. The next run goes on from here.", file=sys.stderr)
        return 130


def _doctor(options) -> int:
    from dlcourse import environment

    return environment.doctor(ROOT)


def _serve(options) -> int:
    from dlcourse.serve import server

    site = ROOT / "_site"
    if not (site / "index.html").is_file():
        print("dlcourse serve: there is no site yet. Run `make site` first.", file=sys.stderr)
        return 1
    for port in range(options.port, min(options.port + 20, 65536)):
        try:
            running = server(site, port)
        except OSError:
            print(f"Port {port} is taken; trying {port + 1}.")
            continue
        with running:
            print(f"The site is at http://127.0.0.1:{port}/ until you press Ctrl+C.", flush=True)
            running.serve_forever()
    print(f"dlcourse serve: ports {options.port} to {port} are all taken; choose one with --port.", file=sys.stderr)
    return 1


def _lab(options) -> int:
    from dlcourse import lab

    return lab.start(ROOT, options.jupyter)


def _lock(options) -> int:
    from dlcourse import environment

    return environment.lock(ROOT)


def _bench(options) -> int:
    status = 0
    for script in sorted((ROOT / "bench").glob("bench_*.py")):
        print(f"== {script.name}", flush=True)
        status = _run([sys.executable, str(script)]) or status
    return status


def _pdf(options) -> int:
    from dlcourse import pdf

    return pdf.run(ROOT, options.numbers)


def _editions(options) -> int:
    from dlcourse import editions

    return editions.write(ROOT, grader=options.grader)


def _clean(options) -> int:
    import shutil

    for name in ("_site", ".cache", ".quarto", "test-artifacts", "pdf", ".pytest_cache", ".ruff_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    print("Removed the built site and the caches. .venv and data are untouched.")
    return 0


def _run(command: list[str]) -> int:
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
