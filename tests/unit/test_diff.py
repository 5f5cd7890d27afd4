"""What differs between two small releases whose answer is known by hand: each cause alone, two at once, and refusals.

Belongs here: bundles made by hand. Does not: the arithmetic for any league (properties), releases as built
(integration)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.errors import LeagueError
from orchestration.releases import diff
from orchestration.releases.release import Release
from orchestration.workspace.files import sha256_of_file
from tests.conftest import descriptor

QUARTER = "2025-26-Q2"
SEED = "dbt_project/seeds/metrics.csv"
FILE = ("nof.csv", "1" * 64)
REVISED = ("nof-v2.csv", "2" * 64)
REFERENCE = ("etr.csv", "3" * 64)


@dataclass(frozen=True)
class A:
    """A release: one league, each score with a weight, ranked here by plain sorting."""

    scores: Mapping[str, Mapping[str, float | None]]
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # the scores, where nothing else is said
    published: Mapping[str, float] = field(default_factory=dict)  # scores of organisations, if they are recovered
    weights: Mapping[str, float] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()
    populations: Mapping[str, str] = field(default_factory=dict)
    flagged: frozenset[str] = frozenset()
    unranked: Mapping[str, str] = field(default_factory=dict)
    cuts: tuple[float, float, float] = (2.0, 2.3, 2.6)
    quarter: str = QUARTER
    league: str = "acute"
    files: tuple[tuple[str, str], ...] = (FILE, REFERENCE)
    rules: Mapping[str, str] = field(default_factory=lambda: {SEED: "s1"})
    code: str = "c1"
    contract: str = "2.3"

    def metric_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "quarter": self.quarter,
                "organisation_code": code,
                "league": self.league,
                "metric_id": metric,
                "domain": "finance" if metric.startswith("F") else "access",
                "value_basis": "published",
                "value": self.values.get(code, {}).get(metric, score),
                "population": self.populations.get(metric, "acute"),
                "population_size": len(self.scores),
                "score_exact": score,
                "score_basis": "none" if score is None else "recovered" if self.published else "computed",
                "weight": self.weights.get(metric, 1.0),
                "counted": score is not None and metric not in self.uncounted,
                "label": "verified",
                "status": "reported" if score is not None else "missing",
                "numerator": None,
                "denominator": None,
                "published_score": self.published.get(code),
                "published_rank": None,
            }
            for code, scores in self.scores.items()
            for metric, score in scores.items()
        ]

    def placed(self) -> list[dict[str, Any]]:
        rows = []
        for code in {**self.scores, **self.unranked}:
            held = [row for row in self.metric_rows() if row["organisation_code"] == code and row["counted"]]
            rows.append(
                {
                    "quarter": self.quarter,
                    "league": self.league,
                    "organisation_code": code,
                    "organisation_name": f"Trust {code}",
                    **dict.fromkeys(diff.PLACE),
                    "financial_override": int(code in self.flagged),
                    "not_ranked_reason": self.unranked.get(code),
                }
            )
            if code not in self.unranked:
                mean = sum(row["score_exact"] * row["weight"] for row in held) / sum(row["weight"] for row in held)
                average = Decimal(f"{mean:.8f}").quantize(Decimal("0.01"), ROUND_HALF_UP)
                segment = 1 + sum(float(average) > cut for cut in self.cuts)
                raised = max(segment, 3) if code in self.flagged else segment
                rows[-1] |= {"average_score": average, "segment_unadjusted": segment, "segment": raised}
        ranked = [(row["segment"], row["average_score"]) for row in rows if row["segment"]]
        for row in rows:
            row["rank"] = (
                1 + sum(key < (row["segment"], row["average_score"]) for key in ranked) if row["segment"] else None
            )
        return rows

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        rows, placed = pd.DataFrame(self.metric_rows()), pd.DataFrame(self.placed())
        tables = {
            "league_table": placed,
            "metric_scores": rows.drop(
                columns=["status", "numerator", "denominator", "published_score", "published_rank"]
            ),
            "metric_values": rows,
            "metric_sources": rows[["organisation_code", "metric_id", "value_basis"]].assign(
                source_sha256=self.files[0][1]
            ),
            "segment_cut_points": pd.DataFrame(
                [
                    {"framework": "f", "scope": "overall", "better_segment": i, "cut_point": cut}
                    for i, cut in enumerate(self.cuts, 1)
                ]
            ),
            "league_coverage": pd.DataFrame(
                [{"quarter": self.quarter, "league": self.league, "framework": "f", "override_segment": 3}]
            ),
        }
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        subjects = [("nof_data", self.quarter), ("ods_etr", None)]
        files = [
            {"source_id": source, "quarter": of, "period": of, "part": None, "status": "used"}
            | {"file_name": name, "source_sha256": sha256}
            for (source, of), (name, sha256) in zip(subjects, self.files, strict=True)
        ]
        (folder / "checks.json").write_text(json.dumps({"quarter": self.quarter, "checks": [], "files": files}))
        resources = [{"path": p.name, "hash": f"sha256:{sha256_of_file(p)}"} for p in folder.iterdir()]
        about = {"contract_version": self.contract, "rules": dict(self.rules), "code_sha256": self.code}
        (folder / "datapackage.json").write_text(descriptor(resources, **about))
        return folder


@pytest.fixture
def compare(tmp_path: Path) -> Callable[[A, A], diff.Difference]:
    return lambda before, after: diff.difference(
        Release.read(before.write(tmp_path / "a")), Release.read(after.write(tmp_path / "b"))
    )


def found(of: diff.Difference) -> dict[str, dict[str, int | None]]:
    """By organisation: the rank with each of its causes alone, the largest first."""
    assert (of.changes["cause_number"] == of.changes.groupby("organisation_code").cumcount() + 1).all()
    causes: dict[str, dict[str, int | None]] = {}
    for row in of.changes.to_dict("records"):
        rank = row["rank_with_cause"]
        causes.setdefault(row["organisation_code"], {})[row["cause"]] = None if pd.isna(rank) else rank
    return causes


def of(result: diff.Difference, code: str, cause: str) -> dict[Any, Any]:
    rows = result.changes
    [row] = rows[(rows["organisation_code"] == code) & (rows["cause"] == cause)].to_dict("records")
    return row


THREE = A({"A": {"M1": 1.0, "M2": 2.0}, "B": {"M1": 1.2, "M2": 2.0}, "C": {"M1": 1.4, "M2": 2.0}})
RULES = {"rules": {SEED: "s2"}}


def with_scores(release: A, **scores: Mapping[str, float | None]) -> A:
    return replace(release, scores={code: {**own, **scores.get(code, {})} for code, own in release.scores.items()})


def test_equal_releases_do_not_differ(compare: Any) -> None:
    result = compare(THREE, THREE)
    assert all(getattr(result, section).empty for section in diff.Difference.__dataclass_fields__)
    assert list(result.changes.columns) == diff.CHANGES


def test_revised_input_is_named_with_its_metric_and_file_and_who_it_passed(compare: Any) -> None:
    result = compare(THREE, replace(with_scores(THREE, A={"M1": 1.3}), files=(REVISED, REFERENCE)))
    assert found(result) == {"A": {"input revised": 2}, "B": {"others moved": 1}}
    own, other = of(result, "A", "input revised"), of(result, "B", "others moved")
    assert (own["metrics"], own["files"], own["places"], own["interaction"]) == ("M1", "nof-v2.csv", -1, 0)
    assert (own["average_score_before"], own["average_score_with_cause"]) == (Decimal("1.50"), Decimal("1.65"))
    assert (other["passed"], other["passed_by"], other["places"]) == ("A", "", 1)
    [revised] = result.inputs.to_dict("records")
    assert (revised["change"], revised["file_name_before"], revised["file_name_after"]) == (
        "revised",
        FILE[0],
        REVISED[0],
    )
    [value] = result.values.to_dict("records")
    assert (value["organisation_code"], value["value_before"], value["value_after"]) == ("A", 1.0, 1.3)
    [score] = result.scores.to_dict("records")
    assert (score["metric_id"], score["cause"]) == ("M1", "input revised")


def test_weight_is_a_rule_for_everybody(compare: Any) -> None:
    """A 1.0 and 3.0, B 1.8 and 1.8: 2.00 and 1.80; with M2 at a third 1.50 and 1.80."""
    before = A({"A": {"M1": 1.0, "M2": 3.0}, "B": {"M1": 1.8, "M2": 1.8}})
    result = compare(before, replace(before, weights={"M2": 1 / 3}, **RULES))
    assert found(result) == {"A": {"rule changed": 1}, "B": {"rule changed": 2}}
    row = of(result, "A", "rule changed")
    assert (row["average_score_with_cause"], row["metrics"]) == (Decimal("1.50"), "M2")
    assert pd.isna(row["files"])
    assert result.scores[["metric_id", "cause"]].drop_duplicates().to_numpy().tolist() == [["M2", "rule changed"]]
    assert result.rules.to_dict("records") == [
        {"rule": SEED, "change": "changed", "content_before": "s1", "content_after": "s2"}
    ]


def test_metric_gained_or_lost_by_the_league_is_a_rule(compare: Any) -> None:
    after = {code: {"M1": scores["M1"], "M3": 4.0 if code == "A" else 1.0} for code, scores in THREE.scores.items()}
    result = compare(THREE, replace(THREE, scores=after, files=(REVISED, REFERENCE), **RULES))
    assert found(result) == {code: {"rule changed": rank} for code, rank in {"A": 3, "B": 1, "C": 2}.items()}
    assert of(result, "A", "rule changed")["metrics"] == "M2 M3"


def test_other_score_of_the_same_value_is_moved_by_those_it_is_scored_with(compare: Any) -> None:
    """B's value is as it was; A, scored with it, has another."""
    values = {code: {"M1": 5.0} for code in "ABC"}
    before = replace(THREE, values=values)
    scores = with_scores(before, A={"M1": 1.3}, B={"M1": 1.0})
    moved = replace(scores, values={**values, "A": {"M1": 6.0}}, files=(REVISED, REFERENCE))
    result = compare(before, moved)
    assert found(result) == {"A": {"input revised": 2}, "B": {"population moved": 1, "others moved": 1}}
    row = of(result, "B", "population moved")
    assert (row["metrics"], row["places"]) == ("M1", 1)
    assert row["interaction"] == -1  # either cause alone brings it from 2 to 1, both together no further


