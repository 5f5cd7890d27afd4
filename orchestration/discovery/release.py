"""All rules of a release, league by league, as tables that fit the seeds, with what speaks for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from orchestration.discovery import scoring, segments, weights
from orchestration.discovery.conventions import Conventions
from orchestration.discovery.evidence import Contradiction, Finding, hundredths
from orchestration.discovery.publication import DECIMALS, Publication, Series, out_of_range, read
from orchestration.discovery.scoring import Rule, usable
from orchestration.discovery.weights import SIXTHS, Choice, Domain

LABEL = "discovered"
PLACES = Decimal("1e-10")  # of an unrounded score, as the models keep it
COLUMNS: dict[str, tuple[str, ...]] = {
    "metrics": (
        *("quarter", "league", "metric_id", "score_id", "title", "domain", "sub_domain", "unit", "ignored_unit"),
        *("polarity", "weight", "counted", "scoring_rule", "standard", "floor", "threshold_low", "threshold_high", "label"),
    ),
    "domains": ("quarter", "league", "domain", "title", "score_id", "segment_id", "label"),
    "summary_measures": ("quarter", "league", "measure", "published_id", "title", "label"),
    "population_sizes": ("quarter", "league", "metric_id", "population", "population_size", "label"),
    "score_precision": ("quarter", "league", "metric_id", "decimals", "label"),
    "score_bands": (
        *("quarter", "league", "metric_id", "lower_bound", "lower_inclusive", "upper_bound", "upper_inclusive", "score"),
        *("lowest", "highest", "organisations", "label"),
    ),
    "score_matrix": (
        *("quarter", "league", "metric_id", "row_metric_id", "column_metric_id", "row_score", "column_score", "score"),
        *("organisations", "label"),
    ),
    "cut_points": ("quarter", "league", "scope", "better_segment", "largest_in_better", "smallest_in_worse", "label"),
    "frameworks": ("quarter", "league", "override_segment", "programme_segment", "league_order", "label"),
    "scores": (
        *("quarter", "league", "trust_code", "metric_id", "population_size", "rank_in_population", "score"),
        *("score_exact", "source_row"),
    ),
    "cells": ("quarter", "league", "trust_code", "scope", "measure", "published", "found"),
    "findings": ("quarter", "league", *(field.name for field in fields(Finding))),
    "contradictions": ("quarter", "league", *(field.name for field in fields(Contradiction))),
    "fixed_thresholds": ("scope", "better_segment", "quarters", "low", "high", "fixed"),
}
OVERALL = "overall"


@dataclass(frozen=True)
class Discovered:
    """Tables by name, each with the columns of `COLUMNS`, sorted."""

    tables: Mapping[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]


@dataclass
class League:
    """What is found of one league while it is being found."""

    publication: Publication
    rules: list[Rule]
    domains: list[Domain]
    choices: list[Choice]
    findings: list[Finding]
    rows: dict[str, list[dict[str, Any]]]

    def add(self, table: str, **values: Any) -> None:
        """Add a row of a table."""
        place = {"quarter": self.publication.quarter, "league": self.publication.league}
        self.rows[table].append({**place, "label": LABEL, **values})


def discover(figures: pd.DataFrame, conventions: Conventions | None = None) -> Discovered:
    """Find the rules of every quarter and league of the published figures.

    `figures` has the columns of the model `nof_figures`, with domain and sub-domain, in any order of rows.
    """
    known = conventions or Conventions()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for _, of_league in figures.groupby(["quarter", "league"], sort=True):
        league = _league(read(of_league, known), known)
        place = {"quarter": league.publication.quarter, "league": league.publication.league}
        for name, many in league.rows.items():
            rows[name] += many
        rows["findings"] += [{**place, **asdict(finding)} for finding in league.findings]
        rows["contradictions"] += [{**place, **asdict(one)} for one in league.publication.contradictions]
    rows["fixed_thresholds"] = fixed_thresholds(rows["cut_points"])
    return Discovered({name: _table(name, many) for name, many in rows.items()})


def _table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Sort by all columns, so that the order of the input is without effect."""
    table = pd.DataFrame(rows, columns=list(COLUMNS[name]), dtype=object)
    order = sorted(range(len(table)), key=lambda i: [_sortable(value) for value in table.iloc[i]])
    return table.iloc[order].drop_duplicates().reset_index(drop=True)


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return 0, ""
    return (1, Decimal(value)) if isinstance(value, int | Decimal) else (2, str(value))


