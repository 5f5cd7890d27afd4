"""Archives: what may be opened, what is refused before anything is inflated, and what a damaged one says."""

import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import InputError
from orchestration.sources import archives, recognise
from orchestration.sources.archives import MAX_BYTES
from orchestration.sources.csv_files import national_batches
from orchestration.sources.descriptions import known_sources
from orchestration.sources.sheets import BOOK
from tests.unit.test_csv_files import GOOD, HEADER, ROW, csv_bytes, quoted
from tests.unit.test_workbooks import tampered

DATA = csv_bytes(HEADER, ROW)
NOISE = quoted(*[[str(n * n)] for n in range(3000)])


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def directory(path: Path, offset: int, form: str, *values: int) -> Path:
    """Overwrites a field of the first entry of the central directory."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.index(b"PK\x01\x02") + offset, *values)
    path.write_bytes(content)
    return path


COMPRESSED, DECLARED, METHOD, FLAGS = 20, 24, 10, 8


@pytest.mark.parametrize("member", ["data.csv", "folder/data.csv"])
def test_a_publication_in_a_zip_is_recognised_and_read(tmp_path: Path, member: str) -> None:
    path = zipped(tmp_path / "x", **{"folder/": b"", member: DATA, "read me.txt": b"hello", "other.csv": b"a,b\n1,2\n"})
    found = recognise.recognise(path, "f.zip")
    assert found is not None and (found.source.id, found.member) == ("nof_data", member)
    subjects, remarks = recognise.subjects_of(path, found, "f.zip")
    assert subjects == [recognise.Subject("2025-26-Q1", "2025-26-Q1", "ambulance")]
    assert remarks == "read me.txt, other.csv in the archive: no publication known here"
    rows = recognise.read_rows(path, member, found.source, "f.zip")
    assert list(rows["_source_member"]) == [member]


def test_a_zip_without_a_known_publication_is_none(tmp_path: Path) -> None:
    assert recognise.recognise(zipped(tmp_path / "x", a=b"a,b\n", b=b""), "f.zip") is None
    assert recognise.recognise(zipped(tmp_path / "y"), "f.zip") is None


def test_faults_in_a_member_name_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x", **{"data.csv": csv_bytes(HEADER, ROW, ROW[1:])})
    found = recognise.recognise(path, "f.zip")
    assert found
    with pytest.raises(InputError, match=r"f\.zip \[data\.csv\], row 3: has a row of another length"):
        recognise.subjects_of(path, found, "f.zip")


def two(path: Path) -> Path:
    return zipped(path, **{"a.csv": DATA, "b.csv": GOOD})


def twice(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.csv", DATA)
        archive.writestr("a.csv", GOOD)
    return path


def cut(path: Path) -> Path:
    whole = zipped(path, **{"a.csv": NOISE}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def shifted(path: Path) -> Path:
    """Bytes went missing in the middle, the directory is whole."""
    whole = zipped(path, **{"a.csv": NOISE}).read_bytes()
    path.write_bytes(whole[:200] + whole[300:])
    return path


def flipped(path: Path) -> Path:
    content = bytearray(zipped(path, **{"a.csv": NOISE}).read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    return path


def lying(size: Callable[[int], int]) -> Callable[[Path], Path]:
    return lambda path: directory(zipped(path, **{"a.csv": NOISE}), DECLARED, "<I", size(len(NOISE)))


REFUSED = r"^f\.zip: is an archive that .*, so it is not opened: download it again$"
DAMAGED = r"^f\.zip: is a damaged archive \(.*\): download it again$"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (two, r"^f\.zip: holds more than one publication, a\.csv \(NHS .*\) and b\.csv \(Diagnostic .*\): unpack it$"),
        (twice, REFUSED.replace(".*", "has a.csv twice")),
        (
            lambda path: zipped(path, **{"../a.csv": DATA}),
            REFUSED.replace(".*", r"has a member outside itself, \.\./.*"),
        ),
        (lambda path: zipped(path, **{"/a.csv": DATA}), "outside itself, /a.csv"),
        (lambda path: zipped(path, **{"a\\..\\..\\b.csv": DATA}), "outside itself"),
        (lambda path: zipped(path, **{"C:a.csv": DATA}), "outside itself"),
        (lambda path: zipped(path, **{str(n): b"" for n in range(1001)}), "has 1001 members, more than 1000"),
        (lambda path: zipped(path, **{"a.csv": bytes(3_000_000)}), r"says that a\.csv inflates more than 200 times"),
        (lambda path: directory(zipped(path, a=DATA), FLAGS, "<H", 1), "has an encrypted member, a"),
        (lambda path: directory(zipped(path, a=DATA), METHOD, "<H", 14), "has a member of an unknown compression, a"),
        (
            lambda path: directory(zipped(path, a=DATA), COMPRESSED, "<II", MAX_BYTES // 100, MAX_BYTES + 1),
            f"inflates to more than {MAX_BYTES} bytes",
        ),
        (cut, DAMAGED),
        (shifted, DAMAGED),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(90)) and path, DAMAGED),
    ],
)
def test_refused_before_it_is_inflated(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(InputError, match=message):
        recognise.recognise(make(tmp_path / "x"), "f.zip")


@pytest.mark.parametrize(
    "make", [flipped, lying(lambda size: size - 1000), lying(lambda size: size + 1000)], ids=["bit", "less", "more"]
)
def test_damage_noticed_while_inflating(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "x")
    with pytest.raises(InputError, match=DAMAGED), archives.open_file(path, "a.csv", "f.zip") as stream:
        while stream.read(10_000):
            pass


def test_damage_noticed_by_arrow_is_that_of_the_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x", a=GOOD)
    content = path.read_bytes()
    crc = zipfile.ZipFile(path).getinfo("a").CRC
    path.write_bytes(content.replace(struct.pack("<I", crc), struct.pack("<I", crc ^ 1)))
    with (
        pytest.raises(InputError, match=r"damaged archive \(Bad CRC-32"),
        archives.open_file(path, "a", "f.zip") as stream,
    ):
        list(national_batches(stream, known_sources()["dm01"], "f.zip [a]", "2026-03"))


def test_a_bomb_in_the_entities_of_a_workbook_ends_soon(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a11;</x>'.encode()
    tampered(tmp_path / "x", BOOK, bomb)
    started = time.monotonic()
    with pytest.raises(InputError, match=r"f\.xlsx: is a damaged workbook .*it has a document type"):
        recognise.recognise(tmp_path / "x", "f.xlsx")
    assert time.monotonic() - started < 5
