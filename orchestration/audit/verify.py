"""Verifying a release: is it whole, and do the stored extracts give the same bytes again?

Belongs here: rebuilding in a scratch place and comparing. Does not: what a release holds and what people decided on it
(`releases/release.py`)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.releases import describe
from orchestration.releases.release import PACKAGE, Release
from orchestration.sources.store import Store
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Workspace

NAMED = 5  # differences named of each table; the count is always complete
# Builds a recorded release of a quarter again in a data folder: its folder, or the problems that stopped it.
Rebuild = Callable[[Path, Quarter, Path], Path | tuple[str, ...]]


def verify(release: Release, data_dir: Path, rebuild: Rebuild) -> list[str]:
    """Checks a release against its own descriptor, the record of decisions against itself, its rules against those
    here, its extracts against their hashes, and all its bytes against a build from the stored extracts.

    `rebuild` makes the release again. Returns every difference; none means equal.
    """
    found = [*_record_apart(release), *release.damage(), *_rules_apart(release)]
    extracts = list(_extracts_apart(release, Store(Workspace(data_dir))))
    if extracts:
        return [*found, *extracts, "not built again: an extract is not as it was"]
    with tempfile.TemporaryDirectory(prefix="league-verify-", ignore_cleanup_errors=True) as scratch:
        found += _built_again(release, data_dir, Path(scratch), rebuild)
    return list(dict.fromkeys(found))


def _record_apart(release: Release) -> Iterator[str]:
    try:
        release.record()
    except LeagueError as error:
        yield str(error)


def _rules_apart(release: Release) -> Iterator[str]:
    recorded, here = release.package["rules"], describe.rule_files()
    for name in sorted(set(recorded) | set(here)):
        if recorded.get(name) != here.get(name):
            what = "was not there" if name not in recorded else "is gone" if name not in here else "has changed since"
            yield f"rule {name} {what}"


def _extracts_apart(release: Release, store: Store) -> Iterator[str]:
    for source in release.package["sources"]:
        try:
            store.get(source["sha256"])
        except LeagueError as error:
            yield f"extract {source['file_name']}: {error}"


def _built_again(release: Release, data_dir: Path, scratch: Path, rebuild: Rebuild) -> Iterator[str]:
    """What differs when it is built again, with the version before where it stood: so that the number and what changed
    since come out the same."""
    quarter, again_in = Quarter(release.quarter), Workspace(scratch)
    releases = release.shelf(again_in)
    releases.mkdir(parents=True)
    folder = release.folder.resolve()
    before = folder.with_name(f"v{release.version - 1}")
    if release.version != 1:
        if not before.is_dir():
            yield f"{before} is not there: what changed since it cannot be made again"
            return
        (releases / before.name).symlink_to(before)
    Workspace(scratch).store.symlink_to(Workspace(data_dir.resolve()).store)
    again = rebuild(folder, quarter, scratch)
    if isinstance(again, Path):
        same = again.name != folder.name  # the version before it, found to be current
        yield from [f"built again it is the same as {again.name}"] if same else _compared(folder, again)
    else:
        yield "it does not build again: " + "; ".join(again)


def _compared(release: Path, again: Path) -> Iterator[str]:
    names = {path.name for folder in (release, again) for path in folder.iterdir()}
    for name in sorted(names):
        old, new = release / name, again / name
        if not (old.exists() and new.exists()):
            yield f"{name} is only in the {'release' if old.exists() else 'build'}"
        elif sha256_of_file(old) != sha256_of_file(new):
            yield f"{name} differs{WHERE[old.suffix](old, new) if old.suffix in WHERE else ''}"
            if name == PACKAGE:
                yield from _keys_apart(old, new)


def _of_parquet(old: Path, new: Path) -> str:
    try:
        return _cells_apart(old, new)
    except Exception as error:  # each library raises its own, some not before a cell is looked at
        return f": it cannot be read ({' '.join(str(error).split())})"


def _cells_apart(old: Path, new: Path) -> str:
    left, right = (pd.read_parquet(path).astype("string").fillna("(none)") for path in (old, new))
    if left.shape != right.shape:
        return f": {len(left)} rows and {len(left.columns)} columns, {len(right)} and {len(right.columns)} built again"
    headings = list(zip(left.columns, right.columns, strict=True))
    if other := [f"column {one!r}, {two!r} built again" for one, two in headings if one != two]:
        return f": {'; '.join(other[:NAMED])}"
    rows, columns = (left != right).to_numpy().nonzero()
    if not len(rows):
        return ": the same cells in other bytes"
    cells = [
        f"row {row + 1}, {left.columns[column]}: {left.iat[row, column]!r}, {right.iat[row, column]!r} built again"
        for row, column in zip(rows[:NAMED], columns[:NAMED], strict=True)
    ]
    return f" in {len(rows)} cells: {'; '.join(cells)}"


def _of_csv(old: Path, new: Path) -> str:
    """Bytes by lines, for a damaged file need not be CSV."""
    pairs = zip_longest(*(path.read_bytes().splitlines(keepends=True) for path in (old, new)), fillvalue=b"")
    row, pair = next((row, pair) for row, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    left, right = (line.decode(errors="backslashreplace") for line in pair)
    return f" from row {row}: {left!r}, {right!r} built again"


WHERE = {".parquet": _of_parquet, ".csv": _of_csv}


def _keys_apart(old: Path, new: Path) -> Iterator[str]:
    left, right = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
    apart = sorted(key for key in {*left, *right} - {"resources"} if left.get(key) != right.get(key))
    if apart:
        yield f"{old.name}: {', '.join(apart)} differ"
    said, again = (_said_of_files(package) for package in (left, right))
    for name in sorted({*said, *again}):
        if said.get(name) != again.get(name):
            yield f"{old.name}: what it says of {name} differs"


def _said_of_files(package: dict[str, Any]) -> dict[str, Any]:
    """The hash and the size of a file differ with the file, which is named itself."""
    apart = ("hash", "bytes")
    return {one["path"]: {key: one[key] for key in one if key not in apart} for one in package["resources"]}
