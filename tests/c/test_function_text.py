"""The text of elementary functions: each once, after what it needs, without warnings, in vectors, the same bits."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from symbackprop.c.functions import FUNCTIONS, INTEGER_FUNCTIONS, c_function, function_lines
from symbackprop.lower.map_ops import Kind, MapOp
from tests.c.elementary import NAMES, OPS, kind_flags, needs
from workshop.c_functions.library import BINARY, NUMERIC, PREFIX, WARNINGS, source

OPERATORS = {
    MapOp.COPY, MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE, MapOp.GREATER, MapOp.GREATER_EQUAL,
    MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR, MapOp.NOT,
}  # fmt: skip
COMPILERS = ("gcc", "clang")


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float", "double"])
def real(request):
    return request.param


def test_every_operation_has_its_function_or_operator():
    assert FUNCTIONS.keys() | INTEGER_FUNCTIONS.keys() == set(MapOp) - OPERATORS
    assert all(c_function(op, kind) is None for op in OPERATORS for kind in Kind)
    assert function_lines(OPERATORS, PREFIX) == ()


def test_each_function_once_after_what_it_needs():
    text = "\n".join(function_lines([*FUNCTIONS, *FUNCTIONS], PREFIX))
    defined = re.findall(rf"^(?:{PREFIX}_INLINE|static inline) \S+ (\w+)\(", text, re.MULTILINE)
    every = [name for name in defined if text.count(f" {name}(") > 0]
    twice = {name for name in every if len(re.findall(rf"^\S+ (?:inline )?\S+ {name}\(", text, re.MULTILINE)) > 2}
    assert not twice  # two: under #ifdef, that of float and that of double
    for name in every:
        assert text.index(f"{name}(") >= text.index(f" {name}(")


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", NAMES)
def test_alone_it_compiles_without_a_warning(name, compiler, tmp_path):
    needs(compiler)
    file = tmp_path / "alone.c"
    file.write_text(source([OPS[name]]), encoding="utf-8")
    single = ("-Wunsuffixed-float-constants",) if compiler == "gcc" else ()
    for flags in (single, ("-O3", *single), (f"-D{PREFIX}_DOUBLE",)):
        subprocess.run([compiler, "-std=c99", *WARNINGS, *flags, "-fsyntax-only", str(file)], check=True)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_together_they_compile_without_a_warning_and_call_sqrt_alone(compiler, real, tmp_path):
    needs(compiler)
    needs("nm")
    file, made = tmp_path / "functions.c", tmp_path / "functions.o"
    file.write_text(source(), encoding="utf-8")
    for level in ("-Os", "-O3"):
        command = [compiler, "-std=c99", *WARNINGS, level, *kind_flags(real), "-c", str(file), "-o", str(made)]
        subprocess.run(command, check=True)
        listed = subprocess.run(["nm", "-u", str(made)], check=True, capture_output=True, text=True).stdout
        called = set(listed.split()) - {"U", "memcpy", "memset", "_GLOBAL_OFFSET_TABLE_"}
        assert called <= {"sqrtf" if real is np.float32 else "sqrt"}


# Those in which there is a path for large angles, and one that clang finds too short for two doubles at a time.
SCALAR = {"sin", "cos", "tan", "sign"}


@pytest.mark.parametrize("compiler", COMPILERS)
def test_vectors(compiler, real, tmp_path):
    """Loops are vectorised without -ffast-math; roots need -fno-math-errno, which changes no result."""
    needs(compiler)
    said = subprocess.run([compiler, "-dumpversion"], check=True, capture_output=True, text=True).stdout
    machine = subprocess.run([compiler, "-dumpmachine"], check=True, capture_output=True, text=True).stdout
    if not machine.startswith("x86_64") or int(said.split(".")[0]) < 12:
        pytest.skip("asked of gcc and clang from 12 on, for x86-64")
    text = source([op for op in NUMERIC if FUNCTIONS[op] not in SCALAR])
    file = tmp_path / "vectors.c"
    file.write_text(text, encoding="utf-8")
    report = ("-fopt-info-vec",) if compiler == "gcc" else ("-Rpass=loop-vectorize",)
    command = [compiler, "-std=c99", "-O3", "-fno-math-errno", *kind_flags(real), *report, "-c", str(file)]
    made = subprocess.run([*command, "-o", str(tmp_path / "vectors.o")], check=True, capture_output=True, text=True)
    lines = {int(found) for found in re.findall(r"vectors\.c:(\d+):\d+: \S+ (?:loop )?vectorized", made.stderr)}
    loops = [number for number, line in enumerate(text.splitlines(), 1) if "for (int32_t i" in line]
    left = [text.splitlines()[number - 1] for number in loops if number not in lines]
    assert not left


CHECKSUM = """
#include <stdio.h>
int main(void)
{
    uint64_t sum = 14695981039346656037u;
    uint32_t state = 1;
    for (int32_t i = 0; i < 20000; ++i) {
        net_real x, y;
        net_uint bits[2] = {0, 0};
        for (int j = 0; j < 4; ++j) {
            state = state * 1664525u + 1013904223u;
            bits[j % 2] = (net_uint)((uint64_t)bits[j % 2] << 32 | state);
        }
        memcpy(&x, bits, sizeof x);
        memcpy(&y, bits + 1, sizeof y);
        if (i % 2) {
            x = (net_real)(int32_t)(state >> 8) / 65536 - 128;
            y = (net_real)(int32_t)(bits[0] & 0xffff) / 1024 - 32;
        }
        const net_real found[] = {RESULTS};
        for (unsigned j = 0; j < sizeof found / sizeof *found; ++j) {
            net_uint result;
            memcpy(&result, found + j, sizeof result);
            if (found[j] != found[j]) result = 1;
            sum = (sum ^ result) * 1099511628211u;
        }
    }
    printf("%llx\\n", (unsigned long long)sum);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("compiler", "machine"),
    [
        (("gcc", "-O3", "-march=native"), ()),
        (("clang", "-O3"), ()),
        (("arm-linux-gnueabihf-gcc", "-O2", "-static"), ("qemu-arm",)),
        (("s390x-linux-gnu-gcc", "-O2", "-static", "-fexcess-precision=fast"), ("qemu-s390x",)),
    ],
    ids=["x86-64 vectors", "clang", "32-bit ARM", "big-endian s390x"],
)
def test_the_same_bits(compiler, machine, real, tmp_path):
    """On another machine, beside gcc -O2 here; under -std=c99 gcc for s390x computes floats in double otherwise."""
    for tool in ("gcc", compiler[0], *machine):
        needs(tool)
    calls = (f"{PREFIX}_{name}(x{', y' if OPS[name] in BINARY else ''})" for name in NAMES)
    text = source() + CHECKSUM.replace("RESULTS", ", ".join(calls)).replace("net_", f"{PREFIX}_")
    assert printed(("gcc", "-O2"), (), text, real, tmp_path) == printed(compiler, machine, text, real, tmp_path)


def printed(compiler, machine, text, real, folder: Path):
    file, program = folder / "same.c", folder / "same"
    file.write_text(text, encoding="utf-8")
    flags = ("-std=c99", "-ffp-contract=off", *kind_flags(real))
    subprocess.run([compiler[0], *flags, *compiler[1:], str(file), "-o", str(program), "-lm"], check=True)
    return subprocess.run([*machine, str(program)], check=True, capture_output=True, text=True).stdout
