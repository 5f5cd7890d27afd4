"""`league framework`: the rules of a release as tables, as rows for the seeds, and beside those of another release.

Belongs here: the options of its commands, how rules are printed. Does not: reading or comparing them (`audit`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.padding import Padding
from rich.table import Table

from orchestration.releases.release import Release, Row
from orchestration.terminal.arguments import ReleaseName, as_json, data_dir, release_name
from orchestration.terminal.console import Console, new_table, say_json
from orchestration.workspace.paths import SEEDS

if TYPE_CHECKING:
    from orchestration.audit.framework import Change


@click.group()
def framework() -> None:
    """The rules that a release shows, read from releases alone.

    A release is named by its folder, or by its quarter.
    """


@framework.command()
@release_name
@click.option("--metric", "metric_id", help="One metric, by its id or the id of its score.")
@as_json
@data_dir
def show(release: Release, metric_id: str | None, as_json: bool, data_dir: Path) -> None:
    """List each rule, what speaks for it and what else fits."""
    from orchestration.audit.framework import rules

    found = rules(release, metric_id)
    if as_json:
        say_json(found)
    else:
        _show_rules(Console(), release, found)


@framework.command(name="propose")
@release_name
@data_dir
def propose_command(release: Release, data_dir: Path) -> None:
    """Print rows for the seeds as a diff; nothing is written.

    Review it, then apply it in the checkout with: patch -p1
    """
    from orchestration.audit.proposal import propose

    proposal = propose(release)
    diff = proposal.diff(SEEDS)
    errors = Console(stderr=True)
    for note in proposal.notes:
        errors.say(f"to decide: {note}", style="yellow")
    if not diff:
        errors.say(f"{release}: the seeds say all that it shows")
    click.echo(diff, nl=False)


@framework.command(name="compare")
@click.argument("before", type=ReleaseName())
@click.argument("after", type=ReleaseName())
@as_json
@data_dir
def compare_command(before: Release, after: Release, as_json: bool, data_dir: Path) -> None:
    """Say which rules changed between two releases or years."""
    from orchestration.audit.framework import compare

    found = compare(before, after)
    if as_json:
        say_json([asdict(change) for change in found])
    else:
        _show_changes(Console(), before, after, found)


INDENT, WIDTHS = 2, (16, 31, 12, 7, 8)  # 80 columns with a blank between


def _show_rules(console: Console, release: Release, found: list[Row]) -> None:
    console.say(f"{release}: {release.standing()}")
    for league, of_league in groupby(found, key=lambda row: row["league"]):
        rows = list(of_league)
        console.say(f"\n{release.marked(league)}, {release.quarter}", style="bold")
        console.say(f"read from {', '.join(rows[0]['files'])}", style="dim")
        _print(console, _lines([("rule", "what the release shows", "label", "fits", "foretold")]), INDENT, "dim")
        for subject, of_subject in groupby(rows, key=lambda row: row["subject"]):
            told = list(of_subject)
            metric_id, title = told[0]["metric_id"], told[0]["title"]
            about = f"{metric_id}  {title or ''}  (score {subject})" if metric_id else subject
            console.print(about, style="bold", highlight=False)
            _print(console, _lines(_told(row) for row in told), INDENT)
    console.print(
        "\ndiscovered: the release says so, where no seed does or the seed is wrong. Any other label is that of the"
        " seed, which stands below where it is written otherwise.\n"
        "fits: published figures that come out by the rule, of all that it is about.\n"
        "foretold: organisations whose figure the rule gives when it is read from the others alone, of those tried.",
        highlight=False,
    )


def _lines(rows: Iterable[tuple[str, ...]], widths: tuple[int, ...] = WIDTHS) -> Table:
    table = new_table(box=None, show_header=False)
    for place, width in enumerate(widths):
        table.add_column(width=width, overflow="fold", justify="right" if place > 2 else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _print(console: Console, table: Table, indent: int = 0, style: str = "") -> None:
    """Prints a table with its own widths where a line has room for them."""
    if indent + sum(column.width or 0 for column in table.columns) + len(table.columns) - 1 <= console.width:
        console.print(Padding(table, (0, 0, 0, indent)), highlight=False, style=style)
    else:
        for column in table.columns:
            column.width = None
        console.table(table)


def _told(row: Row) -> tuple[str, ...]:
    cells, tried = row["cells_explained"] + row["cells_unexplained"], row["leave_one_out_of"]
    shown = [row["found"]]
    if row["seeded"] and not _same(row["seeded"], row["found"]):
        shown.append(f"seeds: {row['seeded']}")
    if row["alternatives"]:
        shown.append(f"or: {row['alternatives']}")
    foretold = f"{row['leave_one_out_agrees']}/{tried}" if tried else ""
    return row["rule"], "\n".join(shown), row["label"], f"{row['cells_explained']}/{cells}", foretold


def _same(seeded: str, found: str) -> bool:
    """Whether a seed and a finding are written alike, but for zeros at the end of decimals and what explains them."""
    from orchestration.audit.framework import plain

    try:
        return plain(Decimal(seeded)) == found.partition(",")[0]
    except InvalidOperation:
        return found == seeded or found.startswith(f"{seeded} ")


def _show_changes(console: Console, before: Release, after: Release, changes: list[Change]) -> None:
    for release in (before, after):
        console.say(f"{release}: {release.standing()}")
    for league, of_league in groupby(changes, key=lambda change: change.league):
        console.say(f"\n{league}", style="bold")
        told = list(of_league)
        for release, side in ((after, "after"), (before, "before")):
            only = [(one.about, getattr(one, side)) for one in told if not one.rule and getattr(one, side)]
            if only:
                console.say(f"only in {release.quarter}")
                _print(console, _lines(only, (17, 62)))
        _show_changed(console, before, after, [change for change in told if change.rule])
    if not changes:
        console.say("No rule changed: each that the one shows fits the other.")


def _show_changed(console: Console, before: Release, after: Release, changes: list[Change]) -> None:
    if not changes:
        return
    table = new_table()
    table.add_column("about", width=14, overflow="fold")
    table.add_column("rule", width=15, overflow="fold")
    for release in (before, after):
        table.add_column(release.quarter, overflow="fold")
    for about, of_it in groupby(changes, key=lambda change: change.about):
        for number, change in enumerate(of_it):
            table.add_row("" if number else about, change.rule, change.before or "none", change.after or "none")
    _print(console, table)
