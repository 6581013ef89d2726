"""A network whose tensors' axes stand in an order of choice, its equations written once.

`Sheet.parameter("W", (D, H))` is read as W[i, j] whatever the order that its axes are stored in; `Sheet.views` says
how an array of the canonical layout becomes the one that the network takes, and a gradient of its one of the canonical.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbackprop import Network

Order = Callable[[str, int], Sequence[int]]  # of a tensor's name and rank: the canonical axis at each place


def given(orders: Mapping[str, Sequence[int]] = {}) -> Order:
    """Those orders, and the canonical one for other tensors."""
    return lambda name, rank: orders.get(name, range(rank))


def shuffled(seed: int) -> Order:
    """Every tensor's axes in an order of its own, drawn by its name."""
    return lambda name, rank: random.Random(f"{seed} {name}").sample(range(rank), rank)


@dataclass(frozen=True, slots=True)
class View:
    """An array of the canonical layout, split into `shape` (if not None), its axes in `order`, entries of one axis
    picked anew (`pick`: axis of the split array, positions)."""

    order: tuple[int, ...]
    shape: tuple[int, ...] | None = None
    pick: tuple[int, tuple[int, ...]] | None = None

    def there(self, array: np.ndarray) -> np.ndarray:
        array = array if self.shape is None else array.reshape(self.shape)
        if self.pick is not None:
            array = np.take(array, self.pick[1], axis=self.pick[0])
        return np.ascontiguousarray(array.transpose(self.order))

    def back(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        array = array.transpose(np.argsort(self.order))
        if self.pick is not None:
            array = np.take(array, np.argsort(self.pick[1]), axis=self.pick[0])
        return array.reshape(shape)


class Turned:
    """A tensor's symbol, its elements written in the canonical order of subscripts."""

    def __init__(self, symbol: Any, order: Sequence[int]) -> None:
        self.symbol, self.order = symbol, order

    def _stored(self, at: Any) -> Any:
        at = at if isinstance(at, tuple) else (at,)
        return tuple(at[axis] for axis in self.order)

    def __getitem__(self, at: Any) -> Any:
        return self.symbol[self._stored(at)]

    def __setitem__(self, at: Any, value: Any) -> None:
        self.symbol[self._stored(at)] = value


class Sheet:
    """A network, what its tensors' orders are, the views of what it is given, and sizes that no array tells."""

    def __init__(self, name: str, order: Order) -> None:
        self.net, self.order, self.views = Network(name), order, dict[str, View]()
        self.sizes: dict[str, int] = {}

    def _given(self, declare: Any, name: str, shape: Sequence[Any], split: Any, pick: Any, **options: Any) -> Turned:
        order = tuple(self.order(name, len(shape)))
        self.views[name] = View(order, split, pick)
        return Turned(declare(name, tuple(shape[axis] for axis in order), **options), order)

    def input(self, name: str, shape: Sequence[Any], **options: Any) -> Turned:
        return self._given(self.net.input, name, shape, None, None, **options)

    def parameter(self, name: str, shape: Sequence[Any], *, split: Any = None, pick: Any = None) -> Turned:
        """`split`: the sizes, in numbers, of the axes that the canonical array is split into; `pick` as in `View`."""
        return self._given(self.net.parameter, name, shape, split, pick)

    def tensors(self, **ranks: int) -> list[Turned]:
        """Tensors to be defined, by their names and ranks."""
        return [Turned(self.net.tensor(name), tuple(self.order(name, rank))) for name, rank in ranks.items()]
