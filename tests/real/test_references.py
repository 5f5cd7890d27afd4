"""Real quarters built from the etr of another day: what changed after a quarter is undone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.defs import in_process
from orchestration.releases.release import Release
from tests.conftest import SHARED

QUARTERS = ["2025-26-Q1", "2025-26-Q2", "2025-26-Q4"]
OF_THE_FILES = {"organisation_sources"}  # says which row of which file


def silent(kind: str, step: str) -> None: ...


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


@pytest.mark.parametrize(
    ("name", "quarters"), [("etr-2026-07", QUARTERS), ("etr-after-icb-mergers", QUARTERS[:1])], ids=lambda it: str(it)
)
def test_quarters_before_the_mergers_are_the_same_from_the_etr_of_july_2026(
    name: str,
    quarters: list[str],
    shared_extracts: Path,
    build_quarter: Callable[[str, Path], Any],
    tmp_path: Path,
) -> None:
    later = downloaded_later(shared_extracts, case(name), tmp_path / "extracts")
    made = in_process.run_quarters("quarter", quarters, later, tmp_path / "data", silent)
    for outcome in made:
        assert outcome.release, "\n".join(outcome.problems)
        before = build_quarter(outcome.quarter, shared_extracts).release
        assert dict(tables(outcome.release)) == dict(tables(before))
        assert len(Release.read(outcome.release).rows("icb_league_table", organisation_type="icb")) == 42


def test_ranked_trust_without_a_region_is_refused(shared_extracts: Path, tmp_path: Path) -> None:
    later = downloaded_later(shared_extracts, case("etr-2026-07"), tmp_path / "extracts")
    etr = later / "ods" / "etr.csv"
    row = next(line for line in etr.read_text().splitlines() if line.startswith('"RGT"'))
    etr.write_text(etr.read_text().replace(row, row.replace('"Y61"', '""').replace('"S1Y5D"', '""')))
    (outcome,) = in_process.run_quarters("quarter", QUARTERS[2:], later, tmp_path / "data", silent)
    assert not outcome.release
    (problem,) = [one for one in outcome.problems if "land.ods_etr.region" in one]
    assert "ods/etr.csv, row" in problem and "found ''; expected Y and two digits" in problem


def test_quarter_after_the_mergers_has_36_icbs(tmp_path: Path) -> None:
    """The A&E files of three months earlier, as none of 2026/27 is at hand."""
    more = SHARED / "more" / "ae"
    if not more.is_dir():
        pytest.skip(f"no real extracts under {more}")
    folder = tmp_path / "extracts"
    folder.mkdir()
    shutil.copyfile(case("etr-2026-07"), folder / "etr.csv")
    for was, month in {"JANUARY": "APRIL", "FEBRUARY": "MAY", "MARCH": "JUNE"}.items():
        (path,) = more.glob(f"*{was.title()}*.csv")
        text = path.read_text(encoding="utf-8").replace(f"MSitAE-{was}-2026", f"MSitAE-{month}-2026")
        (folder / f"{month}.csv").write_text(text, encoding="utf-8")
    (outcome,) = in_process.run_quarters("quarter", ["2026-27-Q1"], folder, tmp_path / "data", silent)
    assert outcome.release, "\n".join(outcome.problems)
    ranked = Release.read(outcome.release).rows("metric_league_table", metric_id="ICB-AE-4H")
    assert len({row["organisation_code"] for row in ranked if row["rank"]}) == 36
