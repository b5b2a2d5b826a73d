# Two commands do all the set-up they need on a machine with python3 and make:
#   make demo     what the package is for: real data, then a look at the published comparison, in about three minutes
#   make test     every test
# and for developers: make lint, make docs, make bench, make sidt (the published comparison), make clean.

PYTHON ?= python3
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
PEERS := benchmarks/speed/.envs
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# One thread a process: tests run in parallel, and libraries that start threads of their own only get in the way.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench sidt clean distclean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

demo: $(VENV)/.run
	$(BIN)/thickecon demo
	@echo; echo "And the quick form of the published comparison (make sidt runs all of it):"
	@$(BIN)/python benchmarks/sidt/publish.py --quick --fresh

test: $(VENV)/.dev
	$(ONE_THREAD) $(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=worksteal $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict thickecon
	$(BIN)/lint-imports

docs: $(VENV)/.dev $(VENV)/.docs
	$(ONE_THREAD) $(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

bench: $(VENV)/.run $(PEERS)/matching/.installed $(PEERS)/logit/.installed $(PEERS)/myerson/.installed
	@set -e; for script in benchmarks/speed/*.py; do echo "$$script"; $(BIN)/python "$$script"; done
	@{ cat benchmarks/speed/RESULTS.head.md; for part in benchmarks/speed/results/*.md; do echo; sed 's/^#/##/' "$$part"; done; } \
	    > benchmarks/speed/RESULTS.md

# The published comparison; QUICK=--quick for a look.
sidt: $(VENV)/.run
	$(BIN)/python benchmarks/sidt/publish.py $(QUICK)

clean:
	rm -rf build dist docs/_build docs/gallery docs/reference/generated docs/sg_execution_times.rst
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -path ./$(VENV) -prune -o -path ./benchmarks/speed/.envs -prune -o -name __pycache__ -print0 | xargs -0 rm -rf

distclean: clean
	rm -rf $(VENV) benchmarks/speed/.envs

# ---- set-up; each stamp says that what it names is installed ----------------------------------------------------

# Debian ships python3 without ensurepip, which comes in the package python3-venv.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "thickecon needs Python 3.11 or later: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    command -v apt-get >/dev/null \
	        || { echo "$(PYTHON) has no venv module: install it with your package manager" >&2; exit 1; }; \
	    root=; [ "$$(id -u)" -eq 0 ] || root=sudo; \
	    $$root apt-get update -qq && $$root apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install -r requirements/run.txt
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/run.txt $(VENV)/.run
	$(PIP) install -r requirements/dev.txt
	@touch $@

# Peers of benchmarks live apart: they need other versions than we do.
$(PEERS)/%/.installed: benchmarks/speed/peers/%.txt | $(BIN)/python
	$(PYTHON) -m venv $(PEERS)/$*
	$(PEERS)/$*/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	@touch $@

$(VENV)/.docs: requirements/docs.txt requirements/run.txt $(VENV)/.run
	$(PIP) install -r requirements/docs.txt
	@touch $@
