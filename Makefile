# make run PHOTOS=~/Pictures   install, build and start
# make test                    everything that CI runs
PHOTOS ?=
DATA ?=
PORT ?= 5000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
OIP := .oip-server
WEB_SOURCES := $(shell find webui -path webui/node_modules -prune -o -path webui/static -prune -o -type f -print)
MODEL_SOURCES := setup.py models/models.toml models/package-lock.json $(wildcard models/build/*.py models/build/*.json)
# Tests run in parallel; each worker computes on one thread.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1

.PHONY: run test lint bench screenshots messages lock clean

run: $(STAMPS)/web $(STAMPS)/models
	@exec $(BIN)/facetd serve --port "$(PORT)" $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(DATA),--data "$(DATA)")

test: lint $(STAMPS)/models $(OIP)/.stamp
	$(BIN)/python -m pytest --cov=facetd --cov-report= $(PYTEST_ARGS)
	$(BIN)/python -m coverage report --fail-under=90

lint: $(STAMPS)/webcheck $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy -p models.build
	$(BIN)/lint-imports

bench: $(STAMPS)/web $(STAMPS)/models $(STAMPS)/dev
	$(BIN)/python -m bench.run $(BENCH)

screenshots: $(STAMPS)/web $(STAMPS)/dev
	$(BIN)/python -m tests.webui.screenshots docs/images

messages: $(STAMPS)/dev
	$(BIN)/python -m tests.i18n.messages

lock:
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --no-strip-extras --extra test --extra lint --extra build -q --custom-compile-command "make lock" -o requirements/dev.lock
	$(BIN)/uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --no-strip-extras --extra build -c requirements/dev.lock -q --custom-compile-command "make lock" -o requirements/run.lock
	$(BIN)/uv pip compile requirements/oip-server.in --universal --python-version 3.11 --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/oip-server.lock

clean:
	rm -rf $(VENV) $(OIP) build dist *.egg-info webui/node_modules webui/static models/node_modules models/onnx/*.onnx .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMPS)/venv: requirements/run.lock setup.cfg
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "facetd needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	mkdir -p $(STAMPS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(STAMPS)/dev: requirements/dev.lock $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	touch $@

$(STAMPS)/web: $(STAMPS)/venv setup.py $(WEB_SOURCES)
	$(BIN)/python setup.py --quiet build_webui
	touch $@

$(STAMPS)/webcheck: $(STAMPS)/web
	$(BIN)/python setup.py --quiet check_webui
	touch $@

$(STAMPS)/models: $(STAMPS)/venv $(MODEL_SOURCES)
	$(BIN)/python setup.py --quiet build_models
	touch $@

# An inference server for the tests, in an environment of its own: its dependencies are not ours.
$(OIP)/.stamp: requirements/oip-server.lock $(STAMPS)/venv
	rm -rf $(OIP)
	$(PYTHON) -m venv $(OIP)
	$(OIP)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/oip-server.lock
	touch $@
