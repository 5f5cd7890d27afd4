"""The seeds of dbt as Python reads them: rows of text. What a rule comes to is said in dbt, not here."""

from __future__ import annotations

import csv
from functools import cache

from orchestration.workspace.paths import SEEDS


@cache
def seed_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a seed, in the order of its file."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
