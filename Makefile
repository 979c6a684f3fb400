# `make help` lists the words. Needs GNU make and a Python from 3.11 on; everything else is installed into this folder.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
export PORT
# A run starts dozens of Pythons; what one has compiled, the next need not.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv/bin/python
SETUP := $(PYTHON) tools/bootstrap.py
BESIDE_DATABASES := $(VENV) -m retail_saas.supervisor test --

.DEFAULT_GOAL := help
.PHONY: help setup run test test-js lint check bench chaos seed routes clean

help: ## these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything that tests and checks need
	@$(SETUP) dev

run: ## the whole product on http://demo.localhost:8000/ until Ctrl-C (PORT=8001 for another port)
	@$(SETUP) run --port "$(PORT)"
	@$(VENV) -m retail_saas.supervisor run

test: ## all checks and tests (ARGS="tests/test_x.py -k word" for some of the Python tests)
	@$(SETUP) dev
	@$(BESIDE_DATABASES) $(VENV) tools/check.py all $(ARGS)

test-js: ## the JavaScript tests
	@$(SETUP) dev
	@$(VENV) tools/check.py js

lint: ## style, types, import contracts, templates
	@$(SETUP) dev
	@$(BESIDE_DATABASES) $(VENV) tools/check.py lint

check: ## Django's and our own system checks, missing migrations
	@$(SETUP) dev
	@$(BESIDE_DATABASES) $(VENV) tools/check.py system

bench: ## the figures of docs/performance.md, measured on this machine
	@$(SETUP) dev
	@$(VENV) -m benchmarks $(ARGS)

chaos: ## sell while everything is killed at random, then count (ARGS="--seed 7 --sales 5000", tills: ARGS="till --sales 200", ARGS="power")
	@$(SETUP) dev
	@$(VENV) -m tests.chaos $(ARGS)

seed: ## bring the demo shop up to date (beside a running `make run`)
	@$(SETUP) run
	@$(VENV) manage.py prepare

routes: ## every address with its permission (beside a running `make run`)
	@$(SETUP) run
	@$(VENV) manage.py routes

clean: ## remove what was installed or built; data stays
	rm -rf .venv .tools .setup.log node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -not -path './.data/*' -prune -exec rm -rf {} +
