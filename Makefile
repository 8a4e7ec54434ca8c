# The first target that needs it sets up .venv with the packages of requirements.lock; tests and the book
# add those of requirements-all.lock, which has every extra. PYTHON names the interpreter that makes .venv;
# without it, python3 is tried first and then python3.14 down to python3.11.

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

BOOK := book/_build/html
ALL_READY := $(VENV)/.all-ready
PORT ?= 8000
FUZZ ?= 100000

.PHONY: help verify test lint format bench calibrate fuzz mutants book serve lock clean distclean

help:
	@echo 'make verify     derive and check every claim, write certificates/'
	@echo '                LEVEL=quick|standard|deep, ARGS="w2s-variance --seed 7"'
	@echo 'make test       run the tests; ARGS="-k wishart"'
	@echo 'make lint       ruff and mypy; make format mends what ruff can'
	@echo 'make bench      figures of speed'
	@echo 'make mutants    every closed form changed in small ways, and which channel refutes each; ARGS=--json'
	@echo 'make calibrate  false alarms, power and random streams, measured anew (half an hour)'
	@echo 'make fuzz       hostile input and random proofs, 100,000 of each (hours); FUZZ=10000'
	@echo 'make book       the online book in $(BOOK), checking claims first where a certificate is stale;'
	@echo '                DRAFT=1 prints such claims in grey instead'
	@echo 'make serve      make book, and serve it on this machine; PORT=8000'
	@echo 'make lock       resolve both lock files anew (needs uv); ARGS=--upgrade'
	@echo 'make clean      remove caches and builds; distclean: also .venv and certificates/'

verify: $(READY)
	@$(BIN)/w2s verify --level $(LEVEL) $(ARGS)

test: $(ALL_READY)
	@$(BIN)/python -m pytest $(ARGS)

lint: $(ALL_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/w2s bench $(ARGS)

mutants: $(READY)
	@$(BIN)/w2s mutants $(ARGS)

calibrate: $(READY)
	@$(BIN)/python -m verify.calibration $(ARGS)

fuzz: $(ALL_READY)
	@W2S_FUZZ=$(FUZZ) $(BIN)/python -m pytest -q tests/test_hostile.py tests/test_core_programs.py $(ARGS)

# Once more after a check of all claims where a certificate is missing or not good (3); then it fails if a
# claim still cannot be printed, and names it.
book: $(ALL_READY)
	@$(BIN)/python -m book.generate $(if $(DRAFT),--draft) || { [ $$? -eq 3 ] || exit 1; \
	  $(BIN)/w2s verify --level $(LEVEL) $(ARGS); $(BIN)/python -m book.generate; }
	@$(BIN)/jupyter-book build book/_generated --path-output book -n -W --keep-going --quiet

serve: book
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(BOOK) $(PORT)

$(ALL_READY): requirements-all.lock $(READY)
	@echo 'Adding requirements-all.lock to $(VENV) (about a minute, once)'
	@$(PIP) install --require-hashes --only-binary :all: --requirement requirements-all.lock
	@touch $@

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

# requirements-all.lock has every extra and requirements.lock is a part of it, so that .venv can grow into it.
LOCK := UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet pyproject.toml --universal \
  --python-version 3.11 --fork-strategy fewest --generate-hashes

lock:
	@command -v uv >/dev/null || { echo 'make lock: this target alone needs uv (pip install uv).' >&2; exit 1; }
	$(LOCK) --all-extras --output-file requirements-all.lock $(ARGS)
	$(LOCK) --extra dev --constraint requirements-all.lock --output-file requirements.lock $(ARGS)

clean:
	rm -rf build dist book/_build book/_generated .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find $(wildcard derivations verify book tests) -name __pycache__ -type d -prune -exec rm -rf {} +

# Certificates may be hours of work: make clean leaves them.
distclean: clean
	rm -rf $(VENV) certificates book/_vendor
