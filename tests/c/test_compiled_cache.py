"""What is kept is found again whole, or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from symbackprop.c import compiled_cache
from symbackprop.c.compiled_cache import VARIABLE, digest_of, keep, kept

KEY = digest_of("a text")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    monkeypatch.setattr(compiled_cache, "_passing", lambda: tmp_path / "passing")
    return tmp_path


def test_what_is_kept_is_found() -> None:
    assert kept(KEY) is None
    file = keep(KEY, b"library")
    assert kept(KEY) == file
    assert file.read_bytes() == b"library"
    assert kept(digest_of("another text")) is None
    assert [each.name for each in file.parent.iterdir()] == [file.name]  # nothing else is left there


def test_texts_are_told_apart() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("a") == digest_of(b"a")


@pytest.mark.parametrize("damage", [b"", b"libr", b"librarz", b"library and more"])
def test_what_was_cut_off_or_changed_counts_as_none(damage: bytes) -> None:
    file = keep(KEY, b"library")
    file.write_bytes(damage)
    assert kept(KEY) is None
    assert keep(KEY, b"library") == file
    assert kept(KEY) == file


def test_a_file_of_somebody_else_under_the_key() -> None:
    file = keep(KEY, b"library")
    foreign = file.with_name(f"{KEY}-{'0' * 32}.so")
    foreign.write_bytes(b"foreign")
    assert kept(KEY) == file
    foreign = file.with_name(f"{KEY}-a folder.so")
    foreign.mkdir()
    assert kept(KEY) == file


def test_a_folder_that_takes_nothing(folder: Path) -> None:
    """A file stands where the folder should be: what is kept lies with temporary files."""
    (folder / "named").write_text("no folder")
    file = keep(KEY, b"library")
    assert file.parent == folder / "passing"
    assert kept(KEY) == file


def test_no_folder_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "named").write_text("no folder")
    monkeypatch.setattr(compiled_cache, "_passing", lambda: None)
    file = keep(KEY, b"library")
    assert file.read_bytes() == b"library"
    assert kept(KEY) is None


def test_the_users_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "home"))
    assert keep(KEY, b"library").parent == folder / "home" / "symbackprop" / "c"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners here")
def test_nobody_else_writes_to_the_folder_of_temporary_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(compiled_cache.tempfile, "gettempdir", lambda: str(folder))
    compiled_cache._passing.cache_clear()
    found = compiled_cache._passing()
    assert found is not None
    assert not found.stat().st_mode & 0o077
    found.chmod(stat.S_IRWXU | stat.S_IWOTH)
    compiled_cache._passing.cache_clear()
    assert compiled_cache._passing() is None
    compiled_cache._passing.cache_clear()


def test_many_at_once() -> None:
    """Each finds what is whole, whoever wrote it."""
    wrong: list[object] = []

    def work(content: bytes) -> None:
        for _ in range(50):
            keep(KEY, content)
            file = kept(KEY)
            if file is None or file.read_bytes() not in (b"one" * 9999, b"two" * 9999):
                wrong.append(file)

    threads = [threading.Thread(target=work, args=(content * 9999,)) for content in (b"one", b"two", b"one")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
