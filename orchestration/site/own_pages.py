"""Building a ranking with weights of one's own: the page, and the scores beside it that its script weighs.

Belongs here: what the script is given. Does not: weighing (`assets/own.js`), official places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from orchestration.site import sentences
from orchestration.site.league_pages import above
from orchestration.site.render import File, page
from orchestration.site.rows import Certainty, Measure
from orchestration.site.view import FINANCE, Edition, League
from orchestration.workspace.seeds import seed_rows

SURVEY_OF_STAFF = "out of 10"  # the unit of the staff survey, and of nothing else
MOST = Decimal(5)  # what a reader can set
Weights = dict[str, float]


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The page of a league on which a reader sets weights, where it has places, and its scores."""
    if not league.published:
        return
    folder = edition.folder(league, "build")
    given = scores(edition, league)
    yield page(
        "own",
        folder,
        f"Build your own ranking: {league.title}",
        above(edition, league),
        edition,
        league=league,
        domains=_domains(league),
        titles={one.domain: one.title for one in league.domains},
        presets=given["presets"],
    )
    yield File(f"{folder}/scores.json", json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode())


def scores(edition: Edition, league: League) -> dict[str, Any]:
    """All that the script weighs: who has an average score, with each score that counts in it."""
    domains = _domains(league)
    measures = [one for _, held in domains for one in held]
    return {
        "release": f"{edition.quarter} version {edition.version}",
        "synthetic": edition.synthetic,
        "experimental": league.experimental,
        "who": sentences.organisations_of(league),
        "domains": [domain for domain, _ in domains],
        "measures": [{"id": one.slug, "domain": one.domain, "weight": float(one.weight)} for one in measures],
        "presets": presets(domains),
        "spared": sum(_spared(league, one.place.segment) for one in league.placed),
        "organisations": [
            {
                "code": member.code,
                "name": member.name,
                "rank": member.place.rank,
                "alone": member.place.rank_without_override,
                **_ranges(member.certainty),
                "rule": bool(member.place.financial_override),
                "capped": member.capped,
                "scores": [_number(member.scores.get(one.metric_id)) for one in measures],
            }
            for member in league.by_name
            if member.place.average_score is not None
        ],
    }


def presets(domains: list[tuple[str, list[Measure]]]) -> list[dict[str, Any]]:
    """Weights to start from, each as what it changes of the official ones. One that takes nothing away, or leaves
    nothing, is not offered."""
    measures = [one for _, held in domains for one in held]
    waits, experience = _asked("waits"), _asked("experience")
    by_waits = {one.metric_id for one in measures if one.metric_id in waits}
    by_people = {one.metric_id for one in measures if one.metric_id in experience or one.unit == SURVEY_OF_STAFF}
    offered = [("official", "Weights of the league table", Weights())]
    if len(domains) > 1 and any(domain == FINANCE for domain, _ in domains):
        offered.append(("no-money", "No money", {FINANCE: 0.0}))
    if weights := _only(domains, by_waits):
        offered.append(("waits", "Waits only", weights))
    if weights := _only(domains, by_people):
        offered.append(("experience", "Patients’ and staff’s experience", weights))
    if same := every_domain_the_same(domains):
        offered.append(("same", "Every domain the same", same))
    return [{"key": key, "name": name, "weights": weights} for key, name, weights in offered]


def every_domain_the_same(domains: list[tuple[str, list[Measure]]]) -> Weights:
    """Weights of domains with which all measures of one count as much together as those of any other; on average 1,
    with as many decimals as a reader sees."""
    totals = {domain: sum((one.weight for one in held), Decimal()) for domain, held in domains}
    mean = sum(totals.values(), Decimal()) / len(totals)
    return {domain: float(round(min(mean / total, MOST), 2)) for domain, total in totals.items() if total != mean}


def _only(domains: list[tuple[str, list[Measure]]], kept: set[str]) -> Weights:
    """Weights that leave out every measure but some. None are given where that is all measures, or none."""
    weights: Weights = {}
    for domain, held in domains if kept else ():
        left_out = [one.slug for one in held if one.metric_id not in kept]
        weights |= {domain: 0.0} if len(left_out) == len(held) else dict.fromkeys(left_out, 0.0)
    return weights


def _domains(league: League) -> list[tuple[str, list[Measure]]]:
    """The domains of a league with their measures that count and that anybody has a score on."""
    scored = {metric_id for member in league.members for metric_id in member.scores}
    held = [one for one in league.measures.values() if one.metric_id in scored]
    found = [(domain.domain, [one for one in held if one.domain == domain.domain]) for domain in league.domains]
    return [(domain, measures) for domain, measures in found if measures]


def _spared(league: League, segment: int | None) -> bool:
    """Whether a segment is before the one that the finance rule sends to."""
    rule = league.coverage.override_segment
    return rule is not None and segment is not None and segment < rule


@cache
def _asked(question: str) -> frozenset[str]:
    """The measures that answer a question of patients, as our table for patients has them."""
    return frozenset(row["metric_id"] for row in seed_rows("patient_metrics") if row["question"] == question)


def _ranges(certainty: Certainty | None) -> dict[str, tuple[int | None, int | None]]:
    if certainty is None:
        return {}
    return {
        "range": (certainty.rank_low, certainty.rank_high),
        "rangeAlone": (certainty.rank_low_without_override, certainty.rank_high_without_override),
    }


def _number(score: Decimal | None) -> float | None:
    return None if score is None else float(score)
