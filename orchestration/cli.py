"""The command line, `league --help`. It runs the code paths of Dagster and prints tables.

Belongs here: options, progress, tables, exit codes. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.errors import LeagueError
from orchestration.workspace import PROJECT, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.runs import Outcome

HEAD = 10
TRUSTS = "its trusts and their ranks"
OTHER_COLUMNS = 62  # characters of a line that the trust's name must leave
data_dir = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "data",
    show_default="data/ of the checkout",
    help="Where landed files, warehouses and releases go.",
)
extracts = click.option(
    "--extracts",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="A folder of published files as they were downloaded, whatever their names.",
)
release_folder = click.argument(
    "release", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RELEASE"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def league() -> None:
    """League tables of NHS trusts from NHS England's published files."""


@league.command()
@extracts
@click.option("--quarter", "quarters", multiple=True, required=True, help="Such as 2025-26-Q2; may be repeated.")
@data_dir
def build(extracts: Path, quarters: tuple[str, ...], data_dir: Path) -> None:
    """Make the release of a quarter, or find that it is current already."""
    from orchestration.releases import state

    console = Console()
    for quarter in quarters:
        outcome = _run("quarter", quarter, extracts, data_dir)
        _stop_unless_it_succeeded(outcome)
        assert outcome.release is not None
        _show_release(console, outcome.release, None, HEAD)
        _show_warnings(console, outcome.release)
        console.print(
            f"{'Made' if outcome.created else 'Current already:'} {outcome.release}", markup=False, soft_wrap=True
        )
        console.print(f"{': '.join(state(outcome.release))}", highlight=False)


@league.command()
@extracts
@click.option("--quarter", required=True, help="Such as 2025-26-Q2.")
@click.option("--all", "every", is_flag=True, help="List the checks that passed too.")
@data_dir
def check(extracts: Path, quarter: str, every: bool, data_dir: Path) -> None:
    """Run every gate on a folder of extracts, publish nothing, and say what the checks found."""
    outcome = _run("check_quarter", quarter, extracts, data_dir)
    from orchestration import gates

    working = Workspace(data_dir).build(quarter)
    checks = [
        check
        for path in sorted(working.evidence.glob("*.json"))
        for check in gates.checks_of(gates.evidence(working, path.stem))
    ]
    console = Console()
    if every:
        table = Table("check", "severity", "result", box=SIMPLE_HEAD)
        for found in checks:
            table.add_row(found.id, found.severity, "passed" if found.passed else "FAILED")
        console.print(table)
    warnings = [found for found in checks if not found.passed and not found.shuts_the_gate]
    for found in warnings:
        console.print(f"warning: {found}", markup=False, highlight=False, soft_wrap=True, style="yellow")
    passed = sum(found.passed for found in checks)
    console.print(f"{quarter}: {len(checks)} checks made, {passed} passed, {len(warnings)} warned", highlight=False)
    _stop_unless_it_succeeded(outcome)


@league.command()
@click.option("--quarter", help="Such as 2025-26-Q2; the last one with a release if not given.")
@click.option("--league", "only", help="acute, mental_health_community, ambulance or icb.")
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows a league; 0 for all.")
@data_dir
def show(quarter: str | None, only: str | None, rows: int, data_dir: Path) -> None:
    """Print the league tables of the newest release of a quarter."""
    from orchestration.releases import latest_release, quarters_released, state

    workspace = Workspace(data_dir)
    quarter = quarter or max(quarters_released(workspace), default=None)
    if quarter is None:
        raise LeagueError(f"no release in {data_dir}")
    path = latest_release(workspace.releases(quarter))
    console = Console()
    console.print(f"{path}: {': '.join(state(path))}", markup=False, soft_wrap=True)
    _show_release(console, path, only, rows)


@league.command()
@click.argument("code")
@click.option("--quarter", required=True, help="Such as 2025-26-Q2; its newest release is traced.")
@click.option("--metric", "metric_id", help="One metric: every row it is the sum of, read again from the store.")
@click.option("--json", "as_json", is_flag=True, help="All that was found, for programs.")
@data_dir
def trace(code: str, quarter: str, metric_id: str | None, as_json: bool, data_dir: Path) -> None:
    """Follow the figures of an organisation (ODS code), or of a league, to the rows of the files they came from."""
    from orchestration.releases import latest_release
    from orchestration.sources.store import Store
    from orchestration.trace import trace as traced
    from orchestration.trace_tables import show as show_trace

    workspace = Workspace(data_dir)
    found = traced(latest_release(workspace.releases(quarter)), Store(workspace), code, metric_id)
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str))
    else:
        show_trace(Console(), found)