def _league(publication: Publication, conventions: Conventions) -> League:
    out_of_range(publication)
    rules = [scoring.rule_of(metric, conventions) for metric in publication.metrics]
    league = League(publication, rules, [], [], [], {name: [] for name in COLUMNS})
    for rule in rules:
        scoring.name_contradictions(publication, rule)
    _weigh(league)
    complete = _segment(league)
    for rule in rules:
        _check_ranks(publication, rule, complete)
    _write_metrics(league)
    return league


def _weigh(league: League) -> None:
    """Find domains, weights, precision and the average."""
    publication = league.publication
    scores = _domain_scores(league)
    titles = sorted({rule.metric.score.domain for rule in league.rules})
    for title in titles:
        of_it = [rule for rule in league.rules if rule.metric.score.domain == title]
        league.domains.append(weights.domain_of(title, scores.get(title), of_it))
    if not league.domains:
        return
    average = publication.summary.get("average_score")
    league.choices, tried = weights.settle(league.domains, average)
    for domain, choice in zip(league.domains, league.choices, strict=True):
        if domain.score is not None:
            found = weights.means([domain], [choice])
            cells = usable(domain.score) | (found >= 0)
            _reproduction(league, domain.title, "domain_score", domain.score, found, _told(domain, choice))
            order = [_place(domain, choice), *range(len(domain.choices))]
            league.findings[-1] = _with_alternatives(
                league.findings[-1],
                "; ".join(_told(domain, other) for other in weights.equally_good(domain, choice)[:3]),
                weights.left_out(domain.reproduced[order], cells),
            )
    if average is not None:
        found = weights.means(league.domains, league.choices)
        text = "mean of all scores that count"
        _reproduction(league, OVERALL, "average_score", average, found, text)
        cells = usable(average) | (found >= 0)
        league.findings[-1] = _with_alternatives(league.findings[-1], "", weights.left_out(tried, cells))


def _with_alternatives(finding: Finding, alternatives: str, left_out: tuple[int, int]) -> Finding:
    agrees, of = left_out
    return Finding(
        **{
            **asdict(finding),
            "alternatives": alternatives,
            "leave_one_out_agrees": agrees,
            "leave_one_out_of": of,
        }
    )


def _place(domain: Domain, choice: Choice) -> int:
    """Where a choice, whatever its scale, stands among those tried."""
    shapes = [(other.scaled(SIXTHS).weights, other.variants) for other in domain.choices]
    return shapes.index((choice.scaled(SIXTHS).weights, choice.variants))


def _told(domain: Domain, choice: Choice) -> str:
    return ", ".join(
        f"{rule.metric.score.published_id} {Fraction(weight, SIXTHS)}"
        for rule, weight in zip(domain.rules, choice.weights, strict=True)
    )


def _domain_scores(league: League) -> dict[str, Series]:
    """Which score averages which domain: that of the same title, else that which its metrics reproduce best. One that is
    of no domain is the average, if no other is known."""
    publication = league.publication
    titles = sorted({rule.metric.score.domain for rule in league.rules})
    found: dict[str, Series] = {}
    left = []
    for series in publication.aggregates:
        if series.domain in titles and series.domain not in found:
            found[series.domain] = series
        else:
            left.append(series)
    if left and "average_score" not in publication.summary:
        largest = max(left, key=lambda series: (_reproduced_by(league.rules, series), series.published_id))
        publication.summary["average_score"] = largest
        left.remove(largest)
    for series in left:
        free = [title for title in titles if title not in found]
        tried = {t: _reproduced_by([r for r in league.rules if r.metric.score.domain == t], series) for t in free}
        best = max(free, key=lambda title: tried[title], default=None)
        if best is not None and tried[best] > usable(series).sum() / 2:
            found[best] = series
        else:
            publication.say_of_league("average_of_nothing", series, series.title, "an average of published scores")
    return found


def _reproduced_by(rules: list[Rule], series: Series) -> int:
    scores = np.column_stack([rule.metric.score.hundredths for rule in rules]).astype(float)
    held = np.column_stack([rule.scored for rule in rules])
    apart = weights.errors(weights.likely_sets(scores, held, series)[:1], scores, held, series)
    return int(((apart <= weights.HIDDEN) & usable(series)).sum())


