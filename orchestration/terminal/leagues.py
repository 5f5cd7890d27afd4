"""League tables on a terminal, with what an analyst must know of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from orchestration.errors import LeagueError
from orchestration.operations.runbook import advice
from orchestration.quality.checks import quarters_named, read_too
from orchestration.releases.release import CHECKS
from orchestration.releases.search import require_league, search
from orchestration.terminal.console import Console, new_table
from orchestration.text import IN_NAMES, visible

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.releases.release import Release

TRUSTS = "its trusts and their ranks"
WRAPPED = ("trust", "ICB", TRUSTS)
EXAMPLES = 3  # rows named under a warning
NAME = 24  # characters of a name that every line has room for; a longer one goes on below
# Left out where a line is narrow, the first before the others: the row of an organisation alone has them all.
LESS_NEEDED = (TRUSTS, "no\nfinance", "by\nscore", "metrics", "since", "likely", "segment")


def show_warnings(console: Console, release: Release) -> None:
    """Prints each with its quarter, its rows, and what to do."""
    failed = release.warnings
    for found in failed:
        kind = f"waived by {found['waiver']}" if found["waiver"] else "warning"
        named = quarters_named(found["examples"])
        about = named or [release.quarter]
        rows = f"{found['unexpected']} row{'' if found['unexpected'] == 1 else 's'}"
        console.say(f"{kind}: {', '.join(about)}: {found['id']}: {rows}. {found['reason']}", style="yellow")
        if said := read_too(named, [release.quarter]):
            console.say(said, style="yellow")
        for example in found["examples"][:EXAMPLES]:
            console.say(f"  {example}", style="yellow")
        if found["examples"] and (more := found["unexpected"] - EXAMPLES) > 0:
            console.say(f"  and {more} more; {release.folder / CHECKS} has some", style="yellow")
        console.say(f"  What to do: {advice(found['id']) or 'look at the rows.'}", style="yellow")
    if failed and release.synthetic:
        console.say(
            "league sample plants odd files, gaps and figures that disagree, so that warnings are seen;"
            " planted_disagreements.csv among its files lists the figures.",
            style="dim",
        )


def show_release(
    console: Console, release: Release, only: str | None, rows: int, organisation: str | None = None
) -> None:
    """Prints the league tables, or `only` one, with at most `rows` rows each, 0 for all; of one organisation its
    row."""
    coverage, places = _leagues(release, only, organisation)
    organisation = None if organisation in set(coverage["league"]) else organisation
    facts = release.table("method_sensitivity")
    for about in coverage.itertuples():
        if not about.published and not organisation:
            elsewhere = "; its domain and metric tables have what there is" if about.coverage == "partial" else ""
            console.say(f"{about.title}: {about.absent_reason}{elsewhere}", style="yellow")
        table = places[places["league"] == about.league]
        if about.league == "icb" and not organisation:
            table = table[table["organisation_type"] == "icb"]
        if len(table) and (about.published or organisation):
            trusts = places[places["organisation_type"] == "trust"]
            made = _icb_table if about.league == "icb" else _trust_table
            shown = made(about, table, trusts, len(table) if organisation else rows or len(table), console.width)
            console.table(shown)
            if not organisation:
                console.say(_how_sure(about, facts), style="dim")
                continue
            said_of_league = table["not_ranked_reason"] == about.absent_reason
            for member in table[~table["ranked"] & ~said_of_league].itertuples():
                console.say(f"{member.organisation_code} is not ranked: {member.not_ranked_reason}", style="yellow")
            console.say("")
    if organisation:
        for code in places["organisation_code"].unique()[:EXAMPLES]:
            if tables := _tables_about(release, code):
                under = f" --framework {release.framework}" if release.framework else ""
                console.say(
                    f"More of {code}: league show {code} --quarter {release.quarter}{under} --table NAME: {tables}",
                    style="dim",
                )


def _tables_about(release: Release, code: str) -> str:
    """The tables of insight that have rows of an organisation, and how many."""
    about = [name for name, table in release.tables.items() if table.get("shown")]
    of_organisations = [name for name in about if "organisation_code" in release.columns[name]]
    rows = {name: release.count(name, organisation_code=code) for name in of_organisations}
    return ", ".join(f"{name} ({count})" for name, count in rows.items() if count)


def tables_of(release: Release, only: str | None, organisation: str | None) -> dict[str, Any]:
    """The same for a program, with every row."""
    coverage, places = _leagues(release, only, organisation)
    state, why = release.state()
    return {
        "release": str(release),
        "quarter": release.quarter,
        "version": release.version,
        "fictional": release.synthetic,
        "state": state,
        "why": why,
        "leagues": _as_rows(coverage),
        "organisations": _as_rows(places),
    }


def _as_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return rows


def _leagues(release: Release, only: str | None, organisation: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The leagues asked for, and who is in them. Raises LeagueError, which lists what there is, where nobody is."""
    coverage = release.table("league_coverage")
    coverage["title"] = coverage["title"].map(release.marked)
    robustness = release.table("rank_robustness")[["league", "organisation_code", "rank_without_finance"]]
    places = release.table("league_table").merge(robustness, how="left")
    known = list(coverage["league"])
    if only is None and organisation in known:  # `trace` takes both in the same place
        only, organisation = organisation, None
    if only is not None:
        require_league(release, only)
        coverage, places = coverage[coverage["league"] == only], places[places["league"] == only]
    if organisation is not None:
        found = {row["organisation_code"] for row in search(release, organisation)}
        places = places[places["organisation_code"].isin(found)]
        coverage = coverage[coverage["league"].isin(places["league"])]
        if places.empty:
            raise LeagueError(f"{organisation} is in none of the leagues asked for")
    return coverage, places


