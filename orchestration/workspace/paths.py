"""Where things are. The checkout holds rules and source descriptions; a data folder holds everything a build makes.
No reading or writing of data here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
STATISTICS = PROJECT / "orchestration" / "statistics"
SOURCES = PROJECT / "data" / "sources"
SUITES = PROJECT / "expectations"


@dataclass(frozen=True)
class Workspace:
    """One data folder: a store of extracts, one working folder a quarter, and the releases."""

    data_dir: Path

    @property
    def store(self) -> Path:
        return self.data_dir / "store"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "extracts.lock.json"

    def releases(self, quarter: str) -> Path:
        return self.data_dir / "releases" / quarter

    def build(self, quarter: str) -> Build:
        return Build(self, quarter)


@dataclass(frozen=True)
class Build:
    """The working folder of one quarter: a build writes nowhere else, so quarters cannot disturb each other."""

    workspace: Workspace
    quarter: str

    @property
    def folder(self) -> Path:
        return self.workspace.data_dir / "work" / self.quarter

    @property
    def lock(self) -> Path:
        return self.folder.with_suffix(".lock")

    @property
    def unfinished(self) -> Path:
        """A release in the making. Beside the releases, so that it becomes one by its name alone."""
        return self.workspace.releases(self.quarter) / ".unfinished"

    @property
    def landed(self) -> Path:
        return self.folder / "landed"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def parquet(self, table: str) -> Path:
        return self.landed / f"{table}.parquet"