def _reproduction(league: League, scope: str, measure: str, series: Series, found: Any, told: str) -> None:
    """Count and name the means that come out otherwise."""
    publication = league.publication
    published, right = usable(series), weights.agrees(found, series)
    odd = np.flatnonzero(~right)
    cells = np.flatnonzero(published | (found >= 0))
    for i in cells:
        shown = hundredths(series.hundredths[i]) if published[i] else None
        computed = hundredths(found[i]) if found[i] >= 0 else None
        league.rows["cells"].append(
            {
                "quarter": publication.quarter,
                "league": publication.league,
                "trust_code": publication.organisations[i],
                "scope": scope,
                "measure": measure,
                "published": shown,
                "found": computed,
            }
        )
    if len(odd) > len(cells) / 3:
        text = f"{len(odd)} of {len(cells)} come out otherwise"
        publication.say_of_league(f"{measure}_not_reproduced", series, text, "a weighted mean of the scores")
    else:
        said = [series.shown(i) if published[i] else "none" for i in odd]
        expected = [str(hundredths(found[i])) if found[i] >= 0 else "none: no score that counts" for i in odd]
        publication.say(f"{measure}_not_reproduced", series, odd, said, expected)
    league.findings.append(
        Finding(scope, measure, told, cells_explained=len(cells) - len(odd), cells_unexplained=len(odd))
    )


def _segment(league: League) -> bool:
    """Find cut points, override, final segment and order. Gives whether all of the league is there."""
    publication, summary = league.publication, league.publication.summary
    average, unadjusted = summary.get("average_score"), summary.get("unadjusted_segment")
    adjusted, final = summary.get("adjusted_segment"), summary.get("final_segment")
    scopes = []
    for domain in league.domains:
        segment = next((one for one in publication.domain_segments if _is_of(one, domain, publication)), None)
        if domain.score is not None and segment is not None:
            scopes.append((domain.title, domain.score, segment))
    if average is not None and unadjusted is not None:
        scopes.append((OVERALL, average, unadjusted))
    for scope, score, segment in scopes:
        cuts, finding = segments.cuts_of(publication, scope, score, segment)
        league.findings.append(finding)
        for cut in cuts:
            league.add(
                "cut_points",
                scope=scope,
                better_segment=cut.better_segment,
                largest_in_better=_score(cut.largest_in_better),
                smallest_in_worse=_score(cut.smallest_in_worse),
            )
    override = programme = None
    if unadjusted is not None and adjusted is not None:
        step = segments.imposed(publication, "override", unadjusted, adjusted, summary.get("financial_override"))
        override = step.to
        league.findings.append(step.finding)
    if adjusted is not None and final is not None:
        step = segments.imposed(publication, "programme", adjusted, final, summary.get("improvement_programme"))
        programme = step.to
        league.findings.append(step.finding)
    complete, order = _order(league)
    league.add("frameworks", override_segment=override, programme_segment=programme, league_order=order)
    return complete


def _order(league: League) -> tuple[bool, str | None]:
    publication, summary = league.publication, league.publication.summary
    average, adjusted = summary.get("average_score"), summary.get("adjusted_segment")
    ranked = next((one for one in (adjusted, average) if one is not None and (one.ranks > 0).any()), None)
    if ranked is None or average is None:
        return True, None
    complete = not segments.missing_organisations(publication, ranked)
    scores = np.where(usable(average), average.hundredths, -1)
    orders = {"average_score": [scores]}
    for name in ("adjusted_segment", "unadjusted_segment", "final_segment"):
        if name in summary:
            orders = {**orders, f"{name}, average_score": [segments.whole(summary[name]), scores]}
    order = None
    if adjusted is not None and (adjusted.ranks > 0).any():
        placed = {name: keys for name, keys in sorted(orders.items(), key=lambda item: item[0] == "average_score")}
        finding = segments.order_of(publication, "league", adjusted, placed, complete)
        order = finding.found
        league.findings.append(finding)
    if (average.ranks > 0).any():
        alone = {"average_score": orders["average_score"]}
        league.findings.append(segments.order_of(publication, OVERALL, average, alone, complete))
    return complete, order


def _is_of(segment: Series, domain: Domain, publication: Publication) -> bool:
    return segment.domain == (domain.score.domain if domain.score is not None else domain.title)


