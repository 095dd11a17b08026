SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
HOST ?= 127.0.0.1
PORT ?= 8000
NAME ?=
STAMP := $(VENV)/.installed
SOURCES := pyproject.toml requirements.lock $(wildcard events_app/frontend/*.* events_app/frontend/src/* events_app/frontend/src/*/* \
	events_app/frontend/css/* events_app/frontend/css/*/* events_app/static/*.*)

.PHONY: run test check bench lock format setup

setup: $(STAMP)

# One install serves every command; it is redone when the lock, the project file or a browser source changes.
$(STAMP): $(SOURCES)
	@test -x "$(PY)" || $(PYTHON) -m venv "$(VENV)"
	@"$(PY)" -m pip install --quiet --disable-pip-version-check uv
	@"$(PY)" -m uv pip sync --quiet --python "$(PY)" --require-hashes requirements.lock
	@"$(PY)" -m pip install --quiet --disable-pip-version-check uv
	@"$(PY)" -m uv pip install --quiet --python "$(PY)" --no-deps --no-build-isolation --editable .
	@touch "$@"

run: setup
	@CLUSTERTREFF_HOST="$(HOST)" CLUSTERTREFF_PORT="$(PORT)" exec "$(VENV)/bin/clustertreff" up

test: setup
	@"$(PY)" -m pytest -n 2 --dist worksteal

check: setup
	@"$(PY)" -m ruff check .
	@"$(PY)" -m ruff format --check .
	@"$(PY)" -m mypy
	@"$(VENV)/bin/lint-imports"
	@"$(PY)" -m tests.checks

bench: setup
	@"$(PY)" -m benchmarks $(NAME)

format: setup
	@"$(PY)" -m ruff check --fix-only .
	@"$(PY)" -m ruff format .

lock:
	@test -x "$(PY)" || $(PYTHON) -m venv "$(VENV)"
	@"$(PY)" -m pip install --quiet --disable-pip-version-check uv
	@"$(PY)" -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group dev --output-file requirements.lock pyproject.toml
