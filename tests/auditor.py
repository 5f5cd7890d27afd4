"""An auditor who takes nothing from the workflow but its CSV files, and reads the extracts with csv, zipfile and
calamine: for every cell of the league tables and of `metric_values`, the kind of evidence and what it should hold.

No file holds a likely range: it is drawn again from the published tables alone, by the workflow's own functions. That
the draws are right is tested by a plain loop in `test_real_extracts.py`; that they recur is tested by `league verify`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from math import floor
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineWorkbook

from orchestration.statistics import leagues, ranges
from tests.oracle import average_scores, competition_ranks, half_up, rank_scores, segments

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
MONTHS = {"2025-26-Q2": ("2025-07", "2025-08", "2025-09"), "2025-26-Q4": ("2026-01", "2026-02", "2026-03")}
BEFORE = {"2025-26-Q2": "2025-26-Q1", "2025-26-Q4": "2025-26-Q3"}
MONTHS_BEFORE = {"2025-26-Q2": ("2025-04", "2025-05", "2025-06"), "2025-26-Q4": ("2025-10", "2025-11", "2025-12")}
TABLES = ("trust_league_table", "icb_league_table", "metric_values")
REGIONS = {
    "Y56": "London",
    "Y58": "South West",
    "Y59": "South East",
    "Y60": "Midlands",
    "Y61": "East of England",
    "Y62": "North West",
    "Y63": "North East and Yorkshire",
}
LEAGUES = {  # as the trust list and the NHS Oversight Framework file spell the kinds of trust
    "Acute and Acute & Community Trusts": "acute",
    "Acute Specialist Trusts": "acute",
    "Ambulance Trusts": "ambulance",
    "Community Trusts": "mental_health_community",
    "Mental Health & Learning Disability and Mental Health, Learning Disability & Community Trusts": (
        "mental_health_community"
    ),
    "Mental health and community trust": "mental_health_community",
}
PUBLISHED_FIGURES = {  # column of the trust table: measure of `reconciliation`, row and cell of the official file
    "rank": ("league_rank", "OF5000", "Rank"),
    "rank_without_override": ("rank_without_override", "OF5002", "Rank"),
    "average_score": ("average_score", "OF5002", "Value"),
    "segment_unadjusted": ("unadjusted_segment", "OF5003", "Value"),
    "financial_override": ("financial_override", "OF5004", "Value"),
    "segment": ("adjusted_segment", "OF5000", "Value"),
    "final_segment": ("final_segment", "OF5005", "Value"),
}
HALLMARKS = {  # a heading that only files of this kind have
    "nof_data": "Metric_ID",
    "rtt": "RTT Part Type",
    "dm01": "Diagnostic Tests",
    "cancer": "REFERRAL ROUTE",
    "ods_etr": "column 27",
    "ods_trusts": "ics",
    "ods_sub_icbs": "ICB26CDH",
}
BY_SEED = {"organisation_name": "trust_name", "league": "league", "region": "region", "icb_code": "icb_code"}
WHOLE = {  # what a row must say to be counted: the roll-up of all specialties, tests or routes
    "RTT Part Type": "Part_2",
    "Treatment Function Code": "C_999",
    "Diagnostic Tests": "TOTAL",
    "REFERRAL ROUTE": "ALL ROUTES",
}
RTT_WEEKS = [*(f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(104)), "Gt 104 Weeks SUM 1"]
LATE_TESTS = [*(f"{week:02} < {week + 1:02} Weeks" for week in range(6, 13)), "13+ Weeks"]
FRAMEWORKS = {"icb": "icb-2025-26"}  # every other league: nof-2025-26
COUNTED = {  # publication, sheet, side, cells of the numerator, cell of the denominator
    "OF0023": ("rtt", None, "provider", RTT_WEEKS[:18], "Total All"),
    "OF0003": ("rtt", None, "provider", RTT_WEEKS[52:], "Total All"),
    "X-DM01-6W": ("dm01", None, "provider", LATE_TESTS, "Total WL"),
    "OF0010": ("cancer", "28-DAY FDS (ALL ROUTES)", "provider", ["WITHIN 28 DAYS"], "TOTAL"),
    "OF0011": ("cancer", "62-DAY (ALL CANCER)", "provider", ["WITHIN 62 DAYS"], "TOTAL"),
    "OF0013": ("ae", None, None, None, None),  # without a file in these quarters
    "OF0017": ("ambsys", None, None, None, None),
    "OF0082": ("sickness", None, None, None, None),
    "OF0005": ("community_waits", None, None, None, None),
    "ICB-RTT-18W": ("rtt", None, "commissioner", RTT_WEEKS[:18], "Total All"),
    "ICB-RTT-52W": ("rtt", None, "commissioner", RTT_WEEKS[52:], "Total All"),
    "ICB-DM01-6W": ("dm01", None, "commissioner", LATE_TESTS, "Total WL"),
    "ICB-CANCER-28D": ("cancer", "28-DAY FDS (ALL ROUTES)", "commissioner", ["WITHIN 28 DAYS"], "TOTAL"),
    "ICB-CANCER-62D": ("cancer", "62-DAY (ALL CANCER)", "commissioner", ["WITHIN 62 DAYS"], "TOTAL"),
    "ICB-AE-4H": ("ae", None, None, None, None),
}
OF_THREE_MONTHS = {"ae", "ambsys", "cancer", "sickness"}
NOT_FOR_TRUSTS = {"OF0023": "NONC", "OF0003": "NONC"}  # commissioned from outside England

Cells = dict[str, str]
Place = tuple[str, int]  # member or sheet, row
Found = tuple[str, Any]  # kind of evidence, what the cell should hold by it


# The published files, read without the workflow: rows by sha256, member or sheet, and number.


def written(name: str) -> str:
    """A name in capitals only as it is published, in a readable form."""
    if name != name.upper():
        return name
    small = {"AND", "AT", "BY", "DE", "FOR", "IN", "LE", "OF", "ON", "THE", "TO", "UNDER", "UPON", "WITH"}
    words = re.split(r"([^\w'&]+)", name)
    for place, word in enumerate(words):
        spoken = word in ("ST", "LTD", "DR", "MR", "MRS") or set(word) & set("AEIOUY")
        if "&" in word or word in ("ICB", "UK", "CIC", "BMI") or not spoken:
            continue
        words[place] = word.lower() if place and word in small else word.capitalize()
    return "".join(words)


class Extracts:
    """The files of a folder; each is read when a row of it is asked for, once."""

    def __init__(self, folder: Path) -> None:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self.paths = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}
        self.wanted: dict[str, set[Place]] = defaultdict(set)  # rows of zips worth keeping, besides those counted
        self._read: dict[str, dict[Place, Cells]] = {}

    def rows(self, sha256: str) -> dict[Place, Cells]:
        if sha256 not in self._read:
            path = self.paths[sha256]
            reader = {".zip": self._of_zip, ".xlsx": of_workbook}.get(path.suffix)
            self._read[sha256] = dict(reader(path, sha256) if reader else of_csv(path))
        return self._read[sha256]

    def of_kind(self, source_id: str) -> Iterator[str]:
        """The files of a publication, by the folder that they are in."""
        folder = {"nof_data": "nof", "ambsys": "ambulance"}.get(source_id, source_id)
        return (sha256 for sha256, path in self.paths.items() if path.parent.name == folder)

    def _of_zip(self, path: Path, sha256: str) -> Iterator[tuple[Place, Cells]]:
        with zipfile.ZipFile(path) as archive:
            (member,) = archive.namelist()
            with archive.open(member) as stream:
                lines = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", newline=""))
                header = next(lines)
                whole = [(header.index(heading), text) for heading, text in WHOLE.items() if heading in header]
                for number, cells in enumerate(lines, 2):
                    if all(cells[i] == text for i, text in whole) or (member, number) in self.wanted[sha256]:
                        yield (member, number), dict(zip(header, cells, strict=True))


def of_csv(path: Path) -> Iterator[tuple[Place, Cells]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream)
        header = [f"column {i}" for i in range(1, 28)] if path.name == "etr.csv" else next(lines)
        for number, cells in enumerate(lines, 1 if path.name == "etr.csv" else 2):
            yield ("", number), dict(zip(header, cells, strict=False))


def of_workbook(path: Path, _: str) -> Iterator[tuple[Place, Cells]]:
    """Rows under the header above them, with the title of their table and whose workbook it is."""
    workbook = CalamineWorkbook.from_path(path)
    for sheet in ("28-DAY FDS (ALL ROUTES)", "62-DAY (ALL CANCER)"):
        lines = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        about = {"(month)": month_of(lines[1][0], "%b-%y"), "(basis)": str(lines[2][0])}
        header, title = None, ""
        for number, cells in enumerate(lines, 1):
            if str(cells[0]).startswith("PART "):
                title = str(cells[0])
            if cells[1] == "ODS CODE (1)":
                header = [str(cell) for cell in cells]
            elif header:
                yield (sheet, number), about | {"(title)": title} | dict(zip(header, map(str, cells), strict=True))


def month_of(text: Any, form: str) -> str:
    day = text if isinstance(text, date) else datetime.strptime(str(text).strip(), form)
    return f"{day:%Y-%m}"


def table(release: Path, name: str) -> list[Cells]:
    with (release / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def seed(name: str) -> list[Cells]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def number(text: str) -> Decimal | None:
    return Decimal(text) if text.strip() else None


def amount(row: Cells, headings: list[str]) -> Decimal:
    return sum((Decimal(row[heading] or 0) for heading in headings), Decimal())


def label(quarter: str) -> str:
    """2025-26-Q2 as the official files write it: Q2 2025/26."""
    return f"{quarter[8:]} {quarter[:4]}/{quarter[5:7]}"


# The evidence: for a row of a table and a column of it, the kind of evidence and what the cell should hold by it.


class Audit:
    def __init__(self, quarter: str, release: Path, extracts: Path) -> None:
        self.quarter = quarter
        self.months = MONTHS[quarter]
        self.tables = {name: table(release, name) for name in TABLES}
        self.parts = table(release, "metric_parts")
        self.scores = table(release, "metric_scores")
        self.cuts = [row for row in table(release, "segment_cut_points") if row["scope"] == "overall"]
        self.reconciliation = {
            (row["organisation_code"], row["measure"]): row
            for row in table(release, "reconciliation")
            if not row["metric_id"]
        }
        self.stated: dict[tuple[str, str], list[Cells]] = defaultdict(list)
        for row in table(release, "organisation_sources"):
            self.stated[row["organisation_code"], row["attribute"]].append(row)
        self.extracts = Extracts(extracts)
        for row in (*self.parts, *(row for rows in self.stated.values() for row in rows)):
            self.extracts.wanted[row["source_sha256"]].add((row["source_member"], int(row["source_row"])))
        self.metrics = {row["metric_id"]: row for row in seed("metrics")}
        self.not_applicable = {
            (row["organisation_code"], row["metric_id"]): row["reason"] for row in seed("metrics_not_applicable")
        }
        self.seeded: dict[tuple[str, str], str] = {}
        for row in seed("trusts"):
            for attribute, column in BY_SEED.items():
                self.seeded[row["trust_code"], attribute] = row[column]
        for row in seed("icbs"):
            self.seeded[row["icb_code"], "organisation_name"] = row["icb_name"]
            self.seeded[row["icb_code"], "region"] = row["region"]

    def row(self, named: Cells, column: str = "source_row") -> Cells:
        """The row of the file that a row of a table names."""
        row = self.extracts.rows(named["source_sha256"])[named["source_member"], int(named[column])]
        if HALLMARKS[named["source_id"]] not in row:
            raise LookupError(f"{named['source_sha256']} is no {named['source_id']} file")
        return row

    # Official figures

    @cached_property
    def official(self) -> dict[tuple[str, str, str], tuple[str, int, Cells]]:
        """Quarter, trust and id: file, row and cells."""
        found: dict[tuple[str, str, str], tuple[str, int, Cells]] = {}
        for sha256 in self.extracts.of_kind("nof_data"):
            for (_, line), row in self.extracts.rows(sha256).items():
                key = (row["Quarter"], row["Trust_code"].strip(), row["Metric_ID"].strip())
                assert key not in found, key
                found[key] = sha256, line, row
        return found

    @cached_property
    def trusts_released(self) -> set[str]:
        return {code for quarter, code, _ in self.official if quarter == label(self.quarter)}

    @cached_property
    def leagues_released(self) -> set[str]:
        rows = (row for _, _, row in self.official.values())
        return {LEAGUES[row["Trust_type"]] for row in rows if row["Quarter"] == label(self.quarter)}

    def figure(self, code: str, published_id: str, quarter: str = "") -> Cells | None:
        found = self.official.get((label(quarter or self.quarter), code, published_id))
        return found[2] if found else None

    # Organisations

    def says(self, stated: Cells) -> str | None:
        """What the named row says of an attribute of an organisation."""
        row, code, attribute = self.row(stated), stated["organisation_code"], stated["attribute"]
        match stated["source_id"]:
            case "nof_data":
                about = {
                    "code": row["Trust_code"],
                    "organisation_name": row["Trust_name"].strip(),
                    "trust_subtype": row["Trust_subtype"].strip(),
                    "league": LEAGUES[row["Trust_type"]],
                    "region": {"East": "East of England"}.get(row["Region"], row["Region"]),
                }
                assert row["Quarter"] == label(self.quarter)
            case "ods_etr":
                about = {
                    "code": row["column 1"] if row["column 1"] == code else row["column 4"],
                    "organisation_name": row["column 2"].strip(),
                    "region": REGIONS.get(row["column 3"], ""),
                    "icb_code": row["column 4"],
                }
            case "ods_trusts":
                about = {
                    "code": row["ods_code"],
                    "organisation_name": row["name"].strip(),
                    "league": LEAGUES[row["type"]],
                    "region": row["region"],
                    "icb_code": self.icbs_by_name.get(f"NHS {row['ics']} Integrated Care Board"),
                }
            case "ods_sub_icbs":
                about = {"code": row["ICB26CDH"], "organisation_name": row["ICB26NM"], "region": row["NHSER26NM"]}
            case "cancer":
                name = row.get("ACCOUNTABLE PROVIDER") or row["INTEGRATED CARE BOARD (ICB)/COMMISSIONING HUB"]
                about = {"code": row["ODS CODE (1)"], "organisation_name": name.strip()}
            case _:
                names = {row["Provider Org Code"]: row["Provider Org Name"]}
                if row["Commissioner Parent Org Code"]:
                    names[row["Commissioner Parent Org Code"]] = row["Commissioner Parent Name"]
                else:
                    names[row["Commissioner Org Code"]] = row["Commissioner Org Name"]
                about = {"code": code if code in names else None, "organisation_name": names.get(code, "").strip()}
        if about["code"] != code:
            return None
        about["icb_code"] = about.get("icb_code", code)
        return written(about[attribute]) if attribute == "organisation_name" else about[attribute]

    @cached_property
    def icbs_by_name(self) -> dict[str, str]:
        return {row["icb_name"]: row["icb_code"] for row in seed("icbs")}

    @cached_property
    def listed(self) -> dict[str, Cells]:
        """The trust list."""
        return {row["ods_code"]: row for row in self._reference("trusts_2026-08.csv")}

    @cached_property
    def codes_known(self) -> set[str]:
        """Of trusts with a region, and of ICBs."""
        etr = [row for row in self._reference("etr.csv") if row["column 3"] in REGIONS]
        icbs = {row["icb_code"] for row in seed("icbs")}
        return set(self.listed) | icbs | {row[column] for row in etr for column in ("column 1", "column 4")}

    def _reference(self, name: str) -> list[Cells]:
        (sha256,) = (sha256 for sha256, path in self.extracts.paths.items() if path.name == name)
        return list(self.extracts.rows(sha256).values())

    def attribute(self, code: str, attribute: str) -> Found:
        """Every row named must say the same."""
        said = {self.says(stated) for stated in self.stated[code, attribute]}
        if len(said) > 1 or None in said:
            raise LookupError(f"{attribute} of {code}: the rows named say {sorted(map(str, said))}")
        if said:
            return "row", said.pop()
        if seeded := self.seeded.get((code, attribute)):
            released = attribute == "league" and code in self.trusts_released
            seeded = written(seeded) if attribute == "organisation_name" else seeded
            return ("absence", None) if released else ("rule", seeded)
        match attribute:
            case "organisation_name":  # called by its code, since its rows have no name
                rows = [row for row in self.counted if code == row["Commissioner Org Code"]]
                nameless = rows and all(row["Commissioner Org Name"] in ("", "#N/A") for row in rows)
                return "absence", code if nameless else None
            case "trust_subtype":
                absent = code not in self.trusts_released
            case "league":
                absent = code not in self.listed and code not in self.trusts_released
            case _:
                absent = code not in self.codes_known
        if not absent:
            raise LookupError(f"{attribute} of {code}: a file says it, no row is named")
        return "absence", None

    def code(self, code: str) -> Found:
        """An organisation is in a row: one that says its name, or one that is counted."""
        if any(self.says(stated) for stated in self.stated[code, "organisation_name"]):
            return "row", code
        if not any(key[0] == code for key in self.sums):
            raise LookupError(f"no row is named that has {code}")
        return "parts", code

    def commissioner_kind(self, code: str) -> str:
        name = str(self.attribute(code, "organisation_name")[1]).upper()
        if "INTEGRATED CARE BOARD" in name:
            return "icb"
        hub = "COMMISSIONING HUB" in name or "COMMISSIONING REGION" in name or name == "NHS ENGLAND"
        return "commissioning_hub" if hub else "other_commissioner"

    # Counts

    @cached_property
    def at_hand(self) -> dict[tuple[str, str], dict[str, str]]:
        """Files with counts, by publication and side: of each month the file. Of every quarter."""
        found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for source_id, form in {"rtt": "RTT-%B-%Y", "dm01": "DM01-%B-%Y", "ae": "MSitAE-%B-%Y"}.items():
            for sha256 in self.extracts.of_kind(source_id):
                month = month_of(next(self._first_rows(sha256))["Period"], form)
                found[source_id, "provider"][month] = found[source_id, "commissioner"][month] = sha256
        for sha256 in self.extracts.of_kind("ambsys"):
            row = next(self._first_rows(sha256))
            found["ambsys", "provider"][f"{row['Year']}-{int(row['Month']):02}"] = sha256
        for sha256 in self.extracts.of_kind("cancer"):
            row = next(iter(self.extracts.rows(sha256).values()))
            side = "provider" if "PROVIDER BASED" in row["(basis)"] else "commissioner"
            found["cancer", side][row["(month)"]] = sha256
        return found

    def _first_rows(self, sha256: str) -> Iterator[Cells]:
        path = self.extracts.paths[sha256]
        if path.suffix == ".csv":
            yield from (row for _, row in of_csv(path))
        else:
            with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
                yield from csv.DictReader(io.TextIOWrapper(stream, "utf-8-sig", newline=""))

    def months_counted(self, metric_id: str) -> dict[str, str]:
        """The files of the quarter: the latest alone where a metric is of one month."""
        source_id, _, side, *_ = COUNTED[metric_id]
        at_hand = self.at_hand.get((source_id, side or "provider"), {})
        months = sorted(set(self.months) & set(at_hand))
        return {month: at_hand[month] for month in (months if source_id in OF_THREE_MONTHS else months[-1:])}

    @cached_property
    def successors(self) -> dict[str, str]:
        return {
            predecessor: code
            for code, row in self.listed.items()
            for predecessor in filter(None, row["predecessor_codes"].split(";"))
            if row["merger_date"][:7] <= self.months[-1]
        }

    def organisation(self, metric_id: str, row: Cells) -> str | None:
        """Whom a row counts for; none where a rule leaves it out."""
        side = COUNTED[metric_id][2]
        if side == "commissioner" and "ODS CODE (1)" not in row:
            return row["Commissioner Parent Org Code"] or row["Commissioner Org Code"]
        if row.get("Commissioner Org Code") == NOT_FOR_TRUSTS.get(metric_id, ""):
            return None
        code = row["ODS CODE (1)"] if "ODS CODE (1)" in row else row["Provider Org Code"]
        return self.successors.get(code, code) if side == "provider" else code

    def whole_rows(self, metric_id: str) -> Iterator[tuple[str, str, Place, Cells]]:
        """Month, file, place and cells of every row that can count, read from the files alone."""
        sheet = COUNTED[metric_id][1]
        for month, sha256 in self.months_counted(metric_id).items():
            for place, row in self.extracts.rows(sha256).items():
                whole = all(row[heading] == text for heading, text in WHOLE.items() if heading in row)
                all_routes = not row.get("(title)") or row["(title)"].startswith("PART A")
                if whole and all_routes and sheet in (None, place[0]) and row.get("ODS CODE (1)") != "":
                    yield month, sha256, place, row

    @cached_property
    def counted(self) -> list[Cells]:
        return [row for _, _, _, row in self.whole_rows("ICB-RTT-18W")]

    @cached_property
    def named(self) -> dict[tuple[str, str], list[tuple[Cells, Cells]]]:
        """Parts with the rows that they name, by organisation and metric."""
        found: dict[tuple[str, str], list[tuple[Cells, Cells]]] = defaultdict(list)
        for part in self.parts:
            found[part["organisation_code"], part["metric_id"]].append((part, self.row(part)))
        return found

    @cached_property
    def sums(self) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """Numerators and denominators from the cells of the rows named."""
        found = {}
        for (code, metric_id), parts in self.named.items():
            *_, headings, whole = COUNTED[metric_id]
            rows = [row for _, row in parts]
            if any(self.organisation(metric_id, row) != code for row in rows):
                raise LookupError(f"{metric_id} of {code} is said to be the sum of rows of others")
            found[code, metric_id] = (
                sum((amount(row, headings) for row in rows), Decimal()),
                sum((amount(row, [whole]) for row in rows), Decimal()),
            )
        return found

    @cache  # noqa: B019 - an audit lives as long as the tests of its quarter
    def computed(self, code: str, metric_id: str) -> dict[str, Found]:
        """What the files give for a metric: value, whether it is one, and if not why."""
        source_id, months = COUNTED[metric_id][0], list(self.months_counted(metric_id))
        parts = [part["month"][:7] for part, _ in self.named.get((code, metric_id), [])]
        numerator, denominator = self.sums.get((code, metric_id), (None, None))
        value, status, reason = None, "missing", None
        if (code, metric_id) in self.not_applicable:
            status, reason = "not_applicable", self.not_applicable[code, metric_id]
        elif not months:
            reason = f"no {source_id} file of the quarter"
        elif not parts and code in self.successors:
            reason = f"counted under its successor {self.successors[code]}"
        elif not parts:
            reason = f"not counted in the {source_id} files: {', '.join(months)}"
        elif source_id in OF_THREE_MONTHS and len(set(parts)) < 3:
            reason = f"three months are needed; found: {', '.join(sorted(set(parts)))}"
        elif denominator == 0:
            reason = "nobody counted: the denominator is 0"
        else:
            value, status = half_up(Fraction(100 * numerator) / Fraction(denominator), 6), "reported"
            if months[-1] < self.months[-1]:
                reason = f"latest month at hand is {months[-1]}, not {self.months[-1]}"
        of_rule = "rule" if status == "not_applicable" else "parts" if parts else "absence"
        dates = [f"{months[0]}-01", f"{months[-1]}-{monthrange(*map(int, months[-1].split('-')))[1]}"] if months else []
        span = " to ".join(dict.fromkeys((months[0], months[-1]))) if months else None
        at_hand = "row" if months else "absence"
        return {
            "numerator": ("parts" if parts else "absence", numerator),
            "denominator": ("parts" if parts else "absence", denominator),
            "value": ("absence" if value is None else "parts", value),
            "unit": ("rule", self.metrics[metric_id]["unit"]),
            "status": (of_rule, status),
            "status_reason": (of_rule, reason),
            "reporting_date": (at_hand, span),
            "period_start": (at_hand, dates[0] if dates else None),
            "period_end": (at_hand, dates[1] if dates else None),
            "source_id": (at_hand, source_id),
            "source_sha256": ("parts", self.months_counted(metric_id)[max(parts)]) if parts else ("absence", None),
        }

    # Cells of metric_values

    def of_value(self, row: Cells, column: str) -> Found:
        code, metric_id = row["organisation_code"], row["metric_id"]
        if row["value_basis"] == "computed":
            if column in ("published_rank", "published_score", "source_member", "source_row", "published_score_row"):
                return "by definition", None  # a sum is no row of a file
            return self.computed(code, metric_id)[column]
        return self.published(code, metric_id)[column]

    @cache  # noqa: B019
    def published(self, code: str, metric_id: str) -> dict[str, Found]:
        """What the official file has of a metric: its row, and the row of its score."""
        metric = self.metrics[metric_id]
        value = self.official.get((label(self.quarter), code, metric_id))
        score = self.official.get((label(self.quarter), code, metric["score_id"]))
        sha256, line, cells = value or score or (None, None, {})
        kind = "row" if cells else "absence"
        start, end = period(cells["Reporting_date"]) if cells else (None, None)
        reason = None
        if not cells:
            reason = (
                "not in the release: not applicable or not submitted"
                if self.attribute(code, "league")[1] in self.leagues_released
                else "no NHS Oversight Framework file of the league for the quarter"
            )
        elif not value:
            reason = "published as a score only"
        of_value, of_score = ("row" if found else "absence" for found in (value, score))
        return {
            "numerator": ("by definition", None),  # published without
            "denominator": ("by definition", None),
            "value": (of_value, number(value[2]["Value"]) if value else None),
            "unit": ("row", value[2]["Units"]) if value else ("rule", metric["unit"]),
            "reporting_date": (kind, cells.get("Reporting_date")),
            "period_start": (kind, start),
            "period_end": (kind, end),
            "status": (kind, "reported" if cells else "missing"),
            "status_reason": (kind if value else "absence", reason),
            "published_rank": (of_value, number(value[2]["Rank"]) if value else None),
            "published_score": (of_score, number(score[2]["Value"]) if score else None),
            "source_id": (kind, "nof_data" if cells else None),
            "source_sha256": (kind, sha256),
            "source_member": ("by definition", None),  # the file is no archive
            "source_row": (kind, line),
            "published_score_row": (of_score, score[1] if score else None),
        }

    def organisation_code(self, row: Cells, _: str) -> Found:
        return self.code(row["organisation_code"])

    def organisation_type(self, row: Cells, _: str) -> Found:
        code = row["organisation_code"]
        if row["metric_id"].startswith("ICB-"):
            return "row", self.commissioner_kind(code)
        known = code in self.trusts_released or code in self.codes_known
        return ("row", "trust") if known else ("absence", "independent_or_other")

    def league(self, row: Cells, _: str) -> Found:
        code = row["organisation_code"]
        if row.get("metric_id", "").startswith("ICB-"):
            kind = self.commissioner_kind(code)
            return ("row", "icb") if kind == "icb" else ("absence", None)
        return self.attribute(code, "league")

    def metric(self, row: Cells, _: str) -> Found:
        return "rule", self.metrics[row["metric_id"]]["metric_id"]

    def basis(self, row: Cells, _: str) -> Found:
        """It decides which evidence the rest of the row must have."""
        by_us = row["metric_id"] in COUNTED
        officially = self.metrics[row["metric_id"]]["value_basis"] == "published"
        return "rule", row["value_basis"] if {"computed": by_us, "published": officially}[row["value_basis"]] else None

    def quarter_asked_for(self, row: Cells, _: str) -> Found:
        return "rule", self.quarter

    # Cells of the trust table

    def trust_code(self, row: Cells, _: str) -> Found:
        return self.code(row["organisation_code"])

    def of_trust(self, row: Cells, column: str) -> Found:
        return self.attribute(row["organisation_code"], column)

    def official_figure(self, row: Cells, column: str) -> Found:
        """Read again at the row that `reconciliation` names."""
        measure, published_id, cell = PUBLISHED_FIGURES[column]
        stated = self.reconciliation.get((row["organisation_code"], measure))
        if stated is None:
            if self.figure(row["organisation_code"], published_id):
                raise LookupError(f"{published_id} of {row['organisation_code']} is published and not reconciled")
            return "absence", None
        found = self.row({**stated, "source_id": "nof_data"})
        about = found["Quarter"], found["Trust_code"].strip(), found["Metric_ID"]
        if about != (label(self.quarter), row["organisation_code"], published_id):
            raise LookupError(f"{measure} of {row['organisation_code']} is said to be in a row about {about}")
        if number(found[cell]) != number(stated["published"]):
            raise LookupError(
                f"{measure} of {row['organisation_code']}: {found[cell]} in the file, {stated['published']}"
            )
        return "row", number(found[cell])

    def gap(self, row: Cells, _: str) -> Found:
        """To the best score of the next segment; who is held at the override's segment cannot leave it by score."""
        segment = int(row["segment"] or 0)
        if segment < 2 or (row["financial_override"] == "1" and segment == 3):
            return "absence", None
        (cut,) = (c["cut_point"] for c in self.cuts_of(row["league"]) if int(c["better_segment"]) == segment - 1)
        return "worked out", Decimal(row["average_score"]) - Decimal(floor(Fraction(cut) * 100)) / 100

    def cuts_of(self, league: str) -> list[Cells]:
        return [row for row in self.cuts if row["framework"] == FRAMEWORKS.get(league, "nof-2025-26")]

    def previous_rank(self, row: Cells, _: str) -> Found:
        found = self.figure(row["organisation_code"], "OF5000", BEFORE[self.quarter])
        return ("row", number(found["Rank"])) if found else ("absence", None)

    def rank_change(self, row: Cells, _: str) -> Found:
        if not (row["rank"] and row["previous_rank"]):
            return "absence", None
        return "worked out", int(row["previous_rank"]) - int(row["rank"])

    def ranked(self, row: Cells, _: str) -> Found:
        return "worked out", "true" if row["rank"] else "false"

    def trust_not_ranked(self, row: Cells, _: str) -> Found:
        if row["rank"]:
            return "by definition", None
        if not self.scored[row["league"]]:
            return "worked out", "no metric has a score"
        scored, expected = len(self.scored[row["league"]]), len(self.expected(row["league"]))
        verb = "is" if scored == 1 else "are"
        return "worked out", f"only {scored} of the {expected} metrics of the league {verb} at hand"

    def metrics_counted(self, row: Cells, _: str) -> Found:
        """Scores that count, each of a value that is reported."""
        code, league = row["organisation_code"], row.get("league", "icb")
        counted = [
            (score["metric_id"], score["value_basis"])
            for score in self.scores_of.get(code, [])
            if score["league"] == league and score["counted"] == "true"
        ]
        for metric_id, basis in counted:
            found = self.published(code, metric_id) if basis == "published" else self.computed(code, metric_id)
            if found["status"][1] != "reported":
                raise LookupError(f"{metric_id} of {code} counts and is not reported")
        return "worked out", len(counted)

    @cached_property
    def scored(self) -> dict[str, set[str]]:
        """The metrics of a league that count for somebody."""
        found: dict[str, set[str]] = defaultdict(set)
        for score in self.scores:
            if score["counted"] == "true":
                found[score["league"]].add(score["metric_id"])
        return found

    @cache  # noqa: B019
    def expected(self, league: str) -> list[str]:
        """The metrics that count in a league by the framework; of those that it has only where their publication is at
        hand, these quarters have none."""
        framework = FRAMEWORKS.get(league, "nof-2025-26")
        about = (framework, league)
        ours = {row["metric_id"] for row in seed("metrics") if row["value_basis"] == "computed"}
        absent = {row["metric_id"] for row in seed("computed_metrics") if row["expected"] == "false"} & ours
        found = [row["metric_id"] for row in seed("league_metrics") if (row["framework"], row["league"]) == about]
        return [m for m in found if m not in absent and self.metrics[m]["counted"] == "true"]

    @cached_property
    def scores_of(self) -> dict[str, list[Cells]]:
        found: dict[str, list[Cells]] = defaultdict(list)
        for score in self.scores:
            found[score["organisation_code"]].append(score)
        return found

    def metrics_expected(self, row: Cells, _: str) -> Found:
        return "rule", len(self.expected(row.get("league", "icb")))

    def coverage(self, row: Cells, _: str) -> Found:
        """Full where every metric expected counts for somebody and none is of an earlier month than the last."""
        league = row.get("league", "icb")
        if not self.scored[league]:
            return "absence", None
        early = any(
            COUNTED[score["metric_id"]][0] not in OF_THREE_MONTHS
            and max(self.months_counted(score["metric_id"])) < self.months[-1]
            for score in self.scores
            if score["league"] == league and score["counted"] == "true" and score["value_basis"] == "computed"
        )
        return "worked out", "partial" if early or self.scored[league] != set(self.expected(league)) else "full"

    # Cells of the ICB table

    @cached_property
    def icbs(self) -> dict[str, dict[str, Any]]:
        """Averages, segments and ranks from the counts of the files, in exact fractions."""
        members = {row["organisation_code"] for row in self.tables["icb_league_table"]}
        members = {code for code in members if self.commissioner_kind(code) == "icb"}
        scores = {}
        for metric_id in (metric_id for metric_id in COUNTED if metric_id.startswith("ICB-")):
            found = {code: self.computed(code, metric_id)["value"][1] for code in members}
            scores[metric_id] = rank_scores(metric_id, {code: v for code, v in found.items() if v is not None})
        at_hand = [by_code for by_code in scores.values() if by_code]
        averages = average_scores(scores) if 2 * len(at_hand) >= len(scores) else {}
        segment = segments(averages) if averages else {}
        return {
            "average_score": averages,
            "segment": segment,
            "rank": competition_ranks({code: (segment[code], averages[code]) for code in averages}),
            "metrics_counted": {code: sum(code in by_code for by_code in scores.values()) for code in members},
        }

    def icb_code(self, row: Cells, _: str) -> Found:
        code = row["organisation_code"]
        return self.attribute(code, "icb_code") if self.stated[code, "icb_code"] else self.code(code)

    def of_icb(self, row: Cells, column: str) -> Found:
        return self.attribute(row["organisation_code"], column)

    def icb_type(self, row: Cells, _: str) -> Found:
        return "row", self.commissioner_kind(row["organisation_code"])

    def icb_figure(self, row: Cells, column: str) -> Found:
        found = self.icbs[column].get(row["organisation_code"])
        return ("absence", None) if found is None else ("worked out", found)

    def icb_metrics_counted(self, row: Cells, column: str) -> Found:
        found = self.icbs["metrics_counted"].get(row["organisation_code"], 0)
        assert self.metrics_counted(row, column)[1] == found
        return "worked out", found

    def icb_not_ranked(self, row: Cells, _: str) -> Found:
        kind = self.commissioner_kind(row["organisation_code"])
        if kind == "icb":
            return "worked out", None if row["rank"] else "no metric has a score"
        reasons = {seeded["kind"]: seeded["not_ranked_reason"] for seeded in seed("commissioner_kinds")}
        return "rule", reasons.get(kind, "is no Integrated Care Board")

    def framework_status(self, row: Cells, _: str) -> Found:
        status = {seeded["framework"]: seeded["status"] for seeded in seed("frameworks")}
        return "rule", status[FRAMEWORKS["icb"]]

    def no_previous_icbs(self, row: Cells, column: str) -> Found:
        """No file of the quarter before has a count by ICB."""
        if not row["rank"]:
            return "by definition", None
        months = [month for (_, side), at_hand in self.at_hand.items() if side == "commissioner" for month in at_hand]
        assert not set(months) & set(MONTHS_BEFORE[self.quarter])
        why = "no league of the previous quarter: no metric of this league is at hand for the quarter"
        return "absence", why if column == "no_rank_change_reason" else None

    # Likely ranges

    @cached_property
    def ranges(self) -> dict[str, dict[str, Any]]:
        """Drawn again from the published tables, by organisation."""
        trusts = pd.DataFrame(self.tables["trust_league_table"])
        icbs = pd.DataFrame(self.tables["icb_league_table"])
        placings = pd.concat([trusts, icbs.assign(league="icb", financial_override="")]).assign(override_segment="3")
        numbers = ["rank", "average_score", "financial_override", "override_segment"]
        placings[numbers] = placings[numbers].apply(pd.to_numeric)
        placings = placings[placings["rank"].notna()]
        scores = pd.DataFrame(self.scores).assign(polarity="lower")  # no value is used
        scores = scores[(scores["counted"] == "true") & scores["organisation_code"].isin(placings["organisation_code"])]
        scores[["score_exact", "weight"]] = scores[["score_exact", "weight"]].apply(pd.to_numeric)
        scores["value"] = None
        scores["metric_group"] = [self.metrics[metric]["metric_group"] or None for metric in scores["metric_id"]]
        leagues_in_statistics = pd.DataFrame(
            {"quarter": self.quarter, "league": league}
            | {f"cut_{cut['better_segment']}": float(cut["cut_point"]) for cut in self.cuts_of(league)}
            for league in placings["league"].unique()
        )
        drawn = ranges.likely_ranges(leagues.read(leagues_in_statistics, placings, scores)).to_pylist()
        return {row["organisation_code"]: row for row in drawn}

    def likely(self, row: Cells, column: str) -> Found:
        found = self.ranges.get(row["organisation_code"])
        if found is None:
            return "absence", None
        point = column.rsplit("_", 1)[0]
        assert found[f"{point}_low"] <= Decimal(row[point]) <= found[f"{point}_high"]
        return "simulated", found[column]


