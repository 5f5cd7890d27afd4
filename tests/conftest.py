"""What tests share, all workers together: one sample, one end-to-end build a quarter, the real extracts. Asserts
nothing about them."""

from __future__ import annotations

import csv
import errno
import fcntl
import gc
import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

os.environ |= {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}
os.environ.pop("DAGSTER_HOME", None)  # builds of tests are recorded on no instance
gc.set_threshold(200_000, 20, 100)  # as the command does

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from orchestration.defs.in_process import Outcome
    from orchestration.releases.release import Release
    from orchestration.workspace.paths import Build, Workspace

TESTS = Path(__file__).parent
SHARED = Path(os.environ.get("LEAGUE_SHARED", TESTS.parents[1] / "shared"))

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The names alone: all of what axe says takes longer to get than to find. `target-size` is all of WCAG 2.2 AA, and off.
VIOLATIONS = (
    "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
    ".then(found => found.violations.map(violation => violation.id))"
)
CLEAN = {"violations": [], "requests": [], "complaints": [], "too_wide": []}  # of a page that `seen` has looked at
COMMUNITY = "nof/2025-09/nhs-oversight-framework-non-acute-hospital-trust-data.csv"
COMMUNITY_TABLE = COMMUNITY.replace("data.csv", "league-table.csv")

Run = Callable[[str, Path, Path], "Outcome"]
League = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class Built:
    """A quarter that was built: how the run ended, and where everything is."""

    outcome: Outcome
    build: Build

    @property
    def workspace(self) -> Workspace:
        return self.build.workspace

    @property
    def release(self) -> Path:
        assert self.outcome.release is not None, "\n".join(self.outcome.problems)
        return self.outcome.release


@dataclass(frozen=True)
class Versions:
    """`built_first`, published again, and built once more after a revision of its extracts."""

    folder: Path
    first: dict[str, str]
    again: tuple[Release, bool]
    exchanged: tuple[str, str]

    @property
    def extracts(self) -> Path:
        """As revised."""
        return self.folder / "extracts"

    @property
    def before(self) -> Path:
        """The data folder before the revision."""
        return self.folder / "before"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def second(self) -> Path:
        return self.data / "releases" / "2025-26-Q1" / "v2"


class Disk:
    """A small file system of its own, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Files and folders that this user may not read, for a test to name: root may read all."""
    refused, listed, opened = set[Path](), os.scandir, Path.open

    def asked(path: Path | str) -> None:
        if Path(path) in refused:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def scandir(path: Any = ".") -> Any:
        asked(path)
        return listed(path)

    def open_(path: Path, *arguments: Any, **named: Any) -> Any:
        asked(path)
        return opened(path, *arguments, **named)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", open_)
    return refused


def descriptor(resources: list[dict[str, str]], **more: object) -> str:
    """A `datapackage.json` that says as little as one may."""
    told = {"version": "1", "contract_version": "3.2", "code_version": "0.1.0", "code_sha256": "0" * 64}
    listed = [{"type": "file", **resource} for resource in resources]
    return json.dumps({**told, "rules": {}, "sources": [], "resources": listed, **more})


def silent(kind: str, step: str) -> None:
    """Listens to a run and says nothing."""


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks a test with its lane, which is its folder. Of the first files one builds what others wait for, and one for
    itself alone."""
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
    items.sort(key=lambda item: item.path.stem not in ("test_audit_pack", "test_gates_really_gate"))


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """A function by its name: its address would differ between the workers."""
    return getattr(val, "__name__", None) if callable(val) else None


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Any]], tuple[Path, Any]]:
    """Fills a folder by its name, the first worker that asks for it; returns the folder and what filling it gave."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def filled(name: str, fill: Callable[[Path], Any]) -> tuple[Path, Any]:
        folder, given = base / name, base / f"{name}.pickle"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not given.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                given.write_bytes(pickle.dumps(fill(folder)))
        return folder, pickle.loads(given.read_bytes())

    return filled


@pytest.fixture(scope="session", autouse=True)
def today(once: Any) -> Iterator[date]:
    """The day for all workers, which may run over midnight: a release says when its files were first seen, and tests
    compare releases."""
    from orchestration import cli
    from orchestration.sources import landing

    _, day = once("today", lambda folder: date.today())

    class Day(date):
        @classmethod
        def today(cls) -> date:
            return day

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "date", Day)
        patch.setattr(landing, "date", Day)
        yield day


@pytest.fixture(scope="session")
def sample(once: Any) -> Path:
    """A written sample: four quarters of fictional trusts. Read it, never change it."""
    from orchestration.sample import write_sample

    return once("sample", write_sample)[0]


