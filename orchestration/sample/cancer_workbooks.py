"""The cancer waiting times of a month as NHS England publishes them: a workbook by provider, another by commissioner.

Belongs here: sheets, preambles, stacked tables, spacer columns, England rows and what is odd about the files.
Does not belong here: the counts (`publications`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

import numpy as np
from openpyxl import Workbook

from orchestration.sample.organisations import Commissioner, Provider
from orchestration.sample.publication_files import icb_name, zipped
from orchestration.sample.publications import UNKNOWN, CancerWaits, Month, Publications

Cell = str | int | float | None
Rows = list[list[Cell]]

COLUMNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHEETS = ("Frontpage", "28-DAY FDS (ALL ROUTES)", "28-DAY FDS (BY ROUTE)", "62-DAY (ALL CANCER)")
ROW_TITLES = {"PROVIDER": "ACCOUNTABLE PROVIDER", "COMMISSIONER": "INTEGRATED CARE BOARD (ICB)/COMMISSIONING HUB"}
RIGHT_DIMENSIONS = {(Month(5), "PROVIDER"), (Month(6), "COMMISSIONER")}  # all other files say that a sheet is one cell

TOLD_TITLE = (
    "FOUR WEEK (28 DAYS) WAIT FROM URGENT REFERRAL TO PATIENT TOLD THEY HAVE CANCER, OR CANCER IS DEFINITIVELY EXCLUDED"
)
TOLD_GROUP = "NUMBER OF PEOPLE TOLD CANCER DIAGNOSIS OUTCOME"
TOLD_HEADINGS = ["TOTAL", "WITHIN 28 DAYS", "AFTER 28 DAYS", "TOLD WITHIN 28 DAYS", " "]
TOLD_BANDS = ["WITHIN 14 DAYS", "IN 15 TO 28 DAYS", "IN 29 TO 42 DAYS", "IN 43 TO 62 DAYS", "AFTER 62 DAYS"]
TREATED_TITLE = (
    "TWO MONTH (62-DAY) WAIT FROM AN URGENT SUSPECTED CANCER OR BREAST SYMPTOMATIC REFERRAL, OR URGENT SCREENING "
    "REFERRAL, OR CONSULTANT UPGRADE TO A FIRST DEFINITIVE TREATMENT FOR CANCER: BY REFERRAL ROUTE AND ALL CANCERS"
)
TREATED_GROUP = "NUMBER OF PEOPLE RECEIVING TREATMENT FOR CANCER"
TREATED_HEADINGS = ["TOTAL", "WITHIN 62 DAYS", "AFTER 62 DAYS", "TREATED WITHIN 62 DAYS", " "]
TREATED_BANDS = [
    "WITHIN 31 DAYS",
    "IN 32 TO 38 DAYS",
    "IN 39 TO 48 DAYS",
    "IN 49 TO 62 DAYS",
    "IN 63 TO 76 DAYS",
    "IN 77 TO 90 DAYS",
    "IN 91 TO 104 DAYS",
    "AFTER 104 DAYS",
]
TABLES = {  # of the 62-day sheet: part: referral route in its rows
    "PART A: ALL ROUTES": "ALL ROUTES",
    "PART B: URGENT SUSPECTED CANCER": "Urgent Suspected Cancer",
    "PART C: BREAST SYMPTOMATIC": "Breast Symptomatic",
    "PART D: URGENT SCREENING": "Screening",
    "PART E: CONSULTANT UPGRADE": "Consultant Upgrade",
}


def write_cancer_workbooks(directory: Path, publications: Sequence[Publications]) -> None:
    """Write the 24 workbooks of `cancer/`."""
    directory.mkdir(parents=True, exist_ok=True)
    for counted in publications:
        for month, waits in zip(counted.months, counted.cancer, strict=True):
            for basis in ROW_TITLES:
                name = f"{month.first_day:%B-%Y}-CWT-CRS-{basis}-WORKBOOK-FINAL.xlsx".upper().replace(".XLSX", ".xlsx")
                (directory / name).write_bytes(_workbook(waits, month, basis))


def _workbook(waits: CancerWaits, month: Month, basis: str) -> bytes:
    if basis == "PROVIDER":
        members = _by_name(waits.providers)
        told, treated = waits.told.sum(axis=1), waits.treated.sum(axis=1)
    else:
        members = _commissioners(waits.commissioners)
        told, treated = waits.told.sum(axis=0), waits.treated.sum(axis=0)

    texts = ("", "", "", "CANCER WAITING TIMES", f"{basis} BASED", f"{month.first_day:%B %Y}")
    front: Rows = [[None, text or None] for text in texts]
    preamble: Rows = [
        [f"{month.first_day:%b-%y}"],
        [f"BASIS: {basis} BASED INCLUDING WELSH CROSS-BORDER PATIENTS AND 'UNKNOWNS'"],
        ["DEFINITIONS:  DCB0147 Amd 16/2019"],
        [],
        [],
    ]
    heading: list[Cell] = [None, "ODS CODE (1)", ROW_TITLES[basis], "REFERRAL ROUTE"]
    groups: list[Cell] = [None, None, None, None, TOLD_GROUP, None, None, "PERCENTAGE", None, TOLD_GROUP]
    told_heading: list[Cell] = [*heading, *TOLD_HEADINGS, *TOLD_BANDS]
    told_sheets: list[Rows] = []
    for title, route, some in (("ALL ROUTES", "ALL ROUTES", members), ("BY ROUTE", "URGENT SUSPECTED", members[:5])):
        above: Rows = [[f"{TOLD_TITLE}: {title}"], *preamble, [], groups, told_heading]
        told_sheets.append(above + _table(some, told, [route], 2, 1, basis))

    treated_sheet: Rows = [[TREATED_TITLE], *preamble]
    for nth, (part, route) in enumerate(TABLES.items()):
        counts = treated[:, nth - 1] if nth else treated.sum(axis=1)
        between: list[Cell] = [] if nth else [None, *(TREATED_GROUP if cell == TOLD_GROUP else cell for cell in groups)]
        treated_sheet += [[], [], []] if nth else []
        treated_sheet += [[part], between, [*heading, "CANCER TYPE", *TREATED_HEADINGS, *TREATED_BANDS]]
        treated_sheet += _table(members, counts, [route, "ALL CANCERS"], 4, 2, basis)
    sheets = dict(zip(SHEETS, [front, *told_sheets, treated_sheet], strict=True))
    return filled(sheets, (month, basis) in RIGHT_DIMENSIONS)


def _by_name(providers: Sequence[Provider]) -> list[tuple[int, str, str]]:
    """Position, code and name: trusts by name, then other providers by name."""
    rows = [(nth, provider.code, provider.name.upper()) for nth, provider in enumerate(providers)]
    return sorted(rows, key=lambda row: (row[1].startswith("ZZ"), row[2]))


def _commissioners(payers: Sequence[Commissioner]) -> list[tuple[int, str, str]]:
    """Position, code and name: by name, unknown ones last."""
    rows = [(nth, payer.code, icb_name(payer.icb) if payer.icb else payer.name) for nth, payer in enumerate(payers)]
    return sorted(rows, key=lambda row: (row[1] == UNKNOWN.code, row[2]))


def _table(
    members: Sequence[tuple[int, str, str]],
    counts: np.ndarray,
    labels: list[str],
    bands_within: int,
    parts: int,
    basis: str,
) -> Rows:
    """Whoever has patients, a blank row, and England without a code."""

    def cells(code: str, name: str, bands: list[int]) -> list[Cell]:
        total, within = sum(bands), sum(bands[:bands_within])
        share = float(f"{within / total:.15g}")  # a workbook holds 15 digits
        numbers = [n // parts if n % parts == 0 else n / parts for n in (total, within, total - within, *bands)]
        return [None, code, name, *labels, *numbers[:3], int(share) if share in (0, 1) else share, "", *numbers[3:]]

    rows = [cells(code, name, counts[nth].tolist()) for nth, code, name in members if counts[nth].sum()]
    england = counts[[nth for nth, *_ in members]].sum(axis=0).tolist()
    return [*rows, [], cells("", f"ALL ENGLISH {basis}S", england)]


@cache
def _empty_workbook(sheets: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    """The parts of a workbook without rows, which hold no time of saving."""
    book = Workbook()
    book.worksheets[0].title = sheets[0]
    for title in sheets[1:]:
        book.create_sheet(title)
    content = BytesIO()
    book.save(content)
    with ZipFile(content) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    parts[core] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-06-21T09:30:00Z", parts[core])
    return tuple(parts.items())


def filled(sheets: Mapping[str, Rows], right_dimension: bool) -> bytes:
    """A workbook with these rows; cells are written here, since openpyxl takes ten times as long."""
    parts = dict(_empty_workbook(tuple(sheets)))
    for nth, rows in enumerate(sheets.values(), 1):
        lines = []
        for number, row in enumerate(rows, 1):
            cells = [_cell(f"{column}{number}", cell) for column, cell in zip(COLUMNS, row, strict=False)]
            lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        size = f"A1:{COLUMNS[max(map(len, rows)) - 1]}{len(rows)}" if right_dimension else "A1"
        name = f"xl/worksheets/sheet{nth}.xml"
        start, end = re.split("<sheetData ?/>|<sheetData></sheetData>", parts[name].decode())
        start = re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{size}"', start)
        parts[name] = f"{start}<sheetData>{''.join(lines)}</sheetData>{end}".encode()
    return zipped(parts.items())


def _cell(place: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
