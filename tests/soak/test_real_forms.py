"""Real files of the other forms, read again by another library: every cell, and the totals that are known of them.

Skipped where the files are not at hand, since none is part of the project. A real .xls cannot be made by tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from orchestration.errors import InputError
from orchestration.sources import recognise, workbooks
from orchestration.sources.descriptions import known_sources
from tests.conftest import SHARED

SUBJECTS = {  # the months of a file, and its parts
    "cases/cancer-combined-workbook/January-2026-Monthly-Combined-Workbook-Provisional.xlsx": (
        "cancer_combined", ["2026-01"], ["commissioner", "provider"]
    ),
    "more/cancer/CWT-CRS-Apr-2025-to-Jul-2025-Data-Extract-Provider.xlsx": (
        "cancer_extract", ["2025-04", "2025-05", "2025-06", "2025-07"], ["provider"]
    ),
    "more/ae_provider/July-2025-AE-by-provider-iX1Zj-revised.xls": ("ae_provider", ["2025-07"], [None]),
    "more/ae_provider/August-2025-AE-by-provider-0G7Wh-revised-v2-1.xls": ("ae_provider", ["2025-08"], [None]),
    "more/ae_provider/September-2025-AE-by-provider-eEVFy-revised.xls": ("ae_provider", ["2025-09"], [None]),
    "more/dm01/Monthly-Diagnostics-Web-File-Provider-June-2025_45KNG.xls": ("dm01_provider", ["2025-06"], [None]),
}  # fmt: skip
COMBINED, EXTRACT, *AE, DM01 = SUBJECTS
SERIES = "more/ambulance/AmbSYS-Time-Series-until-20250831.xlsx"


def real(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    return path


@cache
def landed(name: str) -> pd.DataFrame:
    path = real(name)
    found = recognise.recognise(path, path.name)
    assert found
    return recognise.read_rows(path, None, found.source, path.name)


@cache
def sheet(name: str, title: str) -> list[list[Any]]:
    """A sheet as calamine reads it, the first row being 1."""
    return [[], *CalamineWorkbook.from_path(real(name)).get_sheet_by_name(title).to_python(skip_empty_area=False)]


def numbers(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame[[*columns]].astype(float)


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_is_recognised_with_its_months(name: str) -> None:
    source_id, months, parts = SUBJECTS[name]
    found = recognise.recognise(real(name), name)
    assert found and found.source.id == source_id
    subjects, remark = recognise.subjects_of(real(name), found, name)
    assert [(subject.period, subject.part) for subject in subjects] == [(m, p) for m in months for p in parts]
    assert remark is None


def test_the_time_series_has_every_month_since_2017() -> None:
    found = recognise.recognise(real(SERIES), SERIES)
    assert found and found.source.id == "ambsys_series"
    subjects, remark = recognise.subjects_of(real(SERIES), found, SERIES)
    months = pd.period_range("2017-08", "2025-08", freq="M").astype(str)
    assert [subject.period for subject in subjects] == [*months]
    assert remark is None


@pytest.mark.parametrize("name", [*SUBJECTS, SERIES])
def test_every_cell_is_as_another_library_reads_it(name: str) -> None:
    rows, source = landed(name), known_sources()[SUBJECTS[name][0] if name in SUBJECTS else "ambsys_series"]
    seen = 0
    for title, some in rows.groupby("_source_member"):
        raw = sheet(name, str(title))
        table = np.array([raw[int(number)] for number in some["_source_row"]], dtype=object)
        for column in source.columns:
            if column.published and some[column.name].notna().all():
                texts, found = some[column.name].to_numpy(), [*table.T]
                fitting = [one for one in found if all(same(a, b) for a, b in zip(texts, one, strict=True))]
                assert fitting, (title, column.name)
                seen += len(texts)
    assert seen > 2000


def same(text: str, cell: Any) -> bool:
    if isinstance(cell, float | int):
        try:
            return bool(np.isclose(float(text), cell, rtol=1e-14, atol=0))
        except ValueError:
            return False
    return text == ("" if not str(cell).strip() else str(cell))


@pytest.mark.parametrize(
    ("standard", "modality", "within", "total", "providers"),
    [("FDS", "", 194784, 267704, 138), ("62D", "ALL MODALITIES", 19657, 28742, 144)],
)
def test_both_sheets_of_the_combined_workbook_add_up_to_england(
    standard: str, modality: str, within: int, total: int, providers: int
) -> None:
    rows = landed(COMBINED)
    cut = ["standard", "cancer_type", "referral_route_or_stage", "treatment_modality"]
    rows = rows[(rows[cut] == [standard, "ALL CANCERS", "ALL ROUTES", modality]).all(axis=1)]
    for title, some in rows.groupby("_source_member"):
        is_england = some["org_code"] == "Total"
        assert numbers(some[is_england], "within", "total").to_numpy().tolist() == [[within, total]]
        assert [*numbers(some[~is_england], "within", "total").sum()] == [within, total]
        if str(title).startswith("Provider"):
            assert (~is_england).sum() == providers


@pytest.mark.parametrize(
    ("month", "told", "treated", "final"),
    [
        ("2025-04-01", (273167, 209566), (27347, 19102), "APRIL"),
        ("2025-05-01", (271214, 202828), (27387, 18569), "MAY"),
        ("2025-06-01", (284332, 218463), (28966, 19434), "JUNE"),
    ],
)
def test_the_extract_is_an_earlier_state_of_the_workbooks(
    month: str, told: tuple[int, int], treated: tuple[int, int], final: str
) -> None:
    """It is older than the FINAL workbooks of its months, and 1 to 3% short of them."""
    raw = sheet(EXTRACT, "CWT CRS Provider Extract")
    read = pd.DataFrame(raw[2:], columns=raw[1])
    read = read[read["PERIOD"].astype(str) == month]
    by_cancer, by_modality = read["CANCER TYPE"] != "ALL CANCERS", read["TREATMENT MODALITY"] != "ALL MODALITIES"
    assert not (~by_cancer & ~by_modality).any()
    workbook = f"extracts/cancer/{final}-2025-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx"
    rows = landed(EXTRACT)
    rows = rows[rows["period"] == month]
    for standard, title, england, cuts in (
        ("28-day FDS", "28-DAY FDS (ALL ROUTES)", told, [by_cancer]),
        ("62-day Combined", "62-DAY (ALL CANCER)", treated, [by_cancer, by_modality]),
    ):
        for cut in cuts:
            some = read[cut & (read["STANDARD"] == standard)]
            assert tuple(some[["TOTAL TREATED", "WITHIN STANDARD"]].sum()) == england
            ours = numbers(rows[(cut & (read["STANDARD"] == standard)).to_numpy()], "total", "within")
            assert tuple(ours.sum()) == england
        assert 0.97 < england[0] / england_of(workbook, title) < 0.99


def england_of(name: str, title: str) -> float:
    """The total of the first table of a sheet."""
    raw = sheet(name, title)
    return next(
        row[row.index("ALL ROUTES") + (1 if "28" in title else 2)] for row in raw if "ALL ENGLISH PROVIDERS" in row
    )


def test_footprints_of_a_quarter_are_as_officially_published() -> None:
    """Median 75.70, quartiles 71.65 and 79.10 at one decimal; these are unrounded."""
    rows = pd.concat([landed(name) for name in AE])
    rows = rows[(rows["_source_member"] == "Acute Trust Footprint Data") & (rows["org_code"] != "-")]
    counts = numbers(rows, "within_4_hours_total", "attendances_total").groupby(rows["org_code"]).sum()
    share = 100 * counts["within_4_hours_total"] / counts["attendances_total"]
    assert len(share) == 123
    assert [round(share.quantile(q), 3) for q in (0.25, 0.5, 0.75)] == [71.638, 75.735, 79.127]


@pytest.mark.parametrize("name", AE)
def test_organisations_add_up_to_england_on_every_sheet(name: str) -> None:
    rows = landed(name)
    columns = [f"{what}_total" for what in ("attendances", "within_4_hours", "over_4_hours")]
    for _, some in rows.groupby("_source_member"):
        is_england = some["org_code"] == "-"
        england, others = numbers(some[is_england], *columns).iloc[0], numbers(some[~is_england], *columns).sum()
        assert np.allclose(england, others, rtol=0, atol=0.01)


def test_providers_of_dm01_add_up_to_england_and_tests_to_providers() -> None:
    rows = landed(DM01)
    columns = ["total_waiting_list", "waiting_6_or_more_weeks", "waiting_13_or_more_weeks"]
    is_england = rows["provider_code"] == ""
    assert numbers(rows[is_england], *columns).to_numpy().tolist() == [[1733071, 369531, 129601]] * 2
    by_sheet = {title: some for title, some in rows[~is_england].groupby("_source_member")}
    providers, tests = by_sheet["Provider"], by_sheet["Provider by Test"]
    assert [*numbers(providers, *columns).sum()] == [1733071, 369531, 129601]
    is_total = tests["diagnostic_test_name"] == "Total"
    by_provider = numbers(providers, *columns).groupby(providers["provider_code"]).sum()
    for some in (tests[is_total], tests[~is_total]):  # who has no waits has a total alone
        found = numbers(some, *columns).groupby(some["provider_code"]).sum()
        pd.testing.assert_frame_equal(found.reindex(by_provider.index, fill_value=0), by_provider)


def test_category_2_of_a_quarter_from_the_time_series() -> None:
    rows = landed(SERIES)
    rows = rows[(rows["year"] == "2025-26") & rows["month"].isin(["APRIL", "MAY", "JUNE"])]
    counts = numbers(rows, "a10", "a30").groupby(rows["org_code"]).sum()
    trusts = [code for code in counts.index if code.startswith("R")]
    assert len(trusts) == 11
    assert [*counts.loc["ENG"]] == [*counts.loc[trusts].sum()]
    raw = sheet(SERIES, "Raw")
    read = pd.DataFrame([row[:155] for row in raw[6:]], columns=raw[5][:155])
    read = read[(read["Year"] == "2025-26") & read["Month"].isin(["APRIL", "MAY", "JUNE"])]
    again = read[["A10", "A30"]].astype(float).groupby(read["Area"]).sum()
    assert counts.to_dict("index") == again.rename(columns=str.lower).to_dict("index")
    assert round(counts.loc["ENG", "a30"] / counts.loc["ENG", "a10"], 1) == 1699.3


def test_the_time_series_is_the_csv_revised_where_both_have_a_month() -> None:
    """December 2020 and January 2021 as published in February 2021, and as they stand in August 2025."""
    rows = landed(SERIES)
    path = real("cases/ambsys-2021-01/AmbSYS-to-Jan-2021.csv")
    published = pd.read_csv(path, dtype=str, keep_default_na=False)
    published = published[published["Org Code"].str.startswith("R")].set_index(["Month", "Org Code"])
    rows = rows[(rows["year"] == "2020-21") & rows["org_code"].str.startswith("R")]
    rows = rows.assign(month=rows["month"].map({"DECEMBER": "12", "JANUARY": "1"})).dropna(subset=["month"])
    rows = rows.set_index(["month", "org_code"])
    assert sorted(rows.index) == sorted(published.index)
    for indicator, equal in (("A7", 13), ("A8", 19), ("A10", 15), ("A24", 17), ("A30", 14)):
        ours, theirs = rows[indicator.lower()].astype(float), published[indicator].astype(float)
        assert (ours == theirs.reindex(ours.index)).sum() == equal  # of 22; London and others were revised
        assert np.allclose(ours.groupby("month").sum(), theirs.groupby("Month").sum(), rtol=0.02)


@pytest.mark.parametrize("name", [AE[0], DM01])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_xls_cut_off_says_so(tmp_path: Path, name: str, share: float) -> None:
    content = real(name).read_bytes()
    (tmp_path / "x").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"^f: is a damaged workbook \(.*\): download it again$"):
        recognise.recognise(tmp_path / "x", "f")


def test_xls_with_damage_is_no_traceback(tmp_path: Path) -> None:
    """There is no checksum in .xls: a text may have changed, but a figure that is gone is not taken for none."""
    content, generator = real(AE[0]).read_bytes(), np.random.default_rng(20261126)
    source, good = known_sources()["ae_provider"], landed(AE[0])
    for _ in range(8):
        damaged = bytearray(content)
        for place in generator.integers(8, len(content), 20):
            damaged[place] ^= 1 << int(generator.integers(8))
        (tmp_path / "x").write_bytes(damaged)
        try:
            found = workbooks.read_workbook(tmp_path / "x", source, "f")
        except InputError:
            continue
        assert len(found) == len(good)
