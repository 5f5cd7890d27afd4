"""Landing: the files in use of one source become one Parquet table of text, each row with where it came from."""

from __future__ import annotations

import pandas as pd

from orchestration.errors import LeagueError
from orchestration.sources.descriptions import Source
from orchestration.sources.inventory import Survey, read_rows
from orchestration.sources.nof import NOF_SOURCES
from orchestration.sources.store import Store, sha256_of
from orchestration.workspace import Build, write_atomically


def store_used(found: Survey, inventory: pd.DataFrame, store: Store) -> None:
    """Puts the files in use into the store. Raises LeagueError where a file changed since it was surveyed."""
    used = set(inventory.loc[inventory["status"] == "used", "source_sha256"])
    for candidate in {c.sha256: c for c in found.candidates if c.sha256 in used}.values():
        content = candidate.path.read_bytes()
        if sha256_of(content) != candidate.sha256:
            raise LeagueError(f"{candidate.name} changed while it was being read")
        store.put(content, candidate.name, candidate.source)


def land(source: Source, inventory: pd.DataFrame, build: Build) -> pd.DataFrame:
    """Writes `<landed>/<source>.parquet` with every row of every file in use; without one the table is empty."""
    store = Store(build.workspace)
    used = inventory[(inventory["source_id"] == source.id) & (inventory["status"] == "used")]
    files = used[["file_name", "source_sha256"]].drop_duplicates()
    frames = [
        read_rows(store.get(sha256), source, name).assign(_source_sha256=sha256, _source_member=None)
        for name, sha256 in files.itertuples(index=False)
    ]
    extra = ["_file_quarter"] if source.id in NOF_SOURCES else []
    columns = [c.name for c in source.columns] + extra + ["_source_sha256", "_source_member", "_source_row"]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return write_table(rows[columns], build, source.id)


def write_table(frame: pd.DataFrame, build: Build, name: str) -> pd.DataFrame:
    frame = frame.astype("string")
    write_atomically(build.parquet(name), frame.to_parquet(index=False))
    return frame
