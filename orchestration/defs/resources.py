"""What the assets are given from outside: the folder of extracts, the data folder, and the build that a run is alone
with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import dagster as dg
from dagster._core.storage.tags import ASSET_RESUME_RETRY_TAG, RESUME_RETRY_TAG

from orchestration.errors import LeagueError
from orchestration.quality.gates import Gates
from orchestration.quality.release_gate import all_gates_open
from orchestration.quarters import Quarter, known_quarters
from orchestration.sources.landing import Landing
from orchestration.warehouse.project import DUCKDB
from orchestration.workspace.files import alone, remove_tree
from orchestration.workspace.paths import Build, Workspace

LISTED = "league/quarters"  # the tag that lists the quarters of a run by command
SINCE = "league/since"  # the tag of a series: the first quarter that it reads
FRAMEWORK = "league/framework"  # the tag of a rescore: whose rules score its quarters
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
QUARTERS = dg.StaticPartitionsDefinition(list(known_quarters()))


class Folders(dg.ConfigurableResource["Folders"]):
    """Where published files are dropped, where a build keeps what it makes, and on what it is built."""

    extracts: str
    data: str
    engine: str = DUCKDB  # what builds the stage and metric models
    recorded: bool = False  # `extracts` is a release, to be built again from the inventory it records


@dg.resource(required_resource_keys={"folders"})
def locked_build(context: dg.InitResourceContext) -> Iterator[Build]:
    """The build of a run's quarters. Until the run ends no other may build them: a second one fails before its first
    step. So does a run that goes on from where another failed. Where all its gates opened, the build takes the place of
    the last one."""
    assert context.run
    workspace = Workspace(Path(context.resources.folders.data))
    since, framework = (context.run.tags.get(tag) for tag in (SINCE, FRAMEWORK))
    quarters = _quarters(context.run.tags)
    quarters = quarters[-1:] if since else quarters
    build = workspace.build(*quarters, since=Quarter(since) if since else None, framework=framework)
    if not {RESUME_RETRY_TAG, ASSET_RESUME_RETRY_TAG}.isdisjoint(context.run.tags):  # it would use what that run read
        raise LeagueError(f"{build} cannot go on from a failure: re-execute the run with All steps in root run")
    with ExitStack() as held:
        for releases in [build.releases(quarter).name for quarter in build.quarters]:
            busy = f"{releases} is being built by another process in {workspace.data_dir}"
            held.enter_context(alone(workspace.lock(releases), busy=busy))
        yield build
        if build.unfinished.exists() and all_gates_open(build):
            remove_tree(build.whole)
            build.unfinished.rename(build.whole)


@dg.resource(required_resource_keys={"build"})
def landing(context: dg.InitResourceContext) -> Iterator[Landing]:
    """What a run has begun to land."""
    with closing(Landing(context.resources.build)) as begun:
        yield begun


@dg.resource(required_resource_keys={"build"})
def gates(context: dg.InitResourceContext) -> Iterator[Gates]:
    """The suites that a run has begun and not asked for yet."""
    with closing(Gates(context.resources.build)) as begun:
        yield begun


def _quarters(tags: Mapping[str, str]) -> Sequence[str]:
    """A run by command lists its quarters. A backfill is of all from one to another, any other run of one."""
    if LISTED in tags:
        return tags[LISTED].split(",")
    if START in tags:
        return QUARTERS.get_partition_keys_in_range(dg.PartitionKeyRange(tags[START], tags[END]))
    return [tags["dagster/partition"]]
