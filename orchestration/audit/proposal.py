"""Rows of the seeds that would say what a release shows of its rules, as a diff for a person to review.

A row that the seeds have stays as it is where the release goes with it. A release does not say everything: `basis` of a
metric stays empty, and where it leaves a number open we take the roundest that fits.
Belongs here: from rules to rows, from rows to a diff. Does not: what a rule is (`framework.py`), writing a seed."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from difflib import unified_diff
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from orchestration.audit import framework
from orchestration.audit.framework import plain
from orchestration.discovery.conventions import Conventions
from orchestration.discovery.wording import TWO_DECIMALS, read_bands, read_cuts, read_imposed
from orchestration.releases.release import Release, Row
from orchestration.text import visible

GROUPS = {  # the rows of a seed that stand or fall together
    "frameworks": ("framework",),
    "quarter_frameworks": ("quarter", "framework"),
    "leagues": ("framework", "league"),
    "domains": ("framework", "domain"),
    "summary_measures": ("framework", "measure"),
    "metrics": ("framework", "metric_id"),
    "league_metrics": ("framework", "league", "metric_id"),
    "population_sizes": ("quarter", "metric_id"),
    "score_precision": ("quarter", "metric_id"),
    "score_bands": ("framework", "metric_id"),
    "score_matrix": ("framework", "metric_id"),
    "cut_points": ("framework", "quarter", "scope"),
}
HUNDREDTH = Decimal("0.01")
Seed = list[dict[str, str]]


@dataclass
class Proposal:
    """Rows by seed, and what a reviewer has to decide because the release says two things."""

    rows: dict[str, Seed] = field(default_factory=lambda: {name: [] for name in GROUPS})
    notes: list[str] = field(default_factory=list)

    def add(self, seed: str, **columns: Any) -> None:
        """Add a row once. Text of a release stays on one line: it must not become a line of the diff."""
        texts = {name: _text(value) for name, value in columns.items()}
        if texts not in self.rows[seed]:
            self.rows[seed].append(texts)

    def diff(self, seeds: Path) -> str:
        """The change of the seeds that these rows are. Empty where the seeds say all of it."""
        return "".join(_diff(seeds / f"{name}.csv", GROUPS[name], rows) for name, rows in self.rows.items() if rows)


def propose(release: Release) -> Proposal:
    """Rows for every rule that counts because the release shows it. Raises LeagueError as `framework.rules` does."""
    proposal, rules = Proposal(), framework.rules(release)
    leagues = {row["league"] for row in rules}
    coverage = [row for row in release.rows("league_coverage", quarter=release.quarter) if row["league"] in leagues]
    for name in sorted({row["framework"] for row in coverage}):
        of_it = {row["league"]: row for row in coverage if row["framework"] == name}
        writer = _Writer(release, proposal, name, of_it, rules)
        writer.framework()
        writer.domains()
        for metric_id in sorted({row["metric_id"] for row in writer.rules if row["metric_id"]}):
            writer.metric(metric_id)
        writer.cut_points()
    return proposal


class _Writer:
    """Rows of one framework, from its rules and from what other tables of the release say of metrics and leagues."""

    def __init__(
        self, release: Release, proposal: Proposal, name: str, leagues: dict[str, Row], rules: list[Row]
    ) -> None:
        self.release, self.proposal, self.name, self.leagues = release, proposal, name, leagues
        self.told = release.marked(f"Read from the {release.quarter} release")
        self.rules = [row for row in rules if row["league"] in leagues]
        scored = release.rows("metric_scores", quarter=release.quarter, value_basis="published")
        self.scored = [row for row in scored if row["league"] in leagues]
        self.terms = {(row["league"], row["metric_id"]): row for row in self.scored}
        self.domain_of = framework.domains_of_metrics(release)

    def of(self, **equal: Any) -> list[Row]:
        return [row for row in self.rules if all(row[name] == value for name, value in equal.items())]

    def source(self, rules: Iterable[Row], more: str = "") -> str:
        """Which figures speak for a row."""
        told = list(rules)
        explained = sum(row["cells_explained"] for row in told)
        cells = explained + sum(row["cells_unexplained"] for row in told)
        text = f"{self.told}: {explained} of {cells} figures come out"
        return f"{text}; {more}" if more else text

    # The framework as a whole

    def framework(self) -> None:
        imposed = {row["rule"]: row for row in self.rules if row["rule"] in FLAGS and _flag(row)}
        about = next(iter(self.leagues.values()))
        self.proposal.add(
            "frameworks",
            framework=self.name,
            title=f"NHS Oversight Framework {self.release.quarter[:7].replace('-', '/')}",
            status=about["framework_status"],
            organisation_type="icb" if all(league.startswith("icb") for league in self.leagues) else "trust",
            value_basis=about["value_basis"],
            segment_method="observed",
            override_segment=_imposed(imposed.get("override")),
            programme_segment=_imposed(imposed.get("programme")),
            metrics_needed=None,
            coverage_needed=None,
            label="inferred",
            source=self.source(imposed.values()),
        )
        self.proposal.add("quarter_frameworks", quarter=self.release.quarter, framework=self.name)
        for league, about in self.leagues.items():
            self.proposal.add(
                "leagues",
                framework=self.name,
                league=league,
                title=about["title"],
                expected_organisations=about["organisations"],
                label="verified",
                source=self.told,
            )
        self._summary_measures(imposed)

    def _summary_measures(self, imposed: dict[str, Row]) -> None:
        ids = {
            measure: row["published_id"]
            for measure, (subject, rule) in SUMMARY.items()
            for row in self.of(subject=subject, rule=rule)
        }
        ids |= {measure: _flag(imposed[rule]) for rule, measure in FLAGS.items() if rule in imposed}
        for measure, title in TITLES.items():
            if measure in ids:
                self.proposal.add(
                    "summary_measures",
                    framework=self.name,
                    measure=measure,
                    published_id=ids[measure],
                    title=title,
                    label="verified",
                )

    def domains(self) -> None:
        for row in self.of(rule="domain_score"):
            segments = self.of(league=row["league"], subject=row["subject"], rule="cut_points")
            self.proposal.add(
                "domains",
                framework=self.name,
                domain=self._code(row["league"], row["subject"]),
                title=row["subject"],
                score_id=row["published_id"],
                segment_id=segments[0]["published_id"] if segments else None,
                label="verified",
            )

    def _code(self, league: str, title: str) -> str | None:
        """The code of a domain. Its metrics have it."""
        codes = (
            self.terms[key]["domain"] for key, domain in self.domain_of.items() if domain == title and key[0] == league
        )
        return next(codes, None)

    # A metric

    def metric(self, metric_id: str) -> None:
        """One row of a metric whatever its leagues: that of the league that shows most, with a note on each other."""
        rules = [row for row in self.rules if row["metric_id"] == metric_id]
        if all(row["origin"] == "seed" for row in rules):
            return
        by_league: dict[str, dict[str, Row]] = {}
        for row in rules:
            by_league.setdefault(row["league"], {})[row["rule"]] = row
        most = max(by_league, key=lambda league: (by_league[league]["scoring_rule"]["cells_explained"], league))
        shown = by_league[most]
        for league, of_league in by_league.items():
            self._note(metric_id, most, shown, league, of_league)
        self._metric_row(metric_id, most, shown, rules)
        for league, of_league in by_league.items():
            self._population(metric_id, league, of_league)
        self._lookups(metric_id, rules)

    def _note(self, metric_id: str, most: str, shown: dict[str, Row], league: str, of_league: dict[str, Row]) -> None:
        for rule in ("scoring_rule", "polarity", "weight"):
            ours, theirs = shown.get(rule), of_league.get(rule)
            if ours and theirs and ours["found"] != theirs["found"]:
                said = f"{rule} {ours['found']} in {most}, {theirs['found']} in {league}"
                self.proposal.notes.append(f"{metric_id}: {said}; a seed holds one: we propose the first")

    def _metric_row(self, metric_id: str, league: str, shown: dict[str, Row], rules: list[Row]) -> None:
        scored = shown["scoring_rule"]
        weight = Fraction(_in_force(shown["weight"]))
        title = self.domain_of.get((league, metric_id))
        averages = self.of(league=league, subject=title, rule="domain_score")
        kind = "matrix" if any(row["rule"] == "matrix" for row in rules) else _in_force(scored)
        threshold, interval = _threshold(rules, shown.get("polarity"))
        otherwise = any(row["alternatives"] for row in [scored, *averages])
        certain = not (interval or kind == "bands" or otherwise or any(row["cells_unexplained"] for row in rules))
        also = [f"also fits: {scored['alternatives']}"] if scored["alternatives"] else []
        about = {"quarter": self.release.quarter, "metric_id": metric_id, "league": league}
        values, guide = (self.release.rows(table, **about) for table in ("metric_values", "metric_guide"))
        self.proposal.add(
            "metrics",
            framework=self.name,
            metric_id=metric_id,
            score_id=scored["published_id"],
            title=scored["title"],
            domain=self.terms[league, metric_id]["domain"],
            sub_domain=next((row["sub_domain"] for row in guide), None),
            unit=next((row["unit"] for row in values), None),
            ignored_unit=None,
            polarity=_in_force(shown["polarity"]) if "polarity" in shown else _polarity_of_bands(shown.get("bands")),
            weight=_decimal(weight) if weight else Decimal(1),
            metric_group=None,
            counted=weight > 0,
            value_basis="published",
            basis=None,
            scoring_rule=kind,
            standard=threshold if kind == "rank_with_standard" else None,
            floor=threshold if kind == "rank_with_floor" else None,
            label="verified" if certain else "inferred",
            source=self.source((row for row in rules if row["rule"] == "scoring_rule"), "; ".join([*interval, *also])),
        )

    def _population(self, metric_id: str, league: str, shown: dict[str, Row]) -> None:
        terms = self.terms[league, metric_id]
        size = shown.get("population_size")
        speaks = size or shown["scoring_rule"]
        self.proposal.add(
            "league_metrics",
            framework=self.name,
            league=league,
            metric_id=metric_id,
            population=terms["population"],
            label="verified",
            source=self.source([speaks], "" if size else "no population is needed"),
        )
        if size and size["origin"] == "release" and terms["population"] != league:
            at_hand = sum(
                row["population"] == terms["population"] and row["rank_in_population"] is not None
                for row in self.scored
                if row["metric_id"] == metric_id and row["score_basis"] != "recovered"
            )
            if at_hand < size["low"]:
                self.proposal.add(
                    "population_sizes",
                    quarter=self.release.quarter,
                    metric_id=metric_id,
                    population=terms["population"],
                    population_size=int(size["low"]),
                    label="verified",
                    source=f"{self.told}: the smallest size that the published scores fit",
                )
        precision = shown.get("precision")
        if precision and precision["origin"] == "release" and precision["found"] == TWO_DECIMALS:
            self.proposal.add(
                "score_precision",
                quarter=self.release.quarter,
                metric_id=metric_id,
                decimals=2,
                label="verified",
                source=f"{self.told}: averages and domain scores are reproduced only so",
            )

    def _lookups(self, metric_id: str, rules: list[Row]) -> None:
        """Between two bands lies the roundest number above what was seen in the lower and not above the next."""
        banded = [row for row in rules if row["rule"] == "bands" and row["origin"] == "release"]
        seen: dict[int, list[Decimal]] = {}
        for score, *ends in (band for row in banded for band in read_bands(row["found"])):
            seen.setdefault(score, []).extend(ends)
        ordered = sorted(seen.items(), key=lambda band: min(band[1]))
        bounds = [roundest(max(one), min(other), False) for (_, one), (_, other) in pairwise(ordered)]
        for (score, _), lower, upper in zip(ordered, [None, *bounds], [*bounds, None], strict=False):
            self.proposal.add(
                "score_bands",
                framework=self.name,
                metric_id=metric_id,
                lower_bound=None if lower is None else plain(lower),
                lower_inclusive=lower is not None,
                upper_bound=None if upper is None else plain(upper),
                upper_inclusive=False,
                score=score,
                label="inferred",
            )
        cells: dict[tuple[Decimal, Decimal], Decimal] = {}
        for row in (row for row in rules if row["rule"] == "matrix" and row["origin"] == "release"):
            cells |= framework.matrix_cells(self.release, row)
            pair = framework.matrix_of(self.release, row)
        for (one, other), combined in sorted(cells.items()):
            self.proposal.add(
                "score_matrix",
                framework=self.name,
                metric_id=metric_id,
                row_metric_id=pair[0],
                column_metric_id=pair[1],
                row_score=one,
                column_score=other,
                score=combined,
                label="verified",
            )

    # Segments

    def cut_points(self) -> None:
        """The leagues of a framework share their cut points: each bounds them further."""
        bounds: dict[tuple[str, int], list[tuple[Row, Decimal | None, Decimal | None]]] = {}
        for row in self.of(rule="cut_points", origin="release"):
            scope = "overall" if row["subject"] == "overall" else self._code(row["league"], row["subject"])
            for segment, (low, high) in enumerate(read_cuts(row["found"]), 1):
                bounds.setdefault((str(scope), segment), []).append((row, low, high))
        for (scope, segment), found in bounds.items():
            low = max((low for _, low, _ in found if low is not None), default=None)
            high = min((high for _, _, high in found if high is not None), default=None)
            if low is None and high is None:
                continue
            if low is not None and high is not None and low >= high:
                told = ", ".join(f"{one}/{other} in {row['league']}" for row, one, other in found)
                self.proposal.notes.append(f"cut point {scope} {segment}: {told}; no seed can hold both")
                continue
            self.proposal.add(
                "cut_points",
                framework=self.name,
                quarter=self.release.quarter,
                scope=scope,
                better_segment=segment,
                largest_in_better=low if low is not None else (high or 0) - HUNDREDTH,
                smallest_in_worse=high if high is not None else (low or 0) + HUNDREDTH,
                basis="observed",
                label="verified",
                source=f"{self.told}: largest score in the better segment and smallest in the next, {_listed(found)}",
            )


SUMMARY = {  # measure: the rule whose figures it is
    "adjusted_segment": ("league", "override"),
    "average_score": ("overall", "average_score"),
    "unadjusted_segment": ("overall", "cut_points"),
    "final_segment": ("league", "programme"),
}
FLAGS = {"override": "financial_override", "programme": "improvement_programme"}
TITLES = {measure: title for measure, (_, title) in Conventions().summary.items()}


def _listed(found: list[tuple[Row, Any, Any]]) -> str:
    return ", ".join(sorted({row["league"].replace("_", " ") for row, _, _ in found}))


def _imposed(row: Row | None) -> int | None:
    """The segment that a flag imposes; None where several explain the release."""
    imposed = read_imposed(row["found"]) if row and not row["alternatives"] else None
    return imposed and imposed[0]


def _flag(row: Row) -> str | None:
    imposed = read_imposed(row["found"])
    return imposed and imposed[1]


def _polarity_of_bands(row: Row | None) -> str | None:
    """Which way is better, as the bands of a metric have it."""
    if row is None:
        return None
    ordered = sorted(read_bands(row["found"]))
    return "higher" if ordered[0][1] > ordered[-1][1] else "lower"


def _in_force(row: Row) -> str:
    """What counts: the seed where the release goes with it."""
    return str(row["seeded"] if row["origin"] == "seed" else row["found"])


def _threshold(rules: list[Row], polarity: Row | None) -> tuple[str | None, list[str]]:
    """The nearest value that meets it in any league, and what else would score the release the same."""
    found = [row for row in rules if row["rule"] in ("standard", "floor")]
    if any(row["origin"] == "seed" for row in found):
        return plain(Decimal(next(row["seeded"] for row in found if row["origin"] == "seed"))), []
    low = max((row["low"] for row in found if row["low"] is not None), default=None)
    high = min((row["high"] for row in found if row["high"] is not None), default=None)
    if not found or polarity is None:
        return None, []
    if low is None or high is None:
        only = high if low is None else low
        return plain(only), [f"the nearest value: {plain(low)} to {plain(high)} score the same"]
    chosen = roundest(low, high, low_belongs=polarity["found"] == "lower")
    return plain(chosen), [f"the roundest number from {plain(low)} to {plain(high)}, which score the same"]


STEPS = [Decimal(step).scaleb(place) for place in range(2, -7, -1) for step in (1, Decimal("0.5"))]


def roundest(low: Decimal, high: Decimal, low_belongs: bool) -> Decimal:
    """The number with the fewest digits between two values, of which one belongs: people set rules in round numbers.
    Of several the nearest to the value that belongs."""
    rounding = ROUND_CEILING if low_belongs else ROUND_FLOOR
    for step in STEPS:
        least, most = ((end / step).to_integral_value(rounding) for end in (low, high))
        if least < most:
            return (least if low_belongs else most) * step
    return low if low_belongs else high


def _decimal(weight: Fraction) -> Decimal:
    return (Decimal(weight.numerator) / weight.denominator).quantize(Decimal("1e-12")).normalize()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else visible(" ".join(str(value).split()))


# From rows to a diff


def _diff(seed: Path, group: tuple[str, ...], rows: Seed) -> str:
    """Rows of a group that is new follow those of the same framework; those of a group that is there take its place."""
    lines = seed.read_text(encoding="utf-8").splitlines(keepends=True)
    columns = next(csv.reader(lines[:1]))
    there = [dict(zip(columns, next(csv.reader([line])), strict=True)) for line in lines[1:]]

    def key(row: dict[str, str], names: tuple[str, ...] = group) -> tuple[str, ...]:
        return tuple(row[name] for name in names)

    proposed: dict[tuple[str, ...], Seed] = {}
    for row in rows:
        proposed.setdefault(key(row), []).append(row)
    after = [*zip(lines[1:], there, strict=True)]
    for of_group, new in proposed.items():
        old = [place for place, (_, row) in enumerate(after) if key(row) == of_group]
        if old and _compared([after[place][1] for place in old]) == _compared(new):
            continue
        alike = [place for place, (_, row) in enumerate(after) if row[group[0]] == new[0][group[0]]]
        at = old[0] if old else (alike[-1] + 1 if alike else len(after))
        if len(old) == len(new) == 1:
            new = [_revised(after[at][1], new[0])]
        after[at:at] = [(_line(columns, row), row) for row in new]
        for place in reversed(old):
            del after[place + len(new)]
    name = f"dbt_project/seeds/{seed.name}"
    return "".join(unified_diff(lines, [lines[0], *(line for line, _ in after)], f"a/{name}", f"b/{name}"))


NOT_COMPARED = {  # what a release does not show, or words otherwise
    *("label", "source", "title", "basis", "sub_domain", "status", "segment_method", "unit", "ignored_unit"),
    *("metrics_needed", "coverage_needed", "expected_organisations", "population", "case_mix_adjusted", "metric_group"),
}


def _revised(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """The row that was there, with what the release shows instead."""
    return old | {name: value for name, value in new.items() if name in ("label", "source") or name not in NOT_COMPARED}


def _compared(rows: Seed) -> list[list[str]]:
    return sorted([value for name, value in sorted(row.items()) if name not in NOT_COMPARED] for row in rows)


def _line(columns: list[str], row: dict[str, str]) -> str:
    text = StringIO()
    csv.DictWriter(text, columns, lineterminator="\n").writerow(row)
    return text.getvalue()
