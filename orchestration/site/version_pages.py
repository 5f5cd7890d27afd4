"""The pages of one version beside its leagues: what it is and how sure, and the lists of ours that it has.

Belongs here: the page of a version, who may need support, specialties, the table of what patients would ask. Does not:
what became of a version (`living_pages.py`): the figures of these pages never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.site import organisation_sentences, sentences
from orchestration.site.league_pages import above
from orchestration.site.render import Crumb, File, page
from orchestration.site.rows import ALL_SPECIALTIES, PatientPlace, Support, Teacher, Waiting
from orchestration.site.view import Edition, League, Member

SIDES = {"provider": ("trusts", "trust"), "commissioner": ("boards", "icb")}  # who is ranked on a side of specialties


@dataclass(frozen=True)
class Supported:
    """Who may need support, and whom it could learn from on each measure that is weak."""

    row: Support
    member: Member
    domains: tuple[str, ...]
    learn_from: tuple[tuple[str, tuple[Member, ...], str | None], ...]  # with why nobody is named, or what is not known


@dataclass(frozen=True)
class Side:
    """Those of one side of a specialty."""

    who: str
    ranked: tuple[Waiting, ...]
    too_few: tuple[Waiting, ...]  # trusts or boards that are only listed
    others: int
    england: Waiting | None


def pages(edition: Edition) -> Iterator[File]:
    """The page of a version, and of each list that it has rows of."""
    up = above(edition)
    support = [(league, edition.support[league.name]) for league in edition.leagues if league.name in edition.support]
    patients = [league for league in edition.leagues if league.name in edition.patients]
    checks = edition.release.checks["checks"]
    yield page(
        "version",
        edition.path,
        f"Version {edition.version}",
        up[:-1],
        edition,
        agreements=[(one, edition.agreements.get(one.name, [])) for one in edition.leagues if one.published],
        checks=checks,
        warnings=[check for check in checks if not check["passed"]],
        support=support,
        patients=patients,
    )
    if support:
        leagues = [(league, [*_supported(edition, league, rows)]) for league, rows in support]
        yield page("support", f"{edition.path}/needs-support", "Who may need support", up, edition, leagues=leagues)
    for league in patients:
        yield _patients(edition, league)
    if edition.specialties:
        yield from _specialties(edition)


def _supported(edition: Edition, league: League, rows: list[Support]) -> Iterator[Supported]:
    members = {member.code: member for member in league.members}
    titles = {domain.domain: domain.title for domain in league.domains}
    teachers = edition.beside(league, Teacher)
    for row in rows:
        first = {one.metric_id: one for one in reversed(teachers.get(row.organisation_code, []))}
        weak = dict.fromkeys((row.weak_metrics or "").split(), "")
        weak |= {
            metric: codes for metric, _, codes in (one.partition(" ") for one in (row.learn_from or "").split("; "))
        }
        yield Supported(
            row,
            members[row.organisation_code],
            tuple(titles.get(one, one) for one in (row.domains or "").split()),
            tuple(
                (metric, tuple(members[code] for code in codes.split() if code in members), _note(first.get(metric)))
                for metric, codes in weak.items()
                if metric in league.measures
            ),
        )


def _note(found: Teacher | None) -> str | None:
    """Why nobody is named for a weak measure, or that chance is not known of those who are."""
    if found is None:
        return None
    return (
        organisation_sentences.by_scores_alone(found) if found.candidate_code else organisation_sentences.teacher(found)
    )


def _patients(edition: Edition, league: League) -> File:
    places = edition.patients[league.name]
    members = {member.code: member for member in league.members}
    ranks = [place.rank for place in places]

    def joint(place: PatientPlace) -> bool:
        return ranks.count(place.rank) > 1

    return page(
        "patients",
        edition.folder(league, "patients"),
        f"What patients would ask: {league.title}",
        above(edition, league),
        edition,
        league=league,
        ranked=[place for place in places if place.rank],
        others=[place for place in places if not place.rank],
        members=members,
        joint=joint,
        parts=sentences.patients_parts(places),
        lead=sentences.patients_lead(league, places),
        narrow=sentences.patients_narrow(league, places),
    )


def _specialties(edition: Edition) -> Iterator[File]:
    index = f"{edition.path}/specialties"
    known = {member.code: (league, member) for league in edition.leagues for member in league.members}
    listed = []
    for code, rows in sorted(edition.specialties.items(), key=lambda one: one[0] != ALL_SPECIALTIES):
        name = "All specialties together" if code == ALL_SPECIALTIES else rows[0].treatment_function_name
        name = name.removesuffix(" Service")
        path = f"{index}/{code.lower().replace('_', '-')}"
        sides = [found for side in SIDES if (found := _side(side, rows))]
        listed.append((name, path, sides))
        yield page(
            "specialty",
            path,
            f"Waiting for treatment: {name}",
            (*above(edition), Crumb("Specialties", index)),
            edition,
            name=name,
            month=rows[0].month,
            sides=sides,
            known=known,
        )
    yield page("specialties", index, "Specialties", above(edition), edition, listed=listed)


def _side(side: str, rows: list[Waiting]) -> Side | None:
    mine = [row for row in rows if row.side == side]
    who, ours = SIDES[side]
    ranked = tuple(row for row in mine if row.rank)
    if not ranked:
        return None
    unranked = [row for row in mine if not row.rank and row.organisation_type != "england"]
    return Side(
        who,
        ranked,
        tuple(row for row in unranked if row.organisation_type == ours),
        sum(row.organisation_type != ours for row in unranked),
        next((row for row in mine if row.organisation_type == "england"), None),
    )
