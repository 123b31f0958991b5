# Requires Python >= 3.10, make and access to a package registry; each target installs what it needs.
# tools/*.py do the work. PYTHON=/path/to/python selects the interpreter of .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test fuzz bench soak live simulate mutate picture docs lint dist pulumi venv lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo     the life of a MAIL FROM domain, with the real Pulumi engine against a local SES and DNS; 30 seconds'
	@echo 'make test     all tests, with the coverage of both packages'
	@echo 'make fuzz     the Hypothesis tests with many examples: make fuzz EXAMPLES=5000'
	@echo 'make bench    calls and time compared with a plain provider, into docs/bench; 15 minutes, with FULL=1 an hour'
	@echo 'make soak     faults, kills, ^C and takeovers with the real engine: make soak ROUNDS=20 SEED=1; Linux only'
	@echo 'make live     what only a real AWS account can answer; asks first: make live IDENTITY=example.com REGION=us-east-1'
	@echo 'make simulate lives of stacks against a model of the engine and of SES: make simulate LIVES=100000 SEED=1'
	@echo 'make mutate   mutation testing of the core, with the score of each room: make mutate PARTS="rules/names rules/inputs"'
	@echo 'make picture  docs/console.svg and docs/architecture.svg, from the output of ses-mail-from and the import contracts'
	@echo 'make docs     the tables of docs/ that come from the code'
	@echo 'make lint     ruff, mypy and the import contracts of pyproject.toml'
	@echo 'make dist     build and check wheel and sdist, and test the wheel with its newest and lowest dependencies'
	@echo 'make pulumi   find, install or build the Pulumi CLI, and print its path'
	@echo 'make venv     create or update the Python environment .venv'
	@echo 'make lock     resolve tools/lock/ again after a change in pyproject.toml; UPGRADE=1 upgrades all pins'
	@echo 'make clean    remove .venv and all generated files'

demo: venv
	@$(BIN)/python tools/demo.py

# One more than cores, because engines often wait.
ENGINES = $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')

# Two runs: the Automation API leaves sockets and event loops to the garbage collector, which would report them in
# unrelated tests.
test: venv
	@root=$$($(BIN)/python tools/pulumi_cli.py --root) && { \
	  status=0; \
	  $(BIN)/pytest tests/unit tests/functional -n auto --dist worksteal --cov --cov-report=term-missing || status=$$?; \
	  PULUMI_CLI_ROOT="$$root" $(BIN)/pytest tests/acceptance -n $(ENGINES) --dist worksteal || status=$$?; \
	  exit $$status; \
	}

EXAMPLES ?= 5000
fuzz: venv
	HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n auto -m hypothesis tests/unit tests/functional

# FULL=1 also measures 1,000 resources, DRAW=1 nothing: it draws what is stored.
bench: venv
	@root=$$($(BIN)/python tools/pulumi_cli.py --root) && \
	  PULUMI_CLI_ROOT="$$root" PYTHONPATH=tests $(BIN)/python -m bench \
	    $(if $(FULL),--numbers 10 100 1000) $(if $(DRAW),--draw)

ROUNDS ?= 20
SEED ?= 1
FIRST ?= 0
soak: venv
	@root=$$($(BIN)/python tools/pulumi_cli.py --root) && \
	  PULUMI_CLI_ROOT="$$root" PYTHONPATH=tests $(BIN)/python -m soak \
	    --rounds $(ROUNDS) --seed $(SEED) --first $(FIRST) $(if $(JOBS),--jobs $(JOBS))

# The identity should send no mail. DOMAIN: its MAIL FROM domain; WAIT: seconds until Success; YES=1: no question.
live: venv
	@$(BIN)/python tools/live.py --identity "$(IDENTITY)" --region "$(REGION)" \
	    $(if $(DOMAIN),--domain "$(DOMAIN)") $(if $(WAIT),--wait "$(WAIT)") $(if $(YES),--yes)

LIVES ?= 10000
simulate: venv
	@PYTHONPATH=tests $(BIN)/python -m simulation --lives $(LIVES) --seed $(SEED) \
	    $(if $(JOBS),--jobs $(JOBS)) $(if $(DEFECT),--defect $(DEFECT))

# PARTS: rooms or modules; TESTS: test files instead of the usual selection; FRESH=1 forgets earlier results.
mutate: venv
	@$(BIN)/python tools/mutate.py $(PARTS) $(if $(TESTS),--tests $(TESTS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(FRESH),--fresh)

picture: venv
	@$(BIN)/python tools/picture.py
	@$(BIN)/python tools/architecture.py

docs: venv
	@$(BIN)/python tools/reference.py

lint: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=tests $(BIN)/lint-imports --no-logo --no-cache

dist: python
	@$(PYTHON) tools/dist.py

pulumi: venv
	@$(BIN)/python tools/pulumi_cli.py

venv: python
	@$(PYTHON) tools/environment.py

lock: python
	@$(PYTHON) tools/environment.py lock $(if $(UPGRADE),--upgrade)

# Uses syntax that old versions of Python understand, so that they print this message.
.PHONY: python
python:
	@command -v $(PYTHON) >/dev/null || { echo 'error: $(PYTHON) was not found: install Python >= 3.10, or select one: make PYTHON=/path/to/python …' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("error: " + sys.executable + " is Python %d.%d; 3.10 or newer is needed: make PYTHON=/path/to/python ..." % sys.version_info[:2])'

clean:
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find examples provider sdk tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
