# Everything sets itself up: on a machine with Python 3.10 or later and make, `make test` is the first command.
#
#   PYTHON=python3.12   the interpreter that .venv is made of
#   EXTRAS=dev          set up without torch: the tests that need it are skipped and say so
#   ARGS="-k pages"     further arguments for pytest, or for `make compare`

PYTHON ?= python3
EXTRAS ?= dev,runtime,frameworks
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-all-pythons test-oldest-torch coverage lint format format-check types docs transcript rule mutation ecosystem recall fixes shortcuts compare bench bench-runtime clean

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 20

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("looplint needs Python 3.10 or later: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)

# The stamps say which set-up .venv has had; a change of the requirements brings a new one.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo  ## lint the examples; needs neither torch nor the development tools
	@status=0; $(BIN)/looplint check examples || status=$$?; \
	if [ $$status -ne 1 ]; then echo "demo: looplint exited with $$status instead of 1" >&2; exit 1; fi

test: export OMP_NUM_THREADS := 1  # the tests run side by side, and their models are tiny
test: export PYTHONDONTWRITEBYTECODE :=  # nor does each of the many processes that they start compile looplint anew
test: $(VENV)/.dev  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-all-pythons: $(VENV)/.dev  ## run the tests on every Python from 3.10 to 3.13 that is found
	$(BIN)/python -m tests.tools.all_pythons $(ARGS)

test-oldest-torch: export OMP_NUM_THREADS := 1
test-oldest-torch: $(VENV)/.dev  ## run the tests of the runtime on the oldest torch that is supported (a large download)
	$(BIN)/python -m tests.tools.oldest_torch $(ARGS)

coverage: $(VENV)/.dev  ## measure the branches that the tests take: at least 95 %
	$(BIN)/python -m pytest -q --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report
	$(BIN)/python -m tests.tools.branch_coverage 95

lint: $(VENV)/.dev  ## ruff, and looplint on itself
	$(BIN)/ruff check .
	$(BIN)/looplint check --no-cache looplint rules runtime_check tests

format: $(VENV)/.dev  ## rewrite the files in ruff's format
	$(BIN)/ruff format .

format-check: $(VENV)/.dev  ## say which files are not in ruff's format
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy, strict, on a plain copy: it does not see through the mapping of the folders
	$(BIN)/python -m tests.tools.typecheck

docs: $(VENV)/.dev  ## write the derived parts of README.md and the derived pages of docs/ anew
	$(BIN)/python -m tests.tools.tables
	$(BIN)/python -m tests.tools.readme

transcript: $(VENV)/.dev  ## take the way of README.md to a clean commit, and write docs/first-commit.md (needs a package index)
	$(BIN)/python -m tests.tools.transcript

rule: $(VENV)/.demo  ## begin a new rule: make rule NAME=stuck-in-eval CODE=LL401
	$(BIN)/python -m looplint.scaffold '$(CODE)' '$(NAME)'

mutation: $(VENV)/.dev  ## change each rule in small ways and see whether its page notices: ARGS="LL101 ..." for some
	$(BIN)/python benchmarks/mutation.py $(ARGS)

ecosystem: $(VENV)/.dev  ## compare the findings in real repositories with their verdicts: MIRRORS=folder of owner+name/repo
	$(BIN)/python benchmarks/ecosystem.py --mirrors $(MIRRORS) $(ARGS)

recall: $(VENV)/.dev  ## inject faults into right loops and count those found: SOURCES="folder of owner__name ..."
	$(BIN)/python benchmarks/recall.py $(SOURCES) benchmarks/loops

fixes: $(VENV)/.dev  ## inject the same faults and prove each fix that is offered: SOURCES as for recall
	$(BIN)/python benchmarks/fixes.py $(SOURCES) benchmarks/loops $(ARGS)

shortcuts: $(VENV)/.dev  ## say whether what is left out for speed changes a finding: SOURCES as for recall
	$(BIN)/python benchmarks/shortcuts.py $(SOURCES) benchmarks/loops $(ARGS)

bench: $(VENV)/.dev  ## how fast looplint is, beside other linters: MIRRORS as for ecosystem, or installed packages
	$(INSTALL) --editable '.[benchmarks]'
	$(BIN)/python benchmarks/speed.py $(if $(MIRRORS),--mirrors $(MIRRORS)) $(ARGS)

bench-runtime: $(VENV)/.dev  ## what watching a run costs, beside other ways of watching one
	$(INSTALL) --editable '.[benchmarks]'
	$(BIN)/python benchmarks/overhead.py $(ARGS)

compare: $(VENV)/.dev  ## run other linters over the same faults and files, into docs/compare.md: SOURCES as for recall
	$(BIN)/python benchmarks/compare.py $(SOURCES) benchmarks/loops $(ARGS)

clean:  ## remove everything that is not a source
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .looplint_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
