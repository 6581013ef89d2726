"""The generated module of a made-up network, against the interpreter's values of the derived programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, isinf
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Float, Interpreter
from symbackprop.interpret.failures import Degenerate
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Function as LoweredFunction
from symbackprop.sources import lowered, module_text, plain_text
from symbackprop.stable import stable_forms
from symbackprop.stages import in_order
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Function
from symbackprop.verify.data import Data, noise_means
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of
from workshop.fuzz.statements import Filled, twice_computed

Array = np.ndarray[Any, Any]
TOLERANCE = 1e-8  # relative to the largest entry of the array


class Mismatch(AssertionError):
    """Two values that must agree do not. `what`: which kind of value."""

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what


@dataclass(frozen=True, slots=True)
class Reference:
    """What the interpreter makes of the programs, in floats. `results`: the loss, or a layer's outputs. `poles`:
    whether something on the way is infinite of what is finite, of which NumPy may warn."""

    results: dict[str, Array]
    gradients: dict[str, Array]
    outputs: tuple[Array, ...]
    updates: dict[str, Array]
    poles: bool


class _Watching(Float):
    """Floats; `poles` once something finite had an infinite power or logarithm."""

    def __init__(self) -> None:
        self.poles = False

    def power(self, base: float, exponent: Fraction) -> float:
        return self._seen(super().power(base, exponent), (base,))

    def apply(self, function: Function, values: Sequence[float]) -> float:
        return self._seen(super().apply(function, values), values)

    def _seen(self, found: float, values: Sequence[float]) -> float:
        self.poles |= isinf(found) and all(map(isfinite, values))
        return found


def reference_values(program: Program, derived: Derived, sizes: Mapping[str, int], data: Data) -> Reference | None:
    """None where a value is not finite: an argument outside of its function's domain, or a result that overflows."""
    floats = _Watching()
    forward = Interpreter(derived.forward, sizes, data, floats)
    backward = Interpreter(derived.backward, sizes, data, floats, outer=forward)
    stable = stable_forms(program)
    predicting = Interpreter(stable, sizes, data | noise_means(program, sizes), floats, training=False)
    try:
        results = {name: forward.array(name) for name in program.results}
        gradients = {name: backward.array(adjoint) for name, adjoint in derived.backward.wrt}
        updates = {buffer: forward.array(following) for buffer, following in derived.forward.updates}
        outputs = tuple(predicting.array(name) for name in program.outputs)
        for whole in (forward, predicting) if program.of_kind(TensorKind.RANDOM) else ():
            for name in whole.program.definitions:
                whole.array(name)  # the data are drawn away from poles, noise and its means may be on one
    except (ArithmeticError, ValueError, Degenerate):
        return None
    finite = all(np.isfinite(array).all() for array in (*results.values(), *gradients.values(), *updates.values()))
    if not finite or any(np.isnan(output).any() for output in outputs):
        return None
    return Reference(results, gradients, outputs, updates, floats.poles)


def generated_source(program: Program, derived: Derived) -> str:
    return module_text(program, in_order(derived))


def plain_source(program: Program, derived: Derived) -> str:
    return plain_text(program, in_order(derived))


def lowered_values(program: Program, derived: Derived) -> ModuleIR[LoweredFunction]:
    return improved_module(lowered(program, in_order(derived)))


def compare_values(
    module: ModuleIR[LoweredFunction], program: Program, sizes: Mapping[str, int], data: Data, reference: Reference
) -> None:
    """Results, gradients, next buffers and predictions, of the functions' values computed as they stand."""
    for function in (module.shared, module.forward, module.backward, module.predict):
        if function is not None:
            check_values(function)
    shared = {} if module.shared is None else evaluate(module.shared, sizes, data)
    forward = {**shared, **evaluate(module.forward, sizes, {**data, **shared})}
    backward = evaluate(module.backward, sizes, {**data, **forward})
    found = {name: (backward if adjoint in backward else forward)[adjoint] for name, adjoint in module.gradients}
    results = tuple(forward[name] for name in module.results)
    _compare_all(program, reference, results if len(results) > 1 else results[0], found)
    for buffer, following in module.program.updates:
        _compare("next buffer", buffer, reference.updates[buffer], forward[following])
    if module.predict is not None:
        predicted = {**shared, **evaluate(module.predict, sizes, {**data, **noise_means(program, sizes), **shared})}
        for name, expected in zip(program.outputs, reference.outputs, strict=True):
            _compare("output", name, expected, predicted[name])


def load_module(text: str) -> ModuleType:
    module = ModuleType("fuzzed_module")
    exec(compile(text, "<generated>", "exec"), module.__dict__)
    return module


