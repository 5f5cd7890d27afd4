"""What is found of a league as rows of tables that fit the seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.discovery import scoring, weights
from orchestration.discovery.conventions import PAIR_SEEN, SLIPS, WHOLE
from orchestration.discovery.evidence import Contradiction, Finding, two_decimals
from orchestration.discovery.publication import DECIMALS, Publication, Series, shown
from orchestration.discovery.scoring import Rule, usable
from orchestration.discovery.weights import SIXTHS, Choice, Domain
from orchestration.discovery.wording import TWO_DECIMALS, UNROUNDED, bands_text, matrix_text

PLACES = Decimal("1e-10")  # of an unrounded score, as the models keep it
OF_A_LEAGUE: dict[str, tuple[str, ...]] = {  # beside `quarter` and `league`
    "metrics": (
        "metric_id",
        "score_id",
        "title",
        "domain",
        "sub_domain",
        "unit",
        "ignored_unit",
        "polarity",
        "weight",
        "counted",
        "scoring_rule",
        "standard",
        "floor",
        "threshold_low",
        "threshold_high",
        "population",
        "population_size",
        "decimals",
        "cells_unrounded",
        "cells_rounded",
    ),
    "domains": ("title", "score_id", "segment_id"),
    "summary_measures": ("measure", "published_id", "title"),
    "score_bands": ("metric_id", "lower_bound", "lower_inclusive", "upper_bound", "upper_inclusive", "score"),
    "score_matrix": ("metric_id", "row_metric_id", "column_metric_id", "row_score", "column_score", "score"),
    "cut_points": ("scope", "better_segment", "largest_in_better", "smallest_in_worse"),
    "frameworks": ("override_segment", "override_fits", "programme_segment", "programme_fits"),
    "scores": ("trust_code", "metric_id", "score", "score_exact", "value", "in_line"),
    "grids_that_fit": ("metric_id", "scoring_rule", "population_size"),
    "cells": ("trust_code", "scope", "measure", "published", "found"),
    "findings": tuple(field.name for field in fields(Finding)),
    "contradictions": tuple(field.name for field in fields(Contradiction)),
}
COLUMNS = {name: ("quarter", "league", *columns) for name, columns in OF_A_LEAGUE.items()}
LONG = {"relation": pa.string(), "quarter": pa.string(), "league": pa.string(), "fields": pa.string()}


@dataclass(frozen=True)
class Discovered:
    """Tables by name, each with the columns of `COLUMNS`, sorted."""

    tables: Mapping[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def in_long_form(self) -> pa.Table:
        """Give all tables as one: a row each, its other columns as JSON, numbers with decimals as text."""
        rows = [
            {
                "relation": name,
                "quarter": row.pop("quarter"),
                "league": row.pop("league"),
                "fields": json.dumps(row, default=str, ensure_ascii=False),
            }
            for name, frame in self.tables.items()
            for row in frame.to_dict("records")
        ]
        return pa.Table.from_pylist(rows, schema=pa.schema(list(LONG.items())))


@dataclass
class League:
    """What is found of one league while it is being found."""

    publication: Publication
    complete: bool  # whether every place of the league is in the file
    rules: list[Rule]
    domains: list[Domain]
    choices: list[Choice]
    averages: NDArray[Any]  # published ones that come out, -1 for others: their places say nothing
    findings: list[Finding]
    rows: dict[str, list[dict[str, Any]]]
    scopes: dict[str, tuple[Series, Series]] = field(default_factory=dict)  # of scores and their segments

    def add(self, table: str, **values: Any) -> None:
        """Add a row of a table."""
        place = {"quarter": self.publication.quarter, "league": self.publication.league}
        self.rows[table].append({**place, **values})


def table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Sort by all columns, so that the order of the input is without effect."""
    columns = COLUMNS[name]
    unique = {tuple(row[column] for column in columns): None for row in rows}
    ordered = sorted(unique, key=lambda row: [_sortable(value) for value in row])
    return pd.DataFrame(ordered, columns=list(columns), dtype=object)


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    return (2, value) if isinstance(value, str) else (1, value)


def segment_of(publication: Publication, domain: Domain) -> Series | None:
    """The segments of a domain: those of the title that its score has."""
    title = domain.score.domain if domain.score is not None else domain.title
    return next((segment for segment in publication.domain_segments if segment.domain == title), None)


def write_metrics(league: League) -> None:
    """Write down what is found of every metric."""
    publication = league.publication
    for domain, choice in zip(league.domains, league.choices, strict=True):
        for title in sorted({rule.metric.score.domain for rule in domain.rules}):
            segment = segment_of(publication, domain)
            league.add(
                "domains",
                title=title,
                score_id=domain.score.published_id if domain.score is not None and domain.title == title else None,
                segment_id=segment.published_id if segment is not None else None,
            )
        _write_matrix(league, domain, choice)
        for rule, weight, many, chosen in zip(
            domain.rules, choice.weights, domain.variants, choice.variants, strict=True
        ):
            decimals = 2 if rule.grid is not None and weight and not many[chosen].size else None
            cells = _write_precision(league, domain, choice, rule)
            size = _write_size(league, rule, many[chosen])
            _write_metric(league, rule, Fraction(weight, SIXTHS), decimals=decimals, **cells, **size)
            _write_scores(league, rule, many[chosen])
    for measure, series in publication.summary.items():
        league.add("summary_measures", measure=measure, published_id=series.published_id, title=series.title)


