"""A made-up network as C, by several compilers, on arrays with guards around them, against the interpreter."""

from __future__ import annotations

import _ctypes
import ctypes
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from symbackprop.c import module_text, products, threads
from symbackprop.c.compiled import Texts, texts_of
from symbackprop.c.compiler import shared_library
from symbackprop.derive.differentiate import Derived
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.sources import c_values
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.program import DType, Program
from symbackprop.verify.data import Data, Style, draw
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of
from symbackprop.verify.work import Work
from workshop.fuzz.modules import Mismatch, Reference, generated_source, load_module, reference_values

__all__ = ["LOAD", "Build", "Calls", "Compared", "as_if_large", "builds", "differences", "wide_sizes"]

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads of small loops share the machine
Array = np.ndarray[Any, Any]
GUARD, MARK = 24, 77  # elements on either side of an array, and what they are
TOLERANCE = 1e-8  # relative to the largest entry of the array
SINGLE = 2e-4  # so in single precision; beyond it, no more than so many times NumPy's own error
TIMES = 8.0
EXTENTS = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31, 32, 33, 40)  # at the edges of blocks and vectors, and beyond
LANES = 8  # of a vector, about
WIDE_WORK = 60_000  # terms that one interpretation visits


@dataclass(frozen=True, slots=True)
class Build:
    """A compiler with its options; `vectors`: whether loops and products are to run in vectors. No command stands for
    what `load` runs."""

    command: tuple[str, ...]
    vectors: bool = False

    @property
    def title(self) -> str:
        return " ".join(self.command) + " with vectors" * self.vectors if self.command else "as load does"


TCC = Build(("tcc",))
LOAD = Build(())
PLAIN = Build(("gcc", "-O1"))
OTHERS = (Build(("gcc", "-O1", "-fopenmp"), True), Build(("clang", "-O2", "-march=native", "-fopenmp-simd"), True))


