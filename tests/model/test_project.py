"""The shape of the project: one name everywhere, one-way flow, rules with reasons. What the rules find is not here."""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from dbt.flags import get_flags

from orchestration.defs.in_process import defs
from orchestration.defs.metadata import published_columns
from orchestration.discovery.tables import LONG
from orchestration.quality import release_gate, suites
from orchestration.releases.published_tables import published_tables
from orchestration.sources import documentation
from orchestration.sources.descriptions import Retired, known_sources
from orchestration.statistics import (
    bunching,
    context,
    funnel,
    improvement,
    learning,
    measurement,
    method_choices,
    ranges,
    robustness,
    series,
    uncertainty,
)
from orchestration.warehouse import manifest, project
from orchestration.warehouse.column_lineage import all_lineage
from orchestration.workspace.paths import DBT_PROJECT, PROJECT, SEEDS, SUITES

LAYERS = ("rules", "stage", "metric", "score", "rank", "insight")  # a layer reads those before it
CONSTANTS = {  # published columns that come from no column: a word for each part of a union, a number tried, a place
    "area_context": {"area_kind"},
    "context": {"measure"},
    "forms_at_hand": {"source_id", "used"},
    "method_sensitivity": {"assessment"},
    "learn_from": {"label"},
    "metric_parts": {"source_id"},
    "metric_scores": {"value_basis"},
    "metric_series": {"source_id"},
    "metric_sources": {"value_basis"},
    "metric_values": {"value_basis"},
    "needs_support": {"label"},
    "organisation_sources": {"attribute", "source_id"},
    "ae_mix": {"label"},
    "data_quality": {"label"},
    "specialty_league_table": {"label", "side"},
    "what_it_takes": {"label"},
    "steep_at_the_standard": {"label"},
}
RULES = {  # what a published column says of the rules, whatever is landed: it comes from seeds
    *("basis", "divisor", "framework", "label", "measure", "members_needed", "metric_group"),
    *("metric_id", "metric_title", "multiplier", "note", "publication", "sampling_law", "side", "source"),
    *(
        "months_covered",
        "phase",
        "phase_reason",
        "target",
        "tolerance",
        "tolerance_reason",
        "unit",
        "without_commissioner",
    ),
    *("what", "why", "falls_short", "words_status", "cross_check_basis"),
}
OF_THE_METHOD = {  # and published as columns of other tables
    *("organisations", "domain_scores", "average_scores", "unadjusted_segments", "adjusted_segments", "league_ranks"),
}
LABELS = {"official", "verified", "inferred", "background", "experimental", "unknown"}
KEYS_OF_A_SUITE = {"name", "meta", "expectations"}
KEYS_OF_A_RULE = {"id", "reason", "expected", "since"}


def nodes(kind: str) -> list[dict[str, Any]]:
    return [node for node in manifest.raw()["nodes"].values() if node["resource_type"] == kind]


MODELS = {node["name"]: node for node in nodes("model")}
SUITE_FILES = sorted(SUITES.glob("*/*.json"))


