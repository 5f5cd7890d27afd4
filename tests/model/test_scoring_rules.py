"""Rules as laws: compiled SQL of the steps against an oracle in exact fractions, and what holds for any input.

Belongs here: generated inputs, one in-memory database a chain of steps. Does not: single cases (dbt unit tests)."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.warehouse import manifest
from orchestration.workspace.paths import DBT_PROJECT, SEEDS
from tests.oracle import competition_ranks, half_up, quantile, segment, spread

QUARTER = "2025-26-Q2"
CUT_POINTS = {  # observed, of all domains together
    "2025-26-Q1": ("2.05", "2.325", "2.625"),
    "2025-26-Q2": ("2.065", "2.345", "2.665"),
    "2025-26-Q3": ("2.07", "2.355", "2.705"),
    "2025-26-Q4": ("2.065", "2.3", "2.585"),
}
TOGETHER = 4  # inputs in one query: to plan it takes longer than to run it
MONTHS = (date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1))
LEAGUES = ("acute", "mental_health_community", "ambulance")
KEYS_OF_A_FIGURE = ("quarter", "league", "trust_code", "published_id")
FIGURES = {**dict.fromkeys(KEYS_OF_A_FIGURE, "varchar"), "value": "decimal(18, 6)"}
TEN_DECIMALS = Fraction(1, 10**10)

Row = dict[str, Any]
examples = settings(max_examples=30, derandomize=True, deadline=None, database=None)
fewer = settings(examples, max_examples=15)


class Steps:
    """Models as views over empty tables of their inputs' types; seeds come with their rows."""

    def __init__(self, nodes: dict[str, Any], *models: str) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("attach ':memory:' as warehouse")
        by_name = {node["name"]: node for node in nodes.values() if node["resource_type"] in ("model", "seed")}
        self.relations = {name: node["relation_name"] for name, node in by_name.items()}
        for schema in ("stage", "metric", "rules", "score", "rank"):
            self.connection.execute(f"create schema warehouse.{schema}")
        read = {name for model in models for name in by_name[model]["depends_on"]["nodes"]}
        inputs = [nodes[name] for name in sorted(read) if nodes[name]["name"] not in models]
        self.create = {n["name"]: f"create or replace table {n['relation_name']} {_definition(n)}" for n in inputs}
        for statement in self.create.values():
            self.connection.execute(statement)
        for model in models:
            self.connection.execute(f"create view {self.relations[model]} as {by_name[model]['compiled_code']}")

    def settle(self, *models: str) -> None:
        """Works models out once, whose inputs stay as they are: views of views are planned anew for every example."""
        for model in models:
            self.connection.execute(f"create table settled_{model} as from {self.relations[model]}")
            self.connection.execute(f"create or replace view {self.relations[model]} as from settled_{model}")

    def run(self, output: str, columns: str, **inputs: list[Row]) -> dict[Any, Any]:
        """Rows of `output` after the inputs are replaced: first column to the other (or the others)."""
        for name, rows in inputs.items():
            self.connection.execute(self.create[name])
            if rows:
                one = f"({', '.join('?' * len(rows[0]))})"
                self.connection.execute(
                    f"insert into {self.relations[name]} ({', '.join(rows[0])}) values {', '.join([one] * len(rows))}",
                    [value for row in rows for value in row.values()],
                )
        found = self.connection.execute(f"select {columns} from {self.relations[output]}").fetchall()
        assert len({row[0] for row in found}) == len(found), "first column is no key"
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in found}


def _definition(node: Row) -> str:
    if node["resource_type"] == "seed":
        types = ", ".join(f"{name}: '{kind}'" for name, kind in node["config"]["column_types"].items())
        named = f", types = {{{types}}}" if types else ""
        return f"as from read_csv('{DBT_PROJECT / node['original_file_path']}'{named})"
    columns = {column["name"]: column["data_type"] for column in node["columns"].values()}
    return f"({', '.join(map(' '.join, (FIGURES if node['name'] == 'nof_figures' else columns).items()))})"


@pytest.fixture(scope="module")
def nodes() -> dict[str, Any]:
    """The compiled project; nothing is built."""
    found: dict[str, Any] = manifest.raw()["nodes"]
    return found


@pytest.fixture(scope="module")
def scoring(nodes: dict[str, Any]) -> Steps:
    return Steps(nodes, "rank_scores")


