"""A generated module where branches that are not taken are singular: at zeros, ties and large values.

Data drawn at random never meet √0, log 0 or the overflow of an exponential. Where forward mode, which evaluates what is
taken alone, finds that the loss and all of its gradients are finite, the module's must be finite too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from symbackprop.interpret import Float, Interpreter, forward_gradients
from symbackprop.phrases import Message
from symbackprop.stable import stable_forms
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.terms.wild import known_of
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.exact import DerivedPrograms
from symbackprop.verify.verification import Row, Verdict

_DRAWS = 4
_LARGE = 1000.0  # exp of it is held by no dtype


def corner_rows(
    program: Program, derived: DerivedPrograms, evaluator: ModuleEvaluator, sizes: Mapping[str, int], seed: int
) -> list[Row]:
    """A row for each gradient that is not finite where it should be; none where nothing can be infinite."""
    if not known_of(derived.forward, derived.backward).wild:
        return []
    names = [name for name, _ in derived.backward.wrt]
    rows: dict[str, Row] = {}
    stable = stable_forms(program)
    for data in _corners(program, sizes, seed):
        with np.errstate(all="ignore"):
            loss, truth = forward_gradients(Interpreter(stable, sizes, data, Float()), names)
            expected_of = {name: array.astype(np.float64) for name, array in truth.items()}
            if not all(np.isfinite(values).all() for values in (loss, *expected_of.values())):
                continue
            if not np.isclose(evaluator.loss(data), loss):
                continue  # a value that rounding moves over an edge takes another branch
            found = evaluator.gradients(data)
        for name, expected in expected_of.items():
            wrong = np.argwhere(~np.isfinite(found[name]))
            if len(wrong):
                index = tuple(int(i) for i in wrong[0])
                rows.setdefault(name, Row(
                    name, "module", Verdict.FAIL, expected.size, index, float(found[name][index]),
                    float(expected[index]), note=Message("note_singular"),
                ))  # fmt: skip
    return list(rows.values())


def _corners(program: Program, sizes: Mapping[str, int], seed: int) -> Iterator[Data]:
    """Small integers, so that values vanish and tie; without signs; with large values among them."""
    given = program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER)
    free = {tensor.name for tensor in given if tensor.dtype is DType.FLOAT}
    free -= {name for fact in program.assumptions for name in fact.condition.tensors}
    for number in range(_DRAWS):
        try:
            data = draw(program, sizes, seed + number, Style.TIED)
        except UnmetAssumption:
            return
        rng = np.random.default_rng([seed, number, 0xC0A])
        for name in sorted(free & set(data)):
            values = np.abs(data[name]) if number % 2 else data[name]
            data[name] = np.where(rng.random(values.shape) < (0.2 if number > 1 else 0), _LARGE, values)
        yield data


__all__ = ["corner_rows"]
