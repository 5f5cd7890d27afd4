"""The Great Expectations gates as blocking asset checks, one check an expectation."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.assets import WRITES_WAREHOUSE
from orchestration.defs.metadata import check_result
from orchestration.quality import release_gate, suites
from orchestration.quality.gates import LAND, Gates
from orchestration.quality.suites import Suite
from orchestration.releases import describe
from orchestration.warehouse import project
from orchestration.workspace.paths import Build


def check_name(check_id: str) -> str:
    """Dagster allows letters, digits and underscores."""
    return check_id.rsplit(".", 1)[-1].replace("-", "_")


def gate(suite: Suite) -> dg.AssetChecksDefinition:
    """One suite as a step of its own, with a check an expectation."""
    key = dg.AssetKey([suite.gate, suite.table])

    @dg.multi_asset_check(
        name=f"gate_{suite.gate}_{suite.table}",
        specs=[
            dg.AssetCheckSpec(
                name=check_name(expectation["meta"]["id"]),
                asset=key,
                description=expectation["meta"]["reason"],
                blocking=expectation["severity"] == "critical",
            )
            for expectation in suite.expectations
        ],
        pool=None if suite.gate == LAND else WRITES_WAREHOUSE,
    )
    def checked(build: dg.ResourceParam[Build], gates: dg.ResourceParam[Gates]) -> Iterator[dg.AssetCheckResult]:
        if suite.gate == LAND:  # its suites take longer, in the second process
            project.prepare()
            describe.prepare()
        by_name = {check_name(check.id): check for check in gates.check(suite)}
        for expectation in suite.expectations:
            name = check_name(expectation["meta"]["id"])
            if name in by_name:
                yield check_result(key, name, by_name[name], build)
            else:
                yield dg.AssetCheckResult(
                    asset_key=key, check_name=name, passed=True, metadata={"quarters": str(build)}
                )

    return checked


GATES = [gate(suite) for name in release_gate.GX_GATES for suite in suites.suites(name)]
