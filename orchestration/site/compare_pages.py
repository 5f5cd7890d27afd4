"""Comparing two or three organisations of one league: the page, and what its script lays side by side.

Belongs here: what the script is given. Does not: laying it out (`assets/compare.js`), any count of who is ahead how
often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any

from orchestration.site import sentences
from orchestration.site.league_pages import above
from orchestration.site.render import File, page
from orchestration.site.rows import Certainty, Measure, Pair
from orchestration.site.sentences import BETTER_QUARTER, MIDDLE_HALF, WORSE_QUARTER
from orchestration.site.view import FINANCE, Edition, League, Member
from orchestration.site.words import ordinal, placed, rounded, span, value, whole

MARKS = {BETTER_QUARTER: "b", MIDDLE_HALF: "m", WORSE_QUARTER: "w", None: "-"}  # what a value begins with


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The page of a league that compares, where it has places, and what it compares."""
    if not league.published:
        return
    folder = edition.folder(league, "compare")
    yield page(
        "compare",
        folder,
        f"Compare: {league.title}",
        above(edition, league),
        edition,
        league=league,
        placed=[member for member in league.by_name if member.certainty],
    )
    given = compared(league)
    yield File(f"{folder}/compare.json", json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode())


def compared(league: League) -> dict[str, Any]:
    """All that the script lays side by side: who has a place, by code, and what is known of each two."""
    members = sorted(league.placed, key=lambda member: member.code)
    domains = [
        {
            "title": domain.title,
            "money": domain.domain == FINANCE,
            "measures": [{"name": one.plain_name, "page": f"../measures/{one.slug}/index.html"} for one in measures],
        }
        for domain, measures in _measures(league)
    ]
    return {
        "count": len(members),
        "facts": [name for name, _ in facts(league, members[0])],
        "domains": domains,
        "members": [
            {
                "code": member.code,
                "name": member.name,
                **_places(member.certainty, member.capped),
                "answer": " ".join(sentences.answer(league, member)) if member.capped else None,
                "facts": [said for _, said in facts(league, member)],
                "values": [_value(member, one) for _, measures in _measures(league) for one in measures],
            }
            for member in members
        ],
        "pairs": _pairs(league, members),
    }


def facts(league: League, member: Member) -> list[tuple[str, str | None]]:
    """What is said of one organisation in one line each. None where it is not known."""
    certainty, place, change = member.certainty, member.place, member.change
    assert certainty is not None
    of_trusts = [
        ("Place by score alone", _with_range(certainty, "without_override")),
        ("Place without money", _with_range(certainty, "without_finance")),
    ]
    return [
        ("Likely places", span(certainty.rank_low, certainty.rank_high)),
        (sentences.whose_place(league).capitalize(), placed(certainty.rank, member.joint)),
        ("Segment", sentences.segments(member)),
        *([] if league.of_icbs else of_trusts),
        ("Average score", _between(place.average_score, place.average_score_low, place.average_score_high)),
        ("Since the quarter before", change.verdict if change and change.change is not None else None),
        ("Measures", f"{place.metrics_counted} of {place.metrics_expected}"),
    ]


def _measures(league: League) -> list[tuple[Any, list[Measure]]]:
    """The measures that count, by domain, money last."""
    held = {metric for member in league.placed for metric in member.measured}
    by_domain = [
        (domain, [one for one in league.measures.values() if one.domain == domain.domain and one.metric_id in held])
        for domain in sorted(league.domains, key=lambda domain: domain.domain == FINANCE)
    ]
    return [(domain, [one for one in measures if one.counted]) for domain, measures in by_domain]


def _places(certainty: Certainty | None, capped: bool) -> dict[str, int | None]:
    assert certainty is not None
    return {
        "low": certainty.rank_low,
        "high": certainty.rank_high,
        "place": certainty.rank,
        "alone": certainty.rank_without_override if capped else None,
    }


def _with_range(certainty: Certainty, which: str) -> str | None:
    rank, low, high = (getattr(certainty, f"rank_{part}{which}") for part in ("", "low_", "high_"))
    return None if rank is None else f"{ordinal(rank)} (likely {span(low, high)})"


def _between(number: Decimal | None, low: Decimal | None, high: Decimal | None) -> str | None:
    if number is None or low is None or high is None:
        return None
    return f"{rounded(number, 2)} (likely {rounded(low, 2)} to {rounded(high, 2)})"


def _value(member: Member, measure: Measure) -> str | None:
    """A value after the mark of where it is among those of the league. None where there is none."""
    found = member.measured.get(measure.metric_id)
    if found is None:
        return None
    if found.value is None:
        return None if found.score is None else f"{MARKS[None]}score {rounded(found.score, 2)}"
    return MARKS[sentences.standing_of(found)] + value(found.value, found.unit)


def _pairs(league: League, members: list[Member]) -> dict[str, str] | None:
    """What is known of each two, in the order of their codes: two and one signs a pair. None where nothing is."""
    if not league.pairs:
        return None
    known = {(pair.code_a, pair.code_b): pair for pair in league.pairs}
    found = [known.get((one.code, other.code)) for one, other in combinations(members, 2)]
    return {"ahead": "".join(map(_ahead, found)), "apart": "".join(map(_apart, found))}


def _ahead(pair: Pair | None) -> str:
    """Of 100 redraws those in which the one is ahead that is so more often, counted below zero where it is the second;
    from 100 less than none on, in base 16. No number is ff."""
    if pair is None:
        return "ff"
    behind = 1 - pair.ahead_share - pair.level_share
    often = whole(pair.ahead_share * 100) if pair.ahead_share >= behind else -whole(behind * 100)
    return f"{often + 100:02x}"


def _apart(pair: Pair | None) -> str:
    """0 where a pair is not told apart, 1 where it is alone, 2 where it is among all pairs at once, - if not known."""
    if pair is None or pair.told_apart_alone is None:
        return "-"
    return str(pair.told_apart_alone + bool(pair.told_apart_all))
