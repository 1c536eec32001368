# Everything that a developer or the checks run. `make` alone lists it.
# Needs make and Python 3.11 or newer; no virtual environment has to be active.

SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := .venv/bin
PY := $(BIN)/python
STAMP := .venv/.installed
DATA ?= data
POT := build/creditbank.pot
# The examples in the pure core's docstrings are tests too.
TESTS := --doctest-modules tests creditbank/ledger creditbank/domain

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Containers often set it. Without bytecode on disk, each of the many processes that the tests
# start would compile the whole program anew, and each worker all tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve js browser test test-all coverage check fix schemas bench migration lock texts clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Make .venv and install what requirements.lock names

# PYTHON=… chooses the interpreter; otherwise the first one that is new enough and can make
# a virtual environment. Each is run, not only found: a version manager's shim may be hollow.
$(PY):
	@for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then \
			echo "$$candidate -m venv .venv"; \
			exec "$$candidate" -m venv --clear .venv; \
		fi; \
	done; \
	echo "creditbank needs Python 3.11 or newer with the venv module." >&2; \
	echo "Install it (on Debian and Ubuntu: python3 and python3-venv), or name one:" >&2; \
	echo "  make setup PYTHON=/path/to/python3.11" >&2; \
	exit 1

$(STAMP): requirements.lock pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Walk through a whole bank: from sheets to a decision, a certificate, and a tampering found
	@$(PY) -m creditbank demo

serve: $(STAMP) ## Serve a development bank on ./data, made if it is missing
	@test -d "$(DATA)" || CREDITBANK_DATA_DIR="$(DATA)" $(PY) -m creditbank init
	@CREDITBANK_DATA_DIR="$(DATA)" $(PY) -m creditbank serve

# Tests that ask them are skipped, with that reason, where they are not installed.
js: ## Install the JavaScript verifiers that certificates are held against; needs npm, Node 20
	@if command -v npm >/dev/null 2>&1; then \
		cd tests/js && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else \
		echo "npm is not installed: tests with JavaScript verifiers will be skipped." >&2; \
	fi

browser: ## Install the browser that pages are opened in by a test; needs Debian's apt-get, as root
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends chromium >/dev/null \
		|| echo "Chromium could not be installed: tests in a browser will be skipped." >&2; \
	else \
		echo "Chromium is not installed: tests in a browser will be skipped." >&2; \
	fi

# Neighbours share a bank, so a worker keeps a run of tests, and takes over when it is done.
test: $(STAMP) ## Run the tests that finish within a minute each
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow" $(TESTS)

test-all: $(STAMP) ## Run every test
	$(BIN)/pytest -n 2 --dist worksteal $(TESTS)

# Apart from `test`, because tracing doubles the work: the pure core's own tests are enough.
coverage: $(STAMP) ## Show which lines and branches of the pure core its tests leave out
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow" tests/unit tests/properties tests/vectors \
		--cov=creditbank/ledger --cov=creditbank/domain --cov-report=term-missing:skip-covered

check: $(STAMP) ## Check format, lint, types, layers, schemas and translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m creditbank.schemas check
	$(PY) -m creditbank.texts check

fix: $(STAMP) ## Format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(STAMP) ## Write everything under schemas/ anew
	$(PY) -m creditbank.schemas write

bench: $(STAMP) ## Measure throughput and latency on this machine
	$(PY) -m benchmarks

migration: $(STAMP) ## Draft a migration from the table classes: make migration m="what it does"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add offerings"' >&2; exit 2; }
	$(BIN)/alembic revision --autogenerate -m "$(m)"

lock: $(STAMP) ## Write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --universal --python-version 3.11 -o requirements.lock

texts: $(STAMP) ## Collect new messages into the Chinese catalogue, to be translated there
	@mkdir -p $(dir $(POT))
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --add-comments "Translators:" \
		--add-location file --sort-output --no-wrap --project creditbank \
		--msgid-bugs-address "see CONTRIBUTING.md" --output-file $(POT) creditbank
	$(BIN)/pybabel --quiet update --input-file $(POT) --domain creditbank --locale zh_CN \
		--output-dir creditbank/locales --no-fuzzy-matching --ignore-obsolete --no-wrap \
		--ignore-pot-creation-date
	@$(PY) -m creditbank.texts check || true  # the list of what is to be translated

clean: ## Remove .venv, caches and build products; data/ stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
