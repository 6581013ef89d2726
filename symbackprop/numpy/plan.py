"""How long a block has to be for arrays whose sizes are known: what `_plan` of a generated module finds, as it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

_LINE = 64  # bytes, a line of the processor's cache, where each array begins

Asked: TypeAlias = tuple[int, int, int]  # bytes, the first moment of use and the last
_ORDERS: tuple[Callable[[Asked], tuple[int, int]], ...] = (
    lambda each: (each[0], each[2]),
    lambda each: (each[2], each[0]),
    lambda each: (each[2] - each[1], each[0]),
)


def block_length(asked: Sequence[Asked]) -> int:
    """Each array at the lowest place that is free while it is in use, in the best of three orders."""
    rounded = [(-(-size // _LINE) * _LINE, first, last) for size, first, last in asked]
    return min(_length(sorted(rounded, key=order, reverse=True)) for order in _ORDERS)


def _length(asked: Sequence[Asked]) -> int:
    placed: list[tuple[int, int, int, int]] = []
    for size, first, last in asked:
        place = 0
        for low, high, begin, end in placed:
            if begin <= last and first <= end:
                if place + size <= low:
                    break
                place = max(place, high)
        placed.append((place, place + size, first, last))
        placed.sort()
    return max((high for _, high, _, _ in placed), default=0)


__all__ = ["Asked", "block_length"]
