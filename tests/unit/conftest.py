"""What several unit tests start from."""

from pathlib import Path

import pytest

from tests.unit.test_csv_files import csv_bytes


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
