"""How long a build takes, and how much of it is imports: `make bench`. A measurement, not a test."""

import importlib
import sys
import tempfile
import time
from pathlib import Path

HEAVY = (
    "dagster",
    "dagster_dbt",
    "pandas",
    "orchestration.defs.in_process",
    "great_expectations",
    "dbt.cli.main",
    "matplotlib",
)


def seconds(started: float) -> str:
    return f"{time.perf_counter() - started:6.2f} s"


def main(extracts: Path, quarters: list[str]) -> None:
    print(f"{extracts}, Python {sys.version.split()[0]}, all in one process")
    everything = time.perf_counter()
    for name in HEAVY:
        started = time.perf_counter()
        importlib.import_module(name)
        print(f"{seconds(started)}  import {name} (what was not imported before)")
    print(f"{seconds(everything)}  all imports")

    from orchestration.defs import in_process

    with tempfile.TemporaryDirectory() as data:
        for position, quarter in enumerate(quarters):
            started, steps = time.perf_counter(), {}

            def on_event(kind: str, step: str, steps: dict[str, float] = steps) -> None:
                if kind in ("STEP_START", "STEP_SUCCESS"):
                    steps[step] = time.perf_counter() - steps.get(step, 0.0)

            outcome = in_process.run_quarter("quarter", quarter, extracts.absolute(), Path(data), on_event)
            assert outcome.created, outcome.problems
            slowest = sorted(steps.items(), key=lambda step: -step[1])[:4]
            print(
                f"{seconds(started)}  {quarter} ({'first' if not position else 'further'} quarter), slowest steps: ",
                end="",
            )
            print(", ".join(f"{name} {took:.2f}" for name, took in slowest))
    print(f"{seconds(everything)}  in all")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
