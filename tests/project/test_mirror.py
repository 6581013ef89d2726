"""Tests mirror files: `symbackprop/ROOM/FILE.py` has `tests/ROOM/test_FILE.py`, or a reason here why not."""

from __future__ import annotations

import re
from pathlib import Path

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent
TESTS = Path(__file__).parents[1]

# Rooms and files that other tests cover, by the reason. A name that ends in `/` stands for all in that room.
ELSEWHERE = {
    "nothing is in them but what others define": ("__main__.py", "version.py", "terms/build.py"),
    "networks and layers, which are equations: tests/zoo and tests/layers ask all of them the same": (
        "zoo/", "layers/", "losses/", "functions.py",
    ),
    "a record: tests/stable/test_table.py reads all that is in it, of every row": ("stable/row.py",),
    "the names of the edits, which tests/edits/test_catalogue.py makes of every kind": ("edits/kinds.py",),
    "one call, that tests/numpy/test_optimizer.py runs": ("numpy/stored.py",),
    "one match, whose three cases have their tests": ("lower/by_kind.py",),
    "the state of lowering, of which tests/lower/test_nesting.py and test_lowering.py ask": ("lower/context.py",),
    "an abstract class, whose arithmetics have their tests": ("interpret/number_system.py",),
    "names alone: of errors that others raise, of what a symbol asks": ("interpret/failures.py", "language/owner.py"),
    "the face: tests/contract holds what it promises": (
        "pipeline.py", "derivation.py", "errors.py", "sources.py",
    ),
    "subcommands, which tests/cli/test_commands.py runs": ("cli/",),
}  # fmt: skip


def files() -> list[str]:
    found = (file for file in PACKAGE.rglob("*.py") if "templates" not in file.parts and file.name != "__init__.py")
    return sorted(file.relative_to(PACKAGE).as_posix() for file in found)


def has_namesake(file: str) -> bool:
    room, _, name = file.rpartition("/")
    rooms = (room,) if room else ("project", name.removesuffix(".py"))
    return any((TESTS / room / f"test_{name}").exists() for room in rooms)


def is_elsewhere(file: str) -> bool:
    names = {name for names in ELSEWHERE.values() for name in names}
    return file in names or any(name.endswith("/") and file.startswith(name) for name in names)


def test_every_file_has_its_namesake() -> None:
    without = [file for file in files() if not has_namesake(file) and not is_elsewhere(file)]
    assert not without, "write their tests: what do these files promise, and what is an oracle for it?"


def test_the_reasons_name_what_is_there() -> None:
    names = [name for names in ELSEWHERE.values() for name in names]
    there = [file for file in files() if is_elsewhere(file)]
    assert [name for name in names if not any(file == name or file.startswith(name) for file in there)] == []
    assert [name for name in names if name.endswith(".py") and has_namesake(name)] == []


def test_the_map_from_bugs_to_tests_names_what_is_there() -> None:
    named = re.findall(r"`(?:tests/)?(\w+/\w+\.py|\w+/)`", (TESTS / "README.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    assert [name for name in named if not (TESTS / name).exists()] == []