@pytest.mark.parametrize(
    ("changed", "cause"),
    [(RULES, "rule changed"), ({"code": "c2"}, "rule changed"), ({}, "not explained")],
    ids=["rule", "code", "nothing"],
)
def test_other_score_of_the_same_values(compare: Any, changed: dict[str, Any], cause: str) -> None:
    before = replace(THREE, values={code: {"M1": 5.0} for code in "ABC"})
    result = compare(before, replace(with_scores(before, B={"M1": 1.0}), **changed))
    assert found(result) == {"B": {cause: 1}}
    assert of(result, "B", cause)["metrics"] == "M1"


@pytest.mark.parametrize(
    ("changed", "cause", "files"),
    [
        (RULES, "rule changed", None),
        ({"files": (FILE, ("etr-new.csv", "4" * 64))}, "input revised", "etr-new.csv"),
        ({"files": (REVISED, REFERENCE), **RULES}, "input revised", "nof-v2.csv"),
    ],
    ids=["a rule makes another value of the same file", "a reference", "the file"],
)
def test_other_value(compare: Any, changed: dict[str, Any], cause: str, files: str | None) -> None:
    result = compare(THREE, replace(with_scores(THREE, C={"M1": 1.0}), **changed))
    row = of(result, "C", cause)
    assert (row["metrics"], row["files"] if files else None) == ("M1", files)
    assert set(found(result)["C"]) == {cause}


