"""What a data folder has, as tables on a terminal."""

from __future__ import annotations

from typing import Any

from orchestration.releases.decisions import to_the_minute
from orchestration.terminal.console import Console, new_table


def show(console: Console, facts: dict[str, Any]) -> None:
    """Prints quarters, series and rescores with their versions, then what is late and what is due next."""
    table = new_table()
    for heading in ("quarter", "version", "state", "made", "last build"):
        table.add_column(heading, overflow="fold")
    shown = [(quarter["quarter"], quarter["versions"], _built(quarter)) for quarter in facts["quarters"]]
    shown += [(one["name"], one["versions"], "") for one in facts["history"]]
    for name, versions, built in shown:
        for number, one in enumerate(reversed(versions)):
            state = f"{'FICTIONAL: ' if one['fictional'] else ''}{one['state']}: {one['why']}"
            first = (name, built) if number == 0 else ("", "")
            table.add_row(first[0], f"v{one['version']}", state, _when(one["made"]), first[1])
        if not versions:
            table.add_row(name, "", "no release", "", built)
    if shown:
        console.table(table)
    else:
        console.say(f"Nothing has been built in {facts['data_dir']}: league build --extracts FOLDER --quarter QUARTER")
    for one in facts["late"]:
        console.say(
            f"{one['state']}: {one['source']}, {one['publication']}, was expected by {one['due']}", style="yellow"
        )
    if coming := facts["due_next"]:
        named = ", ".join(f"{one['source']} {one['publication']}" for one in coming)
        console.say(f"due next, by {coming[0]['due']}: {named}")


def _built(quarter: dict[str, Any]) -> str:
    building = f"building since {_when(quarter['building_since'])}" if quarter["building_since"] else ""
    stopped = f"stopped {_when(quarter['stopped_since'])}" if quarter["stopped_since"] else ""
    whole = f"whole {_when(quarter['last_build'])}" if quarter["last_build"] else ""
    return "; ".join(filter(None, [building, stopped, whole])) or "-"


def _when(time: str | None) -> str:
    return to_the_minute(time) if time else "-"
