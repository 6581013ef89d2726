"""A static plan of work memory: where each tensor that no argument holds lies, from the statement that first touches it
to the last.

Forward and backward share one plan, since backward reads what forward leaves; the tensors that it reads live from the
one to the other. A tensor takes the lowest place that is free while it lives, in the best of several orders.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from symbackprop.c.nests import NestFunction, reads_of, statements_in, written_by
from symbackprop.terms.program import Tensor

MOST = 2**31 - 1  # what an int holds
LINE = 16  # reals: where larger tensors begin, so that vectors of them lie in one cache line


@dataclass(frozen=True, slots=True)
class Buffer:
    """`first`, `last`: the statements, counted from 0, between which it is in use; `offset`, `size` in reals."""

    name: str
    size: int
    first: int
    last: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`bound`: the most that is in use at one statement, below which no plan can be."""

    buffers: tuple[Buffer, ...]
    size: int
    bound: int


def elements(tensor: Tensor) -> int:
    """How many it has, at sizes that are numbers."""
    return prod(max(size.constant or 0, 0) for size in tensor.shape)


def plan(functions: Sequence[NestFunction], elsewhere: Collection[str], kept: Collection[str] = ()) -> Plan:
    """Of functions that run one after the other. `elsewhere`: tensors that arguments hold; `kept`: those that are read
    after them all."""
    spans: dict[str, tuple[int, int]] = {}
    tensors: dict[str, Tensor] = {}
    moment = 0
    for function in functions:
        tensors.update({name: tensor for name, tensor in function.tensors.items() if name not in function.locals})
        for statement in function.body:
            for name in touched([statement]):
                if name in tensors and name not in elsewhere and name not in function.locals:
                    spans[name] = spans.get(name, (moment, moment))[0], moment
            moment += 1
    spans |= {name: (spans[name][0], moment) for name in kept if name in spans}
    asked = [Buffer(name, elements(tensors[name]), first, last) for name, (first, last) in spans.items()]
    live = [0] * (moment + 1)
    for buffer in asked:
        for each in range(buffer.first, buffer.last + 1):
            live[each] += _rounded(buffer.size)
    orders: Sequence[Mapping[str, tuple[int, ...]]] = [
        {b.name: (-b.size, b.first) for b in asked},
        {b.name: (-b.last, -b.size) for b in asked},
        {b.name: (b.first - b.last, -b.size) for b in asked},
        {b.name: (b.first, -b.size) for b in asked},
        {b.name: (-b.size * (b.last - b.first + 1), b.first) for b in asked},
    ]
    plans = [_placed(sorted(asked, key=lambda buffer, order=order: order[buffer.name])) for order in orders]  # type: ignore[misc]
    best = min(plans, key=lambda placed: max((b.offset + b.size for b in placed), default=0))
    size = max((b.offset + b.size for b in best), default=0)
    return Plan(tuple(sorted(best, key=lambda b: (b.first, b.offset))), size, max(live, default=0))


def touched(statements: Iterable[object]) -> list[str]:
    """The tensors that the statements read or write, in order, each once."""
    names: dict[str, None] = {}
    for statement in statements_in(tuple(statements)):  # type: ignore[arg-type]
        names.update(dict.fromkeys(read.tensor for read in reads_of(statement)))
        written = written_by(statement)
        if written is not None:
            names[written[0]] = None
    return list(names)


def _rounded(size: int) -> int:
    return size if size < LINE else -(-size // LINE) * LINE


def _placed(order: Iterable[Buffer]) -> list[Buffer]:
    out: list[Buffer] = []
    for buffer in order:
        offset, size = 0, _rounded(buffer.size)
        meeting = [b for b in out if b.first <= buffer.last and buffer.first <= b.last]
        for other in sorted(meeting, key=lambda b: b.offset):
            if other.offset >= offset + size:
                break
            offset = max(offset, other.offset + _rounded(other.size))
            offset = offset if size < LINE else -(-offset // LINE) * LINE
        out.append(Buffer(buffer.name, buffer.size, buffer.first, buffer.last, offset))
    return out


__all__ = ["MOST", "Buffer", "Plan", "elements", "plan", "touched"]