def period(reporting_date: str) -> tuple[str | None, str | None]:
    """First and last day of Jun-25, Q2 2025/26, 2024, 2024/25, Month 6 2025 and Oct 24 - Sep 25 vs Oct 23 - Sep 24."""
    first, months = None, 0
    words = reporting_date.split()
    if reporting_date[:1] == "Q":
        year, number_of_quarter = int(words[1][:4]), int(words[0][1])
        first, months = date(year + number_of_quarter // 4, 3 * number_of_quarter % 12 + 1, 1), 3
    elif words[0] == "Month":
        first, months = date(int(words[2]), 4, 1), int(words[1])
    elif reporting_date.isdigit():
        first, months = date(int(reporting_date), 1, 1), 12
    elif words[0][:4].isdigit() and "/" in words[0]:
        first, months = date(int(words[0][:4]), 4, 1), 12
    elif " - " in reporting_date:
        first, last = (datetime.strptime(" ".join(words[i : i + 2]), "%b %y").date() for i in (0, 3))
        months = 12 * (last.year - first.year) + last.month - first.month + 1
    elif len(reporting_date) == 6 and reporting_date[3] == "-":
        first, months = datetime.strptime(reporting_date, "%b-%y").date(), 1
    if first is None:
        return None, None
    last_month = first.month + months - 2
    year, month = first.year + last_month // 12, last_month % 12 + 1
    return f"{first}", f"{date(year, month, monthrange(year, month)[1])}"


Evidence = Callable[[Audit, Cells, str], Found]
EVIDENCE: dict[str, list[tuple[Evidence, str]]] = {
    "trust_league_table": [
        (Audit.quarter_asked_for, "quarter"),
        (Audit.trust_code, "organisation_code"),
        (Audit.league, "league"),
        (Audit.of_trust, "organisation_name trust_subtype region icb_code"),
        (Audit.official_figure, " ".join(PUBLISHED_FIGURES)),
        (Audit.likely, "rank_low rank_high average_score_low average_score_high"),
        (Audit.gap, "gap_to_next_segment"),
        (Audit.metrics_counted, "metrics_counted"),
        (Audit.metrics_expected, "metrics_expected"),
        (Audit.coverage, "coverage"),
        (Audit.ranked, "ranked"),
        (Audit.trust_not_ranked, "not_ranked_reason"),
        (Audit.previous_rank, "previous_rank"),
        (Audit.rank_change, "rank_change"),
    ],
    "icb_league_table": [
        (Audit.quarter_asked_for, "quarter"),
        (Audit.icb_code, "organisation_code"),
        (Audit.icb_type, "organisation_type"),
        (Audit.of_icb, "organisation_name region"),
        (Audit.icb_figure, "rank average_score segment"),
        (Audit.likely, "rank_low rank_high average_score_low average_score_high"),
        (Audit.icb_metrics_counted, "metrics_counted"),
        (Audit.metrics_expected, "metrics_expected"),
        (Audit.coverage, "coverage"),
        (Audit.ranked, "ranked"),
        (Audit.icb_not_ranked, "not_ranked_reason"),
        (Audit.framework_status, "framework_status"),
        (Audit.no_previous_icbs, "previous_rank rank_change no_rank_change_reason"),
    ],
    "metric_values": [
        (Audit.quarter_asked_for, "quarter"),
        (Audit.organisation_code, "organisation_code"),
        (Audit.of_trust, "organisation_name"),
        (Audit.organisation_type, "organisation_type"),
        (Audit.league, "league"),
        (Audit.metric, "metric_id"),
        (Audit.basis, "value_basis"),
        (Audit.of_value, "numerator denominator value unit reporting_date period_start period_end"),
        (Audit.of_value, "status status_reason published_rank published_score"),
        (Audit.of_value, "source_id source_sha256 source_member source_row published_score_row"),
    ],
}


def same(cell: str, expected: Any) -> bool:
    if expected is None or isinstance(expected, str):
        return cell == (expected or "")
    return cell != "" and Decimal(cell) == expected
