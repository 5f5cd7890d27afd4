"""A build that runs out of disk late, and again when there is room. Refusals of every kind are in the build lane."""

from __future__ import annotations

import shutil
from typing import Any

from tests.build.test_plain_errors import QUARTER, assert_plain
from tests.conftest import Disk, League, hashes


def test_build_that_found_no_room_to_publish_succeeds_once_there_is(versions: Any, disk: Disk, league: League) -> None:
    shutil.copytree(versions.before / "releases", disk.folder / "releases")
    command = ("build", "--extracts", versions.extracts, "--quarter", QUARTER, "--data-dir", disk.folder)
    disk.set("size=40m")
    code, said = league(*command)
    assert code == 1
    assert_plain(said, f"{QUARTER} cannot be built in {disk.folder}: ", "No space left on device", "make room there")
    assert [path.name for path in (disk.folder / "releases" / QUARTER).iterdir()] == ["v1"]
    disk.set("size=90%")
    assert league(*command)[0] == 0
    assert hashes(disk.folder / "releases" / QUARTER / "v2") == hashes(versions.second)
