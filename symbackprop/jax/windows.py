"""Windows that move along a dimension, by the structure of what is read or written.

    Σ_{c,r} K[f, c, r]·x[n, c, s·h + d·r + o]              a convolution of x by K, of stride s and dilation d
    max_r x[n, c, s·h + d·r + o]                           pooling
    y[n, c, s·h + d·r + o] += Σ_f K[f, c, r]·z[n, f, h]    the transpose: z spread by s, weighed with K

h is the *place* of a window, r the *offset* in it. What is read becomes a value along s·h + d·r itself, an axis of its
own, so that whatever is computed of elements (a rectifier, a mask of positions) is computed once for each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symbackprop.lower.substitution import at_places
from symbackprop.lower.value_subscripts import indices_of
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import (
    Contract,
    Define,
    Deviation,
    Fold,
    Kind,
    Position,
    Read,
    Value,
    inside,
    integer,
    with_children,
)
from symbackprop.terms.poly import ONE, ZERO, Atom, Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a value stands: the axes of its statement, what is known there, variables whose value nobody knows when
    the code is read."""

    axes: Mapping[Index, Axis]
    facts: Facts
    traced: frozenset[Index] = frozenset()

    def of(self, value: Value) -> frozenset[Index]:
        """The value's axes, but for those that a loop outside runs along."""
        return value.axes.intersection(self.axes)

    def counts(self, *polys: Poly) -> bool:
        """Whether they are at least 1, and known when the code is read."""
        return all(self.facts.proves(poly - 1) and self.traced.isdisjoint(poly.indices()) for poly in polys)


@dataclass(frozen=True, slots=True)
class Window:
    """`along`: the axis of stride·h + dilation·r, both counted from 0. `turned`: whether the places are numbered from
    the last one."""

    place: Axis
    offset: Axis
    stride: Poly
    dilation: Poly
    turned: bool = False
    along: Axis = field(init=False)

    def __post_init__(self) -> None:
        steps = f"{self.place.index}+{self.offset.index} by {self.stride}, {self.dilation}"
        last = self.stride * (self.place.extent - 1) + self.dilation * (self.offset.extent - 1)
        object.__setattr__(self, "along", Axis(Index(steps, 0, True), ZERO, last))

    @property
    def start(self) -> Poly:
        """What the subscript is more than the position along the axis."""
        return self.stride * self.place.low + self.dilation * self.offset.low


@dataclass(frozen=True, slots=True)
class Convolution:
    """Σ of moving·kernel over their common axes, `moving` being a value along the windows' axes."""

    moving: Value
    kernel: Value
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Pooling:
    """A value along the windows' axes, reduced over the `bound` axes and over the windows."""

    moving: Value
    windows: tuple[Window, ...]
    bound: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """Of what windows add to, along one dimension: the axis of it, and the element at which the first window begins."""

    axis: Axis
    start: Poly


@dataclass(frozen=True, slots=True)
class Spread:
    """moving·kernel, added up at `subscripts`, in which the elements' axes stand: the transpose of a convolution. The
    kernel's offsets are numbered from the last one."""

    moving: Value
    kernel: Value
    windows: tuple[Window, ...]
    elements: tuple[Element, ...]  # a window's each
    subscripts: tuple[Poly | Value, ...]


# --- what is read --------------------------------------------------------------------------------------
def convolution(factors: Sequence[Value], bound: Sequence[Index], where: Surroundings) -> Convolution | None:
    """Of two factors, if windows move along one of them, and the axes that both have are summed over.

    A kept one, of channels that have a kernel each, would be `feature_group_count`, which XLA computes on a processor
    10 to 200 times as slowly as the sum over windows.
    """
    if not _are_two(factors):
        return None
    for moving, kernel in (factors, factors[::-1]):
        common = where.of(moving) & where.of(kernel)
        if common != frozenset(bound):
            return None
        windows, turn = _windows(_polys(moving), where.of(moving) - common, common, where)
        if windows and not _binds((moving, kernel), turn):
            along = _along(at_places(moving, turn), windows)
            if along is not None:
                return Convolution(along, at_places(kernel, turn), windows)
    return None


def pooling(source: Value, bound: Sequence[Index], where: Surroundings) -> Pooling | None:
    """Of what is reduced, if windows move along it."""
    inner = frozenset(bound)
    if source.kind is not Kind.FLOAT or not inner <= source.axes:
        return None
    windows, turn = _windows(_polys(source), where.of(source) - inner, inner, where)
    if not windows or _binds((source,), turn):
        return None
    moving = _along(at_places(source, turn), windows)
    offsets = {window.offset.index for window in windows}
    return None if moving is None else Pooling(moving, windows, tuple(i for i in bound if i not in offsets))


# --- what is written -----------------------------------------------------------------------------------
def spread(
    step: Define, factors: Sequence[Value], bound: Sequence[Index], shape: Sequence[Poly], where: Surroundings
) -> list[Spread]:
    """Of two factors, if what they add up lies in windows, whose places are the one's and whose offsets the other's:
    the ways to see it so, the likely one first.

    Places beside the first and the last window count as zeros there: the kernel is taken to be finite, as where a
    convolution has zeros around.
    """
    if step.op is not Op.ACCUMULATE or not _are_two(factors):
        return []
    if factors[0].axes & factors[1].axes != frozenset(bound) or not factors[0].axes | factors[1].axes >= step.left:
        return []
    ways = [_spread(step, moving, kernel, shape, where) for moving, kernel in (factors, factors[::-1])]
    return sorted((way for way in ways if way is not None), key=_kernel_size)


