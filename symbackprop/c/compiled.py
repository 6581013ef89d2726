"""The libraries of a network whose sizes are symbols: one for the sizes and the dtype of a call, made at the first."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbackprop.c.compiler import Compiler, found_compiler, shared_library
from symbackprop.c.module_text import kit
from symbackprop.errors import CompilationFailed
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function
from symbackprop.terms.program import TensorKind

__all__ = ["Compiled", "Texts", "texts_of"]


@dataclass(frozen=True, slots=True)
class Texts:
    """A network at sizes that are numbers, in C: the contents of files by their names; `prefix`: of their public names;
    `given`: the names of what each function is given, but results and work memory; `work`: reals of work memory, where
    a function needs another number than that for ""; `step`: the function of an optimiser."""

    prefix: str
    files: Mapping[str, str]
    given: Mapping[str, tuple[str, ...]]
    work: Mapping[str, int]
    step: str = ""


def texts_of(module: ModuleIR[Function], update: UpdateIR[Function] | None = None) -> Texts:
    """The texts of a module whose sizes are numbers. `update`: of an optimiser."""
    program, made = module.program, kit(module, update)
    kinds = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)
    given = tuple(tensor.name for kind in kinds for tensor in program.of_kind(kind))
    phases = dict.fromkeys(("forward", "value_and_grad", "next_buffers"), given)
    phases["backward"] = (*given, *(cotangent for _, cotangent in program.cotangents))
    work = {"": max(made.plan.size, 1)}
    if module.predict is not None and made.predict_plan is not None:
        read = {*module.predict.given, *(t.name for t in program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER))}
        phases["predict"] = tuple(name for name in given if name in read)
        work["predict"] = max(made.predict_plan.size, 1)
    step = "" if made.optimizer is None else made.optimizer.name
    return Texts(made.name, {f"{made.name}.c": made.header + made.source}, phases, work, step)


@dataclass(frozen=True, slots=True)
class _Made:
    texts: Texts
    opened: dict[bool, ctypes.CDLL]  # by whether it computes in double precision


class Compiled:
    """What a module of `binding_text` asks for functions. `generate`: the texts at sizes, one for each symbol;
    `complete`: sizes for all symbols, of those that a function knows where it does without the others."""

    def __init__(
        self, dims: Sequence[str], generate: Callable[[Mapping[str, int]], Texts],
        complete: Callable[[Mapping[str, int]], Mapping[str, int]],
    ) -> None:  # fmt: skip
        self.dims, self.generate, self.complete = tuple(dims), generate, complete
        self.compiler: Compiler = found_compiler()
        self.made: dict[tuple[int, ...], _Made] = {}

    def __call__(self, phase: str, double: bool, sizes: Mapping[str, int]) -> tuple[Any, tuple[str, ...], int]:
        """The function, the names of what it is given, and how many reals of work memory it needs."""
        made = self._at(sizes)
        texts = made.texts
        return self._function(made, phase, double), texts.given[phase], texts.work.get(phase, texts.work[""])

    def step(self, double: bool) -> Any:
        """The function of the optimiser, of a library that there is if there is one: it is the same for all sizes."""
        opened = (made for made in self.made.values() if double in made.opened)
        made = next(opened, None) or self._at({})
        return self._function(made, made.texts.step, double)

    def _function(self, made: _Made, name: str, double: bool) -> Any:
        if double not in made.opened:
            made.opened[double] = self._opened(made.texts, double)
        function = getattr(made.opened[double], f"{made.texts.prefix}_{name}_at")
        function.restype, function.argtypes = ctypes.c_int, None
        return function

    def _at(self, sizes: Mapping[str, int]) -> _Made:
        known = [(place, sizes[dim]) for place, dim in enumerate(self.dims) if dim in sizes]
        for key, made in self.made.items():
            if all(key[place] == size for place, size in known):
                return made
        whole = sizes if len(known) == len(self.dims) else self.complete(sizes)
        return self.made.setdefault(tuple(whole[dim] for dim in self.dims), _Made(self.generate(whole), {}))

    def _opened(self, texts: Texts, double: bool) -> ctypes.CDLL:
        file = shared_library(texts.files, texts.prefix, double=double, threads=_threads(), compiler=self.compiler)
        try:
            return ctypes.CDLL(str(file))
        except OSError as error:
            raise CompilationFailed(
                f"library {texts.prefix}", expected="that this process can load what the compiler made",
                found=str(error), remedy=f"see that CC ({self.compiler.title}) compiles for this machine",
            ) from None  # fmt: skip


def _threads() -> bool:
    """Whether several are asked for. By themselves there are none: a process that forks, or shares its processors with
    others, would have to know of them."""
    return os.environ.get("OMP_NUM_THREADS", "1").split(",")[0].strip() not in ("", "1")
