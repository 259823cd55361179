# Every target sets up what it needs; only Python 3.11+ and make must be there.
PYTHON ?= python3
CORE := .venv-core
FULL := .venv
PIP_FLAGS := --quiet --disable-pip-version-check -c constraints.txt

.DELETE_ON_ERROR:
.PHONY: demo test lint bench clean

# The core without torch: everything that analyzing needs.
$(CORE)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(CORE)
	$(CORE)/bin/python -m pip install $(PIP_FLAGS) -e .
	@touch $@

# The core, training and the developers' tools.
$(FULL)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(FULL)
	$(FULL)/bin/python -m pip install $(PIP_FLAGS) torch torchvision
	$(FULL)/bin/python -m pip install $(PIP_FLAGS) -e '.[train,dev]'
	@touch $@

demo: $(CORE)/.ready
	$(CORE)/bin/python runs/demo.py demo-out

# One worker a core, each file in one of them, so that what its tests share is made once. Bytecode is
# kept, also where the environment forbids it: a hundred commands would compile the package anew.
test: lint
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(FULL)/bin/python -m pytest --numprocesses auto --dist loadfile

lint: $(FULL)/.ready
	$(FULL)/bin/ruff check .
	$(FULL)/bin/ruff format --check .
	$(FULL)/bin/mypy

bench: $(FULL)/.ready
	$(FULL)/bin/python bench/analyze.py
	$(FULL)/bin/python bench/throughput.py
	$(FULL)/bin/python bench/frozen.py
	$(FULL)/bin/python bench/node.py --kills 0
	$(FULL)/bin/python bench/node.py --models tiny

clean:
	rm -rf $(CORE) $(FULL) demo-out
