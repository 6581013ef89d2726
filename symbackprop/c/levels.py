"""The nests around one value: what it is made of is computed in the outermost one in which all of its axes run.

What would be computed there once more for each position of an axis that it has not, and costs something, gets a tensor
of its own before the nests. A reduction becomes a variable, after a nest that adds to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import prod

from symbackprop.c.nests import Nest, Statement, Store
from symbackprop.c.opening import Opening, nested, renamed
from symbackprop.lower.map_ops import OF_TWO
from symbackprop.lower.value_walks import parts_first
from symbackprop.lower.values import (
    Contract,
    Define,
    Deviation,
    Fold,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Value,
    children_of,
    inside,
    with_children,
)
from symbackprop.terms.build import NIL, number
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.term import Axis, Constant, ConstantKind, Reduction, Term

CHEAP = frozenset({
    MapOp.COPY, MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.SQUARE, MapOp.ABS, MapOp.SIGN, MapOp.MAXIMUM,
    MapOp.MINIMUM, MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR, MapOp.NOT,
    MapOp.SELECT,
})  # fmt: skip
MANY, SOME = 1024, 16  # positions of a sum, from which on it is one of sums, and of each of these
DEEP = 40  # operations inside each other in one expression
_NOTHING: dict[Reduction, Term] = {
    Reduction.SUM: NIL,
    Reduction.PRODUCT: number(1),
    Reduction.MAX: Constant(ConstantKind.NEGATIVE_INFINITY),
    Reduction.MIN: Constant(ConstantKind.INFINITY),
}


class Levels:
    """The nests around one value, with the statements that stand in each before the next. `before`: what comes before
    them all; `ranges`: of the axes that the value is summed over."""

    def __init__(
        self, opener: Opening, axes: Sequence[Axis], ranges: dict[Index, Axis] | None = None, name: str = "value",
        outer: Levels | None = None, depth: int = 0,
    ) -> None:  # fmt: skip
        self.opener, self.name, self.ranges = opener, name, ranges or {}
        self.outer, self.inherited = outer, depth if outer is not None else 0
        if outer is None:
            self.before: list[Statement] = []
            self.axes = list(axes)
            self.statements: list[list[Statement]] = [[] for _ in range(len(self.axes) + 1)]
            self.memos: list[dict[Value, Value]] = [{} for _ in self.statements]
        else:  # those within a reduction at that depth of the outer ones
            self.before = outer.before
            self.axes = [*outer.axes[:depth], *axes]
            self.statements = [*outer.statements[: depth + 1], *([] for _ in axes)]
            self.memos = [*outer.memos[: depth + 1], *({} for _ in axes)]
        self.places = {axis.index: place for place, axis in enumerate(self.axes)}
        self.uses: Counter[Value] = Counter()

    def nested(self, innermost: Sequence[Statement]) -> list[Statement]:
        inner = self.axes[self.inherited :]
        statements = [list(each) for each in self.statements[self.inherited :]]
        if self.outer is not None:  # those before the first nest stand in the outer ones
            statements[0] = []
        statements[-1] += innermost
        return [*(self.before if self.outer is None else ()), *nested(inner, statements)]

    def nested_sum(self, total: Tensor, summand: Value) -> list[Statement]:
        """The nests that add to a variable: to one of its own within, and that to the next one outside, where positions
        are many, so that rounding errors stay those of few additions."""
        axes = self.axes[self.inherited :]
        statements = [[], *(list(each) for each in self.statements[self.inherited + 1 :])]
        cuts = _cuts(axes)
        current = self.opener.local(total.name) if cuts else total
        body: list[Statement] = [*statements[-1], Store(current.name, (), summand, Op.ACCUMULATE)]
        for place in reversed(range(len(axes))):
            body = [*statements[place], Nest(axes[place], tuple(body))]
            if place in cuts:
                outer = total if place == min(cuts) else self.opener.local(total.name)
                read = Read(current.name, (), frozenset(), Kind.FLOAT, False)
                body = [Store(current.name, (), Scalar(NIL)), *body, Store(outer.name, (), read, Op.ACCUMULATE)]
                current = outer
        return body

    # --- values ------------------------------------------------------------------------------------
    def placed_last(self, top: Value) -> Value:
        """As `place`, of what all nests are for."""
        for part in inside(top):
            self.uses.update(children_of(part))
        self.cut(top)
        return self.place(top)

    def cut(self, top: Value) -> None:
        """Names for parts of what is deep, so that no expression is deeper than can be read."""
        heights: dict[Value, int] = {}
        for value in parts_first(top, heights, _outside_reductions):
            heights[value] = 1 + max((heights[part] for part in _outside_reductions(value)), default=0)
            if heights[value] >= DEEP and isinstance(value, Map) and value.kind is Kind.FLOAT:
                depth, heights[value] = self.depth(value), 0
                found = self.place(value)
                if isinstance(found, Map):
                    self.memos[depth][value] = self.named(found, depth)

    def depth(self, value: Value) -> int:
        """How many nests there are around the outermost place at which the value is known."""
        return max((self.places[axis] + 1 for axis in value.axes if axis in self.places), default=0)

    def own(self, value: Value) -> list[Axis]:
        return [axis for axis in self.axes if axis.index in value.axes]

    def place(self, value: Value) -> Value:
        depth = self.depth(value)
        found = self.memos[depth].get(value)
        if found is None:
            found = self.memos[depth][value] = self.made(value, depth)
        return found

    def made(self, value: Value, depth: int) -> Value:
        own = self.own(value)
        if own and len(own) < depth and value.kind is Kind.FLOAT and _costs(value):
            return self.materialised(value, own)
        match value:
            case Scalar(term):
                return value if not term.free else self.place(self.opener.scalar(term))
            case Position():
                return value
            case Contract() | Fold():
                return self.reduced(value, depth)
            case Map() | Read():
                new = with_children(value, tuple(self.place(child) for child in self.opener.children(value)))
                named = isinstance(value, Map) and value.op is not MapOp.COPY
                if named and (self.uses[value] > 1 or (depth < len(self.axes) and _costs(value))):
                    return self.named(new, depth)
                return new
            case Deviation():
                raise TypeError("deviations are sums here")
            case _:
                raise TypeError(f"not a value: {value!r}")

    def named(self, value: Value, depth: int) -> Value:
        local = self.opener.local(f"{self.name}_part", value.kind)
        self.statements[depth].append(Store(local.name, (), value))
        return Read(local.name, (), frozenset(), value.kind, False)

    def materialised(self, value: Value, own: Sequence[Axis]) -> Value:
        """A tensor of the value over its own axes."""
        opener = self.opener
        tensor = opener.tensor(f"{self.name}_part", [axis.extent for axis in own])
        ranges = self.ranges | {axis.index: axis for axis in own}
        subscripts = tuple(Poly.of(axis.index) - axis.low for axis in own)
        bound = {i for part in inside(value) if isinstance(part, Contract | Fold) for i in part.bound}
        axes = (*own, *(ranges[index] for index in bound))
        self.before += opener.define(Define(tensor.name, subscripts, axes, value, Op.ASSIGN))
        return Read(tensor.name, subscripts, frozenset(axis.index for axis in own), value.kind, False)

    # --- reductions --------------------------------------------------------------------------------
    def reduced(self, value: Contract | Fold, depth: int) -> Value:
        """A variable, after a nest over what is bound that adds to it."""
        opener = self.opener
        bound, parts = self._renamed(value)
        if isinstance(value, Contract):
            reduction, name = Reduction.SUM, f"{self.name}_sum"
            indices = {axis.index for axis in bound}
            outer, parts = _split(parts, lambda part: not indices & part.axes)
        else:
            reduction, name, outer = value.reduction, f"{self.name}_{value.reduction.value.lower()}", []
        total = opener.local(name)
        inner = Levels(opener, _unit_stride_last(bound, parts), self.ranges, self.name, self, depth)
        for part in parts:
            for each in inside(part):
                inner.uses.update(children_of(each))
        for part in parts:
            inner.cut(part)
        placed = [inner.place(part) for part in parts]
        read = Read(total.name, (), frozenset(), Kind.FLOAT, False)
        self.statements[depth].append(Store(total.name, (), Scalar(_NOTHING[reduction])))
        if reduction is Reduction.SUM:
            self.statements[depth] += inner.nested_sum(total, product_of_values(placed))
        else:
            (source,) = placed
            store = Store(total.name, (), Map(OF_TWO[reduction], (read, source), Kind.FLOAT, True))
            self.statements[depth] += inner.nested([store])
        return product_of_values([*(self.place(factor) for factor in outer), read]) if outer else read

    def _renamed(self, value: Contract | Fold) -> tuple[list[Axis], list[Value]]:
        """(the bound axes under indices of their own, what is reduced over them)."""
        parts = list(value.factors) if isinstance(value, Contract) else [value.source]
        names = {index: self.opener.index(index) for index in value.bound}
        places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in names.items()}
        new = frozenset(names.values())
        axes = [_with_index(self.ranges[old], index) for old, index in names.items()]
        self.ranges = self.ranges | {axis.index: axis for axis in axes}
        return axes, [renamed(part, places, new) for part in parts]


def _with_index(axis: Axis, index: Index) -> Axis:
    return Axis(index, axis.low, axis.high)


def _split(parts: Sequence[Value], holds: Callable[[Value], bool]) -> tuple[list[Value], list[Value]]:
    return [part for part in parts if holds(part)], [part for part in parts if not holds(part)]


def product_of_values(factors: Sequence[Value]) -> Value:
    if not factors:
        return Scalar(number(1))
    first, *others = factors
    for other in others:
        first = Map(MapOp.MULTIPLY, (first, other), Kind.FLOAT, True)
    return first


def _outside_reductions(value: Value) -> tuple[Value, ...]:
    return () if isinstance(value, Contract | Fold) else children_of(value)


def _costs(value: Value) -> bool:
    """Whether computing it once more is to be spared."""
    return any(
        isinstance(part, Contract | Fold) or (isinstance(part, Map) and part.op not in CHEAP) for part in inside(value)
    )


def _cuts(axes: Sequence[Axis]) -> list[int]:
    """Within how many of the axes a variable of its own begins: each adds up some positions, the innermost first."""
    extents = [axis.extent.constant or 1 for axis in axes]
    if prod(extents) < MANY:
        return []
    cuts, own = [], 1
    for place in reversed(range(1, len(axes))):
        own *= extents[place]
        if own >= SOME and prod(extents[:place]) >= SOME:
            cuts.append(place)
            own = 1
    return cuts


def _unit_stride_last(axes: Sequence[Axis], values: Sequence[Value]) -> list[Axis]:
    """The axes, along which the most reads go from element to the next last."""
    steps: Counter[Index] = Counter()
    for value in values:
        for part in inside(value):
            if isinstance(part, Read) and part.subscripts and isinstance(part.subscripts[-1], Poly):
                steps.update(part.subscripts[-1].indices())
    return sorted(axes, key=lambda axis: steps[axis.index])


__all__ = ["Levels", "product_of_values"]
