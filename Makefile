# The few commands of a checkout. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATABASE := advisor/knowledge/kernel.sqlite
DATA := $(shell find data -type f 2>/dev/null)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install

# Where packages-test keeps bare Debian roots and what it built; 1.5 GB.
ROOTS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/advisor-roots

.PHONY: help scan test check format bench lab database clean
.PHONY: wheel deb zipapp packages-test
.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

scan: $(VENV)/.runtime $(DATABASE) ## Set up what is missing, then scan this machine
	@$(BIN)/advisor scan $(ARGS)

test: $(VENV)/.dev $(DATABASE) ## Run the tests
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/.dev $(DATABASE) ## Format, lint and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright --warnings

format: $(VENV)/.dev ## Put the code into its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.dev $(DATABASE) ## Measure, side by side with named peers
	@$(BIN)/python benchmarks/run.py $(ARGS)

lab: $(VENV)/.dev $(DATABASE) ## Boot Debian's kernels in QEMU and ask the advisor inside them
	@PYTHON=$(BIN)/python tests/lab/run $(ARGS)

.PHONY: ansible
ansible: $(VENV)/.dev $(DATABASE) ## Test the Ansible collection against real controllers and hosts
	@ADVISOR_ANSIBLE=1 $(BIN)/python -m pytest tests/ansible $(ARGS)

.PHONY: browser
browser: $(VENV)/.dev ## Look at the report in Chromium: accessibility, print, hostile names
	@$(BIN)/python -m tests.browser
	@ADVISOR_BROWSER=1 $(BIN)/python -m pytest tests/browser $(ARGS)

.PHONY: docs
docs: $(VENV)/.dev $(DATABASE) ## Make the pages that are made: options, the screen, the policy
	@$(BIN)/python tools/reference.py
	@$(BIN)/python tools/screen.py
	@$(BIN)/python -m tests.advise.print_policy

database: $(DATABASE) ## Compile the knowledge base from data/

wheel: $(VENV)/.runtime ## Build dist/*.whl for pipx, uv and pip
	@$(BIN)/python packaging/build.py wheel dist

deb: $(VENV)/.runtime ## Build dist/*.deb for Debian and what stems from it
	@$(BIN)/python packaging/build.py deb dist

zipapp: $(VENV)/.runtime ## Build dist/advisor.pyz, one file that needs Python only
	@$(BIN)/python packaging/build.py zipapp dist

packages-test: $(VENV)/.dev ## Install each package in bare Debian roots; slow, as root
	@ADVISOR_ROOTS="$(ROOTS)" $(BIN)/python -m pytest -p no:cacheprovider tests/packaging/roots $(ARGS)

clean: ## Remove everything that make made
	rm -rf $(VENV) $(DATABASE) build dist *.egg-info

$(DATABASE): $(VENV)/.runtime $(DATA) $(wildcard advisor/knowledge/build/*.py advisor/knowledge/*.sql)
	@$(BIN)/python -m advisor.knowledge.build.compile data $@

$(VENV)/.runtime: pyproject.toml requirements.txt
	@sh tools/check-python "$(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) 'setuptools>=70.1'
	@$(PIP) --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@$(BIN)/python -m compileall -q advisor
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@
