"""What was fetched as a table on a terminal, and the reasons of what was not."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.sources.descriptions import known_sources
from orchestration.sources.fetch import Fetched
from orchestration.terminal.console import Console


def show(console: Console, results: Iterator[Fetched]) -> bool:
    """Prints all results when the last is there; true where nothing failed and nothing is overdue."""
    table = Table("source", "file", "outcome", "bytes", "seconds", box=SIMPLE_HEAD)
    told: list[Fetched] = []
    with Console(stderr=True).status("fetching") as status:
        for one in results:
            status.update(f"fetching: {one.source_id}")
            table.add_row(one.source_id, one.file, one.outcome, f"{one.bytes:,}", f"{one.seconds:.1f}")
            told += [one] if one.problem else []
    console.print(table)
    for one in told:
        style = "red" if one.failed else "yellow"
        console.print(str(one.problem), markup=False, highlight=False, soft_wrap=True, style=style)
    by_hand = [source.id for source in known_sources().values() if not (source.fetch or source.retired)]
    console.print(f"Never fetched, to be put into the folder by hand: {', '.join(by_hand)}", soft_wrap=True)
    return not any(one.failed for one in told)
