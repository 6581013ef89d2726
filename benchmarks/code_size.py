"""Code and work memory of value and gradient in C on a Cortex-M4, beside the C that CasADi generates.

    python -m benchmarks.code_size [mlp lenet lstm]

At batch 1, sizes that a board has room for, in float with `-Os`. Gradients of both are compared first, in double
precision: their largest difference, relative to the largest entry, is told. *.text*, *.rodata*: what a linker keeps of
the generated file for this one function. *program*: the same with all that it calls of newlib and libgcc. *work*: what
a caller hands to it beside arguments and results. Of ways of writing a network in CasADi the one with the smallest
program counts. Needs Debian's gcc-arm-none-eabi and libnewlib-arm-none-eabi, a C compiler, and casadi.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.step import Arrays
from benchmarks.typical import given
from symbackprop import generate, load, zoo

if TYPE_CHECKING:
    from benchmarks.in_casadi import InCasadi

SIZES: dict[str, dict[str, int]] = {
    "mlp": {"N": 1, "D": 64, "H": 32, "C": 10},
    "lenet": {"N": 1, "B": 1, "H": 28, "W": 28, "C": 10, "F": 6, "G": 16, "R": 5, "S": 5, "M": 32},
    "lstm": {"T": 16, "N": 1, "D": 8, "H": 16, "C": 4},
}
PREFIX = "arm-none-eabi-"
CPU = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
FLAGS = ("-std=c99", "-Os", "-ffunction-sections", "-fdata-sections")
# CasADi calls exp and the like in float too, and writes constants without a suffix: on this processor that is
# arithmetic of libgcc. It gets what a careful user gives it.
SINGLE = "#include <math.h>\n" + "".join(
    f"#define {name} {name}f\n" for name in "exp tanh log log1p sqrt fabs fmax fmin floor ceil sin cos pow".split()
)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes: `.text`, `.rodata` of the file, all of the program, and work memory."""

    text: int
    rodata: int
    program: int
    work: int


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(SIZES))
    options = parser.parse_args(arguments)
    print(f"{run('gcc', '--version').splitlines()[0]}, {' '.join((*CPU, *FLAGS[:2]))}\n")
    print("| network | whose | .text | .rodata | program | work | difference |\n|---|---|---:|---:|---:|---:|---:|")
    for network in options.networks:
        for whose, found, difference in compared(network):
            print(f"| {network} | {whose} | {found.text:,} | {found.rodata:,} | {found.program:,} | {found.work:,} | "
                  f"{difference} |", flush=True)  # fmt: skip


def compared(network: str) -> Iterator[tuple[str, Footprint, str]]:
    """Rows of the table: whose, what it takes, how far its gradients are from ours."""
    with tempfile.TemporaryDirectory() as folder:
        yield "ours", ours(network, Path(folder)), ""
        try:
            from benchmarks import in_casadi
        except ModuleNotFoundError as missing:
            print(f"without {missing.name}")
            return
        params, data = given(network, zoo.load(network).to_program(), np.random.default_rng(0), SIZES[network])
        arrays = {**params, **data}
        wanted = gradients(network, arrays)
        rows = []
        for build in in_casadi.NETWORKS[network]:
            theirs = build(SIZES[network])
            rows.append((casadis(theirs, Path(folder)), farthest(wanted, theirs.step(arrays))))
        found, difference = min(rows, key=lambda row: row[0].program)
        yield "CasADi", found, f"{difference:.0e}"


# --- ours ----------------------------------------------------------------------------------------------
def ours(network: str, folder: Path) -> Footprint:
    source = generate(zoo.load(network), "c", dims=SIZES[network])
    (work,) = [int(line.split()[2]) for line in source.splitlines() if line.startswith(f"#define {network}_WORK ")]
    return measured(source, f"{network}_value_and_grad", folder, 4 * work)


def gradients(network: str, arrays: Arrays) -> tuple[float, dict[str, np.ndarray]]:
    module = load(zoo.load(network), backend="c")
    params = {name: arrays[name] for name in module.PARAMETERS}
    loss, grads = module.value_and_grad(params, *(arrays[name] for name in module.INPUTS))
    return float(loss), dict(grads)


def farthest(ours: tuple[float, dict[str, np.ndarray]], theirs: tuple[float, dict[str, np.ndarray]]) -> float:
    """The largest difference, of the loss and of each gradient relative to its largest entry."""
    assert ours[1].keys() == theirs[1].keys()
    found = [abs(ours[0] - theirs[0]) / abs(ours[0])]
    for name, value in ours[1].items():
        found.append(float(np.abs(value - theirs[1][name]).max() / np.abs(value).max()))
    return max(found)


# --- CasADi's ------------------------------------------------------------------------------------------
def casadis(theirs: InCasadi, folder: Path) -> Footprint:
    import casadi

    written = casadi.CodeGenerator("f.c", {"casadi_real": "float", "casadi_int": "int"})
    written.add(theirs.function)
    return measured(SINGLE + written.dump(), "f", folder, theirs.work, "-fsingle-precision-constant")


# --- sizes ---------------------------------------------------------------------------------------------
def measured(source: str, entry: str, folder: Path, work: int, *flags: str) -> Footprint:
    """Of a file and what it calls, from the function `entry` on."""
    text, whole, kept, program = (folder / name for name in ("file.c", "file.o", "kept.o", "program"))
    text.write_text(source, encoding="utf-8")
    begin = (f"-Wl,--gc-sections,-e,{entry},-u,{entry}", "-nostartfiles")
    run("gcc", *CPU, *FLAGS, *flags, "-c", text, "-o", whole)
    run("ld", "-r", "--gc-sections", "-e", entry, whole, "-o", kept)
    run("gcc", *CPU, *begin, whole, "-lm", "-lc", "-lgcc", "-o", program)
    own, all_of_it = sections(kept), sections(program)
    return Footprint(own[".text"], own[".rodata"] + own[".data"], sum(all_of_it.values()), work)


def sections(file: Path) -> dict[str, int]:
    """The bytes of each kind of section that flash holds."""
    found = dict.fromkeys((".text", ".rodata", ".data"), 0)
    for name, size in re.findall(r"^(\.\w+)\S* +(\d+)", run("size", "-A", file), re.MULTILINE):
        if name in found:
            found[name] += int(size)
    return found


def run(tool: str, *arguments: object) -> str:
    """What a tool for the processor says; RuntimeError with what it complained of."""
    done = subprocess.run([PREFIX + tool, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{PREFIX}{tool}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
