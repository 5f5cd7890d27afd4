"""Published files that lie beside the first extracts, built once for the modules that read what came of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, Built

CONTEXT = SHARED / "more" / "context"
DEMENTIA = "more/dementia/Primary_Care_Dementia_Data_January_2025-_Summary.xlsx"
EXTRACT = "more/cancer/CWT-CRS-Apr-2025-to-Jul-2025-Data-Extract-Provider.xlsx"
WORKBOOKS = [f"extracts/cancer/{month}-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx" for month in ("APRIL", "MAY", "JUNE")]
AE = [
    "more/ae_provider/July-2025-AE-by-provider-iX1Zj-revised.xls",
    "more/ae_provider/August-2025-AE-by-provider-0G7Wh-revised-v2-1.xls",
    "more/ae_provider/September-2025-AE-by-provider-eEVFy-revised.xls",
]
SERIES = "more/ambulance/AmbSYS-Time-Series-until-20250831.xlsx"
DM01 = "more/dm01/Monthly-Diagnostics-Web-File-Provider-June-2025_45KNG.xls"
WAITING = (
    "extracts/rtt/Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip",
    "extracts/dm01/DM01-MARCH-2026-full-extract_32W3L.zip",
)

BuildFiles = Callable[[str, list[str], list[str]], dict[str, Built]]


@pytest.fixture(scope="session")
def build_files(shared_extracts: Path, build_quarters: Callable[..., dict[str, Built]], once: Any) -> BuildFiles:
    """Builds quarters of some files beside the references, in one pass: once, whoever asks by the same name."""

    def built(name: str, quarters: list[str], files: list[str]) -> dict[str, Built]:
        for file in files:
            if not (SHARED / file).exists():
                pytest.skip(f"{SHARED / file} is not at hand")

        def copy(folder: Path) -> None:
            shutil.copytree(shared_extracts / "ods", folder / "ods")
            for file in files:
                shutil.copy(SHARED / file, folder)

        return build_quarters(once(name, copy)[0], *quarters)

    return built


@pytest.fixture(scope="session")
def together(build_files: BuildFiles) -> dict[str, Built]:
    """The first quarter of files of the same months in two forms, the second of two months of A&E of three. The fourth
    has all that comes beside waiting lists: a survey and diagnoses in general practice, and where people live."""
    context = [str(path.relative_to(SHARED)) for path in sorted(CONTEXT.glob("*[0-9a-z].csv"))]
    files = [EXTRACT, *WORKBOOKS, SERIES, DM01, *AE[:2], *WAITING, DEMENTIA, *context]
    return build_files("together", ["2025-26-Q1", "2025-26-Q2", "2025-26-Q4"], files)
