"""Values: what is computed, over named axes, without a word of where it is kept.

Grammar::

    function ::= name, tensors, given, wanted, step*
    step     ::= Note(text, label)                                 the equation that what follows computes
               | Clear(tensor)                                     every element is 0
               | Bind(name, axes, value)                           the value under a name, to be read as a tensor is
               | Define(tensor, subscripts, axes, value, op)       tensor[subscripts] (= | +=) value, at all positions
               | Loop(variable, low, high, descending, body)       bounds inclusive
               | If(condition, body)                               a condition on sizes and loop variables
    value    ::= Scalar(term)                                      a number known from sizes and loop variables
               | Position(poly, over)                              an integer polynomial in axes, sizes, loop variables
               | Read(tensor, subscripts, over, kind, padded)      an element; a subscript is a poly or an integer value
               | Map(op, args, kind)                               element by element, broadcasting by axis
               | Contract(factors, bound)                          Σ over `bound` of the product of the factors
               | Fold(reduction, source, bound)                    max, min, product or sum over `bound`
               | Deviation(weights, left, right, bound)            Σ over `bound` of weight*(left - right), or without
                                                                   a weight of (left - right)²
               | Choose(condition, then, otherwise)                one, by a condition on sizes and loop variables

An axis is an index with its range, `low` to `high` inclusive, or no position at all where `high` is below `low`; it
stands as a number for the index's own value. A subscript is the position in the tensor's storage: its origin is taken
off. A value has the axes that stand in it and no others; the order of `Define.axes` is that of the equation, the left
side's first.

A `padded` read may leave its tensor: it is 0 there (a gather: any element). A `padded` definition adds nothing where it
would write outside. `quiet`: positions behind a guard are computed too, so floating-point errors there mean nothing.

Values are interned: equal ones are the same object, so that what several readers share is found by identity.
`check_values` verifies functions, `show_values` prints them, `evaluate_values` computes them directly, position by
position of all axes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import attrgetter
from typing import ClassVar, Generic, TypeAlias, TypeVar

from symbackprop.lower.map_ops import Kind as Kind
from symbackprop.lower.map_ops import MapOp as MapOp
from symbackprop.schedule.steps import Loop as Loop
from symbackprop.terms.build import poly_value
from symbackprop.terms.interning import Interned
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction, Term

S = TypeVar("S")

_NONE: frozenset[Index] = frozenset()
_MOST_KEPT = 100  # fewer parts of a value that it keeps, once they were asked for


# --- values --------------------------------------------------------------------------------------------
class Value(Interned):
    """An array over `axes`. Identity is equality. `children`: the values directly inside."""

    __slots__ = ("_below", "axes", "children")
    axes: frozenset[Index]
    children: tuple[Value, ...]
    _below: tuple[Value, ...] | None
    kind: Kind

    def _finish(self) -> None:
        object.__setattr__(self, "children", _directly_inside(self))
        object.__setattr__(self, "_below", None)
        object.__setattr__(self, "axes", self._axes())

    def _axes(self) -> frozenset[Index]:
        return _NONE.union(*[child.axes for child in self.children])


@dataclass(frozen=True, slots=True, eq=False)
class Scalar(Value):
    term: Term

    kind: ClassVar[Kind] = Kind.FLOAT  # type: ignore[misc]


@dataclass(frozen=True, slots=True, eq=False)
class Position(Value):
    """The integer that the polynomial is at each position of the axes `over` that stand in it."""

    poly: Poly
    over: frozenset[Index]

    kind: ClassVar[Kind] = Kind.INT  # type: ignore[misc]

    def _axes(self) -> frozenset[Index]:
        return self.over


@dataclass(frozen=True, slots=True, eq=False)
class Read(Value):
    """`over`: the axes that stand in polynomial subscripts."""

    tensor: str
    subscripts: tuple[Poly | Value, ...]
    over: frozenset[Index]
    kind: Kind
    padded: bool

    def _axes(self) -> frozenset[Index]:
        return self.over.union(*[child.axes for child in self.children]) if self.children else self.over


@dataclass(frozen=True, slots=True, eq=False)
class Map(Value):
    op: MapOp
    args: tuple[Value, ...]
    kind: Kind
    quiet: bool


@dataclass(frozen=True, slots=True, eq=False)
class Contract(Value):
    """Σ over `bound` of the product of the factors; an axis of `bound` that no factor has counts its positions."""

    factors: tuple[Value, ...]
    bound: tuple[Index, ...]
    quiet: bool

    kind: ClassVar[Kind] = Kind.FLOAT  # type: ignore[misc]

    def _axes(self) -> frozenset[Index]:
        return _NONE.union(*[factor.axes for factor in self.factors]).difference(self.bound)


@dataclass(frozen=True, slots=True, eq=False)
class Fold(Value):
    reduction: Reduction
    source: Value
    bound: tuple[Index, ...]
    quiet: bool

    kind: ClassVar[Kind] = Kind.FLOAT  # type: ignore[misc]

    def _axes(self) -> frozenset[Index]:
        return self.source.axes.difference(self.bound)


@dataclass(frozen=True, slots=True, eq=False)
class Deviation(Value):
    """Of what has no difference of its own: its axes are those of both sides. `weights`: one or none.

    Without a weight the sides share the bound axes and no others. With one, `left` has these, which `right` lacks, and
    `right` all others of `left`; the weight has the bound axes and those that `left` lacks.
    """

    weights: tuple[Value, ...]
    left: Value
    right: Value
    bound: tuple[Index, ...]
    quiet: bool

    kind: ClassVar[Kind] = Kind.FLOAT  # type: ignore[misc]

    def _axes(self) -> frozenset[Index]:
        return (self.left.axes | self.right.axes).difference(self.bound)


@dataclass(frozen=True, slots=True, eq=False)
class Choose(Value):
    """Only the branch that holds is computed."""

    condition: Term
    then: Value
    otherwise: Value
    quiet: bool

    kind: ClassVar[Kind] = Kind.FLOAT  # type: ignore[misc]


children_of: Callable[[Value], tuple[Value, ...]] = attrgetter("children")


def _directly_inside(value: Value) -> tuple[Value, ...]:
    match value:
        case Scalar() | Position():
            return ()
        case Read(_, subscripts):
            return tuple([subscript for subscript in subscripts if isinstance(subscript, Value)])
        case Map(_, args):
            return args
        case Contract(factors):
            return factors
        case Fold(_, source):
            return (source,)
        case Deviation(weights, left, right):
            return *weights, left, right
        case Choose(_, then, otherwise):
            return then, otherwise
        case _:
            raise TypeError(f"not a value: {value!r}")


def with_children(value: Value, children: tuple[Value, ...]) -> Value:
    """The value made of others."""
    if children == children_of(value):
        return value
    match value:
        case Read(tensor, subscripts, over, kind, padded):
            rest = iter(children)
            places = tuple(next(rest) if isinstance(subscript, Value) else subscript for subscript in subscripts)
            return Read(tensor, places, over, kind, padded)
        case Map(op, _, kind, quiet):
            return Map(op, children, kind, quiet)
        case Contract(_, bound, quiet):
            return Contract(children, bound, quiet)
        case Fold(reduction, _, bound, quiet):
            (source,) = children
            return Fold(reduction, source, bound, quiet)
        case Deviation(_, _, _, bound, quiet):
            *weights, left, right = children
            return Deviation(tuple(weights), left, right, bound, quiet)
        case Choose(condition, _, _, quiet):
            then, otherwise = children
            return Choose(condition, then, otherwise, quiet)
        case _:
            raise TypeError(f"not a value made of others: {value!r}")


def inside(value: Value, parts: Callable[[Value], tuple[Value, ...]] = children_of) -> Iterable[Value]:
    """The value and all that it is made of, or those of its `parts`, each once."""
    if parts is not children_of:
        return _walked(value, parts)
    if value._below is not None:
        return (value, *value._below)
    walk = _walked(value, parts)
    found = list(islice(walk, _MOST_KEPT))
    if len(found) == _MOST_KEPT:
        return chain(found, walk)
    object.__setattr__(value, "_below", tuple(found[1:]))  # pass after pass asks for them
    return found


def _walked(value: Value, parts: Callable[[Value], tuple[Value, ...]]) -> Iterator[Value]:
    seen = {value}
    stack = [value]
    while stack:
        top = stack.pop()
        yield top
        for child in parts(top)[::-1]:
            if child not in seen:
                seen.add(child)
                stack.append(child)


def integer(poly: Poly, axes: frozenset[Index]) -> Value:
    """The polynomial at each position of those of the axes that stand in it."""
    over = axes.intersection(poly.indices())
    return Position(poly, over) if over else Scalar(poly_value(poly))


def wanted_axes(axes: Sequence[Axis], outer: frozenset[Index], value: Value) -> tuple[Axis, ...]:
    """Those of a step's axes that are wanted: the outer ones, then those that are bound inside the value."""
    bound = {
        index for part in inside(value) if isinstance(part, Contract | Fold | Deviation) for index in part.bound
    } - outer
    return (
        *(axis for axis in axes if axis.index in outer),
        *(axis for axis in axes if axis.index in bound),
    )


