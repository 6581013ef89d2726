"""Tensors in the order in which products of matrices write and read them.

    q[n, a, t, k] = Σ_e W[a, k, e]·x[n, t, e]          is one product where q lies as q[n, t, a, k],
    s[n, a, t, u] = Σ_k q[n, a, t, k]·p[n, a, u, k]    one for each (n, a), of rows that are A·K apart

and in the order of its subscripts q would be copied between the two. So each axis of a product is rows, columns or
summed over, or one of several products; those of a kind have to lie together, and one that is no batch innermost.
Tensors that are read element by element with each other lie alike. An order is changed where fewer products copy then;
what users see, and what loops run along, keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import groupby

from symbackprop.lower.axis_order import reordered
from symbackprop.lower.layout import inner_tensors, multiplies, root_of
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_subscripts import Subscripts
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Bind, Contract, Define, Fold, Function, Read, Value, children_of, inside
from symbackprop.terms.poly import Index, Poly

Dimension = tuple[str, int]


class Part(Enum):
    """What an axis of a factor, or of the result, is to a product of matrices."""

    BATCH = auto()
    KEPT = auto()  # of a factor; of the result its rows
    OTHER = auto()  # summed over; of the result its columns


Use = tuple[Part, ...]  # of each dimension


def products_as_they_lie(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module with the dimensions of inner tensors in the order of fewest copies for products."""
    orders = Families(module).orders()
    return module.mapped(lambda function: reordered(function, orders)) if orders else module


class Families:
    """`uses`: by the tensor, of its dimensions; `family`: of tensors, each by the one that stands for it; `same`: of
    their dimensions, likewise."""

    def __init__(self, module: ModuleIR[Function]) -> None:
        self.inner = inner_tensors(module)
        self.uses: dict[str, list[Use]] = {}
        self.fixed: set[str] = set()
        self.family: dict[str, str] = {}
        self.same: dict[Dimension, Dimension] = {}
        for function in module.functions:
            for step in steps_in(function.body):
                if isinstance(step, Define | Bind):
                    self._see(step)

    def of(self, name: str) -> str:
        """The one that stands for the tensor's family."""
        return root_of(self.family, name)

    def orders(self) -> dict[str, tuple[int, ...]]:
        families: dict[str, list[str]] = {}
        for name in self.inner:
            families.setdefault(root_of(self.family, name), []).append(name)
        fixed = {root_of(self.family, name) for name in self.fixed}
        found: dict[str, tuple[int, ...]] = {}
        for root, members in families.items():
            if root not in fixed and any(name in self.uses for name in members):
                found |= self._order(members)
        return found

    def _order(self, members: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Of the family's tensors, if another is better than their own."""
        classes = {name: [root_of(self.same, (name, place)) for place in range(self.inner[name])] for name in members}
        own = classes[members[0]]
        if len(own) < 3:  # of fewer every order is one that products read
            return {}
        if any(len(set(each)) != len(each) or set(each) != set(own) for each in classes.values()):
            return {}
        uses = [dict(zip(classes[name], use, strict=True)) for name in members for use in self.uses.get(name, ())]
        candidates = [own]
        for use in uses:
            if Part.BATCH not in use.values():
                rows, columns = ([each for each in own if use[each] is part] for part in (Part.KEPT, Part.OTHER))
                candidates += sorted([[*rows, *columns], [*columns, *rows]], key=lambda order: order[0] != own[0])
        best = min(candidates, key=lambda order: sum(not _as_it_lies([use[each] for each in order]) for use in uses))
        orders = {name: tuple(each.index(one) for one in best) for name, each in classes.items()}
        return {} if best == own else {n: order for n, order in orders.items() if order != tuple(range(len(order)))}

    # --- what steps say ----------------------------------------------------------------------------
    def _see(self, step: Define | Bind) -> None:
        own = {axis.index for axis in step.axes}
        if isinstance(step, Define):
            self._link([(step.tensor, step.subscripts), *_elementwise(step.value)], own)
            self._see_result(step)
        else:
            self._link(list(_elementwise(step.value)), own)
        for part in inside(step.value):
            if isinstance(part, Contract) and multiplies(part):
                self._see_factors(part, own)

    def _link(self, items: Sequence[tuple[str, Subscripts]], own: set[Index]) -> None:
        """Tensors along the same axes lie alike; where one is read otherwise than along whole axes, all are fixed."""
        along: dict[frozenset[Index], tuple[str, list[Index]]] = {}
        for name, subscripts in items:
            axes = _axes(subscripts, own)
            if axes is None:
                self.fixed.add(name)
                continue
            other, others = along.setdefault(frozenset(axes), (name, axes))
            self.family[root_of(self.family, name)] = root_of(self.family, other)
            for place, axis in enumerate(axes):
                self.same[root_of(self.same, (name, place))] = root_of(self.same, (other, others.index(axis)))
            if name not in self.inner and len(axes) > 1:
                self.fixed.add(name)

    def _see_factors(self, product: Contract, own: set[Index]) -> None:
        sides: dict[frozenset[Index], list[tuple[str, Subscripts]]] = {}
        for factor in product.factors:
            sides.setdefault(factor.axes, []).extend(_elementwise(factor))
        for held, reads in sides.items():
            self._link(reads, own)
            others = [other for other in sides if other != held]
            for name, subscripts in reads:
                axes = _axes(subscripts, own)
                if axes is not None and len(others) == 1:
                    self._use(
                        name,
                        [
                            Part.OTHER if axis in product.bound else Part.BATCH if axis in others[0] else Part.KEPT
                            for axis in axes
                        ],
                    )

    def _see_result(self, step: Define) -> None:
        axes = _axes(step.subscripts, {axis.index for axis in step.axes})
        for part in inside(step.value, _summands):
            if axes is not None and isinstance(part, Contract) and part.axes == set(axes):
                sides = list(dict.fromkeys(factor.axes for factor in part.factors))
                if len(sides) == 2:
                    left, right = sides
                    self._use(
                        step.tensor,
                        [
                            Part.BATCH if axis in left and axis in right else Part.KEPT if axis in left else Part.OTHER
                            for axis in axes
                        ],
                    )

    def _use(self, name: str, use: Sequence[Part]) -> None:
        self.uses.setdefault(name, []).append(tuple(use))


def _summands(value: Value) -> tuple[Value, ...]:
    return () if isinstance(value, Contract | Fold) else children_of(value)


def _elementwise(top: Value) -> Iterator[tuple[str, Subscripts]]:
    """What is read element by element."""

    def parts(value: Value) -> tuple[Value, ...]:
        return () if isinstance(value, Contract) and multiplies(value) else children_of(value)

    for part in inside(top, parts):
        if isinstance(part, Read):
            yield part.tensor, part.subscripts


def _axes(subscripts: Subscripts, own: set[Index]) -> list[Index] | None:
    """The axes of the dimensions, one each and no two the same; None otherwise."""
    found: list[Index] = []
    for subscript in subscripts:
        axis = subscript.index if isinstance(subscript, Poly) else None
        if axis is None or axis not in own or axis in found:
            return None
        found.append(axis)
    return found


def _as_it_lies(use: Sequence[Part]) -> bool:
    """Whether a product reads, or writes, what lies in this order."""
    runs = [part for part, _ in groupby(use) if part is not Part.BATCH]
    return len(set(runs)) == len(runs) and (not use or use[-1] is not Part.BATCH)


__all__ = ["Families", "products_as_they_lie"]
