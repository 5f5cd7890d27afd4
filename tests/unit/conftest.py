"""What several unit tests start from, and what none of them may import."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_csv_files import csv_bytes

ELSEWHERE = ("dagster", "dagster_dbt", "dbt", "orchestration.defs")  # in other lanes; each takes seconds to import


@pytest.fixture(scope="module", autouse=True)
def neither_dbt_nor_dagster() -> Iterator[None]:
    """As if they were not installed, though this process may have imported them for other lanes."""
    loaded = [name for name in sys.modules if name.startswith(tuple(f"{package}." for package in ELSEWHERE))]
    with pytest.MonkeyPatch.context() as patch:
        for name in (*ELSEWHERE, *loaded):
            patch.setitem(sys.modules, name, None)
        yield


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """The references that every build needs, and no data file."""
    folder = tmp_path / "extracts"
    (folder / "ods").mkdir(parents=True)
    etr = ["ZA1", "NAME", "Y56", "XA1", *[""] * 6, "20250401", *[""] * 16]
    (folder / "ods" / "etr.csv").write_bytes(csv_bytes(etr))
    trusts = ["ods_code", "name", "type", "region", "ics", "predecessor_codes", "merger_date"]
    (folder / "ods" / "trusts.csv").write_bytes(csv_bytes(trusts, ["ZA1", *[""] * 6]))
    return folder
