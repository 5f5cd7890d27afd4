"""What the pages say with numbers in it: pure functions of figures, each with tests at its borders.

Belongs here: every sentence that more than one page says, or that depends on a figure. Does not: text that is always
the same (templates), how a number is written (`words.py`)."""

from __future__ import annotations

from decimal import Decimal

from orchestration.site.view import BETTER, EITHER, WORSE, Edition, League, Member
from orchestration.site.words import counted, ordinal, placed, whole

POSITIONS = {
    BETTER: "very likely in the better half",
    EITHER: "could be in either half",
    WORSE: "very likely in the worse half",
}
SHARES = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth"}


# A league


def organisations_of(league: League) -> str:
    """What the members of a league are called."""
    return "boards" if league.of_icbs else "trusts"


def lead(league: League) -> str:
    """How much a table of places can say at all."""
    count, either, who = len(league.placed), len(league.at(EITHER)), organisations_of(league)
    if 2 * either > count:
        first = f"Most of these {count} {who} could be in either half of the table."
    else:
        first = f"{either or 'None'} of these {count} {who} could be in either half of the table."
    one = "board" if league.of_icbs else "trust"
    return f"{first} For a typical {one}, the likely range covers {league.typical_places} of the {count} places."


def money(league: League) -> str:
    """What the finance rule did to a league of trusts."""
    if not (capped := len(league.capped)) and not league.moved:
        return "The finance rule moved no trust this quarter."
    moved = counted(len(league.moved), "trust")
    if not capped:
        return f"NHS England’s finance rule changed the place of {moved}."
    segment, better = league.coverage.override_segment or 0, _before(league.coverage.override_segment or 0)
    them, would = ("This one is", "it would be") if capped == 1 else ("These are", "they would be")
    return (
        f"NHS England’s finance rule put {counted(capped, 'trust')} in segment {segment} that scores alone would put in"
        f" segment {better}. {them} marked below, with a ring where {would} by score alone. In all the rule changed the"
        f" place of {moved}."
    )


def _before(segment: int) -> str:
    *first, last = [str(one) for one in range(1, segment)]
    return f"{', '.join(first)} or {last}" if first else last


def strict_test(league: League) -> str:
    """What a test of all pairs at once tells apart."""
    count = len(league.placed)
    told = sum(one.band.told_apart_from for one in league.placed if one.band) // 2
    pairs = f"{count * (count - 1) // 2:,}"
    return f"A strict test of all {pairs} pairs at once tells {counted(told, 'pair') if told else 'no 2'} apart."


def alone(member: Member) -> str | None:
    """The flag of a trust that the finance rule moved down."""
    certainty = member.certainty
    if not member.capped or certainty is None or certainty.rank_without_override is None:
        return None
    return f"{ordinal(certainty.rank_without_override)} by score alone"


def segments(member: Member) -> str:
    """A segment, and beside it the fifth where it is in that too."""
    place = member.place
    if place.segment is None:
        return "none"
    return f"{place.segment}, 5" if place.final_segment == 5 else str(place.segment)


def whose_place(league: League) -> str:
    """Whose a place of a league is: NHS England's where it published the same ones, or ours."""
    return "published place" if league.official else "our place"


def answer(league: League, member: Member) -> list[str]:
    """The answer of a page about one organisation: between which places it very likely is, and what that means. A
    capped trust always carries what the finance rule did."""
    certainty, count = member.certainty, len(league.placed)
    if certainty is None or certainty.rank_without_override is None:
        return [f"It has no place this quarter: {member.place.not_ranked_reason or league.coverage.absent_reason}."]
    low, high = ordinal(certainty.rank_low), ordinal(certainty.rank_high)
    if member.capped:
        return [
            f"NHS England’s finance rule moved it from {ordinal(certainty.rank_without_override)} to"
            f" {placed(certainty.rank, member.joint)} of {count}. With the rule, its place is very likely between"
            f" {low} and {high}.",
            "The range looks narrow because the rule fixes the segment, not because more is known.",
        ]
    half = {
        BETTER: "All of that is in the better half.",
        EITHER: "It could be in either half of the table.",
        WORSE: "All of that is in the worse half.",
    }
    return [f"Its place is very likely between {low} and {high} of {count}. {half[certainty.position]}"]


def address(edition: Edition, league: League, member: Member) -> str:
    """The folder of an organisation's page."""
    return edition.folder(league, member.slug)


# A ranking of one's own


def own_rule(league: League) -> str | None:
    """What the switch of the finance rule does on the page of one's own ranking. None where the rule applies to
    nobody."""
    under = [one for one in league.placed if one.place.financial_override]
    if not under:
        return None
    segment = league.coverage.override_segment or 0
    spared = sum((one.place.segment or segment) < segment for one in league.placed)
    them = "this trust comes" if len(under) == 1 else "these trusts come"
    applies = counted(len(under), "trust")
    if not spared:
        return (
            f"The finance rule applies to {applies}. It moves nobody here: no trust is in segment {_before(segment)}."
        )
    return (
        f"The finance rule applies to {applies}. With it, {them} after the {spared} that it leaves in segment"
        f" {_before(segment)}."
    )


def counts_as(weight: Decimal) -> str | None:
    """How a measure counts of which several weigh together as one. None where it counts in full."""
    return None if weight == 1 else f"Counts as {SHARES.get(whole(1 / weight), 'a part')} of a measure."
