"""The public site in Dagster: made anew after every decision on a release. What it shows is not here (`site/`)."""

import hashlib
from pathlib import Path

import dagster as dg

from orchestration.defs.assets import OWNERS, RELEASE
from orchestration.defs.resources import Folders
from orchestration.errors import LeagueError
from orchestration.releases.decisions import HEADS
from orchestration.workspace.paths import Workspace


@dg.asset(
    key=["publish", "site"],
    deps=[RELEASE],
    group_name="site",
    owners=OWNERS,
    kinds={"html"},
    description="Static pages of all releases that somebody approved: folder `public-site` of the data folder.",
)
def public_site(context: dg.AssetExecutionContext, folders: Folders) -> dg.MaterializeResult[None]:
    """The whole site takes the place of the last one, or nothing does."""
    from orchestration.site.build import build  # no other run needs it

    workspace = Workspace(Path(folders.data))
    try:
        pages = build(workspace, workspace.public_site, context.log.info)
    except LeagueError as refused:
        raise dg.Failure(str(refused), allow_retries=False) from refused
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(workspace.public_site)), "pages": pages})


site_job = dg.define_asset_job(
    "site",
    selection=dg.AssetSelection.assets(public_site),
    description="The public site of all approved releases.",
    executor_def=dg.in_process_executor,
)


@dg.sensor(
    job=site_job,
    minimum_interval_seconds=60,
    description="Makes the site anew when somebody has approved, withdrawn or reinstated a release.",
)
def site_after_decisions(context: dg.SensorEvaluationContext, folders: Folders) -> dg.SensorResult | dg.SkipReason:
    """A run when the last entries of the records are others, whoever made them: the UI or a command."""
    heads = [path for kind in ("releases", "history") if (path := Path(folders.data) / kind / HEADS).is_file()]
    if not heads:
        return dg.SkipReason("nobody has decided on a release yet")
    seen = hashlib.sha256(b"".join(path.read_bytes() for path in heads)).hexdigest()
    if seen == context.cursor:
        return dg.SkipReason("no decision since the last site")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)
