"""Every real published file is recognised and read whole: what it is about, how many rows, which oddities."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from orchestration.sources import csv_files, workbooks
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import Survey, survey
from tests.unit.test_inventory import landed
from tests.unit.test_workbooks import CANCER, DAYS_28, DAYS_62

PUBLISHED = {  # file: source, quarter, months, part
    "ae/Monthly-AE-April-2025.csv": ("ae", "2025-26-Q1", "2025-04", None),
    "ae/Monthly-AE-June-2025-1-1.csv": ("ae", "2025-26-Q1", "2025-06", None),
    "ae/Monthly-AE-May-2025.csv": ("ae", "2025-26-Q1", "2025-05", None),
    "ae/Monthly-AE-September-2024.csv": ("ae", "2024-25-Q2", "2024-09", None),
    "ambulance/AmbSYS__2026-04_rows.csv": ("ambsys", "2026-27-Q1", "2026-04", None),
    "cancer/APRIL-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx": ("cancer", "2025-26-Q1", "2025-04", "provider"),
    "cancer/JUNE-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx": ("cancer", "2025-26-Q1", "2025-06", "provider"),
    "cancer/MAY-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx": ("cancer", "2025-26-Q1", "2025-05", "provider"),
    "cancer/SEPTEMBER-2025-CWT-CRS-COMMISSIONER-WORKBOOK-FINAL.xlsx": (
        "cancer",
        "2025-26-Q2",
        "2025-09",
        "commissioner",
    ),
    "cancer/SEPTEMBER-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx": ("cancer", "2025-26-Q2", "2025-09", "provider"),
    "csds/csds_march-2026_csds_data.zip": ("csds", "2025-26-Q4", "2026-03", None),
    "dm01/DM01-MARCH-2026-full-extract_32W3L.zip": ("dm01", "2025-26-Q4", "2026-03", None),
    "ods/SICBL26_ICB26_NHSER26_lookup.csv": ("ods_sub_icbs", None, "2026-04-01", None),
    "ods/etr.csv": ("ods_etr", None, "2024-12-31", None),
    "ods/trusts_2026-08.csv": ("ods_trusts", None, None, None),
    "rtt/Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip": ("rtt", "2025-26-Q4", "2026-01", None),
}
NOF = "nof/nhs-oversight-framework-mental-health-and-community-trust-data-q2.csv"
UNKNOWN = ["README.md", "imd/imd2025_england_icb24.csv", "manifest.csv", "ods/icbs_2026-08.csv"]


@pytest.fixture(scope="module")
def published(shared_extracts: Path) -> Survey:
    return survey(shared_extracts)


def test_every_published_file_is_recognised(published: Survey) -> None:
    subjects = {
        c.name: (c.source.id, c.subject.quarter, c.subject.period, c.subject.part)
        for c in published.candidates
        if c.name != NOF
    }
    assert subjects == PUBLISHED
    nof = {(c.subject.quarter, c.subject.period, c.subject.part) for c in published.candidates if c.name == NOF}
    assert nof == {(quarter, quarter, "mental_health_community") for quarter in ("2025-26-Q1", "2025-26-Q2")}
    assert [file["file_name"] for file in published.set_aside] == UNKNOWN
    remarks = {c.name: c.remarks for c in published.candidates if c.remarks}
    assert remarks == {
        "ae/Monthly-AE-September-2024.csv": (
            "6 columns after the last one known, '', '', '', '', '', 'a', are empty and left out"
        )
    }


@pytest.mark.parametrize(
    ("source_id", "quarter", "rows"),
    [
        ("rtt", "2025-26-Q4", 183_417),
        ("dm01", "2025-26-Q4", 149_056),
        ("csds", "2025-26-Q4", 279_466),
        ("ae", "2025-26-Q1", 602),
        ("cancer", "2025-26-Q1", 2_262),
        ("cancer", "2025-26-Q2", 3_312),
    ],
)
def test_every_row_published_is_landed(
    published: Survey, tmp_path: Path, source_id: str, quarter: str, rows: int
) -> None:
    landing, frame = landed(published.folder, tmp_path, quarter, source_id)
    assert landing.rows == len(frame) == rows
    if source_id == "rtt":
        pathways = frame[(frame["rtt_part_type"] == "Part_2") & (frame["treatment_function_code"] == "C_999")]
        assert pathways["total_all"].astype(int).sum() == 7_187_677
        assert set(frame.loc[frame["commissioner_org_code"] == "NONC", "commissioner_org_name"]) == {"#N/A"}
        assert not frame.drop(columns="_source_member").isna().any().any()


def test_the_damaged_header_of_september_2024(shared_extracts: Path) -> None:
    with (shared_extracts / "ae" / "Monthly-AE-September-2024.csv").open("rb") as stream:
        rows, header = csv_files.read_csv(stream, known_sources()["ae"], "f.csv")
    expected = "6 columns after the last one known, '', '', '', '', '', 'a', are empty and left out"
    assert (len(rows), len(rows.columns), header.remark) == (198, 23, expected)


@pytest.mark.parametrize(
    ("name", "subject", "rows", "england"),
    [
        ("APRIL-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx", ("2025-04", "provider"), 748, "277640"),
        ("SEPTEMBER-2025-CWT-CRS-COMMISSIONER-WORKBOOK-FINAL.xlsx", ("2025-09", "commissioner"), 282, "295202"),
    ],
)
def test_published_workbooks(
    shared_extracts: Path, name: str, subject: tuple[str, str], rows: int, england: str
) -> None:
    path = shared_extracts / "cancer" / name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        landed = workbooks.read_workbook(path, CANCER, name)
    assert workbooks.subjects(path, CANCER, name) == ([subject], None)
    assert len(landed) == rows
    assert sorted(set(landed["block"])) == [
        "",
        "PART A: ALL ROUTES",
        "PART B: URGENT SUSPECTED CANCER",
        "PART C: BREAST SYMPTOMATIC",
        "PART D: URGENT SCREENING",
        "PART E: CONSULTANT UPGRADE",
    ]
    totals = landed[landed["ods_code"] == ""]
    assert list(totals["_source_member"]) == [DAYS_28, *[DAYS_62] * 5]
    assert totals["total"].iloc[0] == england
    assert landed["total"].str.endswith(".5").any() == (subject[1] == "provider")
    # England is what its rows add up to.
    for _, block in landed.groupby(["_source_member", "block"]):
        assert block["total"].astype(float).sum() == 2 * float(block.loc[block["ods_code"] == "", "total"].iloc[0])


@pytest.mark.parametrize("ending", [".xlsx", ".ods", ".csv", ""])
def test_old_workbook_is_read_whatever_its_name_ends_in(shared_extracts: Path, tmp_path: Path, ending: str) -> None:
    published = shared_extracts.parent / "more/dm01/Monthly-Diagnostics-Web-File-Provider-June-2025_45KNG.xls"
    if not published.exists():
        pytest.skip(f"{published} is not at hand")
    shutil.copy(published, tmp_path / f"as downloaded{ending}")
    (found,) = survey(tmp_path).candidates
    assert (found.source.id, found.subject.period) == ("dm01_provider", "2025-06")