def _trust_table(about: Any, trusts: pd.DataFrame, _: pd.DataFrame, rows: int, width: int) -> Table:
    from orchestration.sources.nof import OFFICIAL_ICBS

    who = "ICB" if about.league == OFFICIAL_ICBS else "trust"
    columns: dict[str, Callable[[Any], str]] = {
        "rank": lambda t: _text(t.rank),
        "likely": _likely,
        "since": lambda t: _moved(t.rank_change),
        "code": lambda t: t.organisation_code,
        who: _name,
        "score": lambda t: _text(t.average_score),
        "segment": lambda t: _text(t.segment) + (f" was {_text(t.segment_unadjusted)}" if _overridden(t) else ""),
        "by\nscore": lambda t: _text(t.rank_without_override),
        "no\nfinance": lambda t: _text(t.rank_without_finance),
        "metrics": lambda t: f"{t.metrics_counted}/{t.metrics_expected}",
    }
    return _league_table(about, trusts, rows, columns, width)


def _icb_table(about: Any, icbs: pd.DataFrame, trusts: pd.DataFrame, rows: int, width: int) -> Table:
    """ICBs with the trusts of each beside it: their codes, and their ranks in their own leagues."""
    codes: dict[Any, str] = {}
    for icb, members in trusts.sort_values(["league", "rank", "organisation_code"]).groupby("icb_code"):
        listed: Iterable[Any] = members.itertuples()
        codes[icb] = ", ".join(
            f"{t.organisation_code}\u00a0{_text(t.rank)}" if t.ranked else t.organisation_code for t in listed
        )
    columns: dict[str, Callable[[Any], str]] = {
        "rank": lambda i: _text(i.rank),
        "likely": _likely,
        "since": lambda i: _moved(i.rank_change),
        "code": lambda i: i.organisation_code,
        "ICB": _name,
        "score": lambda i: _text(i.average_score),
        "segment": lambda i: _text(i.segment),
        "metrics": lambda i: f"{i.metrics_counted}/{i.metrics_expected}",
        TRUSTS: lambda i: codes.get(i.organisation_code, ""),
    }
    return _league_table(about, icbs, rows, columns, width)


def _league_table(
    about: Any, members: pd.DataFrame, rows: int, columns: dict[str, Callable[[Any], str]], width: int
) -> Table:
    table = new_table(
        title=f"{about.title}, {about.quarter}",
        caption=f"{min(rows, len(members))} of {len(members)}; {about.framework}, {about.framework_status}; "
        + _partial(about),
    )
    shown: list[Any] = list(members.head(rows).itertuples())
    cells = {heading: [cell(member) for member in shown] for heading, cell in columns.items()}
    widths = {
        heading: NAME if heading in WRAPPED else max(map(len, [*heading.split("\n"), *texts]))
        for heading, texts in cells.items()
    }
    for heading in LESS_NEEDED:
        if sum(width_of + 1 for width_of in widths.values()) > width:
            widths.pop(heading, None)
    for heading in widths:
        left = heading in ("code", "segment", *WRAPPED)
        table.add_column(heading, justify="left" if left else "right", no_wrap=heading not in WRAPPED)
    for row in zip(*(cells[heading] for heading in widths), strict=True):
        table.add_row(*row)
    return table


def _partial(about: Any) -> str:
    import pandas as pd

    if not about.published:
        return str(about.absent_reason)
    if about.coverage == "full":
        return "every metric of the league at hand"
    earlier = about.metrics_of_an_earlier_month
    missing = f"no {about.metrics_missing}" if pd.notna(about.metrics_missing) else "every metric at hand"
    return f"partial: {missing}" + (f"; of an earlier month {earlier}" if pd.notna(earlier) else "")


def _how_sure(about: Any, facts: pd.DataFrame) -> str:
    """What the ranks above cannot say, in one sentence."""
    of_league = facts[(facts["league"] == about.league) & (facts["item"] == "league")]
    found = of_league.set_index(["assessment", "measure"])["value"].astype(float).to_dict()
    if not found:
        return "Nobody is ranked.\n"
    parts = [
        f"A likely range covers {found['likely_range', 'median_width'] + 1:g} places, both ends counted (median)",
        f"{found['likely_range', 'segments_uncertain']:.0f} segments are uncertain",
    ]
    if ("rank_sets", "bands") in found:
        parts.append(f"{found['rank_sets', 'pairs_told_apart_share']:.1%} of pairs can be told apart by score")
    if found["override", "organisations_moved"]:
        moved, most = found["override", "organisations_moved"], found["override", "largest_loss"]
        parts.append(f"the override moves {moved:.0f} ranks, the worst loss {most:.0f} places")
    return "; ".join(parts) + ".\n"


def _name(member: Any) -> str:
    name = visible(member.organisation_name, IN_NAMES)
    return re.sub(r"^NHS (.*) INTEGRATED CARE BOARD$", r"\1", name, flags=re.IGNORECASE)


def _likely(member: Any) -> str:
    import pandas as pd

    return "" if pd.isna(member.rank_low) else f"{member.rank_low:.0f}-{member.rank_high:.0f}"


def _overridden(trust: Any) -> bool:
    return bool(trust.ranked and trust.segment != trust.segment_unadjusted)


def _text(value: Any) -> str:
    import pandas as pd

    return "-" if pd.isna(value) else f"{value:.0f}" if isinstance(value, float) else str(value)


def _moved(places: Any) -> str:
    import pandas as pd

    if pd.isna(places):
        return ""
    return f"▲{places:.0f}" if places > 0 else f"▼{-places:.0f}" if places < 0 else "="