def builds(seed: int) -> list[Build]:
    """Those of a seed: the quickest compiler for all, of twenty two as `load` has it and one by another compiler."""
    quick = TCC if shutil.which("tcc") else PLAIN
    if seed % 10 == 0:
        return [quick, LOAD]
    return [quick, *filter(_found, [OTHERS[seed // 20 % 2]] if seed % 20 == 3 else [])]


def _found(build: Build) -> bool:
    return not build.command or shutil.which(build.command[0]) is not None


@contextmanager
def as_if_large(large: bool) -> Iterator[None]:
    """Whether every sum of products is left to the function for them, and every nest to threads, small as it is."""
    places = [(vars(products), "WORTH"), (vars(threads), "WORTH"), (vars(module_text), "FROM")]
    before = [where[name] for where, name in places]
    for where, name in places if large else ():
        where[name] = 0
    try:
        yield
    finally:
        for (where, name), value in zip(places, before, strict=True):
            where[name] = value


def backwards(texts: Texts) -> Texts:
    """The texts with every loop that threads may share run from its end: no position may need another one's."""
    old = r"(_THREADS\(omp parallel for\)\n\s*)for \(int (\w+) = (.+?); \2 < (.+?); \2\+\+\)"
    new = r"\1for (int \2 = \4 - 1; \2 >= \3; \2--)"
    return replace(texts, files={name: re.sub(old, new, text) for name, text in texts.files.items()})


def wide_sizes(program: Program, seed: int, own: Mapping[str, int]) -> Mapping[str, int] | None:
    """Sizes on both sides of those of blocks and vectors, as far as the network's conditions and the work allow: its
    own if they are."""
    rng, work = random.Random(f"wide {seed}"), Work(program)
    if max(own.values(), default=0) >= LANES:
        return own
    for _ in range(8):
        sizes = {name: rng.choice(EXTENTS) for name in program.dims}
        while sizes and work(sizes) > WIDE_WORK and max(sizes.values()) > 1:
            name = rng.choice([name for name in sizes if sizes[name] > 1])
            sizes[name] = max(extent for extent in EXTENTS if extent < sizes[name])
        if size_failure(program, sizes, allow_empty=True) is None:
            return sizes
    return None


@contextmanager
def library(texts: Texts, build: Build, double: bool) -> Iterator[ctypes.CDLL]:
    """The texts as the build makes a library of them."""
    with TemporaryDirectory(prefix="fuzzed_") as folder:
        file = Path(folder) / "library.so"
        if build.command:
            _compile(texts, build, double, file)
        else:
            file = shared_library(texts.files, texts.prefix, double=double)
        found = ctypes.CDLL(str(file))
        try:
            yield found
        finally:
            if "-fopenmp" not in build.command:  # whose threads outlive the call
                _ctypes.dlclose(found._handle)


def _compile(texts: Texts, build: Build, double: bool, file: Path) -> None:
    macros = ["POINTERS", *(["DOUBLE"] if double else []), *(["SIMD"] if build.vectors else [])]
    for name, text in texts.files.items():
        (file.parent / name).write_text(text, encoding="utf-8")
    command = [*build.command, "-std=c99", "-fPIC", "-shared", *(f"-D{texts.prefix}_{macro}" for macro in macros)]
    sources = [str(file.parent / name) for name in texts.files if name.endswith(".c")]
    done = subprocess.run([*command, *sources, "-o", str(file), "-lm"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mismatch(f"not compiled by {build.title}", done.stderr[:1500])


class Calls:
    """The functions of a library, on arrays between guards; what they have not been given is NaN."""

    def __init__(
        self, found: ctypes.CDLL, texts: Texts, program: Program, wrt: Sequence[str], data: Data, dtype: Any
    ) -> None:
        self.library, self.texts, self.program, self.wrt = found, texts, program, wrt
        self.data, self.dtype = data, dtype
        self.whole: list[tuple[str, Array, int, bytes | None]] = []

    def values(self) -> Iterator[tuple[str, dict[Key, Array]]]:
        """(by which functions, what they return): once one after the other, at once, and predicted."""
        program, given = self.program, self.texts.given
        work = self._room("work", (self.texts.work[""],))
        results = self._rooms(Of.RESULT, program.results)
        self._call("forward", [*self._given(given["forward"]), *results.values(), work])
        following = self._rooms(Of.NEXT, [name for name, _ in program.updates])
        if following:
            self._call("next_buffers", [*self._given(given["next_buffers"]), *following.values(), work])
        gradients = self._rooms(Of.GRADIENT, self.wrt)
        self._call("backward", [*self._given(given["backward"]), *gradients.values(), work])
        yield "one after the other", results | following | gradients
        if not program.cotangents:
            work[:] = np.nan
            results, gradients = self._rooms(Of.RESULT, program.results), self._rooms(Of.GRADIENT, self.wrt)
            self._call("value_and_grad", [*self._given(given["value_and_grad"]), *results.values(),
                                          *gradients.values(), work])  # fmt: skip
            yield "value_and_grad", results | gradients
        if "predict" in given:
            outputs = self._rooms(Of.PREDICTED, program.outputs)
            work = self._room("work", (self.texts.work["predict"],))
            self._call("predict", [*self._given(given["predict"]), *outputs.values(), work])
            yield "predict", outputs

    def _call(self, function: str, arrays: Sequence[Array]) -> None:
        called = getattr(self.library, f"{self.texts.prefix}_{function}_at")
        table = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        if called(table):
            raise Mismatch("status", f"{function} did not return 0")
        for name, whole, size, before in self.whole:
            if np.any(whole[: GUARD + 1] != MARK) or np.any(whole[GUARD + 1 + size :] != MARK):
                raise Mismatch("written outside", f"{name}, by {function}")
            if before is not None and whole[GUARD + 1 : GUARD + 1 + size].tobytes() != before:
                raise Mismatch("modified", f"{name}, by {function}")

    def _given(self, names: Iterable[str]) -> list[Array]:
        return [self._array(name, self._typed(name), const=True) for name in names]

    def _typed(self, name: str) -> Array:
        whole = self.program.table[name].dtype is DType.INT
        return np.asarray(self.data[name], np.int32 if whole else self.dtype)

    def _rooms(self, of: Of, names: Iterable[str]) -> dict[Key, Array]:
        shapes = {name: tuple(size.constant or 0 for size in self.program.table[name].shape) for name in names}
        return {Key(of, name): self._room(name, shape) for name, shape in shapes.items()}

    def _room(self, name: str, shape: Sequence[int]) -> Array:
        return self._array(name, np.full(shape, np.nan, self.dtype))

    def _array(self, name: str, values: Array, const: bool = False) -> Array:
        """The values between guards, at a place that is no multiple of a vector's width."""
        whole = np.full(values.size + 2 * GUARD + 1, MARK, values.dtype)
        inside = whole[GUARD + 1 : GUARD + 1 + values.size]
        inside[:] = values.ravel()
        self.whole.append((name, whole, values.size, inside.tobytes() if const else None))
        return inside.reshape(values.shape)


class Compared:
    """A program and its derivation in C against the interpreter. `large`: whether as if it were (see `as_if_large`);
    `notes`: what agreed, by whom it was compiled."""

    def __init__(self, program: Program, derived: Derived, wrt: Sequence[str], seed: int, large: bool = False) -> None:
        self.program, self.derived, self.wrt, self.seed = program, derived, tuple(wrt), seed
        self.large = large
        self.notes: list[str] = []
        self._numpy: Any = None

    def at(self, sizes: Mapping[str, int], some: Sequence[Build]) -> bool:
        """Whether there was something to compare at the sizes: data at which all is finite."""
        drawn = self._drawn(sizes, np.float64)
        if drawn is None:
            return False
        fixed = fixed_sizes(self.program, sizes)
        with as_if_large(self.large):
            written = texts_of(c_values(fixed, self.wrt))
        data, reference = drawn
        if len(some) == 1 and any("_product(&" in text for text in written.files.values()):
            some = [*some, *filter(_found, [(LOAD, *OTHERS)[self.seed % 3]])]
            self.notes.append("c: products in vectors")
        for build in some:
            texts = backwards(written) if build is some[0] else written
            single = not self.seed // 10 % 2 if build is LOAD else self.seed % 3 == 0 or build is not some[0]
            if build is not LOAD or not single:
                with library(texts, build, double=True) as found:
                    calls = Calls(found, texts, fixed, self.wrt, data, np.float64)
                    right = expected(fixed, reference)
                    _compare(calls, right, dict.fromkeys(right, TOLERANCE), f"{build.title} at {dict(sizes)}")
                self.notes.append(f"c: {build.title}, float64")
            if single:
                self._single(texts, fixed, sizes, build)
        return True

    def _drawn(self, sizes: Mapping[str, int], dtype: Any) -> tuple[Data, Reference] | None:
        for attempt in range(3):
            style = Style.TIED if self.seed % 4 == 1 and not attempt else Style.SIGNED
            data = draw(self.program, sizes, self.seed + attempt, style)
            if dtype is np.float32:
                data = {name: a.astype(dtype).astype(a.dtype) if a.dtype.kind == "f" else a for name, a in data.items()}
            reference = reference_values(self.program, self.derived, sizes, data)
            if reference is not None:
                return data, reference
        return None

    def _single(self, texts: Texts, fixed: Program, sizes: Mapping[str, int], build: Build) -> None:
        """In single precision: as near as that is, or not much farther than NumPy's module is in it."""
        drawn = self._drawn(sizes, np.float32)
        if drawn is None:
            return
        data, reference = drawn
        right = expected(fixed, reference)
        allowed: dict[Key, float | Array] = dict.fromkeys(right, SINGLE)
        with library(texts, build, double=False) as found:
            calls = Calls(found, texts, fixed, self.wrt, data, np.float32)
            where = f"{build.title} in single precision at {dict(sizes)}"
            try:
                _compare(calls, right, allowed, where)
            except Mismatch:
                if self._numpy is None:
                    self._numpy = load_module(generated_source(self.program, self.derived))
                with np.errstate(all="ignore"):
                    other = ModuleEvaluator(self._numpy, self.program, sizes, np.float32).values(data)
                allowed = {key: SINGLE + TIMES * differences(other[key], value).max(initial=0.0)
                           for key, value in right.items()}  # fmt: skip
                if max(map(float, allowed.values()), default=0.0) > 0.1:
                    self.notes.append("c: single precision does not do, nor in NumPy")
                    return
                _compare(calls, right, allowed, where)
        self.notes.append(f"c: {build.title}, float32")


def expected(program: Program, reference: Reference) -> dict[Key, Array]:
    """The interpreter's values, as a module's are called."""
    outputs = zip(program.outputs, reference.outputs, strict=True)
    return (
        {Key(Of.RESULT, name): value for name, value in reference.results.items()}
        | {Key(Of.GRADIENT, name): value for name, value in reference.gradients.items()}
        | {Key(Of.NEXT, name): value for name, value in reference.updates.items()}
        | {Key(Of.PREDICTED, name): value for name, value in outputs}
    )


def differences(found: Array, right: Array) -> Array:
    """By how much each entry differs, relative to the largest: infinite where one is no number and the other is."""
    finite = np.isfinite(right)
    scale = 1 + np.abs(right[finite]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        apart = np.abs(found.astype(np.float64) - right) / scale
    same = (found == right) | (np.isnan(found) & np.isnan(right))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _compare(calls: Calls, right: Mapping[Key, Array], allowed: Mapping[Key, Any], where: str) -> None:
    """Raises `Mismatch` where a value differs by more than `allowed` of it."""
    for functions, values in calls.values():
        for key, found in values.items():
            apart = differences(found, right[key])
            if (apart > allowed[key]).any():
                place = tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), apart.shape))
                raise Mismatch(
                    f"wrong {key.of.value}", f"{key.tensor}{list(place)} by {functions}: expected "
                    f"{right[key][place]!r}, found {found[place]!r}, {where}"
                )  # fmt: skip
