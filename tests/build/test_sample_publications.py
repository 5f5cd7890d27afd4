"""The sample's primary publications: formats as published, totals that hold, agreement with the oversight files.

Belongs here: what an auditor would recompute from the files themselves, and the oracle against that recomputation.
Does not belong here: the oversight releases (`test_sample`), the workflow that reads the sample.
"""

import csv
import io
import os
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from orchestration.sample import expected_figures, expected_icb_league, invent_year
from orchestration.sample.framework import METRICS, MILLION, QUARTERS
from orchestration.sample.metric_scores import side
from orchestration.sample.ratios import count_values

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LEAGUE_SHARED", ROOT.parent / "shared"))
MONTHS = pd.period_range("2025-04", "2026-03", freq="M")
QUARTER_IDS = [quarter.quarter_id for quarter in QUARTERS]
ENDS = dict(zip(QUARTER_IDS, MONTHS[2::3], strict=True))
ROLL_UP = "C_999"
COUNTED = {"OF0023": 100, "OF0003": 100, "OF0010": 100, "OF0011": 100, "OF0013": 100, "OF0017": Fraction(1, 60)}
COUNTED |= {"OF0005": 100, "OF0061": 10, "OF0082": 100, "OF0084": 10, "X-SHMI": 1}
EMPLOYERS_COUNTED = ["Acute", "Ambulance", "Mental Health", "Community Provider Trust"]

Ratios = dict[tuple[str, str], list[Fraction]]  # by metric and organisation


def decoded(path: Path) -> str:
    """The text of a CSV or of the one member of a zip."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (member,) = archive.namelist()
            return archive.read(member).decode()
    return path.read_bytes().decode()


def one(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(decoded(path)), dtype=str, keep_default_na=False)


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells as numbers, blanks as nothing."""
    return rows.replace("", "0").astype(int)


def headings(source_id: str) -> list[str]:
    described = yaml.safe_load((ROOT / "data/sources" / f"{source_id}.yml").read_text())["columns"]
    return [column if isinstance(column, str) else column["published"][0] for column in described]


GP_METRICS = {  # metric of ICBs by the question of the survey
    "gpps-phone-access": "ICB-GP-PHONE",
    "gpps-website-access": "ICB-GP-WEBSITE",
    "gpps-app-access": "ICB-GP-APP",
    "gpps-reception-helpfulness": "ICB-GP-RECEPTION",
    "gpps-continuity": "ICB-GP-CONTINUITY",
    "gpps-contact-experience": "ICB-GP-CONTACT",
    "gpps-listened": "ICB-GP-LISTENED",
    "gpps-care-concern": "ICB-GP-CARE",
}


@pytest.fixture(scope="module")
def rtt(sample: Path) -> dict[str, pd.DataFrame]:
    return {q: table(one(sample / "rtt", f"*file-{end:%b%y}-*.zip")) for q, end in _ends()}


@pytest.fixture(scope="module")
def dm01(sample: Path) -> dict[str, pd.DataFrame]:
    return {q: table(one(sample / "dm01", f"DM01-{f'{end:%B-%Y}'.upper()}-*.zip")) for q, end in _ends()}


@pytest.fixture(scope="module")
def ae(sample: Path) -> dict[pd.Period, pd.DataFrame]:
    return {month: table(sample / "ae" / f"Monthly-AE-{_named(month)}.csv") for month in MONTHS}


@pytest.fixture(scope="module")
def ambsys(sample: Path) -> dict[str, pd.DataFrame]:
    return {q: table(sample / "ambulance" / f"AmbSYS-to-{end:%b-%Y}.csv") for q, end in _ends()}


@pytest.fixture(scope="module")
def cancer(sample: Path) -> dict[tuple[pd.Period, str, str], pd.DataFrame]:
    """Rows of each table by month, basis and part; the England row has no code."""
    return {
        (month, basis, part): rows
        for month in MONTHS
        for basis in ("PROVIDER", "COMMISSIONER")
        for part, rows in _cancer_tables(_workbook_path(sample, month, basis))
    }


@pytest.fixture(scope="module")
def absence(sample: Path) -> dict[pd.Period, pd.DataFrame]:
    folder = sample / "sickness_absence"
    return {m: table(folder / f"NHS_Sickness_Absence_rates_CSV_{m.strftime('%B_%Y')}.csv") for m in MONTHS - 3}


