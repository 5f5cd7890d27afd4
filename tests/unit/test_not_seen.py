"""Publications whose layout was not seen: read by what was said of them, and refused where they are something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import InputError
from orchestration.sample.publication_files import zipped
from orchestration.sources import recognise
from orchestration.sources.contents import contents
from orchestration.sources.descriptions import known_sources
from orchestration.sources.recognise import Subject
from tests.unit.test_csv_files import csv_bytes


@pytest.mark.parametrize("source_id", ["shmi", "staff_survey", "staff_survey_benchmark"])
def test_the_description_says_that_the_layout_was_not_seen(source_id: str) -> None:
    assert "not seen" in known_sources()[source_id].quirks[0].lower()


# SHMI

SHMI = ["TIME_PERIOD", "PUBLICATION_MONTH", "PROVIDER_CODE", "PROVIDER_NAME", "SHMI_VALUE", "SHMI_BANDING"]
SHMI += ["OD_LL", "OD_UL", "OBSERVED", "EXPECTED"]
BAND = ["JUL_25", "ZA1", "A, NHS Trust", "1.25", "1.0", "0.85", "1.18", "1000", "800"]


def test_every_twelve_months_count_in_the_quarter_after_that_in_which_they_end(tmp_path: Path) -> None:
    path = tmp_path / "SHMI data, Apr24-Mar25.zip"
    rows = [[period, *BAND] for period in ("MAR24_FEB25", "APR24_MAR25", "May 2024 - April 2025")]
    others = csv_bytes([*SHMI[:4], "SITE_CODE", *SHMI[4:]], [*rows[0][:4], "ZA101", *rows[0][4:]])
    alone = csv_bytes(SHMI[2:], BAND[1:])
    members = {"Historical_trust_level": csv_bytes(SHMI, *rows), "by_site": others, "at_trust_level": alone}
    path.write_bytes(zipped((f"SHMI data/{name}_csv.csv", text) for name, text in members.items()))
    found = recognise.recognise(path, path.name)
    assert found and found.source.id == "shmi" and found.member == "SHMI data/Historical_trust_level_csv.csv"
    about = [Subject("2025-26-Q1", "2025-02"), Subject("2025-26-Q1", "2025-03"), Subject("2025-26-Q2", "2025-04")]
    assert recognise.subjects_of(path, found, path.name)[0] == about
    landed = recognise.read_rows(path, found.member, found.source, path.name)
    assert landed["shmi_banding"].tolist() == ["1.0"] * 3
    assert landed["spells"].isna().all()


def test_twelve_months_that_nobody_knows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "shmi.csv"
    path.write_bytes(csv_bytes(SHMI, ["APR24_MAR25", *BAND], ["2024/25", *BAND]))
    (found,) = contents(path, path.name, "s")
    assert found.source_id == "shmi" and found.subjects == (Subject("2025-26-Q1", "2025-03"),)
    assert found.problem and found.problem.startswith("shmi.csv, row 3, column TIME_PERIOD: names no month; ")
    with pytest.raises(InputError, match=r"^shmi\.csv, row 1, column 6: .*'CLASS'; expected SHMI_BANDING"):
        path.write_bytes(csv_bytes([*SHMI[:5], "CLASS", *SHMI[6:]], ["APR24_MAR25", *BAND]))
        recognise.read_rows(path, None, known_sources()["shmi"], path.name)
