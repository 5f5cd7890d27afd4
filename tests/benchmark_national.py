"""The data work of a quarter of national files, against a bare DuckDB script that only reads them and makes the same
sums: `make bench`. Every part is a process of its own. A measurement, not a test."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zipfile import ZipFile

NATIONAL = ("rtt", "dm01", "csds")
STAGED = ("stage.rtt_pathways", "stage.dm01_waits", "stage.csds_counts", "metric.source_counts")


def weeks(first: int, last: int) -> str:
    columns = [f'"Gt {n:02d} To {n + 1:02d} Weeks SUM 1"' for n in range(first, min(last, 103) + 1)]
    columns += ['"Gt 104 Weeks SUM 1"'] if last == 104 else []
    return " + ".join(f"coalesce(try_cast({column} as bigint), 0)" for column in columns)


def bare(extracts: Path) -> None:
    """Unzip, read as text, sum by provider and by ICB. No checks, no provenance, nothing kept."""
    import duckdb

    over_6_weeks = " + ".join(f'"{n:02d} < {n + 1:02d} Weeks"::bigint' for n in range(6, 13)) + ' + "13+ Weeks"::bigint'
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    with tempfile.TemporaryDirectory() as scratch:
        for name in NATIONAL:
            (archive,) = (extracts / name).glob("*.zip")
            with ZipFile(archive) as opened:
                (member,) = opened.namelist()
                path = opened.extract(member, scratch)
            rows = f"read_csv('{path}', all_varchar = true)"
            if name == "rtt":
                connection.execute(
                    f"""create table rtt as select "Provider Org Code", "Commissioner Parent Org Code",
                    "Commissioner Org Code", "RTT Part Type", "Treatment Function Code", {weeks(0, 17)} as a,
                    {weeks(52, 104)} as b, "Total All"::bigint as c from {rows}"""
                )
            elif name == "dm01":
                connection.execute(
                    f"""create table dm01 as select "Provider Org Code", "Commissioner Parent Org Code",
                    "Diagnostic Tests", {over_6_weeks} as a, "Total WL"::bigint as b from {rows}"""
                )
            else:
                connection.execute(
                    f"select ORG_LEVEL, DIMENSION, sum(MEASURE_VALUE::double) from {rows} group by all"
                ).fetchall()
            if name != "csds":
                for side in ("Provider Org Code", "Commissioner Parent Org Code"):
                    connection.execute(f'select "{side}", sum(a), sum(b) from {name} group by 1').fetchall()


def survey_and_store(extracts: Path, data: Path, quarter: str) -> None:
    import pandas as pd

    from orchestration.sources.inventory import survey
    from orchestration.sources.landing import take_in, write_parquet
    from orchestration.workspace.paths import Workspace

    build = Workspace(data).build(quarter)
    write_parquet(take_in(survey(extracts), quarter, build.workspace), build.parquet("files"))
    write_parquet(pd.DataFrame({"quarter": [quarter], "reads": [quarter]}), build.parquet("build"))


def land(source: str, data: Path, quarter: str) -> None:
    import pandas as pd

    from orchestration.sources.descriptions import known_sources
    from orchestration.sources.landing import land
    from orchestration.workspace.paths import Workspace

    build = Workspace(data).build(quarter)
    land(known_sources()[source], pd.read_parquet(build.parquet("files")), build)


def sums(data: Path, quarter: str) -> None:
    """The SQL from landed text to the counts of every organisation, on the tables of a finished build."""
    import duckdb

    from orchestration.warehouse.project import MANIFEST
    from orchestration.workspace.paths import Workspace

    build = Workspace(data).build(quarter)
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"].values()
    compiled = {f"{node['schema']}.{node['name']}": node.get("compiled_code") for node in nodes}
    with duckdb.connect(str(build.warehouse), read_only=True) as connection:
        connection.execute(f"set file_search_path = '{build.landed}'; set threads = 2")
        for relation in STAGED:
            connection.execute(f"create temp table {relation.replace('.', '_')} as {compiled[relation]}")


def whole_build(extracts: Path, data: Path, quarter: str) -> None:
    from orchestration.defs import in_process

    outcome = in_process.run_quarter("quarter", quarter, extracts.absolute(), data, lambda kind, step: None)
    assert outcome.release, outcome.problems


PARTS = {
    "bare": lambda extracts, data, quarter: bare(extracts),
    "survey": survey_and_store,
    **{f"land {s}": lambda extracts, data, quarter, s=s: land(s, data, quarter) for s in NATIONAL},
    "build": whole_build,
    "sums": lambda extracts, data, quarter: sums(data, quarter),
}


def main(extracts: Path, quarter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        took = {}
        for part in PARTS:
            out = subprocess.run(
                [sys.executable, __file__, str(extracts), quarter, part, folder],
                check=True,
                capture_output=True,
                text=True,
            )
            took[part], imports, peak = json.loads(out.stdout)
            print(f"{took[part]:6.2f} s  {peak:5.0f} MB  {part} (and {imports:.2f} s of imports)")
    work = sum(seconds for part, seconds in took.items() if part not in ("bare", "build"))
    print(f"{work:6.2f} s  data work: {work / took['bare']:.1f} times the bare script")


def one(extracts: Path, quarter: str, part: str, data: Path) -> None:
    """Runs one part: how long, imports apart, and the peak of its process. What it imports is imported once before."""
    started = time.perf_counter()
    import duckdb  # noqa: F401
    import pandas  # noqa: F401  ICN

    if part != "bare":
        import orchestration.sources.landing  # noqa: F401
    if part == "build":
        from orchestration.defs import in_process  # noqa: F401
    imports = time.perf_counter() - started
    PARTS[part](extracts, data, quarter)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - started - imports, imports, peak]))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(Path(sys.argv[1]), sys.argv[2])
    else:
        one(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
