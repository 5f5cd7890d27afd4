"""The sample: fictional releases in the publishers' formats whose published figures hold together.

Belongs here: the formats and quirks of the files, and checks of the arithmetic from published cells alone, by another
route than the generator's. Does not belong here: anything about the workflow that reads the sample.
"""

import csv
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.sample import invent_year, write_sample
from orchestration.sample.framework import DOMAINS, METRICS, MILLION
from orchestration.sample.metric_scores import competition_ranks, hundredths, matrix_score, metric_scores, quantile
from orchestration.sample.standings import weighted_mean

SHARED = Path(os.environ.get("LEAGUE_SHARED", Path(__file__).parents[3] / "shared"))

DATA_HEADER = (
    "Quarter,Region,Trust_type,Trust_subtype,Trust_code,Trust_name,Domain,Sub-domain,Metric_ID,Metric_description,"
    "Reporting_date,Units,Value,Median_value,Lower_quartile,Upper_quartile,Rank"
)
LEAGUE_HEADER = (
    "Quarter,Region,Trust_type,Trust_subtype,Trust_code,Trust_name,Average_score,Likely_range_of_average_score,"
    "Segment,Trust_in_financial_deficit,Rank,Likely_range_of_rank"
)
STEM = "nhs-oversight-framework-"
FILES = {
    "2025-09": {
        f"{STEM}{group}-{kind}.csv"
        for kind in ("data", "league-table")
        for group in ("acute-trust", "non-acute-hospital-trust", "ambulance-trust")
    },
    "2025-12": {
        f"{STEM}{group}-{kind}-q2.csv"
        for kind in ("data", "league-table")
        for group in ("acute-trust", "mental-health-and-community-trust", "ambulance-trust")
    },
    "2026-03": {
        f"{STEM}{group}-{kind}-q3-25-26{version}.csv"
        for kind in ("data", "league-table")
        for group, version in (
            ("acute-trust", ""),
            ("acute-trust", "-v2"),
            ("mental-health-and-community-trust", ""),
            ("ambulance-trust", ""),
        )
    },
    "2026-06": {
        f"{STEM}{group}-{kind}.csv"
        for kind in ("data", "league-table")
        for group in ("acute-trust", "mental-health-and-community-trust", "ambulance-trust")
    },
}
ACUTE, MENTAL_HEALTH_COMMUNITY, AMBULANCE = "Acute trust", "Mental health and community trust", "Ambulance trust"
DOMAIN_SCORES = {
    "Access to services": "OF4000",
    "Patient safety": "OF4002",
    "Finance and productivity": "OF4003",
    "People and workforce": "OF4004",
    "Effectiveness and experience": "OF4005",
}
THIRDS = {"OF1020", "OF1088", "OF1048"}
NOT_COUNTED = {"OF1079", "OF1081"}
SCORED_WITH_OTHER_LEAGUES = {"OF0005", "OF0041", "OF0057", "OF0063", "OF0016", "OF0082", "OF0086"}