@pytest.fixture(scope="session")
def first_quarter(sample: Path, once: Any) -> Path:
    """The part of the sample that 2025-26-Q1 needs: the smallest folder that builds a whole quarter."""

    def copy(folder: Path) -> None:
        shutil.copytree(sample / "nof" / "2025-09", folder / "nof" / "2025-09")
        shutil.copytree(sample / "ods", folder / "ods")

    return once("first_quarter", copy)[0]


@pytest.fixture(scope="session")
def shared_extracts() -> Path:
    """Real published files beside the checkout, or under LEAGUE_SHARED; never copied into the project."""
    folder = SHARED / "extracts"
    if not folder.is_dir():
        pytest.skip(f"real extracts are not at {folder}: put them there or set LEAGUE_SHARED")
    return folder


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs the quarter job in this process: quarter, extracts, data folder."""
    from orchestration.defs import in_process

    def quarter(quarter: str, extracts: Path, data_dir: Path) -> Outcome:
        return in_process.run_quarter("quarter", quarter, extracts, data_dir, silent)

    return quarter


@pytest.fixture(scope="session")
def build_quarters(once: Any) -> Callable[..., dict[str, Built]]:
    """Builds quarters of a folder of extracts once, in one pass, in a data folder of their own. Read it, never change
    it."""
    from orchestration.defs import in_process
    from orchestration.workspace.paths import Workspace

    @cache
    def build(extracts: Path, *quarters: str) -> dict[str, Built]:
        def run(data_dir: Path) -> list[Outcome]:
            return in_process.run_quarters("quarter", quarters, extracts, data_dir, silent)

        # With a blank and an apostrophe, as a person's folder may have.
        name = f"o'data {'+'.join(quarters)} {hashlib.md5(str(extracts).encode()).hexdigest()[:8]}"
        data_dir, outcomes = once(name, run)
        whole = Workspace(data_dir).build(*quarters)
        alone = Workspace(data_dir).build(quarters[0])
        assert alone == whole or not alone.folder.exists(), "the pass stopped, and each quarter was built alone"
        return {outcome.quarter: Built(outcome, whole) for outcome in outcomes}

    return build


@pytest.fixture(scope="session")
def build_quarter(build_quarters: Callable[..., dict[str, Built]]) -> Callable[[str, Path], Built]:
    """Builds a quarter of a folder of extracts once, alone. Read it, never change it."""
    return lambda quarter, extracts: build_quarters(extracts, quarter)[quarter]


@pytest.fixture(scope="session")
def real_quarters(build_quarters: Callable[..., dict[str, Built]], shared_extracts: Path) -> dict[str, Built]:
    """The quarters that published files are at hand of, in one pass. Read it, never change it.

    That a pass gives the bytes of builds of each quarter alone is in the soak lane."""
    return build_quarters(shared_extracts, "2025-26-Q1", "2025-26-Q2", "2025-26-Q4")


@pytest.fixture(scope="session")
def sample_quarters(build_quarters: Callable[..., dict[str, Built]], sample: Path) -> dict[str, Built]:
    """Two quarters of the sample in one pass. Read it, never change it."""
    return build_quarters(sample, "2025-26-Q3", "2025-26-Q4")


@pytest.fixture(scope="session")
def built(sample_quarters: dict[str, Built], once: Any) -> Built:
    """The sample's 2025-26-Q4, whose release is alone in its data folder. Read it, never change it."""
    from orchestration.workspace.files import remove_tree
    from orchestration.workspace.paths import Workspace

    made = sample_quarters["2025-26-Q4"]

    def without_the_other(folder: Path) -> None:
        shutil.copytree(made.workspace.data_dir, folder, dirs_exist_ok=True, copy_function=os.link)
        remove_tree(folder / "releases" / "2025-26-Q3")

    folder, _ = once("data-2025-26-Q4", without_the_other)
    release = folder / made.release.relative_to(made.workspace.data_dir)
    return Built(replace(made.outcome, release=release), Workspace(folder).build(*made.build.quarters))


@pytest.fixture(scope="session")
def site(built: Built, once: Any) -> Path:
    """The site of the sample's 2025-26-Q4. Read it, never change it."""
    from orchestration.site.build import build

    return once("site", lambda folder: build(built.workspace, folder, print))[0]


