"""Statements as the emitter writes them, compiled to functions of buffers and sizes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from symbackprop.numpy.array import Array, Buffer, Counter, Statement, reads, written
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.resources import templates

from .calls import call_forms


@dataclass(frozen=True, slots=True)
class Written:
    """`call(storage, sizes, dtype)` runs the text on buffers given by name."""

    text: str
    forms: frozenset[str]
    call: Callable[[dict[str, np.ndarray], dict[str, int], np.dtype], None]


def write(statement: Statement) -> Written:
    buffers = sorted({buffer.name for buffer in buffers_of(statement)})
    sizes = sorted(sizes_of(statement))
    names = Names({*buffers, *sizes})
    own = Scope(names)
    writer = StatementWriter(own, Bound(own))
    writer.body([statement])
    text = "\n".join([f"def statement({', '.join([*buffers, *sizes, 'dtype', 'take'])}):", *writer.alone])
    tree = ast.parse(text)
    scope: dict[str, Any] = {"np": np, **_helpers()}
    exec(compile(tree, "<audited>", "exec"), scope)
    function = scope["statement"]

    def call(storage: dict[str, np.ndarray], values: dict[str, int], dtype: np.dtype) -> None:
        function(*[storage[b] for b in buffers], *[values[s] for s in sizes], dtype, take)

    return Written(text, frozenset(call_forms(tree)), call)


def take(name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """New storage, full of what nobody should read."""
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else 77, dtype)


@lru_cache(maxsize=1)
def _helpers() -> dict[str, Any]:
    scope: dict[str, Any] = {"np": np}
    for helper in Helper:
        exec((templates() / "numpy" / "helpers" / f"{helper.value}.py.j2").read_text(encoding="utf-8"), scope)
    return {helper.value: scope[helper.value] for helper in Helper}


def arrays_of(statement: Statement) -> Iterable[Array]:
    for operand in reads(statement):
        if isinstance(operand, Array):
            yield operand
    out = getattr(statement, "out", None)
    if isinstance(out, Array):
        yield out


def buffers_of(statement: Statement) -> Iterable[Buffer]:
    for array in arrays_of(statement):
        yield array.buffer
    out = written(statement)
    if out is not None:
        yield out


def sizes_of(statement: Statement) -> set[str]:
    """The names of the sizes that stand in it."""
    found = {dim.name for buffer in buffers_of(statement) for poly in buffer.shape for dim in poly.dims()}
    for operand in (*arrays_of(statement), *reads(statement)):
        match operand:
            case Array():
                polys = (*operand.subscripts, *operand.extents)
            case Counter():
                polys = (operand.extent, operand.start, operand.step)
            case _:
                polys = ()
        found |= {dim.name for poly in polys for dim in poly.dims()}
    return found