@pytest.fixture(scope="module")
def banding(nodes: dict[str, Any]) -> Steps:
    steps = Steps(nodes, "leagues_in_force", "score_bands_in_force", "score_matrix_in_force", "lookup_scores")
    steps.run("score_bands_in_force", "row_number() over (), score", quarters_in_scope=[{"quarter": QUARTER}])
    steps.settle("leagues_in_force", "score_bands_in_force", "score_matrix_in_force")
    return steps


@pytest.fixture(scope="module")
def counting(nodes: dict[str, Any]) -> Steps:
    steps = Steps(nodes, "metric_parts", "computed_values")
    built = {"quarter": QUARTER, "period_start": MONTHS[0], "period_end": date(2025, 9, 30)}
    with (SEEDS / "computed_metrics.csv").open(encoding="utf-8", newline="") as file:
        rules = {row["metric_id"]: row for row in csv.DictReader(file)}  # of several ways to compute a metric the last
    in_force = [
        {"quarter": QUARTER}
        | {name: rule[name] for name in ("framework", "metric_id", "publication", "measure", "side", "basis")}
        | {"multiplier": int(rule["multiplier"]), "divisor": int(rule["divisor"])}
        for rule in (rules[metric_id] for metric_id in COUNTED_METRICS)
    ]
    steps.run("computed_values", "metric_id, status", quarters_in_scope=[built], rules_in_force=in_force)
    return steps


@pytest.fixture(scope="module")
def averaging(nodes: dict[str, Any]) -> Steps:
    return Steps(nodes, "metric_scores", "domain_scores", "average_scores")


@pytest.fixture(scope="module")
def ranking(nodes: dict[str, Any]) -> Steps:
    segments = ("scores_to_segment", "segment_cut_points", "unadjusted_segments", "adjusted_segments")
    in_force = ("leagues_in_force", "cut_points_in_force", "summary_measures_in_force")
    steps = Steps(nodes, *in_force, *segments, "league_ranks")
    quarters = [{"quarter": quarter} for quarter in CUT_POINTS]
    figure = {"trust_code": "A", "published_id": "OF5004"}
    released = [{**quarter, **figure, "league": league} for quarter in quarters for league in LEAGUES]
    steps.run("leagues_in_force", "(quarter, league), title", quarters_in_scope=quarters, nof_figures=released)
    steps.settle(*in_force)
    return steps


# The oracle of scores by rank: what is official about equal values and thresholds, on generated rules.


def better_first(row: Row, population: list[Row]) -> tuple[Decimal, Decimal]:
    """Value first; equal values by the official order, but only where all of them have one."""
    official = "published_rank" if row["leagues_expected"] == 1 else "published_score"
    known = all(other[official] is not None for other in population if other["value"] == row["value"])
    value = -row["value"] if row["polarity"] == "higher" else row["value"]
    return value, row[official] if known else Decimal(0)


def beyond(row: Row) -> bool:
    sign = 1 if row["polarity"] == "higher" else -1
    if row["threshold"] == "standard":
        return sign * (row["value"] - row["standard"]) >= 0
    return row["threshold"] == "floor" and sign * (row["value"] - row["floor"]) < 0


def oracle_scores(population: list[Row]) -> dict[str, tuple[int, int, Fraction]]:
    """Rank and size among those on the same side of the threshold, and the score, by organisation."""
    valued = [row for row in population if row["value"] is not None]
    scores = {}
    for past in (True, False):
        band = [row for row in valued if beyond(row) == past]
        ranks = competition_ranks({row["organisation_code"]: better_first(row, band) for row in band})
        ends = {None: (1, 4), "standard": (1, 1) if past else (2, 4), "floor": (4, 4) if past else (1, 3)}
        for code, score in spread(ranks, *ends[population[0]["threshold"]]).items():
            scores[code] = (ranks[code], len(band), score)
    return scores


# What is generated: few distinct values, so that ties, halves and thresholds are common.


def hundredths(low: int, high: int, step: int = 1) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda n: Decimal(n * step) / 100)


