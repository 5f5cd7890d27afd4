# Two commands do all: `make run` and `make test`. Both need Python 3.11 to 3.13 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SITE := .venv-docs
SPARK := $(VENV)/.spark
READY := $(VENV)/.ready
QUARTER ?= 2025-26-Q4
SAMPLE := data/sample
DEMO := data/demo
INSTANCE := $(CURDIR)/data/dagster
EXTRACTS ?= ../shared/extracts
SQL := $(shell find dbt_project/models dbt_project/tests dbt_project/macros -name '*.sql' ! -name materialization.sql)
SQL_LINTED := $(VENV)/.sql-linted
LANES := test-unit test-model test-build test-real test-parity

# uv takes a tenth of pip's time. Where it does not run, or does not find the index that pip is set up for, pip installs.
AS_LOCKED := --quiet --no-deps --no-build-isolation
install = $(BIN)/uv pip install $(AS_LOCKED) --system-certs --python $(BIN)/python $(1) \
	|| $(BIN)/python -m pip install $(AS_LOCKED) --no-compile $(1)

# Nothing of this project reports to anybody, and imports are compiled once.
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run site test $(LANES) spark parity soak lint types dev bench docs dbt-docs sample lock clean

help:  ## what can be made here
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(SAMPLE) $(INSTANCE)/dagster.yaml  ## build the sample's latest quarter and print its league tables
	DAGSTER_HOME=$(INSTANCE) $(BIN)/league build --extracts $(SAMPLE) --quarter $(QUARTER) --data-dir $(DEMO)

site: run  ## the public site of the sample, data/demo/site
	$(BIN)/league site --data-dir $(DEMO) --out $(DEMO)/site

test: lint  ## linters, type checks and every test but those of soak
	$(BIN)/python -m pytest

test-unit:  ## code without dbt and Dagster, in a minute
test-model:  ## dbt's own tests, models on rows made for them, the shape of the project
test-build:  ## whole builds of the sample
test-real:  ## builds of published files, where they are at hand
test-parity:  ## the same tables of the sample by Spark and by DuckDB, where Spark is installed
$(LANES): test-%: $(READY)
	$(BIN)/python -m pytest tests/$*

spark: $(SPARK)  ## what engine spark needs besides: dbt-spark and pyspark; Java is for you to install

$(SPARK): .ci/spark.lock $(READY)
	$(call install, --require-hashes -r $<)
	touch $@

parity: $(SPARK)  ## the same tables by Spark and by DuckDB: of the sample and of real quarters, in ten minutes
	$(BIN)/python -m pytest tests/parity -m parity

soak: $(READY)  ## slow and rough: builds killed, files damaged, a production instance, for half an hour or more
	LEAGUE_KILLS=$${LEAGUE_KILLS:-50} $(BIN)/python -m pytest tests/soak -m soak --dist load -rP

lint: $(READY)  ## ruff, mypy, import contracts, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory -j 2 types $(SQL_LINTED)  # 40 s of processor each where nothing is remembered

types: $(READY)
	$(BIN)/mypy

$(SQL_LINTED): $(SQL) pyproject.toml | $(READY)  # what changed since it last passed
	@echo $(if $(filter pyproject.toml,$?),$(SQL),$(filter %.sql,$?)) \
		| xargs -n 32 -P 2 $(BIN)/sqlfluff lint --disable-progress-bar
	touch $@

dev: $(SAMPLE) $(INSTANCE)/dagster.yaml  ## the Dagster UI on the sample, http://localhost:3000
	LEAGUE_EXTRACTS=$(CURDIR)/$(SAMPLE) LEAGUE_DATA=$(CURDIR)/$(DEMO) DAGSTER_HOME=$(INSTANCE) $(BIN)/dagster dev

$(INSTANCE)/dagster.yaml: orchestration/operations/deploy/local/dagster.yaml
	mkdir -p $(INSTANCE) && cp $< $@

bench: $(SAMPLE)  ## builds as multiples of their imports, of the sample and of EXTRACTS; national files; likely ranges
	$(BIN)/python tests/benchmark_build.py $(SAMPLE) 2025-26-Q4
	$(BIN)/python tests/benchmark_build.py $(EXTRACTS) 2025-26-Q1 2025-26-Q2 2025-26-Q4
	$(BIN)/python tests/benchmark_national.py $(EXTRACTS) 2025-26-Q4
	$(BIN)/python tests/benchmark_ranges.py

docs: $(READY) $(SITE)/.ready  ## the documentation as a site, data/site; a link that leads nowhere stops it
	$(BIN)/python -m orchestration.sources.documentation
	$(SITE)/bin/zensical build --clean --strict --config-file .mkdocs.yml

$(SITE)/.ready: .ci/docs.lock
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --no-deps --require-hashes -r $<
	touch $@

dbt-docs: $(READY)  ## every dbt model, seed and test on one page with the graph, in data/dbt-docs/static_index.html
	LEAGUE_WAREHOUSE=:memory: $(BIN)/dbt --quiet --no-partial-parse docs generate --static --empty-catalog \
		--project-dir dbt_project --profiles-dir dbt_project --target-path $(CURDIR)/data/dbt-docs

sample: $(SAMPLE)  ## published files of fictional trusts, in data/sample

$(SAMPLE): $(READY)
	$(BIN)/league sample

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11 to 3.13 is needed")'
	$(PYTHON) -m venv $(VENV)
	-sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock && \
		$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(VENV)/uv.lock
	$(call install, --require-hashes -r requirements.lock)
	-$(BIN)/python -m compileall -q -j 0 -x /tests/ $(VENV)  # uv leaves it out, and pip compiles the tests of libraries
	$(call install, --editable .)
	$(BIN)/python -c "from orchestration.warehouse.column_lineage import all_lineage; all_lineage()"  # parses the dbt project once
	touch $@

lock:  ## after a change of pyproject.toml: exact pins and hashes, no registry named
	$(BIN)/uv lock && $(BIN)/uv export --no-emit-project --all-groups -o requirements.lock && rm uv.lock
	echo zensical==0.0.73 | $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-annotate --no-header --output-file .ci/docs.lock -
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra spark --no-annotate --no-header \
		--constraint requirements.lock $(foreach name,$(shell sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' requirements.lock),--no-emit-package $(name)) \
		--output-file .ci/spark.lock pyproject.toml

clean:  ## what can be made again; releases, store and lock of real builds stay
	if [ -d $(DEMO) ]; then chmod -R u+w $(DEMO); fi  # releases are read-only
	rm -rf .cache $(VENV) $(SITE) $(SAMPLE) $(DEMO) data/work data/site data/dbt-docs dbt_project/target