@pytest.fixture(scope="module")
def community(sample: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """The tables of the workbook of each quarter, a column a service, blank ones as nothing."""
    return {quarter: dict(_community_tables(sample, end)) for quarter, end in _ends()}


@pytest.fixture(scope="module")
def published(sample: Path) -> dict[tuple[str, str, str], str]:
    """Values of the oversight files by quarter, metric and trust, planted ones put right."""
    labels = {quarter.label: quarter.quarter_id for quarter in QUARTERS}
    rows = pd.concat(pd.read_csv(path, dtype=str) for path in sorted(sample.glob("nof/2026-06/*-data.csv")))
    rows = rows[rows["Metric_ID"].isin(COUNTED)]
    keys = zip(rows["Quarter"].map(labels), rows["Metric_ID"], rows["Trust_code"], strict=True)
    values = dict(zip(keys, rows["Value"], strict=True))
    for plant in pd.read_csv(sample / "planted_disagreements.csv", dtype=str).to_dict("records"):
        key = (plant["quarter"], plant["published_id"], plant["organisation_code"])
        if plant["published_id"] in COUNTED:
            assert values[key] == plant["planted"] != plant["right"]
            values[key] = plant["right"]
    return values


@pytest.fixture(scope="module")
def recomputed(
    rtt: dict[str, pd.DataFrame],
    dm01: dict[str, pd.DataFrame],
    ae: dict[pd.Period, pd.DataFrame],
    cancer: dict[tuple[pd.Period, str, str], pd.DataFrame],
    ambsys: dict[str, pd.DataFrame],
    absence: dict[pd.Period, pd.DataFrame],
    community: dict[str, dict[str, pd.DataFrame]],
    sample: Path,
) -> dict[str, Ratios]:
    """Numerators and denominators from the files alone."""
    (merged,) = (trust for trust in invent_year().organisations.trusts if trust.predecessor)
    icb_of = {trust.code: trust.icb.code for trust in invent_year().organisations.trusts}
    found = {}
    for quarter, end in ENDS.items():
        sums: Ratios = defaultdict(lambda: [Fraction(), Fraction()])

        def add(
            metric: str, codes: Any, numerators: Any, denominators: Any, sums: Ratios = sums, quarter: str = quarter
        ) -> None:
            for code, numerator, denominator in zip(codes, numerators, denominators, strict=True):
                owner = merged.code if code == merged.predecessor and quarter != QUARTER_IDS[0] else code
                sums[metric, owner][0] += Fraction(numerator)
                sums[metric, owner][1] += Fraction(denominator)

        rows = rtt[quarter].query("`RTT Part Type` == 'Part_2' and `Treatment Function Code` == @ROLL_UP")
        weeks = numbers(rows.iloc[:, 13:118])
        within, over, everybody = weeks.iloc[:, :18].sum(axis=1), weeks.iloc[:, 52:].sum(axis=1), rows["Total All"]
        payer = rows["Commissioner Parent Org Code"].where(lambda code: code != "", rows["Commissioner Org Code"])
        inside = rows["Commissioner Org Code"] != "NONC"
        for ids, part in ((("OF0023", "ICB-RTT-18W"), within), (("OF0003", "ICB-RTT-52W"), over)):
            add(ids[0], rows["Provider Org Code"][inside], part[inside], everybody[inside])
            add(ids[1], payer, part, everybody)
        rows = dm01[quarter].query("`Diagnostic Tests` == 'TOTAL'")
        late = numbers(rows.iloc[:, 17:25]).sum(axis=1)
        payer = rows["Commissioner Parent Org Code"].where(lambda code: code != "", rows["Commissioner Org Code"])
        add("X-DM01-6W", rows["Provider Org Code"], late, rows["Total WL"])
        add("ICB-DM01-6W", payer, late, rows["Total WL"])
        for month in (end - 2, end - 1, end):
            rows = ae[month].iloc[:-1]
            attended, waited = numbers(rows.iloc[:, 4:10]).sum(axis=1), numbers(rows.iloc[:, 10:16]).sum(axis=1)
            add("OF0013", rows["Org Code"], attended - waited, attended)
            icbs = rows["Org Code"].map(icb_of)
            known = icbs.notna()
            add("ICB-AE-4H", icbs[known], (attended - waited)[known], attended[known])
            for basis, ids in (
                ("PROVIDER", ("OF0010", "OF0011")),
                ("COMMISSIONER", ("ICB-CANCER-28D", "ICB-CANCER-62D")),
            ):
                for metric, part, days in ((ids[0], "", 28), (ids[1], "PART A: ALL ROUTES", 62)):
                    rows = cancer[month, basis, part]
                    rows = rows[rows["ODS CODE (1)"] != ""]
                    add(metric, rows["ODS CODE (1)"], rows[f"WITHIN {days} DAYS"], rows["TOTAL"])
            rows = ambsys[quarter]
            here = (rows["Year"] == str(month.year)) & (rows["Month"] == str(month.month))
            rows = rows[here & rows["Org Code"].str.fullmatch("Z..")]
            add("OF0017", rows["Org Code"], rows["A30"], rows["A10"])
            rows = absence[month - 3]
            rows = rows[rows["ORG_TYPE"].isin(EMPLOYERS_COUNTED)]
            lost, available = (rows[f"FTE_DAYS_{what}"].map(_without_noise) for what in ("LOST", "AVAILABLE"))
            add("OF0082", rows["ORG_CODE"], lost, available)
        tables = community[quarter]
        waiting, over, longer = (
            tables[name][tables[name].index.get_level_values(0) == "Provider"].sum(axis=1)
            for name in ("Table 4", "Table 4g", "Table 4h")
        )
        add("OF0005", waiting.index.get_level_values(1), over + longer, waiting)
        for row in csv.DictReader((sample / "gp_survey" / "gpps_2025_icb.csv").open(encoding="utf-8")):
            if row["type"] == "ICB":
                percent, width = float(row["percent"]), float(row["upper_95"]) - float(row["lower_95"])
                size = min(round(percent * (100 - percent) * (2 * 1.959964 / width) ** 2), int(row["unweighted_base"]))
                add(GP_METRICS[row["measure"]], [row["code"]], [Fraction(row["percent"]) * size / 100], [size])
        book = CalamineWorkbook.from_path(str(sample / "dementia" / _dementia(end)))
        for kind, code, _, _, recorded, estimated, *_ in book.get_sheet_by_name("Table 4").to_python():
            if kind == "ICB":
                add("ICB-DEMENTIA-65", [code], [int(recorded)], [Fraction(str(estimated))])
        rows = table(one(sample / "shmi", "*.zip"))
        rows = rows[rows["TIME_PERIOD"].str.endswith((end - 5).strftime("_%b%y").upper())]
        add("X-SHMI", rows["PROVIDER_CODE"], rows["SHMI_BANDING"], [1] * len(rows))
        for metric, setting in (("X-FFT-AE", "AE"), ("X-FFT-INPATIENT", "IP")):
            for _, code, _, total, _, _, _, very_good, good, *_ in _friends_and_family(sample, setting, end):
                if code and total != "*":
                    add(metric, [code], [int(very_good) + int(good)], [int(total)])
        for metric, code, score in _staff_scores(sample, "NSS25" if quarter == QUARTER_IDS[-1] else "NSS24"):
            if not (code == merged.predecessor and quarter != QUARTER_IDS[0]):  # scores of two trusts do not add up
                add(metric, [code], [score], [10])
        found[quarter] = sums
    return found


def _friends_and_family(sample: Path, setting: str, month: pd.Period) -> list[list[Any]]:
    book = CalamineWorkbook.from_path(
        str(sample / "fft" / f"FFT_{setting}_MacroWebfile_{month.strftime('%b-%y')}.xlsm")
    )
    _, _, upper, lower, *rows, _, _ = book.get_sheet_by_name("Trusts").to_python(skip_empty_area=False)
    assert (upper[1], lower[7]) == ("Trust Code", "Very Good")
    return rows


def _staff_scores(sample: Path, survey: str) -> Iterator[tuple[str, str, Fraction]]:
    book = CalamineWorkbook.from_path(str(one(sample / "staff_survey", f"{survey} *.xlsx")))
    for metric, sheet, heading in (
        ("OF0061", "PEOPLE PROMISE ELEMENTS", "PP3_2 - score"),
        ("OF0084", "THEMES", "Staff Engagement - score"),
    ):
        _, _, _, _, header, *rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        for code, _, group, *row in rows:
            if group not in ("", "Integrated Care Boards"):
                yield metric, code, Fraction(str(row[header.index(heading) - 3]))


def _dementia(end: pd.Period) -> str:
    return f"Primary_Care_Dementia_Data_{end.strftime('%B_%Y')}-_Summary.xlsx"


def _ends() -> Iterator[tuple[str, pd.Period]]:
    return iter(ENDS.items())


def _named(month: pd.Period) -> str:
    return month.strftime("%B-%Y")


def _without_noise(days: str) -> Decimal:
    return Decimal(days).quantize(Decimal("0.00001"))


def _community_tables(sample: Path, month: pd.Period) -> Iterator[tuple[str, pd.DataFrame]]:
    name = f"Community-health-services-waiting-lists-2025-26-{month.strftime('%B')}.xlsx"
    book = CalamineWorkbook.from_path(str(sample / "community_waits" / name))
    assert book.sheet_names == ["Cover page", "Contents", "Table 4", *(f"Table 4{letter}" for letter in "abcdefgh")]
    for sheet in book.sheet_names[2:]:
        (title, *_), *_, header = (rows := book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))[:5]
        assert title.endswith(f" by service, {month.strftime('%B %Y')}")
        assert header[:3] == ["Organisation Type", "Organisation Code", "Organisation Name"]
        assert all(re.match(r"\((A|CYP)\) ", heading) for heading in header[3:])
        frame = pd.DataFrame(rows[5:], columns=header).set_index(header[:3])
        yield sheet, frame.replace("", 0).astype(int)