@st.composite
def population(draw: st.DrawFn, name: str) -> list[Row]:
    """Everybody of one scoring population, some without a value, some thresholds hit exactly."""
    threshold = draw(st.sampled_from([None, "standard", "floor"]))
    best, span, alone, beyond_score = {
        None: (1, 3, 1, None),
        "standard": (2, 2, 2, 1),
        "floor": (1, 2, 1, 4),
    }[threshold]
    rule = {
        "quarter": QUARTER,
        "metric_id": "M",
        "population": name,
        "population_complete": True,
        "polarity": draw(st.sampled_from(["higher", "lower"])),
        "leagues_expected": draw(st.sampled_from([1, 2])),
        "threshold": threshold,
        "standard": draw(hundredths(-20, 20, 25)),
        "floor": draw(hundredths(-20, 20, 25)),
        "beyond_threshold_score": beyond_score,
        "best_score": best,
        "span": span,
        "single_score": alone,
    }
    value = hundredths(-20, 20, 25) | hundredths(-2000, 2000)
    row = st.tuples(value | st.none(), st.none() | st.integers(1, 5), st.none() | hundredths(100, 110))
    drawn = draw(st.lists(row, min_size=1, max_size=25))
    return [
        {**rule, "organisation_code": f"{name}T{n}", "value": v, "published_rank": r, "published_score": s}
        for n, (v, r, s) in enumerate(drawn)
    ]


@st.composite
def populations(draw: st.DrawFn) -> list[list[Row]]:
    """Scoring populations of one metric."""
    return [draw(population(f"P{n}")) for n in range(TOGETHER)]


