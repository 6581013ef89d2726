"""An optimiser's next values written over the old ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Function, Map, Statement, statements_in, whole, written
from symbackprop.numpy.buffers import buffers_in, rewrite


def in_place(function: Function, following: Mapping[str, str]) -> Function:
    """The function with each new tensor written into the storage of the old one that it follows.

    All along where nothing reads the old tensor once the new one is begun; from the last statement that writes the
    new one where nothing reads the old one after it; elsewhere by a copy at the end.
    """
    body = function.body
    for new, old in following.items():
        source, target = function.buffer(new), function.buffer(old)
        writes = [place for place, statement in enumerate(body) if _writes(statement, source)]
        reads = [place for place, statement in enumerate(body) if target in buffers_in(statement)]
        last = max(reads, default=-1)
        if last <= writes[0] and _elementwise(body[writes[0]]) and not _filled(body, source):
            body = tuple(
                _moved(s, source, target) for s in body if not (isinstance(s, Allocate) and s.buffer == source)
            )
        elif last <= writes[-1] and _elementwise(body[writes[-1]]):
            end = writes[-1]
            final = body[end]
            assert isinstance(final, Map)
            there = replace(final, out=replace(final.out, buffer=target))
            body = (*body[:end], there, *(_moved(s, source, target) for s in body[end + 1 :]))
        else:
            out = whole(target)
            body = (*body, Map(MapOp.COPY, out, (replace(out, buffer=source),)))
    return replace(function, body=body)


def _writes(statement: Statement, buffer: Buffer) -> bool:
    return any(written(inner) == buffer for inner in statements_in([statement]))


def _filled(body: Sequence[Statement], buffer: Buffer) -> bool:
    return any(isinstance(s, Allocate) and s.buffer == buffer and s.fill is not None for s in body)


def _elementwise(statement: Statement) -> bool:
    """Whether each element that it writes depends on the elements at the same position alone."""
    if not isinstance(statement, Map):
        return False
    arrays = [arg for arg in statement.args if isinstance(arg, Array) and arg.axes]
    return statement.out.whole and all(array.whole and array.axes == statement.out.axes for array in arrays)


def _moved(statement: Statement, source: Buffer, target: Buffer) -> Statement:
    """The statement with `target` for `source`."""
    return rewrite(statement, lambda array: replace(array, buffer=target) if array.buffer == source else array)
