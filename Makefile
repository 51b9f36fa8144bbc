# What there is to do. `make` alone lists it. Needs Python 3.11, 3.12 or 3.13 and, the first time, a network.

VENV := .venv
BIN  := $(VENV)/bin
# The first Python that fits; set another one with: make setup PYTHON=/path/to/python
PYTHON = $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)

# Where this is set, nothing is compiled ahead, and every notebook kernel compiles all libraries anew (10 s each).
unexport PYTHONDONTWRITEBYTECODE
# A caller's environment must not leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup reports accuracy bench lab check test screens lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(VENV)/installed ## install everything into .venv

reports: $(VENV)/installed ## run all notebooks and write reports/index.html
	$(BIN)/trialkit report

accuracy: $(VENV)/installed ## score the readings and write the table of the README
	$(BIN)/trialkit evaluate --update README.md

bench: $(VENV)/installed-bench ## time every step beside its peers and its limits, in one table (ten minutes)
	$(BIN)/python benchmarks

lab: $(VENV)/installed ## open the notebooks in JupyterLab
	$(BIN)/trialkit lab

check: $(VENV)/installed-test ## look for mistakes and style in the code, without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: check ## run all tests
	$(BIN)/pytest -n auto --dist loadfile

screens: $(VENV)/installed-test ## take pictures of every page into build/screenshots, and look for faults in them
	$(BIN)/pytest tests/test_visual.py

# Keeps the versions that still fit; UPGRADE=--upgrade takes the newest. The other locks hold what they add to the first.
LOCK = uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 $(UPGRADE)
LOCKED = --no-emit-package httpx2-jsfetch $$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock)

lock: ## write the hashed locks anew after a change of pyproject.toml (needs uv)
	echo 'setuptools>=77' | $(LOCK) pyproject.toml - --no-emit-package httpx2-jsfetch -o requirements.lock
	$(LOCK) pyproject.toml --extra test -c requirements.lock $(LOCKED) -o requirements-test.lock
	$(LOCK) pyproject.toml --extra bench -c requirements.lock $(LOCKED) -o requirements-bench.lock

clean: ## remove what was made: .venv, reports, built frames, caches
	rm -rf $(VENV) data/frames build dist trialkit.egg-info .pytest_cache .ruff_cache .hypothesis
	rm -f reports/*.html reports/*.ipynb
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11, 3.12 or 3.13 found: install one, or name it: make setup PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Every file that is installed must have a hash of the lock, and be a wheel, whose installation runs nothing. The project itself has none, so it comes after, with nothing
# but itself; it is built by the setuptools of the lock. The stamp is newer than what was installed from.
# WHEELS= lets a machine for which there is not every wheel, such as a Mac with an Intel processor, build from the hashed source.
WHEELS = --only-binary :all:
INSTALL = $(BIN)/python -m pip install --quiet --require-hashes $(WHEELS) -r requirements.lock

$(VENV)/installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo 'Installing into $(VENV): one to two minutes the first time'
	$(INSTALL)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed requirements-test.lock
	$(INSTALL) -r requirements-test.lock
	@touch $@

# A peer without a wheel may be built; one that cannot be is no reason to stop: its row says that it is not installed.
$(VENV)/installed-bench: $(VENV)/installed requirements-bench.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock -r requirements-bench.lock || echo 'Not all peers could be installed; their rows say so.'
	@touch $@