def test_another_population_is_a_rule_though_others_in_it_moved_too(compare: Any) -> None:
    values = {code: {"M1": 5.0} for code in "ABC"}
    before = replace(THREE, values=values)
    after = replace(
        with_scores(before, A={"M1": 1.3}, C={"M1": 1.0}),
        values={**values, "A": {"M1": 6.0}},
        populations={"M1": "all"},
        files=(REVISED, REFERENCE),
        **RULES,
    )
    result = compare(before, after)
    assert found(result)["A"].keys() >= {"input revised"}
    assert "population moved" not in set(result.changes["cause"])
    assert of(result, "C", "rule changed")["metrics"] == "M1"


def test_published_score_is_an_input_where_scores_are_recovered(compare: Any) -> None:
    values = {code: {"M1": 5.0, "M2": 5.0} for code in "ABC"}
    before = replace(THREE, values=values, published={"A": 1.0, "B": 1.2, "C": 1.4})
    after = replace(
        with_scores(before, C={"M1": 1.0}), published={**before.published, "C": 1.0}, files=(REVISED, REFERENCE)
    )
    assert set(found(compare(before, after))["C"]) == {"input revised"}


def test_score_without_a_value_differs_as_the_parts_it_is_looked_up_from(compare: Any) -> None:
    """F0 is looked up from F1; both lie in one domain, only F0 counts."""
    scores = {code: {"M1": score, "F0": 2.0, "F1": 2.0} for code, score in {"A": 1.0, "B": 1.4, "C": 1.8}.items()}
    before = A(scores, values={code: {"F0": None, "F1": 2.0} for code in scores}, uncounted=frozenset({"F1"}))
    changed = with_scores(before, A={"F0": 4.0, "F1": 4.0})
    after = replace(changed, values={**before.values, "A": {"F0": None, "F1": -1.0}}, files=(REVISED, REFERENCE))
    result = compare(before, after)
    assert found(result)["A"] == {"input revised": 3}
    assert of(result, "A", "input revised")["metrics"] == "F0 F1"


