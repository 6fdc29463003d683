# Everything a developer does. Each target does its own set-up; a fresh machine needs any Python, or uv.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# Two installs at once would share uv's environment.
.NOTPARALLEL:

VENV := .venv
PYTHON := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/layers/common:$(CURDIR)/layers/paper
SAM_VENV := .venv-sam
SAM_PYTHON := $(SAM_VENV)/bin/python
POLICY_VENV := .venv-policy
REHEARSAL_VENV := .venv-rehearsal
SAM := env SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(SAM_VENV)/bin:$$PATH" $(SAM_VENV)/bin/sam
# One build or deployment at a time in this folder.
ALONE := $(SAM_PYTHON) -m tools.alone
STAGE ?= staging

.PHONY: help run test rehearse search bench load check format openapi build deploy stripe catalogue stock approve admin lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/ready ## the whole system on this machine: http://localhost:8000
	@exec $(PYTHON) -m local

test: $(VENV)/ready-dev ## all tests: unit, integration, template, end to end in a browser
	@$(PYTHON) -m tools.browser
	@$(PYTHON) -m tools.java
	@$(PYTHON) -m tools.suite

rehearse: $(VENV)/ready-dev $(SAM_VENV)/ready $(REHEARSAL_VENV)/ready ## a real deployment onto an AWS on this machine, and its stories: docs/rehearsal.md
	@$(PYTHON) -m tools.browser
	@$(PYTHON) -m tests.rehearsal

search: $(VENV)/ready-dev ## what tests try a sample of, for SEARCH_SECONDS (600) each and with new seeds
	@SEARCH_SECONDS=$${SEARCH_SECONDS:-600} $(PYTHON) -m pytest $$(grep -l SEARCH_SECONDS tests/integration/test_*.py)

bench: $(VENV)/ready-dev ## cold and warm starts, calls, units, sizes: docs/performance.md, docs/cost.md, docs/flood.md (REVISION=...: compare)
	@$(PYTHON) -m bench $(if $(REVISION),--against $(REVISION))
	@$(if $(REVISION),,$(PYTHON) -m bench.flood)

load: $(VENV)/ready-dev ## many customers at once (LOAD_SECONDS), a table of up to GROWTH payments, a stack that stays up: docs/load.md, docs/lasting.md
	@$(PYTHON) -m tools.java
	@$(PYTHON) -m bench.load
	@$(PYTHON) -m bench.lasting

check: $(VENV)/ready-dev $(SAM_VENV)/ready $(POLICY_VENV)/ready ## format, lint, strict types, template as CloudFormation and a policy linter see it
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(SAM_PYTHON) -m tools.template
	@$(SAM_PYTHON) -m tools.policy $(POLICY_VENV)/bin/checkov

format: $(VENV)/ready-dev ## format and mend what the linter can mend
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

openapi: $(VENV)/ready-dev ## docs/openapi.yaml, from the code and the template
	@$(PYTHON) -m tools.openapi

# With PLATFORM=native, for this machine and in .aws-sam/native: what `python -m local --template` can run.
build: $(SAM_VENV)/ready ## what `sam deploy` ships, in .aws-sam/build
	@$(ALONE) $(SAM) build $(if $(PLATFORM),--build-dir .aws-sam/$(PLATFORM))

deploy: $(SAM_VENV)/ready ## build and deploy the stack that samconfig.toml has for STAGE (staging, or production)
	@$(SAM_PYTHON) -m tools.preflight $(STAGE)
	@$(ALONE) $(SHELL) -c '$(SAM) build && $(SAM) deploy --config-env $(STAGE) --no-fail-on-empty-changeset'

stripe: $(VENV)/ready ## STAGE's Stripe key into its secret, and its webhook endpoint at Stripe
	@$(PYTHON) -m tools.stripe_setup --stage $(STAGE)

catalogue: $(VENV)/ready ## catalogue.yaml into STAGE's table; with REMOVE=yes, end the sale of what is not in it
	@$(PYTHON) -m tools.offer --stage $(STAGE) $(if $(REMOVE),--remove)

stock: $(VENV)/ready ## put more of a product into STAGE's stock, or take some away: SKU=... CHANGE=+5 REASON='a delivery'
	@$(PYTHON) -m tools.stock --stage $(STAGE) $(if $(SKU),--sku '$(SKU)') $(if $(CHANGE),--change='$(CHANGE)') $(if $(REASON),--reason '$(REASON)')

approve: $(VENV)/ready ## accept what was received for a payment in review: PAYMENT=pay_... AMOUNT=50.00 CURRENCY=usd
	@$(PYTHON) -m tools.approve --stage $(STAGE) $(if $(PAYMENT),--payment $(PAYMENT)) $(if $(AMOUNT),--amount $(AMOUNT)) $(if $(CURRENCY),--currency $(CURRENCY))

admin: $(VENV)/ready ## make somebody an admin of STAGE, in the Cognito user pool that it made: EMAIL=grace@example.com
	@$(PYTHON) -m tools.admin --stage $(STAGE) $(if $(EMAIL),--email '$(EMAIL)')

# What runs here has the layer's versions, and what tests it the same.
lock: $(VENV)/ready-dev ## compile pyproject.toml's dependencies into hashed requirements files
	@$(LOCK) pyproject.toml $(NOT_IN_LAYER) -o layers/common/requirements.txt
	@$(LOCK) --group paper $(NOT_IN_PAPER) -o layers/paper/requirements.txt
	@$(LOCK) pyproject.toml --group run -c layers/common/requirements.txt $(NOT_IN_PAPER) -o requirements/run.txt
	@$(LOCK) --group bootstrap -o requirements/bootstrap.txt
	@$(LOCK) pyproject.toml --group dev -c requirements/run.txt -c requirements/bootstrap.txt $(NOT_IN_PAPER) -o requirements/dev.txt
	@$(LOCK) --group sam -o requirements/sam.txt
	@$(LOCK) --group policy -o requirements/policy.txt
	@$(LOCK) --group rehearsal -o requirements/rehearsal.txt

clean: ## remove everything that was built or installed
	rm -rf $(VENV) $(SAM_VENV) $(POLICY_VENV) $(REHEARSAL_VENV) .venv-uv .python .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

LOCK = $(VENV)/bin/uv pip compile --generate-hashes --no-header --quiet --upgrade
# Stripe's library works without requests (docs/adr/0011); urllib3 comes with the runtime's botocore.
NOT_IN_LAYER := $(addprefix --no-emit-package=,requests certifi charset-normalizer idna urllib3)
# Fonts are found without them.
NOT_IN_PAPER := $(addprefix --no-emit-package=,fontpkg fonttools justmytype)

# An environment is rebuilt when its lock changes; `ready` is written last, so an interrupted install is begun again.
$(VENV)/ready: requirements/bootstrap.txt requirements/run.txt
	@./tools/bootstrap $(VENV) requirements/run.txt

$(VENV)/ready-dev: $(VENV)/ready requirements/dev.txt
	@./tools/bootstrap $(VENV) requirements/dev.txt ready-dev

$(SAM_VENV)/ready: requirements/bootstrap.txt requirements/sam.txt
	@./tools/bootstrap $(SAM_VENV) requirements/sam.txt

$(POLICY_VENV)/ready: requirements/bootstrap.txt requirements/policy.txt
	@./tools/bootstrap $(POLICY_VENV) requirements/policy.txt

$(REHEARSAL_VENV)/ready: requirements/bootstrap.txt requirements/rehearsal.txt
	@./tools/bootstrap $(REHEARSAL_VENV) requirements/rehearsal.txt
