"""All rules of a release, league by league, as tables that fit the seeds, with what speaks for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from orchestration.discovery import scoring, segments, weights
from orchestration.discovery.conventions import MOST, REFUSED, SLIPS, Conventions
from orchestration.discovery.evidence import Finding, two_decimals
from orchestration.discovery.publication import Publication, Series, out_of_range, read
from orchestration.discovery.runs import out_of_line
from orchestration.discovery.scoring import Rule, usable
from orchestration.discovery.tables import COLUMNS, OF_A_LEAGUE, Discovered, League, segment_of, table, write_metrics
from orchestration.discovery.weights import SIXTHS, Choice, Domain
from orchestration.discovery.wording import weights_text

OVERALL = "overall"
ROUNDED = 1  # hundredths: scores that entered unrounded or at two decimals move their mean by no more


def discover(figures: pd.DataFrame, conventions: Conventions | None = None) -> Discovered:
    """Find the rules of every quarter and league of the published figures.

    `figures` has the columns of the model `nof_figures`, with domain and sub-domain, in any order of rows.
    """
    known = conventions or Conventions()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    closed: dict[tuple[str, str], League] = {}
    for _, of_quarter in figures.groupby("quarter", sort=True):
        leagues = [_opened(read(of_league, known)) for _, of_league in of_quarter.groupby("league", sort=True)]
        _agree_on_forms(leagues)
        _agree_on_sizes(leagues)
        for league in leagues:
            _closed(league)
            closed[league.publication.quarter, league.publication.league] = league
            _compare(league, closed)
            place = {"quarter": league.publication.quarter, "league": league.publication.league}
            for name, many in league.rows.items():
                rows[name] += many
            rows["findings"] += [{**place, **asdict(finding)} for finding in league.findings]
            rows["contradictions"] += [{**place, **asdict(one)} for one in league.publication.contradictions]
    return Discovered({name: table(name, many) for name, many in rows.items()})


def _opened(publication: Publication) -> League:
    """Find how each metric of a league was scored."""
    out_of_range(publication)
    complete = not segments.missing_organisations(publication)
    rules = [scoring.rule_of(metric, complete) for metric in publication.metrics]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    return League(publication, complete, rules, [], [], _published(publication), [], rows)


def _agree_on_forms(leagues: list[League]) -> None:
    """A metric is scored in one way: where a league leaves several open, another league that shows one decides. Ten
    scores alone fit a plain grid as well as a standard that one organisation meets."""
    by_metric: dict[str, list[tuple[League, int]]] = {}
    for league in leagues:
        for place, rule in enumerate(league.rules):
            if rule.grid is not None:
                by_metric.setdefault(rule.metric.metric_id, []).append((league, place))
    for places in by_metric.values():
        found = [league.rules[place] for league, place in places]
        sure = {form.name for forms in map(scoring.forms_that_fit, found) if len(forms) == 1 for form in forms}
        if len(sure) == 1:
            for (league, place), rule in zip(places, found, strict=True):
                league.rules[place] = scoring.of_form(rule, next(iter(sure)), league.complete)


def _agree_on_sizes(leagues: list[League]) -> None:
    """A population that crosses leagues has one size: the smallest that fits all of them. Ten scores alone fit many."""
    crossing: dict[str, list[tuple[League, int]]] = {}
    for league in leagues:
        for place, rule in enumerate(league.rules):
            if rule.grid is not None and not rule.own:
                crossing.setdefault(rule.metric.metric_id, []).append((league, place))
    for places in crossing.values():
        found = [scoring.grids_by_size(league.rules[place]) for league, place in places]
        common = sorted(set.intersection(*(set(sizes) for sizes in found)))
        if len(places) > 1 and common:
            for (league, place), sizes in zip(places, found, strict=True):
                league.rules[place] = scoring.of_size(league.rules[place], sizes[common[0]])


def _closed(league: League) -> None:
    """Find the rest, and name what contradicts it."""
    for rule in league.rules:
        scoring.name_contradictions(league.publication, rule)
    if league.rules:
        _weigh(league)
    _segment(league)
    for rule in league.rules:
        _check_ranks(league.publication, rule, league.complete)
    write_metrics(league)


def _weigh(league: League) -> None:
    """Find domains, weights, precision and the average."""
    publication = league.publication
    scores = _domain_scores(league)
    titles = sorted({rule.metric.score.domain for rule in league.rules})
    average = publication.summary.get("average_score")
    for title in titles:
        of_it = [rule for rule in league.rules if rule.metric.score.domain == title]
        league.domains.append(weights.domain_of(title, scores.get(title), of_it))
    if not scores and average is not None:  # only the averages say what counts
        league.domains = [weights.domain_of(OVERALL, average, league.rules)]
    league.choices, tried = weights.settle(league.domains, average if scores else None)
    for domain, choice in zip(league.domains, league.choices, strict=True):
        if domain.score is None:
            continue
        order = [_place(domain, choice), *range(len(domain.choices))]
        found = weights.means([domain], [choice])
        foretold = weights.left_out(domain.reproduced[order], usable(domain.score) | (found >= 0))
        others = "; ".join(_told(domain, other) for other in weights.equally_good(domain, choice)[:3])
        measure = "domain_score" if scores else "average_score"
        finding = Finding(domain.title, measure, _told(domain, choice), None, None, 0, 0, others, *foretold)
        _reproduction(league, finding, domain.score, found)
    if average is not None and scores:
        found = weights.means(league.domains, league.choices)
        foretold = weights.left_out(tried, usable(average) | (found >= 0))
        finding = Finding(OVERALL, "average_score", "mean of all that count", None, None, 0, 0, "", *foretold)
        _reproduction(league, finding, average, found)


def _place(domain: Domain, choice: Choice) -> int:
    """Where a choice, whatever its scale, stands among those tried."""
    shapes = [(other.scaled(SIXTHS).weights, other.variants) for other in domain.choices]
    return shapes.index((choice.scaled(SIXTHS).weights, choice.variants))


def _told(domain: Domain, choice: Choice) -> str:
    return weights_text(
        (rule.metric.score.published_id, Fraction(weight, SIXTHS))
        for rule, weight in zip(domain.rules, choice.weights, strict=True)
    )


def _domain_scores(league: League) -> dict[str, Series]:
    """Which score averages which domain: that of the same title, else that which its metrics reproduce best.

    One that is of no domain is the average, if no other is known."""
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
        if best is not None and tried[best] > usable(series).sum() / MOST:
            found[best] = series
        else:
            publication.say_of_league("average_of_nothing", series, series.title, "an average of published scores")
    return found


def _reproduced_by(rules: list[Rule], series: Series) -> int:
    scores = np.column_stack([rule.metric.score.hundredths for rule in rules]).astype(float)
    held = np.column_stack([rule.scored for rule in rules])
    apart = weights.errors(weights.likely_sets(scores, held, series)[:1], scores, held, series)
    return int(((apart <= weights.HIDDEN) & usable(series)).sum())


def _reproduction(league: League, finding: Finding, series: Series, found: Any) -> None:
    """Count and name the means that come out otherwise."""
    publication, measure = league.publication, finding.rule
    published, right = usable(series), weights.agrees(found, series)
    odd = np.flatnonzero(~right)
    cells = np.flatnonzero(published | (found >= 0))
    for i in cells:
        shown = two_decimals(series.hundredths[i]) if published[i] else None
        computed = two_decimals(found[i]) if found[i] >= 0 else None
        league.rows["cells"].append(
            {
                "quarter": publication.quarter,
                "league": publication.league,
                "trust_code": publication.organisations[i],
                "scope": finding.subject,
                "measure": measure,
                "published": shown,
                "found": computed,
            }
        )
    if series is publication.summary.get("average_score") and len(odd) <= len(cells) / REFUSED:
        league.averages = np.where(right & published, series.hundredths, -1)
    if len(odd) > len(cells) / REFUSED:
        text = f"{len(odd)} of {len(cells)} come out otherwise"
        publication.say_of_league(f"{measure}_not_reproduced", series, text, "a weighted mean of the scores")
    else:
        for i in odd:
            kind, said, expected = f"{measure}_not_reproduced", series.shown(i), "none: no score that counts"
            if found[i] >= 0:
                expected = str(two_decimals(found[i]))
                if not published[i]:
                    kind, said = f"{measure}_missing", "none"
                elif abs(int(found[i]) - int(series.hundredths[i])) <= ROUNDED:
                    kind = f"{measure}_rounded_otherwise"
            publication.say(kind, series, [int(i)], [said], expected)
    league.findings.append(replace(finding, cells_explained=len(cells) - len(odd), cells_unexplained=len(odd)))


def _segment(league: League) -> None:
    """Find cut points, override, final segment and order."""
    publication, summary = league.publication, league.publication.summary
    average, unadjusted = summary.get("average_score"), summary.get("unadjusted_segment")
    adjusted, final = summary.get("adjusted_segment"), summary.get("final_segment")
    for domain in league.domains:
        segment = segment_of(publication, domain)
        if domain.score is not None and segment is not None:
            league.scopes[domain.title] = domain.score, segment
    if average is not None and unadjusted is not None:
        league.scopes[OVERALL] = average, unadjusted
    for scope, (score, segment) in league.scopes.items():
        cuts, finding = segments.cuts_of(publication, scope, score, segment)
        league.findings.append(finding)
        for cut in cuts:
            league.add(
                "cut_points",
                scope=scope,
                better_segment=cut.better_segment,
                largest_in_better=two_decimals(cut.largest_in_better),
                smallest_in_worse=two_decimals(cut.smallest_in_worse),
            )
    imposed: dict[str, Any] = dict.fromkeys(OF_A_LEAGUE["frameworks"])
    for rule, flag, before, after in (
        ("override", "financial_override", unadjusted, adjusted),
        ("programme", "improvement_programme", adjusted, final),
    ):
        if before is not None and after is not None:
            step = segments.imposed(publication, rule, before, after, summary.get(flag))
            imposed |= {f"{rule}_segment": step.to, f"{rule}_fits": step.fits}
            league.findings.append(step.finding)
    _order(league)
    league.add("frameworks", **imposed)


def _compare(league: League, closed: Mapping[tuple[str, str], League]) -> None:
    """Compare cut points with those of the quarter before in the same year. Any other quarter would make a release
    hang on what else is built."""
    quarter = league.publication.quarter
    before = closed.get((f"{quarter[:-1]}{int(quarter[-1]) - 1}", league.publication.league))
    for scope, score_and_segment in league.scopes.items():
        if before and scope in before.scopes:
            of = {before.publication.quarter: before.scopes[scope], quarter: score_and_segment}
            league.findings.append(segments.fixed_cuts(scope, of))


def _published(publication: Publication) -> Any:
    average = publication.summary.get("average_score")
    if average is None:
        return np.full(len(publication.organisations), -1)
    return np.where(usable(average), average.hundredths, -1)


def _order(league: League) -> None:
    publication, summary = league.publication, league.publication.summary
    average, adjusted = summary.get("average_score"), summary.get("adjusted_segment")
    if average is None:
        return
    orders = {
        f"{name}, average_score": [segments.whole(summary[name]), league.averages]
        for name in ("adjusted_segment", "unadjusted_segment", "final_segment")
        if name in summary
    }
    orders["average_score"] = [league.averages]
    if adjusted is not None and (adjusted.ranks > 0).any():
        league.findings.append(segments.order_of(publication, "league", adjusted, orders, league.complete))
    if (average.ranks > 0).any():
        alone = {"average_score": orders["average_score"]}
        league.findings.append(segments.order_of(publication, OVERALL, average, alone, league.complete))


def _check_ranks(publication: Publication, rule: Rule, complete: bool) -> None:
    """Name values without a rank, ranks that are not the order of the values, and ranks that leave a gap."""
    value = rule.metric.value
    if value is None or not rule.polarity or not (value.ranks > 0).any():
        return
    cells = value.held & (value.ranks > 0)
    without = np.flatnonzero(value.held & ~cells)
    if len(without) <= value.held.sum() / SLIPS:
        publication.say("rank_missing", value, without, [value.shown(i) for i in without], "a rank, as others have")
    sign = -1 if rule.polarity == "higher" else 1
    places = np.flatnonzero(cells)
    outside = out_of_line(value.ranks[places].tolist(), (sign * value.values[places]).tolist(), ties=True)
    odd = [int(i) for i, wrong in zip(places, outside, strict=True) if wrong]
    if len(odd) > len(places) / REFUSED:
        told = f"{len(odd)} of {len(places)} ranks are out of the order of the values"
        publication.say_of_league("ranks_follow_no_order", value, told, f"ranks by value, {rule.polarity} is better")
        return
    told_each = [f"rank {value.ranks[i]} of value {value.shown(i)}" for i in odd]
    publication.say("rank_against_value", value, odd, told_each, f"ranks by value, {rule.polarity} is better")
    if complete and cells.sum() == value.held.sum():
        ranks = np.sort(value.ranks[cells])
        right = np.searchsorted(ranks, value.ranks) + 1
        gaps = [int(i) for i in np.flatnonzero(cells & (value.ranks != right)) if i not in odd]
        if len(gaps) <= len(places) / SLIPS:
            found = [str(int(value.ranks[i])) for i in gaps]
            publication.say("rank_leaves_a_gap", value, gaps, found, [str(int(right[i])) for i in gaps])
