"""Networks as C that a compiler has made a library of, called on arrays with guards around them."""

from __future__ import annotations

import ctypes
import inspect
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.c.module_text import Kit, kit
from symbackprop.c.self_check import self_check
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.sources import c_values, program_of
from symbackprop.stable import stable_forms
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import finite_data
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of
from symbackprop.verify.feasible_sizes import feasible_sizes
from symbackprop.verify.prime_sizes import choose_sizes
from tests.layers.cases import CASES

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Wshadow", "-Wvla",
          "-Werror")  # fmt: skip
NETWORKS = [*zoo.names(), *CASES]
GUARD = 24  # elements on either side of an array, whose place is no multiple of a vector's width
Array = np.ndarray[Any, Any]


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skips where one of them is not installed."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@cache
def scratch() -> Path:
    """A folder that goes with the process."""
    folder = TemporaryDirectory(prefix="symbackprop_c_")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[Any] = []


@dataclass(frozen=True)
class Example:
    """A network with its data, of float64; `program`: of sizes that are numbers."""

    name: str
    net: Any
    sizes: Mapping[str, int]
    data: Mapping[str, Array]

    @cached_property
    def program(self) -> Program:
        return fixed_sizes(program_of(self.net), self.sizes)

    @cached_property
    def kit(self) -> Kit:
        return kit(self.values)

    @cached_property
    def values(self) -> ModuleIR[Function]:
        return c_values(self.program)

    @cached_property
    def module(self) -> ModuleType:
        """In NumPy."""
        return symbackprop.load(self.net)

    @cached_property
    def expected(self) -> dict[Key, Array]:
        """What the NumPy module computes."""
        module = ModuleEvaluator(self.module, program_of(self.net), self.sizes)
        return {key: np.asarray(value) for key, value in module.values(dict(self.data)).items()}

    @property
    def folder(self) -> Path:
        """The files."""
        folder = scratch() / f"{NETWORKS.index(self.name)}"
        if not folder.exists():
            folder.mkdir()
            (folder / f"{self.kit.name}.h").write_text(self.kit.header)
            (folder / f"{self.kit.name}.c").write_text(f'#include "{self.kit.name}.h"\n{self.kit.source}')
        return folder

    @property
    def file(self) -> Path:
        return self.folder / f"{self.kit.name}.c"

    @property
    def check(self) -> Path:
        """The file that checks it."""
        file = self.folder / f"{self.kit.name}_test.c"
        if not file.exists():
            file.write_text(self_check(self.values, self.kit))
        return file

    def macro(self, name: str) -> str:
        return f"-D{self.kit.name}_{name}"


@cache
def example(name: str) -> Example:
    """Of the zoo, or a case of a layer."""
    if name in CASES:
        case = CASES[name]
        net = case.build()
        program = program_of(net)
        sizes = choose_sizes(program, given=case.sizes)
        return Example(name, net, sizes, case.data(program, sizes))
    net = zoo.load(name)
    program = program_of(net)
    for seed in range(8):
        sizes = feasible_sizes(program, seed)
        data = finite_data(stable_forms(program), sizes, seed)
        if data is not None:
            return Example(name, net, sizes, data)
    raise AssertionError("no data were found")


