"""Real quarters built from the etr of another day: what changed after a quarter is undone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.defs import in_process
from orchestration.errors import GateError
from orchestration.quality import suites
from orchestration.quality.checks import raise_if_shut
from orchestration.quality.gates import Gates
from orchestration.releases.release import Release
from orchestration.workspace.paths import Workspace
from tests.conftest import SHARED, Built, silent
from tests.damage import assert_said, read

OF_THE_FILES = {"organisation_sources", "organisation_guide"}  # which row of which file; where a trust has its post now


def downloaded_later(extracts: Path, etr: Path, folder: Path) -> Path:
    """The real extracts with another etr, and without the lists that nobody can download."""
    shutil.copytree(extracts, folder, ignore=shutil.ignore_patterns("trusts_2026-08.csv", "icbs_2026-08.csv"))
    shutil.copyfile(etr, folder / "ods" / "etr.csv")
    return folder


def case(name: str) -> Path:
    path = SHARED / "cases" / name / "etr.csv"
    if not path.exists():
        pytest.skip(f"no case {name} under {SHARED}")
    return path


def tables(release: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted([*release.glob("*.csv"), *release.glob("*.parquet")]):
        if path.stem not in OF_THE_FILES:
            yield path.name, path.read_bytes()


def assert_the_same(name: str, quarters: list[str], extracts: Path, built: dict[str, Built], folder: Path) -> None:
    """From the etr of a case as from that of the end of the year, table by table."""
    later = downloaded_later(extracts, case(name), folder / "extracts")
    for outcome in in_process.run_quarters("quarter", quarters, later, folder / "data", silent):
        assert outcome.release, "\n".join(outcome.problems)
        assert dict(tables(outcome.release)) == dict(tables(built[outcome.quarter].release))
        guides = [
            Release.read(one).table("organisation_guide") for one in (outcome.release, built[outcome.quarter].release)
        ]
        pd.testing.assert_frame_equal(*(guide.drop(columns=["town", "postcode"]) for guide in guides))
        assert len(Release.read(outcome.release).rows("icb_league_table", organisation_type="icb")) == 42


def test_quarter_before_the_mergers_is_the_same_from_the_etr_of_july_2026(
    shared_extracts: Path, real_quarters: dict[str, Built], tmp_path: Path
) -> None:
    """Built alone, it is that of a pass besides. The later quarters, and another etr, are in `test_real_pass.py`."""
    assert_the_same("etr-2026-07", ["2025-26-Q1"], shared_extracts, real_quarters, tmp_path)
    with duckdb.connect(str(Workspace(tmp_path / "data").build("2025-26-Q1").warehouse), read_only=True) as alone:
        staged = alone.sql("select quarter, count(*) from stage.nof_figures group by quarter").fetchall()
    assert staged == [("2025-26-Q1", 2242)]  # of a file of two quarters


def test_trust_without_a_region_is_refused(shared_extracts: Path, tmp_path: Path) -> None:
    for name in ("ods", "ae"):
        shutil.copytree(shared_extracts / name, tmp_path / "extracts" / name)
    etr = tmp_path / "extracts" / "ods" / "etr.csv"
    text = case("etr-2026-07").read_text()
    row = next(line for line in text.splitlines() if line.startswith('"RGT"'))
    etr.write_text(text.replace(row, row.replace('"Y61"', '""').replace('"S1Y5D"', '""')))
    build = Workspace(tmp_path / "data").build("2025-26-Q1")
    assert "ods_etr" in read(tmp_path / "extracts", build)
    (suite,) = (suite for suite in suites.suites("land") if suite.table == "ods_etr")
    with pytest.raises(GateError) as shut:
        raise_if_shut(Gates(build).check(suite))
    assert_said(str(shut.value), ("land.ods_etr.region", "ods/etr.csv, row", "found ''; expected Y and two digits"))


def test_quarter_after_the_mergers_has_36_icbs(shared_extracts: Path, tmp_path: Path) -> None:
    """The A&E files of three months earlier, as none of 2026/27 is at hand. The quarter before takes the older etr."""
    more = SHARED / "more" / "ae"
    if not more.is_dir():
        pytest.skip(f"no real extracts under {more}")
    folder = tmp_path / "extracts"
    folder.mkdir()
    shutil.copyfile(case("etr-2026-07"), folder / "etr.csv")
    shutil.copyfile(shared_extracts / "ods" / "etr.csv", folder / "older.csv")
    for was, month in {"JANUARY": "APRIL", "FEBRUARY": "MAY", "MARCH": "JUNE"}.items():
        (path,) = more.glob(f"*{was.title()}*.csv")
        text = path.read_text(encoding="utf-8").replace(f"MSitAE-{was}-2026", f"MSitAE-{month}-2026")
        (folder / f"{month}.csv").write_text(text, encoding="utf-8")
    (outcome,) = in_process.run_quarters("quarter", ["2026-27-Q1"], folder, tmp_path / "data", silent)
    assert outcome.release, "\n".join(outcome.problems)
    ranked = Release.read(outcome.release).rows("metric_league_table", metric_id="ICB-AE-4H")
    assert len({row["organisation_code"] for row in ranked if row["rank"]}) == 36
