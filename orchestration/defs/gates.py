"""The Great Expectations gates as blocking asset checks, one check an expectation."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from orchestration.defs.assets import WRITES_WAREHOUSE, asset_check_result
from orchestration.quality import evidence, release_gate, suites
from orchestration.quality.checks import Check
from orchestration.quality.suites import Suite
from orchestration.warehouse import tables
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Build


def check_name(check_id: str) -> str:
    """Dagster allows letters, digits and underscores."""
    return check_id.rsplit(".", 1)[-1].replace("-", "_")


def check_landed(build: Build, suite: Suite) -> list[Check]:
    """Runs a land suite; places are named by file and row. A source without a file has nothing to check."""
    files = pd.read_parquet(build.parquet("files"))
    names = dict(zip(files["source_sha256"], files["file_name"], strict=True))
    columns = {*suite.columns, "_source_sha256"} - {"_file"}
    rows = pd.read_parquet(build.parquet(suite.table), columns=sorted(columns))
    rows["_file"] = rows["_source_sha256"].map(names).astype("string")
    checks = [] if rows.empty else suites.run_suite(suite, rows[suite.columns])
    data = {suite.table: sha256_of_file(build.parquet(suite.table))}
    return evidence.record(build, suite.name, data, suite.sha256, checks)


def check_table(build: Build, suite: Suite) -> list[Check]:
    """Runs a metric or rank suite on the columns it names."""
    checks = suites.run_suite(suite, tables.frame(build, suite.name, suite.columns))
    with tables.reading(build) as connection:
        data = {suite.name: tables.table_sha256(connection, suite.name)}
    return evidence.record(build, suite.name, data, suite.sha256, checks)


def gate(suite: Suite) -> dg.AssetChecksDefinition:
    """One suite as a step of its own, with a check an expectation."""
    key = dg.AssetKey([suite.gate, suite.table])

    @dg.multi_asset_check(
        name=f"gate_{suite.gate}_{suite.table}",
        specs=[
            dg.AssetCheckSpec(
                name=check_name(expectation["meta"]["id"]),
                asset=key,
                description=expectation["meta"]["reason"],
                blocking=expectation["severity"] == "critical",
            )
            for expectation in suite.expectations
        ],
        pool=None if suite.gate == release_gate.LAND else WRITES_WAREHOUSE,
    )
    def checked(build: dg.ResourceParam[Build]) -> Iterator[dg.AssetCheckResult]:
        checks = check_landed(build, suite) if suite.gate == release_gate.LAND else check_table(build, suite)
        by_name = {check_name(check.id): check for check in checks}
        for expectation in suite.expectations:
            name = check_name(expectation["meta"]["id"])
            if name in by_name:
                yield asset_check_result(key, name, by_name[name])
            else:
                yield dg.AssetCheckResult(asset_key=key, check_name=name, passed=True, metadata={"rows": 0})

    return checked


GATES = [gate(suite) for name in release_gate.GX_GATES for suite in suites.suites(name)]
