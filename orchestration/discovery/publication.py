"""One league of one quarter as its file gives it: which published id is what, organisation by organisation."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.discovery.conventions import SLIPS, WHOLE, WORST, Conventions
from orchestration.discovery.evidence import Contradiction

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

DECIMALS = 6  # of a published value, as the stage model keeps them


def shown(value: Any) -> str:
    """Show millionths as a person reads them."""
    return f"{Decimal(int(value)).scaleb(-DECIMALS).normalize():f}"


@dataclass(frozen=True)
class Series:
    """The figures of one published id and unit, aligned to the organisations of the publication."""

    published_id: str
    title: str
    domain: str
    sub_domain: str
    unit: str
    held: Flags
    values: Whole  # in millionths, exact
    ranks: Whole  # 0 where there is none
    rows: Whole

    @property
    def hundredths(self) -> Whole:
        """Figures in hundredths, half up, as scores are published."""
        return np.asarray((2 * self.values + 10**4) // (2 * 10**4), np.int64)

    @property
    def whole(self) -> bool:
        """Whether every figure is a whole number."""
        return not (self.values[self.held] % 10**DECIMALS).any()

    def shown(self, position: Any) -> str:
        """Show the figure of an organisation as a person reads it."""
        return shown(self.values[position])


@dataclass(frozen=True)
class Metric:
    """A score, and the value that it scores where that is published."""

    metric_id: str
    score: Series
    value: Series | None
    ignored_unit: str = ""


@dataclass
class Publication:
    """All series of a league, each in its role."""

    quarter: str
    league: str
    organisations: list[str]
    metrics: list[Metric] = field(default_factory=list)
    aggregates: list[Series] = field(default_factory=list)  # scores that average others
    domain_segments: list[Series] = field(default_factory=list)
    summary: dict[str, Series] = field(default_factory=dict)
    contradictions: list[Contradiction] = field(default_factory=list)

    def say(self, kind: str, series: Series, positions: Iterable[int], found: Sequence[str], expected: Any) -> None:
        """Record contradictions at the positions of a series. `expected` is a text, or one for each position."""
        for i, position in enumerate(positions):
            self.contradictions.append(
                Contradiction(
                    kind,
                    self.organisations[position],
                    series.published_id,
                    int(series.rows[position]) or None,
                    found[i],
                    expected if isinstance(expected, str) else expected[i],
                )
            )

    def say_of_league(self, kind: str, series: Series | None, found: str, expected: str) -> None:
        """Record a contradiction that is about the whole league."""
        metric_id = series.published_id if series is not None else None
        self.contradictions.append(Contradiction(kind, None, metric_id, None, found, expected))


@dataclass(frozen=True)
class Row:
    """A published figure."""

    trust_code: str
    published_id: str
    description: str
    domain: str
    sub_domain: str
    unit: str
    value: Decimal | None
    rank: int
    source_row: int


def rows_of(figures: pd.DataFrame) -> list[Row]:
    """Take the figures out of their table, in an order of their own."""
    columns: list[list[Any]] = [
        ["" if pd.isna(text) else str(text) for text in figures[name].tolist()]
        for name in ("trust_code", "published_id", "description", "domain", "sub_domain", "unit")
    ]
    columns.append([None if pd.isna(value) else Decimal(value) for value in figures["value"].tolist()])
    for name in ("published_rank", "source_row"):
        columns.append([0 if pd.isna(number) else int(number) for number in figures[name].tolist()])
    return sorted((Row(*row) for row in zip(*columns, strict=True)), key=lambda row: (row.source_row, str(row)))


def read(figures: pd.DataFrame, conventions: Conventions) -> Publication:
    """Sort the figures of one quarter and league into series, and give each series its role."""
    rows = rows_of(figures)
    organisations = sorted({row.trust_code for row in rows})
    publication = Publication(str(figures["quarter"].iloc[0]), str(figures["league"].iloc[0]), organisations)
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.published_id, []).append(row)
    series = {published_id: _series(publication, by_id[published_id]) for published_id in sorted(by_id)}
    _roles(publication, series, conventions)
    return publication


def _series(publication: Publication, rows: list[Row]) -> list[Series]:
    """One series a unit. A unit or title on a few rows only is a slip: we name it and read the row as the others."""
    for name in ("description", "domain", "unit"):
        counts = Counter(getattr(row, name) for row in rows)
        usual = _usual(counts)
        for place, row in enumerate(rows):
            if counts[getattr(row, name)] < len(rows) / SLIPS:
                expected = f"{usual!r}, as on the other rows of {row.published_id}"
                at = (row.trust_code, row.published_id, row.source_row or None)
                publication.contradictions.append(Contradiction(f"{name}_differs", *at, getattr(row, name), expected))
                labels: dict[str, Any] = {name: usual}
                rows[place] = replace(row, **labels)
    units = sorted({row.unit for row in rows})
    return [_one(publication, [row for row in rows if row.unit == unit]) for unit in units]


def _one(publication: Publication, rows: list[Row]) -> Series:
    n = len(publication.organisations)
    held, values, ranks, lines = np.zeros(n, bool), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for row in rows:
        i = bisect_left(publication.organisations, row.trust_code)
        if row.value is None:
            continue
        exact = int(row.value.scaleb(DECIMALS).to_integral_value(ROUND_HALF_UP))
        if not held[i]:
            held[i], values[i], ranks[i], lines[i] = True, exact, row.rank, row.source_row
        elif values[i] != exact or ranks[i] != row.rank:
            place = (row.trust_code, row.published_id, row.source_row or None)
            publication.contradictions.append(
                Contradiction("figure_twice", *place, shown(exact), f"{shown(values[i])}, as in row {lines[i]}")
            )
    title, domain, sub_domain = (
        _usual(Counter(getattr(row, name) for row in rows)) for name in ("description", "domain", "sub_domain")
    )
    return Series(rows[0].published_id, title, domain, sub_domain, rows[0].unit, held, values, ranks, lines)


def _usual(counts: Counter[str]) -> str:
    """The commonest label, the first in the alphabet of equally common ones."""
    return min(counts, key=lambda text: (-counts[text], text))


def _roles(publication: Publication, series: dict[str, list[Series]], conventions: Conventions) -> None:
    left = {published_id: many for published_id, many in series.items() if any(one.held.any() for one in many)}
    for measure, (published_id, title) in conventions.summary.items():
        match = published_id if published_id in left else _titled(left, title, conventions)
        if match:
            publication.summary[measure] = left.pop(match)[0]
    scores, values = {}, {}
    for published_id, many in left.items():
        family, unit = conventions.family(published_id), many[0].unit.lower()
        if family == "domain_segment" or (family is None and unit == "segment"):
            publication.domain_segments.append(many[0])
        elif family == "domain_score":
            publication.aggregates.append(many[0])
        elif family == "metric_score" or (family is None and unit == "score"):
            scores[published_id] = many[0]
        else:
            values[published_id] = many
    pairs = _pairs(scores, values, conventions)
    for score_id, score in scores.items():
        value_id = pairs.get(score_id)
        if value_id is None and conventions.family(score_id) is None and not score.whole:
            publication.aggregates.append(score)  # no value, no family, not discrete: an average of other scores
            continue
        candidates = values.pop(value_id) if value_id else []
        value = _that_is_scored(candidates, score)
        ignored = next((one.unit for one in candidates if one is not value), "")
        publication.metrics.append(
            Metric(value_id or _without_value(score_id, series, conventions), score, value, ignored)
        )
    publication.metrics.sort(key=lambda metric: metric.metric_id)


def _titled(left: dict[str, list[Series]], title: str, conventions: Conventions) -> str | None:
    matches = [
        published_id
        for published_id, many in left.items()
        if many[0].title.casefold() == title.casefold() and conventions.family(published_id) is None
    ]
    return matches[0] if len(matches) == 1 else None


def _pairs(scores: dict[str, Series], values: dict[str, list[Series]], conventions: Conventions) -> dict[str, str]:
    """Which value each score is of: the only one of the same title, else the one whose number says so."""
    pairs: dict[str, str] = {}
    for score_id, score in scores.items():
        titled = [i for i, many in values.items() if any(one.title == score.title for one in many)]
        alike = [i for i, other in scores.items() if other.title == score.title]
        if len(titled) == 1 and len(alike) == 1:
            pairs[score_id] = titled[0]
    for score_id in scores:
        numbered = conventions.shifted(score_id, -conventions.score_offset)
        if score_id not in pairs and numbered in values and numbered not in pairs.values():
            pairs[score_id] = numbered
    return pairs


def _that_is_scored(candidates: list[Series], score: Series) -> Series | None:
    """Of a count and a rate under one id, the one whose order is the order of the scores."""

    def disorder(one: Series) -> int:
        both = one.held & score.held
        a, b = one.values[both], score.values[both]
        turns = np.sign(a[:, None] - a[None, :]) * np.sign(b[:, None] - b[None, :])
        return min(int((turns > 0).sum()), int((turns < 0).sum())) + int((score.held & ~one.held).sum()) * len(a)

    return min(candidates, key=lambda one: (disorder(one), one.unit)) if candidates else None


def _without_value(score_id: str, series: dict[str, list[Series]], conventions: Conventions) -> str:
    """An id for a metric of which only the score is published."""
    if score_id in conventions.names:
        return conventions.names[score_id]
    numbered = conventions.shifted(score_id, -conventions.score_offset)
    if conventions.family(score_id) == "metric_score" and numbered and numbered not in series:
        return numbered
    return f"{score_id}-VALUE"


def out_of_range(publication: Publication) -> None:
    """Name scores outside 1.00 to 4.00."""
    for series in (
        [metric.score for metric in publication.metrics] + publication.aggregates + list(publication.summary.values())
    ):
        if series.unit.lower() != "score":
            continue
        scores = series.hundredths
        odd = np.flatnonzero(series.held & ((scores < WHOLE) | (scores > WORST)))
        publication.say("score_out_of_range", series, odd, [series.shown(i) for i in odd], "1.00 to 4.00")
