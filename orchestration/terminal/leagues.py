"""League tables on a terminal, with what an analyst must know of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.errors import LeagueError
from orchestration.terminal.console import Console

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.releases.release import Release

OFFICIAL_ICBS = "icb_official"
TRUSTS = "its trusts and their ranks"
OTHER_COLUMNS = 62  # characters of a line that the trust's name must leave


def show_warnings(console: Console, release: Release) -> None:
    """Prints what an analyst must know before passing the tables on: official figures not reproduced, checks that
    warned."""
    for found in release.checks["checks"]:
        if not found["passed"]:
            kind = f"waived by {found['waiver']}" if found["waiver"] else "warning"
            warning = f"{kind}: {found['id']}: {found['unexpected']} unexpected. {found['reason']}"
            console.print(warning, markup=False, highlight=False, soft_wrap=True, style="yellow")


def show_release(console: Console, release: Release, only: str | None, rows: int) -> None:
    """Prints the league tables, or `only` one, with at most `rows` rows each; 0 for all."""
    if not release.has_table("league_table"):
        raise LeagueError(f"{release} is of an earlier contract: build {release.quarter} again to see it here")
    coverage = release.table("league_coverage")
    coverage["title"] = coverage["title"].map(release.marked)
    robustness = release.table("rank_robustness")[["league", "organisation_code", "rank_without_finance"]]
    places = release.table("league_table").merge(robustness, how="left")
    facts = release.table("method_sensitivity")
    known = list(coverage["league"])
    if only is not None and only not in known:
        raise LeagueError(f"no league {only}; known: {', '.join(known)}")
    for about in coverage[coverage["league"].isin([only] if only else known)].itertuples():
        if not about.published:
            elsewhere = "; its domain and metric tables have what there is" if about.coverage == "partial" else ""
            console.print(f"{about.title}: {about.absent_reason}{elsewhere}", style="yellow")
        elif about.league == "icb":
            icbs = places[(places["league"] == "icb") & (places["organisation_type"] == "icb")]
            trusts = places[places["organisation_type"] == "trust"]
            console.print(_icb_table(about, icbs, trusts, rows or len(icbs), console.width))
            console.print(_how_sure(about, facts), style="dim", highlight=False)
        else:
            table = places[places["league"] == about.league]
            console.print(_trust_table(about, table, rows or len(table), console.width))
            console.print(_how_sure(about, facts), style="dim", highlight=False)


def _trust_table(about: Any, trusts: pd.DataFrame, rows: int, width: int) -> Table:
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
    return _league_table(about, trusts, rows, columns, {who: max(width - OTHER_COLUMNS, 18)})


def _icb_table(about: Any, icbs: pd.DataFrame, trusts: pd.DataFrame, rows: int, width: int) -> Table:
    """ICBs with the trusts of each beside it: their codes, and their ranks in their own leagues."""
    codes: dict[Any, str] = {}
    for icb, members in trusts.sort_values(["league", "rank", "organisation_code"]).groupby("icb_code"):
        listed: Iterable[Any] = members.itertuples()
        codes[icb] = ", ".join(
            f"{t.organisation_code} {_text(t.rank)}" if t.ranked else t.organisation_code for t in listed
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
    left = max(width - OTHER_COLUMNS, 18)
    return _league_table(about, icbs, rows, columns, {"ICB": left // 2 + 6, TRUSTS: left // 2 + 12})


def _league_table(
    about: Any, members: pd.DataFrame, rows: int, columns: dict[str, Callable[[Any], str]], widths: dict[str, int]
) -> Table:
    table = Table(
        title=f"{about.title}, {about.quarter}",
        caption=f"{min(rows, len(members))} of {len(members)}; {about.framework}, {about.framework_status}; "
        + _partial(about),
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0,
        title_justify="left",
        caption_justify="left",
    )
    for heading in columns:
        table.add_column(
            heading,
            justify="left" if heading in ("code", "segment", *widths) else "right",
            no_wrap=heading != TRUSTS,
            max_width=widths.get(heading),
        )
    for member in members.head(rows).itertuples():
        table.add_row(*[cell(member) for cell in columns.values()])
    return table


def _partial(about: Any) -> str:
    import pandas as pd

    if about.coverage == "full":
        return "no metric missing"
    earlier = about.metrics_of_an_earlier_month
    missing = f"no {about.metrics_missing}" if pd.notna(about.metrics_missing) else "no metric missing"
    return f"partial: {missing}" + (f"; of an earlier month {earlier}" if pd.notna(earlier) else "")


def _how_sure(about: Any, facts: pd.DataFrame) -> str:
    """What the ranks above cannot say, in one sentence."""
    of_league = facts[(facts["league"] == about.league) & (facts["item"] == "league")]
    found = of_league.set_index(["assessment", "measure"])["value"].astype(float).to_dict()
    if not found:
        return "Nobody is ranked.\n"
    parts = [
        f"Likely ranges are {found['likely_range', 'median_width']:.0f} places wide (median)",
        f"{found['likely_range', 'segments_uncertain']:.0f} segments are uncertain",
    ]
    if ("rank_sets", "bands") in found:
        parts.append(f"{found['rank_sets', 'pairs_told_apart_share']:.1%} of pairs can be told apart by score")
    if found["override", "organisations_moved"]:
        moved, most = found["override", "organisations_moved"], found["override", "largest_loss"]
        parts.append(f"the override moves {moved:.0f} ranks, the worst loss {most:.0f} places")
    return "; ".join(parts) + ".\n"


def _name(member: Any) -> str:
    return re.sub(r"^NHS (.*) INTEGRATED CARE BOARD$", r"\1", member.organisation_name, flags=re.IGNORECASE)


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
