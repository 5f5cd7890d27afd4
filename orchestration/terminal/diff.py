"""What differs between two releases, as tables for a terminal.

Belongs here: columns, headings, what is left out for want of room. Does not: what differs (`releases/diff.py`)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.table import Table

from orchestration.releases.diff import VALUE, Difference
from orchestration.releases.release import Release
from orchestration.terminal.console import Console, new_table
from orchestration.text import IN_NAMES, visible

SHORT = 12  # characters of a sha256
CHANGED = " → "  # between two figures that differ


def show(console: Console, releases: tuple[Release, Release], found: Difference, rows: int) -> None:
    """Prints who is placed differently first, then why, and the files last; at most `rows` rows of what may be long, 0
    for all."""
    for release in releases:
        console.say(f"{release}: {release.standing()}")
    if len({release.quarter for release in releases}) > 1:
        console.say("Two quarters: values are of other periods. That is the cause `new quarter`, nothing was revised.")
    changes = found.changes
    ranked = changes[["rank_before", "rank_after"]].notna().any(axis=1)
    for league, of_league in changes[ranked].groupby("league"):
        console.table(_organisations(str(league), of_league, rows))
    if changes.empty:
        console.say("Every organisation is placed the same.")
    for title, (section, limit) in _sections(found, changes[~ranked], rows).items():
        if len(section):
            console.table(_table(title, section, limit))


def _sections(found: Difference, elsewhere: pd.DataFrame, rows: int) -> dict[str, tuple[pd.DataFrame, int]]:
    by_metric, scores = _by_metric(found), found.scores.dropna(subset="cause")
    unranked = elsewhere.groupby(["league", "cause"])["organisation_code"].nunique().reset_index()
    return {
        "Not ranked in either release: organisations with another reason, new or gone": (unranked, 0),
        "Cut points": (_side_by_side(found.cut_points, ["framework", "better_segment"], ["cut_point"]), 0),
        "Values that differ, and scores by cause": (by_metric, 0),
        "Scores": (_side_by_side(scores, ["organisation_code", "metric_id", "cause"], ["score_exact", "weight"]), rows),
        "Values": (_what_differs(found.values, ["organisation_code", "metric_id"], VALUE), rows),
        "Rules": (_side_by_side(found.rules, ["rule", "change"], ["content"]), rows),
        "Inputs": (
            _side_by_side(found.inputs, ["source_id", "period", "part", "change"], ["file_name", "source_sha256"]),
            rows,
        ),
    }


def _side_by_side(rows: pd.DataFrame, plain: list[str], compared: list[str]) -> pd.DataFrame:
    return rows[plain].assign(**{name: [_both(row, name) for row in rows.to_dict("records")] for name in compared})


def _what_differs(rows: pd.DataFrame, plain: list[str], compared: list[str]) -> pd.DataFrame:
    """As `_side_by_side`, the columns that differ in each row in one: most rows differ in few."""
    told = _side_by_side(rows, plain, compared).to_dict("records")
    texts = ["; ".join(f"{name} {row[name]}" for name in compared if CHANGED in row[name]) for row in told]
    return rows[plain].assign(what_differs=texts)


def _by_metric(found: Difference) -> pd.DataFrame:
    key = ["league", "metric_id"]
    what = pd.concat([found.values[key].assign(cause="values"), found.scores[[*key, "cause"]].dropna()])
    return what.groupby([*key, "cause"]).size().unstack(fill_value=0).reset_index()


def _table(title: str, rows: pd.DataFrame, limit: int) -> Table:
    shown = rows.head(limit or len(rows))
    table = new_table(title=f"{title}: {len(shown)} of {len(rows)}" if len(shown) < len(rows) else title)
    for heading in shown.columns:
        table.add_column(str(heading).replace("_", " "), overflow="fold")
    for cells in shown.itertuples(index=False):
        table.add_row(*map(_text, cells))
    return table


def _organisations(league: str, changes: pd.DataFrame, limit: int) -> Table:
    """A line per organisation and cause; who moved most comes first, and who came or went before all."""
    moved = (changes["rank_before"] - changes["rank_after"]).abs().fillna(len(changes))
    changes = changes.assign(moved=-moved).sort_values(["moved", "organisation_code", "cause_number"])
    codes = changes["organisation_code"].unique()
    shown = codes[: limit or len(codes)]
    table = new_table(title=f"{league}: organisations placed or scored differently, {len(shown)} of {len(codes)}")
    for heading in ("code", "rank", "score", "segment", "cause", "alone"):
        table.add_column(heading)
    table.add_column("organisation; what the cause is made of", overflow="fold")
    for row in changes[changes["organisation_code"].isin(shown)].to_dict("records"):
        if row["cause_number"] == 1:
            about = [row["organisation_code"], *(_both(row, name) for name in ("rank", "average_score", "segment"))]
            about[1] += " *" if pd.notna(row["interaction"]) and row["interaction"] else ""
            table.add_row(*about, "", "", visible(row["organisation_name"], IN_NAMES))
        table.add_row("", "", "", "", row["cause"], _alone(row), _from(row))
    if changes["interaction"].fillna(0).any():
        table.caption = "* its causes act together: the places of each alone do not add up to the change"
    return table


def _alone(row: dict[Any, Any]) -> str:
    if pd.isna(row["places"]):
        return "-"
    return f"{row['rank_with_cause']} ({row['places']:+})" if row["places"] else str(row["rank_with_cause"])


def _from(row: dict[Any, Any]) -> str:
    """The metrics behind a cause, or who passed; `Inputs` has the files."""
    named = {"": row["metrics"], "passed by ": row["passed_by"], "passed ": row["passed"]}
    return "; ".join(what + codes for what, codes in named.items() if not pd.isna(codes) and codes)


def _both(row: dict[Any, Any], name: str) -> str:
    old, new = _text(row[f"{name}_before"]), _text(row[f"{name}_after"])
    return old if old == new else f"{old}{CHANGED}{new}"


def _text(value: Any) -> str:
    if pd.isna(value):
        return "-"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text[:SHORT] if len(text) == 64 else text
