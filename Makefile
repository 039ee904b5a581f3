# Smarther Recorder. `make` alone explains the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Python 3.13: the machine's own, or one that uv has or can fetch.
PYTHON := $(shell for candidate in python3.13 python3 python; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && { command -v "$$candidate"; exit; }; done; \
	command -v uv >/dev/null && { uv python find --no-project 3.13 2>/dev/null || { uv python install --quiet 3.13 >&2 && uv python find --no-project 3.13; }; } )

DEV := .venv
CLOUD := .venv-cloud
SAM := .venv-sam
BENCH := .venv-bench
GATES := .venv-gates
SUPPLY := .venv-supply
HOME_ASSISTANT := .venv-home-assistant

export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## Show this list
	@echo "Smarther Recorder: the two commands to start with are 'make demo' and 'make test'."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- Environments ----

.PHONY: python
python:
	@[ -n "$(PYTHON)" ] || { echo "This project needs Python 3.13, and none was found. Install it from your system's packages or from python.org," >&2; \
		echo "or install uv (then 'make' fetches a Python 3.13 by itself), and run make again." >&2; exit 1; }

$(DEV)/.ready: requirements/dev.txt pyproject.toml | python
	@echo "· setting up the project's environment ($(DEV))"
	@$(PYTHON) -m venv --clear $(DEV)
	@$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-%/.ready: requirements/%.txt | python
	@echo "· setting up the environment for $* ($(@D))"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(BENCH)/.ready: requirements/bench.txt | python
	@echo "· setting up the Lambda runtime's environment ($(BENCH))"
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@$(BENCH)/bin/python -m compileall -q $(BENCH)/lib
	@touch $@

.PHONY: setup
setup: ## Set up the environments of demo and tests (every target also sets up what it needs)
	@$(MAKE) -s --no-print-directory -j3 $(DEV)/.ready $(CLOUD)/.ready $(SAM)/.ready

.PHONY: browser
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "· installing chromium for the browser tests"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
		else echo "The browser tests need Chromium: install your system's package 'chromium', then run make again." >&2; exit 1; fi; }

.PHONY: lock
lock: $(DEV)/.ready ## Lock the newest allowed version of every package, with hashes (needs uv)
	for each in $(SHIPPING); do (cd $$each && uv pip compile --quiet --upgrade $(LOCK_OPTIONS) requirements.in -o requirements.txt); done
	cd requirements && for each in dev cloud sam bench gates supply; do uv pip compile --quiet --upgrade $(LOCK_OPTIONS) $$each.in -o $$each.txt; done
	@$(MAKE) --no-print-directory sbom

LOCK_OPTIONS := --python-version 3.13 --python-platform linux --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

# ---- The two commands ----

.PHONY: demo
demo: setup ## Run a day of two simulated homes through the real stack, on this machine (ONCE=1 ends by itself)
	@$(DEV)/bin/python -m sandbox demo $(if $(ONCE),--once) $(if $(LOSE_ONE),--lose-one) $(if $(FRESH),--fresh)

.PHONY: test
test: setup browser $(BENCH)/.ready $(GATES)/.ready ## Run all tests, those of the deployed stack included, and hold the floor of coverage
	$(DEV)/bin/python -m pytest --numprocesses auto -p tests.support.branches

.PHONY: fuzz
fuzz: setup ## Send random hostile requests to the sandbox, EXAMPLES=n of each kind
	FUZZ_EXAMPLES=$(or $(EXAMPLES),2000) $(DEV)/bin/pytest tests/e2e/test_hostile_callers.py

.PHONY: simulate
simulate: $(DEV)/.ready ## Simulate YEARS=n years with random faults (SEED=, DAYS=, INTENSITY=, CALLS=, STORY=1)
	@$(DEV)/bin/python -m labs.simulation $(if $(YEARS),--years $(YEARS)) $(if $(SEED),--seed $(SEED)) $(if $(DAYS),--days $(DAYS)) $(if $(INTENSITY),--intensity $(INTENSITY)) $(if $(CALLS),--daily-calls $(CALLS)) $(if $(STORY),--story)

.PHONY: mutants
mutants: $(DEV)/.ready ## Plant small faults one at a time, and list those that no test notices (MODULES=, SAMPLE=200 SEED=1, RECORD=1)
	@$(DEV)/bin/python -m labs.mutants $(MODULES) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(if $(RECORD),--record)

