# Every target makes what it needs; only Python 3.11 (or newer) and make have to be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Tests are compiled once and not by each process that imports them, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install demo check test test-slow test-shifted nightly lint lint-types lint-use format frontend forge bench screenshots site sbom vectors client release pin completion simulation mutants broken lock clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -e 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime

install: $(VENV)/.runtime ## Make the virtual environment with everything that runs the connector

demo: $(VENV)/.runtime ## Start a sandbox Jira and the connector, sync, and serve
	$(BIN)/jira-okr demo $(DEMO_ARGS)

# Storms beside those that a fleet sails in test-slow; thousands on demand (make simulation) and by night (make nightly).
check: ## Everything that CI runs, in one go and in its order
	$(MAKE) lint
	$(MAKE) test
	$(MAKE) test-shifted
	$(MAKE) test-slow
	$(MAKE) simulation COUNT=200 PYTEST_ARGS="-m 'not slow'"

# One process more than there are cores: now and then each of them waits for a server, a database or a browser.
QUICK_PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

test: $(VENV)/.dev ## Run the tests, except those that take long
	$(BIN)/python -m pytest -n $(QUICK_PROCESSES) --dist worksteal -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.dev ## Run the tests that take long: processes that are killed, every page against the accessibility rules
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow $(PYTEST_ARGS)

# Every process of it lives on that day (tests/another_day). Left out is what goes by the clock of the database: the engine whose jobs are
# kept there, and the same tests once more on PostgreSQL, whose server knows nothing of that day.
SHIFTED_TO ?= 2028-02-29 09:30 UTC
SHIFTED_TESTS ?= tests/connectors/sandbox tests/acceptance tests/plugin/jobs tests/mappings/presets

