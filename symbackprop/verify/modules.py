"""A generated module against the interpreter: loss or outputs, gradients, predictions, next buffers, on the same data.

The truth is interpreted in sixty digits, from the network as it was written where there is no derivative to take (and
where that has a value: a row masked everywhere has one by its stable form alone).
What the interpreter itself loses in float64 on these data, a hundred times over, a module may lose too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbackprop.interpret import Arithmetic, Float, Interpreter, Precise
from symbackprop.phrases import Message
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Training, subterms
from symbackprop.verify.data import Data, noise_means
from symbackprop.verify.evaluators import Array, Key, ModuleEvaluator, Of, Values
from symbackprop.verify.exact import DerivedPrograms
from symbackprop.verify.verification import Row, Verdict

_RELATIVE, _ABSOLUTE = 1e-9, 1e-14  # of the largest entry, and at least


def module_rows(
    program: Program, derived: DerivedPrograms, evaluator: ModuleEvaluator, sizes: Mapping[str, int], data: Data
) -> list[Row]:
    """A row for every gradient; one for the loss, an output or a buffer only where it is wrong."""
    stable = stable_forms(program)
    precise, floats = (interpreted(stable, derived, sizes, data, arithmetic) for arithmetic in (Precise(), Float()))
    for key, written in _values(program, sizes, data, Precise()).items():
        with np.errstate(all="ignore"):
            precise[key] = np.where(np.isfinite(written.astype(np.float64)), written, precise[key])
    found = evaluator.values(data)
    rows = []
    for key, truth in precise.items():
        if key.of not in evaluator.computes:
            continue
        with np.errstate(all="ignore"):  # older NumPys warn of a cast of what is not finite
            exact = truth.astype(np.float64)
            lost = np.abs(floats[key].astype(np.float64) - exact)
        row = compare(str(key), found.get(key), exact, lost, _RELATIVE, _ABSOLUTE)
        if key.of is Of.GRADIENT or row.verdict is Verdict.FAIL:
            rows.append(row)
    return rows


def interpreted(
    program: Program, derived: DerivedPrograms, sizes: Mapping[str, int], data: Data, arithmetic: Arithmetic
) -> Values:
    """All that a module computes, by the interpreter."""
    forward = Interpreter(derived.forward, sizes, data, arithmetic)
    backward = Interpreter(derived.backward, sizes, data, arithmetic, outer=forward)
    values = _values(program, sizes, data, arithmetic)
    return values | {Key(Of.GRADIENT, name): backward.array(adjoint) for name, adjoint in derived.backward.wrt}


def _values(program: Program, sizes: Mapping[str, int], data: Data, arithmetic: Arithmetic) -> Values:
    """Those that take no derivative."""
    original = Interpreter(program, sizes, data, arithmetic)
    predicting = original
    if _differs_in_prediction(program):
        predicting = Interpreter(program, sizes, data | noise_means(program, sizes), arithmetic, training=False)
    values = {Key(Of.RESULT, name): original.array(name) for name in program.results}
    values |= {Key(Of.PREDICTED, name): predicting.array(name) for name in program.outputs}
    return values | {Key(Of.NEXT, buffer): original.array(following) for buffer, following in program.updates}


def _differs_in_prediction(program: Program) -> bool:
    """Whether anything is random or asks whether the network is being trained."""
    terms = (term for equation in program.equations for term in subterms(equation.rhs))
    return bool(program.of_kind(TensorKind.RANDOM)) or any(isinstance(term, Training) for term in terms)


def compare(name: str, found: Array | None, truth: Array, lost: Array, relative: float, absolute: float) -> Row:
    """The row of one array. `lost`: what the interpreter itself loses, a hundred times of which is allowed besides
    `relative` of the largest entry; where that is infinite, anything is."""
    if found is None or found.shape != truth.shape:
        expected = str(truth.shape)
        nothing = Message("note_nothing_returned", expected=expected)
        other = nothing if found is None else Message("note_returned", found=str(found.shape), expected=expected)
        return Row(name, "module", Verdict.FAIL, note=other)
    if not truth.size:
        return Row(name, "module", Verdict.PASS, note=Message("note_empty"))
    with np.errstate(all="ignore"):
        scale = np.max(np.abs(truth[np.isfinite(truth)]), initial=0.0)
        slack = relative * scale + absolute + 100 * np.where(np.isnan(lost), 0.0, lost)
        gap = np.where((found == truth) | (np.isnan(found) & np.isnan(truth)), 0.0, np.abs(found - truth))
        excess = np.where(np.isinf(slack), 0.0, np.where(np.isnan(gap), np.inf, gap - slack))
    worst = np.unravel_index(int(np.argmax(excess)), truth.shape)
    index = tuple(int(i) for i in worst)
    verdict = Verdict.FAIL if excess[index] > 0 else Verdict.PASS
    note = "" if verdict is Verdict.PASS else Message("note_module_differs")
    undefined = truth.size - int(np.count_nonzero(np.isfinite(truth)))
    if undefined and verdict is Verdict.PASS:
        note = Message("note_not_finite", entries=undefined, size=truth.size)
        verdict = Verdict.UNCHECKED if undefined == truth.size else verdict
    here = float(found[index]), float(truth[index]), float(gap[index])
    return Row(name, "module", verdict, truth.size, index, *here, note=note)
