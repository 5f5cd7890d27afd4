"""Tables of ours of a real quarter, again from the raw file by pandas and hand arithmetic: specialties, monitors."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.test_bunching import z_by_hand
from tests.unit.test_funnel import by_hand

QUARTER = "2025-26-Q4"
ORAL_SURGERY, ALL = "C_140", "C_999"
LIMIT = 3.09
COUNTS = ["within_18_weeks", "over_52_weeks", "pathways"]


@pytest.fixture(scope="module")
def published(shared_extracts: Path) -> pd.DataFrame:
    """Every row of January 2026 as published, with the row of the file."""
    (path,) = (shared_extracts / "rtt").glob("*Jan26*.zip")
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        with archive.open(member) as stream:
            rows = pd.read_csv(stream, keep_default_na=False, na_values={"Total All": [""]})
    weeks = rows.filter(regex=r"^Gt \d").apply(pd.to_numeric, errors="coerce").fillna(0).astype(int)
    counted = pd.DataFrame(
        {
            "row": rows.index + 2,
            "part": rows["RTT Part Type"],
            "treatment_function": rows["Treatment Function Code"],
            "provider": rows["Provider Org Code"],
            "commissioner": rows["Commissioner Org Code"],
            "icb": rows["Commissioner Parent Org Code"],
            "within_18_weeks": weeks.iloc[:, :18].sum(axis=1),
            "over_52_weeks": weeks.iloc[:, 52:].sum(axis=1),
            "pathways": rows["Total All"].astype(int),
        }
    )
    return pd.concat([counted, weeks.set_axis(range(weeks.shape[1]), axis=1)], axis=1)


@pytest.fixture(scope="module")
def pathways(published: pd.DataFrame) -> pd.DataFrame:
    return published[published["part"] == "Part_2"]


@pytest.fixture(scope="module")
def specialties(build_quarter: Callable[[str, Path], Any], shared_extracts: Path) -> pd.DataFrame:
    return pd.read_parquet(build_quarter(QUARTER, shared_extracts).release / "specialty_league_table.parquet")


def test_england_waits_for_oral_surgery_as_counted_apart(pathways: pd.DataFrame, specialties: pd.DataFrame) -> None:
    oral = pathways[pathways["treatment_function"] == ORAL_SURGERY]
    assert oral[COUNTS].sum().tolist() == [166_952, 10_023, 318_440]
    without = oral[oral["commissioner"] != "NONC"]
    assert without[["within_18_weeks", "pathways"]].sum().tolist() == [166_598, 317_724]
    england = specialties[specialties["organisation_code"] == "England"].set_index(["treatment_function", "side"])
    assert england.loc[(ORAL_SURGERY, "commissioner"), COUNTS].tolist() == [166_952, 10_023, 318_440]
    assert england.loc[(ORAL_SURGERY, "provider"), COUNTS].tolist() == without[COUNTS].sum().tolist()
    shares = england.xs("commissioner", level="side")["share_within_18_weeks"].astype(float)
    assert [shares[ORAL_SURGERY], shares[ALL]] == pytest.approx([52.4281, 61.3849], abs=5e-5)
    assert shares.idxmin() == ORAL_SURGERY


def test_functions_add_up_to_the_whole_list_of_everybody(specialties: pd.DataFrame) -> None:
    is_whole = specialties["treatment_function"] == ALL
    key = ["side", "organisation_code"]
    parts, whole = (rows.groupby(key)[COUNTS].sum() for rows in (specialties[~is_whole], specialties[is_whole]))
    pd.testing.assert_frame_equal(parts, whole)
    assert specialties["treatment_function"].nunique() == 24


def test_every_figure_is_the_sum_of_the_rows_that_it_names(pathways: pd.DataFrame, specialties: pd.DataFrame) -> None:
    """No trust of January 2026 had merged by March."""
    listed = specialties[specialties["organisation_code"] != "England"]
    rows = listed.assign(row=listed["source_rows"].str.split(",")).explode("row").astype({"row": int})
    icbs = pathways["icb"].where(pathways["icb"] != "", pathways["commissioner"])
    sides = {"provider": pathways[pathways["commissioner"] != "NONC"], "commissioner": pathways}
    codes = {"provider": pathways["provider"], "commissioner": icbs}
    for side, of_file in sides.items():
        named = rows[rows["side"] == side].sort_values("row")
        expected = of_file.assign(organisation_code=codes[side]).sort_values("row")
        for column in ("row", "treatment_function", "organisation_code"):
            assert named[column].tolist() == expected[column].tolist()
        key = ["treatment_function", "organisation_code"]
        sums, ours = (
            expected.groupby(key)[COUNTS].sum(),
            listed[listed["side"] == side].set_index(key)[COUNTS].sort_index(),
        )
        assert ours.index.tolist() == sums.index.tolist() and ours.to_numpy().tolist() == sums.to_numpy().tolist()


def test_funnel_of_oral_surgery(pathways: pd.DataFrame, specialties: pd.DataFrame) -> None:
    """The published acceptance numbers count commissioner NONC, too; the table leaves it out, as OF0023 does."""
    oral = specialties[(specialties["treatment_function"] == ORAL_SURGERY) & (specialties["side"] == "provider")]
    trusts = oral[oral["organisation_type"] == "trust"]
    ranked = trusts[trusts["rank"].notna()].set_index("organisation_code")
    assert (len(oral) - 1, len(trusts), len(ranked)) == (118, 110, 106)
    of_file = pathways[pathways["treatment_function"] == ORAL_SURGERY].groupby("provider")[COUNTS].sum()
    pairs = [*of_file.loc[ranked.index, ["within_18_weeks", "pathways"]].itertuples(index=False, name=None)]
    phi, tau_squared, _ = by_hand(pairs)
    centre = 100 * sum(r for r, _ in pairs) / sum(n for _, n in pairs)
    assert (centre, phi, tau_squared**0.5) == (
        pytest.approx(52.01, abs=0.005),
        pytest.approx(110.5, abs=0.05),
        pytest.approx(0.0981, abs=5e-5),
    )
    phi, tau_squared, z = by_hand([*ranked[["within_18_weeks", "pathways"]].itertuples(index=False, name=None)])
    assert ranked["z"].astype(float).tolist() == pytest.approx(z, abs=6e-4)
    assert (float(ranked["phi"].iloc[0]), float(ranked["tau"].iloc[0])) == (
        pytest.approx(phi, abs=6e-4),
        pytest.approx(tau_squared**0.5, abs=6e-7),
    )
    assert (ranked["z_sampling_only"].abs() >= LIMIT).sum() == 90
    beyond = ranked[ranked["funnel"].str.contains("99.8%")]
    assert len(beyond) == 6 == sum(abs(one) >= LIMIT for one in z)
    assert beyond.loc["RWE", ["within_18_weeks", "pathways"]].tolist() == [939, 5_806]
    assert float(beyond.loc["RWE", "z"]) == pytest.approx(-3.98, abs=0.005)


def test_funnel_of_icbs_for_oral_surgery(specialties: pd.DataFrame) -> None:
    oral = specialties[(specialties["treatment_function"] == ORAL_SURGERY) & (specialties["side"] == "commissioner")]
    ranked = oral[oral["rank"].notna()].set_index("rank").sort_index()
    ends = ranked.iloc[[0, -1]][["organisation_code", "share_within_18_weeks"]].astype({"share_within_18_weeks": float})
    assert ends.round(1).to_numpy().tolist() == [["QT6", 71.4], ["QK1", 20.9]]
    phi, tau_squared, _ = by_hand([*ranked[["within_18_weeks", "pathways"]].itertuples(index=False, name=None)])
    assert (phi, tau_squared**0.5) == (pytest.approx(145, abs=0.5), pytest.approx(0.070, abs=0.0005))
    assert ranked["phi"].astype(float).tolist() == pytest.approx([phi] * len(ranked), abs=6e-4)


def test_function_of_few_is_listed_not_ranked(specialties: pd.DataFrame) -> None:
    mental_health = specialties[(specialties["treatment_function"] == "X03") & (specialties["side"] == "provider")]
    reasons = mental_health["not_ranked_reason"].value_counts()
    assert mental_health["rank"].isna().all() and reasons["fewer than 10 organisations have that many"] == 5


def test_who_waits_least_for_all_need_not_for_oral_surgery(specialties: pd.DataFrame) -> None:
    trusts = specialties[(specialties["side"] == "provider") & (specialties["organisation_type"] == "trust")]
    oral = trusts[(trusts["treatment_function"] == ORAL_SURGERY) & trusts["rank"].notna()]
    both = oral.merge(trusts[trusts["treatment_function"] == ALL], on="organisation_code", suffixes=("", "_of_all"))
    shares = both[["share_within_18_weeks", "share_within_18_weeks_of_all"]].astype(float)
    assert shares.corr().iloc[0, 1] == pytest.approx(0.48, abs=0.005)


@pytest.fixture(scope="module")
def steps(build_quarter: Callable[[str, Path], Any], shared_extracts: Path) -> pd.DataFrame:
    return pd.read_parquet(build_quarter(QUARTER, shared_extracts).release / "steep_at_the_standard.parquet")


STEEP = {
    "incomplete_18_weeks": (269, {"RTF", "RXQ", "RNZ", "RWG", "RQM", "NT339", "RJ6"}),
    "incomplete_52_weeks": (114, {"RXF"}),
    "diagnostics_6_weeks": (
        149,
        {"RTF", "R0A", "RVR", "RR8", "RJC", "RXR", "RKB", "RL4", "RQX", "RYJ", "RXF"},
    ),
    "admitted_18_weeks": (77, set()),
    "non_admitted_18_weeks": (142, set()),
}


def test_steep_lists_are_those_found_apart_with_the_placebo_rate_beside(steps: pd.DataFrame) -> None:
    found = {
        standard: (len(rows), set(rows["organisation_code"][rows["steep"]]))
        for standard, rows in steps.groupby("standard")
    }
    assert found == STEEP
    beside = steps.groupby("standard")[["placebo_deviation", "placebo_flags", "placebo_flags_most"]].first()
    for standard, deviation in {"incomplete": 1.46, "admitted": 1.10, "non_admitted": 1.44}.items():
        assert float(beside.loc[f"{standard}_18_weeks", "placebo_deviation"]) == pytest.approx(deviation, abs=0.006)
    assert beside.loc["incomplete_18_weeks", ["placebo_flags", "placebo_flags_most"]].astype(float).tolist() == [
        0.55,
        2,
    ]
    counts = steps.set_index(["standard", "organisation_code"])[["just_within", "just_over"]]
    assert counts.loc[("incomplete_52_weeks", "RXF")].tolist() == [157, 38]
    assert counts.loc[("diagnostics_6_weeks", "RTF")].tolist() == [1_352, 39]


def test_steps_are_those_of_the_weeks_of_the_rows_named(published: pd.DataFrame, steps: pd.DataFrame) -> None:
    """With z by another writing of the fit, in plain loops."""
    whole = published[(published["treatment_function"] == ALL) & (published["part"] == "Part_2")]
    weeks = whole.groupby("provider")[[*range(104)]].sum()
    assert weeks[[17, 18, 19]].sum().tolist() == [173_590, 153_634, 146_691]
    ours = steps[steps["standard"] == "incomplete_18_weeks"].set_index("organisation_code")
    rows = {code: group["row"].tolist() for code, group in whole.groupby("provider")}
    assert {code: [*map(int, row.split(","))] for code, row in ours["source_rows"].items()} == {
        code: rows[code] for code in ours.index
    }
    for code in ("RTF", "RXQ", "NT339", "RJ6", ours.index[0]):
        row = ours.loc[code]
        assert [row["just_within"], row["just_over"]] == weeks.loc[code, [17, 18]].tolist()
        z, odds_ratio = z_by_hand(weeks.to_numpy(), weeks.index.get_loc(code), 18)
        assert float(row["z"]) == pytest.approx(z / 1.4628494, abs=0.001)
        assert float(row["odds_ratio"]) == pytest.approx(odds_ratio, abs=6e-4)


def test_badges_say_what_was_found_and_what_nobody_could_check(
    build_quarter: Callable[[str, Path], Any], shared_extracts: Path, steps: pd.DataFrame
) -> None:
    badges = pd.read_parquet(build_quarter(QUARTER, shared_extracts).release / "data_quality.parquet")
    steep = badges[badges["reasons"].str.contains("just within the standard")]
    members = set(badges["organisation_code"])
    found = {(metric, code) for metric, code in zip(steep["metric_id"], steep["organisation_code"], strict=True)}
    names = {"incomplete_18_weeks": "OF0023", "incomplete_52_weeks": "OF0003", "diagnostics_6_weeks": "X-DM01-6W"}
    assert found == {(names[standard], code) for standard in names for code in STEEP[standard][1] & members}
    assert set(steep["badge"]) == {"look"}
    late = badges[badges["reasons"].str.contains("its counts end with 2026-01")]
    assert set(late["metric_id"]) == {"OF0023", "OF0003", "ICB-RTT-18W", "ICB-RTT-52W"}