def _spread(step: Define, moving: Value, kernel: Value, shape: Sequence[Poly], where: Surroundings) -> Spread | None:
    polys = [subscript for subscript in step.subscripts if isinstance(subscript, Poly)]
    windows, turn = _windows(polys, moving.axes & step.left, kernel.axes & step.left, where)
    if not windows or _binds((moving, kernel), turn):
        return None
    subscripts, elements = list(step.subscripts), list[Element]()
    for window in windows:
        at = [d for d, s in enumerate(step.subscripts) if indices_of(s) & {window.place.index, window.offset.index}]
        subscript = subscripts[at[0]]
        if len(at) > 1 or not isinstance(subscript, Poly):
            return None
        index = Index(f"{window.along.index.name} all along", 0, True)
        start = subscript.substitute(turn).substitute(
            {window.place.index: window.place.low, window.offset.index: window.offset.low}
        )
        if any(index in where.axes for index in start.indices()):
            return None
        elements.append(Element(Axis(index, ZERO, shape[at[0]] - 1), start))
        subscripts[at[0]] = Poly.of(index)
    offsets = {window.offset.index: _other_way(window.offset) for window in windows}
    places: dict[Atom, Poly] = {index: poly for index, poly in turn.items() if index not in offsets}
    back: dict[Atom, Poly] = {index: poly for index, poly in offsets.items() if index not in turn}
    return Spread(at_places(moving, places), at_places(kernel, back), windows, tuple(elements), tuple(subscripts))


def _kernel_size(found: Spread) -> list[tuple[bool, int, int]]:
    """By which the smaller kernel comes first, so far as it is known: a number of positions, or a size of its own."""
    extents = [window.offset.extent for window in found.windows]
    return sorted((extent.constant is None, len(extent.terms), extent.constant or 0) for extent in extents)[::-1]


# --- windows -------------------------------------------------------------------------------------------
def _windows(
    polys: Iterable[Poly], places: Collection[Index], offsets: Collection[Index], where: Surroundings
) -> tuple[tuple[Window, ...], dict[Atom, Poly]]:
    """(the windows that the polynomials have, none where they have others as well; axes that they go down along, with
    what numbers these from the other end). Not where all are blocks, which lie one behind the other."""
    found: dict[Index, Window] = {}
    turn: dict[Atom, Poly] = {}
    for poly in polys:
        place, offset = ([index for index in poly.indices() if index in axes] for axes in (places, offsets))
        if not place or not offset or place[0] in found:
            continue
        steps = [poly.coefficient(index) for index in (place[0], offset[0])]
        axes = [where.axes[index] for index in (place[0], offset[0])]
        down = [where.facts.proves(-step) for step in steps]
        steps = [-step if goes_down else step for step, goes_down in zip(steps, down, strict=True)]
        if len(place) > 1 or len(offset) > 1 or not where.counts(*steps, *(axis.extent for axis in axes)):
            return (), {}
        found[place[0]] = Window(axes[0], axes[1], steps[0], steps[1], turned=down[0])
        turn |= {axis.index: _other_way(axis) for axis, goes_down in zip(axes, down, strict=True) if goes_down}
    windows = tuple(found.values())
    if len({window.offset.index for window in windows}) < len(windows) or all(map(_is_block, windows)):
        return (), {}
    return windows, turn


def _is_block(window: Window) -> bool:
    return (window.dilation == ONE and window.stride == window.offset.extent) or (
        window.stride == ONE and window.dilation == window.place.extent
    )


def _other_way(axis: Axis) -> Poly:
    return axis.low + axis.high - Poly.of(axis.index)


def _along(top: Value, windows: Sequence[Window]) -> Value | None:
    """The value along the windows' axes, in which places and offsets are to stand together alone."""
    along = {axis.index: window.along.index for window in windows for axis in (window.place, window.offset)}

    def moved(poly: Poly) -> Poly:
        for window in windows:
            if {window.place.index, window.offset.index} & set(poly.indices()):
                steps = window.stride * Poly.of(window.place.index) + window.dilation * Poly.of(window.offset.index)
                poly = poly - steps + Poly.of(window.along.index) + window.start
        return poly

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        match value:
            case Position(poly, over):
                return integer(moved(poly), frozenset(along.get(index, index) for index in over))
            case Read(tensor, subscripts, over, kind, padded):
                rest = iter(children)
                new = tuple(moved(s) if isinstance(s, Poly) else next(rest) for s in subscripts)
                return Read(tensor, new, frozenset(along.get(index, index) for index in over), kind, padded)
            case _:
                return with_children(value, children)

    if any(not set(along).isdisjoint(moved(poly).indices()) for poly in _polys(top)) or _binds((top,), along):
        return None
    return rebuilt(top, changed)


def _polys(top: Value) -> list[Poly]:
    """The polynomials in which axes stand."""
    out: list[Poly] = []
    for part in inside(top):
        if isinstance(part, Position):
            out.append(part.poly)
        elif isinstance(part, Read):
            out += [subscript for subscript in part.subscripts if isinstance(subscript, Poly)]
    return out


def _binds(values: Iterable[Value], indices: Collection[Atom]) -> bool:
    """Whether a sum inside runs over one of the indices."""
    sums = (part for value in values for part in inside(value) if isinstance(part, Contract | Fold | Deviation))
    return any(index in part.bound for part in sums for index in indices)


def _are_two(factors: Sequence[Value]) -> bool:
    return len(factors) == 2 and all(factor.kind is Kind.FLOAT for factor in factors)


__all__ = ["Convolution", "Pooling", "Spread", "Surroundings", "Window", "convolution", "pooling", "spread"]
