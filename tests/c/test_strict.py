"""Generated C as embedded code is asked for: no warning, no library but the mathematical one, no doubles in a float
build, no static data that changes, a small stack."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symbackprop import zoo
from tests.c.compiling import NETWORKS, STRICT, compiled, example, needs

pytestmark = needs("gcc")

# What the object may take from outside: the C library's functions of memory, and of the mathematical one those that
# every compiler has an instruction for. GCC names the table of a shared object even where it is not used.
ALLOWED = re.compile(r"mem(set|cpy|move)|(sqrt|floor|ceil|fabs|rint|trunc|fma)f?|_GLOBAL_OFFSET_TABLE_")
STACK = 2048  # bytes that a function takes, on x86-64 at -O2: addresses of tensors that are in use at once

# Numbers of 64 bits where x86-64 has an instruction for them; integers become floats by another.
DOUBLE = re.compile(r"\bv?(cvt(ss2sd|sd2ss|ps2pd|pd2ps|si2sd|tsd2si)|(add|mul|sub|div|sqrt|max|min)[sp]d)\w*\b")


def said(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", zoo.names())
def test_a_float_build(name: str) -> None:
    made = example(name)
    file = made.folder / "float.o"
    compiled(["gcc", *STRICT, "-O2", "-fstack-usage", "-c", "-o", file, made.file])
    undefined = said("nm", "-u", file).split()[1::2]
    assert [symbol for symbol in undefined if not ALLOWED.fullmatch(symbol)] == []
    symbols = said("nm", file)
    assert [line for line in symbols.splitlines() if re.search(r" [bBdDC] ", line)] == []
    assert [symbol for symbol in re.findall(r" T (\w+)", symbols) if not symbol.startswith(f"{made.kit.name}_")] == []
    usage = [line.split("\t") for line in file.with_suffix(".su").read_text().splitlines()]
    assert usage
    assert [row for row in usage if row[2] not in {"static", "dynamic,bounded"} or int(row[1]) > STACK] == []
    if platform.machine() == "x86_64" and shutil.which("objdump"):
        lines = said("objdump", "-d", "--no-show-raw-insn", file).splitlines()
        assert [line for line in lines if DOUBLE.search(line)] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_compilers_say_nothing(name: str) -> None:
    """Clang is asked where it is installed."""
    made = example(name)
    for compiler in filter(shutil.which, ("gcc", "clang")):
        for macros in ([], [made.macro("DOUBLE"), made.macro("POINTERS"), made.macro("CHECK")]):
            compiled([compiler, *STRICT, *macros, "-fsyntax-only", made.file])


@needs("cppcheck")
@pytest.mark.parametrize("name", ["lenet", "lstm", "mlp"])
def test_cppcheck_says_nothing(name: str) -> None:
    made = example(name)
    checks = [
        "--enable=warning,performance,portability",
        "--error-exitcode=1",
        "--std=c99",
        "--inline-suppr",
        "--quiet",
    ]
    done = subprocess.run(["cppcheck", *checks, str(made.file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_file_of_the_standard_library_but_three() -> None:
    """And those of OpenMP and a BLAS where asked for; no call of the heap; nothing that prints is included."""
    for name in zoo.names():
        made = example(name)
        text, blas = made.kit.source, f"#ifdef {made.kit.name}_CBLAS\n#include <cblas.h>\n"
        included = re.findall(r"#include (\S+)", text.replace(blas, ""))
        assert included == ["<math.h>", "<stdint.h>", "<string.h>", "<omp.h>"]
        assert "#ifdef _OPENMP\n#include <omp.h>\n" in text
        assert not re.search(r"\b(malloc|calloc|realloc|free|alloca)\b", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