.PHONY: bench
bench: setup $(BENCH)/.ready ## Measure the receiver beside the usual alternatives (BENCH_OPTIONS="--rounds 5" is a quick look)
	@SANDBOX_FOLDER=.sandbox/bench $(DEV)/bin/python -m labs.bench $(BENCH_OPTIONS)

.PHONY: year
year: setup ## Measure how fast a year of ten thermostats is drawn in the sandbox, and what memory its export needs
	@SANDBOX_FOLDER=.sandbox/year $(DEV)/bin/python -m labs.bench.year $(YEAR_OPTIONS)

.PHONY: load
load: setup ## Send 10,000 notifications of 200 thermostats through the sandbox, and check that all are stored
	@SANDBOX_FOLDER=.sandbox/load $(DEV)/bin/python -m labs.load $(LOAD_OPTIONS)

.PHONY: home-assistant
home-assistant: setup $(HOME_ASSISTANT)/.ready ## Does a real Home Assistant find the sandbox's thermostats by the add-on? (700 MB, three minutes)
	@SANDBOX_FOLDER=.sandbox/home-assistant $(DEV)/bin/python -m labs.home_assistant

# ---- The sandbox ----

.PHONY: sandbox
sandbox: setup ## Deploy the stack into a local cloud and leave it running (LIVED=1: with consent and two days of readings; FRESH=1: replace a running one)
	@$(DEV)/bin/python -m sandbox up $(if $(LEGRAND_URL),--legrand-url "$(LEGRAND_URL)") $(if $(LIVED),--lived) $(if $(FRESH),--fresh)

.PHONY: sandbox-stop
sandbox-stop: $(DEV)/.ready ## End the sandbox
	@$(DEV)/bin/python -m sandbox down

.PHONY: preview
preview: setup ## Show the home of the dashboard in your browser, while the simulated thermostats run
	@$(DEV)/bin/python -m sandbox.shows.preview

# ---- AWS ----

# A variable of make's own command line as an option; the environment may hold such names for other reasons.
said = $(if $(filter command,$(firstword $(origin $(1)))),--$(2)='$(subst ','\'',$($(1)))')
flag = $(if $(filter command,$(firstword $(origin $(1)))),$(if $($(1)),--$(2)))

.PHONY: build
build: $(SAM)/.ready $(DEV)/.ready ## Build the functions and layers for AWS (ARCHITECTURE=x86_64 for the other processor)
	@$(DEV)/bin/python -m smarther_cli.deploy build $(call said,ARCHITECTURE,processor)

