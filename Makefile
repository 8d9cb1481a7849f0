# Everything a person or CI runs. Each target does all its own set-up, from a bare machine on.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
DRILL ?=
PYTEST ?=
STACK ?= dev
PULUMI ?=
IMAGE ?=
REPORT ?=
SITE ?=
GUARDED := --stack $(STACK) --policy-pack policies/guardrails

.PHONY: help drill test lint bench check render preview up bot pin drift fire-drill silences overrides report site lock docs clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) tools/bootstrap.py $(VENV)

# A stamp is newer than the lock it was made from, or the lock is installed again.
$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the locked requirements into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "installing the test tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Only those who provision need Pulumi's packages; the drill stays light.
$(VENV)/pulumi.stamp: requirements-pulumi.lock $(VENV)/run.stamp
	@echo "installing what provisions into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-pulumi.lock
	@touch $@

drill: $(VENV)/run.stamp ## The rehearsed outage, with real parts; DRILL="--keep --errors 50%" passes options
	@$(BIN)/tocsin drill $(DRILL)

test: lint ## The whole test suite; PYTEST="-k inbox" passes options
	@$(BIN)/pytest -n $(WORKERS) $(PYTEST)

lint: $(VENV)/dev.stamp ## Formatting, types, import layers
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev.stamp ## Speed and memory as a table, each figure beside its target
	@$(BIN)/python -m tools.bench $(BENCH)

# With Pulumi's packages, since rendered/ holds the objects of the stacks too.
check: $(VENV)/pulumi.stamp ## Are the policies without mistakes, and is rendered/ fresh
	@$(BIN)/tocsin check && $(BIN)/tocsin render --check

render: $(VENV)/pulumi.stamp ## Compile the policies into rendered/
	@$(BIN)/tocsin render

docs: $(VENV)/run.stamp ## Write the generated pages under docs/
	@$(BIN)/python -m tools.reference

preview: $(VENV)/pulumi.stamp ## What `make up` would change; STACK=staging or production for another stack than dev
	@pulumi preview --diff $(GUARDED) $(PULUMI)

up: $(VENV)/pulumi.stamp ## Provision a stack: Kubernetes, PagerDuty, Grafana, GitHub
	@pulumi up $(GUARDED) $(PULUMI)

# Without Pulumi Cloud nothing else runs the guardrails: whatever calls pulumi here says $(GUARDED).
bot: $(VENV)/pulumi.stamp ## Release the bot alone, without touching monitoring; IMAGE=... pins another image first
	@if [ -n "$(IMAGE)" ]; then $(MAKE) pin; fi
	@pulumi up $(GUARDED) $(PULUMI) --target '**tocsin:components:Bot**' --target '**tocsin:components:Remediation**'

pin: $(VENV)/run.stamp ## Write IMAGE=name:tag@sha256:... into the file of a stack
	@$(BIN)/python -m tools.image_pin stacks/Pulumi.$(STACK).yaml "$(IMAGE)"

drift: $(VENV)/pulumi.stamp ## Is what runs still what the files say; fails if not
	@pulumi preview --diff --refresh --expect-no-changes $(GUARDED) $(PULUMI)

fire-drill: $(VENV)/pulumi.stamp ## A test page through a deployed stack; whoever is on call there is paged
	@$(BIN)/tocsin drill --stack $(STACK) $(DRILL)

silences: $(VENV)/pulumi.stamp ## Make the silences of a deployed Alertmanager equal to the files
	@$(BIN)/tocsin silences apply --stack $(STACK)

overrides: $(VENV)/run.stamp ## Make PagerDuty's overrides equal to the files
	@$(BIN)/tocsin oncall apply

report: $(VENV)/run.stamp ## How well incidents were handled last week; REPORT="--week 2026-W09" passes options
	@$(BIN)/tocsin report $(REPORT)

site: $(VENV)/run.stamp ## The public status page, into site/; SITE="--url https://status.example.com" passes options
	@$(BIN)/tocsin site $(SITE)

lock: $(VENV)/dev.stamp ## Resolve the requirements anew, with hashes and without addresses
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra pulumi -c requirements.lock -o requirements-pulumi.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra pulumi --extra dev -c requirements-pulumi.lock -o requirements-dev.lock pyproject.toml

clean: ## Remove what the targets made here (the cache of real parts stays)
	rm -rf $(VENV) .drill .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