@league.command()
@release_folder
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="the data folder that the release is in",
    help="Where the store with its extracts is.",
)
def verify(release: Path, data_dir: Path | None) -> None:
    """Build a release again from its stored extracts, compare every byte, and say what differs."""
    from orchestration.verify import verify as verified

    with _progress(release.name, "quarter") as listener:
        differences = verified(release, data_dir or release.resolve().parents[2], listener)
    console = Console()
    for difference in differences:
        console.print(difference, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{release}: {'different' if differences else 'equal, byte for byte'}", soft_wrap=True)
    if differences:
        sys.exit(1)


@league.command()
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything that differs, for a program to read.")
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows a table; 0 for all.")
def diff(before: Path, after: Path, as_json: bool, rows: int) -> None:
    """Say what differs between two releases, and why each organisation is placed differently."""
    from orchestration.diff import difference
    from orchestration.diff_tables import tables

    found = difference(before, after)
    if as_json:
        click.echo(found.as_json())
        return
    console = Console()
    console.print(f"{before} → {after}", markup=False, highlight=False, soft_wrap=True)
    for table in tables(found, rows):
        console.print(table)


@league.command()
@release_folder
@click.option("--by", required=True, help="Who stands behind it.")
def approve(release: Path, by: str) -> None:
    """Record that a person has approved a release; it stays as it is, the record lies beside it."""
    from orchestration import releases

    releases.approve(release, by)
    click.echo(f"{release}: {': '.join(releases.state(release))}")


@league.command()
@release_folder
@click.option("--reason", required=True, help="Why nobody should use it.")
def withdraw(release: Path, reason: str) -> None:
    """Mark a release as withdrawn; nothing is deleted."""
    from orchestration import releases

    releases.withdraw(release, reason)
    click.echo(f"{release}: {': '.join(releases.state(release))}")


@league.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "data" / "sample",
    show_default="data/sample of the checkout",
    help="Where the files go.",
)
@click.option("--seed", type=int, help="Another sample than the usual one.")
def sample(out: Path, seed: int | None) -> None:
    """Write four quarters of published files of fictional trusts."""
    from orchestration.sample import write_sample

    if seed is None:
        write_sample(out)
    else:
        write_sample(out, seed)
    files = [path for path in out.rglob("*") if path.is_file()]
    click.echo(f"{len(files)} files in {out}")


def _run(job: str, quarter: str, extracts: Path, data_dir: Path) -> Outcome:
    with _progress(quarter, job) as listener:
        from orchestration import runs

        return runs.run_quarter(job, quarter, extracts.absolute(), data_dir.absolute(), listener)


@contextmanager
def _progress(what: str, job: str) -> Iterator[Callable[[str, str], None]]:
    """A moving line while a job runs, and how long it took."""
    started = time.monotonic()
    errors = Console(stderr=True)
    with errors.status(f"{what}: starting") as status:
        from orchestration import runs

        total, done = runs.steps(job), 0

        def on_event(kind: str, step: str) -> None:
            nonlocal done
            done += kind == "STEP_SUCCESS"
            if kind == "STEP_START":
                status.update(f"{what}: {done} of {total} steps, {step.replace('__', ' ')}")

        yield on_event
    seconds = time.monotonic() - started
    errors.print(f"{what}: {done} of {total} steps in {seconds:.1f} s", highlight=False)