.PHONY: wheel
wheel: $(DEV)/.ready ## Build the command line as one file for pipx or `uv tool install` (in dist/)
	@$(DEV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

.PHONY: release
release: $(DEV)/.ready ## Archive what is committed as the release from which upgrades are tested (docs/developer/releasing.md)
	@$(DEV)/bin/python -m labs.release

.PHONY: deploy
deploy: $(SAM)/.ready $(DEV)/.ready ## Deploy to AWS; asks a few questions, each with a default (docs/owner/the-whole-way.md; YES=1 asks nothing)
	@$(DEV)/bin/python -m smarther_cli.deploy deploy $(call flag,YES,yes) $(call flag,ASK,ask) $(call flag,AT_ONCE,at-once) \
		$(call said,STACK,stack) $(call said,REGION,region) $(call said,PROFILE,profile) $(call said,TIMEZONE,time-zone) \
		$(call said,ALARM_EMAIL,alarm-email) $(call said,ARCHITECTURE,processor) $(call said,TABLE,table) \
		$(call said,PARAMETERS,parameters)

.PHONY: addon
addon: $(SAM)/.ready $(DEV)/.ready ## Deploy an add-on beside the recorder, NAME=events (docs/developer/addons.md; SANDBOX=1: beside the sandbox's)
	@$(DEV)/bin/python -m smarther_cli.deploy addon $(BESIDE) $(call said,PARAMETERS,parameters)

.PHONY: addon-remove
addon-remove: $(DEV)/.ready ## Remove an add-on, NAME=events; the recorder stays as it is
	@$(DEV)/bin/python -m smarther_cli.deploy addon-remove $(BESIDE)

BESIDE = $(call said,NAME,name) $(call flag,SANDBOX,sandbox) $(call said,STACK,stack) $(call said,REGION,region) $(call said,PROFILE,profile)

# ---- The gate ----

.PHONY: check
check: ## Run the gate without the tests: code, types, imports, template, workflows (each alone: make lint, types, imports, …)
	@$(MAKE) -s --no-print-directory -j3 $(DEV)/.ready $(SAM)/.ready $(GATES)/.ready
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint types imports template workflows

.PHONY: lint
lint: $(DEV)/.ready
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .

.PHONY: types
types: $(DEV)/.ready
	$(DEV)/bin/mypy

.PHONY: imports
imports: $(GATES)/.ready # who may import whom: [tool.importlinter] of pyproject.toml
	PYTHONPATH=layers/smarther/python:cli:. $(GATES)/bin/lint-imports --no-cache

ADD_ONS = $(wildcard addons/*/template.yaml)

.PHONY: template
template: cfn-lint checkov

.PHONY: cfn-lint
cfn-lint: $(SAM)/.ready # as .cfnlintrc says, which sam heeds
	@for each in template.yaml $(ADD_ONS); do \
		PATH="$(CURDIR)/$(SAM)/bin:$$PATH" AWS_DEFAULT_REGION=eu-south-1 sam validate --lint --template-file $$each; done

.PHONY: checkov
checkov: $(DEV)/.ready $(GATES)/.ready
	$(DEV)/bin/python -m labs.translated .gates
	$(GATES)/bin/checkov --config-file checkov.yaml -f template.yaml -f .gates/own-key.json
	$(GATES)/bin/checkov --config-file checkov-aws-keys.yaml -f .gates/aws-keys.json $(ADD_ONS) .gates/addons/*.json

.PHONY: workflows
workflows: $(GATES)/.ready
	$(GATES)/bin/zizmor --offline --quiet --persona pedantic .github
	$(GATES)/bin/pre-commit validate-config

.PHONY: hooks
hooks: $(GATES)/.ready ## Have git run the parts of `make check` that a commit concerns, before each commit
	$(GATES)/bin/pre-commit install

# ---- What is written from the code ----

.PHONY: pages
pages: $(DEV)/.ready ## Write the parts of pages that come from the code: the table, and the tests behind each row
	@$(DEV)/bin/python -m labs.data_page
	@$(DEV)/bin/python -m labs.shown_by

# ---- What is locked ----

SHIPPING := layers/dependencies $(patsubst %/,%,$(dir $(wildcard addons/*/layers/*/requirements.txt)))
LOCKS := $(wildcard requirements/*.txt) $(SHIPPING:%=%/requirements.txt) labs/bench/contenders/canonical/requirements.txt
SHIPPED := .gates/shipped

.PHONY: audit
audit: $(SUPPLY)/.ready ## Look for known vulnerabilities in all locked packages (asks a service on the internet, so it is not in the gate)
	@for lock in $(LOCKS); do echo "· $$lock"; $(SUPPLY)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $$lock || failed=1; done; \
		[ -z "$${failed:-}" ] || { echo "Not every package is known to be free of known vulnerabilities: either one is named above, or the service could not be asked." >&2; exit 1; }

.PHONY: sbom
sbom: $(SUPPLY)/.ready ## Write the bill of materials of what is deployed, from the lock of each layer
	@# Without the tool's own mark, so that a file changes only when its lock does.
	@for each in $(SHIPPING); do \
		$(PYTHON) -m venv --clear --without-pip $(SHIPPED); \
		$(SUPPLY)/bin/python -m pip --python $(SHIPPED)/bin/python install --quiet --disable-pip-version-check --require-hashes -r $$each/requirements.txt; \
		$(SUPPLY)/bin/python -W ignore::UserWarning -m cyclonedx_py environment --pyproject pyproject.toml --short-PURLs --output-reproducible \
			$(SHIPPED)/bin/python | $(SUPPLY)/bin/python -c 'import json, sys; bill = json.load(sys.stdin); del bill["metadata"]["tools"]; \
			print(json.dumps(bill, indent=2))' >$$each/sbom.cdx.json; done

.PHONY: format
format: $(DEV)/.ready ## Format the code, and fix what can be fixed automatically
	$(DEV)/bin/ruff check --fix .
	$(DEV)/bin/ruff format .

.PHONY: clean
clean: sandbox-stop ## Remove everything that make created
	rm -rf $(DEV) $(CLOUD) $(SAM) $(BENCH) $(GATES) $(SUPPLY) $(HOME_ASSISTANT) .gates .aws-sam .sandbox dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