def test_metric_that_nobody_has_a_score_of_is_in_no_cause(compare: Any) -> None:
    """X0 is shown beside the framework. M2 has no score of A alone, which is one of its causes."""
    scores: dict[str, dict[str, float | None]] = {code: {**own, "X0": None} for code, own in THREE.scores.items()}
    before = replace(THREE, scores=scores, values={"A": {"X0": 5.0}})
    after = replace(
        with_scores(before, A={"M1": 1.9, "M2": None}), values={"A": {"X0": 6.0}}, files=(REVISED, REFERENCE)
    )
    assert of(compare(before, after), "A", "input revised")["metrics"] == "M1 M2"


def test_override_is_the_own_flag_and_for_others_they_moved(compare: Any) -> None:
    result = compare(THREE, replace(THREE, flagged=frozenset("A"), files=(REVISED, REFERENCE)))
    assert found(result) == {"A": {"override": 3}, "B": {"others moved": 1}, "C": {"others moved": 2}}
    assert of(result, "A", "override")["segment_with_cause"] == 3


def test_icbs_are_compared_too(compare: Any) -> None:
    icbs = replace(THREE, league="icb")
    result = compare(icbs, replace(with_scores(icbs, A={"M1": 1.3}), files=(REVISED, REFERENCE)))
    assert found(result) == {"A": {"input revised": 2}, "B": {"others moved": 1}}
    assert set(result.changes["league"]) == {"icb"}
    assert (of(result, "A", "input revised")["rank_before"], result.changes["organisation_name"][0]) == (1, "Trust A")


def test_flag_that_changes_no_place_is_told(compare: Any) -> None:
    before = replace(THREE, cuts=(1.0, 1.1, 9.0))  # everybody in segment 3
    assert found(compare(before, replace(before, flagged=frozenset("A")))) == {"A": {"override": 1}}


def test_cut_points_are_for_everybody(compare: Any) -> None:
    """A, flagged, goes behind B only while B is in a better segment."""
    before = replace(THREE, flagged=frozenset("A"), cuts=(1.55, 1.58, 2.6))
    after = replace(before, cuts=(1.65, 1.68, 2.6))
    result = compare(before, after)
    assert found(result) == {"A": {"cut points": 2}, "B": {"cut points": 1}}
    assert result.cut_points[["better_segment", "cut_point_after"]].to_numpy().tolist() == [[1, 1.65], [2, 1.68]]
    assert (of(result, "B", "cut points")["segment_before"], of(result, "B", "cut points")["segment_with_cause"]) == (
        3,
        1,
    )