@pytest.fixture(scope="session")
def real_site(real_quarters: dict[str, Built], once: Any) -> Path:
    """The site of the quarters that published files are at hand of, each approved, `site`, and their data folder,
    `data`. Read it, never change it."""
    from orchestration.releases import shelf
    from orchestration.releases.decisions import APPROVED
    from orchestration.site.build import build
    from orchestration.workspace.paths import Workspace

    def fill(folder: Path) -> None:
        workspace = Workspace(folder / "data")
        shutil.copytree(real_quarters["2025-26-Q2"].workspace.data_dir / "releases", folder / "data" / "releases")
        for quarter in shelf.quarters_released(workspace):
            shelf.decide(shelf.find(workspace, quarter), APPROVED, "the tests", lambda: None)
        build(workspace, folder / "site", print)

    return once("real_site", fill)[0]


@pytest.fixture(scope="session")
def built_first(build_quarter: Callable[[str, Path], Built], first_quarter: Path) -> Built:
    """The sample's 2025-26-Q1, built once. Read it, never change it."""
    return build_quarter("2025-26-Q1", first_quarter)


@pytest.fixture(scope="session")
def built_planted(sample_quarters: dict[str, Built]) -> Built:
    """The sample's 2025-26-Q3, in whose published figures a few disagreements are planted."""
    return sample_quarters["2025-26-Q3"]


@pytest.fixture(scope="session")
def versions(first_quarter: Path, built_first: Built, run: Run, once: Any) -> Versions:
    """Read it, never change it."""
    from orchestration.releases import publish
    from orchestration.workspace.paths import Workspace

    def build(folder: Path) -> tuple[dict[str, str], tuple[Release, bool], tuple[str, str]]:
        extracts, data_dir = folder / "extracts", folder / "data"
        shutil.copytree(first_quarter, extracts, copy_function=os.link)
        shutil.copytree(built_first.workspace.data_dir, data_dir)
        first = hashes(built_first.release)
        (again,) = publish.publish(Workspace(data_dir).build("2025-26-Q1"))
        shutil.copytree(data_dir, folder / "before")
        exchanged = exchange_first_and_last(extracts)
        second = run("2025-26-Q1", extracts, data_dir)
        assert second.problems == () and second.created
        return first, again, exchanged

    folder, built = once("versions", build)
    return Versions(folder, *built)


def exchange_first_and_last(extracts: Path) -> tuple[str, str]:
    """Gives the first and last of a league each other's figures: a revision that agrees with itself."""
    rows = [*csv.DictReader(io.StringIO((extracts / COMMUNITY).read_bytes().decode("utf-8-sig"), newline=""))]
    names = {
        row["Trust_code"]: f'"{row["Trust_name"]}"' if "," in row["Trust_name"] else row["Trust_name"] for row in rows
    }
    places = {row["Trust_code"]: float(row["Rank"]) for row in rows if row["Metric_ID"] == "OF5000"}
    first, last = min(places, key=places.__getitem__), max(places, key=places.__getitem__)
    for name in (COMMUNITY, COMMUNITY_TABLE):
        text = (extracts / name).read_bytes()
        for old, new in ((first, "?"), (last, first), ("?", last)):
            text = text.replace(f",{old},".encode(), f",{new},".encode())
        for old, new in ((names[first], "<other>"), (names[last], names[first]), ("<other>", names[last])):
            text = text.replace(old.encode(), new.encode())
        (extracts / name).unlink()
        (extracts / name).write_bytes(text)
    return first, last


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window, a profile or a reason to call anybody."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Callable[[Path], str]]:
    """Serves a folder to this machine and returns its address."""
    servers: list[ThreadingHTTPServer] = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing of requests."""

    def serve(folder: Path) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def seen(browser: Browser) -> Iterator[Callable[..., dict[str, Any]]]:
    """Opens a page and looks at it at each width: what axe finds, what it asks others for, what it complains of, where
    it scrolls sideways. Its own policy is off, so that it is the page that asks for nothing. Of each table axe sees the
    first rows: those that follow look the same, and take it a minute."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(bypass_csp=True)

    def look(address: str, *widths: int) -> dict[str, Any]:
        page = context.new_page()
        page.set_viewport_size({"width": widths[0], "height": 900})
        own = address if address.startswith("file:") else "/".join(address.split("/")[:3])
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        too_wide = []
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                too_wide.append(width)
        page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+9)').forEach(row => row.remove())")
        page.evaluate(Axe().axe_script)
        violations = set()
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            violations |= {*page.evaluate(VIOLATIONS)}
        page.close()
        return {
            "violations": sorted(violations),
            "requests": [url for url in requests if not url.startswith(own)],
            "complaints": complaints,
            "too_wide": too_wide,
        }

    yield look
    context.close()


@pytest.fixture
def league(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> League:
    """Runs a command; returns its exit code and what it said on stderr."""
    from orchestration import cli

    def command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["league", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capfd.readouterr().err

    return command


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", folder], check=True)
