# The first target that needs it sets up .venv with the packages of requirements.lock. PYTHON names the
# interpreter that makes .venv; without it, python3 is tried first and then python3.14 down to python3.11.

PYTHON ?= python3
LEVEL ?= quick
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# 3.14 is the newest Python for which every locked package has a wheel.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
CANDIDATES := "$(PYTHON)" $(if $(filter file,$(origin PYTHON)),python3.14 python3.13 python3.12 python3.11)
# -qq: pip speaks of errors only
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

.PHONY: help verify test lint format bench lock clean distclean

help:
	@echo 'make verify     derive and check every claim, write certificates/'
	@echo '                LEVEL=quick|standard|deep, ARGS="w2s-variance --seed 7"'
	@echo 'make test       run the tests; ARGS="-k wishart"'
	@echo 'make lint       ruff and mypy; make format mends what ruff can'
	@echo 'make bench      figures of speed'
	@echo 'make lock       resolve requirements.lock anew (needs uv); ARGS=--upgrade'
	@echo 'make clean      remove caches and builds; distclean: also .venv and certificates/'

verify: $(READY)
	@$(BIN)/w2s verify --level $(LEVEL) $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/w2s bench $(ARGS)

# A .venv that works is brought up to date, never thrown away. The stamp is written last: whatever was
# interrupted is done again.
$(READY): pyproject.toml requirements.lock
	@if ! $(BIN)/python -c '$(SUPPORTED)' 2>/dev/null || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  for python in $(CANDIDATES) ''; do \
	    if [ -z "$$python" ]; then \
	      echo 'make: no Python from 3.11 to 3.14 found (tried $(CANDIDATES)); install one,' \
	        'or name one: make PYTHON=/path/to/python3' >&2; exit 1; \
	    fi; \
	    "$$python" -c '$(SUPPORTED)' 2>/dev/null && break; \
	  done; \
	  "$$python" -m venv --clear $(VENV) || { \
	    echo "make: $$python could not make $(VENV) (on Debian and Ubuntu, its venv module is in the" \
	      'package python3-venv).' >&2; exit 1; }; \
	fi
	@echo "Setting up $(VENV): $$($(BIN)/python --version) and requirements.lock (about a minute, once)"
	@$(PIP) install --require-hashes --only-binary :all: --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

lock:
	@command -v uv >/dev/null || { echo 'make lock: this target alone needs uv (pip install uv).' >&2; exit 1; }
	UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet pyproject.toml --extra dev --universal \
	  --python-version 3.11 --fork-strategy fewest --generate-hashes --output-file requirements.lock $(ARGS)

clean:
	rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find $(wildcard derivations verify tests) -name __pycache__ -type d -prune -exec rm -rf {} +

# Certificates may be hours of work: make clean leaves them.
distclean: clean
	rm -rf $(VENV) certificates
