# One command starts the platform, one tests it. PIP_OPTIONS is handed to pip, for example
#   make up PIP_OPTIONS="--extra-index-url=..."    # the CPU build of torch, as PyTorch's pages say
PYTHON ?= python3.11
PIP_OPTIONS ?=
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help install install-dev up down status check test test-all bench format clean

help:            ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: $(STAMP)          ## install the platform into .venv
install-dev: $(DEV_STAMP)  ## install what checks and tests need as well

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	    || { echo "TRII needs Python 3.11 or 3.12; name it: make up PYTHON=python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

INSTALL := $(BIN)/python infra/install.py

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV) (by uv well under a minute, by pip some minutes the first time)"
	@$(INSTALL) '.[laptop]' $(PIP_OPTIONS)
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(INSTALL) '.[dev]' $(PIP_OPTIONS)
	@touch $(STAMP) $@

up: $(STAMP)     ## start the platform (or heal it) and leave it running
	@$(BIN)/trii up

down:            ## end the platform's processes; data stay
	@if [ -x $(BIN)/trii ]; then $(BIN)/trii down; fi

status:          ## state, address, PID and age of each component
	@$(BIN)/trii status

check: $(DEV_STAMP)   ## lint, format, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

# One process begins with the tests of the platform, the others with the rest. Three for two cores: who
# tests servers waits for them half of the time. What they and the
# commands that they start have compiled of Python is kept, or each would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/pytest -q -n $(WORKERS)

ifeq ($(FAST),1)
test: $(DEV_STAMP)    ## the tests (a platform of their own; yours is left alone); FAST=1: nothing slow, no services
	$(PYTEST) -m "not long and not slow and not services"
else
test: $(DEV_STAMP)
	$(PYTEST) -m "not long" --cov --cov-report=
	$(BIN)/python tests/covered.py
endif

test-all: $(DEV_STAMP)  ## the long ones as well: faults, load, every example of a property
	$(PYTEST) --hypothesis-profile=thorough

bench: $(DEV_STAMP)   ## every bench beside its peer, or why not; prints ratios
	$(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_OPTIONS) -r bench/requirements.txt
	PYTHONPATH=. $(BIN)/python bench/all.py

format: $(DEV_STAMP)  ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python docs/files.py
	$(BIN)/python docs/ways.py
	$(BIN)/python docs/settings.py
	$(BIN)/python docs/security.py

clean:           ## remove what was built; data and .venv stay
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