def compiled(command: Sequence[str | Path]) -> None:
    """Runs the compiler, which must say nothing."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert (done.returncode, done.stderr[:4000]) == (0, ""), " ".join(map(str, command))


@cache
def library(name: str, double: bool = True, flags: tuple[str, ...] = ("-O1",)) -> ctypes.CDLL:
    made = example(name)
    file = made.folder / f"{'double' if double else 'float'}{''.join(flags)}.so"
    macros = [made.macro("POINTERS"), *([made.macro("DOUBLE")] if double else [])]
    compiled(["gcc", *STRICT, *flags, *macros, "-fPIC", "-shared", "-o", file, made.file, "-lm"])
    return ctypes.CDLL(str(file))


class Guarded:
    """Arrays that lie between guards, which `check` compares with what they were."""

    def __init__(self, dtype: type[np.floating[Any]]) -> None:
        self.dtype = dtype
        self.whole: list[tuple[Array, int, bytes | None]] = []

    def array(self, values: Any, const: bool = False) -> Array:
        values = np.asarray(values)
        dtype = np.int32 if values.dtype.kind in "iu" else self.dtype
        whole = np.full(values.size + 2 * GUARD + 1, 77, dtype)
        inside = whole[GUARD + 1 : GUARD + 1 + values.size]
        inside[:] = values.ravel()
        self.whole.append((whole, values.size, inside.tobytes() if const else None))
        return inside.reshape(values.shape)

    def room(self, shape: Sequence[int]) -> Array:
        """Nothing that anyone may read."""
        return self.array(np.full(shape, np.nan))

    def check(self) -> None:
        for whole, size, const in self.whole:
            assert np.all(whole[: GUARD + 1] == 77)
            assert np.all(whole[GUARD + 1 + size :] == 77)
            assert const is None or whole[GUARD + 1 : GUARD + 1 + size].tobytes() == const


class Calls:
    """The functions of an example's library on its data."""

    def __init__(self, made: Example, found: ctypes.CDLL, dtype: type[np.floating[Any]] = np.float64) -> None:
        self.made, self.library, self.program, self.guarded = made, found, made.program, Guarded(dtype)
        self.work = self.guarded.room([max(made.kit.plan.size, 1)])

    def given(self, *kinds: TensorKind, but: Iterable[str] = ()) -> list[Array]:
        tensors = [t for kind in kinds for t in self.program.of_kind(kind) if t.name not in but]
        return [self.guarded.array(self.typed(t.name, t.dtype), const=True) for t in tensors]

    def typed(self, name: str, dtype: DType) -> Array:
        return np.asarray(self.made.data[name], np.int32 if dtype is DType.INT else np.float64)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(size.constant for size in self.program.table[name].shape)

    def call(self, function: str, arrays: Sequence[Array]) -> None:
        table = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        assert getattr(self.library, f"{self.made.kit.name}_{function}_at")(table) == 0
        self.guarded.check()

    @property
    def arguments(self) -> list[Array]:
        return self.given(TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)

    def rooms(self, names: Iterable[str]) -> dict[str, Array]:
        return {name: self.guarded.room(self.shape(name)) for name in names}

    def differentiated(self) -> dict[Key, Array]:
        """By forward, backward and, where there are any, next buffers."""
        program = self.program
        results = self.rooms(program.results)
        gradients = self.rooms(program.by_default)
        following = self.rooms(name for name, _ in program.updates)
        arguments, cotangents = self.arguments, self.given(TensorKind.COTANGENT)
        self.call("forward", [*arguments, *results.values(), self.work])
        if following:
            self.call("next_buffers", [*arguments, *following.values(), self.work])
        self.call("backward", [*arguments, *cotangents, *gradients.values(), self.work])
        return (
            {Key(Of.RESULT, name): value for name, value in results.items()}
            | {Key(Of.GRADIENT, name): value for name, value in gradients.items()}
            | {Key(Of.NEXT, name): value for name, value in following.items()}
        )

    def at_once(self) -> dict[Key, Array]:
        """By value_and_grad."""
        results, gradients = self.rooms(self.program.results), self.rooms(self.program.by_default)
        self.work[:] = np.nan
        self.call("value_and_grad", [*self.arguments, *results.values(), *gradients.values(), self.work])
        return {Key(Of.RESULT, name): value for name, value in results.items()} | {
            Key(Of.GRADIENT, name): value for name, value in gradients.items()
        }

    def predicted(self) -> dict[Key, Array]:
        plan = self.made.kit.predict_plan
        if plan is None:
            return {}
        outputs = self.rooms(self.program.outputs)
        read = inspect.signature(self.made.module.predict).parameters
        unread = {t.name for t in self.program.of_kind(TensorKind.INPUT)} - set(read)
        arguments = self.given(TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, but=unread)
        work = self.guarded.room([max(plan.size, 1)])
        self.call("predict", [*arguments, *outputs.values(), work])
        return {Key(Of.PREDICTED, name): value for name, value in outputs.items()}


def different(found: Mapping[Key, Array], expected: Mapping[Key, Array], tolerance: float) -> list[str]:
    """What differs by more than the tolerance times its largest element. What is nothing but rounding errors, since the
    true gradient is 0, is compared with the largest of all gradients, which these are errors of."""
    largest = max((np.abs(v).max(initial=0.0) for k, v in expected.items() if k.of is Of.GRADIENT), default=0.0)
    bad = []
    for key, value in found.items():
        wanted = expected[key]
        assert value.shape == wanted.shape, key
        error = np.abs(value - wanted).max(initial=0.0)
        scale = np.abs(wanted).max(initial=0.0)
        if not error <= tolerance * scale + 1e-3 * tolerance * largest * (key.of is Of.GRADIENT):
            bad.append(f"{key}: {error} at {scale}")
    return bad


__all__ = ["NETWORKS", "STRICT", "Calls", "Example", "compiled", "different", "example", "library", "needs"]
