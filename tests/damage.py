"""Damage to the files of a quarter: what can be done to one, and reading a damaged folder as a build does.

Does not belong here: which damage is tried, and what must be said of it."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import survey
from orchestration.sources.landing import land, take_in, write_parquet
from orchestration.workspace.paths import Build

NOF = "nof/2025-09/nhs-oversight-framework"
ACUTE, ACUTE_TABLE = f"{NOF}-acute-trust-data.csv", f"{NOF}-acute-trust-league-table.csv"
AMBULANCE, AMBULANCE_TABLE = f"{NOF}-ambulance-trust-data.csv", f"{NOF}-ambulance-trust-league-table.csv"
COMMUNITY, COMMUNITY_TABLE = (
    f"{NOF}-non-acute-hospital-trust-data.csv",
    f"{NOF}-non-acute-hospital-trust-league-table.csv",
)
ETR, TRUSTS, LOOKUP = "ods/etr.csv", "ods/trusts_2026-08.csv", "ods/SICBL26_ICB26_NHSER26_lookup.csv"

Damage = Callable[[Path], "dict[str, Any] | None"]


class Table:
    """A CSV file as rows; row 1 of the file is `rows[0]`. Saving breaks the hard link to the good file."""

    def __init__(self, folder: Path, file: str) -> None:
        self.path = folder / file
        text = self.path.read_bytes().decode("utf-8-sig")
        self.rows = list(csv.reader(io.StringIO(text, newline="")))

    def at(self, column: str | int) -> int:
        return column - 1 if isinstance(column, int) else self.rows[0].index(column)

    def find(self, **where: str) -> list[int]:
        """File rows (from 1) with these values."""
        wanted = {self.at(column): value for column, value in where.items()}
        return [n for n, row in enumerate(self.rows, start=1) if all(row[at] == v for at, v in wanted.items())]

    def save(self) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(self.rows)
        replace(self.path, text.getvalue().encode("utf-8-sig"))


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def raw(file: str, change: Callable[[bytes], bytes], **place: Any) -> Damage:
    def damage(folder: Path) -> dict[str, Any]:
        replace(folder / file, change((folder / file).read_bytes()))
        return place

    return damage


def table(file: str, change: Callable[[Table], dict[str, Any] | None]) -> Damage:
    def damage(folder: Path) -> dict[str, Any] | None:
        rows = Table(folder, file)
        place = change(rows)
        rows.save()
        return place

    return damage


def cell(file: str, column: str | int, value: str, row: int | None = None, **where: str) -> Damage:
    """Another value in one cell: that of a row, or of the first row that has these values."""

    def change(rows: Table) -> dict[str, Any]:
        found = row or rows.find(**where)[0]
        rows.rows[found - 1][rows.at(column)] = value
        code = rows.rows[found - 1][rows.at("Trust_code")] if file.startswith("nof") else ""
        return {"row": found, "code": code, **dict.fromkeys(where.values(), found)}

    return table(file, change)


def everywhere(file: str, column: str, old: str, new: str) -> Damage:
    def change(rows: Table) -> None:
        for found in rows.find(**{column: old}):
            rows.rows[found - 1][rows.at(column)] = new

    return table(file, change)


def heading(file: str, column: str, new: str) -> Damage:
    return table(file, lambda rows: rows.rows[0].__setitem__(rows.at(column), new))


def without_column(file: str, column: str) -> Damage:
    def change(rows: Table) -> None:
        at = rows.at(column)
        rows.rows = [[*row[:at], *row[at + 1 :]] for row in rows.rows]

    return table(file, change)


def with_column(file: str, name: str) -> Damage:
    return table(file, lambda rows: [row.append(name if n == 0 else "x") for n, row in enumerate(rows.rows)] and None)


def without_rows(file: str, **where: str) -> Damage:
    def change(rows: Table) -> None:
        gone = set(rows.find(**where))
        assert gone
        rows.rows = [row for n, row in enumerate(rows.rows, start=1) if n not in gone]

    return table(file, change)


def again(file: str, row: int, **changed: str) -> Damage:
    """A row once more at the end of the file, with other values in some columns."""

    def change(rows: Table) -> dict[str, Any]:
        copy = list(rows.rows[row - 1])
        for column, value in changed.items():
            copy[rows.at(column)] = value
        rows.rows.append(copy)
        return {"row": row, "last": len(rows.rows)}

    return table(file, change)


def only_trusts(count: int) -> Damage:
    """Whole trusts are missing from both acute files, cut and put right again by hand: ranks have no gaps."""

    def damage(folder: Path) -> None:
        kept = sorted({row[3] for row in Table(folder, ACUTE).rows[1:]})[:count]
        for file in (ACUTE, ACUTE_TABLE):
            rows = Table(folder, file)
            code, rank = rows.at("Trust_code"), rows.at("Rank")
            rows.rows = [rows.rows[0], *[row for row in rows.rows[1:] if row[code] in kept]]
            places: dict[str, list[float]] = {}
            ranked = [(row, row[rows.at("Metric_ID")] if file == ACUTE else "") for row in rows.rows[1:] if row[rank]]
            for row, metric in ranked:
                places.setdefault(metric, []).append(float(row[rank]))
            for row, metric in ranked:
                row[rank] = str(1 + sum(place < float(row[rank]) for place in places[metric]))
            rows.save()

    return damage


def both(*damages: Damage) -> Damage:
    def damage(folder: Path) -> dict[str, Any]:
        return {key: value for one in damages for key, value in (one(folder) or {}).items()}

    return damage


def remove(*files: str) -> Damage:
    return lambda folder: [(folder / file).unlink() for file in files] and None


def in_another_league(folder: Path) -> None:
    """All rows of a community trust are in the ambulance file too."""
    community, ambulance = Table(folder, COMMUNITY), Table(folder, AMBULANCE)
    for found in community.find(Trust_code="ZA2"):
        row = list(community.rows[found - 1])
        row[community.at("Trust_type")] = "Ambulance trust"
        ambulance.rows.append(row)
    ambulance.save()


def second_file(folder: Path) -> None:
    content = (folder / AMBULANCE).read_bytes()
    (folder / "nof" / "copy of ambulance data.csv").write_bytes(content.replace(b"35.18", b"35.19", 1))


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        lines = content.split(b"\r\n")
        lines[number - 1] = change(lines[number - 1])
        return b"\r\n".join(lines)

    return changed


@dataclass(frozen=True)
class Case:
    """A damage and what the message must say; {row} and the like come from the damage."""

    name: str
    damage: Damage
    says: tuple[str, ...]


def broken(file: str, *says: str) -> tuple[str, ...]:
    """What a file that cannot be read is refused with."""
    return (f"{file}, {says[0]}", *says[1:])


def at(file: str, column: str, found: str, row: str = "{row}") -> str:
    """What a land gate says of a cell."""
    return f"{file}, row {row}, column {column}: found {found}"


def damaged(case: Case, good: Path, folder: Path) -> tuple[str, ...]:
    """Copies a good folder of extracts and damages it; returns what must be said."""
    shutil.copytree(good, folder, copy_function=os.link)
    place = case.damage(folder) or {}
    return tuple(says.format(**place) for says in case.says)


def read(extracts: Path, build: Build) -> set[str]:
    """Surveys, stores and lands a folder; returns the sources that it has. Raises LeagueError as a build would."""
    inventory = take_in(survey(extracts), build.quarters[0], build.workspace)
    write_parquet(inventory, build.parquet("files"))
    used = {*inventory.loc[inventory["status"] == "used", "source_id"]}
    for source_id in sorted(used):
        land(known_sources()[source_id], inventory, build)
    return used


def assert_said(message: str, says: tuple[str, ...]) -> None:
    unsaid = [text for text in says if text not in message]
    unsaid += [f"no {noise!r}" for noise in ("Stack Trace", "Traceback", "\n  None") if noise in message]
    assert unsaid == [], message
