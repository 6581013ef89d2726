"""Loops over the functions as a shared library, which NumPy calls through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.c.functions import FUNCTIONS, function_lines
from symbackprop.lower.map_ops import MapOp

PREFIX = "net"
BINARY = frozenset({MapOp.POWER, MapOp.ATAN2, MapOp.LOG_ADD_EXP, MapOp.EXP_NORMALIZED, MapOp.MAXIMUM, MapOp.MINIMUM})
WARNINGS = tuple("-Wall -Wextra -Wpedantic -Wconversion -Wdouble-promotion -Wshadow -Wvla -Werror".split())
_HEAD = f"""#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef {PREFIX}_DOUBLE
typedef double {PREFIX}_real;
#else
typedef float {PREFIX}_real;
#endif
"""
Array = np.ndarray[Any, Any]


NUMERIC = tuple(op for op in FUNCTIONS if op is not MapOp.SELECT)  # of numbers alone: no condition


def source(ops: Iterable[MapOp] = NUMERIC) -> str:
    """The functions, and of each a loop over arrays."""
    ops = tuple(ops)
    lines = [_HEAD, *function_lines(ops, PREFIX)]
    for op in ops:
        pair = op in BINARY
        right = f"const {PREFIX}_real *restrict y, " if pair else ""
        call = f"{PREFIX}_{FUNCTIONS[op]}(x[i]{', y[i]' if pair else ''})"
        real = f"{PREFIX}_real"
        lines += [
            f"void loop_{FUNCTIONS[op]}(const {real} *restrict x, {right}{real} *restrict out, int32_t n)",
            "{",
            f"    for (int32_t i = 0; i < n; ++i) out[i] = {call};",
            "}",
        ]
    return "\n".join(lines) + "\n"


def compiled(folder: Path, flags: Sequence[str], *, text: str | None = None, compiler: str = "gcc") -> ctypes.CDLL:
    """The library, made in the folder."""
    file, library = folder / "functions.c", folder / "functions.so"
    file.write_text(text or source(), encoding="utf-8")
    command = [compiler, "-std=c99", "-fPIC", "-shared", *WARNINGS, *flags, str(file), "-o", str(library), "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def call(library: ctypes.CDLL, name: str, *arrays: Array, out: Array | None = None) -> Array:
    """The function of each element."""
    result = np.empty_like(arrays[0]) if out is None else out
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (*arrays, result)]
    getattr(library, f"loop_{name}")(*pointers, ctypes.c_int32(result.size))
    return result
