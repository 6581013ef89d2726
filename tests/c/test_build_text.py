"""The Makefile and CMakeLists.txt build what they name, and the self-check runs."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from symbackprop.c.build_text import TEMPLATES, BuildText, build_texts, library_files
from symbackprop.c.compiler import Compiler
from symbackprop.resources import templates

HEADER = "int small_bytes(void);\n"
SOURCE = """#include "small.h"
#ifdef small_DOUBLE
int small_bytes(void) { return 8; }
#else
int small_bytes(void) { return 4; }
#endif
#ifdef small_POINTERS
int small_forward_at(void *const *at) { return *(int *)at[0]; }
#endif
"""
CHECK = """#include "small.h"
#ifdef small_DOUBLE
int main(void) { return small_bytes() != 8; }
#else
int main(void) { return small_bytes() != 4; }
#endif
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"small.h": HEADER, "small.c": SOURCE, "small_test.c": CHECK}
    for name, text in {**files, **build_texts("small", "small at N=3", "1.0")}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    return said


def assert_libraries(folder: Path) -> None:
    for (_, name), size in zip(library_files("small"), (4, 8), strict=True):
        library = ctypes.CDLL(str(folder / name))
        assert library.small_bytes() == size
        number = ctypes.c_int(17)
        assert library.small_forward_at((ctypes.c_void_p * 1)(ctypes.addressof(number))) == 17


def test_make(compiler: Compiler, folder: Path) -> None:
    run(["make", f"CC={compiler.title}"], folder)
    assert_libraries(folder)
    assert (folder / "libsmall.a").exists()
    assert "./small_test_double" in run(["make", "check", f"CC={compiler.title}"], folder)
    run(["make", "clean"], folder)
    assert not [each for kind in ("so", "a", "o") for each in folder.glob(f"*.{kind}")]


def test_a_check_that_fails_fails_the_build(compiler: Compiler, folder: Path) -> None:
    (folder / "small_test.c").write_text("int main(void) { return 1; }\n")
    run(["make", f"CC={compiler.title}"], folder)
    assert subprocess.run(["make", "check"], cwd=folder, capture_output=True, check=False).returncode


def test_cmake(compiler: Compiler, folder: Path) -> None:
    run(["cmake", "-B", "build"], folder)
    run(["cmake", "--build", "build"], folder)
    assert_libraries(folder)
    assert "100% tests passed" in run(["ctest", "--test-dir", "build"], folder)


def test_holes() -> None:
    fields = set(BuildText.__dataclass_fields__)
    for (name,) in TEMPLATES.values():
        text = (templates() / "c" / name).read_text()
        assert all(f"{{{{ {field} }}}}" in text for field in fields), name
