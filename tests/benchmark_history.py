"""Years of national RTT files, a real one under other months: landing and the pass of dbt against a bare DuckDB script
over the same zips, in processor seconds and peak memory. `python tests/benchmark_history.py EXTRACTS 12 36 60`. Every
part is a process of its own. A measurement, not a test."""

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
import pandas as pd

from orchestration.defs.in_process import run_series
from orchestration.quarters import SERIES_BEGIN, Quarter
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import survey
from orchestration.sources.landing import land, take_in, write_parquet
from orchestration.warehouse import manifest, project
from orchestration.workspace.paths import Build, Workspace
from tests.benchmark_national import weeks


def publish(extracts: Path, folder: Path, months: int) -> Quarter:
    """Writes the first so many months of RTT, from the one at hand. Returns the quarter that they end in."""
    shutil.copytree(extracts / "ods", folder / "ods")
    (folder / "rtt").mkdir()
    (archive,) = (extracts / "rtt").glob("*.zip")
    with ZipFile(archive) as opened:
        (member,) = opened.namelist()
        content = opened.read(member)
    label = content.partition(b"\n")[2].partition(b",")[0].strip(b'"')
    for month in pd.date_range(f"{SERIES_BEGIN.months[0]}-01", periods=months, freq="MS"):
        with ZipFile(folder / "rtt" / f"{month:%Y-%m}.zip", "w", ZIP_DEFLATED, compresslevel=1) as made:
            made.writestr("rtt.csv", content.replace(label, f"RTT-{month:%B-%Y}".encode()))
    return Quarter.of_month(f"{month:%Y-%m}")


def bare(extracts: Path, build: Build) -> None:
    """Unzip, read as text, keep the sums of each row that `rtt_pathways` has, sum by provider and by ICB. No checks, no
    provenance."""
    connection = duckdb.connect(config={"threads": 2})
    with tempfile.TemporaryDirectory() as scratch:
        for number, archive in enumerate(sorted((extracts / "rtt").glob("*.zip"))):
            with ZipFile(archive) as opened:
                path = opened.extract("rtt.csv", scratch)
            into = "insert into rtt" if number else "create table rtt as"
            connection.execute(
                f"""{into} select "Period", "Provider Org Code", "Commissioner Parent Org Code", "RTT Part Type",
                "Treatment Function Code", {weeks(0, 17)} as a, {weeks(52, 104)} as b, {weeks(18, 51)} as c,
                "Total All"::bigint as d
                from read_csv('{path}', all_varchar = true)"""
            )
    for side in ("Provider Org Code", "Commissioner Parent Org Code"):
        connection.execute(
            f'select "{side}", "Period", sum(a), sum(b), sum(c), sum(d) from rtt group by all'
        ).fetchall()


def landing(extracts: Path, build: Build) -> None:
    """Survey, store, land."""
    quarter = build.quarters[-1]
    build.unfinished.mkdir(parents=True, exist_ok=True)
    inventory = take_in(survey(extracts), quarter, build.workspace, build.reads(quarter))
    write_parquet(inventory, build.parquet("files"))
    read = pd.DataFrame({"quarter": quarter, "reads": build.reads(quarter)}).assign(fictional=False, framework=None)
    write_parquet(read, build.parquet("build"))
    for source in known_sources().values():
        land(source, inventory, build)


def dbt(extracts: Path, build: Build) -> None:
    """Every model and test of a series."""
    results = project.build_stage(build, manifest.SELECTED[manifest.SERIES], ())
    assert {str(result.status) for result in results} <= {"success", "pass", "warn"}


def whole(extracts: Path, build: Build) -> None:
    """The series with its gates and release, of what was landed before."""
    assert build.since
    made = run_series(build.since, build.quarters[-1], extracts, build.workspace.data_dir, lambda kind, step: None)
    assert made.release, made.problems


PARTS: dict[str, Callable[[Path, Build], None]] = {
    "bare": bare,
    "land": landing,
    "land again": landing,
    "dbt": dbt,
    "series": whole,
}


def main(extracts: Path, counts: list[int]) -> None:
    for months in counts:
        with tempfile.TemporaryDirectory() as folder:
            last = publish(extracts, Path(folder) / "extracts", months)
            took = {}
            for part in PARTS:
                command = [sys.executable, __file__, folder, last, part]
                out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                took[part], peak = json.loads(out.stdout)
                each = f"{took[part] / months:5.2f} a month"
                print(f"{months} months: {took[part]:7.1f} s of processor, {each}, {peak:5.0f} MB  {part}", flush=True)
            ratio = (took["land"] + took["dbt"]) / took["bare"]
            print(f"{months} months: landing and dbt take {ratio:.2f} times the bare script", flush=True)


def one(folder: Path, last: str, part: str) -> None:
    """Runs one part: its processor seconds, imports apart, and the peak of its process."""
    build = Workspace(folder / "data").build(last, since=SERIES_BEGIN)
    before = _seconds()
    PARTS[part](folder / "extracts", build)
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())  # a rusage has the parent's, too
    print(json.dumps([_seconds() - before, int(peak) / 1024]))


def _seconds() -> float:
    """The processor seconds of this process and those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    if sys.argv[2].isdigit():
        main(Path(sys.argv[1]), [int(count) for count in sys.argv[2:]])
    else:
        one(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
