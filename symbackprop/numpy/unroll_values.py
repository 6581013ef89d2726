"""Values at fixed sizes, position by position, as expressions on single numbers.

What `lower.evaluate_values` does to arrays of numbers is done here to expressions, an element each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import inf, prod

from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.values import (
    Choose,
    Contract,
    Deviation,
    Fold,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Value,
)
from symbackprop.numpy.scalar_operations import Unsayable, applied
from symbackprop.numpy.straight import Element, Expression, Number, Pick, number
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.term import Reduction, Term

__all__ = ["Evaluation", "TooMany", "elements_of"]

_FOLDS = {
    Reduction.SUM: (MapOp.ADD, 0.0),
    Reduction.PRODUCT: (MapOp.MULTIPLY, 1.0),
    Reduction.MAX: (MapOp.MAXIMUM, -inf),
    Reduction.MIN: (MapOp.MINIMUM, inf),
}


class TooMany(Exception):
    """More operations than it pays to write out."""


def elements_of(tensor: Tensor) -> tuple[Element, ...]:
    """All elements of a tensor whose sizes are numbers, the last place counting fastest."""
    kind = Kind.INT if tensor.dtype is DType.INT else Kind.FLOAT
    return tuple(Element(tensor.name, place, kind) for place in product(*map(range, _shape(tensor))))


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(max(0, extent.evaluate(_no_size)) for extent in tensor.shape)


def _no_size(atom: object) -> int:
    raise TooMany(f"{atom} is no number")


class Evaluation:
    """Evaluates at the position where the variables, `env`, are. `ranges`: of the axes of the step; `defined`: the
    elements that have values; `zeros`: those that are 0; `most`: how much work there may be."""

    def __init__(self, tensors: Mapping[str, Tensor], most: int) -> None:
        self.tensors, self.most, self.work = tensors, most, 0
        self.shapes = {name: _shape(tensor) for name, tensor in tensors.items()}
        self.kinds: dict[str, Kind] = {}  # of what is bound
        self.defined: set[Element] = set()
        self.zeros: set[Element] = set()
        self.env: dict[Dim | Index, int] = {}
        self.ranges: dict[Index, range] = {}
        self.memo: dict[tuple[Value, tuple[int, ...]], Expression] = {}

    def spend(self, work: int) -> None:
        self.work += work
        if self.work > self.most:
            raise TooMany

    def elements(self, name: str) -> tuple[Element, ...]:
        """All of a tensor, if they are not too many."""
        self.spend(prod(self.shapes[name]) // 4)
        return elements_of(self.tensors[name])

    def known(self, term: Term) -> float | bool:
        """What the variables decide: a number or whether it holds."""
        found: float | bool = term_value(term, self.env)
        return found

    def number(self, poly: Poly) -> int:
        return int(poly.evaluate(self.env.__getitem__))

    def over(self, indices: Sequence[Index]) -> Iterator[tuple[int, ...]]:
        """All positions of the axes, each while the variables are at it."""
        before = dict(self.env)
        ranges = [self.ranges[index] for index in indices]
        self.spend(prod(max(0, each.stop - each.start) for each in ranges))
        for places in product(*ranges):
            self.env.update(zip(indices, places, strict=True))
            yield places
        self.env = before

    def place(self, subscript: Poly | Value) -> int | Expression:
        """A position, where it is known."""
        if isinstance(subscript, Poly):
            return self.number(subscript)
        found = self.at(subscript)
        return int(found.value) if isinstance(found, Number) else found

    def element(self, element: Element) -> Expression:
        if element in self.zeros:
            return number(0.0)
        if element not in self.defined:
            raise Unsayable(f"{element} has no value")
        return element

    def at(self, value: Value) -> Expression:
        """The value at the position where the variables are; first that of what its operation takes first, as deep as
        it goes: the terms of a long sum stand so inside one another."""
        waiting: list[Value] = []
        while (found := self.memo.get(self.key(value))) is None:
            waiting.append(value)
            if not isinstance(value, Map):
                break
            value = value.args[0]
        for each in reversed(waiting):
            found = self.memo[self.key(each)] = self.computed(each)
            self.spend(1)
        assert found is not None
        return found

    def key(self, value: Value) -> tuple[Value, tuple[int, ...]]:
        return value, tuple([self.env[index] for index in value.axes])

    def computed(self, value: Value) -> Expression:
        match value:
            case Scalar(term):
                return number(self.known(term))
            case Position(poly):
                return number(self.number(poly))
            case Read():
                return self.read(value)
            case Map(op, args, kind):
                return applied(op, tuple([self.at(arg) for arg in args]), kind)
            case Contract(factors, bound):
                products = (self.chain(MapOp.MULTIPLY, 1.0, (self.at(f) for f in factors)) for _ in self.over(bound))
                return self.chain(MapOp.ADD, 0.0, products)
            case Fold(reduction, source, bound):
                return self.chain(*_FOLDS[reduction], (self.at(source) for _ in self.over(bound)))
            case Deviation(weights, left, right, bound):
                return self.chain(MapOp.ADD, 0.0, (self.deviation(weights, left, right) for _ in self.over(bound)))
            case Choose(condition, then, otherwise):
                return self.at(then if self.known(condition) else otherwise)
            case _:
                raise TypeError(f"not a value: {value!r}")

    def chain(self, op: MapOp, start: float, expressions: Iterable[Expression]) -> Expression:
        """All of them, one after another; `start` if there is none."""
        total: Expression | None = None
        for expression in expressions:
            total = expression if total is None else applied(op, (total, expression), Kind.FLOAT)
        return number(start) if total is None else total

    def deviation(self, weights: Sequence[Value], left: Value, right: Value) -> Expression:
        between = applied(MapOp.SUBTRACT, (self.at(left), self.at(right)), Kind.FLOAT)
        return applied(MapOp.MULTIPLY, (self.at(weights[0]) if weights else between, between), Kind.FLOAT)

    def read(self, read: Read) -> Expression:
        places = [self.place(subscript) for subscript in read.subscripts]
        kind = self.kinds.get(read.tensor, read.kind)
        return self.looked_up(read, kind, (), places, self.shapes[read.tensor])

    def looked_up(
        self,
        read: Read,
        kind: Kind,
        before: tuple[int, ...],
        places: Sequence[int | Expression],
        shape: tuple[int, ...],
    ) -> Expression:
        """The element at these places behind those `before`; zero outside."""
        if not places:
            return self.element(Element(read.tensor, before, kind))
        first, *rest = places
        size = shape[len(before)]
        nothing = number(0) if kind is Kind.INT else number(0.0)
        if isinstance(first, int):
            if 0 <= first < size:
                return self.looked_up(read, kind, (*before, first), rest, shape)
            if not read.padded:
                raise Unsayable(f"{read.tensor} is read outside")
            return nothing
        self.spend(size)
        options = tuple(self.looked_up(read, kind, (*before, at), rest, shape) for at in range(size))
        found: Expression = Pick(first, options, kind)
        if read.padded:
            below = applied(MapOp.GREATER, (number(size), first), Kind.BOOL)
            inside_ = applied(
                MapOp.AND, (applied(MapOp.GREATER_EQUAL, (first, number(0)), Kind.BOOL), below), Kind.BOOL
            )
            found = applied(MapOp.SELECT, (inside_, found, nothing), kind)
        return found
