"""Periods that the name of a file says, and names that say several."""

from __future__ import annotations

import pytest

from orchestration.errors import InputError
from orchestration.sources.descriptions import known_sources
from orchestration.sources.periods import month_in_name, month_of

SURVEY = known_sources()["gpps"].period


@pytest.mark.parametrize(
    "name",
    [
        "gpps_2025_icb.csv",
        "gpps2025.csv",
        "20260115_gpps_2025_icb.csv",
        "2026-01-15 gpps_2025_icb.csv",
        "folder of 2024/2026-01 gpps-2025-v2.csv",
        "GP Patient Survey 2025 (1).csv",
        "2025 ICBs, saved 2025-07-10.csv",
    ],
)
def test_name_says_the_year_of_the_survey(name: str) -> None:
    assert SURVEY and month_in_name(name, SURVEY) == "2025-01"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpps 2019 weights 2025.csv", "names several periods; found '2019 and 2025'"),
        ("gpps_2024_to_2025.csv", "names several periods; found '2024 and 2025'"),
        ("GPPS_2025_ICB_data_2026.csv", "names several periods; found '2025 and 2026'"),
        ("gpps_2024-25.csv", "names no period; found '2024-25'"),
        ("ICB_20250710.csv", "names no period; found 'ICB_20250710.csv'"),
    ],
)
def test_name_that_may_mean_several_years_is_refused(name: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        assert SURVEY and month_in_name(name, SURVEY)
    assert f"{name}, column its name: {says}; expected a name as downloaded, such as 'gpps_2025_" in str(refused.value)


@pytest.mark.parametrize(
    ("label", "month"), [("01/09/2026", "2026-09"), ("30/09/2026", "2026-09"), ("2026-02-28", "2026-02")]
)
def test_day_of_a_month_is_its_first_or_its_last(label: str, month: str) -> None:
    period = known_sources()["cancer_csv"].period
    assert period and month_of(label, period, "c.csv") == month


@pytest.mark.parametrize("label", ["09/01/2026", "2026-02-29", "15/09/2026", "31/09/2026"])
def test_day_within_a_month_may_be_the_month_of_another_country(label: str) -> None:
    period = known_sources()["cancer_csv"].period
    assert period
    with pytest.raises(InputError) as refused:
        month_of(label, period, "c.csv", 2, "PERIOD")
    assert str(refused.value) == (
        f"c.csv, row 2, column PERIOD: names no month; found {label!r}; expected such as 01/04/2025, the first or last"
        " day of a month"
    )


@pytest.mark.parametrize("label", ["RTT-Sept-2026", "RTT-September-2026", "RTT-SEPT-2026 "])
def test_september_may_have_four_letters(label: str) -> None:
    period = known_sources()["rtt"].period
    assert period and month_of(label, period, "r.csv") == "2026-09"
