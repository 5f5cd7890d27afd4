"""Every numerator and denominator computed from real publications, again from the raw files by pandas and calamine."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests.oracle import STANDARDS, average_scores, competition_ranks, half_up, rank_scores, segments

QUARTERS = {
    "2025-26-Q1": ("2025-04", "2025-05", "2025-06"),
    "2025-26-Q2": ("2025-07", "2025-08", "2025-09"),
    "2025-26-Q4": ("2026-01", "2026-02", "2026-03"),
}
RANKED = ("2025-26-Q1", "2025-26-Q4")  # quarters for which the real files hold an acute metric
LATEST_MONTH = {"OF0023", "OF0003", "X-DM01-6W", "ICB-RTT-18W", "ICB-RTT-52W", "ICB-DM01-6W"}
ENGLAND = {
    "2025-26-Q1": {"OF0013": "75.24", "OF0010": "76.07", "OF0011": "68.51"},
    "2025-26-Q4": {"OF0023": "61.38", "X-DM01-6W": "21.19"},
}
INCOMPLETE_PATHWAYS = 7_187_677
ICB_METRICS = ["ICB-DM01-6W", "ICB-RTT-18W", "ICB-RTT-52W"]  # at hand in 2025-26-Q4
ICB_METRICS_MISSING = {"ICB-AE-4H", "ICB-CANCER-28D", "ICB-CANCER-62D"}
CANCER_METRICS = ["OF0010", "OF0011", "ICB-CANCER-28D", "ICB-CANCER-62D"]
# Trusts that are not scored on elective waiting times.
CANCER_SPECIALISTS = {"RBV", "REN", "RPY"}
ELECTIVE = {"OF0023", "OF0003"}
TIMELY = {"28-DAY FDS (ALL ROUTES)": ("10", "28D"), "62-DAY (ALL CANCER)": ("11", "62D")}


# The published files, read without the pipeline: one row per counted row of a file and metric.


def text(source: Any, **options: Any) -> pd.DataFrame:
    return pd.read_csv(source, dtype=str, keep_default_na=False, **options)


def zipped(path: Path) -> tuple[str, pd.DataFrame]:
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        with archive.open(member) as stream:
            rows = text(stream)
    rows["row"] = rows.index + 2
    return member, rows


def counts(rows: pd.DataFrame, columns: Any) -> pd.Series[float]:
    return rows[list(columns)].replace("", "0").astype(float).sum(axis=1)


def month(rows: pd.DataFrame, form: str) -> str:
    (period,) = set(rows["Period"])
    return f"{pd.to_datetime(period, format=form):%Y-%m}"


def counted(
    metric_id: str, rows: pd.DataFrame, organisation: Any, numerator: Any, denominator: Any, **where: str | None
) -> pd.DataFrame:
    """An organisation that is None counts for England only."""
    return pd.DataFrame(
        {"metric_id": metric_id, "organisation_code": organisation, "numerator": numerator, "denominator": denominator}
        | {"row": rows["row"]}
        | where
    )


def commissioner(rows: pd.DataFrame) -> pd.Series[str]:
    parent = rows["Commissioner Parent Org Code"]
    return parent.where(parent != "", rows["Commissioner Org Code"])


def rtt(path: Path) -> Iterator[pd.DataFrame]:
    member, rows = zipped(path)
    where = {"period": month(rows, "RTT-%B-%Y"), "member_or_sheet": member}
    rows = rows[(rows["RTT Part Type"] == "Part_2") & (rows["Treatment Function Code"] == "C_999")]
    weeks = [name for name in rows if name.startswith("Gt ")]
    assert weeks[17].startswith("Gt 17 To 18 ") and weeks[52].startswith("Gt 52 To 53 ") and len(weeks) == 105
    english = rows["Commissioner Org Code"] != "NONC"
    for ours, columns in (("OF0023 ICB-RTT-18W", weeks[:18]), ("OF0003 ICB-RTT-52W", weeks[52:])):
        trust, icb = ours.split()
        amounts = counts(rows, columns), counts(rows, ["Total All"])
        yield counted(trust, rows, rows["Provider Org Code"].where(english, None), *amounts, **where)
        yield counted(icb, rows, commissioner(rows), *amounts, **where)


def dm01(path: Path) -> Iterator[pd.DataFrame]:
    member, rows = zipped(path)
    where = {"period": month(rows, "DM01-%B-%Y"), "member_or_sheet": member}
    rows = rows[rows["Diagnostic Tests"] == "TOTAL"]
    weeks = [name for name in rows if "Week" in name]
    assert weeks[6] == "06 < 07 Weeks" and len(weeks) == 14
    amounts = counts(rows, weeks[6:]), counts(rows, ["Total WL"])
    yield counted("X-DM01-6W", rows, rows["Provider Org Code"], *amounts, **where)
    yield counted("ICB-DM01-6W", rows, commissioner(rows), *amounts, **where)


def ae(path: Path, icbs: dict[str, str]) -> Iterator[pd.DataFrame]:
    rows = text(path)
    rows["row"] = rows.index + 2
    total = rows["Period"].str.strip().str.lower() == "total"
    attendances = counts(rows, [name for name in rows if name.startswith("A&E attendances ")])
    over = counts(rows, [name for name in rows if name.startswith("Attendances over 4hrs ")])
    assert attendances[~total].sum() == attendances[total].sum() and over[~total].sum() == over[total].sum()
    rows = rows[~total]
    where = {"period": month(rows, "MSitAE-%B-%Y"), "member_or_sheet": None}
    amounts = (attendances - over)[~total], attendances[~total]
    yield counted("OF0013", rows, rows["Org Code"], *amounts, **where)
    yield counted("ICB-AE-4H", rows, [icbs.get(code) for code in rows["Org Code"]], *amounts, **where)


def cancer(path: Path) -> Iterator[pd.DataFrame]:
    workbook = CalamineWorkbook.from_path(path)
    for sheet, (trust, icb) in TIMELY.items():
        cells = pd.DataFrame(workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
        headings, *later = cells.index[cells[1] == "ODS CODE (1)"]
        end = cells.index[cells[0].astype(str).str.startswith("PART ") & (cells.index > headings)]
        rows = cells.loc[headings + 1 : end[0] - 1 if later else None].set_axis(cells.loc[headings], axis=1)
        rows = rows.assign(row=rows.index + 1)[rows["REFERRAL ROUTE"] == "ALL ROUTES"]
        within = rows[f"WITHIN {sheet[:2]} DAYS"].astype(float)
        total = rows["TOTAL"].astype(float)
        england = rows["ODS CODE (1)"] == ""
        assert england.sum() == 1
        assert within[~england].sum() == within[england].sum() and total[~england].sum() == total[england].sum()
        by_provider = "PROVIDER BASED" in cells.loc[2, 0]
        yield counted(
            f"OF00{trust}" if by_provider else f"ICB-CANCER-{icb}",
            rows[~england],
            rows["ODS CODE (1)"][~england],
            within[~england],
            total[~england],
            period=f"{pd.to_datetime(cells.loc[1, 0], format='%b-%y'):%Y-%m}",
            member_or_sheet=sheet,
        )


def trust_icbs(extracts: Path) -> dict[str, str]:
    trusts = text(extracts / "ods" / "trusts_2026-08.csv", encoding="utf-8-sig")
    lookup = text(extracts / "ods" / "SICBL26_ICB26_NHSER26_lookup.csv", encoding="utf-8-sig")
    icbs = lookup.drop_duplicates("ICB26NM").set_index("ICB26NM")["ICB26CDH"]
    named = "NHS " + trusts["ics"] + " Integrated Care Board"
    listed = dict(zip(trusts["ods_code"], named.map(icbs), strict=True))
    etr = text(extracts / "ods" / "etr.csv", header=None)
    return {code: icb for code, icb in listed.items() if isinstance(icb, str)} | dict(zip(etr[0], etr[3], strict=True))


def known_trusts(extracts: Path) -> set[str]:
    listed = text(extracts / "ods" / "trusts_2026-08.csv", encoding="utf-8-sig")["ods_code"]
    return set(listed) | set(text(extracts / "ods" / "etr.csv", header=None)[0])


def published_rows(extracts: Path) -> pd.DataFrame:
    icbs = trust_icbs(extracts)
    readers: dict[str, Callable[[Path], Iterator[pd.DataFrame]]] = {
        "rtt/*.zip": rtt,
        "dm01/*.zip": dm01,
        "ae/*.csv": lambda path: ae(path, icbs),
        "cancer/*.xlsx": cancer,
    }
    return pd.concat(
        frame.assign(source_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        for pattern, reader in readers.items()
        for path in sorted(extracts.glob(pattern))
        for frame in reader(path)
    ).reset_index(drop=True)


def successors(extracts: Path, quarter: str) -> dict[str, str]:
    """Predecessor codes of mergers that had happened by the last day of the quarter."""
    trusts = text(extracts / "ods" / "trusts_2026-08.csv", encoding="utf-8-sig")
    last_day = f"{pd.Period(QUARTERS[quarter][-1]).end_time:%Y-%m-%d}"
    merged = trusts[(trusts["predecessor_codes"] != "") & (trusts["merger_date"] <= last_day)]
    return {
        predecessor: row["ods_code"]
        for _, row in merged.iterrows()
        for predecessor in row["predecessor_codes"].split(";")
    }


def of_quarter(rows: pd.DataFrame, extracts: Path, quarter: str) -> pd.DataFrame:
    """The rows that count: of the latest month at hand, or of every month at hand."""
    rows = rows[rows["period"].isin(QUARTERS[quarter])]
    rows = rows.assign(organisation_code=rows["organisation_code"].replace(successors(extracts, quarter)))
    latest = rows["period"] == rows.groupby("metric_id")["period"].transform("max")
    return rows[latest | ~rows["metric_id"].isin(LATEST_MONTH)]


def totals(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows.groupby(["organisation_code", "metric_id"])
    months = found["period"].agg(lambda periods: " ".join(sorted(set(periods)))).astype(object)
    return found[["numerator", "denominator"]].sum().assign(months=months)


def england(rows: pd.DataFrame) -> pd.DataFrame:
    """Every row of the files, those that count for no organisation included."""
    return rows.groupby("metric_id")[["numerator", "denominator"]].sum()


def values(numbers: pd.DataFrame) -> pd.Series[Any]:
    """A quarter's value needs rows of the organisation in each of its three months."""
    latest = numbers.index.get_level_values("metric_id").isin(list(LATEST_MONTH))
    numbers = numbers[(numbers["denominator"] > 0) & (latest | (numbers["months"].str.split().str.len() == 3))]
    return pd.Series(
        [half_up(100 * Decimal(row.numerator) / Decimal(row.denominator), 6) for row in numbers.itertuples()],
        index=numbers.index,
        dtype=object,
    )


