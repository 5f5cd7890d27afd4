"""The doctor's findings as a table on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.operations.doctor import ERROR, OK, WARNING, Finding
from orchestration.terminal.console import Console, say_json

STYLES = {OK: "", WARNING: "yellow", ERROR: "bold red"}


def show(console: Console, findings: Iterable[Finding], as_json: bool) -> bool:
    """Prints all findings; true where none is an error."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("area", "state", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    found = list(findings)
    if as_json:
        say_json([asdict(one) for one in found])
        return all(one.state != ERROR for one in found)
    for one in found:
        table.add_row(one.area, one.state, one.found, one.to_do, style=STYLES[one.state])
    console.table(table)
    return all(one.state != ERROR for one in found)
