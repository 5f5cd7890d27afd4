"""Other forms of publications, as workbooks and CSV of fictional organisations: the layouts as published, small.

Belongs here: what the forms look like, quirks included. Does not belong here: what is wrong with a damaged one."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

Rows = list[list[Any]]
Sheets = dict[str, Rows]

_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD  # in place of the number of a sector of OLE2
CODES = [f"ZA{n}" for n in range(10)] + ["ZZ9ZZ", "ZB1"]
BANDS = ["14 days", "15 to 28 days", "29 to 42 days", "43 to 62 days"]
TYPES = [
    "Type 1 Departments - Major A&E",
    "Type 2 Departments - Single Specialty",
    "Type 3 Departments - Other A&E/Minor Injury Unit",
]


def write(path: Path, sheets: Sheets, dimension: str | None = None) -> Path:
    """Write a workbook; `dimension` is what its sheets say of their size."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    if dimension:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                said = f'<dimension ref="{dimension}"'.encode()
                archive.writestr(name, re.sub(rb'<dimension ref="[^"]*"', said, content))
    return path


def write_ods(path: Path, sheets: Sheets) -> Path:
    """Write a workbook of the kind .ods as Excel would, blank cells and rows to the end of the sheet."""
    return write_content(path, "".join(f'<table:table table:name="{escape(n)}">{_ods(r)}' for n, r in sheets.items()))


def write_content(path: Path, tables: str, above: str = "") -> Path:
    """Write a workbook of the kind .ods with these tables as XML."""
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    spaces = " ".join(f'xmlns:{short}="urn:{short}"' for short in ("office", "table", "text"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"{above}<office:document-content {spaces}>{body}</office:document-content>")
    return path


def _ods(rows: Rows) -> str:
    lines = ("".join(map(_ods_cell, row)) + '<table:table-cell table:number-columns-repeated="16000"/>' for row in rows)
    written = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    blank = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    return f"{written}{blank}</table:table>"


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(str(value))}</text:p></table:table-cell>'


def preamble(title: str, period: Any, basis: str) -> Rows:
    """Twelve rows above a table, the second column beside its labels."""
    about = [("Title:", title), ("Summary:", "Waits\nand more"), ("", "A note"), ("Period:", period)]
    about += [("Source:", "SDCS"), ("Basis:", basis), ("Published:", "12th March 2026"), ("Revised:", None)]
    about += [("Status:", "Provisional"), ("Contact:", "nobody@example.org")]
    return [[], *([None, label or None, text] for label, text in about), []]


def cancer_rows() -> list[tuple[str, list[Any], list[float]]]:
    """Code; standard, cancer, route and modality; total, within and after: England first."""
    cuts = [("FDS", "ALL CANCERS", "ALL ROUTES", None, 1), ("62D", "ALL CANCERS", "ALL ROUTES", "ALL MODALITIES", 2)]
    rows: list[tuple[str, list[Any], list[float]]] = []
    for *cut, parts in cuts:
        counts = [[(20 + n) / parts, (15 + n) / parts, 5 / parts] for n in range(len(CODES))]
        rows.append(("Total", cut, [sum(column) for column in zip(*counts, strict=True)]))
        rows += [(code, cut, count) for code, count in zip(CODES, counts, strict=True)]
    return rows


def cancer_combined(period: Any = "January 2026") -> Sheets:
    sheets: Sheets = {}
    cut = ["Standard", "Cancer Type", "Referral Route/Stage", "Treatment Modality", "Total", "Within", "After"]
    for level, basis, headings in (
        ("System", "Commissioner", ["System"]),
        ("Provider", "Provider", ["Region", "Org Name"]),
    ):
        names = ["Somewhere"] * len(headings)
        title = f"{level} Level Performance"
        sheets[title] = [
            *preamble("Cancer Waiting Times", period, f"{basis} including Welsh cross-border patients and 'Unknowns'"),
            [None, title],
            [*[None] * 7, "Applicable to 31D and 62D standards", *[None] * 4, "Applicable only to FDS"],
            [None, "Org Code", *headings, *cut, "Performance", f"Within {BANDS[0]}", *(f"In {b}" for b in BANDS[1:])],
            *(
                [None, code, *names, *cuts, *counts, counts[1] / counts[0], counts[1], 0, counts[2], 0]
                for code, cuts, counts in cancer_rows()
            ),
        ]
    sheets["Referrals Seen"] = [*preamble("Cancer", period, "Commissioner and Provider"), [None, "Org Code", "Item"]]
    return sheets


