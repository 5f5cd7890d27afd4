# Two commands do all: `make run` and `make test`. Both need Python 3.11 to 3.13 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUARTER ?= 2025-26-Q4
SAMPLE := data/sample
EXTRACTS ?= ../shared/extracts
LANES := test-unit test-model test-build test-real

# Nothing of this project reports to anybody, and imports are compiled once.
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test $(LANES) soak lint dev bench docs sample lock clean

run: $(SAMPLE)  ## build the sample's latest quarter and print its league tables
	$(BIN)/league build --extracts $(SAMPLE) --quarter $(QUARTER)

test: lint  ## linters, type checks and every test but the soak
	$(BIN)/python -m pytest

$(LANES): test-%: $(READY)  ## one lane of the tests; test-unit takes seconds
	$(BIN)/python -m pytest tests/$*

soak: $(READY)  ## 50 builds killed at random moments; two quarters at once; PostgreSQL that breaks down. LEAGUE_SEED repeats one
	LEAGUE_KILLS=$${LEAGUE_KILLS:-50} $(BIN)/python -m pytest tests/soak --dist load -rP

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/macros

dev: $(SAMPLE)  ## the Dagster UI on the sample, http://localhost:3000
	mkdir -p data/dagster && cp -n orchestration/operations/deploy/local/dagster.yaml data/dagster/ || true
	DAGSTER_HOME=$(CURDIR)/data/dagster $(BIN)/dagster dev

bench: $(SAMPLE)  ## time of imports, of a first and of further quarters; of the national files of EXTRACTS; of likely ranges
	$(BIN)/python tests/benchmark_build.py $(SAMPLE) 2025-26-Q4 2025-26-Q3 2025-26-Q2
	$(BIN)/python tests/benchmark_national.py $(EXTRACTS) 2025-26-Q4
	$(BIN)/python tests/benchmark_ranges.py

docs: $(READY)  ## the pages that are made from data: docs/sources.md
	$(BIN)/python -m orchestration.sources.documentation

sample: $(SAMPLE)

$(SAMPLE): $(READY)
	$(BIN)/league sample

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11 to 3.13 is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "from orchestration.warehouse.column_lineage import all_lineage; all_lineage()"  # parses the dbt project once
	touch $@

lock:  ## after a change of pyproject.toml: exact pins and hashes, no registry named
	uv lock && uv export --no-emit-project --all-groups -o requirements.lock && rm uv.lock

clean:  ## what can be made again; releases, store and lock stay
	rm -rf $(VENV) $(SAMPLE) data/work dbt_project/target
