"""Pages made anew with every decision: start, find, organisations across quarters, quarters, corrections.

Belongs here: what leads to editions, and what became of them. Does not: the pages of one edition, whose figures never
change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from orchestration.releases import diff
from orchestration.releases.decisions import APPROVED, WITHDRAWN, Decision
from orchestration.site import sentences, view
from orchestration.site.editions import Editions
from orchestration.site.render import Crumb, File, page
from orchestration.site.rows import Organisation
from orchestration.site.view import Edition, League, Member, Series

START = (Crumb("Start", ""),)
NEWS = 5  # decisions that the start page tells
FIXED = {  # pages that say the same whatever was decided
    "about": "About this site",
    "accessibility": "Accessibility",
    "privacy": "Privacy",
}


@dataclass(frozen=True)
class Revision:
    """What a version has changed of the one before it."""

    kind: str
    what: str
    moved: int


@dataclass(frozen=True)
class Event:
    """A decision on a version, and what it changed where it brought a new one. Nobody can approve a fictional one, so
    that it has no decision when it is new."""

    edition: Edition
    decision: Decision | None
    revision: Revision | None

    @property
    def is_new(self) -> bool:
        """Whether it brought the version."""
        return self.decision is None or (self.decision.state == APPROVED and self.decision.number == 1)

    @property
    def kind(self) -> str:
        if self.decision and not self.is_new:
            return {WITHDRAWN: "Withdrawn", APPROVED: "Approved again"}.get(
                self.decision.state, "Withdrawal taken back"
            )
        return self.revision.kind if self.revision else "First version"


@dataclass(frozen=True)
class Standing:
    """An organisation in one league of one quarter."""

    edition: Edition
    league: League
    member: Member


@dataclass(frozen=True)
class History:
    """An organisation across quarters, the newest first."""

    organisation: Organisation
    standings: tuple[Standing, ...]
    series: dict[str, Series]
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    boards_without: Edition | None = None  # the newest that names boards, where it, or its board, is none of them

    @property
    def letter(self) -> str:
        """What it stands under from A to Z."""
        return self.organisation.short_name[0].upper()

    @property
    def told(self) -> str:
        """Its code, town and league, to tell namesakes apart."""
        leagues = [one.league.title for one in self.standings[:1]]
        return ", ".join(filter(None, (self.organisation.organisation_code, self.organisation.town, *leagues)))

    @property
    def searched(self) -> str:
        """What a search looks through beside what is shown: a postcode with its space and without."""
        of = self.organisation
        postcode = of.postcode or ""
        return " ".join(
            filter(None, (of.organisation_name, postcode, postcode.replace(" ", ""), of.region, of.icb_name))
        )


def pages(shown: Editions) -> Iterator[File]:
    """All living pages but the method."""
    made = partial(page, fictional=shown.fictional, shown=shown, leagues=shown.leagues)
    everybody, events = _everybody(shown), _events(shown)
    guides = {one.metric_id: one for _, league in shown.leagues.values() for one in league.measures.values()}
    listed = [one for one in _by_name(everybody) if one.organisation.is_trust_or_board]
    yield made("start", "", "Find your trust", events=events[:NEWS], count=len(listed))
    yield made(
        "find",
        "find",
        "Find a trust or board",
        START,
        everybody=listed,
        areas=_areas(everybody),
        codes=set(everybody),
    )
    yield from _latest(shown, made)
    yield made("entry", "compare", "Compare", START, below="compare")
    yield made("entry", "own", "Build your own ranking", START, below="build")
    yield made("corrections", "corrections", "Corrections", START, events=events)
    for path, title in FIXED.items():
        yield made(path, path, title, START)
    yield made("not_found", "404.html", "Page not found")
    for quarter in sorted({one.quarter for one in shown.all}):
        of_quarter = shown.of_quarter(quarter)
        yield made(
            "quarter",
            quarter.lower(),
            of_quarter[-1].dates,
            START,
            versions=list(reversed(of_quarter)),
            events=[one for one in events if one.edition.quarter == quarter],
            current=next((one for one in shown.in_force if one.quarter == quarter), None),
        )
    names = Counter(one.organisation.short_name for one in everybody.values())
    for code, one in everybody.items():
        of = one.organisation
        yield made(
            "organisation_history",
            f"org/{code}",
            of.short_name if names[of.short_name] == 1 else of.organisation_name,  # a board and a trust share some
            (*START, Crumb("Find a trust", "find")),
            one=one,
            everybody=everybody,
            guides=guides,
        )


def _latest(shown: Editions, made: partial[File]) -> Iterator[File]:
    """The newest table of each league, and stubs that lead there. No stub leads to what is fictional."""
    yield made("latest", "latest", "League tables", START)
    if shown.latest is None:
        return
    for name, (edition, league) in shown.leagues.items():
        target = edition.folder(league)
        yield made("stub", f"latest/{name.replace('_', '-')}", league.title, START, target=target, words=edition.dates)


def _everybody(shown: Editions) -> dict[str, History]:
    """Every member of a league by code, as its newest edition names it, with the months of the release of all months
    and of every edition in force, the newest first."""
    standings: dict[str, list[Standing]] = {}
    for edition in reversed(shown.in_force):
        for league in edition.leagues:
            for member in league.members:
                standings.setdefault(member.code, []).append(Standing(edition, league, member))
    named = {code: newest.member.organisation for code, (newest, *_) in standings.items()}
    for edition in shown.all:  # who is only in a withdrawn edition has a page, too
        for league in edition.leagues:
            for member in league.members:
                named.setdefault(member.code, member.organisation)
    in_force = [edition.release for edition in reversed(shown.in_force)]
    series = view.series(*([shown.months] if shown.months else []), *in_force)
    predecessors = {code: _predecessors(of.values()) for code, of in series.items()}
    boards = _newest_boards(shown)
    return {
        code: History(
            organisation,
            tuple(standings.get(code, ())),
            dict(sorted(series.get(code, {}).items(), key=lambda item: (len(item[1].points) < 3, item[0]))),
            tuple(sorted(predecessors.get(code, ()))),
            tuple(sorted(new for new, old in predecessors.items() if code in old)),
            boards[0] if boards and organisation.icb_code and organisation.icb_code not in boards[1] else None,
        )
        for code, organisation in sorted(named.items())
    }


def _newest_boards(shown: Editions) -> tuple[Edition, set[str]] | None:
    """The newest edition in force that names boards, and their codes."""
    for edition in reversed(shown.in_force):
        for league in edition.leagues:
            if league.of_icbs:
                return edition, {member.code for member in league.members}
    return None


def _predecessors(series: Iterable[Series]) -> set[str]:
    return {code for one in series for point in one.points for code in point.predecessor_codes}


def _by_name(everybody: dict[str, History]) -> list[History]:
    def by(one: History) -> tuple[str, str]:
        return one.organisation.short_name.casefold(), one.organisation.organisation_code

    return sorted(everybody.values(), key=by)


def _areas(everybody: dict[str, History]) -> dict[str, dict[tuple[str, str], list[Organisation]]]:
    """Trusts by region and Integrated Care Board, all by name. A board has its code and name."""
    found: dict[str, dict[tuple[str, str], list[Organisation]]] = {}
    for one in _by_name(everybody):
        of = one.organisation
        if of.organisation_type == "trust" and of.region and of.icb_code and of.icb_name:
            found.setdefault(of.region, {}).setdefault((of.icb_code, of.icb_name), []).append(of)
    return {region: dict(sorted(icbs.items(), key=lambda icb: icb[0][1])) for region, icbs in sorted(found.items())}


def _events(shown: Editions) -> list[Event]:
    """Every decision on a version that is shown, the newest first."""
    found = []
    for quarter in sorted({one.quarter for one in shown.all}):
        versions = shown.of_quarter(quarter)
        revisions = {after.version: _revision(before, after) for before, after in pairwise(versions)}
        for edition in versions:
            decisions: list[Decision | None] = [None] if edition.synthetic else []
            for decision in [*decisions, *edition.release.record().decisions]:
                found.append(Event(edition, decision, revisions.get(edition.version)))

    def when(one: Event) -> tuple[str, str, int]:
        return one.decision.at if one.decision else "", one.edition.path, one.decision.number if one.decision else 0

    return sorted(found, key=when, reverse=True)


def _revision(before: Edition, after: Edition) -> Revision:
    found = diff.difference(before.release, after.release)
    placed = found.changes.drop_duplicates(diff.ORGANISATION)
    differs = placed["rank_before"].fillna(0) != placed["rank_after"].fillna(0)
    kind, what = sentences.revised(len(found.inputs), len(found.rules))
    return Revision(kind, what, int(differs.sum()))
