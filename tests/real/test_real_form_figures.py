"""What is counted of publications that came later, and of other forms, again from the real files by calamine and
pandas; the scores of these values against those of NHS England.

Each figure goes through a whole build. Skipped where the files are not at hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT
from tests import forms
from tests.conftest import SHARED, Built
from tests.real.conftest import AE, DM01, EXTRACT, SERIES, WORKBOOKS, BuildFiles

COMBINED = "cases/cancer-combined-workbook/January-2026-Monthly-Combined-Workbook-Provisional.xlsx"
RELEASE = "extracts/nof/nhs-oversight-framework-mental-health-and-community-trust-data-q2.csv"
ABSENCE = [
    f"more/sickness_absence/NHS_Sickness_Absence_rates_CSV_{month}_2025.csv"
    for month in ("January", "February", "March")
]
COMMUNITY = "more/community_waits/Community-health-services-waiting-lists-2025-26-June.xlsx"
Q1 = ["APR", "MAY", "JUN"]
PUBLISHED = {"lower_quartile": "71.65", "median": "75.70", "upper_quartile": "79.10"}  # of OF0013, Q2 2025/26
UNROUNDED = [71.638, 75.735, 79.127]
# A revision: the extract was published before the final workbooks of its months.
ENGLAND_Q1 = {
    "cancer_extract": ("630857 of 828713", "57105 of 83700"),
    "cancer": ("640116 of 841506", "58676 of 85652"),
}


@cache
def sheet(name: str, title: str | int, heading: str) -> pd.DataFrame:
    """A sheet under the row that has a heading; of several columns of one heading the first."""
    workbook = CalamineWorkbook.from_path(SHARED / name)
    table = workbook.get_sheet_by_index(title) if isinstance(title, int) else workbook.get_sheet_by_name(title)
    rows = table.to_python(skip_empty_area=False)
    header = next(nth for nth, row in enumerate(rows) if heading in row)
    found = pd.DataFrame(rows[header + 1 :], columns=[str(cell) for cell in rows[header]])
    return found.loc[:, ~found.columns.duplicated()]


def sums(rows: pd.DataFrame, code: str, numerator: str, denominator: str) -> pd.DataFrame:
    """By organisation, without England."""
    named = rows[~rows[code].isin(["", "-", "Total", "ENG"])]
    figures = pd.DataFrame(
        {"numerator": named[numerator].astype(float), "denominator": named[denominator].astype(float)}
    )
    return figures.groupby(named[code]).sum()


def combined(title: str, standard: str) -> pd.DataFrame:
    rows = sheet(COMBINED, title, "Org Code")
    whole = (rows["Cancer Type"] == "ALL CANCERS") & (rows["Referral Route/Stage"] == "ALL ROUTES")
    whole &= rows["Treatment Modality"].isin(["", "ALL MODALITIES"])
    return sums(rows[whole & (rows["Standard"] == standard)], "Org Code", "Within", "Total")


def extract(standard: str) -> pd.DataFrame:
    rows = sheet(EXTRACT, 0, "ORG CODE")
    rows = rows[(rows["STANDARD"] == standard) & rows["MONTH"].isin(Q1) & (rows["CANCER TYPE"] != "ALL CANCERS")]
    return sums(rows, "ORG CODE", "WITHIN STANDARD", "TOTAL TREATED")


def workbooks(title: str, within: str) -> pd.DataFrame:
    rows = pd.concat(sheet(name, title, "ODS CODE (1)") for name in WORKBOOKS)
    return sums(rows[rows["REFERRAL ROUTE"] == "ALL ROUTES"], "ODS CODE (1)", within, "TOTAL")


def attendances(title: str) -> pd.DataFrame:
    rows = pd.concat(sheet(name, title, "Code") for name in AE)
    return sums(rows, "Code", "Total Attendances < 4 hours", "Total attendances")


def responses() -> pd.DataFrame:
    rows = sheet(SERIES, "Raw", "Concatenated")
    rows = rows.loc[:, ["Trust", "Area", "A10", "A30"]].assign(when=rows.iloc[:, 1] + rows.iloc[:, 2])
    of_quarter = rows["when"].isin(["2025-26APRIL", "2025-26MAY", "2025-26JUNE"]) & (rows["Trust"] != "")
    return sums(rows[of_quarter], "Area", "A30", "A10")


def diagnostics() -> pd.DataFrame:
    return sums(
        sheet(DM01, "Provider", "Provider Code"), "Provider Code", "Number waiting 6+ Weeks", "Total Waiting List"
    )


def absence() -> pd.DataFrame:
    rows = pd.concat(pd.read_csv(SHARED / name) for name in ABSENCE)
    counted = ["Acute", "Ambulance", "Mental Health", "Community Provider Trust"]
    return sums(rows[rows["ORG_TYPE"].isin(counted)], "ORG_CODE", "FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE")


def community() -> pd.DataFrame:
    """Of every provider of whom anybody waits, or could."""
    found = {}
    for title in ("Table 4", "Table 4g", "Table 4h"):
        rows = sheet(COMMUNITY, title, "Organisation Code")
        rows = rows[rows["Organisation Type"] == "Provider"].set_index("Organisation Code")
        found[title] = rows.iloc[:, 2:].apply(pd.to_numeric).sum(axis=1, min_count=1)
    over = found["Table 4g"] + found["Table 4h"]
    return pd.DataFrame({"numerator": over, "denominator": found["Table 4"]}).dropna(subset="denominator")


def released(metric_id: str, column: str = "Value") -> pd.Series[float]:
    rows = pd.read_csv(SHARED / RELEASE)
    of_metric = rows[(rows["Quarter"] == "Q1 2025/26") & (rows["Metric_ID"] == metric_id)]
    return of_metric.set_index("Trust_code")[column].astype(float)


def hundredths(values: pd.Series[float], *decimals: int) -> list[Decimal]:
    """Rounded half up, once for each number of decimals."""
    found = [Decimal(f"{value:.10f}") for value in values]
    for places in decimals:
        found = [one.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) for one in found]
    return found


Table = Callable[[str], pd.DataFrame]


def tables(made: dict[str, Built]) -> Callable[[str], Table]:
    return lambda quarter: lambda table: pd.read_parquet(made[quarter].release / f"{table}.parquet")


@pytest.fixture(scope="module")
def apart(build_files: BuildFiles, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Table]:
    """A quarter of files no two of which say the same. No workbook of the staff survey is at hand: ours has the values
    published of Q1 2025/26, apart as the published ranks are, and no others."""
    names = [EXTRACT, RELEASE, *ABSENCE, COMMUNITY, *AE, COMBINED]
    for name in (RELEASE, ABSENCE[-1]):
        if not (SHARED / name).exists():
            pytest.skip(f"{SHARED / name} is not at hand")
    employers = pd.read_csv(SHARED / ABSENCE[-1])
    others = employers.loc[employers["ORG_TYPE"].isin(["Acute", "Ambulance"]), "ORG_CODE"]
    book = {}
    for sheet_name, metric_id, heading in (
        ("PEOPLE PROMISE ELEMENTS", "OF0061", "PP3_2 - score"),
        ("THEMES", "OF0084", "Staff Engagement - score"),
    ):
        scores = released(metric_id) + 0.004 - released(metric_id, "Rank") / 10_000
        rows = [[code.replace("G6V2S", "TAF"), score] for code, score in scores.items()]
        book[sheet_name] = [[], ["ODS code", heading], *rows, *([code, "*"] for code in others)]
    survey = forms.write(tmp_path_factory.mktemp("survey") / "NSS24 organisational results.xlsx", book)
    return tables(build_files("apart", ["2025-26-Q1", "2025-26-Q2", "2025-26-Q4"], [*names, str(survey)]))


def same(table: Table, metric_id: str, expected: pd.DataFrame) -> pd.DataFrame:
    """Numerator and denominator of every organisation, and of England, as expected; to a millionth, since footprints
    are shares. Returns the values."""
    found = table("metric_values")
    found = found[(found["metric_id"] == metric_id) & (found["value_basis"] == "computed")]
    found = found.set_index("organisation_code")
    counted = found.dropna(subset="denominator")[["numerator", "denominator"]].astype(float)
    assert set(counted.index) == set(expected.index)
    assert (counted - expected).abs().max().max() < 5e-6
    england = table("england_figures").set_index("metric_id").loc[metric_id, ["numerator", "denominator"]]
    assert [float(one) for one in england] == [round(one, 3) for one in expected.sum()]
    return found


def test_combined_workbook(apart: Callable[[str], Table]) -> None:
    """A month of three makes no value of the quarter; its counts are there, provider and commissioner."""
    table = apart("2025-26-Q4")
    for standard, trust, icb in (("FDS", "OF0010", "ICB-CANCER-28D"), ("62D", "OF0011", "ICB-CANCER-62D")):
        found = same(table, trust, combined("Provider Level Performance", standard))
        assert set(found["status"]) == {"missing"}
        same(table, icb, combined("System Level Performance", standard))
    parts = table("metric_parts").set_index(["organisation_code", "metric_id"])[["numerator", "denominator"]]
    assert [*parts.loc[("RGT", "OF0010")]] == [2121, 2564]
    assert [*parts.loc[("RGT", "OF0011")]] == [Decimal("193.5"), 296]
    england = table("england_figures").set_index("metric_id")
    shown = {metric: f"{row.numerator:.0f} of {row.denominator:.0f}" for metric, row in england.iterrows()}
    assert (shown["OF0010"], shown["OF0011"]) == ("194784 of 267704", "19657 of 28742")


def england_of_q1(table: Table) -> tuple[str, ...]:
    figures = table("england_figures").set_index("metric_id")
    rows = (figures.loc[metric] for metric in ("OF0010", "OF0011"))
    return tuple(f"{row['numerator']:.0f} of {row['denominator']:.0f}" for row in rows)


def test_cancer_extract(apart: Callable[[str], Table]) -> None:
    table = apart("2025-26-Q1")
    for metric_id, standard in (("OF0010", "28-day FDS"), ("OF0011", "62-day Combined")):
        rows = sheet(EXTRACT, 0, "ORG CODE")
        cancers = extract(standard)
        if standard == "62-day Combined":  # its cancers and its modalities come to the same, and count once
            both = rows[(rows["STANDARD"] == standard) & rows["MONTH"].isin(Q1)]
            assert both["TOTAL TREATED"].sum() == 2 * cancers["denominator"].sum()
        same(table, metric_id, cancers)
    assert england_of_q1(table) == ENGLAND_Q1["cancer_extract"]


def test_final_workbooks_count_where_the_extract_of_their_months_is_there_too(
    together: dict[str, Built],
) -> None:
    table = tables(together)("2025-26-Q1")
    same(table, "OF0010", workbooks("28-DAY FDS (ALL ROUTES)", "WITHIN 28 DAYS"))
    same(table, "OF0011", workbooks("62-DAY (ALL CANCER)", "WITHIN 62 DAYS"))
    assert england_of_q1(table) == ENGLAND_Q1["cancer"]
    forms = table("forms_at_hand")
    forms = forms[forms["publication"] == "cancer"]
    assert len(forms) == 12 and set(forms.loc[forms["used"], "source_id"]) == {"cancer"}
    assert set(forms.loc[~forms["used"], "reason"]) == {
        "not counted, for cancer is at hand: final or revised, cancer_extract is neither"
    }
    assert set(table("metric_parts").query("metric_id == 'OF0010'")["source_id"]) == {"cancer"}


def test_extract_and_final_workbooks_differ_by_revisions_alone() -> None:
    """The bound of seed publication_forms is wider than what was seen."""
    for standard, title, within in (
        ("28-day FDS", "28-DAY FDS (ALL ROUTES)", "WITHIN 28 DAYS"),
        ("62-day Combined", "62-DAY (ALL CANCER)", "WITHIN 62 DAYS"),
    ):
        shares = 1 - extract(standard).sum() / workbooks(title, within).sum()
        assert (shares.between(0.01, 0.03)).all(), shares


def test_ambulance_time_series_and_diagnostics_web_file(together: dict[str, Built]) -> None:
    table, expected = tables(together)("2025-26-Q1"), responses()
    assert len(expected) == 11
    found = same(table, "OF0017", expected)
    minutes = expected["numerator"] / expected["denominator"] / 60
    assert (found.loc[minutes.index, "value"].astype(float) - minutes).abs().max() < 1e-6
    same(table, "X-DM01-6W", diagnostics())


def test_acute_footprints(apart: Callable[[str], Table]) -> None:
    table = apart("2025-26-Q2")
    expected = attendances("Acute Trust Footprint Data")
    assert len(expected) == 123
    found = same(table, "OF0013", expected)
    values = found.loc[expected.index, "value"].astype(float)
    assert (values - 100 * expected["numerator"] / expected["denominator"]).abs().max() < 1e-6
    quartiles = [0.25, 0.5, 0.75]
    assert [round(one, 3) for one in values.quantile(quartiles)] == UNROUNDED
    assert [f"{one:.2f}" for one in values.round(1).quantile(quartiles)] == list(PUBLISHED.values())
    assert set(found.loc[expected.index, "status_reason"]) == {"attendances of the acute trust footprint"}
    parts = table("metric_parts").query("metric_id == 'OF0013'")
    assert set(parts["source_member"]) == {"Acute Trust Footprint Data"}
    rules = table("rules_in_force").set_index("metric_id")
    assert (rules.loc["OF0013", "measure"], rules.loc["OF0013", "label"]) == ("ae_footprint_within_4_hours", "verified")


def test_icbs_go_by_every_department_in_them(apart: Callable[[str], Table]) -> None:
    """Those of providers that no list places, too: 42% of attendances in Leicester (QK1)."""
    table = apart("2025-26-Q2")
    expected = attendances("System Level Data")
    assert (
        len(expected) == 42 and expected["denominator"].sum() == attendances("Provider Level Data")["denominator"].sum()
    )
    found = same(table, "ICB-AE-4H", expected)
    assert round(float(found.loc["QK1", "value"]), 2) == 78.24
    parts = table("metric_parts").query("metric_id == 'ICB-AE-4H'")
    assert set(parts["source_member"]) == {"System Level Data"}
    england = table("england_figures").set_index("metric_id").loc["ICB-AE-4H"]
    assert england["denominator_attributed"] == england["denominator"]


def test_two_footprints_of_three_are_not_mixed_with_what_providers_saw(together: dict[str, Built]) -> None:
    """The third month is not there, so the quarter goes by what providers saw, as without any footprint."""
    table = tables(together)("2025-26-Q2")
    rules = table("rules_in_force").set_index("metric_id")
    assert (rules.loc["OF0013", "measure"], rules.loc["OF0013", "label"]) == ("ae_within_4_hours", "inferred")
    parts = table("metric_parts").query("metric_id == 'OF0013'")
    assert set(parts["source_member"]) == {"Provider Level Data"}


@pytest.mark.parametrize(
    ("metric_id", "score_id", "size", "trusts", "decimals"),
    [("OF0082", "OF1082", 205, 61, [2]), ("OF0005", "OF1005", 121, 41, [4, 3, 2])],
)
def test_values_and_scores_of_nhs_england_follow_from_the_publications(
    apart: Callable[[str], Table], metric_id: str, score_id: str, size: int, trusts: int, decimals: list[int]
) -> None:
    """Every value and every score of Q1 2025/26, of sickness absence from the files of the quarter before."""
    table = apart("2025-26-Q1")
    counted = absence() if metric_id == "OF0082" else community()
    same(table, metric_id, counted)

    leagues = table("trust_league_table").set_index("organisation_code")["league"]
    values = (100 * counted["numerator"] / counted["denominator"])[counted["denominator"] > 0]
    values = values[values.index.isin(leagues.index)]
    assert len(values) == size
    scores = 1 + 3 * (values.rank(method="min") - 1) / (size - 1)
    official, official_scores = released(metric_id), released(score_id)
    assert len(official) == len(official_scores) == trusts
    assert hundredths(values[official.index], *decimals) == hundredths(official, 2)
    assert hundredths(scores[official_scores.index], 2) == hundredths(official_scores, 2)

    cells = table("reconciliation").query("metric_id == @metric_id and measure.str.startswith('metric_value')")
    found = cells.groupby(["measure", "status"]).size().to_dict()
    rounded_otherwise = {} if decimals == [2] else {("metric_value", "explained"): 3}
    assert found == {
        ("metric_value", "agrees"): trusts - sum(rounded_otherwise.values()),
        ("metric_value_score", "agrees"): trusts,
        **rounded_otherwise,
    }
    ours = table("metric_scores").query("metric_id == @metric_id and league == 'acute' and score.notna()")
    assert hundredths(ours.set_index("organisation_code")["score"].astype(float), 2) == hundredths(
        scores[ours["organisation_code"]], 2
    )
    assert set(ours["population_size"]) == {size}


def test_what_follows_from_the_publications_is_what_the_method_says(apart: Callable[[str], Table]) -> None:
    """Cell by cell, and nothing but what the table of docs/methodology.md lists is compared."""
    cells = apart("2025-26-Q1")("reconciliation").query("measure.str.startswith('metric_value')")
    found = cells.assign(agrees=cells["status"] == "agrees").groupby(["metric_id", "measure"])["agrees"]
    shown: dict[str, list[str]] = {}
    for (metric_id, _), agree in found:
        shown.setdefault(metric_id, []).append(f"{agree.sum()} of {len(agree)}")
    page = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    written = re.findall(r"^\| (\w+) \| Q1 2025/26 \| (\d+ of \d+) \| (\d+ of \d+) \|", page, re.MULTILINE)
    surveys = {metric_id: shown.pop(metric_id) for metric_id in ("OF0061", "OF0084")}
    assert shown == {metric_id: [values, scores] for metric_id, values, scores in written}
    assert set(cells["status"]) == {"agrees", "explained"}
    assert surveys == {"OF0061": ["61 of 61", "61 of 61"], "OF0084": ["61 of 61", "61 of 61"]}


def test_a_survey_of_staff_counts_with_its_label_and_the_row_of_another_code(apart: Callable[[str], Table]) -> None:
    table = apart("2025-26-Q1")
    values = table("metric_values").query("value_basis == 'computed' and metric_id == 'OF0061'")
    values = values.set_index("organisation_code")
    north_london = values.loc["G6V2S"]
    assert (north_london["status"], north_london["reporting_date"]) == ("reported", "2024")
    assert "TAF" not in values.index
    assert set(values.loc[values["status"] == "reported", "status_reason"]) == {"layout not seen, read by description"}
    missing = values[(values["league"] == "acute") & (values["status"] == "missing")]
    assert set(missing["status_reason"]) == {"a figure is missing in the file of 2024-01"}
    parts = table("metric_parts").query("metric_id == 'OF0061' and organisation_code == 'G6V2S'")
    assert parts[["source_member", "code_in_file"]].to_numpy().tolist() == [["PEOPLE PROMISE ELEMENTS", "G6V2S"]]


def test_types_of_sickness_absence_go_with_the_leagues(apart: Callable[[str], Table]) -> None:
    table = apart("2025-26-Q1")
    stated = table("organisation_sources").query("source_id == 'sickness' and attribute == 'league'")
    leagues = table("trust_league_table").set_index("organisation_code")["league"]
    assert stated.set_index("organisation_code")["value"].to_dict() == leagues.to_dict()
    assert len(leagues) == 205
    assert len(stated) == 3 * len(leagues)  # each file says so
    for name in ABSENCE:
        codes = pd.read_csv(SHARED / name)["ORG_CODE"]
        of_file = stated[stated["source_sha256"] == sha256_of_file(SHARED / name)]
        assert [*codes[of_file["source_row"] - 2]] == [*of_file["organisation_code"]]
