"""Pictures of a release: of each league its ranks with their likely ranges and who moved, drawn from its tables; and
what each table is made from.

Plain SVG, written line by line. The same tables give the same bytes: no date, no random id, text as text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

SEGMENT_COLOURS = {1: "#006747", 2: "#0072ce", 3: "#b35c00", 4: "#8a1538"}
VERDICT_COLOURS = {"improved": "#006747", "worsened": "#8a1538"}
PLAIN, GRID, BAND, INK = "#425563", "#d8dde0", "#f3f5f6", "#231f20"
LINE_OF_NAME = 60  # characters; a longer name takes more lines
LAYER_COLOURS = {
    "extract": "#425563",
    "land": "#005eb8",
    "stage": "#006747",
    "metric": "#8a1538",
    "score": "#7c4a03",
    "rank": "#330072",
    "insight": "#ae2573",
    "publish": "#231f20",
}
LAYERS = tuple(LAYER_COLOURS)
GATES_AFTER = {
    "land": "land",
    "metric": "stage and metric; metric",
    "insight": "score, rank and insight; rank and insight",
}
LONGEST_LABEL = 27  # columns of the lineage that the name of a table may take

# Of the pictures of a league, in pixels: the width, where names and ranks end, where the marks begin and end, the
# height of a line of a name, of the space around it, and of what is above the first row.
WIDTH, NAMES, RANKS, LEFT, RIGHT, LINE, PADDING, TOP = 960, 376, 410, 420, 940, 11, 4, 100
STEP = 9  # of the lineage: pixels from one table to the next, across and down


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


def pictures(release: Path, credit: str, mark: str) -> Iterator[tuple[str, bytes]]:
    """Name and SVG of every picture that the tables of a release allow: two a league, one without a quarter before.
    `credit` stands under each. The title of each starts with `mark`."""
    places = pd.read_parquet(release / "league_table.parquet")
    verdicts = pd.read_parquet(release / "improvement.parquet")[["league", "organisation_code", "verdict"]]
    titles = pd.read_parquet(release / "league_coverage.parquet")[["league", "title"]]
    titles["title"] = mark + titles["title"]
    ranked = places[places["ranked"]].merge(titles, on="league")
    ranked = ranked.merge(verdicts, on=["league", "organisation_code"], how="left")
    for league, rows in ranked.sort_values(["league", "rank", "organisation_code"]).groupby("league"):
        yield f"ranks_{league}.svg", _ranks(rows, credit).encode()
        if rows["rank_change"].notna().any():
            yield f"movement_{league}.svg", _movement(rows[rows["rank_change"].notna()], credit).encode()


def as_markdown(svg: bytes) -> str:
    """A picture inline, as Dagster shows it."""
    return f"![league](data:image/svg+xml;base64,{base64.b64encode(svg).decode()})"


def _ranks(rows: pd.DataFrame, credit: str) -> str:
    scale, places = _Scale(int(rows["rank_high"].max())), _places(rows)
    marks, without = [], False
    for row, place in zip(rows.to_dict("records"), places, strict=True):
        colour, y = SEGMENT_COLOURS[row["segment"]], place.middle
        low, high = scale.x(row["rank_low"]), scale.x(row["rank_high"])
        marks.append(_line(low, y, high, y, colour, 3, opacity=0.45))
        marks.append(_dot(scale.x(row["rank"]), y, 3.2, colour))
        if row["segment"] != row["segment_unadjusted"]:
            marks.append(_dot(scale.x(row["rank_without_override"]), y, 3.8, "none", INK))
            without = True
    key = [(f"segment {s}", colour, "none") for s, colour in SEGMENT_COLOURS.items() if s in set(rows["segment"])]
    covered = (rows["rank_high"] - rows["rank_low"] + 1).median()
    ring = " The ring is the rank without the financial override." if without else ""
    said = [
        f"Half of the {len(rows)} likely ranges cover {covered:g} places or more.",
        f"The dot is the rank, the line its likely range (95%).{ring}",
    ]
    return _league(rows, places, said, scale, marks, key, credit)


def _movement(rows: pd.DataFrame, credit: str) -> str:
    scale, places = _Scale(int(rows[["previous_rank", "rank"]].max().max())), _places(rows)
    marks = []
    for row, place in zip(rows.to_dict("records"), places, strict=True):
        colour, y = VERDICT_COLOURS.get(row["verdict"], PLAIN), place.middle
        before, now = scale.x(row["previous_rank"]), scale.x(row["rank"])
        marks.append(_line(before, y, now, y, colour, 1.6))
        marks.append(_dot(before, y, 3.2, "white", colour))
        marks.append(_dot(now, y, 3.2, colour))
    beyond = {verdict: int((rows["verdict"] == verdict).sum()) for verdict in VERDICT_COLOURS}
    told = " and ".join(f"{count} {verdict}" for verdict, count in beyond.items())
    said = [
        f"Of {len(rows)} that both quarters rank, {told} by more than the spread of their metrics.",
        "The ring is the rank of the quarter before, the dot the rank now.",
    ]
    key = [(verdict, colour, "none") for verdict, colour in VERDICT_COLOURS.items() if beyond[verdict]]
    return _league(rows, places, said, scale, marks, [*key, ("no change shown", PLAIN, "none")], credit)


class _Scale:
    """Ranks from 1 to the last as pixels from left to right."""

    def __init__(self, last: int) -> None:
        self.last = max(last, 2)

    def x(self, rank: float) -> float:
        return LEFT + 10 + (RIGHT - LEFT - 20) * (rank - 1) / (self.last - 1)

    @property
    def ticks(self) -> list[int]:
        """About eight round ranks, the first and no two the same."""
        step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 250, 1000) if self.last / step <= 9)
        return [1, *range(step if step > 1 else 2, self.last + 1, step)]


@dataclass(frozen=True)
class _Place:
    """The row of an organisation: its name in lines, never cut, and the pixels that it takes from top to bottom."""

    name: list[str]
    top: float

    @property
    def bottom(self) -> float:
        return self.top + LINE * len(self.name) + PADDING

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def _places(rows: pd.DataFrame) -> list[_Place]:
    found: list[_Place] = []
    for name in rows["organisation_name"]:
        found.append(_Place(wrap(name, LINE_OF_NAME) or [name], found[-1].bottom if found else TOP))
    return found


def _league(
    rows: pd.DataFrame,
    places: list[_Place],
    said: list[str],
    scale: _Scale,
    marks: list[str],
    key: list[tuple[str, str, str]],
    credit: str,
) -> str:
    """A row an organisation, its name and rank at the left, its marks under a scale of ranks."""
    bottom = places[-1].bottom
    title = f"{rows['title'].iloc[0]}, {rows['quarter'].iloc[0]}"
    parts = [_text(10, 20, title, 14, "bold")]
    parts += [_text(10, 38 + 14 * number, line, 11) for number, line in enumerate(said)]
    for number, (label, fill, stroke) in enumerate(key):
        parts.append(_dot(15 + 110 * number, TOP - 32, 3.6, fill, stroke))
        parts.append(_text(23 + 110 * number, TOP - 28.5, label, 10))
    for place in places[1::2]:
        height = place.bottom - place.top
        parts.append(f'<rect x="0" y="{_n(place.top)}" width="{WIDTH}" height="{_n(height)}" fill="{BAND}"/>')
    parts.append(_text(RANKS, TOP - 7, "rank", 10, anchor="end"))
    for rank in scale.ticks:
        parts.append(_line(scale.x(rank), TOP - 3, scale.x(rank), bottom, GRID, 0.7))
        parts += [_text(scale.x(rank), y, str(rank), 10, anchor="middle") for y in (TOP - 7, bottom + 13)]
    for row, place in zip(rows.to_dict("records"), places, strict=True):
        first = place.middle + 3.5 - LINE * (len(place.name) - 1) / 2
        parts += [_text(NAMES, first + LINE * number, line, 10, anchor="end") for number, line in enumerate(place.name)]
        parts.append(_text(RANKS, place.middle + 3.5, str(int(row["rank"])), 10, "bold", "end"))
    parts += marks
    credits = wrap(credit, 165)
    parts += [_text(10, bottom + 34 + 13 * number, line, 9.5, fill=PLAIN) for number, line in enumerate(credits)]
    return _svg(WIDTH, bottom + 34 + 13 * len(credits), title, parts, " ".join(said))


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
    step = {relation.name: place for place, relation in enumerate(relations)}
    reads = [[step[name] for name in relation.reads] for relation in relations]
    last_use = {parent: place for place, parents in enumerate(reads) for parent in parents}
    colours = [LAYER_COLOURS[relation.layer] for relation in relations]
    at = [STEP * (place + 1.5) for place in range(len(relations))]
    width, height = STEP * (len(relations) + LONGEST_LABEL + 2), STEP * (len(relations) + 2)
    parts = []
    for layer in LAYERS:
        parts += _layer(layer, [step[relation.name] for relation in relations if relation.layer == layer], width)
    for place, parents in enumerate(reads):
        parts.append(_line(at[place], at[place], at[place], at[last_use.get(place, place)], colours[place], 0.6))
        parts.append(_line(at[min(parents, default=place)], at[place], at[place], at[place], PLAIN, 0.5))
    parts += [
        _dot(at[parent], at[place], 1.6, colours[parent]) for place, parents in enumerate(reads) for parent in parents
    ]
    for place, relation in enumerate(relations):
        fill = colours[place] if relation.published else "white"
        parts.append(_square(at[place], 2.6, fill, colours[place]))
        parts.append(_text(at[place] + STEP, at[place] + 3, relation.name.split(".")[1], 8.5))
    return _svg(width, height, "What each table is made from", parts)


def _layer(layer: str, places: list[int], width: float) -> list[str]:
    """The band of a layer with its name, and the gate behind it. Nothing where it has no table."""
    if not places:
        return []
    top, bottom = STEP * (places[0] + 1), STEP * (places[-1] + 2)
    fill = "#f0f4f5" if LAYERS.index(layer) % 2 else "white"
    band = f'<rect x="0" y="{_n(top)}" width="{_n(width)}" height="{_n(bottom - top)}" fill="{fill}"/>'
    parts = [band, _text(width - STEP, top + 9, layer, 11, "bold", "end", LAYER_COLOURS[layer])]
    if layer in GATES_AFTER:
        parts.append(_line(STEP * (places[-1] + 2.5), bottom, width, bottom, INK, 1.3))
        parts.append(_text(width - STEP, top + 22, f"then gate: {GATES_AFTER[layer]}", 8.5, "bold", "end"))
    return parts


# Elements. Every text from outside goes through `escape`.


def _svg(width: float, height: float, title: str, parts: list[str], told: str = "") -> str:
    """A picture with its title, and what it tells for those who do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}" role="img" aria-label={quoteattr(f"{title}. {told}".strip())} font-family="sans-serif">'
    )
    ground = f'<rect width="{_n(width)}" height="{_n(height)}" fill="white"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, *parts, "</svg>", ""])