def _check_ranks(publication: Publication, rule: Rule, complete: bool) -> None:
    """Name published ranks that are not the order of the values, and those that leave a gap."""
    value = rule.metric.value
    if value is None or not rule.polarity or not (value.ranks > 0).any():
        return
    cells = value.held & (value.ranks > 0)
    sign = -1 if rule.polarity == "higher" else 1
    places = sorted(np.flatnonzero(cells), key=lambda i: (value.ranks[i], sign * value.values[i], i))
    run = scoring.chain([(sign * int(value.values[i]), n) for n, i in enumerate(places)])
    kept = {places[n] for n in run}
    odd = [int(i) for i in places if i not in kept]
    if len(odd) > len(places) / 3:
        told = f"{len(odd)} of {len(places)} ranks are out of the order of the values"
        publication.say_of_league("ranks_follow_no_order", value, told, f"ranks by value, {rule.polarity} is better")
        return
    told_each = [f"rank {value.ranks[i]} of value {value.shown(i)}" for i in odd]
    publication.say("rank_against_value", value, odd, told_each, f"ranks by value, {rule.polarity} is better")
    if complete and cells.sum() == value.held.sum():
        ranks = np.sort(value.ranks[cells])
        right = np.searchsorted(ranks, value.ranks) + 1
        gaps = [int(i) for i in np.flatnonzero(cells & (value.ranks != right)) if i not in odd]
        if len(gaps) <= len(places) / 10:
            found = [str(int(value.ranks[i])) for i in gaps]
            publication.say("rank_leaves_a_gap", value, gaps, found, [str(int(right[i])) for i in gaps])


def _write_metrics(league: League) -> None:
    """Write down what is found of every metric."""
    publication = league.publication
    for domain, choice in zip(league.domains, league.choices, strict=True):
        league.add(
            "domains",
            domain=domain.title,
            title=domain.title,
            score_id=domain.score.published_id if domain.score is not None else None,
            segment_id=next((s.published_id for s in publication.domain_segments if _is_of(s, domain, publication)), None),
        )
        _write_matrix(league, domain, choice)
        for rule, weight, many, chosen in zip(
            domain.rules, choice.weights, domain.variants, choice.variants, strict=True
        ):
            _write_metric(league, rule, Fraction(weight, SIXTHS))
            _write_scores(league, rule, many[chosen])
            _write_size(league, rule, many, many[chosen])
            if rule.grid is not None and weight and not many[chosen].size:
                league.add("score_precision", metric_id=rule.metric.metric_id, decimals=2)
            _write_precision(league, domain, choice, rule)
    for measure, series in publication.summary.items():
        league.add("summary_measures", measure=measure, published_id=series.published_id, title=series.title)


def _write_metric(league: League, rule: Rule, weight: Fraction) -> None:
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


def _other_forms(rule: Rule) -> str:
    if rule.grid is None:
        return ""
    other: dict[str, list[str]] = {}
    for grid in rule.others:
        if grid.form is not rule.grid.form:
            other.setdefault(grid.form.name, []).append(str(grid.size))
    return "; ".join(f"{name} with {_some(sizes)}" for name, sizes in other.items())


def _some(sizes: Sequence[str]) -> str:
    shown = ", ".join(sizes[: scoring.SIZES_NAMED])
    more = len(sizes) - scoring.SIZES_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _write_size(league: League, rule: Rule, many: list[weights.Variant], chosen: weights.Variant) -> None:
    grid = rule.grid
    if grid is None:
        return
    size = chosen.size or grid.size
    cells = int((rule.scored & ~grid.beyond).sum())
    off = int((grid.misfits & ~grid.beyond).sum())
    population = league.publication.league if rule.own else "crosses_types"
    league.add("population_sizes", metric_id=rule.metric.metric_id, population=population, population_size=size)
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


def _write_precision(league: League, domain: Domain, choice: Choice, rule: Rule) -> None:
    """Say whether the scores entered rounded, and how many domain scores come out if they entered otherwise."""
    place = domain.rules.index(rule)
    if rule.grid is None or not choice.weights[place] or domain.score is None:
        return
    many, chosen = domain.variants[place], choice.variants[place]
    rounded = len(many) - 1
    other = Choice(choice.weights, (*choice.variants[:place], 0 if chosen == rounded else rounded, *choice.variants[place + 1 :]))
    right, otherwise = weights.reproduces(domain, choice), weights.reproduces(domain, other)
    cells = usable(domain.score) & rule.scored
    names = ("two decimals", "unrounded") if chosen == rounded else ("unrounded", "two decimals")
    league.findings.append(
        Finding(
            rule.metric.score.published_id,
            "precision",
            names[0],
            cells_explained=int((right & cells).sum()),
            cells_unexplained=int((~right & cells).sum()),
            alternatives=f"{names[1]}: {int((otherwise & cells).sum())} of {int(cells.sum())}",
        )
    )


