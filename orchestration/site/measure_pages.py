"""The measures of a league: a list of all, and a page of each with everybody's figure.

Belongs here: laying out what one page shows. Does not: what it says of that (`sentences.py`), pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site import pictures, sentences
from orchestration.site.league_pages import above
from orchestration.site.pictures import Scale
from orchestration.site.render import Crumb, File, page
from orchestration.site.rows import Measure, Measured, Value
from orchestration.site.view import FINANCE, Edition, League, Member


@dataclass(frozen=True)
class Row:
    """One organisation's figure."""

    member: Member
    measured: Measured
    picture: Markup | None
    standing: str | None
    with_months: bool


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The list of a league's measures, and a page for each."""
    crumbs = above(edition, league)
    domains = [
        (domain, measures)
        for domain in sorted(league.domains, key=lambda domain: domain.domain == FINANCE)
        if (measures := [one for one in league.measures.values() if one.domain == domain.domain])
    ]
    path = edition.folder(league, "measures")
    yield page(
        "measures",
        path,
        f"Measures: {league.title}",
        crumbs,
        edition,
        league=league,
        domains=domains,
    )
    found = [one for rows in edition.beside(league, Value).values() for one in rows]
    titles = {one.name: one.title for one in edition.leagues}
    for measure in league.measures.values():
        values = [one for one in found if (one.metric_id, one.status) == (measure.metric_id, "reported")]
        yield page(
            "measure",
            f"{path}/{measure.slug}",
            measure.plain_name,
            (*crumbs, Crumb("Measures", path)),
            edition,
            league=league,
            measure=measure,
            rows=(rows := list(_rows(edition, league, measure))),
            without=_without(league, measure) if rows else [],
            reasons={row.measured.no_limits_because for row in rows},
            whole=_whole(measure, rows),
            whose_figure=sentences.whose_figure(values),
            period=_period(edition, measure, values),
            source=_source(edition, measure, values),
            titles=titles,
            england=edition.england.get(measure.metric_id),
        )


def _rows(edition: Edition, league: League, measure: Measure) -> Iterator[Row]:
    """Everybody with a figure, by name."""
    held = [(member, one) for member in league.by_name if (one := member.measured.get(measure.metric_id))]
    scale = _scale(measure, [one for _, one in held])
    for member, one in held:
        likely = (one.value_low, one.value_high) if one.value_low is not None and one.value_high is not None else None
        picture = pictures.value_range(scale, one.value, likely) if scale and one.value is not None else None
        months = measure.metric_id in edition.months.get(member.code, {})
        yield Row(member, one, picture, sentences.standing_of(one), months)


def _without(league: League, measure: Measure) -> list[Member]:
    """The trusts or boards without a figure."""
    able = [one for one in league.by_name if one.organisation.is_trust_or_board]
    return [one for one in able if measure.metric_id not in one.measured]


def _scale(measure: Measure, held: list[Measured]) -> Scale | None:
    values = [one.value for one in held if one.value is not None]
    return Scale.of(values, measure.direction == "lower_better") if values and measure.direction else None


def _whole(measure: Measure, rows: list[Row]) -> Markup | None:
    """The picture of all values, and the line of those of each. None where there are too few to have a middle half."""
    held = [row.measured for row in rows]
    first, scale = held[0] if held else None, _scale(measure, held)
    if first is None or scale is None or first.lower_quartile is None or first.upper_quartile is None:
        return None
    line = pictures.value_line(scale, first.median)
    return line + pictures.value_strip(scale, (first.lower_quartile, first.upper_quartile), first.median)


def _period(edition: Edition, measure: Measure, values: list[Value]) -> str:
    held = [one for one in values if one.value_basis == measure.value_basis]
    periods = {one.period_end: said for one in held if (said := sentences.period(one))}
    ended = max((end for end in periods if end), default=None)
    newest = sorted(periods, key=lambda end: (end is None, end))
    return sentences.period_of_figures([periods[end] for end in newest], ended, edition.guide.first_day)


def _source(edition: Edition, measure: Measure, values: list[Value]) -> str | None:
    """The files that values are read or computed from: a publication may have another form than its own."""
    counted = [one for one in values if one.value_basis == measure.value_basis] or values
    files = {one.source_sha256 for one in counted}
    read = sorted(
        f"{one['publisher']}, {one['title']}" for sha256, one in edition.release.sources.items() if sha256 in files
    )
    return "; ".join(dict.fromkeys(read)) or None
