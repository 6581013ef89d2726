"""Which innermost nests run in vectors: those whose positions touch nothing of each other's but sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from symbackprop.c.nests import Nest, Note, Store, Subscripts, reads_of
from symbackprop.lower.values import Map, MapOp, Read, Value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Op, Tensor

LEAST = 8  # positions, below which the compiler writes them out
_EXTREMES = {MapOp.MAXIMUM: "max", MapOp.MINIMUM: "min"}


@dataclass(frozen=True, slots=True)
class Vectors:
    """`sums`: variables that all positions add to; `extremes`: (variable, max or min, what is compared)."""

    sums: tuple[str, ...]
    extremes: tuple[tuple[str, str, Value], ...]


def extreme_of(statement: Store, locals: Collection[str]) -> tuple[str, str, Value] | None:
    """(variable, max or min, what is compared with it), if the statement keeps the greatest or least in a variable."""
    value = statement.value
    if statement.tensor in locals and isinstance(value, Map) and value.op in _EXTREMES:
        so_far, other = value.args
        if isinstance(so_far, Read) and so_far.tensor == statement.tensor:
            return statement.tensor, _EXTREMES[value.op], other
    return None


def vectors_of(nest: Nest, locals: Collection[str], tensors: Mapping[str, Tensor]) -> Vectors | None:
    """How the nest runs in vectors; None where it does not, or has too few positions."""
    if (nest.axis.extent.constant or LEAST) < LEAST:
        return None
    inner: set[str] = set()
    sums: list[str] = []
    extremes: list[tuple[str, str, Value]] = []
    written: dict[str, Subscripts] = {}
    reads: list[Read] = []
    for statement in nest.body:
        if isinstance(statement, Note):
            continue
        if not isinstance(statement, Store):
            return None
        name = statement.tensor
        extreme = extreme_of(statement, locals)
        if extreme is not None and name not in inner:
            extremes.append(extreme)
            reads += [read for read in reads_of(statement) if read.tensor != name]
            continue
        reads += reads_of(statement)
        if name in locals:
            if statement.op is Op.ASSIGN and name not in (*sums, *(each[0] for each in extremes)):
                inner.add(name)
            elif name not in inner:
                sums.append(name)
        elif (
            not _own_element(statement.subscripts, nest.axis.index)
            or tensors[name].dtype is DType.INT
            or written.setdefault(name, statement.subscripts) != statement.subscripts
        ):
            return None
    outside = {*sums, *(each[0] for each in extremes)}
    if len(outside) < len(sums) + len(extremes) or any(tensors[name].dtype is DType.INT for name in outside):
        return None
    for read in reads:
        there = written.get(read.tensor, read.subscripts)
        if read.tensor in outside or (
            read.subscripts != there and not _elsewhere(read.subscripts, there, nest.axis.index)
        ):
            return None
    return Vectors(tuple(sums), tuple(extremes))


def _elsewhere(read: Subscripts, written: Subscripts, index: Index) -> bool:
    """Whether no position reads what any writes: in some dimension they are a number apart, wherever the loop is."""
    return any(
        isinstance(a, Poly) and isinstance(b, Poly) and index not in a.indices() and (a - b).constant not in (None, 0)
        for a, b in zip(read, written, strict=True)
    )


def _own_element(subscripts: Subscripts, index: Index) -> bool:
    """Whether each position has an element of its own."""
    return any(isinstance(s, Poly) and s.is_affine and s.coefficient(index).terms for s in subscripts) and all(
        isinstance(s, Poly) for s in subscripts
    )


__all__ = ["Vectors", "extreme_of", "vectors_of"]
