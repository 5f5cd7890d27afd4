"""What the runbook says of a check. It is written once, there, for people who read it and for those who see the check
on a terminal."""

from __future__ import annotations

import re
from functools import cache

from orchestration.workspace.paths import PROJECT

RUNBOOK = "docs/operations.md"
BULLET = re.compile(r"^- (\*\*`.+?`\*\*(?:, \*\*`.+?`\*\*)*).*?: (.+?)(?=^- |^$|\Z)", re.MULTILINE | re.DOTALL)


def advice(check: str) -> str | None:
    """Returns what to do about a check by its id: `…_add_up` is about all that end so."""
    name = check.rpartition(".")[2]
    for named, text in _bullets():
        if named in (check, name) or (named[0] == "…" and name.endswith(named[1:])):
            return text
    return None


@cache
def _bullets() -> list[tuple[str, str]]:
    page = (PROJECT / RUNBOOK).read_text(encoding="utf-8")
    return [
        (name, re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", " ".join(text.split())))
        for names, text in BULLET.findall(page)
        for name in re.findall(r"`([^`]+)`", names)
    ]