@pytest.mark.parametrize("path", SUITE_FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_suite_is_named_after_its_table(path: Path) -> None:
    layer, table = path.parent.name, path.stem
    suite = json.loads(path.read_text(encoding="utf-8"))
    assert suite["name"] == f"{layer}.{table}"
    assert table in known_sources() if layer == "land" else MODELS[table]["schema"] == layer


def test_every_choice_of_the_method_has_its_sensitivity() -> None:
    (named,) = re.findall(r"set choices = \[(.+)\]", MODELS["method_sensitivity"]["raw_code"])
    assert re.findall(r"'(\w+)'", named) == list(method_choices.CHOICES)


def test_what_a_shell_says_to_dbt_is_not_for_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"TARGET": "prod", "PROFILE": "none", "STATE": "nowhere", "FAIL_FAST": "1", "ENGINE_FULL_REFRESH": "1"}
    for name, value in said.items():
        monkeypatch.setenv(f"DBT_{name}", value)
    assert project.invoke(["list", "--resource-type", "seed", "--no-write-json"], manifest=project._parsed())
    flags = get_flags()
    assert (flags.TARGET, flags.PROFILE, flags.STATE, flags.FAIL_FAST) == (None, None, None, False)
    assert (os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"], os.environ["DO_NOT_TRACK"]) == ("false", "1")


def test_every_suite_is_of_a_gate() -> None:
    assert {path.parent.name for path in SUITE_FILES} == set(release_gate.GX_GATES)


def test_every_source_has_a_land_suite_and_a_file_of_its_name() -> None:
    sources = set(known_sources())
    assert sources == {suite.table for suite in suites.suites("land")}
    described = {s["name"] for s in manifest.raw()["sources"].values() if s["source_name"] == "land"}
    assert described == sources


def test_calendar_awaits_the_months_that_metrics_are_made_of_and_every_part() -> None:
    described = {name: source for name, source in known_sources().items() if source.calendar}
    metrics = pd.read_csv(SEEDS / "computed_metrics.csv")
    basis = metrics.groupby("publication")["basis"].agg(set).to_dict()
    leagues = set(pd.read_csv(SEEDS / "trust_types.csv")["league"]) - {"icb_official"}  # none was seen, none is awaited
    for name, source in described.items():
        assert source.calendar and source.fetch and 0 < source.calendar.due_days < source.calendar.alert_days
        of = {"latest_month": "last_month", "sum_of_months": "every_month"}
        assert source.calendar.of in ({of[one] for one in basis[name]} if name in basis else ("last_month", "quarter"))
        parts = set(source.part.values) if source.part else leagues if source.layout == "nof" else set()
        assert set(source.calendar.parts) == parts
    assert set(described) >= set(metrics[metrics["expected"]]["publication"])


def test_forms_of_a_publication_are_those_that_the_rules_choose_among() -> None:
    forms = pd.read_csv(SEEDS / "publication_forms.csv").set_index("source_id")["publication"].to_dict()
    described = {name: source.publication for name, source in known_sources().items()}
    assert {name: described[name] for name in forms} == forms
    assert {name for name, source in known_sources().items() if source.form_of} <= set(forms)


def test_docs_say_of_every_source_what_its_description_says() -> None:
    written = documentation.PAGE.read_text(encoding="utf-8")
    assert written == documentation.page(written), "run make docs"


def test_docs_say_of_a_source_that_is_retired_since_when_and_why() -> None:
    """A source is retired, never removed."""
    ae = known_sources()["ae"].model_copy(update={"retired": Retired(since=date(2026, 4, 1), reason="replaced")})
    assert "- Retired: since 2026-04-01, replaced" in documentation.section(ae)


@pytest.mark.parametrize("path", SUITE_FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_rule_says_what_and_why_and_since_when(path: Path) -> None:
    suite = json.loads(path.read_text(encoding="utf-8"))
    assert set(suite) == KEYS_OF_A_SUITE
    ids = [rule["meta"]["id"] for rule in suite["expectations"]]
    assert len(ids) == len(set(ids))
    for rule in suite["expectations"]:
        assert set(rule["meta"]) >= KEYS_OF_A_RULE, rule
        assert all(rule["meta"][key].strip() for key in KEYS_OF_A_RULE), rule
        assert date.fromisoformat(rule["meta"]["since"])
        assert rule["severity"] in ("critical", "warning"), rule
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule["meta"]["id"]), rule


@pytest.mark.parametrize("name", MODELS)
def test_model_says_its_grain_in_a_file_of_its_own(name: str) -> None:
    model = MODELS[name]
    path = DBT_PROJECT / model["original_file_path"]
    assert path.relative_to(DBT_PROJECT / "models").parts[0] == model["schema"] and path.stem == name
    (described,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    assert described["name"] == name
    assert model["description"].startswith("One row per ")
    assert [column for column, about in model["columns"].items() if not about["description"]] == []


def test_steps_are_what_is_neither_published_nor_a_step_of_the_official_method() -> None:
    """Stage has one model a source, and what several of them share."""
    later = {name for name, model in MODELS.items() if model["schema"] != "stage"}
    steps = {name for name in later if Path(MODELS[name]["original_file_path"]).parent.name == "steps"}
    assert later - steps == {table.name for table in published_tables()} | OF_THE_METHOD


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model["schema"] != "stage"])
def test_contract_is_enforced_from_metric_on(name: str) -> None:
    """dbt enforces none on Python: there the schema that the statistics declare is compared with what is described."""
    assert MODELS[name]["contract"]["enforced"] == (MODELS[name]["language"] == "sql")
    assert [column for column, about in MODELS[name]["columns"].items() if not about["data_type"]] == []