def cancer_csv() -> bytes:
    """By its description; no such file was seen."""
    text = io.StringIO()
    writer = csv.writer(text)
    cut = ["Standard_or_Item", "Cancer_Type", "Referral_Route_or_Stage", "Treatment_Modality"]
    writer.writerow(["Basis", "Period", "Org_Code", "Org_Name", *cut, "Total", "Within", "Performance"])
    for basis in ("Provider", "Commissioner"):
        for code, cuts, (total, within, _) in cancer_rows():
            writer.writerow([basis, "01/01/2026", code, "A name", *cuts, f"{total:g}", f"{within:g}", within / total])
    return text.getvalue().encode()


def cancer_extract(basis: str = "Provider") -> Sheets:
    headings = "PERIOD,YEAR,MONTH,STANDARD,ORG CODE,STAGE/ROUTE,TREATMENT MODALITY,CANCER TYPE,TOTAL TREATED"
    rows: Rows = [[*headings.split(","), "WITHIN STANDARD", "BREACHES"]]
    standards = {"FDS": "28-day FDS", "62D": "62-day Combined"}
    for month in (4, 5):
        dates = [datetime(2025, month, 1), "2025/26", ["APR", "MAY"][month - 4]]
        rows += [
            [*dates, standards[standard], code, "Urgent Suspected Cancer", modality, cancer, *counts]
            for code, (standard, cancer, _, modality), counts in cancer_rows()
            if code != "Total"
        ]
    return {f"CWT CRS {basis} Extract": rows}


def ae_provider(period: Any = "July 2025", footprint: bool = True) -> Sheets:
    hours = "from arrival to admission, transfer or discharge"
    groups = ["A&E attendances", f"A&E attendances less than 4 hours {hours}"]
    groups += [f"A&E attendances greater than 4 hours {hours}"]
    totals = ["Total attendances", "Total Attendances < 4 hours", "Total Attendances > 4 hours"]
    above = [None, None, None, None, *(cell for group in groups for cell in (group, None, None, None))]
    header = [None, "Code", "Region", "Name", *(cell for total in totals for cell in (*TYPES, total))]
    more = {"Provider Level Data": ["Percentage in 4 hours or less (all)"]}
    if footprint:
        more["Acute Trust Footprint Data"] = ["A&E attendances", "A&E attendances > 4 hours"]
    sheets: Sheets = {}
    for title, leafs in more.items():
        mapped = len(leafs) == 2
        counts = [[100.1 + n, 2, 30.2 if mapped else 30] for n in range(len(CODES))]
        figures = [[*c, sum(c), *(x / 2 for x in c), sum(c) / 2, *(x / 2 for x in c), sum(c) / 2] for c in counts]
        england = [sum(column) for column in zip(*figures, strict=True)]
        sheets[title] = [
            *preamble("A&E", period, "Provider"),
            [None, title],
            [*above, "Of which is additional mapped type 3 activity" if mapped else "Percentage"],
            [*header, *leafs],
            [None, "-", "-", "England", *england, *(["-", "-"] if mapped else [0.5])],
            [],
            *(
                [None, code, "Somewhere ", f"Trust {code}", *row, *([30.2, 0] if mapped else ["-", "An ICB"])]
                for code, row in zip(CODES, figures, strict=True)
            ),
            [],
            [],
        ]
    providers = sheets["Provider Level Data"]
    systems = [*providers[:12], *(row[:2] + row[3:] for row in providers[12:])]  # they have no region
    heads = next(n for n, row in enumerate(systems) if "Code" in row)
    systems[heads] = ["System" if cell == "Name" else cell for cell in systems[heads]]
    systems[heads + 1] = ["-" if cell == "England" else cell for cell in systems[heads + 1]]
    return {"System Level Data": systems, **sheets, "Acute Trust Mapping": [["vlookup ref"]]}


