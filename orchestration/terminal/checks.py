"""Checks on a terminal: what came of those of a quarter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.quality.checks import NOT_RUN, Check
from orchestration.terminal.console import Console


def show_checks(console: Console, quarter: str, checks: Sequence[Check], every: bool) -> None:
    """Prints those that warned, or with `every` all, and counts them by what came of them."""
    if every:
        table = Table("check", "severity", "result", box=SIMPLE_HEAD)
        for found in checks:
            table.add_row(found.id, found.severity, "FAILED" if found.result == "failed" else found.result)
        console.table(table)
    say_what_warned(console, checks)
    results = Counter(found.result for found in checks)
    if checks:
        counts = "".join(
            f", {results[name]} {name}" for name in ("passed", "warned", "waived", "failed") if results[name]
        )
        left = f"; {results[NOT_RUN]} not run, because one before them failed" if results[NOT_RUN] else ""
        console.say(f"{quarter}: {len(checks) - results[NOT_RUN]} checks made{counts}{left}")


def say_what_warned(console: Console, checks: Sequence[Check]) -> None:
    """Prints the checks that failed and shut no gate."""
    for found in checks:
        if found.warns:
            console.say(f"warning: {found}", style="yellow")