def _text(
    x: float, y: float, text: str, size: float, weight: str = "normal", anchor: str = "start", fill: str = INK
) -> str:
    bold = f' font-weight="{weight}"' if weight != "normal" else ""
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{bold}{where} xml:space="preserve">'
        f"{escape(text)}</text>"
    )


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, width: float, opacity: float = 1) -> str:
    faint = f' stroke-opacity="{_n(opacity)}"' if opacity < 1 else ""
    return (
        f'<line x1="{_n(x)}" y1="{_n(y)}" x2="{_n(to_x)}" y2="{_n(to_y)}" stroke="{colour}" '
        f'stroke-width="{_n(width)}"{faint}/>'
    )


def _dot(x: float, y: float, radius: float, fill: str, stroke: str = "none") -> str:
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" stroke="{stroke}"/>'


def _square(at: float, half: float, fill: str, stroke: str) -> str:
    corner, side = f'x="{_n(at - half)}" y="{_n(at - half)}"', f'width="{_n(2 * half)}" height="{_n(2 * half)}"'
    return f'<rect {corner} {side} fill="{fill}" stroke="{stroke}" stroke-width="0.8"/>'


def _n(value: float) -> str:
    """A number of pixels with a tenth at most."""
    return f"{value:.1f}".removesuffix(".0")