@st.composite
def scored_metrics(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Exact scores of some trusts, on grids whose steps often add up to exact halves."""
    return {f"T{n}": draw(metrics_of_a_trust()) for n in range(TOGETHER)}


@st.composite
def metrics_of_a_trust(draw: st.DrawFn) -> list[Row]:
    step = st.sampled_from([1, 2, 3, 4, 6, 7, 9, 12, 40, 60, 117, 200, 204])
    rows = []
    for n in range(draw(st.integers(1, 12))):
        size = draw(step)
        exact = 1 + Fraction(3 * draw(st.integers(0, size)), size)
        rows.append(
            {
                "metric_id": f"M{n:02}",
                "exact": exact,
                "third": draw(st.booleans()),
                "domain": draw(st.sampled_from(["access", "safety"])),
                "counts": draw(st.sampled_from([True, True, True, False])),
                "at_two_decimals": draw(st.sampled_from([False, False, True])),
                "held": draw(st.sampled_from([True, True, True, False])),
            }
        )
    return rows


@st.composite
def providers(draw: st.DrawFn, leagues: tuple[str, ...] = LEAGUES) -> list[list[Row]]:
    """The trusts of each quarter, which have the same codes in all."""
    return [draw(providers_of(quarter, leagues)) for quarter in CUT_POINTS]


@st.composite
def providers_of(draw: st.DrawFn, quarter: str, leagues: tuple[str, ...]) -> list[Row]:
    """Trusts with their average (None: no score), override flag (None: not published) and whether what they lack
    leaves enough to place them; each league has one."""
    average = st.none() | hundredths(100, 400) | hundredths(20, 22, 10)
    flag = st.sampled_from([0, 0, 1, None])
    enough = st.sampled_from([True, True, True, True, False])
    drawn = draw(st.lists(st.tuples(st.sampled_from(leagues), average, flag, enough), max_size=30))
    drawn += [(league, draw(average), draw(flag), draw(enough)) for league in leagues]
    return [
        {"quarter": quarter, "organisation_code": f"T{n}", "league": league, "average_score": score}
        | {"flag": override, "enough": covered}
        for n, (league, score, override, covered) in enumerate(drawn)
    ]


def average_shown(trust: Row) -> Decimal | None:
    score: Decimal | None = trust["average_score"] if trust["enough"] else None
    return score


COUNTS = ("numerator", "denominator")
COUNTED_METRICS = {  # measure, unit of the value, parts that a count can have
    "OF0011": ("cancer_62_day", Fraction(100), 2),
    "OF0013": ("ae_within_4_hours", Fraction(100), 1),
    "OF0017": ("ambulance_category_2", Fraction(1, 60), 1),
}


@st.composite
def source_counts(draw: st.DrawFn, metric_id: str) -> list[Row]:
    """Counts of a metric of several groups of organisations."""
    return [row for n in range(TOGETHER) for row in draw(counts_of_a_group(metric_id, n))]


@st.composite
def counts_of_a_group(draw: st.DrawFn, metric_id: str, group: int) -> list[Row]:
    """Counts by organisation and month, months and figures missing here and there; small and national numbers."""
    measure, _, parts = COUNTED_METRICS[metric_id]
    number = st.integers(0, 12) | st.integers(0, 10**7)
    figure = st.integers(0, 11).flatmap(lambda n: number if n else st.none())
    month_or_none = st.integers(0, 7).flatmap(lambda n: st.tuples(figure, figure) if n else st.none())
    drawn = draw(st.dictionaries(st.sampled_from("ABCDE"), st.tuples(*[month_or_none] * 3), min_size=1))
    return [
        {
            "quarter": QUARTER,
            "month": month,
            "measure": measure,
            "side": "provider",
            "organisation_code": f"{code}{group}",
            "numerator": None if numerator is None else Decimal(numerator) / parts,
            "denominator": None if denominator is None else Decimal(denominator) / parts,
        }
        for code, months in drawn.items()
        for month, counted in zip(MONTHS, months, strict=True)
        if counted is not None
        for numerator, denominator in [counted]
    ]


def scores_of(scoring: Steps, rows: list[Row]) -> dict[str, tuple[int, int, Decimal]]:
    columns = "organisation_code, rank_in_population, population_size, score"
    return scoring.run("rank_scores", columns, scoring_inputs=rows)


def together(groups: list[list[Row]]) -> list[Row]:
    return [row for group in groups for row in group]


def of(trust: Row) -> tuple[str, str]:
    return trust["quarter"], trust["organisation_code"]


def table_of(ranking: Steps, trusts: list[Row]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Rows of the league tables by quarter and organisation."""
    keys = [{name: trust[name] for name in ("quarter", "organisation_code", "league")} for trust in trusts]
    leagues = sorted({(trust["quarter"], trust["league"]) for trust in trusts})
    return ranking.run(
        "league_ranks",
        "(quarter, organisation_code), segment_unadjusted, segment, rank, rank_without_override, rank is not null, "
        "average_score",
        organisations=[{**key, "organisation_type": "trust"} for key in keys],
        league_value_basis=[
            {"quarter": quarter, "framework": "nof-2025-26", "league": league, "value_basis": "published"}
            for quarter, league in leagues
        ],
        organisations_covered=[
            {**key, "scope": "overall", "covered": covered, "not_covered_reason": None if covered else "too few"}
            for key, covered in zip(keys, (average_shown(t) is not None for t in trusts), strict=True)
        ],
        average_scores=[
            {**key, "average_score": t["average_score"], "metrics_counted": 9}
            for key, t in zip(keys, trusts, strict=True)
            if t["average_score"] is not None
        ],
        nof_figures=[
            {"quarter": t["quarter"], "league": t["league"], "trust_code": t["organisation_code"]}
            | {"published_id": "OF5004", "value": t["flag"]}
            for t in trusts
        ],
    )


@examples
@given(populations=populations())
def test_scores_equal_the_oracle(scoring: Steps, populations: list[list[Row]]) -> None:
    scores = scores_of(scoring, together(populations))
    expected = {code: found for population in populations for code, found in oracle_scores(population).items()}
    assert {code: found[:2] for code, found in scores.items()} == {code: e[:2] for code, e in expected.items()}
    for code, (_, _, score) in expected.items():
        assert abs(Fraction(scores[code][2]) - score) <= TEN_DECIMALS


@examples
@given(populations=populations(), seed=st.integers(0, 99))
def test_order_of_rows_does_not_matter(scoring: Steps, populations: list[list[Row]], seed: int) -> None:
    rows = together(populations)
    shuffled = Random(seed).sample(rows, len(rows))
    assert scores_of(scoring, shuffled) == scores_of(scoring, rows)


@examples
@given(populations=populations())
def test_better_value_never_scores_worse_and_ties_share_the_score(scoring: Steps, populations: list[list[Row]]) -> None:
    scores = scores_of(scoring, together(populations))
    assert set(scores) == {row["organisation_code"] for row in together(populations) if row["value"] is not None}
    for population in populations:
        valued = sorted(
            (row for row in population if row["value"] is not None), key=lambda row: better_first(row, population)
        )
        for better, worse in pairwise(valued):
            (_, _, score), (_, _, next_score) = scores[better["organisation_code"]], scores[worse["organisation_code"]]
            assert 1 <= score <= next_score <= 4
            if better_first(better, population) == better_first(worse, population):
                assert score == next_score


@examples
@given(populations=populations(), rise=hundredths(1, 500))
def test_improving_a_value_never_worsens_its_score(scoring: Steps, populations: list[list[Row]], rise: Decimal) -> None:
    """Of the first of each population."""
    before = scores_of(scoring, together(populations))
    better = [dict(row) for row in together(populations)]
    first = {row["population"]: row for row in reversed(better) if row["value"] is not None}
    for row in first.values():
        row["value"] += rise if row["polarity"] == "higher" else -rise
    after = scores_of(scoring, better)
    for row in first.values():
        assert after[row["organisation_code"]][2] <= before[row["organisation_code"]][2]


@st.composite
def mergers(draw: st.DrawFn) -> dict[str, str]:
    """Successors by predecessor, in each group of organisations."""
    merged = st.sampled_from([{}, {"B": "A"}, {"B": "A", "C": "A"}, {"E": "D"}])
    return {f"{old}{n}": f"{new}{n}" for n in range(TOGETHER) for old, new in draw(merged).items()}


@fewer
@given(data=st.data(), absorbed=mergers())
@pytest.mark.parametrize("metric_id", COUNTED_METRICS)
def test_computed_ratios_equal_the_oracle(
    counting: Steps, metric_id: str, data: st.DataObject, absorbed: dict[str, str]
) -> None:
    """Sums of the months, predecessors included; a ratio of all three, half up in six decimals, not rounded before."""
    counts = data.draw(source_counts(metric_id))
    found = counting.run(
        "computed_values",
        "organisation_code, numerator, denominator, case when status = 'reported' then ratio end, status",
        source_counts=counts,
        months_used=[
            {"quarter": QUARTER, "framework": "nof-2025-26", "metric_id": metric_id, "month": month} for month in MONTHS
        ],
        successions=[
            {"quarter": QUARTER, "predecessor_code": gone, "successor_code": code} for gone, code in absorbed.items()
        ],
    )
    expected = {}
    for code in {absorbed.get(row["organisation_code"], row["organisation_code"]) for row in counts}:
        own = [row for row in counts if absorbed.get(row["organisation_code"], row["organisation_code"]) == code]
        given = {part: [Fraction(row[part]) for row in own if row[part] is not None] for part in COUNTS}
        sums = [sum(figures) if figures else None for figures in given.values()]
        whole = all(len(figures) == len(own) for figures in given.values()) and len({row["month"] for row in own}) == 3
        if whole and sums[1]:
            exact = COUNTED_METRICS[metric_id][1] * sums[0] / sums[1]
            expected[code] = (*sums, half_up(exact, 6), "reported")
        else:
            expected[code] = (*sums, None, "missing")
    assert found == expected


BAND_EDGES = {"OF0079": ("0", "-1", "-2"), "OF0081": ("0", "-0.5", "-1")}
VALUES = hundredths(-300, 100) | hundredths(-6, 2, 50)


@examples
@given(several=st.tuples(*[st.lists(VALUES, min_size=1, max_size=30)] * TOGETHER))
@pytest.mark.parametrize("metric_id", BAND_EDGES)
def test_bands_cover_every_value_once(banding: Steps, metric_id: str, several: tuple[list[Decimal], ...]) -> None:
    values = {value for some in several for value in some}
    surplus, *lower_edges = map(Decimal, BAND_EDGES[metric_id])
    inputs = [
        {"quarter": QUARTER, "league": "acute", "organisation_code": str(v)}
        | {"metric_id": metric_id, "value": v, "scoring_rule": "bands"}
        for v in values
    ]
    scores = banding.run("lookup_scores", "organisation_code, score", scoring_inputs=inputs)
    assert scores == {str(v): 1 if v >= surplus else 2 + sum(v <= edge for edge in lower_edges) for v in values}


@examples
@given(metrics=scored_metrics())
def test_averages_equal_the_oracle(averaging: Steps, metrics: dict[str, list[Row]]) -> None:
    of_trusts = [({"quarter": QUARTER, "organisation_code": code}, m) for code, of_it in metrics.items() for m in of_it]
    third = Decimal("0.333333333333")
    tables = {
        "scoring_inputs": [
            {
                **key,
                "league": "acute",
                "metric_id": m["metric_id"],
                "domain": m["domain"],
                "scoring_rule": "rank",
                "weight": third if m["third"] else Decimal(1),
                "counts_in_average": m["counts"],
                "score_decimals": 2 if m["at_two_decimals"] else None,
            }
            for key, m in of_trusts
        ],
        "rank_scores": [
            {
                **key,
                "metric_id": m["metric_id"],
                "score": round(Decimal(m["exact"].numerator) / m["exact"].denominator, 10),
            }
            for key, m in of_trusts
            if m["held"]
        ],
    }
    scores = averaging.run("metric_scores", "(organisation_code, metric_id), score, counted", **tables)
    assert {key: score for key, (score, _) in scores.items()} == {
        (code, m["metric_id"]): half_up(m["exact"], 2) if m["held"] else None
        for code, of_it in metrics.items()
        for m in of_it
    }
    counted = {code: [m for m in of_it if m["held"] and m["counts"]] for code, of_it in metrics.items()}
    assert {key for key, (_, counts) in scores.items() if counts} == {
        (code, m["metric_id"]) for code, of_it in counted.items() for m in of_it
    }

    def mean(part: list[Row]) -> Decimal:
        weights = [Fraction(1, 3) if m["third"] else Fraction(1) for m in part]
        entered = [Fraction(half_up(m["exact"], 2)) if m["at_two_decimals"] else m["exact"] for m in part]
        return half_up(sum((w * s for w, s in zip(weights, entered, strict=True)), Fraction(0)) / sum(weights), 2)

    averages = averaging.run("average_scores", "organisation_code, average_score, metrics_counted")
    assert averages == {code: (mean(of_it), len(of_it)) for code, of_it in counted.items() if of_it}
    domains = {
        (code, domain): [m for m in of_it if m["domain"] == domain]
        for code, of_it in counted.items()
        for domain in ("access", "safety")
    }
    assert averaging.run("domain_scores", "(organisation_code, domain), domain_score, metrics_counted") == {
        key: (mean(part), len(part)) for key, part in domains.items() if part
    }


@examples
@given(quarters=providers())
def test_league_table_equals_the_oracle(ranking: Steps, quarters: list[list[Row]]) -> None:
    table = table_of(ranking, together(quarters))
    cut_points = ranking.run("segment_cut_points", "(quarter, better_segment), cut_point")
    cuts, held = {}, {}
    for trusts in quarters:
        averages = {of(trust): average_shown(trust) for trust in trusts}
        everybody = [Fraction(score) for score in averages.values() if score is not None]
        cuts |= {(trusts[0]["quarter"], n): quantile(everybody, n) for n in (1, 2, 3) if everybody}
        unadjusted, segments = {}, {}
        for trust in trusts:
            key, score, flag = of(trust), average_shown(trust), trust["flag"]
            unadjusted[key] = None if score is None else segment(Fraction(score), everybody)
            segments[key] = None if score is None or flag is None else max(unadjusted[key], 3 * flag)
        for trust in trusts:
            key = of(trust)
            peers = [of(t) for t in trusts if t["league"] == trust["league"]]
            ranked = [c for c in peers if segments[c] is not None]
            scored = [c for c in peers if averages[c] is not None]
            place = 1 + sum(
                (segments[c], averages[c]) < (segments[key], averages[key]) for c in ranked if key in ranked
            )
            place_by_score = 1 + sum(averages[c] < averages[key] for c in scored if key in scored)
            expected = (place if key in ranked else None, place_by_score if key in scored else None, key in ranked)
            held[key] = (unadjusted[key], segments[key], *expected, averages[key])
    assert cut_points == cuts
    assert table == held


@fewer
@given(quarters=providers(), constant=hundredths(1, 500))
def test_a_constant_added_to_all_averages_moves_nobody(
    ranking: Steps, quarters: list[list[Row]], constant: Decimal
) -> None:
    trusts = together(quarters)
    raised = [
        {**trust, "average_score": None if trust["average_score"] is None else trust["average_score"] + constant}
        for trust in trusts
    ]
    moved, table = ({key: row[:-1] for key, row in table_of(ranking, some).items()} for some in (raised, trusts))
    assert moved == table


@fewer
@given(quarters=providers(leagues=LEAGUES[:2]), seed=st.integers(0, 99))
def test_observed_cut_points_stand_in_for_a_missing_league(
    ranking: Steps, quarters: list[list[Row]], seed: int
) -> None:
    trusts = together(quarters)
    table = table_of(ranking, trusts)
    for trust in trusts:
        score = average_shown(trust)
        better = [] if score is None else [score > cut for cut in map(Decimal, CUT_POINTS[trust["quarter"]])]
        assert table[of(trust)][0] == (None if score is None else 1 + sum(better))
    assert table_of(ranking, Random(seed).sample(trusts, len(trusts))) == table
