# Every target sets up what it needs; only Python 3.11+ and make must be there, and Node.js for the
# page.
PYTHON ?= python3
CORE := .venv-core
FULL := .venv
NPM := npm --prefix page --no-fund --no-audit --no-update-notifier
STATIC := src/nodulens/serve/static
PIP_FLAGS := --quiet --disable-pip-version-check -c constraints.txt

.DELETE_ON_ERROR:
.PHONY: demo test lint page bench clean

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
test: lint page
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(FULL)/bin/python -m pytest --numprocesses auto --dist loadfile

lint: $(FULL)/.ready
	$(FULL)/bin/ruff check .
	$(FULL)/bin/ruff format --check .
	$(FULL)/bin/mypy

# The page's tools, as its lock file has them.
page/node_modules/.package-lock.json: page/package.json page/package-lock.json
	@command -v npm > /dev/null || { echo "There is no npm: the page needs Node.js 20.19 or newer, \
	from nodejs.org or the system's packages (on Debian: apt-get install npm)."; exit 1; }
	$(NPM) ci
	@touch $@

# The page is checked, built, put in the place of the built page if it differs, and tried in a
# browser. A built page that is not that of the sources is an error, since it is committed.
page: $(FULL)/.ready page/node_modules/.package-lock.json
	$(NPM) run types
	$(NPM) run check
	$(NPM) run build -- --outDir ../build/page --logLevel warn
	@diff -rq build/page $(STATIC) || { rm -rf $(STATIC) && cp -R build/page $(STATIC) && \
	echo "The built page was not that of page/; it is now: commit $(STATIC)."; exit 1; }
	$(NPM) run e2e

bench: $(FULL)/.ready
	$(FULL)/bin/python bench/analyze.py
	$(FULL)/bin/python bench/throughput.py
	$(FULL)/bin/python bench/frozen.py
	$(FULL)/bin/python bench/serve.py
	$(FULL)/bin/python bench/node.py --kills 0
	$(FULL)/bin/python bench/node.py --models tiny

clean:
	rm -rf $(CORE) $(FULL) page/node_modules build demo-out