def _workbook_path(sample: Path, month: pd.Period, basis: str) -> Path:
    return sample / "cancer" / f"{_named(month).upper()}-CWT-CRS-{basis}-WORKBOOK-FINAL.xlsx"


def _cancer_tables(path: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    book = CalamineWorkbook.from_path(str(path))
    for sheet in ("28-DAY FDS (ALL ROUTES)", "62-DAY (ALL CANCER)"):
        part, header, held = "", [], []
        for row in [*book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), ["PART"]]:
            if str(row[0]).startswith("PART") or (row[1:2] == ["ODS CODE (1)"] and header):
                if held:
                    yield part, pd.DataFrame(held, columns=header)
                part, header, held = str(row[0]), [], []
            if row[1:2] == ["ODS CODE (1)"]:
                header = row[1:]
            elif header and any(cell != "" for cell in row[1:]):
                held.append(row[1:])
        if held:
            yield part, pd.DataFrame(held, columns=header)


def six_decimals(ratio: list[Fraction], scale: int | Fraction) -> Decimal:
    exact = Fraction(scale) * ratio[0] / ratio[1]
    digits = Decimal(exact.numerator * 10**12 // exact.denominator) / 10**12
    return digits.quantize(Decimal("0.000001"), ROUND_HALF_UP)


# Formats


@pytest.mark.parametrize(
    ("source_id", "folder", "pattern", "count"),
    [
        ("rtt", "rtt", "Full-CSV-data-file-*-ZIP-4M-??????.zip", 4),
        ("dm01", "dm01", "DM01-*-full-extract_??????.zip", 4),
        ("csds", "csds", "csds_*_csds_data.zip", 4),
        ("ambsys", "ambulance", "AmbSYS-to-*.csv", 4),
        ("ae", "ae", "Monthly-AE-*.csv", 12),
        ("sickness", "sickness_absence", "NHS_Sickness_Absence_rates_CSV_*_202?.csv", 12),
        ("shmi", "shmi", "SHMI data, *.zip", 1),
    ],
)
def test_headings_are_those_that_the_sources_describe(
    sample: Path, source_id: str, folder: str, pattern: str, count: int
) -> None:
    paths = sorted((sample / folder).iterdir())
    assert paths == sorted((sample / folder).glob(pattern))
    assert len(paths) == count
    for path in paths:
        header = next(csv.reader(io.StringIO(decoded(path))))
        extra = ["", "", "", "", "", "a"] if path.name == "Monthly-AE-November-2025.csv" else []
        assert header == headings(source_id) + extra


@pytest.mark.parametrize(
    ("folder", "line_end"),
    [
        ("rtt", "\r\n"),
        ("dm01", "\n"),
        ("csds", "\r\n"),
        ("ae", "\r\n"),
        ("ambulance", "\n"),
        ("sickness_absence", "\r\n"),
        ("shmi", "\r\n"),
    ],
)
def test_line_ends_are_the_publishers(sample: Path, folder: str, line_end: str) -> None:
    for path in (sample / folder).iterdir():
        text = decoded(path)
        assert text.endswith(line_end)
        assert text.count("\r") == (text.count("\n") if line_end == "\r\n" else 0)


def test_members_are_named_as_published(sample: Path) -> None:
    members = [zipfile.ZipFile(path).namelist() for path in sorted(sample.glob("*/*Jun*.zip"))]
    assert members == [["20250630-RTT-June-2025-full-extract.csv"]]
    assert zipfile.ZipFile(one(sample / "dm01", "*JUNE*")).namelist() == ["DM01-JUNE-2025-full-extract.csv"]
    assert zipfile.ZipFile(one(sample / "csds", "*june*")).namelist() == ["csds-jun25-exp-core-data.csv"]


def test_workbooks_have_the_sheets_and_headings_that_the_source_describes(sample: Path) -> None:
    described = yaml.safe_load((ROOT / "data/sources/cancer.yml").read_text())
    name = {re.sub("[^a-z0-9]+", "_", text.lower()).strip("_"): text for text in headings_of(described["columns"])}
    name |= {"ods_code": "ODS CODE (1)"}
    assert len(list((sample / "cancer").iterdir())) == 24
    wrong = 0
    for month in MONTHS:
        for basis, title in (
            ("PROVIDER", "ACCOUNTABLE PROVIDER"),
            ("COMMISSIONER", "INTEGRATED CARE BOARD (ICB)/COMMISSIONING HUB"),
        ):
            path = _workbook_path(sample, month, basis)
            book = CalamineWorkbook.from_path(str(path))
            assert book.sheet_names[0] == "Frontpage"
            assert set(described["sheets"]) < set(book.sheet_names)
            for sheet, columns in described["sheets"].items():
                rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                assert [row[0] for row in rows[1:3]] == [
                    month.strftime("%b-%y"),
                    f"BASIS: {basis} BASED INCLUDING WELSH CROSS-BORDER PATIENTS AND 'UNKNOWNS'",
                ]
                found = [row for row in rows if "ODS CODE (1)" in row]
                assert rows.index(found[0]) == 8
                assert len(found) == {"28-DAY FDS (ALL ROUTES)": 1, "62-DAY (ALL CANCER)": 5}[sheet]
                expected = [(name | {"organisation_name": title})[column] for column in columns]
                for header in found:
                    cells = [cell for cell in header if cell.strip()]
                    assert cells == expected
                    assert (header[0], header.count(" ")) == ("", 1)
            with zipfile.ZipFile(path) as archive:
                wrong += b'<dimension ref="A1"' in archive.read("xl/worksheets/sheet2.xml")
    assert wrong == 22


def headings_of(columns: list[Any]) -> list[str]:
    return [column for column in columns if isinstance(column, str)]


# Totals


def test_community_totals_hold(community: dict[str, dict[str, pd.DataFrame]]) -> None:
    for tables in community.values():
        bands = sum(tables[f"Table 4{letter}"] for letter in "abcdefgh")
        for name, rows in tables.items():
            by_level = rows.groupby(level=0).sum().drop(columns="(A) Adult safeguarding")
            assert (by_level.nunique() == 1).all()
            alone = rows["(A) Adult safeguarding"]
            assert (alone[alone > 0].index.get_level_values(0) == "National").all()
            assert (alone > 0).any() == (name == "Table 4")
        assert bands.drop(columns="(A) Adult safeguarding").equals(
            tables["Table 4"].drop(columns="(A) Adult safeguarding")
        )


def test_rates_of_absence_are_those_of_their_days(absence: dict[pd.Period, pd.DataFrame]) -> None:
    for month, rows in absence.items():
        assert set(rows["DATE"]) == {month.end_time.strftime("%d/%m/%Y")}
        assert not rows.duplicated("ORG_CODE").any()
        lost, available, rate = (rows[heading].astype(float) for heading in rows.columns[8:])
        assert ((100 * lost / available - rate).abs() <= 0.005 + 1e-9).all()
    noise = pd.concat(absence.values())["FTE_DAYS_LOST"].str.fullmatch(r"\d+\.\d{9,}")
    assert 0.1 < noise.mean() < 0.9


def test_rtt_totals_hold(rtt: dict[str, pd.DataFrame]) -> None:
    for quarter, rows in rtt.items():
        assert set(rows["Period"]) == {f"RTT-{_named(ENDS[quarter])}"}
        key = ["Provider Org Code", "Commissioner Org Code", "RTT Part Type"]
        assert not rows.duplicated([*key, "Treatment Function Code"]).any()
        assert rows["Provider Org Code"].is_monotonic_increasing
        counts = pd.concat([rows[key], numbers(rows.iloc[:, 13:])], axis=1)
        rolled_up = rows["Treatment Function Code"] == ROLL_UP
        assert set(rows["Treatment Function Name"][rolled_up]) == {"Total"}
        pd.testing.assert_frame_equal(counts[rolled_up].groupby(key).sum(), counts[~rolled_up].groupby(key).sum())
        weeks = counts.iloc[:, 3:108].sum(axis=1)
        part = rows["RTT Part Type"]
        assert set(part) == {"Part_1A", "Part_1B", "Part_2", "Part_2A", "Part_3"}
        for name in ("Part_1A", "Part_1B"):
            here = counts[part == name]
            assert (here["Total"] == weeks[part == name]).all()
            assert (here["Total"] + here["Patients with unknown clock start date"] == here["Total All"]).all()
        incomplete = part.isin(["Part_2", "Part_2A"])
        assert (weeks[incomplete] == counts["Total All"][incomplete]).all()
        assert (rows.loc[incomplete, ["Total", "Patients with unknown clock start date"]] == "").all(axis=None)
        assert (rows.loc[part == "Part_3"].iloc[:, 13:120] == "").all(axis=None)
        assert (counts["Total All"] > 0).all()
        blanks = (rows.loc[part != "Part_3"].iloc[:, 13:118] == "").any(axis=1)
        assert 0.2 < blanks.mean() < 0.8
        assert not blanks[rolled_up[part != "Part_3"]].any()


def test_commissioners_without_a_parent(rtt: dict[str, pd.DataFrame], dm01: dict[str, pd.DataFrame]) -> None:
    for rows, expected in ((rtt["2025-26-Q4"], "#N/A"), (dm01["2025-26-Q4"], "")):
        orphans = rows[rows["Commissioner Parent Org Code"] == ""]
        assert set(orphans["Commissioner Parent Name"]) == {""}
        names = dict(zip(orphans["Commissioner Org Code"], orphans["Commissioner Org Name"], strict=True))
        assert names.pop("NONC") == expected
        assert names == {"X99": "NHS ENGLAND"} or all(name.endswith("COMMISSIONING HUB") for name in names.values())
        parents = set(rows["Commissioner Parent Org Code"]) - {""}
        assert parents == {icb.code for icb in invent_year().organisations.icbs}


def test_dm01_totals_hold(sample: Path, dm01: dict[str, pd.DataFrame]) -> None:
    text = decoded(one(sample / "dm01", "*JUNE*"))
    assert all(re.fullmatch('"[^"]*"(,"[^"]*"){29}', line) for line in text.splitlines())
    for quarter, rows in dm01.items():
        assert set(rows["Period"]) == {f"DM01-{_named(ENDS[quarter]).upper()}"}
        key = ["Provider Org Code", "Commissioner Org Code"]
        counts = pd.concat([rows[key], rows.iloc[:, 11:].astype(int)], axis=1)
        total = rows["Diagnostic Tests"] == "TOTAL"
        pd.testing.assert_frame_equal(counts[total].groupby(key).sum(), counts[~total].groupby(key).sum())
        assert (counts.iloc[:, 2:16].sum(axis=1) == counts["Total WL"]).all()
        assert (counts.iloc[:, 17:20].sum(axis=1) == counts["Total Activity"]).all()
        assert rows.groupby(key)["Diagnostic Tests"].nunique().eq(16).all()
        assert rows["Diagnostic Tests Sort Order"].eq(rows.groupby(key).cumcount().add(1).astype(str)).all()
        empty = counts.iloc[:, 2:].eq(0).all(axis=1)
        assert empty[total].any()
        assert empty[~total].mean() > 0.2


def test_ae_totals_hold_and_england_is_spelled_as_ever(ae: dict[pd.Period, pd.DataFrame], sample: Path) -> None:
    for month, rows in ae.items():
        rows, england = rows.iloc[:-1], rows.iloc[-1]
        assert set(rows["Period"]) == {f"MSitAE-{_named(month).upper()}"}
        assert rows["Org Code"].is_unique
        assert (numbers(rows.iloc[:, 4:22]).sum() == england.iloc[4:22].astype(int)).all()
        assert {cell.strip().upper() for cell in england.iloc[:4]} == {"TOTAL"}
        london = rows["Parent Org"] == "NHS ENGLAND LONDON"
        assert london.any()
        assert rows["Parent Org"][~london].str.endswith(" ").all()
        assert (rows.iloc[:, 10:16].astype(int).to_numpy() <= rows.iloc[:, 4:10].astype(int).to_numpy()).all()
        assert rows["Org Code"].str.startswith("ZZW").sum() == 10
        assert rows["Org name"].str.contains(",").any()
    spellings = {tuple(rows.iloc[-1, :4]) for rows in ae.values()}
    assert {cell for spelling in spellings for cell in spelling} == {"TOTAL", "Total", "Total ", "TOTAL "}
    lines = decoded(sample / "ae" / "Monthly-AE-November-2025.csv").splitlines()
    assert lines[0].endswith(",,,,,,a")
    assert all(line.endswith(",,,,,,") for line in lines[1:])


def test_cancer_totals_hold(cancer: dict[tuple[pd.Period, str, str], pd.DataFrame]) -> None:
    halves = 0
    england: dict[tuple[pd.Period, str], list[list[float]]] = defaultdict(list)
    for (month, basis, part), rows in cancer.items():
        days = 62 if part else 28
        share = f"{'TREATED' if part else 'TOLD'} WITHIN {days} DAYS"
        bands = rows.columns[list(rows.columns).index(" ") + 1 :]
        counts = rows[["TOTAL", f"WITHIN {days} DAYS", f"AFTER {days} DAYS", *bands]]
        counts = counts.set_axis(["total", "within", "after", *bands], axis=1)
        assert (counts * (2 if part else 1) % 1 == 0).all(axis=None)
        halves += int((counts % 1 != 0).any(axis=None))
        last = rows["ODS CODE (1)"] == ""
        assert last.to_numpy().nonzero()[0].tolist() == [len(rows) - 1]
        assert rows.iloc[-1, 1] == f"ALL ENGLISH {basis}S"
        assert (counts[~last].sum() == counts.iloc[-1]).all()
        assert (counts["within"] + counts["after"] == counts["total"]).all()
        assert (counts[bands].sum(axis=1) == counts["total"]).all()
        quick = bands[: 4 if part else 2]
        assert (counts[quick].sum(axis=1) == counts["within"]).all()
        assert ((counts["within"] / counts["total"] - rows[share]).abs() < 1e-14).all()
        england[month, part].append(counts.iloc[-1].tolist())
    assert halves > 100
    assert all(provider == commissioner for provider, commissioner in england.values())

    for month in MONTHS:
        for basis in ("PROVIDER", "COMMISSIONER"):
            parts = {part[:6]: rows for (m, b, part), rows in cancer.items() if (m, b) == (month, basis) and part}
            assert list(parts) == ["PART A", "PART B", "PART C", "PART D", "PART E"]
            sums = pd.concat([parts[name] for name in list(parts)[1:]]).groupby("ODS CODE (1)")
            columns = ["TOTAL", "WITHIN 62 DAYS", *parts["PART A"].columns[9:]]
            whole = parts["PART A"].set_index("ODS CODE (1)")[columns].sort_index()
            pd.testing.assert_frame_equal(sums[columns].sum(), whole, check_dtype=False)


def test_ambsys_totals_hold_and_files_are_cumulative(sample: Path, ambsys: dict[str, pd.DataFrame]) -> None:
    texts = [decoded(sample / "ambulance" / f"AmbSYS-to-{end:%b-%Y}.csv") for end in ENDS.values()]
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    rows = ambsys["2025-26-Q4"]
    months = list(dict.fromkeys(zip(rows["Year"], rows["Month"], strict=True)))
    assert months == [(str(month.year), str(month.month)) for month in MONTHS]
    assert not (rows == "").any(axis=None)
    level = rows["Org Code"].map(lambda code: "Eng" if code == "Eng" else "region" if code.startswith("Y") else "trust")
    assert Counter(level) == {"Eng": 12, "region": 84, "trust": 120}
    assert set(rows["Region"][level == "trust"]) <= {f"Y{n}" for n in (56, 58, 59, 60, 61, 62, 63)}
    whole = [*rows.columns[5:]]
    counted = [column for column in whole if (rows[column] != ".").all()]
    assert {"A0", "A7", "A8", "A10", "A24", "A30"} <= set(counted)
    sums = rows[counted].astype(int).groupby([rows["Year"], rows["Month"], level]).sum().unstack()
    for column in counted:
        assert (sums[column]["Eng"] == sums[column]["trust"]).all()
        assert (sums[column]["Eng"] == sums[column]["region"]).all()
    known = rows[rows["A31"] != "."]
    mean = known["A30"].astype(int) / known["A10"].astype(int)
    assert ((mean - known["A31"].astype(int)).abs() <= 0.5).all()


def test_csds_values_are_rounded_and_england_is_the_sum_within_that(sample: Path) -> None:
    for end in ENDS.values():
        rows = table(one(sample / "csds", f"csds_{_named(end).lower()}_*.zip"))
        assert set(rows["REPORTING_PERIOD_START"]) == {f"{end.start_time:%Y-%m-%d}"}
        assert set(rows["REPORTING_PERIOD_END"]) == {f"{end.end_time:%Y-%m-%d}"}
        assert rows["MEASURE_VALUE"].str.fullmatch(r"\d*[05]\.0").all()
        levels = {"Provider", "ICB", "NHS England (Region)", "All Submitters"}
        assert set(rows["ORG_LEVEL"]) == levels
        assert rows["DIMENSION"].nunique() == 5
        assert not rows.duplicated(["ORG_LEVEL", "ORG_CODE", "DIMENSION", "MEASURE"]).any()
        counted = rows[rows["DIMENSION"] != "TotalOrganisation"]  # of which every provider shows at least five
        values = counted["MEASURE_VALUE"].astype(float)
        key = [counted["DIMENSION"], counted["MEASURE"], counted["ORG_LEVEL"]]
        sums, sizes = values.groupby(key).sum().unstack(), values.groupby(key).size().unstack()
        for level in levels:
            assert ((sums[level] - sums["All Submitters"]).abs() <= 2.5 * (sizes[level] + 1)).all()


# Agreement


def test_values_agree_with_the_oversight_files(
    recomputed: dict[str, Ratios],
    published: dict[tuple[str, str, str], str],
) -> None:
    metrics = {metric.metric_id: metric for metric in METRICS}
    assert len(published) > 2_000
    for (quarter, metric_id, code), text in published.items():
        value = six_decimals(recomputed[quarter][metric_id, code], COUNTED[metric_id])
        assert value.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(text), (quarter, metric_id, code)
        exact, shown = (int(Decimal(number) * MILLION) for number in (value, text))
        assert side(metrics[metric_id], exact) == side(metrics[metric_id], shown)


def test_nobody_over_52_weeks_is_within_18() -> None:
    trust = next(trust for trust in invent_year().organisations.trusts if trust.league == "acute")
    values = {
        metric_id: {trust.code: {"OF0023": 99, "OF0003": 5}.get(metric_id, 70) * MILLION} for metric_id in COUNTED
    }
    for ratios in count_values([trust], [values] * len(QUARTERS), seed=1):
        within, over = ratios["OF0023"][trust.code], ratios["OF0003"][trust.code]
        assert over.denominator == within.denominator
        assert 0 < over.numerator <= over.denominator - within.numerator
        assert within.value() == pytest.approx(99 * MILLION, rel=1e-3)


def test_planted_values_change_no_rank(sample: Path) -> None:
    planted = pd.read_csv(sample / "planted_disagreements.csv", dtype=str)
    rows = pd.read_csv(one(sample / "nof/2026-06", "*-acute-trust-data.csv"), dtype=str).query(
        "Quarter == 'Q3 2025/26'"
    )
    assert planted["published_id"].isin(COUNTED).sum() == 3
    for plant in planted[planted["published_id"].isin(COUNTED)].to_dict("records"):
        ordered = rows[rows["Metric_ID"] == plant["published_id"]].sort_values("Rank", key=pd.to_numeric)
        assert ordered["Value"].astype(float).is_monotonic_decreasing


def test_the_oracle_counts_what_the_files_hold(recomputed: dict[str, Ratios]) -> None:
    for quarter, sums in recomputed.items():
        expected = {
            (metric_id, code): [figure.numerator, figure.denominator]
            for metric_id, of in expected_figures(quarter).items()
            for code, figure in of.items()
        }
        assert expected == sums
        for (metric_id, code), ratio in sums.items():
            value = expected_figures(quarter)[metric_id][code].value
            scale = COUNTED.get(metric_id, 100)
            assert value == (int(six_decimals(ratio, scale) * MILLION) if ratio[1] else None)


def test_who_is_counted() -> None:
    organisations = invent_year().organisations
    icbs = {icb.code for icb in organisations.icbs}
    hubs = {hub.code for hub in organisations.hubs}
    others = {provider.code for provider in organisations.independents}
    for quarter in QUARTER_IDS:
        figures = {metric_id: set(of) for metric_id, of in expected_figures(quarter).items()}
        assert figures["ICB-RTT-18W"] == figures["ICB-RTT-52W"] == icbs | hubs | {"NONC"}
        assert figures["ICB-DM01-6W"] == icbs | {"X99", "NONC"}
        assert figures["ICB-CANCER-28D"] == figures["ICB-CANCER-62D"] == icbs | hubs | {"UNKNOWN"}
        assert figures["ICB-AE-4H"] == figures["ICB-DEMENTIA-65"] == figures["ICB-GP-CONTACT"] == icbs
        assert others <= figures["OF0023"] & figures["X-DM01-6W"]
        assert {provider.code for provider in organisations.walk_ins} <= figures["OF0013"]
        nobody = [code for code, figure in expected_figures(quarter)["OF0013"].items() if figure.value is None]
        assert len(nobody) == 3


def test_the_absorbed_trust_is_there_until_july(
    ae: dict[pd.Period, pd.DataFrame],
    cancer: dict[tuple[pd.Period, str, str], pd.DataFrame],
    rtt: dict[str, pd.DataFrame],
) -> None:
    (successor,) = (trust for trust in invent_year().organisations.trusts if trust.predecessor)
    gone = successor.predecessor
    for month in MONTHS:
        codes = set(cancer[month, "PROVIDER", ""]["ODS CODE (1)"])
        assert (gone in codes) == (gone in set(ae[month]["Org Code"])) == (month <= pd.Period("2025-07"))
        assert successor.code in codes & set(ae[month]["Org Code"])
    assert [gone in set(rtt[quarter]["Provider Org Code"]) for quarter in QUARTER_IDS] == [True, False, False, False]
    assert [gone in expected_figures(quarter)["OF0013"] for quarter in QUARTER_IDS] == [True, False, False, False]


def test_the_icb_league_follows_from_the_figures() -> None:
    lower = {"ICB-RTT-52W", "ICB-DM01-6W"}
    for quarter in QUARTER_IDS:
        league = expected_icb_league(quarter)
        values = pd.DataFrame(
            {
                metric_id: {icb.code: of[icb.code].value for icb in league}
                for metric_id, of in expected_figures(quarter).items()
                if metric_id.startswith("ICB-")
            }
        )
        assert values.shape == (42, 15)
        ranks = pd.DataFrame({name: values[name].rank(method="min", ascending=name in lower) for name in values})
        scores = 1 + 3 * (ranks - 1) / 41
        weights = pd.Series({name: 0.125 if name in GP_METRICS.values() else 1 for name in scores})
        averages = (scores.mul(weights).sum(axis=1) / weights.sum()).map(lambda score: int(score * 100 + 0.5 + 1e-9))
        cuts = averages.quantile([0.25, 0.5, 0.75]).tolist()
        segments = 1 + sum((averages > cut).astype(int) for cut in cuts)
        positions = (segments * 1000 + averages).rank(method="min").astype(int)
        for standing in league:
            code = standing.code
            assert (standing.average, standing.segment, standing.rank) == (
                averages[code],
                segments[code],
                positions[code],
            )
            assert {name: float(score) for name, score in standing.scores.items()} == pytest.approx(
                dict(scores.loc[code])
            )
        assert [standing.rank for standing in league] == sorted(positions)
        assert Counter(segments).keys() == {1, 2, 3, 4}


def test_no_provider_or_commissioner_is_real(
    rtt: dict[str, pd.DataFrame], dm01: dict[str, pd.DataFrame], ae: dict[pd.Period, pd.DataFrame]
) -> None:
    paths = [*SHARED.glob("extracts/rtt/*.zip"), *SHARED.glob("extracts/dm01/*.zip"), *SHARED.glob("extracts/ae/*.csv")]
    if not paths:
        pytest.skip(f"no real extracts under {SHARED}")

    def who(column: str) -> bool:
        return re.fullmatch("(provider|commissioner|org) (.* )?(code|name)", column.lower()) is not None

    real: set[str] = set()
    for path in paths:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=who)
        real.update(cell.strip() for column in rows for cell in rows[column].unique())
    invented = {
        cell.strip()
        for rows in (*rtt.values(), *dm01.values(), *ae.values())
        for column in rows.columns
        if who(column)
        for cell in rows[column].unique()
    }
    assert invented & real - {"", "NONC", "#N/A", "NHS ENGLAND", "TOTAL", "Total"} == set()
