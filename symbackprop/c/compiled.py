"""The libraries of a network whose sizes are symbols: one for the sizes and the dtype of a call, compiled at the first."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbackprop.c.compiler import Compiler, found_compiler, shared_library
from symbackprop.errors import CompilationFailed

__all__ = ["Compiled", "Texts"]


@dataclass(frozen=True, slots=True)
class Texts:
    """A network at sizes that are numbers, in C: the contents of files by their names; `prefix`: of their public names;
    `given`: the names of what each function is given, but results and work memory; `work`: reals of work memory, where
    a function needs another number than that for ""."""

    prefix: str
    files: Mapping[str, str]
    given: Mapping[str, tuple[str, ...]]
    work: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Made:
    texts: Texts
    opened: dict[bool, ctypes.CDLL]  # by whether it computes in double precision


class Compiled:
    """What a module of `binding_text` asks for functions. `generate`: the texts at sizes, one for each symbol; `complete`:
    sizes for all symbols, of those that a function knows where it does without the others."""

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
        if double not in made.opened:
            made.opened[double] = self._opened(texts, double)
        function = getattr(made.opened[double], f"{texts.prefix}_{phase}_at")
        function.restype, function.argtypes = ctypes.c_int, None
        return function, texts.given[phase], texts.work.get(phase, texts.work[""])

    def _at(self, sizes: Mapping[str, int]) -> _Made:
        known = [(place, sizes[dim]) for place, dim in enumerate(self.dims) if dim in sizes]
        for key, made in self.made.items():
            if all(key[place] == size for place, size in known):
                return made
        whole = sizes if len(known) == len(self.dims) else self.complete(sizes)
        return self.made.setdefault(tuple(whole[dim] for dim in self.dims), _Made(self.generate(whole), {}))

    def _opened(self, texts: Texts, double: bool) -> ctypes.CDLL:
        file = shared_library(texts.files, texts.prefix, double=double, compiler=self.compiler)
        try:
            return ctypes.CDLL(str(file))
        except OSError as error:
            raise CompilationFailed(
                f"library {texts.prefix}", expected="that this process can load what the compiler made",
                found=str(error), remedy=f"see that CC ({self.compiler.title}) compiles for this machine",
            ) from None  # fmt: skip