# Fixtures


@pytest.fixture(scope="module")
def rows(shared_extracts: Path) -> Callable[[str], pd.DataFrame]:
    everything = published_rows(shared_extracts)
    return cache(lambda quarter: of_quarter(everything, shared_extracts, quarter))


@pytest.fixture(scope="module")
def table(real_quarters: dict[str, Any]) -> Callable[[str, str], pd.DataFrame]:
    """A table of the release of a quarter."""
    return lambda quarter, name: pd.read_parquet(real_quarters[quarter].release / f"{name}.parquet")


def computed(table: Callable[[str, str], pd.DataFrame], quarter: str) -> pd.DataFrame:
    found = table(quarter, "metric_values")
    found = found[(found["quarter"] == quarter) & (found["value_basis"] == "computed")]
    assert not found.duplicated(["organisation_code", "metric_id"]).any()
    return found.set_index(["organisation_code", "metric_id"]).sort_index()


def held(rows: pd.DataFrame, metric_id: str, members: set[str]) -> dict[str, Decimal]:
    found = values(totals(rows[rows["metric_id"] == metric_id]))
    return {code: value for (code, _), value in found.items() if code in members}


# Tests


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_numerator_and_denominator(rows: Any, table: Any, quarter: str) -> None:
    """Both ways: nothing released that the files do not hold, nothing in the files that is not released."""
    ours, released = totals(rows(quarter)), computed(table, quarter)
    with_counts = released[released["numerator"].notna() | released["denominator"].notna()]
    assert list(with_counts.index.difference(ours.index)) == []
    assert list(ours.index.difference(released.index)) == []
    # Without counts may only be listed what has nobody to count, or what does not apply; both with a reason.
    silent = released.loc[ours.index.difference(with_counts.index)]
    exempt = released.index[released["status"] == "not_applicable"]
    assert {code for code, _ in exempt} <= CANCER_SPECIALISTS and {metric for _, metric in exempt} <= ELECTIVE
    assert (ours.loc[silent.index.difference(exempt), "denominator"] == 0).all()
    assert silent["status_reason"].fillna("").ne("").all()

    ours = ours.loc[with_counts.index]
    for amount in ("numerator", "denominator"):
        differs = with_counts[amount].astype(float) != ours[amount]
        assert list(with_counts.index[differs]) == [], amount
    expected = values(ours.drop(exempt, errors="ignore"))
    reported = with_counts["value"].dropna()
    assert set(reported.index) == set(expected.index)
    assert set(with_counts.loc[reported.index, "status"]) <= {"reported"}
    without_value = with_counts[with_counts["value"].isna()].drop(exempt, errors="ignore")
    assert set(without_value["status"]) <= {"missing"}
    for key, reason in without_value["status_reason"].items():
        nobody = ours.loc[key, "denominator"] == 0
        assert "denominator" in reason if nobody else all(month in reason for month in ours.loc[key, "months"].split())
    assert [key for key in expected.index if half_up(Decimal(str(reported[key])), 6) != expected[key]] == []
    assert set(with_counts.loc[expected.index, "unit"]) <= {"%"}