def _write_metric(league: League, rule: Rule, weight: Fraction, **further: Any) -> None:
    metric = rule.metric
    met, missed = scoring.threshold(rule)
    low, high = sorted((met, missed), key=lambda side: (side is None, side or 0))
    kind = rule.grid.form.threshold if rule.grid is not None else ""
    shown = metric.value if metric.value is not None else metric.score
    league.add(
        "metrics",
        metric_id=metric.metric_id,
        score_id=metric.score.published_id,
        title=shown.title,
        domain=metric.score.domain,
        sub_domain=shown.sub_domain,
        unit=shown.unit,
        ignored_unit=metric.ignored_unit.lower() or None,
        polarity=rule.polarity or None,
        weight=_exact(weight, Decimal("1e-12")),
        counted=weight > 0,
        scoring_rule=rule.scoring_rule,
        standard=_value(met) if kind == "standard" else None,
        floor=_value(met) if kind == "floor" else None,
        threshold_low=_value(low),
        threshold_high=_value(high),
        **further,
    )
    cells, outside = int(rule.scored.sum()), rule.outside
    unexplained = int((outside | (rule.grid.misfits if rule.grid is not None else False)).sum())
    subject, agrees = metric.score.published_id, rule.predicted
    league.findings.append(
        Finding(
            subject,
            "scoring_rule",
            rule.scoring_rule,
            cells_explained=cells - unexplained,
            cells_unexplained=unexplained,
            alternatives=_other_forms(rule),
            leave_one_out_agrees=agrees[0],
            leave_one_out_of=agrees[1],
        )
    )
    if rule.polarity and rule.grid is not None:
        league.findings.append(
            Finding(
                subject,
                "polarity",
                rule.polarity,
                cells_explained=cells - int(outside.sum()),
                cells_unexplained=int(outside.sum()),
            )
        )
    if kind:
        league.findings.append(
            Finding(
                subject,
                kind,
                f"{_text(met)} meets it, {_text(missed)} does not",
                _value(low),
                _value(high),
                cells - unexplained,
                unexplained,
            )
        )
    league.findings.append(Finding(subject, "weight", str(weight), cells_explained=cells if weight else 0))
    _write_bands(league, rule)
    for grid in rule.others if rule.grid is None else (rule.grid, *rule.others):
        league.add("grids_that_fit", metric_id=metric.metric_id, scoring_rule=grid.form.name, population_size=grid.size)


def _other_forms(rule: Rule) -> str:
    other: dict[str, list[str]] = {}
    for grid in rule.others:
        if rule.grid is None or grid.form is not rule.grid.form:
            other.setdefault(grid.form.name, []).append(str(grid.size))
    told = [f"{name} with {_some(sizes)}" for name, sizes in other.items()]
    if rule.without_ranks and "rank" not in other:
        told.append(f"by scores without ranks: rank with {_some([str(size) for size in rule.without_ranks])}")
    return "; ".join(told)


def _some(sizes: Sequence[str]) -> str:
    shown = ", ".join(sizes[: scoring.SIZES_NAMED])
    more = len(sizes) - scoring.SIZES_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _write_size(league: League, rule: Rule, chosen: weights.Variant) -> dict[str, Any]:
    grid = rule.grid
    if grid is None:
        return {"population": None, "population_size": None}
    size = chosen.size or grid.size
    cells = int((rule.scored & ~grid.beyond).sum())
    off = int((grid.misfits & ~grid.beyond).sum())
    population = league.publication.league if rule.own else "crosses_types"
    alike = [str(other.size) for other in rule.others if other.form is grid.form and other.size != size]
    league.findings.append(
        Finding(
            rule.metric.score.published_id,
            "population_size",
            f"{size}, {'of the league' if rule.own else 'of more than the league'}",
            Decimal(size),
            Decimal(size),
            cells - off,
            off,
            _some(alike),
            *rule.predicted,
        )
    )
    return {"population": population, "population_size": size}


def _write_precision(league: League, domain: Domain, choice: Choice, rule: Rule) -> dict[str, int | None]:
    """Say whether the scores entered rounded, and how many domain scores come out if they entered otherwise."""
    place = domain.rules.index(rule)
    if rule.grid is None or not choice.weights[place] or domain.score is None:
        return {"cells_unrounded": None, "cells_rounded": None}
    many, chosen = domain.variants[place], choice.variants[place]
    rounded = next(i for i, variant in enumerate(many) if not variant.size)
    other = Choice(
        choice.weights, (*choice.variants[:place], 0 if chosen == rounded else rounded, *choice.variants[place + 1 :])
    )
    right, otherwise = weights.reproduces(domain, choice), weights.reproduces(domain, other)
    cells = usable(domain.score) & rule.scored
    explained = [int((reproduced & cells).sum()) for reproduced in (right, otherwise)]
    names = (TWO_DECIMALS, UNROUNDED) if chosen == rounded else (UNROUNDED, TWO_DECIMALS)
    league.findings.append(
        Finding(
            rule.metric.score.published_id,
            "precision",
            names[0],
            cells_explained=explained[0],
            cells_unexplained=int((~right & cells).sum()),
            alternatives=f"{names[1]}: {explained[1]} of {int(cells.sum())}",
        )
    )
    if chosen == rounded:
        explained.reverse()
    return {"cells_unrounded": explained[0], "cells_rounded": explained[1]}


