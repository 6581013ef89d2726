"""A generated module at sizes whose strides are powers of two, in float32 and float64, against the interpreter.

Vectorised code takes other paths at such strides and at 1 than at the primes of the other checks, and NumPy itself has
been wrong on them. The truth is interpreted in float64. What the interpreter loses in single precision (of the data,
too), a hundred times over, a module may lose in float32, and as much less in float64 as its digits go further. What is
wrong on other data as well is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType

import numpy as np

from symbackprop.interpret import Float, Single
from symbackprop.phrases import Message
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, UnmetAssumption, finite_data
from symbackprop.verify.evaluators import Key, ModuleEvaluator
from symbackprop.verify.exact import DerivedPrograms
from symbackprop.verify.modules import compare, interpreted
from symbackprop.verify.verification import Row, Verdict

# (dtype, slack relative to the largest entry, at least, its spacing in that of float32)
_DTYPES = ((np.float32, 1e-4, 1e-6, 1.0), (np.float64, 1e-9, 1e-14, 2.0**-29))
_NOTHING = np.zeros(())


def stride_rows(
    program: Program, derived: DerivedPrograms, module: ModuleType, sizes: Mapping[str, int], seed: int,
    kind: type[ModuleEvaluator] = ModuleEvaluator,
) -> list[Row] | None:  # fmt: skip
    """A row for all that is wrong at these sizes, on two draws of data; None where no data meet what is assumed
    and make the loss finite."""
    wrong: dict[tuple[Key, type], Row] = {}
    for attempt in range(2):
        try:
            data = finite_data(stable_forms(program), sizes, seed + attempt)
        except UnmetAssumption:  # not at these sizes
            return None
        if data is None:
            return None
        found = dict(_wrong(program, derived, module, sizes, data, kind))
        wrong = found if attempt == 0 else {key: row for key, row in wrong.items() if key in found}
        if not wrong:
            break
    return list(wrong.values())


def _wrong(
    program: Program, derived: DerivedPrograms, module: ModuleType, sizes: Mapping[str, int], data: Data,
    kind: type[ModuleEvaluator],
) -> Iterator[tuple[tuple[Key, type], Row]]:  # fmt: skip
    """(what and in which dtype, its row)"""
    at = [f"{name}={value}" for name, value in sizes.items()]
    stable, single = stable_forms(program), None
    truth = interpreted(stable, derived, sizes, data, Float())
    for dtype, relative, absolute, share in _DTYPES:
        with np.errstate(all="ignore"):  # what overflows in single precision does so in the interpreter too
            found = kind(module, program, sizes, dtype).values(data)
        for key, values in truth.items():
            if key.of not in kind.computes:
                continue
            exact = values.astype(np.float64)
            if compare(str(key), found.get(key), exact, _NOTHING, relative, absolute).verdict is not Verdict.FAIL:
                continue  # whatever single precision loses
            single = interpreted(stable, derived, sizes, data, Single()) if single is None else single
            rough = single[key].astype(np.float64)
            with np.errstate(all="ignore"):
                lost = share * np.abs(rough - exact)
            if dtype is np.float32:  # where single precision has no value, the module need have none
                lost = np.where(np.isfinite(rough), lost, np.inf)
            row = compare(str(key), found.get(key), exact, lost, relative, absolute)
            if row.verdict is Verdict.FAIL:
                yield (
                    (key, dtype),
                    replace(row, note=Message("note_differs_at", note=row.note, sizes=at, dtype=dtype.__name__)),
                )
