"""A release: one folder with the tables of one quarter and everything that describes them.

Belongs here: reading a release, telling whether it is intact, its state. Does not: which releases there are, approving
and withdrawing (`shelf.py`), the record of that (`decisions.py`), making one (`publish.py`, `describe.py`). Pandas and
DuckDB are imported by who reads a table: a mistyped command is answered before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.releases.decisions import APPROVED, CANDIDATE, REINSTATED, WITHDRAWN, Record
from orchestration.text import in_sql
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Workspace

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from pydantic import BaseModel

EARLIEST_CONTRACT = (2, 3)  # before it, no table has the organisations of every league
FICTIONAL = "FICTIONAL: "  # how every title and state of a release starts that is made from `league sample`
EXPERIMENTAL = "EXPERIMENTAL: "  # and of one that is scored under rules which were not in force
PACKAGE, CHECKS, OPENLINEAGE = "datapackage.json", "checks.json", "openlineage.ndjson"

Row = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A release folder and its descriptor, which is not in the folder yet while the release is being made."""

    folder: Path
    package: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Release:
        """Reads the descriptor. Raises LeagueError where the folder holds none, or one that says too little."""
        from orchestration.releases.descriptor import Descriptor  # pydantic takes a fifth of a second

        path = folder / PACKAGE
        if not path.is_file():
            raise LeagueError(f"{folder} is no release: it holds no {PACKAGE}")
        return cls(folder, _read_json(path, Descriptor))

    def __str__(self) -> str:
        return str(self.folder)

    # What it says of itself

    @property
    def version(self) -> int:
        return int(self.package["version"])

    @property
    def synthetic(self) -> bool:
        """Tells whether it is made from the fictional files of `league sample`."""
        return bool(self.package.get("synthetic", False))

    @property
    def framework(self) -> str | None:
        """Of a rescore the framework whose rules it is scored under, though they were not in force."""
        return self.package.get("rescored_under")

    def marked(self, title: str) -> str:
        """Puts FICTIONAL and EXPERIMENTAL before a title where the release is."""
        return mark(self.synthetic, self.framework) + title

    @property
    def rules(self) -> dict[str, str]:
        """The sha256 of every rule file, and of the code."""
        return {**self.package["rules"], "orchestration": self.package["code_sha256"]}

    @property
    def sources(self) -> dict[str, Row]:
        """What the descriptor says of each file in use, by its sha256."""
        return {source["sha256"]: source for source in self.package["sources"]}

    @property
    def tables(self) -> dict[str, Row]:
        """What the descriptor says of each table, by the file that holds it: a table's own name may lead elsewhere."""
        found = (resource for resource in self.package["resources"] if resource["type"] == "table")
        return {resource["path"].removesuffix(".csv"): resource for resource in found}

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns of each table."""
        return {name: [field["name"] for field in table["schema"]["fields"]] for name, table in self.tables.items()}

    @cached_property
    def checks(self) -> dict[str, Any]:
        """`checks.json`: the quarter, every check, waivers, evidence and the inventory of files."""
        from orchestration.releases.descriptor import Checks

        return _read_json(self.folder / CHECKS, Checks)

    @property
    def quarter(self) -> str:
        return str(self.checks["quarter"])

    @property
    def since(self) -> str | None:
        """Of a series the first quarter that it has months of; it ends with its quarter."""
        return self.checks.get("since") if (self.folder / CHECKS).is_file() else None

    def shelf(self, workspace: Workspace) -> Path:
        """Where a data folder has the versions of what it is."""
        since = Quarter(self.since) if self.since else None
        return workspace.build(self.quarter, since=since, framework=self.framework).releases(self.quarter)

    def inventory(self) -> pd.DataFrame:
        """The inventory that the release was built from, with the columns of `sources.inventory`."""
        import pandas as pd

        from orchestration.sources import inventory

        return pd.DataFrame(self.checks["files"], columns=inventory.COLUMNS)

    def files_in_use(self) -> pd.DataFrame:
        """The rows of the inventory for files in use: one per file and subject."""
        files = self.inventory()
        return files[files["status"] == "used"]

    # Its tables

    def table(self, name: str) -> pd.DataFrame:
        """A table as a DataFrame."""
        import pandas as pd

        return pd.read_parquet(self._path(name))

    def rows(self, name: str, first: int | None = None, /, **equal: object) -> list[Row]:
        """The rows of a table that have these values, or the `first` of them, in its published order; decimals stay
        exact."""
        found = self._connection.execute(self._query(name, equal) + (f" limit {first}" if first else ""), equal)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def count(self, name: str, **equal: object) -> int:
        """How many rows of a table have these values."""
        ((number,),) = self._connection.execute(f"select count(*) {self._query(name, equal)}", equal).fetchall()
        return int(number)

    def _query(self, name: str, equal: dict[str, object]) -> str:
        where = "".join(f" and {column} = ${column}" for column in equal)
        return f"from {in_sql(self._path(name))} where true{where}"

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        return duckdb.connect(config={"threads": 1})

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def table_hashes(self) -> dict[str, str]:
        """The sha256 of every table, by file name; two releases with equal ones have the same content."""
        return table_hashes(self.folder)

    def content_sha256(self) -> str:
        """One hash of all tables."""
        return hashlib.sha256(json.dumps(self.table_hashes(), sort_keys=True).encode()).hexdigest()

    @property
    def warnings(self) -> list[Row]:
        """The checks that failed and shut no gate: what an analyst must know before passing the tables on."""
        return [check for check in self.checks["checks"] if not check["passed"]]

    # Whether it can be relied on

    def damage(self) -> Iterator[str]:
        """Names the files that were changed, are missing, or are unknown to the descriptor."""
        described = {resource["path"]: resource for resource in self.package["resources"]}
        there = {path.name for path in self.folder.iterdir()} - {PACKAGE}
        yield from (f"{name} is missing" for name in sorted(set(described) - there))
        yield from (f"{name} is not part of the release" for name in sorted(there - set(described)))
        for name in sorted(there & set(described)):
            if f"sha256:{sha256_of_file(self.folder / name)}" != described[name]["hash"]:
                yield f"{name} was changed: it has another sha256 than {PACKAGE} says"

    def is_current(self) -> bool:
        """Tells whether it has all the tables and columns that we trace and compare today."""
        return tuple(int(part) for part in self.package["contract_version"].split(".")) >= EARLIEST_CONTRACT

    def require_intact(self) -> None:
        """Raises LeagueError where the release is of an earlier contract or damaged: it cannot be traced or
        compared then."""
        if not self.is_current():
            raise LeagueError(
                f"{self} is of contract {self.package['contract_version']}, which does not say what its ranks were made"
                " from: build the quarter again"
            )
        if found := list(self.damage()):
            raise LeagueError(f"{self} is damaged\n" + "\n".join(found))

    def state(self) -> tuple[str, str]:
        """Returns candidate, approved or withdrawn, and by whom, when or why. An approval holds for the bytes it was
        given for. Raises LeagueError where the record of decisions was changed."""
        decisions = self.record().decisions
        if not decisions:
            return CANDIDATE, "nobody has approved it" if not self.framework else self.package["description"]
        last = decisions[-1]
        if last.state == WITHDRAWN:
            return WITHDRAWN, f"{last.text} ({last.when})"
        if last.state == REINSTATED:
            return CANDIDATE, f"reinstated: {last.text} ({last.when})"
        if last.package_sha256 != self.package_sha256() or any(self.damage()):
            return CANDIDATE, f"{last.text} approved other bytes on {last.when}"
        return APPROVED, f"{last.text}, {last.when}"

    def standing(self) -> str:
        """Its state as one line for people, which says FICTIONAL and EXPERIMENTAL first where it is."""
        return self.marked(": ".join(self.state()))

    def record(self) -> Record:
        """What people decided on the release. Raises LeagueError where the record was changed."""
        return Record(self.folder)

    def package_sha256(self) -> str:
        """The sha256 of the descriptor as it is on disk."""
        return sha256_of_file(self.folder / PACKAGE)


def mark(synthetic: bool, framework: str | None) -> str:
    """What stands before every title of a release that is fictional or scored under other rules than its own."""
    return (FICTIONAL if synthetic else "") + (EXPERIMENTAL if framework else "")


def table_hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every table in a folder that is a release, or is going to be one."""
    return {path.name: sha256_of_file(path) for path in sorted(folder.glob("*.parquet"))}


def came(source: Row) -> str:
    """The day of a file in use, for people: a file without a URL was put into the folder by somebody, on a day that we
    do not know."""
    return f"{'retrieved' if str(source['url']).startswith('http') else 'first seen'} {source['retrieved']}"


def _read_json(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """Reads a file as it is. Raises LeagueError where it lacks what the model has."""
    from orchestration.yaml_files import parse

    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LeagueError(f"{path} is damaged: it is not JSON: {error}") from None
    parse(model, found, f"{path} is damaged")
    return found
