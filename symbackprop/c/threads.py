"""Which outermost nests threads share: those whose positions write elements of their own, and enough of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symbackprop.c.nests import Nest, Statement, Subscripts, body_of, reads_of, statements_in, written_by
from symbackprop.lower.values import Loop
from symbackprop.terms.poly import Index, Poly

WORTH = 20_000  # positions, from which on a second thread pays


def runs_in_threads(nest: Nest, locals: Collection[str]) -> bool:
    index = nest.axis.index
    if (nest.axis.extent.constant or 0) < 2 or _positions((nest,)) < WORTH:
        return False
    begun: set[str] = set()
    written: dict[str, set[int]] = {}
    for statement in statements_in(nest.body):
        found = written_by(statement)
        if found is None:
            continue
        name, subscripts = found
        if name in locals:
            if name not in begun and not _assigns(statement):
                return False  # a sum over all positions
            begun.add(name)
            continue
        places = _own(subscripts, index)
        written[name] = written.get(name, places) & places
        if not written[name]:
            return False
    reads = [read for statement in statements_in(nest.body) for read in reads_of(statement)]
    if any(read.tensor in locals and read.tensor not in begun and _is_written(nest, read.tensor) for read in reads):
        return False
    return all(_own(read.subscripts, index) & written[read.tensor] for read in reads if read.tensor in written)


def _own(subscripts: Subscripts, index: Index) -> set[int]:
    """The dimensions in which the index stands alone."""
    return {
        place for place, s in enumerate(subscripts)
        if isinstance(s, Poly) and s.indices() == (index,) and s.is_affine and s.coefficient(index) == 1
        and s.constant_part == 0
    }  # fmt: skip


def _assigns(statement: Statement) -> bool:
    return getattr(statement, "op", None) is not None and statement.op.value == "="  # type: ignore[union-attr]


def _is_written(nest: Nest, name: str) -> bool:
    return any((found := written_by(each)) is not None and found[0] == name for each in statements_in(nest.body))


def _positions(body: Sequence[Statement]) -> int:
    """At how many positions something is computed, products not counted."""
    total = 0
    for statement in body:
        inner = _positions(body_of(statement))
        if isinstance(statement, Nest):
            inner *= max(statement.axis.extent.constant or 0, 0)
        elif isinstance(statement, Loop):
            inner *= 2
        total += inner + (written_by(statement) is not None)
    return total


__all__ = ["runs_in_threads"]