# --- steps ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Note:
    """`label`: the number of the equation that what follows computes, or nothing."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Clear:
    tensor: str


@dataclass(frozen=True, slots=True)
class Bind:
    """`outer`: the axes of the value, which are the dimensions of what is read under the name, each from its `low`;
    `axes`: those, then the ones bound inside the value."""

    name: str
    outer: tuple[Index, ...]
    axes: tuple[Axis, ...]
    value: Value


@dataclass(frozen=True, slots=True)
class Define:
    """`axes`: of the left side in its order, then those bound inside the value. Those of the left side that the value
    lacks are broadcast along."""

    tensor: str
    subscripts: tuple[Poly | Value, ...]
    axes: tuple[Axis, ...]
    value: Value
    op: Op
    padded: bool = False

    @property
    def left(self) -> frozenset[Index]:
        """The axes of the left side."""
        own = {axis.index for axis in self.axes}
        found: set[Index] = set()
        for subscript in self.subscripts:
            found |= set(subscript.indices()) & own if isinstance(subscript, Poly) else subscript.axes
        return frozenset(found)

    def with_value(self, value: Value) -> Define:
        """The step with another value, and the axes that it then has."""
        return replace(self, value=value, axes=wanted_axes(self.axes, self.left, value))


@dataclass(frozen=True, slots=True)
class If(Generic[S]):
    """`otherwise`: of the array language alone, which writes a choice of values so."""

    condition: Term
    body: tuple[S, ...]
    otherwise: tuple[S, ...] = ()


Step: TypeAlias = "Note | Clear | Bind | Define | Loop[Step] | If[Step]"


@dataclass(frozen=True, slots=True)
class Function:
    """`tensors`: every tensor that it knows, by name; `given`: those with values when it begins; `facts`: of the sizes;
    `taken`: names that nothing new may have."""

    name: str
    tensors: dict[str, Tensor]
    given: tuple[str, ...]
    facts: Facts
    taken: frozenset[str]
    body: tuple[Step, ...]
