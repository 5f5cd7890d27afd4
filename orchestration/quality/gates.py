"""Running the suites of a gate on the tables of a build, and leaving the evidence.

Belongs here: which rows a suite sees. Does not: the suites (`suites.py`), the order of gates (`defs/`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import second_process
from orchestration.errors import LeagueError
from orchestration.quality import evidence
from orchestration.quality.checks import Check, joined
from orchestration.quality.evidence import LANDED
from orchestration.quality.suites import Suite, run_suite, suites
from orchestration.quarters import Quarter
from orchestration.sources.descriptions import known_sources
from orchestration.warehouse import tables
from orchestration.workspace.paths import Build

LAND = "land"
Found = dict[str, list[Check] | LeagueError]  # of suites by name: what came of each, or why it was not evaluated


class Gates:
    """The suites of one run. Each begins as soon as its table is there, and is asked for at its gate. In between the
    next table is made: suites run in the second process."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._begun: dict[str, Future[Found]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1)

    def begin(self, gate: str, table: str | None = None) -> None:
        """Begin the suites of a gate, or those of one of its tables."""
        begun = [suite for suite in suites(gate) if table in (None, suite.table)]
        self._begun |= dict.fromkeys((suite.name for suite in begun), self._run(begun))

    def check(self, suite: Suite) -> list[Check]:
        """Return what came of a suite, which is on record then. Raises GateError where it could not be evaluated."""
        found = (self._begun.pop(suite.name, None) or self._run([suite])).result()[suite.name]
        if isinstance(found, LeagueError):
            raise found
        return found

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _run(self, some: Sequence[Suite]) -> Future[Found]:
        return self._thread.submit(_check, self._build, some)


def _check(build: Build, some: Sequence[Suite]) -> Found:
    """What came of some suites of one gate, by name: their checks, or why one could not be evaluated. The warehouse is
    opened once for all: opening it takes half as long as a suite. All built tables are handed over at first."""
    found: Found = {}
    with tables.reading(build) if any(suite.gate != LAND for suite in some) else nullcontext() as connection:
        begun = {suite.name: _of_table(connection, suite) for suite in some if suite.gate != LAND}
        for suite in some:
            try:
                found[suite.name] = _check_table(build, suite, connection, begun.get(suite.name))
            except LeagueError as error:
                found[suite.name] = error
    return found


def _check_table(build: Build, suite: Suite, connection: Any, begun: Future[list[Check]] | None) -> list[Check]:
    if begun is None:
        data = {f"{LANDED}{suite.table}": evidence.of_landed(build.parts(suite.table))}

        def of_landed(inventory: Path) -> list[Check]:
            return second_process.run(_of_landed, build, suite, inventory)

        checks = of_landed(build.parquet("files"))
        return evidence.record(
            build, suite.name, data, suite.sha256, checks, lambda quarter: of_landed(build.inventory(quarter))
        )

    def again(quarter: Quarter) -> list[Check]:
        with tables.as_built_alone(build, quarter) as alone:
            return _of_table(alone, suite).result()

    data = tables.fingerprints(connection, [suite.name])
    return evidence.record(build, suite.name, data, suite.sha256, begun.result(), again)


def _of_landed(build: Build, suite: Suite, inventory: Path) -> list[Check]:
    """Places are named by file and row. A source without a file has nothing to check."""
    files = pd.read_parquet(inventory)
    used = files[files["status"] == "used"]  # a copy of one has the same sha256
    names = dict(zip(used["source_sha256"], used["file_name"], strict=True))
    columns = sorted({*suite.columns, "_source_sha256"} - {"_file"})
    of_parts = []
    for rows in _parts(suite, build.parts(suite.table), columns):
        named = rows.assign(_file=rows["_source_sha256"].map(names).astype("string")).dropna(subset="_file")
        if len(named):
            of_parts.append(run_suite(suite, named[suite.columns]))
    return [joined(found) for found in zip(*of_parts, strict=True)]


def _parts(suite: Suite, landed: list[Path], columns: list[str]) -> Iterator[pd.DataFrame]:
    """The rows that pass a suite together: all, but national files one by one, for years of them do not fit into
    memory, and vintages of a reference, for each is whole."""
    source = known_sources()[suite.table]
    files = (pq.ParquetFile(path).read(columns) for path in landed)
    together = files if source.national or source.vintage else [pa.concat_tables(files)]
    yield from (rows.to_pandas() for rows in together if len(rows))


def _of_table(connection: Any, suite: Suite) -> Future[list[Check]]:
    return second_process.begin(run_suite, suite, connection.table(suite.name).select(*suite.columns).df())