def dm01_provider() -> Sheets:
    sheets: Sheets = {}
    provider = [None, "Regional Team Code", "Regional Team Name", "Provider Code", "Provider Name"]
    waits = ["Total Waiting List", "Number waiting 6+ Weeks", "Number waiting 13+ Weeks", "Percentage waiting 6+ weeks"]
    for title, headings, tests in (
        ("Provider", [], [[]]),
        ("Provider by Test", ["Diagnostic ID", "Diagnostic Test Name"], [[1, "MRI"], [16, "Total"]]),
    ):
        sheets[title] = [
            *preamble("Monthly Diagnostics", "June 2025", "Provider")[:-1],
            [None, "Provider level data", *[None] * 7, "Number of Patients Waiting at Month End"],
            [*provider, *headings, *waits, "0 <01 weeks", "13+ weeks", None, "Planned tests / procedures"],
            [None, None, None, None, "Total", *([None] * len(headings)), 1200, 240, 60, 0.2, 960, 60, None, 12],
            [],
            *(
                [None, "Y56", "London", code, f"Trust {code}", *test, 100, 20, 5, 0.2, 80, 5, None, 1]
                for code in CODES
                for test in tests
            ),
        ]
    return {**sheets, "Notes": [["Notes"]]}


def ambsys_series() -> Sheets:
    """Five rows of headings, workings to the right of a column without one, and a row of theirs alone below."""
    header = [
        "Concatenated",
        "Year",
        "Month",
        "Reg",
        None,
        "Area",
        "Trust",
        "A0",
        "A7",
        "A8",
        "A10",
        "A24",
        "A30",
        "A31",
    ]
    rows: Rows = [[None] * 8 + ["Incidents"], [], [None] * 8 + ["C1"], [None] * 8 + ["Count"]]
    rows.append([*header, None, "Month", "Year", "C2.Prod"])
    for year, month, number in (("2024-25", "MARCH", 3), ("2025-26", "APRIL", 4)):
        places = [(None, None, "ENG", None), ("Y56", "London", "Y56", None)]
        places += [("Y56", "London", code, "A SERVICE") for code in CODES if len(code) == 3]
        for n, (region, long, area, name) in enumerate(places):
            counts = [9, 8, 7, "-" if n == 5 else 10 + n, 600, 6000.0 + n, round((6000 + n) / (10 + n))]
            workings = [None, number, 2025, 1.5]
            rows.append([f"{year}{month}{area}", year, month, region, long, area, name, *counts, *workings])
    return {"Introduction": [["About"]], "Raw": [*rows, [*[None] * 17, 5]]}


def community_waits(period: str = "June 2025") -> Sheets:
    """A column a service, blank where there is none; one is of England alone."""
    headings = ["Organisation Type", "Organisation Code", "Organisation Name", "(A) Adult safeguarding"]
    headings += ["(A) Audiology", "(CYP) Audiology"]
    titles = {"Table 4": "Total waiting list", "Table 4g": "Number waiting >52-104 weeks (365-728 days)"}
    titles |= {"Table 4a": "Number waiting 0-1 weeks (0-7 days)", "Table 4h": "Number waiting over 104 weeks"}
    sheets: Sheets = {"Cover page": [["Period:", "01 April 2025 - 31 March 2026"]]}
    for name, title in titles.items():
        counts = [[None, 10 + n, None if n % 2 else n] for n in range(len(CODES))]
        england = [7 if name == "Table 4" else None, *(sum(c[n] or 0 for c in counts) for n in (1, 2))]
        sheets[name] = [
            [f"{title} by service, {period}"],
            ["Blanks indicate no organisation submitted for the service line."],
            ["* Data for adult safeguarding is only published at national level."],
            headings,
            ["National", None, "England", *england],
            *(["Provider", code, f"TRUST {code}", *count] for code, count in zip(CODES, counts, strict=True)),
        ]
    return sheets


def staff_survey_benchmark() -> Sheets:
    """A sheet a group of trusts, the scores of each year and their bases; earlier years can be blank."""
    names = ["PP3_1", "PP3_2", "theme_engagement"]
    years = [2025, 2024]
    headings = [f"{name}{base}_{year}" for year in years for name in names for base in ("", "_n")]
    rows = [
        [code, f"TRUST {code}", "Some Trusts", *[6.5, 100, 6.1 + n / 7, 99, 7 + n / 9, 98], *[None] * 2, 5, 9, 5.5, 8]
        for n, code in enumerate(CODES)
    ]
    head = ["org_id", "org_name", "org_type_reporting_name", *headings]
    groups = {"Acute&Acute Community Trusts": rows[:8], "MH&LD, MH, LD & Community Trust": rows[8:]}
    boards = {"Integrated Care Boards": [head, ["XE1", "AN ICB", *rows[0][2:]]]}
    return {"Notes": [["NHS Staff Survey"]]} | {name: [head, *part] for name, part in groups.items()} | boards


