"""Which compiler is taken, what it is told, and what is said where there is none or where it fails."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

import pytest

from symbackprop.c import compiler as compiling
from symbackprop.c.compiler import Compiler, found_compiler, shared_library
from symbackprop.errors import CompilationFailed, CompilerNotFound

TEXT = """
#ifdef two_DOUBLE
int bytes(void) { return (int)sizeof(double); }
#else
int bytes(void) { return (int)sizeof(float); }
#endif
#ifdef two_POINTERS
double halved(double x) { return x / TWO; }
#endif
"""


def library(text: str = TEXT, double: bool = False, **more: object) -> ctypes.CDLL:
    files = {"two.c": '#include "two.h"\n' + text, "two.h": "#define TWO 2\n"}
    return ctypes.CDLL(str(shared_library(files, "two", double=double, **more)))  # type: ignore[arg-type]


def test_a_library_of_each_precision(compiler: Compiler) -> None:
    for double, size in ((False, 4), (True, 8)):
        found = library(double=double)
        assert found.bytes() == size
        found.halved.restype, found.halved.argtypes = ctypes.c_double, [ctypes.c_double]
        assert found.halved(3.0) == 1.5


def test_options_of_the_callers(compiler: Compiler) -> None:
    assert library(contract="off").bytes() == 4
    assert library(threads=True).bytes() == 4


def test_what_was_compiled_is_not_compiled_again(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    made = shared_library({"two.c": TEXT.replace("TWO", "2")}, "two", double=False)
    monkeypatch.setattr(compiling, "_compiled", None)
    assert shared_library({"two.c": TEXT.replace("TWO", "2")}, "two", double=False) == made
    with pytest.raises(TypeError):
        shared_library({"two.c": TEXT.replace("TWO", "3")}, "two", double=False)
    made.write_bytes(made.read_bytes()[:-1])  # cut off
    with pytest.raises(TypeError):
        shared_library({"two.c": TEXT.replace("TWO", "2")}, "two", double=False)


def test_a_text_that_does_not_compile(compiler: Compiler) -> None:
    files = {"wrong.c": "\n".join(["int x = nothing;"] * 40)}
    with pytest.raises(
        CompilationFailed, match=r"C compiler .*: expected that it compiles wrong\.c, found wrong\.c:1"
    ) as e:
        shared_library(files, "wrong", double=False)
    assert len(str(e.value).splitlines()) < 16
    assert "lines more" in str(e.value)


def test_options_stand_in_cc(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", f"'{shutil.which(compiler.command[0])}' -DTWO=4 -Wno-macro-redefined")
    found = found_compiler()
    assert found.command[1:] == ("-DTWO=4", "-Wno-macro-redefined")
    halved = ctypes.CDLL(str(shared_library({"two.c": TEXT}, "two", double=False))).halved
    halved.restype, halved.argtypes = ctypes.c_double, [ctypes.c_double]
    assert halved(4.0) == 1.0


@pytest.mark.skipif(os.name != "posix", reason="a script in the place of a compiler")
def test_flags_that_a_compiler_does_not_take(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "old cc"
    script.write_text(f"""#!/bin/sh
for word; do case "$word" in -march=*|-fopenmp*|-fno-*) echo "unknown $word" >&2; exit 1;; esac; done
exec {shutil.which(compiler.command[0])} "$@"
""")
    script.chmod(0o755)
    monkeypatch.setenv("CC", f"'{script}'")
    assert found_compiler().command == (str(script),)
    assert library().bytes() == 4


@pytest.mark.parametrize(
    ("named", "found"),
    [("no-such-compiler -O3", "CC=no-such-compiler -O3, and no program no-such-compiler"),
     ("cc 'unclosed", "CC=cc 'unclosed: No closing quotation"), ("", "neither $CC nor cc nor gcc nor clang")],
)  # fmt: skip
def test_no_compiler(named: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", named)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerNotFound) as caught:
        found_compiler()
    assert str(caught.value) == (
        f"C compiler: expected one that takes C99, as gcc or clang, found {found}; "
        "install one (apt install gcc, dnf install gcc, xcode-select --install), or set CC to its command"
    )


@pytest.mark.skipif(os.name != "posix", reason="a script in the place of a compiler")
def test_a_compiler_that_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    with pytest.raises(CompilerNotFound, match="broken"):
        found_compiler()
