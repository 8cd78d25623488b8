# Set-up, demo, tests. Needs Python 3.11 or newer and make; everything else goes into .venv.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
SERVE ?= 1
DEMO_DIR ?= data/demo

PYTEST_ARGS ?= -q -n 4 --dist loadfile

BENCH ?=
BENCH_ARGS ?=
BENCH_SIZES = BENCH_MAILS BENCH_RECORDS BENCH_POLLED BENCH_FACTS BENCH_REPEATS

.PHONY: help setup demo test bench check format lock wheel clean

help:
	@echo "make demo           try it: invented reports, a real IMAP server, the dashboard (SERVE=0: without the dashboard)"
	@echo "make test           the whole test suite, and what depends on days again in another time zone"
	@echo "make bench          how fast and how small, against named baselines (BENCH='a b g': only these parts; sizes: docs/performance.md)"
	@echo "make check          format, lint, types and layers"
	@echo "make lock           resolve the dependencies again (needs uv)"
	@echo "make wheel          build dist/*.whl"

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "whosends needs Python 3.11 or newer with venv (Debian: apt install python3-venv); or say make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: setup
	@$(BIN)/whosends demo --dir $(DEMO_DIR) $(if $(filter 0,$(SERVE)),--no-serve)

test: setup
	@echo "Tests, TZ=UTC" && TZ=UTC $(BIN)/python -m pytest $(PYTEST_ARGS)
	@echo "Tests, TZ=America/New_York" && TZ=America/New_York $(BIN)/python -m pytest $(PYTEST_ARGS) -m "not browser and not slow and not zoneless"

bench: setup
	@$(foreach size,$(BENCH_SIZES),$(if $($(size)),$(size)=$($(size)))) $(BIN)/python -m tests.bench $(BENCH) $(BENCH_ARGS)

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock:
	uv pip compile pyproject.toml --group dev --extra demo --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements.lock
	@! grep -n '://' requirements.lock

wheel: setup
	@$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis data/demo
