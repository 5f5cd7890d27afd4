"""Pictures of a release: of each league its ranks with their likely ranges and who moved, drawn from its tables; and
what each table is made from.

The same tables give the same bytes: no date, no random id, text as text."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from orchestration.releases.release import FICTIONAL

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
LAYER_COLOURS = {
    "extract": "#425563",
    "land": "#005eb8",
    "stage": "#006747",
    "metric": "#8a1538",
    "score": "#7c4a03",
    "rank": "#330072",
    "publish": "#231f20",
}
LAYERS = tuple(LAYER_COLOURS)
GATES_AFTER = {"land": "land", "metric": "stage and metric; metric", "rank": "score and rank; rank"}
LONGEST_LABEL = 27  # columns of the lineage that the name of a table may take


@dataclass(frozen=True)
class Relation:
    """One table, `<layer>.<table>`, with the tables and the rules it reads."""

    name: str
    description: str
    reads: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    published: bool = False

    @property
    def layer(self) -> str:
        return self.name.split(".")[0]


def pictures(release: Path, synthetic: bool) -> Iterator[tuple[str, bytes]]:
    """Name and SVG of every picture that the tables of a release allow: two a league, one without a quarter before.
    The title of each says so where the release is `synthetic`."""
    trusts = pd.read_parquet(release / "trust_league_table.parquet").rename(
        columns={"trust_code": "organisation_code", "trust_name": "organisation_name"}
    )
    icbs = pd.read_parquet(release / "icb_league_table.parquet").rename(
        columns={"icb_code": "organisation_code", "icb_name": "organisation_name"}
    )
    verdicts = pd.read_parquet(release / "improvement.parquet")[["league", "organisation_code", "verdict"]]
    titles = pd.read_parquet(release / "league_coverage.parquet")[["league", "title"]]
    titles["title"] = (FICTIONAL if synthetic else "") + titles["title"]
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


def in_order_of_flow(relations: list[Relation]) -> list[Relation]:
    """Layer after layer, and within one after all that a table reads."""
    named = {relation.name: relation for relation in relations}

    def depth(relation: Relation) -> int:
        return max(
            (1 + depth(named[name]) for name in relation.reads if named[name].layer == relation.layer), default=0
        )

    return sorted(relations, key=lambda relation: (LAYERS.index(relation.layer), depth(relation), relation.name))


def lineage(relations: list[Relation]) -> str:
    """An `<svg>` element: each table a step of a stair that goes down with the data, so that no line crosses a name."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    steps = range(len(relations))
    step = {relation.name: place for place, relation in enumerate(relations)}
    reads = [[step[name] for name in relation.reads] for relation in relations]
    edges = [(parent, place) for place in steps for parent in reads[place]]
    last_use = {parent: place for parent, place in edges}
    colours = [LAYER_COLOURS[relation.layer] for relation in relations]
    with rc_context(STYLE):
        figure: Figure = Figure(figsize=(7.1, 0.12 * len(relations)))
        axes: Axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(-1.5, len(relations) + LONGEST_LABEL)
        axes.set_ylim(len(relations), -1)
        axes.axis("off")
        for layer in LAYERS:
            _layer(axes, layer, [step[relation.name] for relation in relations if relation.layer == layer])
        axes.vlines(steps, steps, [last_use.get(place, place) for place in steps], color=colours, linewidth=0.5)
        axes.hlines(steps, [min(reads[place], default=place) for place in steps], steps, color=PLAIN, linewidth=0.4)
        parents, children = zip(*edges, strict=True)
        axes.scatter(parents, children, s=6, c=[colours[parent] for parent in parents], linewidths=0, zorder=3)
        fills = [colours[step[relation.name]] if relation.published else "white" for relation in relations]
        axes.scatter(steps, steps, s=16, marker="s", c=fills, edgecolors=colours, linewidths=0.8, zorder=4)
        for place, relation in enumerate(relations):
            axes.text(place + 1, place, relation.name.split(".")[1], fontsize=7, verticalalignment="center")
        picture = io.BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    svg = picture.getvalue().decode()
    return svg[svg.index("<svg") :]


def _layer(axes: Axes, layer: str, places: list[int]) -> None:
    right, colour = axes.get_xlim()[1], "#f0f4f5" if LAYERS.index(layer) % 2 else "white"
    axes.axhspan(places[0] - 0.5, places[-1] + 0.5, color=colour, zorder=0)
    at_right: dict[str, Any] = {"horizontalalignment": "right", "verticalalignment": "center", "fontweight": "bold"}
    axes.text(right - 1, places[0] + 0.1, layer, color=LAYER_COLOURS[layer], fontsize=9, **at_right)
    if layer in GATES_AFTER:
        axes.hlines(places[-1] + 0.5, places[-1] + 1, right, color="#231f20", linewidth=1.2)
        axes.text(right - 1, places[0] + 1.6, f"then gate: {GATES_AFTER[layer]}", fontsize=7, **at_right)
