"""The assets, layer by layer: extract, land, stage and metric, score and rank, publish.

Belongs here: which asset runs what. Does not: what it shows of itself (`metadata.py`), rules, parsing, checking,
writing releases."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration import second_process
from orchestration.defs.metadata import as_table, check_result, listed, preview, release_metadata, table_metadata
from orchestration.defs.resources import QUARTERS, Folders
from orchestration.errors import GateError
from orchestration.quality import dbt_tests, evidence, release_gate
from orchestration.quality.checks import Check, raise_if_shut
from orchestration.quality.gates import LAND, Gates
from orchestration.quality.waivers import granted, refuse_expired
from orchestration.releases import describe, publish, series
from orchestration.releases.release import Release
from orchestration.releases.shelf import require_one_kind
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.fetch import Fetched, fetch
from orchestration.sources.inventory import joined, survey
from orchestration.sources.landing import Landing, take_in, write_parquet
from orchestration.warehouse import manifest, project, spark, tables
from orchestration.warehouse.manifest import SCORE_RANK, SERIES, STAGE_METRIC, relations_of
from orchestration.workspace.files import remove_tree
from orchestration.workspace.paths import DBT_PROJECT, Build, Workspace, unfinished

WRITES_WAREHOUSE = "warehouse"  # the pool of every step that opens the DuckDB file: one at a time
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)
IN_ONE_PASS = dg.BackfillPolicy.single_run()  # quarters next to each other: one survey, one landing, one dbt run
OWNERS = ["team:data-engineering"]
CODE_VERSION = project.project_sha256()[:16]  # of all dbt reads: seeds and macros too

FETCHED, RELEASE = dg.AssetKey(["extract", "fetched"]), dg.AssetKey(["publish", "release"])
EXTRACT_KEYS = [dg.AssetKey(["extract", "files"]), dg.AssetKey(["extract", "build"])]

# The NOF release came 71 days after a quarter at the earliest; its alert day is 98 days after, the 8th at the latest.
RELEASED_QUARTERLY = dg.FreshnessPolicy.cron(
    deadline_cron="0 6 8 1,4,7,10 *", lower_bound_delta=timedelta(days=30), timezone="Europe/London"
)


def is_kept(context: dg.AssetExecutionContext) -> bool:
    """Whether anybody can see what a run shows of itself. Nobody can after a run by command: it has no instance."""
    return not context.instance.is_ephemeral


def on_time(source: Source) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        f"{source.id}_on_time", asset=FETCHED, description=f"{source.title}: all that was expected by now has come."
    )


@dg.asset(
    key=FETCHED,
    check_specs=[on_time(source) for source in known_sources().values() if source.calendar],
    partitions_def=QUARTERS,
    backfill_policy=IN_ONE_PASS,
    group_name="extract",
    owners=OWNERS,
    description="What the publishers' pages had, in the folder of extracts. A file put there by hand is read like one.",
)
def fetched(context: dg.AssetExecutionContext, folders: Folders) -> Iterator[dg.MaterializeResult[None]]:
    """Downloads what a quarter needs. Fails where a download failed or a publication is overdue; what came stays."""
    workspace = Workspace(Path(folders.data))
    quarters = list(context.partition_keys)
    results = list[Fetched]()
    for one in fetch(Path(folders.extracts), quarters, workspace, date.today()):
        context.log.info(f"{one.source_id}: {one.outcome}, {one.problem or one.file}")  # the run may be ended
        results.append(one)
    files = pd.DataFrame(results).drop(columns="problem").round({"seconds": 1})
    yield dg.MaterializeResult(
        metadata={"files": as_table(files)}
        | {f"files_{outcome}": int(count) for outcome, count in files["outcome"].value_counts().items()},
        check_results=[_punctuality(spec.name, results, quarters) for spec in fetched.check_specs],
    )
    if failed := [str(one.problem) for one in results if one.failed]:
        raise dg.Failure("\n".join(failed), allow_retries=False)


def _punctuality(check: str, results: list[Fetched], quarters: list[str]) -> dg.AssetCheckResult:
    about = [one for one in results if f"{one.source_id}_on_time" == check and one.problem]
    severity = dg.AssetCheckSeverity.ERROR if any(one.failed for one in about) else dg.AssetCheckSeverity.WARN
    shown: dict[str, Any] = {"quarters": ", ".join(quarters), "examples": listed(str(one.problem) for one in about)}
    return dg.AssetCheckResult(check_name=check, passed=not about, severity=severity, metadata=shown)


@dg.multi_asset(
    specs=[
        # No dependency on `fetched`, which fills the folder that is read here, but not for files put there by hand.
        dg.AssetSpec(key, description=manifest.description_of_source(".".join(key.path)), owners=OWNERS)
        for key in EXTRACT_KEYS
    ],
    partitions_def=QUARTERS,
    backfill_policy=IN_ONE_PASS,
    group_name="extract",
    name="extracts",
)
def extracts(
    folders: Folders, build: dg.ResourceParam[Build], landing: dg.ResourceParam[Landing]
) -> Iterator[dg.MaterializeResult[None]]:
    """Recognises the extracts, chooses among them and stores those in use; a release stands for what it was built from,
    which is in the store. Starts the build afresh, beside the last whole one."""
    remove_tree(build.unfinished)
    build.unfinished.mkdir(parents=True)
    for quarter in build.quarters:
        remove_tree(unfinished(build.releases(quarter)))
    if folders.recorded:
        release = Release.read(Path(folders.extracts))
        inventories, fictional = [release.inventory()], release.synthetic
    else:
        for quarter in build.quarters:
            refuse_expired(quarter, date.today())
        found = survey(Path(folders.extracts), build.workspace)
        require_one_kind(build.workspace, found.fictional)
        inventories = [take_in(found, quarter, build.workspace, build.reads(quarter)) for quarter in build.quarters]
        fictional = found.fictional
    for quarter, inventory in zip(build.quarters, inventories, strict=True):
        write_parquet(inventory, build.inventory(quarter))
    inventory = joined(inventories)
    write_parquet(inventory, build.parquet("files"))
    pairs = [(quarter, each) for quarter in build.quarters for each in build.reads(quarter)]
    asked_for = pd.DataFrame(pairs, columns=["quarter", "reads"])
    asked_for = asked_for.assign(fictional=fictional, framework=build.framework)
    write_parquet(asked_for, build.parquet("build"))
    landing.begin(inventory)
    used = inventory[inventory["status"] == "used"]
    yield dg.MaterializeResult(
        asset_key=EXTRACT_KEYS[0],
        metadata={
            "files_found": inventory["file_name"].nunique(),
            "files_used": used["file_name"].nunique(),
            "files": as_table(inventory),
            "sha256": dg.MetadataValue.json(sorted(used["source_sha256"].unique())),
        },
    )
    yield dg.MaterializeResult(asset_key=EXTRACT_KEYS[1], metadata={"quarters": str(build)})


def landing_asset(source: Source) -> dg.AssetsDefinition:
    """The asset that lands one source."""

    @dg.asset(
        key=["land", source.id],
        deps=EXTRACT_KEYS,
        partitions_def=QUARTERS,
        backfill_policy=IN_ONE_PASS,
        group_name="land",
        owners=OWNERS,
        description=f"{source.title} ({source.publisher}, {source.licence}), every value text as published.",
        metadata={"landing_page": source.landing_page},
        kinds={"parquet"},
    )
    def land_one(
        context: dg.AssetExecutionContext, landing: dg.ResourceParam[Landing], gates: dg.ResourceParam[Gates]
    ) -> dg.MaterializeResult[None]:
        landed = landing.land(source)
        gates.begin(LAND, source.id)
        if not is_kept(context):
            return dg.MaterializeResult()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": landed.rows,
                "input_sha256": dg.MetadataValue.json(landed.sha256),
                "preview": preview(landed.preview),
            }
        )

    return land_one


LANDING = [landing_asset(source) for source in known_sources().values()]
LAND_KEYS = [asset.key for asset in LANDING]


def barrier(layer: str, before: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """An asset between a gate and all that comes after it. A blocking check stops only what reads the very asset it is
    on. The barrier reads every asset before the gate, and everything after the gate depends on the barrier."""

    @dg.asset(
        key=[layer, "gate"],
        deps=list(before),
        partitions_def=QUARTERS,
        backfill_policy=IN_ONE_PASS,
        group_name=layer,
        owners=OWNERS,
        description=f"Made where no critical check of {layer} failed. It holds no data.",
    )
    def passed() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    return passed


LAND_GATE = barrier("land", LAND_KEYS)
METRIC_GATE, RANK_GATE = (
    barrier(layer, [dg.AssetKey(relation.split(".")) for relation in relations_of(stage)])
    for layer, stage in (("metric", STAGE_METRIC), ("rank", SCORE_RANK))
)


class Translator(DagsterDbtTranslator):
    """Keys are `<layer>/<table>`. Every model depends on the barrier before its stage."""

    def __init__(self) -> None:
        super().__init__()
        self._specs: dict[str, dg.AssetSpec] = {}

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        layer = dbt_resource_props.get("source_name") or dbt_resource_props["schema"]
        return dg.AssetKey([layer, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return self.get_asset_key(dbt_resource_props).path[0]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS

    def get_code_version(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return CODE_VERSION

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """That of the one manifest there is, made once: dagster-dbt asks for each again and again."""
        if unique_id not in self._specs:
            spec = super().get_asset_spec(manifest, unique_id, project)
            node = self.get_resource_props(manifest, unique_id)
            if node["resource_type"] == "model":
                before = METRIC_GATE if SCORE_RANK in node["tags"] else LAND_GATE
                spec = spec.replace_attributes(deps=[*spec.deps, dg.AssetDep(before.key)])
            self._specs[unique_id] = spec
        return self._specs[unique_id]


TRANSLATOR = Translator()


def dbt_stage(stage: str) -> dg.AssetsDefinition:
    """One dbt invocation: all models and data tests of a stage. The evidence it leaves names every table it wrote."""

    @dbt_assets(
        manifest=manifest.raw(),
        select=manifest.SELECTED[stage],
        name=stage,
        partitions_def=QUARTERS,
        backfill_policy=IN_ONE_PASS,
        dagster_dbt_translator=TRANSLATOR,
        project=DbtProject(DBT_PROJECT, target_path=project.TARGET),
        pool=WRITES_WAREHOUSE,
    )
    def built(
        context: dg.AssetExecutionContext,
        folders: Folders,
        build: dg.ResourceParam[Build],
        gates: dg.ResourceParam[Gates],
    ) -> Iterator[Any]:
        if stage == STAGE_METRIC and len(build.quarters) > 1:
            second_process.begin(describe.prepare)  # it makes every other release
        results, checks = _run_dbt(build, stage, folders.engine)
        if not any(check.shuts_the_gate for check in checks):
            for gate in ("metric",) if stage == STAGE_METRIC else ("rank", "insight"):
                gates.begin(gate)
        with tables.reading(build) as connection:
            checks = _record(build, stage, checks, connection)
            for node in [result.node for result in results if str(result.status) == "success"]:
                key = dg.AssetKey([node.schema, node.name])
                shown = table_metadata(connection, key) if is_kept(context) else None
                yield dg.MaterializeResult(asset_key=key, metadata=shown)
        yield from _dbt_check_results(results, dbt_tests.summed_up(checks), build)
        raise_if_shut(checks)

    return built


def _run_dbt(build: Build, stage: str, engine: str = project.DUCKDB) -> tuple[list[Any], list[Check]]:
    waived = dbt_tests.tests_of({waiver.check for waiver in granted(build)})
    on = spark if stage == STAGE_METRIC and engine == project.SPARK else project
    results = on.build_stage(build, manifest.SELECTED[stage], waived)
    return results, dbt_tests.checks_of_results(build, stage, results)


def _record(build: Build, stage: str, checks: list[Check], connection: Any) -> list[Check]:
    """Leaves the evidence of a stage, which names every table that it read or wrote."""
    there = sorted(tables.relations(connection) & set(manifest.read_and_written(stage)))
    data = tables.fingerprints(connection, there) | release_gate.inputs(build)
    return evidence.record(
        build,
        f"dbt.{stage}",
        data,
        project.project_sha256(),
        checks,
        lambda quarter: dbt_tests.of_quarter(build, quarter, checks),
    )


def _dbt_check_results(results: list[Any], checks: dict[str, Check], build: Build) -> Iterator[dg.AssetCheckResult]:
    for result in results:
        key = get_asset_check_key_for_test(manifest.raw(), TRANSLATOR, result.node.unique_id, None)
        check = checks.get(result.node.name)
        if key is not None and check is not None and str(result.status) != "skipped":
            yield check_result(key.asset_key, key.name, check, build)


STAGE_METRIC_MODELS = dbt_stage(STAGE_METRIC)
SCORE_RANK_MODELS = dbt_stage(SCORE_RANK)


@dg.asset(
    key=RELEASE,
    deps=[METRIC_GATE, RANK_GATE],
    partitions_def=QUARTERS,
    backfill_policy=IN_ONE_PASS,
    group_name="publish",
    owners=OWNERS,
    pool=WRITES_WAREHOUSE,
    freshness_policy=RELEASED_QUARTERLY,
    kinds={"csv", "parquet"},
)
def published_release(context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]) -> dg.MaterializeResult[None]:
    """The release bundle of each quarter. Its own gate re-reads the evidence of all the others, so it cannot be made on
    its own."""
    try:
        made = publish.publish(build)
    except GateError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    for one in made:
        context.log.info(f"{one.release} {'made' if one.created else 'was there already'}: {one.release.standing()}")
        if is_kept(context):
            context.add_asset_metadata(release_metadata(one), partition_key=one.release.quarter)
    releases = {one.release.quarter: {"path": str(one.release), "created": one.created} for one in made}
    return dg.MaterializeResult(metadata={"releases": dg.MetadataValue.json(releases)})


@dg.asset(
    key=["publish", "series"],
    deps=[LAND_GATE],
    partitions_def=QUARTERS,
    backfill_policy=IN_ONE_PASS,
    group_name="series",
    owners=OWNERS,
    pool=WRITES_WAREHOUSE,
    kinds={"csv", "parquet"},
)
def published_series(build: dg.ResourceParam[Build], gates: dg.ResourceParam[Gates]) -> dg.MaterializeResult[None]:
    """Every month at hand of every metric that publications make, with its own gates: a file of an early month stops no
    release of a quarter."""
    if build.since is None:
        raise dg.Failure("publish/series is made by job series or league history: leave it out", allow_retries=False)
    _, checks = _run_dbt(build, SERIES)
    with tables.reading(build) as connection:
        raise_if_shut(_record(build, SERIES, checks, connection))
    for suite in release_gate.suites_of(build):
        if suite.gate != LAND:
            raise_if_shut(gates.check(suite))
    try:
        made = series.publish(build)
    except GateError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    release = {str(build.quarters[-1]): {"path": str(made.release), "created": made.created}}
    return dg.MaterializeResult(metadata={"releases": dg.MetadataValue.json(release)})


ASSETS = [
    fetched,
    extracts,
    *LANDING,
    LAND_GATE,
    STAGE_METRIC_MODELS,
    METRIC_GATE,
    SCORE_RANK_MODELS,
    RANK_GATE,
    published_release,
    published_series,
]