def test_who_is_ranked_in_one_release_only_has_its_reason_and_cause(compare: Any) -> None:
    nothing = {"M1": None, "M2": None}
    before = replace(THREE, unranked={"D": "only 1 metric is at hand"}, scores={**THREE.scores, "D": nothing})
    reasons = {"A": "no metric has a score", "D": "no metric has a score"}
    after = replace(with_scores(before, A=nothing), unranked=reasons, files=(REVISED, REFERENCE))
    result = compare(before, after)
    assert found(result) == {
        "A": {"input revised": None},
        "B": {"others moved": 1},
        "C": {"others moved": 2},
        "D": {"others moved": None},
    }
    row = of(result, "A", "input revised")
    assert (row["metrics"], row["files"], row["rank_before"]) == ("M1 M2", "nof-v2.csv", 1)
    assert pd.isna(row["rank_after"]) and pd.isna(row["interaction"])
    assert row["not_ranked_reason_after"] == "no metric has a score"


def test_organisations_come_and_go(compare: Any) -> None:
    after = {code: THREE.scores[code] for code in "BC"} | {"D": {"M1": 1.0, "M2": 2.0}}
    result = compare(THREE, replace(THREE, scores=after))
    assert found(result) == {"A": {diff.GONE: None}, "D": {diff.NEW: None}}  # which takes the place of A


def test_a_league_that_one_release_lacks_is_no_organisation_that_came_or_went() -> None:
    ours = pd.DataFrame({"league": ["icb"], "organisation_code": ["QAA"], "organisation_name": ["AN ICB"]})
    table = ours.reindex(columns=[*ours, *diff.PLACE])
    with_icbs, without = (SimpleNamespace(table=lambda name, rows=rows: rows) for rows in (table, table.iloc[:0]))
    for before, after, cause in ((with_icbs, without, diff.LEAGUE_GONE), (without, with_icbs, diff.NEW_LEAGUE)):
        (row,) = diff._placed_differently(before, after).to_dict("records")  # type: ignore[arg-type]
        assert diff._by_evidence(row, table, table, False) == [cause]


def test_two_quarters_are_compared_on_what_both_have(compare: Any) -> None:
    """The same file and rules, another quarter: own values are new, a metric of one quarter alone is a rule.

    A 1.50, B 1.60, C 1.70 become 1.75, 1.60, 1.80; on M2 still, A would be at 1.75 and behind C.
    """
    after = {"A": {"M1": 1.5, "M3": 2.0}, "B": {"M1": 1.2, "M3": 2.0}, "C": {"M1": 1.4, "M3": 2.2}}
    result = compare(THREE, replace(THREE, quarter="2025-26-Q3", scores=after))
    assert found(result) == {
        "A": {diff.NEW_QUARTER: 3, "rule changed": 1},
        "B": {"others moved": 1},
        "C": {"others moved": 2, "rule changed": 3},
    }


def test_file_that_two_quarters_use_is_no_difference_of_inputs(compare: Any) -> None:
    """Here one file has both quarters, and the references are another edition."""
    after = replace(THREE, quarter="2025-26-Q3", files=(FILE, ("etr-new.csv", "4" * 64)))
    named = compare(THREE, after).inputs[["source_id", "file_name_before", "file_name_after"]]
    assert named.to_numpy().tolist() == [["ods_etr", REFERENCE[0], "etr-new.csv"]]