def test_python_models_return_what_they_describe() -> None:
    declared = {
        "candidates": learning.COLUMNS,
        "context_adjusted": context.ADJUSTED,
        "context_fits": context.FITS,
        "discovered": LONG,
        "ranks_left_out": robustness.LEFT_OUT,
        "control_limits": series.COLUMNS,
        "denominator_limits": series.OF_DENOMINATORS,
        "metric_correlations": robustness.AGREEMENT,
        "rank_uncertainty": uncertainty.COLUMNS,
        "ranges_before": {name: ranges.COLUMNS[name] for name in ranges.BEFORE},
        "domain_ranges": ranges.OF_A_SELECTION,
        "value_ranges": measurement.VALUE_RANGES,
        "patient_ranges": ranges.OF_A_SELECTION,
        "score_changes": improvement.COLUMNS,
        "specialty_funnels": funnel.COLUMNS,
        "steps_in_lists": bunching.COLUMNS,
    }
    names = {"int32": "integer", "int64": "bigint", "bool": "boolean", "date32[day]": "date"}

    def described_type(kind: Any) -> str:
        if pa.types.is_list(kind):
            return f"{described_type(kind.value_type)}[]"
        return names.get(str(kind)) or str(kind).replace("128", "").replace(" ", "")

    described = {
        name: {column: about["data_type"] for column, about in model["columns"].items()}
        for name, model in MODELS.items()
        if model["language"] == "python"
    }
    assert described == {
        name: {column: described_type(kind) for column, kind in columns.items()} for name, columns in declared.items()
    }


def test_every_level_asked_for_is_a_row_of_the_seed_and_every_row_is_asked_for() -> None:
    """A level that is missing is none in SQL, where nothing would be decided without a word."""
    paths = [*DBT_PROJECT.glob("*/**/*.sql"), *DBT_PROJECT.glob("models/**/*.py")]
    paths += (PROJECT / "orchestration/statistics").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths if "target" not in path.parts)
    asked = re.findall(r"""\blevel\('(\w+)'\)|\blevels?\["(\w+)"\]|\blevels_of\(\w+\)\["(\w+)"\]""", text)
    seed = pd.read_csv(SEEDS / "decision_levels.csv")
    assert {"".join(names) for names in asked} == set(seed["decision"])
    assert seed["value"].notna().all()


def columns_of(table: str) -> set[str]:
    """Of a model as described, of a seed as its file has them."""
    return set(MODELS[table]["columns"] if table in MODELS else pd.read_csv(SEEDS / f"{table}.csv", nrows=0).columns)


def test_python_models_read_columns_that_exist() -> None:
    for name, model in MODELS.items():
        if model["language"] == "python":
            read = model["config"]["meta"]["reads"]
            assert set(read) == {parent.split(".")[-1] for parent in model["depends_on"]["nodes"]}, name
            assert all(set(columns) <= columns_of(table) for table, columns in read.items()), name


def test_compiled_sql_is_no_template() -> None:
    """Builds hand it to dbt, which would render it again."""
    compiled = [node.get("compiled_code", "") for node in manifest.raw()["nodes"].values() if node.get("language")]
    assert len(compiled) > 200 and not [sql for sql in compiled if re.search(r"\{[{%#]", sql)]


def test_every_rule_of_dbt_says_what_it_is_for() -> None:
    """Those of a key and of a reference are said in one place. A test is named after its model."""
    own = {rule.table: {f"rules_of_{rule.table}", f"remarks_on_{rule.table}"} for rule in manifest.rules()}
    assert [
        rule.name for rule in manifest.rules() if rule.kind != "custom_sql" and rule.test not in own[rule.table]
    ] == []
    assert [rule.name for rule in manifest.rules() if not rule.reason.strip()] == []


def test_every_percentage_of_the_seeds_is_a_share_or_is_known_not_to_be_one() -> None:
    """A share outside 0 to 100 stops a build. What a new metric is somebody has to say: here, or in the suite."""
    suite = json.loads((SUITES / "metric" / "metric_values.json").read_text(encoding="utf-8"))
    (rule,) = (rule for rule in suite["expectations"] if rule["meta"]["id"] == "percentage")
    shares = set(re.findall(r'"([A-Z][^"]+)"', rule["kwargs"]["row_condition"]))
    with (SEEDS / "metrics.csv").open(encoding="utf-8", newline="") as file:
        percentages = {row["metric_id"] for row in csv.DictReader(file) if row["unit"] == "%"}
    assert shares == percentages - {"OF0079", "OF0081", "OF0085", "OF0086"}  # plan, variance, growth, cost index