@pytest.mark.parametrize("quarter", ENGLAND)
def test_england(rows: Any, table: Any, quarter: str) -> None:
    ours = england(rows(quarter))
    found = table(quarter, "england_figures")
    found = found[found["quarter"] == quarter].dropna(subset="value").set_index("metric_id")
    assert set(ENGLAND[quarter]) <= set(found.index) <= set(ours.index)
    for metric_id, row in found.iterrows():
        assert float(row["numerator"]) == ours.loc[metric_id, "numerator"], metric_id
        assert float(row["denominator"]) == ours.loc[metric_id, "denominator"], metric_id
    shown = {metric_id: str(half_up(Decimal(str(found.loc[metric_id, "value"])), 2)) for metric_id in ENGLAND[quarter]}
    assert shown == ENGLAND[quarter]


def test_control_total_of_incomplete_pathways(rows: Any, table: Any) -> None:
    """Those commissioned from outside England belong to England's total and to no provider's figure."""
    ours = rows("2025-26-Q4")
    released = computed(table, "2025-26-Q4")["denominator"].astype(float).groupby("metric_id").sum()
    assert released["ICB-RTT-18W"] == england(ours).loc["ICB-RTT-18W", "denominator"] == INCOMPLETE_PATHWAYS
    figures = table("2025-26-Q4", "england_figures").set_index("metric_id")
    assert float(figures.loc["OF0023", "denominator"]) == INCOMPLETE_PATHWAYS


