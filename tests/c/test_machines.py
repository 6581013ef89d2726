"""The same bits from every compiler and on every machine: of 64 and of 32 bits, the lowest byte first or last."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.c.compiling import compiled, example, needs

EXACT = ("-std=c99", "-O2", "-ffp-contract=off")
# GCC computes floats in double on s390x under -std=c99, unless it is told not to.
MORE = {"s390x-linux-gnu-gcc": ("-fexcess-precision=fast",)}
# The compiler, and what runs its programs.
MACHINES = {
    "clang": ("clang", ()),
    "armhf": ("arm-linux-gnueabihf-gcc", ("qemu-arm",)),
    "s390x": ("s390x-linux-gnu-gcc", ("qemu-s390x",)),
}


@cache
def bits(name: str, compiler: str, runner: tuple[str, ...], double: bool) -> str:
    """The hash that the self-check prints, where all is right."""
    made = example(name)
    file = made.folder / f"on_{compiler}_{double}"
    static = ["-static"] if runner else []
    macros = [made.macro("DOUBLE")] if double else []
    compiled([compiler, *EXACT, *MORE.get(compiler, ()), *static, *macros, "-o", file, made.check, made.file, "-lm"])
    command: list[str | Path] = [*runner, file]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    found = re.fullmatch(rf"{made.kit.name}: right, bits (\w+)\n", done.stdout)
    assert found, done.stdout + done.stderr
    return found[1]


@needs("gcc")
@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize("name", ["gpt2", "lenet", "lstm", "mlp", "vae"])
@pytest.mark.parametrize(
    "machine", [pytest.param(m, marks=needs(compiler, *runner)) for m, (compiler, runner) in MACHINES.items()]
)
def test_the_same_bits(machine: str, name: str, double: bool) -> None:
    assert bits(name, *MACHINES[machine], double) == bits(name, "gcc", (), double)