def test_every_metric_of_the_seeds_is_told_of_in_plain_words() -> None:
    """Nothing passes for reviewed before somebody is named who did."""
    words = pd.read_csv(SEEDS / "metric_words.csv", dtype="string")
    assert sorted(words["metric_id"]) == sorted(set(pd.read_csv(SEEDS / "metrics.csv")["metric_id"]))
    texts = ["plain_name", "what", "why", "falls_short", "drafted_on"]
    assert words[texts].notna().all(axis=None) and words["plain_name"].str.len().max() <= 60
    assert (words["reviewed_by"].isna() == words["reviewed_on"].isna()).all()


def test_every_metric_of_the_seeds_counts_for_patients_or_does_not_with_a_reason() -> None:
    chosen = pd.read_csv(SEEDS / "patient_metrics.csv")
    metrics = pd.read_csv(SEEDS / "metrics.csv").drop_duplicates("metric_id").set_index("metric_id")
    assert sorted(chosen["metric_id"]) == sorted(metrics.index)
    assert chosen[["reason", "label", "since"]].notna().all(axis=None)
    assert set(chosen.loc[chosen["counts"], "question"]) == {"waits", "experience", "outcomes"}
    assert chosen.loc[~chosen["counts"], "question"].isna().all()
    of_money_and_staff = metrics.loc[chosen.loc[chosen["counts"], "metric_id"], "domain"].isin(["finance", "people"])
    assert not of_money_and_staff.any()


def test_every_seed_says_its_grain_and_how_sure_it_is() -> None:
    seeds = {path.stem: path for path in (DBT_PROJECT / "seeds").glob("*.csv")}
    described = yaml.safe_load((DBT_PROJECT / "seeds" / "seeds.yml").read_text(encoding="utf-8"))["seeds"]
    assert sorted(seed["name"] for seed in described) == sorted(seeds)
    assert [seed["name"] for seed in described if not seed["description"].startswith("One row per ")] == []
    for name, path in seeds.items():
        with path.open(encoding="utf-8", newline="") as file:
            assert {row["label"] for row in csv.DictReader(file) if "label" in row} <= LABELS, name


@pytest.mark.parametrize("name", MODELS)
def test_flow_is_one_way(name: str) -> None:
    """A model reads its own layer or an earlier one; only stage reads landed tables."""
    everything, own = manifest.raw(), MODELS[name]["schema"]
    for unique_id in MODELS[name]["depends_on"]["nodes"]:
        if unique_id.startswith("source."):
            assert own == "stage", unique_id
        else:
            read = everything["nodes"][unique_id]["schema"]
            assert LAYERS.index(read) <= LAYERS.index(own), unique_id


def test_counts_are_those_of_every_model_with_the_tag() -> None:
    """dbt knows no tags while it parses, and a build no columns, so `counts` lists the models."""
    tagged = [node for node in MODELS.values() if "counts" in node["tags"]]
    assert {node["unique_id"] for node in tagged} == set(MODELS["counts"]["depends_on"]["nodes"])
    (named,) = re.findall(r"set by_commissioner = \[(.+)\]", MODELS["counts"]["raw_code"])
    with_commissioner = {node["name"] for node in tagged if "commissioner_code" in node["columns"]}
    assert set(re.findall(r"'(\w+)'", named)) == with_commissioner


def layers_reached(model: str, column: str) -> set[str]:
    """The layers in which following a column of a model ends."""
    found, seen, ahead = set(), set(), [(model, column)]
    while ahead:
        table, name = ahead.pop()
        for layer, read, read_column in all_lineage()[table][name]:
            if read not in MODELS:
                found.add(layer)
            elif (read, read_column) not in seen:
                seen.add((read, read_column))
                ahead.append((read, read_column))
    return found


def test_every_published_column_comes_from_landed_columns_or_from_rules() -> None:
    without: dict[str, set[str]] = {}
    of_rules = set()
    for table in published_tables():
        for name, _, _ in table.columns:
            layers = layers_reached(table.origin(name).split(".")[1], name)
            if not layers:
                without.setdefault(table.name, set()).add(name)
            elif not layers & {"land", "extract"}:
                of_rules.add(name)
    assert without == CONSTANTS
    assert of_rules == RULES


def test_every_table_of_insight_says_which_columns_people_look_at_first() -> None:
    for table in published_tables():
        columns = [name for name, _, _ in table.columns]
        assert bool(table.shown) == (table.relation.split(".")[0] == "insight"), table.name
        assert [name for name in columns if name in table.shown] == list(table.shown), table.name


