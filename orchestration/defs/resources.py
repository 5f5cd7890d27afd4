"""What the assets are given from outside: the folder of extracts, the data folder, and the build that a run is alone
with."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.quarters import with_a_framework
from orchestration.workspace.files import alone
from orchestration.workspace.paths import Build, Workspace

QUARTERS = dg.StaticPartitionsDefinition(list(with_a_framework()))


class Folders(dg.ConfigurableResource["Folders"]):
    """Where published files are dropped, and where a build keeps what it makes."""

    extracts: str
    data: str
    recorded: bool = False  # `extracts` is a release, to be built again from the inventory it records


@dg.resource(required_resource_keys={"folders"})
def build_alone(context: dg.InitResourceContext) -> Iterator[Build]:
    """The build of the quarter that a run is about, for that run alone until it ends, whoever started it: a second run
    of the quarter fails before its first step."""
    assert context.run
    workspace = Workspace(Path(context.resources.folders.data))
    build = workspace.build(context.run.tags["dagster/partition"])
    with alone(build.lock, busy=f"{build.quarter} is being built by another process in {workspace.data_dir}"):
        yield build