def test_figures_that_the_scores_do_not_give_are_refused(compare: Any) -> None:
    class Wrong(A):
        def placed(self) -> list[dict[str, Any]]:
            return [{**row, "rank": 4 - row["rank"]} for row in super().placed()]

    with pytest.raises(LeagueError, match=f"acute {QUARTER}: the statistics do not reproduce the ranks"):
        compare(THREE, Wrong(THREE.scores))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda folder: (folder / "datapackage.json").unlink(), "is no release"),
        (lambda folder: (folder / "checks.json").open("a").write("\n"), "is damaged\nchecks.json was"),
        (lambda folder: (folder / "checks.json").write_text("{}"), "is damaged: quarter is missing"),
    ],
    ids=["no release", "damaged", "thin"],
)
def test_what_is_no_whole_release_is_refused(tmp_path: Path, broken: Callable[[Path], Any], message: str) -> None:
    before, after = THREE.write(tmp_path / "a"), THREE.write(tmp_path / "b")
    broken(after)
    with pytest.raises(LeagueError, match=message):
        diff.difference(Release.read(before), Release.read(after))


def test_earlier_contract_is_refused_and_still_followed_by_a_version(tmp_path: Path) -> None:
    """The next version names everybody, and says that nothing tells who moved."""
    before = replace(THREE, contract="1.0").write(tmp_path / "a")
    after = with_scores(THREE, A={"M1": 1.3}).write(tmp_path / "b")
    with pytest.raises(LeagueError, match=r"a is of contract 1\.0, which does not say .*: build the quarter again"):
        diff.difference(Release.read(before), Release.read(after))
    for name in ("league_table", "metric_sources"):
        (before / f"{name}.parquet").unlink()
    changes = diff.changes(Release.read(before), Release.read(after))
    assert changes[["organisation_code", "cause"]].to_numpy().tolist() == [[code, diff.EARLIER] for code in "ABC"]
    assert list(changes.columns) == diff.CHANGES


def test_command_prints_tables_or_json(tmp_path: Path) -> None:
    class Named(A):
        def placed(self) -> list[dict[str, Any]]:
            return [{**row, "organisation_name": f"[red]{row['organisation_code']}"} for row in super().placed()]

    before = Named(THREE.scores).write(tmp_path / "a")
    after = Named(with_scores(THREE, A={"M1": 1.3}).scores, files=(REVISED, REFERENCE)).write(tmp_path / "b")
    tables = CliRunner().invoke(cli.league, ["diff", str(before), str(after)], env={"COLUMNS": "120"})
    assert tables.exit_code == 0
    assert "acute: organisations placed or scored differently, 2 of 2" in tables.output
    words = " ".join(tables.output.split())
    for line in ("A 1 → 2 1.50 → 1.65 1 [red]A input revised 2 (-1) M1", "[red]B others moved 1 (+1) passed A"):
        assert line in words, line
    assert f"{FILE[0]} → {REVISED[0]}" in tables.output and "111111111111 → 222222222222" in tables.output
    short = CliRunner().invoke(cli.league, ["diff", str(before), str(after), "--rows", "1"])
    assert "acute: organisations placed or scored differently, 1 of 2" in short.output
    as_json = json.loads(CliRunner().invoke(cli.league, ["diff", str(before), str(after), "--json"]).output)
    assert set(as_json) == {"inputs", "rules", "values", "scores", "cut_points", "changes"}
    assert [(row["organisation_code"], row["cause"], row["rank_with_cause"]) for row in as_json["changes"]] == [
        ("A", "input revised", 2),
        ("B", "others moved", 1),
    ]
    same = CliRunner().invoke(cli.league, ["diff", str(before), str(before)])
    assert same.output.endswith("Every organisation is placed the same.\n")


def test_command_prints_what_differs_of_a_value(tmp_path: Path) -> None:
    class Counted(A):
        def metric_rows(self) -> list[dict[str, Any]]:
            return [{**row, "numerator": 5 if self.code == "c1" else 4} for row in super().metric_rows()]

    before, after = Counted(THREE.scores).write(tmp_path / "a"), Counted(THREE.scores, code="c2").write(tmp_path / "b")
    said = CliRunner().invoke(cli.league, ["diff", str(before), str(after)], env={"COLUMNS": "120"})
    assert "A M1 numerator 5 → 4 A M2 numerator 5 → 4" in " ".join(said.output.split())
