"""What the assets are given from outside: the folder of extracts and the data folder."""

from pathlib import Path

import dagster as dg

from orchestration.sources import nof
from orchestration.workspace import Build, Workspace

QUARTERS = dg.StaticPartitionsDefinition(list(nof.quarters()))


class Folders(dg.ConfigurableResource["Folders"]):
    """Where published files are dropped, and where a build keeps what it makes."""

    extracts: str
    data: str
    recorded: bool = False  # `extracts` is a release, to be built again from the inventory it records

    def build(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Build:
        """The working folder of the quarter that this run is about."""
        quarter = context.run.tags["dagster/partition"]
        return Workspace(Path(self.data)).build(quarter)