def read(path: Path) -> pd.DataFrame:
    """A published CSV as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.fixture(scope="module")
def data(sample: Path) -> pd.DataFrame:
    """Every quarter, from the last release."""
    rows = pd.concat([read(path) for path in sorted(sample.glob("nof/2026-06/*-data.csv"))])
    return rows.assign(number=rows["Value"].astype(float), position=pd.to_numeric(rows["Rank"]))


@pytest.fixture(scope="module")
def league(sample: Path) -> pd.DataFrame:
    """The league tables of every quarter that stand, with the headers made alike."""
    paths = [
        path
        for path in sample.glob("nof/*/*-league-table*.csv")
        if path.name != f"{STEM}acute-trust-league-table-q3-25-26.csv"
    ]
    return pd.concat(
        [
            read(path).rename(columns={"Reporting_date": "Quarter", "Average_score colum": "Average_score"})
            for path in sorted(paths)
        ]
    ).replace({"Trust_type": {"Non-acute hospital trust": MENTAL_HEALTH_COMMUNITY}})


@pytest.fixture(scope="module")
def planted(sample: Path) -> pd.DataFrame:
    return read(sample / "planted_disagreements.csv")


def without_planted(rows: pd.DataFrame, planted: pd.DataFrame, published_id: str) -> pd.DataFrame:
    """Rows of a quarter but those of the organisation whose figure was altered."""
    altered = planted[planted["published_id"] == published_id]["organisation_code"]
    return rows[~((rows["Quarter"] == "Q3 2025/26") & rows["Trust_code"].isin(altered))]


# Files


def test_the_releases_have_the_names_that_the_publisher_gave_them(sample: Path) -> None:
    assert {path.name for path in sample.iterdir()} == {
        "nof",
        "ods",
        "rtt",
        "dm01",
        "ae",
        "cancer",
        "ambulance",
        "csds",
        "sickness_absence",
        "community_waits",
        "gp_survey",
        "staff_survey",
        "shmi",
        "fft",
        "dementia",
        "context",
        "planted_disagreements.csv",
    }
    assert {folder.name: {path.name for path in folder.iterdir()} for folder in (sample / "nof").iterdir()} == FILES
    assert {path.name for path in (sample / "ods").iterdir()} == {
        "etr.csv",
        "trusts_2026-08.csv",
        "SICBL26_ICB26_NHSER26_lookup.csv",
    }


@pytest.mark.parametrize(("release", "name"), [(release, name) for release in FILES for name in sorted(FILES[release])])
def test_oversight_files_have_the_mark_line_ends_and_header_of_the_real_ones(
    sample: Path,
    release: str,
    name: str,
) -> None:
    content = (sample / "nof" / release / name).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")
    header = content.decode("utf-8-sig").split("\r\n", 1)[0]
    expected = DATA_HEADER if "-data" in name else LEAGUE_HEADER
    if release == "2025-09":
        expected = (
            expected.removeprefix("Quarter,") if "-data" in name else expected.replace("Quarter,", "Reporting_date,")
        )
        if "ambulance-trust-league" in name:
            expected = expected.replace("Average_score,", "Average_score colum,")
    assert header == expected


def test_data_files_are_cumulative_and_repeat_earlier_rows(sample: Path, data: pd.DataFrame) -> None:
    assert data["Quarter"].unique().tolist() == [f"Q{n} 2025/26" for n in (1, 2, 3, 4)]
    last = read(sample / "nof/2026-06" / f"{STEM}mental-health-and-community-trust-data.csv").replace("NA", "")
    second = read(sample / "nof/2025-12" / f"{STEM}mental-health-and-community-trust-data-q2.csv")
    assert second["Quarter"].unique().tolist() == ["Q1 2025/26", "Q2 2025/26"]
    pd.testing.assert_frame_equal(last[last["Quarter"].isin(second["Quarter"])].reset_index(drop=True), second)
    first = read(sample / "nof/2025-09" / f"{STEM}non-acute-hospital-trust-data.csv")
    assert set(first["Trust_type"]) == {"Non-acute hospital trust"}
    same = second[second["Quarter"] == "Q1 2025/26"].drop(columns=["Quarter", "Trust_type"])
    pd.testing.assert_frame_equal(first.drop(columns="Trust_type"), same)


def test_the_second_version_of_the_acute_files_corrects_a_few_rows(sample: Path) -> None:
    for kind, column in (("data", "Value"), ("league-table", "Average_score")):
        stem = sample / "nof/2026-03" / f"{STEM}acute-trust-{kind}-q3-25-26"
        first, second = read(stem.with_suffix(".csv")), read(stem.with_name(f"{stem.name}-v2.csv"))
        different = first.ne(second)
        assert set(different.columns[different.any()]) == {column}
        assert 3 <= different[column].sum() <= 4


def test_same_seed_same_bytes_another_seed_others(sample: Path, tmp_path: Path) -> None:
    invent_year.cache_clear()  # drawn again, not only written again
    write_sample(tmp_path / "again")
    write_sample(tmp_path / "other", seed=7)
    names = [path.relative_to(sample) for path in sample.rglob("*") if path.is_file()]
    assert sorted(names) == sorted(
        path.relative_to(tmp_path / "other") for path in (tmp_path / "other").rglob("*") if path.is_file()
    )
    for name in names:
        path = sample / name
        assert (tmp_path / "again" / name).read_bytes() == path.read_bytes(), name
        if not name.name.startswith("lsoa21_"):  # where a small area lies is not drawn
            assert (tmp_path / "other" / name).read_bytes() != path.read_bytes(), name


def test_quirks_are_there(data: pd.DataFrame) -> None:
    assert set(data[data["Metric_ID"] == "OF0084"]["Metric_description"]) == {
        "NHS staff survey engagement theme sub-score\u00a0"
    }
    labels = data[data["Metric_ID"] == "OF4002"].groupby("Quarter")["Sub-domain"].unique().map(list).tolist()
    assert labels == [["Patient safety"]] * 2 + [["Patient safety domain score"]] * 2
    assert set(data[data["Metric_ID"].isin(["OF5005", "OF5007"])]["Quarter"]) == {"Q1 2025/26", "Q2 2025/26"}
    for raw, score in (("OF0048", "OF1048"), ("OF0088", "OF1088")):
        units = Counter(data[(data["Metric_ID"] == raw)]["Units"])
        assert units["count"] == units["rate"] == (data["Metric_ID"] == score).sum()
    score_rows = data[~data["Metric_ID"].str.match(r"OF0|X-.*(?<!SCORE)$")]
    assert set(score_rows["Median_value"]) == {"NA"}
    assert set(data["Region"]) == {
        "East",
        "London",
        "Midlands",
        "North East and Yorkshire",
        "North West",
        "South East",
        "South West",
    }
    assert data["Value"].str.fullmatch(r"-?\d+\.\d{1,2}").all()
    assert not data["Value"].isin(["-0.0", "-0.00"]).any()


# Organisations


def test_counts_by_league_and_quarter(data: pd.DataFrame, league: pd.DataFrame) -> None:
    for rows in (data[data["Metric_ID"] == "OF5002"], league):
        counts = rows.groupby(["Trust_type", "Quarter"])["Trust_code"].nunique().unstack().to_dict("index")
        assert [list(counts[group].values()) for group in (ACUTE, MENTAL_HEALTH_COMMUNITY, AMBULANCE)] == [
            [135, 134, 134, 134],
            [61] * 4,
            [10] * 4,
        ]
    subtypes = data.drop_duplicates("Trust_code")["Trust_subtype"]
    assert (subtypes == "Acute - Specialist").sum() == 11


def test_keys_are_unique(data: pd.DataFrame, league: pd.DataFrame) -> None:
    assert not data.duplicated(["Quarter", "Trust_code", "Metric_ID", "Units"]).any()
    assert not league.duplicated(["Quarter", "Trust_code"]).any()


def test_the_merger(sample: Path, data: pd.DataFrame) -> None:
    trusts = read(sample / "ods/trusts_2026-08.csv")
    (successor,) = trusts[trusts["predecessor_codes"] != ""].to_dict("records")
    gone = successor["predecessor_codes"]
    assert successor["merger_date"] == "2025-07-01"
    assert set(data[data["Trust_code"] == gone]["Quarter"]) == {"Q1 2025/26"}
    assert gone not in set(trusts["ods_code"])
    names = data[data["Trust_code"] == successor["ods_code"]].drop_duplicates("Quarter")["Trust_name"].tolist()
    assert names[0] != names[1] == names[2] == names[3] == successor["name"]
    with (sample / "ods/etr.csv").open(newline="") as lines:
        closed = {row[0]: row[11] for row in csv.reader(lines) if row[11]}
    assert closed == {gone: "20250630"}


def test_reference_files_have_the_real_shape(sample: Path, data: pd.DataFrame) -> None:
    lines = (sample / "ods/etr.csv").read_bytes().decode().removesuffix("\r\n").split("\r\n")
    assert all(line.count('","') == 26 and line.startswith('"') and line.endswith('"') for line in lines)
    etr = {line[1:].split('"')[0] for line in lines}
    care = set(data[data["Trust_subtype"] == "Care Trust"]["Trust_code"])
    absent = set(data["Trust_code"]) - etr
    assert len(absent) == 3
    assert absent < care

    trusts = read(sample / "ods/trusts_2026-08.csv")
    lookup_text = (sample / "ods/SICBL26_ICB26_NHSER26_lookup.csv").read_bytes()
    lookup = read(sample / "ods/SICBL26_ICB26_NHSER26_lookup.csv")
    assert lookup_text.startswith(b"\xef\xbb\xbfSICBL26CD,SICBL26CDH,SICBL26NM,ICB26CD,ICB26CDH,ICB26NM,NHSER26CD,")
    assert b"\r" not in lookup_text
    assert (len(trusts), len(lookup), lookup["ICB26CDH"].nunique()) == (205, 106, 42)
    areas = {area for area in trusts["ics"] if area != "-"}
    assert {f"NHS {area} Integrated Care Board" for area in areas} <= set(lookup["ICB26NM"])
    assert Counter(map(len, trusts["ods_code"])) == {3: 204, 5: 1}


def test_no_code_or_name_is_real(sample: Path, data: pd.DataFrame) -> None:
    real_files = [*SHARED.glob("extracts/ods/*.csv"), *SHARED.glob("extracts/nof/*.csv")]
    if not real_files:
        pytest.skip(f"no real extracts under {SHARED}")
    real: set[str] = set()
    for path in real_files:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            real.update(cell.upper() for row in csv.reader(lines) for cell in row)
    trusts = read(sample / "ods/trusts_2026-08.csv")
    lookup = read(sample / "ods/SICBL26_ICB26_NHSER26_lookup.csv")
    invented = {
        *data["Trust_code"],
        *data["Trust_name"],
        *trusts["name"],
        *lookup["SICBL26CD"],
        *lookup["SICBL26CDH"],
        *lookup["ICB26CD"],
        *lookup["ICB26NM"],
    }
    assert not {text.upper() for text in invented} & real
    assert not lookup["ICB26CDH"].str.startswith("Q").any()


# The arithmetic by rule


def rule(metric_id: str, *values: float) -> list[float]:
    (metric,) = (metric for metric in METRICS if metric.metric_id == metric_id)
    scores = metric_scores(metric, {str(n): round(value * MILLION) for n, value in enumerate(values)})
    return [float(scores[str(n)]) for n in range(len(values))]


def test_scoring_rules_on_worked_examples() -> None:
    assert rule("OF0005", 0, 0, 3, 9, 1) == [1, 1, 3.25, 4, 2.5]  # ties share the best score and the next skips
    assert rule("OF0003", 1, 0.7, 2, 3, 4) == [1, 1, 2, 3, 4]
    assert rule("OF0003", 1, 5) == [1, 2]  # one alone misses the standard
    assert rule("OF0057", 70, 69.99, 80, 90) == [3, 4, 2, 1]
    assert rule("OF0057", 95) == [1]
    assert rule("OF0079", 0, -0.01, -0.99, -1, -2) == [1, 2, 2, 3, 4]
    assert rule("OF0081", 0, -0.01, -0.5, -0.99, -1) == [1, 2, 3, 3, 4]
    assert rule("X-SHMI", 3, 2, 1) == [1, 2, 4]
    (finance,) = (metric for metric in METRICS if metric.rule == "matrix")
    assert matrix_score(finance, Fraction(1), Fraction(4)) == 3
    assert matrix_score(finance, Fraction(4), Fraction(1)) == 2


def test_rounding_ranks_and_quantiles_are_exact() -> None:
    assert [hundredths(n, 1000) for n in (2345, 2344, -2345, 5, 0)] == [235, 234, -235, 1, 0]
    assert competition_ranks({"a": 2, "b": 1, "c": 2, "d": 3}) == {"a": 2, "b": 1, "c": 2, "d": 4}
    assert [quantile([4, 1, 2, 3], n) for n in (1, 2, 3)] == [Fraction(7, 4), Fraction(5, 2), Fraction(13, 4)]
    assert {metric.weight for metric in METRICS} == {Fraction(1), Fraction(1, 3)}


# The arithmetic from published cells


def test_scores_within_a_league_follow_from_published_ranks(data: pd.DataFrame, planted: pd.DataFrame) -> None:
    rows = without_planted(data, planted, "OF1023")
    for metric in METRICS:
        if metric.rule != "rank" or metric.metric_id in SCORED_WITH_OTHER_LEAGUES:
            continue
        sizes = data[data["Metric_ID"] == metric.score_id].groupby(["Quarter", "Trust_type"])["number"].size()
        for key, scores in rows[rows["Metric_ID"] == metric.score_id].groupby(["Quarter", "Trust_type"]):
            computed = 1 + 3 * (scores["position"] - 1) / (sizes[key] - 1)
            assert (computed - scores["number"]).abs().max() <= 0.005001, (metric.metric_id, key)


def test_ranks_are_of_unrounded_values_that_agree_with_the_published(data: pd.DataFrame) -> None:
    hidden = 0
    for metric in METRICS:
        sign = -1 if metric.higher_is_better else 1
        raw = data[(data["Metric_ID"] == metric.metric_id) & (data["Units"] == metric.unit)]
        for _, rows in raw.groupby(["Quarter", "Trust_type"]):
            ordered = rows.sort_values("position")
            assert (sign * ordered["number"]).is_monotonic_increasing, metric.metric_id
            hidden += (rows["number"].rank(method="min", ascending=sign == 1) != rows["position"]).sum()
            np.testing.assert_allclose(
                rows[["Median_value", "Lower_quartile", "Upper_quartile"]].iloc[0].astype(float),
                rows["number"].quantile([0.5, 0.25, 0.75]),
                atol=0.0101,
            )
    assert hidden > 500


def test_averages_and_domain_scores_are_weighted_means(data: pd.DataFrame, planted: pd.DataFrame) -> None:
    scores = data[data["Metric_ID"].str.match(r"OF1|X-.*SCORE$") & ~data["Metric_ID"].isin(NOT_COUNTED)]
    weight = scores["Metric_ID"].isin(THIRDS).map({True: 1 / 3, False: 1.0})
    scores = scores.assign(weight=weight, weighted=weight * scores["number"])
    for published_id in ("OF5002", *DOMAIN_SCORES.values()):
        published = data[data["Metric_ID"] == published_id]
        rows = scores if published_id == "OF5002" else scores[scores["Domain"].map(DOMAIN_SCORES) == published_id]
        sums = rows.groupby(["Quarter", "Trust_code"])[["weighted", "weight"]].sum()
        published = published.set_index(["Quarter", "Trust_code"])["number"]
        difference = ((sums["weighted"] / sums["weight"]) - published).abs()
        assert difference.notna().all()
        wrong = difference[difference > 0.0101].index.tolist()
        altered = planted[(planted["file_kind"] == "data") & planted["published_id"].isin([published_id, "OF1023"])]
        assert {code for _, code in wrong} <= set(altered["organisation_code"])
        assert len(wrong) <= 2


def test_segments_are_quartiles_of_all_trusts_and_the_override(data: pd.DataFrame, planted: pd.DataFrame) -> None:
    wide = (
        data[data["Metric_ID"].str.startswith("OF5")]
        .pivot(index=["Quarter", "Trust_code"], columns="Metric_ID", values="number")
        .reset_index()
    )
    pairs = [("OF5002", "OF5003"), *((f"OF40{n}", f"OF41{n}") for n in ("00", "02", "03", "04", "05"))]
    for score_id, segment_id in pairs:
        rows = data[data["Metric_ID"].isin([score_id, segment_id])]
        frame = rows.pivot(index=["Quarter", "Trust_code"], columns="Metric_ID", values="number").reset_index()
        for _, quarter in without_planted(frame, planted, score_id).groupby("Quarter"):
            best = quarter.groupby(segment_id)[score_id].agg(["min", "max", "size"])
            assert best.index.tolist() == [1, 2, 3, 4]
            assert (best["max"].iloc[:3].to_numpy() < best["min"].iloc[1:].to_numpy()).all()
            assert best["size"].between(len(quarter) / 4 - 14, len(quarter) / 4 + 14).all()
    adjusted = wide["OF5003"].where(wide["OF5004"] == 0, wide["OF5003"].clip(lower=3))
    assert (adjusted == wide["OF5000"]).all()
    assert wide["OF5007"].sum() >= 4
    programme = wide[wide["OF5007"] == 1]
    assert ((programme["OF5000"] == 4) & (programme["OF5005"] == 5)).all()


def test_league_order_and_its_agreement_with_the_data(
    data: pd.DataFrame,
    league: pd.DataFrame,
    planted: pd.DataFrame,
) -> None:
    published = data[data["Metric_ID"] == "OF5000"].set_index(["Quarter", "Trust_code"])
    averages = data[data["Metric_ID"] == "OF5002"].set_index(["Quarter", "Trust_code"])["number"]
    altered = set(planted["organisation_code"])
    table = league.set_index(["Quarter", "Trust_code"]).reindex(published.index)
    same = ~table.index.get_level_values("Trust_code").isin(altered)
    assert (table["Rank"].astype(float) == published["position"])[same].all()
    assert (table["Segment"].astype(float) == published["number"]).all()
    assert (table["Average_score"].astype(float) == averages)[same].all()
    right = table["Average_score"].astype(float).where(same, averages)
    (changed,) = planted[(planted["published_id"] == "OF5002") & (planted["file_kind"] == "data")].to_dict("records")
    right["Q3 2025/26", changed["organisation_code"]] = float(changed["right"])
    key = table["Segment"].astype(float) * 100 + right
    computed = key.groupby([table["Trust_type"], table.index.get_level_values("Quarter")]).rank(method="min")
    assert (computed == published["position"]).all()
    for text in ("Likely_range_of_average_score", "Likely_range_of_rank"):
        bounds = table[text].str.extract(r"^(\S+) to (\S+)$").astype(float)
        assert (bounds[0] <= bounds[1]).all()


def test_planted_cells_differ_wherever_they_are_published(sample: Path, planted: pd.DataFrame) -> None:
    assert list(planted.columns) == [
        "quarter",
        "organisation_code",
        "file_kind",
        "published_id",
        "column",
        "right",
        "planted",
    ]
    assert set(planted["quarter"]) == {"2025-26-Q3"}
    assert planted["organisation_code"].is_unique
    assert planted[["file_kind", "published_id", "column"]].apply(tuple, axis=1).tolist() == [
        ("data", "OF1023", "Value"),
        ("data", "OF4005", "Value"),
        ("data", "OF5002", "Value"),
        ("league table", "OF5000", "Rank"),
        ("league table", "OF5002", "Average_score"),
        ("data", "OF0010", "Value"),
        ("data", "OF0011", "Value"),
        ("data", "OF0013", "Value"),
    ]
    away = (planted["right"].astype(float) - planted["planted"].astype(float)).abs().round(2)
    assert (away[:3] == 0.01).all() and (away[3:] > 0.1).all()

    data = {
        month: pd.concat([read(path) for path in (sample / "nof" / month).glob("*-data*.csv")])
        for month in ("2026-03", "2026-06")
    }
    tables = [path for path in (sample / "nof/2026-03").glob("*-league-table*") if "acute" not in path.name]
    tables.append(sample / "nof/2026-03" / f"{STEM}acute-trust-league-table-q3-25-26-v2.csv")
    table = pd.concat([read(path) for path in tables])
    for plant in planted.to_dict("records"):
        for rows in data.values() if plant["file_kind"] == "data" else (table,):
            here = (rows["Trust_code"] == plant["organisation_code"]) & (rows["Quarter"] == "Q3 2025/26")
            if plant["file_kind"] == "data":
                here &= rows["Metric_ID"] == plant["published_id"]
            assert set(rows[here][plant["column"]]) == {plant["planted"]}


@pytest.mark.parametrize(
    ("quarter", "sizes"),
    [
        ("Q1 2025/26", {"OF0041": 68, "OF0082": 205, "OF0086": 70}),
        (
            "Q2 2025/26",
            {"OF0005": 120, "OF0016": 50, "OF0041": 70, "OF0057": 83, "OF0063": 48, "OF0082": 205, "OF0086": 71},
        ),
    ],
)
def test_the_oracle_reproduces_real_averages_and_domain_scores(quarter: str, sizes: dict[str, int]) -> None:
    paths = sorted(SHARED.glob("extracts/nof/*mental-health-and-community-trust-data-q2.csv"))
    if not paths:
        pytest.skip(f"no real extracts under {SHARED}")
    rows = read(paths[0]).query("Quarter == @quarter")
    published = {
        metric_id: dict(zip(group["Trust_code"], group["Value"], strict=True))
        for metric_id, group in rows.groupby("Metric_ID")
    }
    held: dict[tuple[str, str], list[tuple[Fraction, Fraction]]] = {}
    for metric in (metric for metric in METRICS if metric.counted and metric.score_id in published):
        span = 2 if metric.rule == "rank_with_floor" else 3
        steps = (sizes | {"OF0061": 61, "OF0084": 61}).get(metric.metric_id, 0) - 1
        for code, text in published[metric.score_id].items():
            score = Fraction(text)
            if steps > 0 and score <= 1 + span:  # back on the grid of exact scores
                score = 1 + Fraction(span * round((score - 1) * steps / span), steps)
            for published_id in ("OF5002", f"OF40{DOMAINS[metric.domain][1]}"):
                held.setdefault((published_id, code), []).append((metric.weight, score))
    assert len(held) == sum(len(published[key]) for key in ("OF5002", *DOMAIN_SCORES.values()))
    assert all(
        weighted_mean(scores) == round(float(published[key][code]) * 100) for (key, code), scores in held.items()
    )
