# Sets itself up: every target installs first what is missing, system packages and .venv.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The tests start Python thousands of times: without bytecode they take nearly twice as long.
export PYTHONDONTWRITEBYTECODE =

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The stamp lies inside, so that a removed .venv is made again.
READY := $(VENV)/.ready
EXAMPLE := build/example
SIZE ?= 220
DISK ?= $(EXAMPLE)/reference.vhdx

.PHONY: help example example-share test test-deep lint format bench bench-loading system-packages clean

help:
	@echo 'make example    build a reference volume and capture it, in $(EXAMPLE)'
	@echo 'make example-share  build a reference disk (VHDX) and capture it to a Samba share that it starts'
	@echo 'make example-share DISK=my.vhdx  the same with a disk of yours'
	@echo 'make test       lint, types, import contracts, tests with coverage'
	@echo 'make test-deep  the long tests'
	@echo 'make lint       ruff, mypy and import contracts alone'
	@echo 'make format     let ruff format and repair'
	@echo 'make bench      compare captures with wimlib-imagex'
	@echo 'make bench-loading  compare loading with lxml, xsdata and xmlschema'
	@echo 'make clean      remove what was built, .venv too'
	@echo 'PYTHON=python3.12 chooses another Python; SIZE=$(SIZE) the volume in megabytes.'

system-packages:
	@PYTHON='$(PYTHON)' scripts/install-system-packages.sh

# Order only: .venv needs python3-venv, but is not made again because that was checked.
$(READY): pyproject.toml | system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

example: $(READY)
	mkdir -p $(EXAMPLE)
	$(BIN)/python -m tests.support.reference_volume $(EXAMPLE)/reference.ntfs --size $(SIZE)
	$(BIN)/python examples/build_and_capture.py $(EXAMPLE)/reference.ntfs $(EXAMPLE)

# Built anew each time: SIZE may have changed.
.PHONY: $(EXAMPLE)/reference.vhdx
$(EXAMPLE)/reference.vhdx: $(READY)
	mkdir -p $(EXAMPLE)
	$(BIN)/python -m tests.support.reference_volume $(EXAMPLE)/reference.ntfs --size $(SIZE)
	$(BIN)/python -m tests.support.reference_disk $(EXAMPLE)/reference.ntfs $@

example-share: $(READY) $(DISK)
	mkdir -p $(EXAMPLE)
	$(BIN)/python -m examples.capture_to_share $(DISK) $(EXAMPLE)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m 'not deep' --numprocesses auto --dist loadfile
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-deep: $(READY)
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -m deep

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	mkdir -p build/bench
	$(BIN)/python -m tests.support.reference_volume build/bench/reference.ntfs --size $(SIZE)
	$(BIN)/python benchmarks/capture.py build/bench/reference.ntfs

bench-loading: $(READY)
	$(BIN)/python -m benchmarks.loading

clean:
	rm -rf build dist $(VENV) .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache \
		.hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
