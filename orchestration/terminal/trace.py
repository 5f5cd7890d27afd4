"""A trace as tables on a terminal: what `audit/trace.py` found, with the files numbered as footnotes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.table import Table

from orchestration.releases.release import came
from orchestration.terminal.console import Console, new_table
from orchestration.text import IN_NAMES, visible

Row = dict[str, Any]
SHOWN = 20  # parts and rows of a metric; `--json` has all
SAME_SIDE = "Where a metric has a standard or a floor, only those on the same side of it are ranked together."


class Footnotes:
    """Numbers for the files named, in the order they are named in."""

    def __init__(self, files: dict[str, Row]) -> None:
        self._files = files
        self._numbers: dict[str, int] = {}

    def place(self, row: Row, number: str = "source_row") -> str:
        """`[1] sheet, row 7`, or nothing where there is no row."""
        if row.get("source_sha256") is None or row.get(number) is None:
            return ""
        member = f"{row['source_member']}, " if row["source_member"] else ""
        return f"{self.mark(row['source_sha256'])} {member}row {row[number]}"

    def mark(self, sha256: str) -> str:
        return f"[{self._numbers.setdefault(sha256, len(self._numbers) + 1)}]"

    def print(self, console: Console) -> None:
        for sha256 in self._numbers:
            file = self._files[sha256]
            console.say(
                f"{self.mark(sha256)} {file['file_name']}: {file['title']}, {file['publisher']}, {file['path']}"
            )
            console.say(f"    URL {file['url']}")
            console.say(f"    sha256 {sha256}, {file['bytes']} bytes, {file['maturity']}, {came(file)}")


def show(console: Console, traced: Row) -> None:
    """Prints a trace."""
    notes = Footnotes(traced["files"])
    console.say(f"{traced['release']}: {traced['state']}")
    tables = traced.get("tables", {})
    for placing in traced.get("placings", []):
        _show_placing(console, placing, tables, notes)
    if "rows" in traced:
        for metric in traced["metrics"]:
            _show_metric(console, metric, notes)
        _show_rows(console, traced["rows"], notes)
    elif traced["metrics"]:
        _show_metrics(console, traced["metrics"], notes)
        _show_official(console, tables.get("reconciliation", []), notes)
        _show_organisation(console, tables.get("organisation_sources", []), notes)
    else:
        _show_league(console, tables)
        for sha256 in traced["files"]:
            notes.mark(sha256)
    notes.print(console)


def _show_placing(console: Console, placing: Row, tables: dict[str, list[Row]], notes: Footnotes) -> None:
    who = f"{placing['organisation_code']} {placing['organisation_name']}"
    title = f"{visible(who, IN_NAMES)}: {placing['league_title']}, {placing['quarter']}"
    table = _table(title, ("figure", "", "how it comes about"))
    if placing["rank"] is None:
        table.add_row("rank", "-", _text(placing["not_ranked_reason"]))
        console.table(table)
        return
    flags = [row for row in tables.get("reconciliation", []) if row["measure"] == "financial_override"]
    flags = flags if placing["financial_override"] is not None else []
    of = f"of {placing['members_ranked']}; {placing['members_before']} come before it by segment, then average score"
    table.add_row("rank", _text(placing["rank"]), of)
    if placing["rank_low"] is not None:
        how = "draws of its metrics, seeded: league verify makes them again"
        table.add_row("likely range", f"{placing['rank_low']} to {placing['rank_high']}", how)
    override = _text(placing["financial_override"]) or "none"
    how = f"{placing['segment_unadjusted']} before the override; financial override {override}"
    table.add_row("segment", _text(placing["segment"]), " ".join([how, *map(notes.place, flags)]))
    cuts = placing["cut_points"]
    labels = ", ".join(sorted({f"{cut['cut_point_basis']} ({cut['label']})" for cut in cuts}))
    table.add_row("cut points", " ".join(_text(cut["cut_point"]) for cut in cuts), labels)
    how = f"{placing['weighted_scores']:.6f} / {placing['weights']:.6f}: weighted mean of the scores counted below"
    table.add_row("average score", _text(placing["average_score"]), how)
    if placing["previous_rank"] is not None:
        marks = " ".join(map(notes.mark, placing["previous_files"]))
        table.add_row("previous rank", _text(placing["previous_rank"]), f"worked out in the same build from {marks}")
    console.table(table)


def _show_metrics(console: Console, metrics: list[Row], notes: Footnotes) -> None:
    headings = ("metric", "basis", "value", "rank in population", "score", "basis", "weight", "label")
    table = _table("Metrics", (*headings, "where it was read"), ("value", "score", "weight"))
    several = False
    for metric in metrics:
        score = metric["score"] or {}
        place = f"{score.get('rank_in_population')} of {score.get('population_size')}"
        several = several or bool(score.get("other_sizes_that_fit"))
        place += "*" if score.get("other_sizes_that_fit") else ""
        table.add_row(
            " ".join(filter(None, [metric["metric_id"], metric["title"]])),
            metric["value_basis"],
            f"{_text(metric['value'])} {metric['unit']}" if metric["value"] is not None else metric["status"],
            f"{place}, {_words(score['population'])}" if score.get("rank_in_population") else "",
            _text(score.get("score")),
            _text(score.get("score_basis")),
            _text(score["weight"]) if score.get("counted") else "-",
            _text(score.get("label")),
            _read_at(metric, notes),
        )
    console.table(table)
    if any((metric["score"] or {}).get("rank_in_population") for metric in metrics):
        console.say(SAME_SIDE)
    if several:
        console.say(
            "* recovered from the published scores: other sizes fit them as well (--metric ID lists them). The rank in"
            " the population is ours; `metric_rank` below is the rank that NHS England published."
        )


def _read_at(metric: Row, notes: Footnotes) -> str:
    """A published value and score by their rows; of a computed one the files and how many rows of each."""
    if metric["value_basis"] == "published":
        value, score = notes.place(metric), notes.place(metric, "published_score_row")
        return f"{value}; score row {metric['published_score_row']}" if score and score != value else value
    found = [f"{notes.mark(s['source_sha256'])} {s['period']} {_rows_of(s['rows_counted'])}" for s in metric["sources"]]
    return "; ".join(found) if len(found) < 5 else f"{len(found)} sums of rows: --metric {metric['metric_id']}"


def _rows_of(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _show_official(console: Console, rows: list[Row], notes: Footnotes) -> None:
    if not rows:
        return
    headings = ("measure", "metric", "official", "ours", "status", "where it was read")
    table = _table("Official figures", headings, ("official", "ours"))
    for row in rows:
        table.add_row(
            row["measure"],
            row["metric_id"],
            _text(row["published"]),
            _text(row["computed"]),
            row["status"],
            notes.place(row),
        )
    console.table(table)


def _show_organisation(console: Console, rows: list[Row], notes: Footnotes) -> None:
    table = _table("Who it is", ("attribute", "value", "where it was read"))
    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        said.setdefault((row["attribute"], row["value"]), []).append(notes.place(row))
    for (attribute, value), places in said.items():
        table.add_row(attribute, _text(value), "; ".join(places))
    console.table(table)


def _show_metric(console: Console, metric: Row, notes: Footnotes) -> None:
    title = " ".join(filter(None, [metric["metric_id"], metric["title"]]))
    table = _table(f"{title}, {metric['value_basis']}", ("figure", ""))
    score = metric["score"] or {}
    for name in ("numerator", "denominator", "value", "unit", "reporting_date", "status", "status_reason"):
        if metric[name] is not None:
            table.add_row(name.replace("_", " "), _text(metric[name]))
    for name in (
        "population",
        "population_size",
        "other_sizes_that_fit",
        "rank_in_population",
        "score",
        "score_basis",
        "weight",
        "label",
    ):
        if score.get(name) is not None:
            table.add_row(name.replace("_", " "), _words(score[name]))
    if pair := score.get("looked_up_from"):
        table.add_row("looked up from", " and ".join(f"{metric} (score {_text(one)})" for metric, one in pair.items()))
    console.table(table)
    if score.get("rank_in_population"):
        console.say(SAME_SIDE)
    if metric["parts"]:
        title = f"Parts: {_rows_of(len(metric['parts']))}, whose sums are numerator and denominator"
        headings = ("month", "code in file", "numerator", "denominator", "where it was read")
        parts = _table(title, headings, ("numerator", "denominator"))
        for part in metric["parts"][:SHOWN]:
            parts.add_row(
                f"{part['month']:%Y-%m}",
                part["code_in_file"],
                _text(part["numerator"]),
                _text(part["denominator"]),
                notes.place(part),
            )
        console.table(parts)
        _say_how_many_more(console, len(metric["parts"]))


def _show_rows(console: Console, rows: list[Row], notes: Footnotes) -> None:
    """Rows as they stand in the file; headings of cells that hold nothing are left out."""
    table = _table("The rows, read again from the stored files", ("row", "cells"))
    for row in rows[:SHOWN]:
        cells = " | ".join(f"{heading}: {text}" for heading, text in row["cells"].items() if text)
        table.add_row(notes.place(row), _text(cells))
    console.table(table)
    _say_how_many_more(console, len(rows))


def _say_how_many_more(console: Console, count: int) -> None:
    if count > SHOWN:
        console.say(f"{count - SHOWN} more: --json", style="dim")


def _show_league(console: Console, tables: dict[str, list[Row]]) -> None:
    """Every table that is about a league, without columns that hold nothing; `--json` has all rows."""
    for name, rows in tables.items():
        filled = [column for column in rows[0] if any(row[column] is not None for row in rows)]
        table = _table(name, tuple(column.replace("_", " ") for column in filled))
        for row in rows[:SHOWN]:
            table.add_row(*(_text(row[column]) for column in filled))
        console.table(table)
        _say_how_many_more(console, len(rows))


def _table(title: str, left: tuple[str, ...], right: tuple[str, ...] = ()) -> Table:
    """A table under its title; columns in `right` are numbers."""
    table = new_table(title=title)
    for heading in left:
        table.add_column(heading, overflow="fold", justify="right" if heading in right else "left")
    return table


def _words(value: Any) -> str:
    """A name of the rules as words, which a line may be broken between."""
    return _text(value).replace("_", " ")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):  # a whole number as one, else two decimals at least
        whole, _, decimals = f"{value:f}".partition(".")
        decimals = decimals.rstrip("0")
        return f"{whole}.{decimals:0<2}" if decimals else whole
    return visible(str(value), IN_NAMES)  # of a cell: a line break in it would look like a line of ours