def test_dagster_shows_the_columns_of_every_published_table() -> None:
    shown = published_columns().deps_by_column
    assert set(shown) == {f"{table.name}.{name}" for table in published_tables() for name, _, _ in table.columns}
    models = {dg.AssetKey([model["schema"], model["name"]]) for model in MODELS.values()}
    assert {dep.asset_key for deps in shown.values() for dep in deps} <= models


def test_lineage_names_tables_that_exist() -> None:
    known = {f"{node['schema']}.{node['name']}" for node in [*nodes("model"), *nodes("seed")]}
    known |= {f"{s['source_name']}.{s['name']}" for s in manifest.raw()["sources"].values()}
    found = {
        f"{layer}.{table}" for model in all_lineage().values() for read in model.values() for layer, table, _ in read
    }
    assert found - known == set()


def test_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs)
    assert {job.name for job in defs.resolve_all_job_defs()} >= {"quarter", "check_quarter", "fetch"}


def test_every_asset_is_a_table_of_the_same_name() -> None:
    keys = {".".join(key.path) for key in defs.resolve_asset_graph().get_all_asset_keys()}
    built = {f"{node['schema']}.{node['name']}" for node in [*nodes("model"), *nodes("seed")]}
    assert keys == built | {f"land.{name}" for name in known_sources()} | {
        "extract.files",
        "extract.build",
        "extract.fetched",
        "land.gate",
        "metric.gate",
        "rank.gate",
        "publish.release",
        "publish.series",
        "publish.site",
    }


def test_every_rule_is_a_check_and_every_critical_one_blocks() -> None:
    found = {
        (spec.asset_key.path[0], spec.asset_key.path[-1], spec.name.replace("_", "-")): spec.blocking
        for checks in defs.asset_checks or []
        if isinstance(checks, dg.AssetChecksDefinition)
        for spec in checks.check_specs
    }
    declared = {
        (suite.gate, suite.table, rule["meta"]["id"]): rule["severity"] == "critical"
        for gate in release_gate.GX_GATES
        for suite in suites.suites(gate)
        for rule in suite.expectations
    }
    assert found == declared


def test_every_model_after_a_gate_depends_on_all_before_it() -> None:
    """A blocking check stops only what reads its asset: the barrier reads all, and everything after it the barrier."""
    graph = defs.resolve_asset_graph()
    barriers = {layer: dg.AssetKey([layer, "gate"]) for layer in ("land", "metric", "rank")}
    land = {dg.AssetKey(["land", name]) for name in known_sources()}
    first, last = (
        {dg.AssetKey(name.split(".")) for name in manifest.relations_of(stage)}
        for stage in (manifest.STAGE_METRIC, manifest.SCORE_RANK)
    )
    for model in MODELS.values():
        key = dg.AssetKey([model["schema"], model["name"]])
        barrier = barriers["metric" if manifest.SCORE_RANK in model["tags"] else "land"]
        assert barrier in graph.get(key).parent_keys, key
    for layer, before in (("land", land), ("metric", first), ("rank", last)):
        assert before <= set(graph.get(barriers[layer]).parent_keys), layer
    assert first | last >= {dg.AssetKey([model["schema"], model["name"]]) for model in MODELS.values()}
    assert {barriers["metric"], barriers["rank"]} <= set(graph.get(dg.AssetKey(["publish", "release"])).parent_keys)


@pytest.mark.parametrize(
    "path",
    sorted(p for folder in ("orchestration", "tests") for p in (PROJECT / folder).rglob("*.py")),
    ids=lambda path: path.relative_to(PROJECT).as_posix(),
)
def test_module_opens_with_its_charter(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


UNIX_ALONE = ("fcntl", "grp", "pwd", "resource", "termios")


def test_every_module_imports_where_unix_is_not() -> None:
    """Analysts of the NHS work on Windows."""
    files = sorted((PROJECT / "orchestration").rglob("*.py"))
    names = [".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__") for path in files]
    script = "\n".join(
        [
            "import importlib, sys",
            f"sys.modules.update(dict.fromkeys({UNIX_ALONE}))",
            f"for name in {names}: importlib.import_module(name)",
        ]
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_folder_of_code_is_a_package() -> None:
    """Only a package is installed where the project is not worked on."""
    folders = {path.parent for path in (PROJECT / "orchestration").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
