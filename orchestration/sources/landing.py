"""Landing: the files in use of one source become a table of text, a Parquet file each, each row with where it came
from. What was landed before is remembered."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration import second_process
from orchestration.quarters import Quarter, needed, require_known_quarter
from orchestration.sources.archives import open_file
from orchestration.sources.contents import readers_sha256
from orchestration.sources.csv_files import national_batches
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.fictional import all_fictional, is_fictional
from orchestration.sources.inventory import Survey, competing_files, take_inventory
from orchestration.sources.lock import changing, refuse_a_day_too_early
from orchestration.sources.recognise import Subject, named, read_rows
from orchestration.sources.store import Store
from orchestration.workspace.files import sha256_of_file, write_atomically, written_beside
from orchestration.workspace.paths import Build, Workspace

PREVIEW_ROWS = 10
ROW_GROUP = 25_000  # rows: a block of 2 MB, 4,500 rows, is slower to write and read; 100,000 held 0.1 GB more (2026-11)


@dataclass(frozen=True)
class Landed:
    """What was landed of a source: how many rows, of which files, and the first of the first file."""

    rows: int
    sha256: list[str]
    preview: pd.DataFrame


class InUse(NamedTuple):
    """A file to land, as the inventory has it."""

    file_name: str
    source_sha256: str
    source_member: str | None
    period: str | None


def take_in(found: Survey, quarter: str, workspace: Workspace, reads: Sequence[Quarter] | None = None) -> pd.DataFrame:
    """The inventory of a quarter (`take_inventory`). Files not met before are entered into the lock, those in use are
    stored, and then in force. Raises LeagueError where a file changed since it was surveyed, and where the clock is
    wrong, too."""
    reads = reads or needed(require_known_quarter(quarter))
    contenders = [candidate for group in competing_files(found, reads).values() for candidate in group]
    store, today = Store(workspace), date.today()
    with changing(workspace) as lock:
        refuse_a_day_too_early(lock, today, workspace)
        for candidate in [one for one in contenders if not one.problem]:
            lock.enter(candidate.entry(lock.of_file(candidate.sha256), today.isoformat()))
        inventory = take_inventory(found, quarter, lock, reads)
        used = inventory[inventory["status"] == "used"]
        for candidate in {c.sha256: c for c in contenders if c.sha256 in set(used["source_sha256"])}.values():
            with candidate.file() as path:
                store.put(path, candidate.sha256, candidate.name)
        about = used[["source_id", "source_sha256", "quarter", "period", "part"]].astype(object)
        for source_id, sha256, *subject in about.where(about.notna(), None).itertuples(index=False):
            lock.put_in_force(source_id, Subject(*subject), sha256)
    return inventory


def is_fictional_build(build: Build) -> bool:
    """Tells by the stored files in use whether a build is of fictional ones. Raises LeagueError where it is of both."""
    files = pd.read_parquet(build.parquet("files"))
    used = files[files["status"] == "used"].drop_duplicates("source_sha256")
    store = Store(build.workspace)
    listed = used[["file_name", "source_sha256"]].itertuples(index=False)
    return all_fictional({name: is_fictional(store.path(sha256), name) for name, sha256 in listed})


class Landing:
    """The landing of a build. The largest national publication is landed in the second process, beside the others."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._begun: dict[str, Future[Landed]] = {}

    def begin(self, inventory: pd.DataFrame) -> None:
        """Begin with the national publication whose files in use have the most bytes, as published, if there is one."""
        used = inventory[inventory["status"] == "used"].drop_duplicates("source_sha256")
        sizes = used.groupby("source_id")["bytes"].sum()
        national = sizes[[known_sources()[name].national for name in sizes.index]]
        if len(national):
            largest = known_sources()[str(national.idxmax())]
            self._begun[largest.id] = second_process.begin(land, largest, inventory, self._build)

    def close(self) -> None:
        """Stop a landing that nobody asked for: the next build must not find it still running."""
        while wait(self._begun.values(), timeout=0).not_done:
            second_process.stop()  # it may only be starting
            wait(self._begun.values(), timeout=0.1)

    def land(self, source: Source) -> Landed:
        """What was landed of a source."""
        begun = self._begun.pop(source.id, None)
        return begun.result() if begun else land(source, pd.read_parquet(self._build.parquet("files")), self._build)