def ohid_catchments_msoa() -> Sheets:
    """Patients of two years by trust and middle layer area, below a title and a note."""
    headings = ["Catchment year", "Admission type", "Trust code", "Trust name", "MSOA21CD", "Patients  admitted"]
    rows = [
        [year, "All Admissions", code, f"TRUST {code}", f"E0200000{area}", 5 * area]
        for year in (2023, 2024)
        for code in CODES
        for area in range(1, 6)
    ]
    return {
        "Contents": [["Table 2", "All admissions"]],
        "All_admissions": [["Table 2: all admissions"], ["A note"], headings, *rows],
    }


WORKBOOKS = {
    "ohid_catchments_msoa": ohid_catchments_msoa,
    "staff_survey_benchmark": staff_survey_benchmark,
    "cancer_combined": cancer_combined,
    "cancer_extract": cancer_extract,
    "ae_provider": ae_provider,
    "dm01_provider": dm01_provider,
    "ambsys_series": ambsys_series,
    "community_waits": community_waits,
}


def talking_therapies_monthly() -> bytes:
    """A month of three measures, by provider and by sub-ICB location and provider."""
    headings = ["REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "GROUP_TYPE", "ORG_CODE1", "ORG_NAME1", "ORG_CODE2"]
    headings += ["ORG_NAME2", "MEASURE_ID", "MEASURE_NAME", "MEASURE_VALUE_SUPPRESSED"]
    measures = [("M001", "Count_ReferralsReceived", "250"), ("M076", "Count_FinishedCourseTreatment", "100")]
    measures += [("M190", "Count_ReliableImprovement", "65"), ("M192", "Percentage_ReliableImprovement", "64.9")]
    groups = [
        ("Provider", "all", "all SubICBs"),
        ("SubICB/Provider", "ZZ1", "SOMEWHERE"),
        ("SubICB/Provider", "ZZ2", "B"),
    ]
    rows = [
        ["2026-02-01", "2026-02-28", *group, code, f"TRUST {code}", *measure]
        for group in groups
        for code in CODES
        for measure in (measures if group[0] == "Provider" else measures[:1])
    ]
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode()


CSVS = {"cancer_csv": cancer_csv, "talking_therapies_monthly": talking_therapies_monthly}


NOT_IN_SAMPLE = {"ohid_catchments_msoa", "talking_therapies_monthly"}  # besides other forms of publications


def publish(source_id: str, folder: Path) -> Path:
    """Write the file of a form."""
    if source_id in WORKBOOKS:
        return write(folder / f"{source_id}.xlsx", WORKBOOKS[source_id]())
    path = folder / f"{source_id}.csv"
    path.write_bytes(CSVS[source_id]())
    return path


def write_xls(path: Path, sheets: Sheets) -> Path:
    """Write a workbook of the old kind: BIFF8 records of numbers and texts, in one stream of an OLE2 file."""
    stream = b"".join(_records(sheets)).ljust(4096, b"\0")  # shorter ones would be kept elsewhere in the file
    stream += b"\0" * (-len(stream) % 512)
    sectors = len(stream) // 512
    tables = -(-(sectors + 2) // 127)  # each of the sectors that say which one follows has 128 places
    follows = [*range(1, sectors), _END, _END, *[_TABLE] * tables]
    follows += [_FREE] * (128 * tables - len(follows))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 62, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, tables, sectors, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(sectors + 1, sectors + 1 + tables), *[_FREE] * (109 - tables))
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 0, len(stream))
    content = header + stream + directory.ljust(512, b"\0") + struct.pack(f"<{len(follows)}I", *follows)
    path.write_bytes(content)
    return path


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<HBBIII", len(text) + 2, kind, 1, _FREE, _FREE, child)
    return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def _records(sheets: Sheets) -> Iterator[bytes]:
    bodies = [b"".join(_body(rows)) for rows in sheets.values()]
    names = [bytes([len(name), 0]) + name.encode("latin-1") for name in sheets]
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    at = len(start) + sum(len(name) + 10 for name in names) + 4
    yield start
    for name, body in zip(names, bodies, strict=True):
        yield _record(0x85, struct.pack("<IH", at, 0) + name)
        at += len(body)
    yield _record(0x0A, b"")
    yield from bodies


def _body(rows: Rows) -> Iterator[bytes]:
    yield _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                yield _record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            elif value is not None:
                yield _record(0x203, place + struct.pack("<d", value))
    yield _record(0x0A, b"")


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
