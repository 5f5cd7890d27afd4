"""What was fetched as a table on a terminal, and the reasons of what was not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.sources.descriptions import known_sources
from orchestration.sources.fetch import Fetched
from orchestration.terminal.console import Console, say_json


def show(console: Console, results: Iterator[Fetched], as_json: bool) -> bool:
    """Prints all results when the last is there, and a line as each comes: publishers that do not answer take minutes.
    True where nothing failed and nothing is overdue."""
    table = Table("source", "file", "outcome", "bytes", "seconds", box=SIMPLE_HEAD)
    found: list[Fetched] = []
    beside = Console(stderr=True)  # what a program reads is on the other
    with beside.status("fetching", spinner="line"):
        for one in results:
            beside.say(f"{one.source_id}: {one.outcome}, {one.file}", style="dim")
            table.add_row(one.source_id, one.file, one.outcome, f"{one.bytes:,}", f"{one.seconds:.1f}")
            found.append(one)
    by_hand = [source.id for source in known_sources().values() if not (source.fetch or source.retired)]
    if as_json:
        say_json({"files": [asdict(one) for one in found], "by_hand": by_hand})
    else:
        console.table(table)
        for one in found:
            if one.problem:
                console.say(one.problem, style="red" if one.failed else "yellow")
        console.say(f"Never fetched, to be put into the folder by hand: {', '.join(by_hand)}")
    return not any(one.failed for one in found)
