"""Which of several files counts, what becomes of the others, and what the store keeps."""

from pathlib import Path

import pytest

from orchestration.errors import LeagueError
from orchestration.sources.inventory import Candidate, survey, take_inventory
from orchestration.sources.landing import store_used
from orchestration.sources.store import Store, sha256_of
from orchestration.workspace import Workspace
from tests.unit.test_csv_files import HEADER, ROW, csv_bytes


def data_file(folder: Path, name: str, *quarters: str, value: str = "3.0") -> None:
    rows = [[q, *ROW[1:12], value, *ROW[13:]] for q in quarters]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(csv_bytes(HEADER, *rows))


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """The references that every build needs, and no data file."""
    folder = tmp_path / "extracts"
    (folder / "ods").mkdir(parents=True)
    etr = ["ZA1", "NAME", "Y56", "XA1", *[""] * 6, "20250401", *[""] * 16]
    (folder / "ods" / "etr.csv").write_bytes(csv_bytes(etr))
    trusts = ["ods_code", "name", "type", "region", "ics", "predecessor_codes", "merger_date"]
    (folder / "ods" / "trusts.csv").write_bytes(csv_bytes(trusts, ["ZA1", *[""] * 6]))
    return folder


def statuses(folder: Path, quarter: str) -> dict[tuple[str, str | None], str]:
    inventory = take_inventory(survey(folder), quarter)
    rows = inventory[inventory["source_id"] != "ods_etr"]
    return {
        (row.file_name, row.quarter): row.status
        for row in rows.itertuples()
        if row.file_name.startswith(("a", "b", "c")) or row.source_id is None
    }


def test_a_later_cumulative_file_supersedes_and_other_quarters_are_not_asked_for(extracts: Path) -> None:
    data_file(extracts, "a-q1.csv", "Q1 2025/26")
    data_file(extracts, "b-q3.csv", "Q1 2025/26", "Q2 2025/26", "Q3 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q2") == {
        ("a-q1.csv", "2025-26-Q1"): "superseded",
        ("b-q3.csv", "2025-26-Q1"): "used",
        ("b-q3.csv", "2025-26-Q2"): "used",
        ("b-q3.csv", "2025-26-Q3"): "not_asked_for",
    }


@pytest.mark.parametrize("name", ["a-data-v2.csv", "a-data-V3.csv", "a-data-revised.csv"])
def test_a_version_mark_supersedes_within_a_release(extracts: Path, name: str) -> None:
    data_file(extracts, "b-data.csv", "Q1 2025/26")
    data_file(extracts, name, "Q1 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q1") == {
        (name, "2025-26-Q1"): "used",
        ("b-data.csv", "2025-26-Q1"): "superseded",
    }


def test_a_reissue_does_not_supersede_the_next_release(extracts: Path) -> None:
    data_file(extracts, "a-q1-v2.csv", "Q1 2025/26")
    data_file(extracts, "b-q2.csv", "Q1 2025/26", "Q2 2025/26", value="2.0")
    assert statuses(extracts, "2025-26-Q1")["b-q2.csv", "2025-26-Q1"] == "used"


def test_two_differing_files_that_nothing_orders_stop_the_build(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q1 2025/26", value="2.0")
    with pytest.raises(LeagueError, match=r"^a\.csv and b\.csv are both .* 2025-26-Q1 ambulance and differ"):
        take_inventory(survey(extracts), "2025-26-Q1")


def test_the_same_bytes_twice_are_a_duplicate_and_unknown_files_stop_nothing(extracts: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    data_file(extracts, "b.csv", "Q1 2025/26")
    (extracts / "c.txt").write_text("hello")
    (extracts / "link.csv").symlink_to("/etc/hostname")
    inventory = take_inventory(survey(extracts), "2025-26-Q1").set_index("file_name")
    assert inventory.loc["b.csv", "status"] == "duplicate"
    assert inventory.loc["c.txt", "status"] == "not_known"
    assert inventory.loc["link.csv", "reason"] == "a link that leaves the folder"


def test_a_missing_publication_is_named(extracts: Path) -> None:
    with pytest.raises(LeagueError, match="no file is 'NHS Oversight Framework, trust data' for 2025-26-Q2"):
        take_inventory(survey(extracts), "2025-26-Q2")
    data_file(extracts, "a.csv", "Q2 2025/26")
    (extracts / "ods" / "etr.csv").unlink()
    with pytest.raises(LeagueError, match=r"no file is 'ODS, NHS trusts \(etr\)'"):
        take_inventory(survey(extracts), "2025-26-Q2")


def test_a_year_without_a_framework_is_refused_by_name(extracts: Path) -> None:
    with pytest.raises(LeagueError, match="2026-27-Q1 cannot be built: no framework is seeded for it"):
        take_inventory(survey(extracts), "2026-27-Q1")


def test_precedence_reads_only_version_marks() -> None:
    def precedence(name: str) -> int:
        return Candidate(Path(name), name, "", None, None, None, None).precedence[1]  # type: ignore[arg-type]

    assert [precedence(n) for n in ("x.csv", "x-v2.csv", "x-v12.csv", "x-revised.csv", "dev-v.csv")] == [1, 2, 12, 2, 1]


def test_the_store_keeps_bytes_read_only_and_notices_a_change(extracts: Path, tmp_path: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    store = Store(Workspace(tmp_path / "data"))
    found = survey(extracts)
    store_used(found, take_inventory(found, "2025-26-Q1"), store)
    sha256 = sha256_of((extracts / "a.csv").read_bytes())
    assert store.get(sha256) == (extracts / "a.csv").read_bytes()
    assert store.lock()[sha256]["source_id"] == "nof_data"
    assert store.lock()[sha256]["url"] == "not recorded"
    path = store.path(sha256)
    assert not path.stat().st_mode & 0o222
    path.chmod(0o644)
    path.write_bytes(b"other")
    with pytest.raises(LeagueError, match="was changed"):
        store.get(sha256)


def test_a_file_that_changes_between_survey_and_store_is_refused(extracts: Path, tmp_path: Path) -> None:
    data_file(extracts, "a.csv", "Q1 2025/26")
    found = survey(extracts)
    inventory = take_inventory(found, "2025-26-Q1")
    data_file(extracts, "a.csv", "Q1 2025/26", value="1.0")
    with pytest.raises(LeagueError, match="changed while it was being read"):
        store_used(found, inventory, Store(Workspace(tmp_path / "data")))
