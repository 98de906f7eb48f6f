# One-liners over the dlcourse command: `python -m dlcourse VERB` does the same where there is no make.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
RUN := .venv/Scripts/python -m dlcourse
else
RUN := .venv/bin/python -m dlcourse
endif

.DEFAULT_GOAL := help
.PHONY: help setup rendering browser site test test-browser notebooks lab serve data doctor bench pdf editions quarto lint clean lock

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 \t/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## create .venv and install all pinned packages (TORCH=auto|cpu|default)
	@$(PYTHON) -m dlcourse setup

rendering:
	@$(PYTHON) -m dlcourse setup site

browser:
	@$(PYTHON) -m dlcourse setup browser

site: rendering  ## render the website and the decks into _site/ (RENDERER=quarto|pandoc)
	@$(RUN) site

test: setup  ## execute every cell of every notebook, and run all other tests (TWICE=1: what failed, again)
	@$(RUN) test $(if $(TWICE),--twice)

test-browser: browser  ## look at every page and slide in Chromium
	@$(RUN) test $(if $(TWICE),--twice) -- -m browser tests/browser

notebooks: setup  ## execute notebooks and store their outputs (NB=02 for one)
	@$(RUN) notebooks $(NB)

lab: setup  ## open the notebooks in JupyterLab
	@$(RUN) lab

serve: rendering  ## show _site/ at 127.0.0.1
	@$(RUN) serve

data: setup  ## download and verify the full data sets
	@$(RUN) data

doctor: setup  ## say what is installed, what is missing, and what to do about it
	@$(RUN) doctor

bench: setup  ## run the benchmarks
	@$(RUN) bench

pdf: site  ## print each deck, and a handout with its notes, to PDF (needs Chromium)
	@$(RUN) pdf

editions: site  ## zip files for students and instructors in _site/download/ (GRADER=1: also one for nbgrader)
	@$(RUN) editions $(if $(GRADER),--grader)

quarto: rendering  ## try to install Quarto (downloads from GitHub)
	@$(PYTHON) -m pip --python .venv/bin/python install quarto-cli

lint: setup  ## check code and notebooks with ruff
	@.venv/bin/python -m ruff check . && .venv/bin/python -m ruff format --check .

lock: rendering  ## pin all packages anew, with hashes
	@$(RUN) lock

clean:  ## remove what was built
	@$(PYTHON) -m dlcourse clean
