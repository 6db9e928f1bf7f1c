# The menu. Each command sets up what it needs in .venv and does so again only when a lock file has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
TEMPLATES := templates

.DEFAULT_GOAL := help
.PHONY: help run test chaos lint format lock clean installed installed-dev

help: ## Show this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: installed ## Run Carillon on this machine (PORT=8000, VAR=var)
	@exec $(BIN)/python manage.py run

test: installed-dev ## Run the tests on servers of their own (ARGS="tests/mail -k dkim" for some)
	@exec $(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

chaos: installed-dev ## Kill every process over and over while it sends, and compare ledger and relay (minutes)
	@exec $(BIN)/python -m tests.chaos

bench: installed ## Measure how near to the limits of this machine it comes (ONLY=send,freeze BENCH_ROWS=20000)
	@exec $(BIN)/python -m benchmarks

lint: installed-dev ## Check style, types, layers, templates and migrations; change nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint --quiet --lint $(TEMPLATES)
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

format: installed-dev ## Bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: installed-dev ## Pin the newest allowed versions of every dependency
	$(COMPILE) --upgrade --output-file requirements.lock requirements.in
	$(COMPILE) --upgrade --output-file requirements-s3.lock requirements-s3.in
	$(COMPILE) --upgrade --output-file requirements-dev.lock requirements-dev.in

clean: ## Remove what these commands have made; your data in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed is a copy of the lock file it came from. The development set holds all of the other.
installed:
	@cmp -s requirements-dev.lock $(VENV)/requirements-dev.lock || $(call install,requirements.lock)

installed-dev:
	@$(call install,requirements-dev.lock)

define install
{ cmp -s $(1) $(VENV)/$(1) || { \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Carillon needs Python 3.11 or newer; \"$(PYTHON)\" isn't. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
		exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "\"$(PYTHON)\" comes without its venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || exit 1; \
	echo "Installing what $(1) lists into $(VENV) ..."; \
	rm -f $(VENV)/requirements*.lock; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) || exit 1; \
	cp $(1) $(VENV)/$(1); }; }
endef