def test_icb_league(rows: Any, table: Any) -> None:
    quarter = "2025-26-Q4"
    ours = rows(quarter)
    icbs = {code for code in ours.loc[ours["metric_id"] == "ICB-RTT-18W", "organisation_code"] if code.startswith("Q")}
    assert len(icbs) == 42
    averages = average_scores({metric: rank_scores(metric, held(ours, metric, icbs)) for metric in ICB_METRICS})
    segment = segments(averages)
    rank = competition_ranks({code: (segment[code], averages[code]) for code in icbs})

    league = table(quarter, "icb_league_table").set_index("organisation_code")
    ranked = league[league["ranked"]]
    assert set(ranked.index) == icbs
    assert {code: half_up(Decimal(str(score)), 2) for code, score in ranked["average_score"].items()} == averages
    assert ranked["segment"].astype(int).to_dict() == segment
    assert ranked["rank"].astype(int).to_dict() == rank
    assert set(ranked["metrics_counted"]) == {len(ICB_METRICS)}
    assert set(ranked["coverage"]) == {"partial"}
    assert set(league["framework_status"]) == {"experimental"}

    unranked = league[~league["ranked"]]
    commissioners = ours[ours["metric_id"].isin(ICB_METRICS)]["organisation_code"]
    assert set(unranked.index) == set(commissioners) - icbs
    assert {"NONC", "X24", "13Q", "Y56"} < set(unranked.index)
    assert unranked["rank"].isna().all()
    assert unranked["not_ranked_reason"].fillna("").ne("").all()


def test_icb_league_says_what_it_lacks(table: Any) -> None:
    coverage = table("2025-26-Q4", "league_coverage").set_index("league").loc["icb"]
    assert coverage["coverage"] == "partial"
    assert set(coverage["metrics_missing"].split()) == ICB_METRICS_MISSING


def test_month_that_is_not_the_last_is_named(table: Any) -> None:
    released = computed(table, "2025-26-Q4").reset_index()
    released = released[released["value"].notna()]
    named = released["status_reason"].fillna("").str.contains("2026-01").groupby(released["metric_id"])
    assert all(named.all()[metric] for metric in ("OF0023", "OF0003", "ICB-RTT-18W", "ICB-RTT-52W"))
    assert not any(named.any()[metric] for metric in ("X-DM01-6W", "ICB-DM01-6W"))