def _write_scores(league: League, rule: Rule, variant: weights.Variant) -> None:
    publication, score, value = league.publication, rule.metric.score, rule.metric.value
    for i in np.flatnonzero(rule.scored):
        league.rows["scores"].append(
            {
                "quarter": publication.quarter,
                "league": publication.league,
                "trust_code": publication.organisations[i],
                "metric_id": rule.metric.metric_id,
                "score": two_decimals(score.hundredths[i]),
                "score_exact": _exact(Fraction(int(variant.numerators[i]), WHOLE * variant.denominator), PLACES),
                "value": _value(int(value.values[i])) if value is not None and value.held[i] else None,
                "in_line": not rule.outside[i],
            }
        )


def _write_bands(league: League, rule: Rule) -> None:
    """Write bands from the lowest value seen in each up to the lowest seen in the next."""
    ordered = sorted(rule.bands, key=lambda band: band[1])
    for n, (score, lowest, _) in enumerate(ordered):
        league.add(
            "score_bands",
            metric_id=rule.metric.metric_id,
            lower_bound=_value(lowest) if n else None,
            lower_inclusive=bool(n),
            upper_bound=_value(ordered[n + 1][1]) if n + 1 < len(ordered) else None,
            upper_inclusive=False,
            score=score // WHOLE,
        )
    if ordered:
        text = bands_text((score // WHOLE, _decimal(low), _decimal(high)) for score, low, high in ordered)
        cells, odd = int(rule.scored.sum()), int(rule.outside.sum())
        league.findings.append(
            Finding(rule.metric.score.published_id, "bands", text, None, None, cells - odd, odd, "", *rule.predicted)
        )


def _write_matrix(league: League, domain: Domain, choice: Choice) -> None:
    """A discrete score without a value may be read from two discrete scores of its domain that do not count."""
    weighed = list(zip(domain.rules, choice.weights, strict=True))
    apart = [rule for rule, weight in weighed if not weight and rule.grid is None]
    for rule in (rule for rule, weight in weighed if weight and rule.grid is None and rule.metric.value is None):
        for row, column in ((a, b) for a in apart for b in apart if a.metric.metric_id < b.metric.metric_id):
            _matrix(league, rule, row, column)


def _matrix(league: League, rule: Rule, row: Rule, column: Rule) -> None:
    cells = rule.scored & row.scored & column.scored
    scores, across, down = (one.metric.score.hundredths // WHOLE for one in (rule, row, column))
    seen: dict[tuple[int, int], list[int]] = {}
    for i in np.flatnonzero(cells):
        seen.setdefault((int(across[i]), int(down[i])), []).append(int(i))
    usual = {pair: int(np.bincount(scores[of_it]).argmax()) for pair, of_it in seen.items()}
    odd = [i for pair, of_it in seen.items() for i in of_it if scores[i] != usual[pair]]
    if len(set(usual.values())) < 2 or len(odd) > cells.sum() / SLIPS or len(seen) > cells.sum() / PAIR_SEEN:
        return
    for pair in seen:
        league.add(
            "score_matrix",
            metric_id=rule.metric.metric_id,
            row_metric_id=row.metric.metric_id,
            column_metric_id=column.metric.metric_id,
            row_score=pair[0],
            column_score=pair[1],
            score=usual[pair],
        )
    pairs = {i: pair for pair, of_it in seen.items() for i in of_it}
    told = [f"{rule.metric.score.shown(i)} of scores {pairs[i][0]} and {pairs[i][1]}" for i in odd]
    expected = [f"{usual[pairs[i]]}, as for the others with these two" for i in odd]
    league.publication.say("score_against_matrix", rule.metric.score, odd, told, expected)
    foretold = sum(len(of_it) for of_it in seen.values() if len(of_it) > 1) - len(odd)
    league.findings.append(
        Finding(
            rule.metric.score.published_id,
            "matrix",
            matrix_text(len(seen), row.metric.score.published_id, column.metric.score.published_id),
            cells_explained=int(cells.sum()) - len(odd),
            cells_unexplained=len(odd),
            leave_one_out_agrees=foretold,
            leave_one_out_of=int(cells.sum()),
        )
    )


def _value(value: int | None) -> Decimal | None:
    return None if value is None else _decimal(value)


def _decimal(value: int) -> Decimal:
    return Decimal(value).scaleb(-DECIMALS)


def _text(value: int | None) -> str:
    return "none" if value is None else shown(value)


def _exact(value: Fraction, places: Decimal) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(places, ROUND_HALF_UP)
