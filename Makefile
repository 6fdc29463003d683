# Everything a developer does. Each target does its own set-up; a fresh machine needs Python 3.13 only.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
PYTHON := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/layers/common
SAM_VENV := .venv-sam

.PHONY: help run test search check format openapi build lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/ready ## the whole system on this machine: http://localhost:8000
	@exec $(PYTHON) -m local

test: $(VENV)/ready ## all tests: unit, integration, template, end to end in a browser
	@$(PYTHON) -m tools.browser
	@$(PYTHON) -m tools.java
	@$(PYTHON) -m pytest

search: $(VENV)/ready ## what tests try a sample of, for SEARCH_SECONDS (600) each and with new seeds
	@SEARCH_SECONDS=$${SEARCH_SECONDS:-600} $(PYTHON) -m pytest $$(grep -l SEARCH_SECONDS tests/integration/test_*.py)

check: $(VENV)/ready ## format, lint, strict types, template
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PYTHON) -m tools.template

format: $(VENV)/ready ## format and mend what the linter can mend
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

openapi: $(VENV)/ready ## docs/openapi.yaml, from the code and the template
	@$(PYTHON) -m tools.openapi

build: $(SAM_VENV)/ready ## what `sam deploy` ships, in .aws-sam/build
	@SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(SAM_VENV)/bin:$$PATH" $(SAM_VENV)/bin/sam build

lock: $(VENV)/ready ## compile pyproject.toml's dependencies into hashed requirements files
	@$(VENV)/bin/uv pip compile pyproject.toml $(LOCK) -o layers/common/requirements.txt
	@$(VENV)/bin/uv pip compile pyproject.toml --group dev $(LOCK) -o requirements/dev.txt
	@$(VENV)/bin/uv pip compile --group sam $(LOCK) -o requirements/sam.txt
	@$(VENV)/bin/uv pip compile --group bootstrap $(LOCK) -o requirements/bootstrap.txt

clean: ## remove everything that was built or installed
	rm -rf $(VENV) $(SAM_VENV) .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

LOCK := --generate-hashes --no-header --quiet --upgrade

# The environment is rebuilt when a lock changes; `ready` is written last, so an interrupted install is begun again.
$(VENV)/ready: requirements/bootstrap.txt requirements/dev.txt
	@./tools/bootstrap $(VENV) requirements/dev.txt

$(SAM_VENV)/ready: requirements/bootstrap.txt requirements/sam.txt
	@./tools/bootstrap $(SAM_VENV) requirements/sam.txt