@pytest.mark.parametrize("quarter", RANKED)
def test_named_rows_add_up(rows: Any, table: Any, quarter: str) -> None:
    """The rows that metric_sources names, cut down to the organisation, are the numerator and the denominator."""
    released = computed(table, quarter).dropna(subset="numerator")
    sources = table(quarter, "metric_sources")
    sources = sources[sources["value_basis"] == "computed"].groupby(["organisation_code", "metric_id"])
    source_counts = rows(quarter).groupby(["organisation_code", "metric_id"])
    for key, value in released.sample(200, random_state=20260131).iterrows():
        ours, named = source_counts.get_group(key), sources.get_group(key)
        sums = []
        for source in named.itertuples():
            member = None if pd.isna(source.member_or_sheet) or source.member_or_sheet == "" else source.member_or_sheet
            in_file = ours[(ours["source_sha256"] == source.source_sha256) & (ours["period"] == source.period)]
            assert {m if isinstance(m, str) else None for m in in_file["member_or_sheet"]} == {member}, key
            # The range is tight: it starts and ends in rows of the organisation.
            assert {int(source.first_row), int(source.last_row)} <= set(in_file["row"]), key
            sums.append(in_file[in_file["row"].between(int(source.first_row), int(source.last_row))])
        found = pd.concat(sums)
        assert not found.duplicated(["source_sha256", "row"]).any(), key
        assert float(value["numerator"]) == found["numerator"].sum(), key
        assert float(value["denominator"]) == found["denominator"].sum(), key


def test_one_month_of_three_is_missing_and_named(table: Any) -> None:
    released = computed(table, "2025-26-Q2").reset_index()
    found = released[released["metric_id"].isin(CANCER_METRICS)]
    assert set(found["metric_id"]) == set(CANCER_METRICS)
    assert set(found["status"]) == {"missing"}
    assert found["value"].isna().all()
    assert found["status_reason"].fillna("").str.contains("2025-09").all()


@pytest.mark.parametrize("quarter", RANKED)
def test_providers_that_are_no_trusts_are_in_no_league(
    rows: Any, table: Any, shared_extracts: Path, quarter: str
) -> None:
    ours = totals(rows(quarter)).reset_index()
    ours = ours[~ours["metric_id"].str.startswith("ICB-")]
    known = known_trusts(shared_extracts)
    others = set(ours["organisation_code"]) - known
    assert len(others) > 50
    released = computed(table, quarter).reset_index()
    of_others = released[released["organisation_code"].isin(others)]
    assert set(of_others["organisation_code"]) == others
    assert set(of_others["organisation_type"]) == {"independent_or_other"}
    assert of_others["league"].isna().all()
    of_trusts = released[released["organisation_code"].isin(set(ours["organisation_code"]) & known)]
    assert set(of_trusts["organisation_type"]) == {"trust"}
    for name in ("domain_league_table", "metric_league_table"):
        assert not set(table(quarter, name)["organisation_code"]) & others
    assert not set(table(quarter, "trust_league_table")["organisation_code"]) & others


@pytest.mark.parametrize("quarter", RANKED)
def test_acute_access_domain(rows: Any, table: Any, quarter: str) -> None:
    metric_values = table(quarter, "metric_values")
    acute = set(metric_values.loc[metric_values["league"] == "acute", "organisation_code"])
    assert 120 < len(acute) < 140
    ours = rows(quarter)
    metrics = sorted({*STANDARDS, "OF0023"} & set(ours["metric_id"]))
    assert metrics == (["OF0010", "OF0011", "OF0013"] if quarter == "2025-26-Q1" else ["OF0003", "OF0023"])
    members = {metric: acute - CANCER_SPECIALISTS if metric in ELECTIVE else acute for metric in metrics}
    scores = {metric: rank_scores(metric, held(ours, metric, members[metric])) for metric in metrics}
    domain_scores = average_scores(scores)

    found = table(quarter, "domain_league_table")
    found = found[(found["league"] == "acute") & (found["domain"] == "access")].set_index("organisation_code")
    scored = found["domain_score"].dropna()
    # Not placed may only be who has less than half of the metrics at hand.
    few = {code for code in domain_scores if 2 * sum(code in by_code for by_code in scores.values()) < len(metrics)}
    assert set(domain_scores) - few <= set(scored.index) <= set(domain_scores)
    assert [code for code, score in scored.items() if half_up(Decimal(str(score)), 2) != domain_scores[code]] == []
    ranked = found["rank"].dropna().astype(int).to_dict()
    assert set(domain_scores) - few <= set(ranked)
    assert ranked == competition_ranks({code: domain_scores[code] for code in ranked})
