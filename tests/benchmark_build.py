"""How long builds take, as multiples of importing the libraries that they use: `make bench`. A measurement, not a
test.

Everything is a process of its own and is timed whole, three times: the median counts. Memory is that of the process
and of those it starts, the most at any one time, in one run more: to ask for it ten times a second makes a pass slower
by a tenth (2026-11-29)."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

RUNS = 3
YARDSTICK = "import dagster, dagster_dbt, pandas, great_expectations, dbt.cli.main"
LEAGUE = Path(sys.executable).with_name("league")


def seconds(*command: str) -> float:
    """How long a process takes."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def megabytes(*command: str) -> int:
    """The most that a process and its children hold together."""
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.1)
    assert process.returncode == 0, f"{' '.join(command)} ended with {process.returncode}"
    return peak


def resident(pid: int) -> int:
    """Megabytes of memory of a process and of its children, what they share counted once. None where there is no
    /proc."""
    try:
        (kilobytes,) = re.findall(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        of_threads = [task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        children = " ".join(of_threads).split()
    except (OSError, ValueError):
        return 0
    return int(kilobytes) * 1024 // 1_000_000 + sum(resident(int(child)) for child in children)


def build(measure: Callable[..., float], extracts: Path, quarters: list[str]) -> float:
    """What a build of some quarters into an empty data folder takes."""
    with tempfile.TemporaryDirectory() as data:
        listed = [option for quarter in quarters for option in ("--quarter", quarter)]
        found = measure(str(LEAGUE), "build", "--extracts", str(extracts), *listed, "--data-dir", data)
        subprocess.run(["chmod", "-R", "u+w", data], check=True)  # releases are read-only
        return found


def main(extracts: Path, quarters: list[str]) -> None:
    print(f"{extracts}, Python {sys.version.split()[0]}, median of {RUNS} whole processes")
    imports = median(seconds(sys.executable, "-c", YARDSTICK) for _ in range(RUNS))
    print(f"{imports:6.2f} s   1.00   the imports of dagster, dagster_dbt, pandas, great_expectations, dbt")
    took: dict[int, float] = {}
    for count in sorted({1, len(quarters)}):
        took[count] = median(build(seconds, extracts, quarters[:count]) for _ in range(RUNS))
        peak = build(megabytes, extracts, quarters[:count])
        print(f"{took[count]:6.2f} s  {took[count] / imports:5.2f}   {', '.join(quarters[:count])}; at most {peak} MB")
    if len(quarters) > 1:
        further = (took[len(quarters)] - took[1]) / (len(quarters) - 1)
        print(f"{further:6.2f} s  {further / imports:5.2f}   a further quarter in the same pass, on average")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
