"""Where things are. The checkout holds rules and source descriptions; a data folder holds everything a build makes.
No reading or writing of data here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.quarters import WRITTEN, Quarter, needed

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
STATISTICS = PROJECT / "orchestration" / "statistics"
DISCOVERY = PROJECT / "orchestration" / "discovery"
SOURCES = PROJECT / "data" / "sources"
SUITES = PROJECT / "expectations"
UNFINISHED = ".unfinished"  # ends the name of what is being made, or was when its build stopped


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

    @property
    def landed_before(self) -> Path:
        """Files as they were landed, for whoever lands them again."""
        return self.data_dir / "work" / "landed"

    def releases(self, quarter: str) -> Path:
        return self.data_dir / "releases" / quarter

    def lock(self, releases: str) -> Path:
        """What a build of some releases, of a quarter mostly, holds until it ends."""
        return self.data_dir / "work" / f"{releases}.lock"

    @property
    def series(self) -> Path:
        """The releases of series, which are of no quarter. As deep in the data folder as those of a quarter."""
        return self.data_dir / "history" / "series"

    @property
    def public_site(self) -> Path:
        """The site that an instance makes. `data/site` of a checkout is that of its documentation."""
        return self.data_dir / "public-site"

    def rescored(self, quarter: str, framework: str) -> Path:
        """The releases of a quarter scored under a framework: as deep, but apart, so that nobody takes one for the
        quarter's own."""
        return self.data_dir / "history" / under(quarter, framework)

    def build(self, *quarters: str, since: Quarter | None = None, framework: str | None = None) -> Build:
        return Build(self, tuple(sorted(Quarter(quarter) for quarter in quarters)), since, framework)

    def builds_of(self, quarter: str) -> list[Build]:
        """The builds of a quarter that left a working folder: alone, and in passes over several."""
        left = {path.name.removesuffix(UNFINISHED) for path in (self.data_dir / "work").glob("*") if path.is_dir()}
        passes = [name.split("+") for name in sorted(left)]
        return [self.build(*named) for named in passes if quarter in named and all(map(WRITTEN.fullmatch, named))]


def under(quarters: str, framework: str) -> str:
    """What quarters that are scored under a framework are called in names of folders."""
    return f"{quarters}-under-{framework}"


def unfinished(releases: Path) -> Path:
    """Where the next of some releases is made. Beside them, so that it becomes one by its name alone."""
    return releases / UNFINISHED


@dataclass(frozen=True)
class Build:
    """The working folder of one pass over one quarter or several, in order. A build writes nowhere else, so builds of
    other quarters cannot disturb it. It starts in a folder of its own, and takes the place of the last whole one when
    all its gates have opened."""

    workspace: Workspace
    quarters: tuple[Quarter, ...]
    since: Quarter | None = None  # of a series: the first quarter whose months it has; it ends with the one quarter
    framework: str | None = None  # of a rescore: whose rules score its quarters

    def __str__(self) -> str:
        named = f"{self.since} to {self.quarters[-1]}" if self.since else ", ".join(self.quarters)
        return f"{named} under {self.framework}" if self.framework else named

    def reads(self, quarter: Quarter) -> list[Quarter]:
        """The quarters whose files are read for a quarter."""
        return quarter.back_to(self.since) if self.since else needed(quarter)

    def releases(self, quarter: str) -> Path:
        """Where what the build makes of a quarter is published."""
        if self.framework:
            return self.workspace.rescored(quarter, self.framework)
        return self.workspace.series if self.since else self.workspace.releases(quarter)

    @property
    def whole(self) -> Path:
        """The last build whose gates all opened."""
        name = "series" if self.since else "+".join(self.quarters)
        return self.workspace.data_dir / "work" / (under(name, self.framework) if self.framework else name)

    @property
    def unfinished(self) -> Path:
        """The build that is being made, or that stopped."""
        return self.whole.with_name(f"{self.whole.name}{UNFINISHED}")

    @property
    def folder(self) -> Path:
        """The newest of both."""
        return self.unfinished if self.unfinished.exists() else self.whole

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

    def part(self, table: str, number: int) -> Path:
        """What one of several files landed as."""
        return self.landed / f"{table}.{number:05d}.parquet"

    def parts(self, table: str) -> list[Path]:
        """All that dbt reads as one landed table, in order."""
        return sorted(self.landed.glob(f"{table}.*parquet"))

    def inventory(self, quarter: str) -> Path:
        """What became of every file as far as one of the quarters goes."""
        return self.folder / "inventory" / f"{quarter}.parquet"