def compare_module(module: Any, program: Program, sizes: Mapping[str, int], data: Data, reference: Reference) -> None:
    """Results, gradients, next buffers and predictions, and all of it once more with a workspace."""
    given = {name: array.copy() for name, array in data.items()}
    called = ModuleEvaluator(module, program, sizes)
    found, gradients = called.call("vjp" if program.cotangents else "value_and_grad", given)
    _compare_all(program, reference, found, gradients)
    workspace = module.Workspace()
    for _ in range(2):
        found, cache = called.call("forward", given, workspace=workspace)
        gradients = called.call("backward", given, cache=cache, workspace=workspace)
        _compare_all(program, reference, found, gradients)
    if program.of_kind(TensorKind.BUFFER):
        _, cache = called.call("forward", given)
        following = module.next_buffers(cache)
        for name, expected in reference.updates.items():
            _compare("next buffer", name, expected, following[name])
    if program.outputs:
        for reused in (None, workspace, workspace):
            outputs = _several(called.call("predict", given, workspace=reused), program.outputs)
            for name, expected, found in zip(program.outputs, reference.outputs, outputs, strict=True):
                _compare("output", name, expected, found)
    for name, array in data.items():
        if not np.array_equal(array, given[name]):
            raise Mismatch("modified", f"{name} was modified")


def compare_plain(module: Any, program: Program, sizes: Mapping[str, int], data: Data, reference: Reference) -> None:
    """Results, gradients and next buffers of a module in the plain style; and that single precision stays single."""
    given = {name: array.copy() for name, array in data.items()}
    function = "layer_and_gradients" if program.cotangents else "loss_and_gradients"
    found, gradients, *following = ModuleEvaluator(module, program, sizes).call(function, given)
    _compare_all(program, reference, found, gradients)
    for name, expected in reference.updates.items():
        _compare("next buffer", name, expected, following[0][name])
    for name, array in data.items():
        if not np.array_equal(array, given[name]):
            raise Mismatch("modified", f"{name} was modified by the plain module")
    single = ModuleEvaluator(module, program, sizes, np.float32)
    with np.errstate(all="ignore"):
        found, gradients, *following = single.call(function, data)
    named = dict(zip(program.results, _several(found, program.results), strict=True))
    for results in (named, gradients, *following):
        for name, array in results.items():
            if array.dtype != np.float32:
                raise Mismatch("dtype in single precision", f"{name}: expected float32, found {array.dtype}")


def compare_evaluated(called: ModuleEvaluator, data: Data, reference: Reference) -> None:
    """All that a module of another library computes."""
    program, values = called.program, called.values(data)
    for name, expected in reference.results.items():
        _compare("result", name, expected, values[Key(Of.RESULT, name)])
    for name, expected in reference.gradients.items():
        _compare("gradient", name, expected, values[Key(Of.GRADIENT, name)])
    for name, expected in reference.updates.items():
        _compare("next buffer", name, expected, values[Key(Of.NEXT, name)])
    for name, expected in zip(program.outputs, reference.outputs, strict=True):
        _compare("output", name, expected, values[Key(Of.PREDICTED, name)])


def compare_statements(text: str, program: Program, sizes: Mapping[str, int], data: Data, dtype: Any) -> None:
    """Every statement on its storage against the same on contiguous copies; and every result in storage full of NaN
    is the very one in storage full of zeros. Raises `StatementDiffers` or `Mismatch`."""
    results = []
    for module, workspace in ((twice_computed(text), Filled(np.nan)), (load_module(text), Filled(0.0))):
        module.__dict__["_taking"] = lambda _, take=workspace.take: take
        called = ModuleEvaluator(module, program, sizes, dtype)
        with np.errstate(all="ignore"):
            values, cache = called.call("forward", data)
            values = _several(values, program.results)
            found = {f"forward: {name}": np.asarray(v) for name, v in zip(program.results, values, strict=True)}
            found |= called.call("backward", data, cache=cache)
            outputs = called.call("predict", data) if program.outputs else ()
        found |= dict(zip(program.outputs, outputs if isinstance(outputs, tuple) else (outputs,), strict=True))
        results.append(found)
    for name, expected in results[1].items():
        if not np.array_equal(results[0][name], expected, equal_nan=True):
            raise Mismatch("storage", f"{name}: something is read before it is written, at {dict(sizes)}")


def _compare_all(program: Program, reference: Reference, found: Any, gradients: Mapping[str, Array]) -> None:
    if not program.cotangents:
        found = np.asarray(found)  # a scalar of the dtype, as NumPy has it
    for (name, expected), value in zip(reference.results.items(), _several(found, program.results), strict=True):
        _compare("result", name, expected, value)
    if list(gradients) != list(reference.gradients):
        raise Mismatch("names of gradients", f"expected {list(reference.gradients)}, found {list(gradients)}")
    for name, expected in reference.gradients.items():
        _compare("gradient", name, expected, gradients[name])


def _several(found: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """One array, or a tuple of several."""
    return found if len(names) > 1 else (found,)


def _compare(what: str, name: str, expected: Array, found: Any) -> None:
    if not isinstance(found, np.ndarray):
        raise Mismatch(f"type of {what}", f"{name}: expected an array, found {type(found).__name__}")
    if found.shape != expected.shape:
        raise Mismatch(f"shape of {what}", f"{name}: expected {expected.shape}, found {found.shape}")
    if found.dtype != np.float64:
        raise Mismatch(f"dtype of {what}", f"{name}: expected float64, found {found.dtype}")
    finite = np.isfinite(expected)
    scale = 1 + np.abs(expected[finite]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        wrong = ~((found == expected) | (np.abs(found - expected) <= TOLERANCE * scale))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise Mismatch(f"wrong {what}", f"{name}{list(place)}: expected {expected[place]!r}, found {found[place]!r}")
