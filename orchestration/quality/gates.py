"""Running the suites of a gate on the tables of a build, and leaving the evidence.

Belongs here: which rows a suite sees. Does not: the suites (`suites.py`), the order of gates (`defs/`)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from orchestration.quality import evidence
from orchestration.quality.checks import Check, joined
from orchestration.quality.evidence import LANDED
from orchestration.quality.suites import Suite, suites
from orchestration.quality.validator import run_suite
from orchestration.sources.descriptions import known_sources
from orchestration.warehouse import tables
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Build

LAND = "land"


class Gates:
    """The suites of one run. Each begins as soon as its table is there, and is asked for at its gate. In between the
    next table is made: suites run in a process of their own."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._begun: dict[str, Future[list[Check]]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1)

    def begin(self, gate: str, table: str | None = None) -> None:
        """Begin the suites of a gate, or those of one of its tables."""
        for suite in suites(gate):
            if table in (None, suite.table):
                self._begun[suite.name] = self._thread.submit(_check, self._build, suite)

    def check(self, suite: Suite) -> list[Check]:
        """Return what came of a suite, which is on record then. Raises GateError where it could not be evaluated."""
        begun = self._begun.pop(suite.name, None)
        return (begun or self._thread.submit(_check, self._build, suite)).result()

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def _check(build: Build, suite: Suite) -> list[Check]:
    return _check_landed(build, suite) if suite.gate == LAND else _check_table(build, suite)


def _check_landed(build: Build, suite: Suite) -> list[Check]:
    """Places are named by file and row. A source without a file has nothing to check."""
    files = pd.read_parquet(build.parquet("files"))
    used = files[files["status"] == "used"]  # a copy of one has the same sha256
    names = dict(zip(used["source_sha256"], used["file_name"], strict=True))
    columns = sorted({*suite.columns, "_source_sha256"} - {"_file"})
    of_parts = []
    for rows in _parts(suite, build.parquet(suite.table), columns):
        named = rows.assign(_file=rows["_source_sha256"].map(names).astype("string"))
        of_parts.append(run_suite(suite, named[suite.columns]))
    checks = [joined(found) for found in zip(*of_parts, strict=True)]
    data = {f"{LANDED}{suite.table}": {"": sha256_of_file(build.parquet(suite.table))}}
    return evidence.record(build, suite.name, data, suite.sha256, checks)


def _parts(suite: Suite, path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    """The rows that pass a suite together: all, but national files one by one, for years of them do not fit into
    memory. A row group is of one file."""
    landed = pq.ParquetFile(path)
    groups = range(landed.num_row_groups if landed.metadata.num_rows else 0)
    national = known_sources()[suite.table].national

    def file_of(group: int) -> Any:
        return landed.read_row_group(group, ["_source_sha256"])[0][0].as_py() if national else None

    for _, together in groupby(groups, key=file_of):
        yield landed.read_row_groups([*together], columns).to_pandas()


def _check_table(build: Build, suite: Suite) -> list[Check]:
    with tables.reading(build) as connection:
        rows = connection.table(suite.name).select(*suite.columns).df()
        data = {suite.name: tables.fingerprint(connection, suite.name)}
    return evidence.record(build, suite.name, data, suite.sha256, run_suite(suite, rows))