def _stop_unless_it_succeeded(outcome: Outcome) -> None:
    if outcome.problems:
        errors = Console(stderr=True)
        errors.print(f"[bold red]{outcome.quarter}: stopped, nothing published[/]", highlight=False)
        for problem in outcome.problems:
            errors.print(problem, markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _show_warnings(console: Console, path: Path) -> None:
    """What an analyst must know before passing the tables on: official figures not reproduced, checks that warned."""
    for found in json.loads((path / "checks.json").read_text(encoding="utf-8"))["checks"]:
        if not found["passed"]:
            kind = f"waived by {found['waiver']}" if found["waiver"] else "warning"
            warning = f"{kind}: {found['id']}: {found['unexpected']} unexpected. {found['reason']}"
            console.print(warning, markup=False, highlight=False, soft_wrap=True, style="yellow")


def _show_release(console: Console, path: Path, only: str | None, rows: int) -> None:
    import pandas as pd

    coverage = pd.read_parquet(path / "league_coverage.parquet")
    trusts = pd.read_parquet(path / "trust_league_table.parquet")
    icbs = pd.read_parquet(path / "icb_league_table.parquet")
    if not (path / "rank_robustness.parquet").exists():
        raise LeagueError(f"{path} is of an earlier contract: build {path.parent.name} again to see it here")
    robustness = pd.read_parquet(path / "rank_robustness.parquet")
    facts = pd.read_parquet(path / "method_sensitivity.parquet")
    trusts = trusts.merge(
        robustness[["organisation_code", "rank_without_finance"]].rename(columns={"organisation_code": "trust_code"}),
        how="left",
    )
    known = list(coverage["league"])
    if only is not None and only not in known:
        raise LeagueError(f"no league {only}; known: {', '.join(known)}")
    for about in coverage[coverage["league"].isin([only] if only else known)].itertuples():
        if not about.published:
            elsewhere = "; its domain and metric tables have what there is" if about.coverage == "partial" else ""
            console.print(f"{about.title}: {about.absent_reason}{elsewhere}", style="yellow")
        elif about.league == "icb":
            members = icbs[icbs["ranked"] | (icbs["organisation_type"] == "icb")]
            console.print(_icb_table(about, members, trusts, rows or len(members), console.width))
            console.print(_how_sure(about, facts), style="dim", highlight=False)
        else:
            table = trusts[trusts["league"] == about.league]
            console.print(_trust_table(about, table, rows or len(table), console.width))
            console.print(_how_sure(about, facts), style="dim", highlight=False)


def _trust_table(about: Any, trusts: pd.DataFrame, rows: int, width: int) -> Table:
    columns: dict[str, Callable[[Any], str]] = {
        "rank": lambda t: _text(t.rank),
        "likely": _likely,
        "since": lambda t: _moved(t.rank_change),
        "code": lambda t: t.trust_code,
        "trust": lambda t: escape(t.trust_name),
        "score": lambda t: _text(t.average_score),
        "segment": lambda t: _text(t.segment) + (f" was {_text(t.segment_unadjusted)}" if _overridden(t) else ""),
        "by\nscore": lambda t: _text(t.rank_without_override),
        "no\nfinance": lambda t: _text(t.rank_without_finance),
        "metrics": lambda t: f"{t.metrics_counted}/{t.metrics_expected}",
    }
    return _league_table(about, trusts, rows, columns, {"trust": max(width - OTHER_COLUMNS, 18)})


def _icb_table(about: Any, icbs: pd.DataFrame, trusts: pd.DataFrame, rows: int, width: int) -> Table:
    """ICBs with the trusts of each beside it: their codes, and their ranks in their own leagues."""
    places: dict[Any, str] = {}
    for icb, members in trusts.sort_values(["league", "rank", "trust_code"]).groupby("icb_code"):
        listed: Iterable[Any] = members.itertuples()
        places[icb] = ", ".join(f"{t.trust_code} {_text(t.rank)}" if t.ranked else t.trust_code for t in listed)
    columns: dict[str, Callable[[Any], str]] = {
        "rank": lambda i: _text(i.rank),
        "likely": _likely,
        "since": lambda i: _moved(i.rank_change),
        "code": lambda i: i.icb_code,
        "ICB": lambda i: escape(i.icb_name.removeprefix("NHS ").removesuffix(" INTEGRATED CARE BOARD")),
        "score": lambda i: _text(i.average_score),
        "segment": lambda i: _text(i.segment),
        "metrics": lambda i: f"{i.metrics_counted}/{i.metrics_expected}",
        TRUSTS: lambda i: places.get(i.icb_code, ""),
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


def main() -> None:
    """Entry point: a refusal is one message and exit code 1."""
    try:
        league()
    except LeagueError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True, style="bold red")
        sys.exit(1)


if __name__ == "__main__":
    main()