def _write_scores(league: League, rule: Rule, variant: weights.Variant) -> None:
    publication, score = league.publication, rule.metric.score
    for i in np.flatnonzero(rule.scored):
        on_grid = bool(variant.size) and not (rule.grid is not None and rule.grid.beyond[i])
        step = None
        if on_grid and rule.grid is not None:
            above = Fraction(int(variant.numerators[i]), variant.denominator) - variant.best
            exact = above * variant.denominator / rule.grid.form.span
            step = int(exact) + 1 if exact.denominator == 1 else None
        league.rows["scores"].append(
            {
                "quarter": publication.quarter,
                "league": publication.league,
                "trust_code": publication.organisations[i],
                "metric_id": rule.metric.metric_id,
                "population_size": variant.size if step else None,
                "rank_in_population": step,
                "score": hundredths(score.hundredths[i]),
                "score_exact": _exact(Fraction(int(variant.numerators[i]), 100 * variant.denominator), PLACES),
                "source_row": int(score.rows[i]) or None,
            }
        )


def _write_bands(league: League, rule: Rule) -> None:
    """Write bands from the lowest value seen in each up to the lowest seen in the next."""
    ordered = sorted(rule.bands, key=lambda band: band[1])
    for n, (score, lowest, highest, organisations) in enumerate(ordered):
        league.add(
            "score_bands",
            metric_id=rule.metric.metric_id,
            lower_bound=_value(lowest) if n else None,
            lower_inclusive=bool(n),
            upper_bound=_value(ordered[n + 1][1]) if n + 1 < len(ordered) else None,
            upper_inclusive=False,
            score=score // 100,
            lowest=_value(lowest),
            highest=_value(highest),
            organisations=organisations,
        )
    if ordered:
        text = "; ".join(f"{score // 100}: {_text(low)} to {_text(high)}" for score, low, high, _ in ordered)
        cells, odd = int(rule.scored.sum()), int(rule.bands_outside.sum())
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
    scores = rule.metric.score.hundredths
    seen: dict[tuple[int, int], list[int]] = {}
    for i in np.flatnonzero(cells):
        seen.setdefault((int(row.metric.score.hundredths[i]), int(column.metric.score.hundredths[i])), []).append(int(i))
    usual = {pair: int(np.bincount(scores[of_it]).argmax()) for pair, of_it in seen.items()}
    odd = [i for pair, of_it in seen.items() for i in of_it if scores[i] != usual[pair]]
    if not len(seen) or len(odd) > 0.1 * cells.sum() or len(seen) > cells.sum() / 2:
        return
    for pair, of_it in seen.items():
        league.add(
            "score_matrix",
            metric_id=rule.metric.metric_id,
            row_metric_id=row.metric.metric_id,
            column_metric_id=column.metric.metric_id,
            row_score=pair[0] // 100,
            column_score=pair[1] // 100,
            score=usual[pair] // 100,
            organisations=len(of_it),
        )
    pairs = {i: pair for pair, of_it in seen.items() for i in of_it}
    told = [f"{rule.metric.score.shown(i)} of scores {pairs[i][0] // 100} and {pairs[i][1] // 100}" for i in odd]
    expected = [f"{usual[pairs[i]] // 100}, as for the others with these two" for i in odd]
    league.publication.say("score_against_matrix", rule.metric.score, odd, told, expected)
    foretold = sum(len(of_it) for of_it in seen.values() if len(of_it) > 1) - len(odd)
    league.findings.append(
        Finding(
            rule.metric.score.published_id,
            "matrix",
            f"{len(seen)} pairs of {row.metric.score.published_id} and {column.metric.score.published_id}",
            cells_explained=int(cells.sum()) - len(odd),
            cells_unexplained=len(odd),
            leave_one_out_agrees=foretold,
            leave_one_out_of=int(cells.sum()),
        )
    )


def fixed_thresholds(cut_points: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say for every cut whether one cut point fits all quarters and leagues. A score at the cut is in the better
    segment. One quarter alone decides nothing."""
    by_cut: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in cut_points:
        by_cut.setdefault((row["scope"], row["better_segment"]), []).append(row)
    rows = []
    for (scope, better_segment), many in by_cut.items():
        low = max((row["largest_in_better"] for row in many if row["largest_in_better"] is not None), default=None)
        high = min((row["smallest_in_worse"] for row in many if row["smallest_in_worse"] is not None), default=None)
        quarters = sorted({row["quarter"] for row in many})
        fits = low is None or high is None or low < high
        rows.append(
            {
                "scope": scope,
                "better_segment": better_segment,
                "quarters": ", ".join(quarters),
                "low": low,
                "high": high,
                "fixed": fits if len(quarters) > 1 else None,
            }
        )
    return rows


def _score(value: int | None) -> Decimal | None:
    return None if value is None else hundredths(value)


def _value(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-DECIMALS)


def _text(value: int | None) -> str:
    return "none" if value is None else f"{Decimal(value).scaleb(-DECIMALS).normalize():f}"


def _exact(value: Fraction, places: Decimal) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(places, ROUND_HALF_UP)
