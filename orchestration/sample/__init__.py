"""Fictional NHS trusts, published as NHS England would publish them, with every score worked out independently.

Belongs here: invented organisations, drawn metric values, a second and separate implementation of the official
arithmetic, and the publishers' file formats, quirks included. It is the oracle that the dbt scoring engine is tested
against, so it shares with the project only the metric catalogue (two seeds), never its rules in SQL or its code.
Does not belong here: reading extracts, scoring real data, anything that the workflow itself imports.
"""

from pathlib import Path

from orchestration.sample.framework import QUARTERS
from orchestration.sample.organisations import invent_organisations, write_reference_files
from orchestration.sample.releases import write_releases
from orchestration.sample.standings import score_quarter
from orchestration.sample.values import draw_values


def write_sample(directory: Path, seed: int = 20260621) -> None:
    """Write `nof/`, `ods/` and `planted_disagreements.csv` for the four quarters of 2025/26; same seed, same bytes."""
    organisations = invent_organisations(seed)
    drawn = draw_values(organisations.trusts, seed)
    results = [
        score_quarter(quarter, organisations.trusts, values) for quarter, values in zip(QUARTERS, drawn, strict=True)
    ]
    write_reference_files(directory / "ods", organisations)
    write_releases(directory, organisations, drawn, results, seed)