def land(source: Source, inventory: pd.DataFrame, build: Build) -> Landed:
    """Writes every row of every file in use, a Parquet file each; without one an empty table. What was landed before is
    not read again."""
    used = inventory[(inventory["source_id"] == source.id) & (inventory["status"] == "used")]
    listed = used.drop_duplicates("source_sha256")[list(InUse._fields)].astype(object)
    files = [InUse(*values) for values in listed.where(listed.notna(), None).itertuples(index=False)]
    for path in build.parts(source.id):
        path.unlink()
    store, before = Store(build.workspace), Before(build.workspace, source)
    for number, file in enumerate(files):
        part = build.part(source.id, number)
        stored = store.get(file.source_sha256)
        if not before.take(file, part):
            _write(source, file, stored, part)
            before.keep(file, part)
    if not files:
        write_parquet(pd.DataFrame(columns=source.landed_columns), build.parquet(source.id))
    parts = [pq.ParquetFile(path) for path in build.parts(source.id)]
    first = next(parts[0].iter_batches(PREVIEW_ROWS), None)
    return Landed(
        sum(part.metadata.num_rows for part in parts),
        sorted(file.source_sha256 for file in files),
        first.to_pandas() if first else pd.DataFrame(columns=source.landed_columns),
    )


class Before:
    """The files of a source that were landed before, in the data folder. A name has one hash of what decides the rows,
    and one of the file, by which we know that it is whole. Files landed by another version of the code are ignored.
    Without hard links nothing is kept."""

    def __init__(self, workspace: Workspace, source: Source) -> None:
        self._by_us = workspace.landed_before / readers_sha256()
        self._folder = self._by_us / source.id

    def take(self, file: InUse, part: Path) -> bool:
        """Puts a file there as it was landed before, where it was."""
        for kept in self._folder.glob(f"{self._key(file)}.*"):
            if kept.name == self._name(file, kept):
                part.parent.mkdir(parents=True, exist_ok=True)
                with suppress(OSError):  # there are no links here, or somebody has just removed it
                    os.link(kept, part)
                    return True
            kept.unlink(missing_ok=True)
        return False

    def keep(self, file: InUse, part: Path) -> None:
        """Keeps a file as it was landed, and removes what another version of the code landed."""
        for other in self._by_us.parent.glob("*"):
            if other != self._by_us:
                shutil.rmtree(other, ignore_errors=True)  # another build may be at it
        with suppress(OSError):  # there are no links here, or another build has kept it
            self._folder.mkdir(parents=True, exist_ok=True)
            os.link(part, self._folder / self._name(file, part))

    def _name(self, file: InUse, part: Path) -> str:
        return f"{self._key(file)}.{sha256_of_file(part)}"

    def _key(self, file: InUse) -> str:
        return hashlib.sha256(json.dumps(file).encode()).hexdigest()


def _write(source: Source, file: InUse, stored: Path, part: Path) -> None:
    with written_beside(part) as scratch:
        if source.national:
            _stream(source, file, stored, scratch)
        else:
            rows = read_rows(stored, file.source_member, source, file.file_name)
            rows = rows.assign(_source_sha256=file.source_sha256)[source.landed_columns]
            rows.astype("string").to_parquet(scratch, index=False)
        scratch.chmod(0o444)


def _stream(source: Source, file: InUse, stored: Path, path: Path) -> None:
    schema = pa.schema([(name, pa.string()) for name in source.landed_columns])
    group = list[pa.Table]()
    with pq.ParquetWriter(path, schema, compression="zstd", write_statistics=False) as writer:
        for batch in _batches(source, file, stored):
            group.append(pa.Table.from_batches([batch]).select(schema.names))
            if sum(map(len, group)) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(group))
                group.clear()
        if group:
            writer.write_table(pa.concat_tables(group))
    pa.default_memory_pool().release_unused()


def _batches(source: Source, file: InUse, stored: Path) -> Iterator[pa.RecordBatch]:
    assert file.period
    where = {"_source_sha256": file.source_sha256, "_source_member": file.source_member}
    with open_file(stored, file.source_member, file.file_name) as stream:
        place = named(file.file_name, file.source_member)
        for batch in national_batches(stream, source, place, file.period):
            for name, value in where.items():
                batch = batch.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(batch)))
            yield batch


def rows_read_again(source: Source, file: InUse, wanted: set[tuple[str | None, int]], store: Store) -> pd.DataFrame:
    """The rows of a stored file that are asked for by member or sheet and row, as they are landed."""
    stored = store.get(file.source_sha256)
    if source.national:
        listed = pa.array([str(row) for _, row in wanted])
        found = [b.filter(pc.is_in(b["_source_row"], value_set=listed)) for b in _batches(source, file, stored)]
        streamed: pd.DataFrame = pa.Table.from_batches(found).to_pandas()
        return streamed
    rows = read_rows(stored, file.source_member, source, file.file_name)
    members = rows["_source_member"].astype(object).where(rows["_source_member"].notna(), None)
    numbers = rows["_source_row"].astype(int)
    return rows[[place in wanted for place in zip(members, numbers, strict=True)]]


def write_parquet(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Write a frame as text. Return what was written."""
    frame = frame.astype("string")
    write_atomically(path, frame.to_parquet(index=False))
    return frame
