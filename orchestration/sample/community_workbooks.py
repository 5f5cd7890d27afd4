"""The waiting lists of community services as NHS England publishes them: a workbook a month.

Belongs here: sheets, titles, notes, and the rows of England, regions, ICBs and providers.
Does not belong here: the counts (`publications`), how a workbook is written (`cancer_workbooks`).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.cancer_workbooks import Cell, Rows, filled
from orchestration.sample.organisations import REGIONS, Organisations
from orchestration.sample.publications import SERVICES, CommunityWaits, Publications

FIRST_YEAR = "2025-26"
BANDS = {  # of tables 4a to 4h
    "a": "0-1 weeks (0-7 days)",
    "b": ">1-2 weeks (8-14 days)",
    "c": ">2-4 weeks (15-28 days)",
    "d": ">4-12 weeks (29-84 days)",
    "e": ">12-18 weeks (85-126 days)",
    "f": ">18-52 weeks (127-364 days)",
    "g": ">52-104 weeks (365-728 days)",
    "h": "over 104 weeks (over 2 years)",
}
OF_ENGLAND_ALONE = "(A) Adult safeguarding"
NOTES = (
    "Blanks indicate no organisation submitted for the service line.",
    "Data is submitted at provider level and aggregated up to national, regional and ICB level.",
    "* Data for adult safeguarding is only published at national level and for total waiting list.",
)


def write_community_workbooks(
    directory: Path, publications: Sequence[Publications], organisations: Organisations
) -> None:
    """Write the four workbooks of `community_waits/`."""
    directory.mkdir(parents=True, exist_ok=True)
    for counted in publications:
        last = counted.months[-1].first_day
        name = f"Community-health-services-waiting-lists-{FIRST_YEAR}-{last:%B}.xlsx"
        (directory / name).write_bytes(_workbook(counted.waits, organisations, f"{last:%B %Y}"))


def _workbook(waits: CommunityWaits, organisations: Organisations, month: str) -> bytes:
    tables = {"Table 4": ("Total waiting list", waits.counts.sum(axis=2))}
    for nth, (letter, band) in enumerate(BANDS.items()):
        tables[f"Table 4{letter}"] = (f"Number waiting {band}", waits.counts[:, :, nth])
    titles = {name: f"{title} by service, {month}" for name, (title, _) in tables.items()}
    cover: Rows = [
        ["Title:", "Community Health Services Waiting Times"],
        ["Period:", "01 April 2025 - 31 March 2026"],
        ["Source:", "Community Health Services (CHS) SitRep"],
        ["Revised:", "-"],
    ]
    contents: Rows = [["Contents"]]
    contents += [[f"{name}: {title}"] for name, title in titles.items()]
    sheets = {"Cover page": cover, "Contents": contents}
    notes: Rows = [[note] for note in NOTES]
    heading: list[Cell] = [f"Organisation {what}" for what in ("Type", "Code", "Name")]
    for name, (_, counts) in tables.items():
        alone = len(waits.providers) if name == "Table 4" else None
        above: Rows = [[titles[name]], *notes, [*heading, OF_ENGLAND_ALONE, *SERVICES]]
        sheets[name] = above + _table(waits, counts, organisations, alone)
    return filled(sheets, right_dimension=True)


def _table(waits: CommunityWaits, counts: np.ndarray, organisations: Organisations, alone: int | None) -> Rows:
    """England, regions, ICBs and providers; blank where there is no such service."""

    def row(level: str, code: str | None, name: str, some: np.ndarray) -> list[Cell]:
        here = waits.offered[some].any(axis=0).tolist()
        numbers = counts[some].sum(axis=0).tolist()
        cells = [number if offered else None for number, offered in zip(numbers, here, strict=True)]
        return [level, code, name, alone if level == "National" else None, *cells]

    everybody = np.ones(len(waits.providers), dtype=bool)
    regions = np.array([provider.icb.region.code for provider in waits.providers])
    icbs = np.array([provider.icb.code for provider in waits.providers])
    rows = [row("National", None, "England", everybody)]
    rows += [row("Region", region.code, region.name.upper(), regions == region.code) for region in REGIONS]
    rows += [row("ICB", icb.code, icb.area.upper(), icbs == icb.code) for icb in organisations.icbs]
    for nth, provider in enumerate(waits.providers):
        rows.append(row("Provider", provider.code, provider.name.upper(), np.arange(len(everybody)) == nth))
    return rows
