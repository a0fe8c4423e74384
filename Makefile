# `make lab` is for students, `make test` for everybody, `make help` says the rest.
# Everything is installed into .venv/; another Python is chosen by `make PYTHON=python3.12 lab`.

PYTHON ?= python3
# Words for `pip install`, such as an index with smaller builds of torch: make PIP_ARGS="--index-url ..." lab
PIP_ARGS ?=
# Words for JupyterLab, such as --no-browser
LAB_ARGS ?=
# Narrow a target: make notebooks LESSON=10, make weights ONLY=digit_features, make test TESTS=tests/data
LESSON ?=
ONLY ?=
TESTS ?= tests --ignore=tests/browser --ignore=tests/interop
SEEDS ?= 3
# Words for the two halves of `make bench`: python -m bench.models --help, python -m bench.grading --help
MODELS_ARGS ?=
BENCH_ARGS ?=
FOLDER ?= submissions
OUT ?= marks

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# One thread per process: the tests' tensors are tiny, and threads would only wait for each other.
test: export OMP_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: lab test test-all lint notebooks weights table quality bench grade site package clean help

lab: $(READY)  ## set up and open the first lesson in JupyterLab
	@first=$$(ls notebooks/*.ipynb 2>/dev/null | head -n 1); \
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS) $$first

test: $(READY)  ## set up and run all tests (two processes)
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -p tests.stages -n 2 --dist worksteal $(TESTS)

test-all: export GENLAB_TESTS = all
test-all: export OMP_NUM_THREADS = 1
test-all: $(READY)  ## the same without samples: every mutant, a kernel for each lesson, nbgrader on all
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -p tests.stages -n 2 --dist worksteal $(TESTS) tests/interop

lint: $(READY)  ## look for slips in the code
	$(BIN)/ruff check .

notebooks: $(READY)  ## build the notebooks from solutions/*.py and run the solved ones [LESSON=10]
	$(BIN)/genlab build $(LESSON)

weights: $(READY)  ## train the networks that metrics and later lessons load [ONLY=name]
	$(BIN)/python -m genlab.weights $(ONLY)

table: $(READY)  ## measure the course's models over seeds [LESSON=10 SEEDS=3]
	$(BIN)/genlab table $(if $(LESSON),--lesson $(LESSON)) --seeds $(SEEDS)

quality: $(READY)  ## measure the checks: known mistakes, mutants, false refusals
	$(BIN)/genlab quality

bench: $(READY)  ## metrics, models and grading beside their peers: ratios of time [MODELS_ARGS= BENCH_ARGS=]
	$(BIN)/python -m bench.models $(MODELS_ARGS)
	$(BIN)/python -m bench.grading $(BENCH_ARGS)

grade: $(READY)  ## mark submissions [FOLDER=submissions OUT=marks]
	$(BIN)/genlab grade $(FOLDER) -o $(OUT)

site: $(READY)  ## the course as pages for the web, in build/site/html: nothing is run or downloaded
	$(BIN)/python -m docs.site

package: $(READY)  ## build dist/ and try the wheel in an empty environment: minutes, installs torch anew
	$(BIN)/python -m tests.package -o dist -- $(PIP_ARGS)

clean:  ## remove caches and builds, not .venv/
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find genlab grading tests solutions notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

# torch comes first, so that a failure to find a build for this machine is the first thing that is said.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "genlab needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "could not make $(VENV)/; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV)/ with all packages: some minutes, once."
	$(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt torch
	$(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt -e '.[lab,grading,speech,distributed,site,test]'
	@touch $@