test-shifted: $(VENV)/.dev ## Run the quick tests that touch a clock on another day (SHIFTED_TO="2028-02-29 09:30 UTC")
	PYTHONPATH=$(CURDIR)/tests/another_day JIRA_OKR_TESTS_FORWARD=$$(( $$(date -d "$(SHIFTED_TO)" +%s) - $$(date +%s) )) \
	  $(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not browser" -k "not procrastinate and not postgresql" $(SHIFTED_TESTS) $(PYTEST_ARGS)

nightly: test-slow test-shifted ## What takes a night: the slow tests, the quick ones on other days, every example of the property tests, 2,000 storms
	$(MAKE) test-shifted SHIFTED_TO="2026-12-31 23:30 UTC"
	JIRA_OKR_TESTS_ALL_EXAMPLES=1 $(MAKE) test
	$(MAKE) simulation COUNT=2000

lint: $(VENV)/.dev ## Check style and types, that all is used, and that what is imported is declared and the other way round
	@$(MAKE) --no-print-directory -j 2 lint-types lint-use

# Neither needs the other: they run side by side, each on a core.
lint-types: $(VENV)/.dev ## Check types alone
	$(BIN)/mypy

lint-use: $(VENV)/.dev ## Check style, that all is used, and that what is imported is declared
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.architecture.dead_code
	$(BIN)/deptry .
	$(BIN)/deptry . --exclude $(VENV) --extend-exclude dist --ignore DEP002,DEP004  # the tests' own imports too

format: $(VENV)/.dev ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

frontend: ## Bundle the editor anew (plugin/pages/static/vendor/codemirror.min.js) from frontend/package-lock.json (needs npm)
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build

forge: ## Build the pages of the Forge app and hold its manifest against Atlassian's rules, offline (needs npm)
	cd plugin/forge && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build && npm run --silent validate

bench: $(VENV)/.dev ## Run the benchmarks: ratios against a named rival in the same run
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

screenshots: $(VENV)/.dev ## Take pictures of every page, light and dark, phone and desktop (needs Chromium)
	$(BIN)/python docs/screenshots/make.py $(SCREENSHOTS_ARGS)

$(VENV)/.site: requirements/site.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/site.txt
	@touch $@

# Built from a copy, in which the pages of the root stand beside those of docs/.
site: $(VENV)/.site ## Build the documentation as a site, dist/site/index.html (installs zensical)
	rm -rf dist/pages dist/site && mkdir -p dist/pages
	cp -r docs/*.md docs/adr docs/presets docs/images CONTRIBUTING.md SECURITY.md CHANGELOG.md dist/pages/
	cp docs/site.toml dist/site.toml
	find dist/pages -name '*.md' -exec sed -i -e 's#](\(\.\./\)*\(CONTRIBUTING\|SECURITY\|CHANGELOG\)\.md#](\2.md#g' -e 's#](docs/#](#g' -e 's#^```yaml example$$#```yaml#' {} +
	cd dist && $(abspath $(BIN))/zensical build --clean --strict --config-file site.toml

doors: $(VENV)/.dev ## Write docs/doors.md anew: every door, whom it asks for, what it does about what somebody may not see
	$(BIN)/python -m docs.door_table

completion: $(VENV)/.dev ## Write anew what a shell completes of the commands
	$(BIN)/python -c "from plugin.cli import cli; from plugin.cli.completion import write_table; write_table(cli)"

$(VENV)/.release: requirements/release.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.txt
	@touch $@

SBOM ?= dist/sbom
# Of an environment that holds what the product needs and nothing else, as the image has it.
sbom: $(VENV)/.release ## Say what the product is made of: dist/sbom/sbom.cdx.json (CycloneDX) and third-party.md (licences)
	rm -rf $(SBOM) && mkdir -p $(SBOM) && $(BIN)/python -m venv $(SBOM)/runtime
	$(SBOM)/runtime/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o $(SBOM)/sbom.cdx.json $(SBOM)/runtime
	$(BIN)/pip-licenses --python $(SBOM)/runtime/bin/python --format markdown --order license --output-file $(SBOM)/third-party.md
	rm -rf $(SBOM)/runtime

DIGEST_OF = docker buildx imagetools inspect --format '{{.Manifest.Digest}}'
PYTHON_IMAGE := python:$(shell sed -n 's/^ARG PYTHON=//p' Dockerfile)-slim
POSTGRES_IMAGE := $(shell sed -nE 's/^ *image: (postgres:[^@]*).*/\1/p' compose.yaml)
pin: ## Write the digests of the base images behind their versions in Dockerfile and compose.yaml (needs docker and a registry)
	digest=$$($(DIGEST_OF) $(PYTHON_IMAGE)) && sed -i "s|^ARG DIGEST=.*|ARG DIGEST=@$$digest|" Dockerfile
	digest=$$($(DIGEST_OF) $(POSTGRES_IMAGE)) && sed -i "s|image: postgres:.*|image: $(POSTGRES_IMAGE)@$$digest|" compose.yaml

RELEASE ?= dist/release
# Files of the same commit are the same to the last byte, whoever makes them: their times are the commit's.
release: $(VENV)/.dev sbom ## Make what is handed out: wheel, sdist, notes, SBOM and licences, and checksums of all (dist/release)
	rm -rf $(RELEASE) && mkdir -p $(RELEASE)
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --outdir $(RELEASE) .
	cp $(SBOM)/sbom.cdx.json $(SBOM)/third-party.md $(RELEASE)/
	awk -v version="$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)" '/^## /{told = $$2 == version} told' CHANGELOG.md > $(RELEASE)/notes.md
	test -s $(RELEASE)/notes.md
	cd $(RELEASE) && sha256sum * > SHA256SUMS

vectors: $(VENV)/.dev ## Write the golden vectors of the calculator anew (tests/vectors/golden.jsonl.gz)
	$(BIN)/python -m tests.vectors.golden

CLIENT ?= dist/client
# The generator lives in an environment of its own: it brings another formatter than ours.
client: $(VENV)/.runtime ## Generate a Python client from the OpenAPI document: dist/client/jira-okr-client
	rm -rf $(CLIENT) && mkdir -p $(CLIENT) && $(BIN)/python -m venv $(CLIENT)/generator
	$(CLIENT)/generator/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/client.txt
	$(BIN)/python -c "import json; from plugin.api import current_document; print(json.dumps(current_document()))" > $(CLIENT)/openapi.json
	printf 'project_name_override: jira-okr-client\npackage_name_override: jira_okr_client\n' > $(CLIENT)/options.yaml
	PATH=$(abspath $(CLIENT))/generator/bin:$$PATH openapi-python-client generate --path $(CLIENT)/openapi.json --config $(CLIENT)/options.yaml --meta setup --output-path $(CLIENT)/jira-okr-client

simulation: $(VENV)/.dev ## Run thousands of simulated storms (COUNT=1000)
	JIRA_OKR_SIMULATION_COUNT=$(or $(COUNT),1000) $(BIN)/python -m pytest tests/simulation -n auto --dist worksteal $(PYTEST_ARGS)

mutants: $(VENV)/.dev ## Change the code a little and see whether the tests notice (COUNT=20 SEED=1 PACKAGE=plugin/sync)
	$(BIN)/python -m tests.mutation.mutants --count $(or $(COUNT),20) --seed $(or $(SEED),1) $(if $(PACKAGE),--package $(PACKAGE))

broken: $(VENV)/.dev ## Break by hand what once broke unnoticed, and see that a test fails for each (WORDS="lease long")
	$(BIN)/python -m tests.mutation.named $(WORDS)

lock: $(VENV)/.dev ## Write requirements/*.txt anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/runtime.txt
	$(BIN)/uv pip compile pyproject.toml requirements/build.in --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/dev.txt
	$(BIN)/uv pip compile requirements/site.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/site.txt
	$(BIN)/uv pip compile requirements/client.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/client.txt
	$(BIN)/uv pip compile requirements/release.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/release.txt

clean: ## Remove the virtual environment, caches and the demo's data
	rm -rf $(VENV) data dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
