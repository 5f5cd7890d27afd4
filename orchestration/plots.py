"""Pictures of the leagues of a release, drawn from its tables: ranks with their likely ranges, and who moved.

The same tables give the same bytes: no date, no random id, text as text."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SEGMENT_COLOURS = {1: "#006747", 2: "#0072ce", 3: "#b35c00", 4: "#8a1538"}
VERDICT_COLOURS = {"improved": "#006747", "worsened": "#8a1538"}
PLAIN = "#425563"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "league",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8,
    "text.parse_math": False,
}
ROW_HEIGHT = 0.17  # inches
LONGEST_NAME = 60  # characters


def pictures(release: Path) -> Iterator[tuple[str, bytes]]:
    """Name and SVG of every picture that the tables of a release allow: two a league, one without a quarter before."""
    trusts = pd.read_parquet(release / "trust_league_table.parquet").rename(
        columns={"trust_code": "organisation_code", "trust_name": "organisation_name"}
    )
    icbs = pd.read_parquet(release / "icb_league_table.parquet").rename(
        columns={"icb_code": "organisation_code", "icb_name": "organisation_name"}
    )
    verdicts = pd.read_parquet(release / "improvement.parquet")[["league", "organisation_code", "verdict"]]
    titles = pd.read_parquet(release / "league_coverage.parquet")[["league", "title"]]
    tables = pd.concat([trusts, icbs.assign(league="icb", segment_unadjusted=icbs["segment"])], ignore_index=True)
    ranked = tables[tables["ranked"]].merge(titles, on="league")
    ranked = ranked.merge(verdicts, on=["league", "organisation_code"], how="left")
    for league, rows in ranked.sort_values(["league", "rank", "organisation_code"]).groupby("league"):
        yield f"ranks_{league}.svg", _drawn(rows, _ranks)
        if rows["rank_change"].notna().any():
            yield f"movement_{league}.svg", _drawn(rows[rows["rank_change"].notna()], _movement)


def as_markdown(svg: bytes) -> str:
    """A picture inline, as Dagster shows it."""
    return f"![league](data:image/svg+xml;base64,{base64.b64encode(svg).decode()})"


def _drawn(rows: pd.DataFrame, draw: Any) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure: Figure = Figure(figsize=(9, 1.6 + ROW_HEIGHT * len(rows)), layout="constrained")
        axes: Axes = figure.subplots()
        title = f"{rows['title'].iloc[0]}, {rows['quarter'].iloc[0]}\n{draw(axes, rows)}"
        figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=10)
        names = rows["organisation_name"].str.slice(0, LONGEST_NAME) + "  " + rows["rank"].astype("Int64").astype(str)
        axes.set_yticks(range(len(rows)), labels=names.to_list())
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("rank (1 is best)")
        axes.tick_params(axis="x", top=True, labeltop=True)
        axes.grid(axis="x", color="#d8dde0", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.spines[["left", "right", "bottom"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        picture = io.BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()


def _ranks(axes: Axes, rows: pd.DataFrame) -> str:
    for segment, colour in SEGMENT_COLOURS.items():
        of_segment = (rows["segment"] == segment).to_numpy()
        places = of_segment.nonzero()[0]
        shown = rows[of_segment]
        axes.hlines(places, shown["rank_low"], shown["rank_high"], color=colour, linewidth=2.2, alpha=0.45)
        axes.scatter(shown["rank"], places, s=16, color=colour, zorder=3, label=f"segment {segment}")
    moved = (rows["segment"] != rows["segment_unadjusted"]).to_numpy()
    axes.scatter(rows["rank_without_override"][moved], moved.nonzero()[0], s=22, facecolors="none",
                 edgecolors="black", linewidths=0.7, zorder=4, label="its rank without the override")  # fmt: skip
    axes.legend(loc="lower left", framealpha=1, fontsize=7)
    return "Rank (dot) and its likely range, 95% (line)"


def _movement(axes: Axes, rows: pd.DataFrame) -> str:
    colours = rows["verdict"].map(VERDICT_COLOURS).fillna(PLAIN).to_list()
    places = range(len(rows))
    axes.hlines(places, rows["previous_rank"], rows["rank"], color=colours, linewidth=1.4)
    axes.scatter(rows["previous_rank"], places, s=16, facecolors="white", edgecolors=colours, zorder=3)
    axes.scatter(rows["rank"], places, s=16, color=colours, zorder=3)
    counts = [f"{(rows['verdict'] == verdict).sum()} {verdict}" for verdict in VERDICT_COLOURS]
    return (
        "Rank the quarter before (ring) and now (dot)\n"
        f"Changes of scores beyond the spread of metrics: {' (green), '.join(counts)} (red), of {len(rows)}"
    )
