"""Windows of buffers as NumPy expressions: slices, transposes and `None`s where they will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from symbackprop.numpy.array import Array, Buffer, Operand
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.window_strides import mergeable, sign, windowed
from symbackprop.python_text.bracketed import indexed, one_or_several, tuple_text
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.scalars import factor_text, poly_text
from symbackprop.terms.poly import ONE, ZERO, Atom, Index, Poly

Layout = Sequence[Index | None]  # dimensions in order; None for one of length 1


@dataclass(frozen=True, slots=True)
class Target:
    """What a statement writes into. `named`: the text is a variable; `assignable`: an assignment can change it, one of
    all its elements where it is no variable."""

    text: str
    named: bool
    assignable: bool


class Windows:
    """Writes windows with the names of one function. `helpers` collects those that they need, `bound` the views of the
    function's own storage; `always`: whether what is written now runs at all sizes, so that its views can be made."""

    def __init__(self, names: Scope, helpers: set[Helper], bound: Bound) -> None:
        self.names, self.helpers, self.bound = names, helpers, bound
        self.always = True
        self._written: dict[
            tuple[object, ...], tuple[str, set[str]]
        ] = {}  # what is behind the name, by a window's form

    def poly(self, poly: Poly) -> str:
        return poly_text(poly, self.names)

    def natural(self, array: Array) -> tuple[Index, ...]:
        """The axes in the order in which slicing the buffer gives them."""
        return _in_order(array.subscripts, array.axes) if sliceable(array) else array.axes

    def text(self, array: Array, layout: Layout, out: bool = False) -> str:
        """An expression with one dimension for each entry of the layout; those the array lacks have length 1.

        `out`: it must be an array that can be written to, even of rank 0.
        """
        return self._view(array, lambda: self._text(array, layout, out))

    def _view(self, array: Array, write: Callable[[], str]) -> str:
        """The name of the view, where it is the same in all turns of the loops around."""
        moves = not array.axes or _moves(array.subscripts, array.axes, array.extents)
        return write() if moves else self.held(array.buffer, write)

    def held(self, buffer: Buffer, write: Callable[[], str]) -> str:
        """The name of a view that is the same at every call, where it is one of the function's own storage."""
        if not (self.always and self.bound.holds(buffer)):
            return write()
        return self.bound.view(buffer, *self.names.noted(write))

    def _text(self, array: Array, layout: Layout, out: bool) -> str:
        name = self.names.of(array.buffer.name)
        if not array.axes and not layout:
            if not array.subscripts:
                return name
            return f"{name}[{', '.join(map(self.poly, array.subscripts))}{', ...' if out else ''}]"
        own = [axis for axis in layout if axis is not None and axis in array.axes]
        assert set(own) == set(array.axes), (array, layout)
        if not sliceable(array):
            return self._expanded(self._strided(array, own), layout, own)
        form = (array.subscripts, array.axes, array.extents, array.buffer.shape, tuple(layout))
        if form not in self._written:
            self._written[form] = self.names.noted(lambda: self._sliced(array, layout, own))
        brackets, used = self._written[form]
        self.names.used |= used
        return name + brackets

    def _sliced(self, array: Array, layout: Layout, own: list[Index]) -> str:
        """What stands behind the name of the buffer."""
        items, reverse = self._slices(array)
        natural = list(self.natural(array))
        gaps = [axis if axis in own else None for axis in layout]
        if natural == own:  # Nones go into the same brackets
            at = 0
            merged: list[str] = []
            for item, is_axis in items:
                if is_axis:
                    while at < len(gaps) and gaps[at] is None:
                        merged.append("None")
                        at += 1
                    at += 1
                merged.append(item)
            merged += ["None"] * (len(gaps) - at)
            text = indexed("", merged)
            return text + _reversal(len(gaps), [gaps.index(axis) for axis in reverse]) if reverse else text
        text = indexed("", [item for item, _ in items])
        if reverse:
            text += _reversal(len(natural), [natural.index(axis) for axis in reverse])
        order = [natural.index(axis) for axis in own]
        text += ".T" if order == [1, 0] else f".transpose({', '.join(map(str, order))})"
        return self._expanded(text, layout, own)

    def _expanded(self, text: str, layout: Layout, own: Sequence[Index]) -> str:
        return indexed(text, [":" if axis in own else "None" for axis in layout])

    def _slices(self, array: Array) -> tuple[list[tuple[str, bool]], list[Index]]:
        items: list[tuple[str, bool]] = []
        reverse: list[Index] = []
        for subscript, size in zip(array.subscripts, array.buffer.shape, strict=True):
            axes = [index for index in subscript.indices() if index in array.axes]
            if not axes:
                items.append((self.poly(subscript), False))
                continue
            (axis,) = axes
            step = subscript.coefficient(axis)
            base = subscript - step * Poly.of(axis)
            extent = array.extent(axis)
            if sign(step) < 0:
                reverse.append(axis)
                base, step = base + step * (extent - 1), -step
            items.append((self._slice(base, step, extent, size), True))
        return items, reverse

    def _slice(self, base: Poly, step: Poly, extent: Poly, size: Poly) -> str:
        stop = base + step * extent
        start_text = "" if base == ZERO else self.poly(base)
        stop_text = "" if stop == size or (extent == size and step == ONE) else self.poly(stop)
        held = self.names.whole(extent)
        if stop_text and held is not None and step == ONE and self.names.whole(stop) is None and base.terms:
            stop_text = f"{start_text} + {held}"
        step_text = "" if step == ONE else f":{self.poly(step)}"
        return f"{start_text}:{stop_text}{step_text}"

    def _strided(self, array: Array, own: Sequence[Index]) -> str:
        self.helpers.add(Helper.WINDOW)
        zero: dict[Atom, Poly] = dict.fromkeys(array.axes, ZERO)
        start = [s.substitute(zero) for s in array.subscripts]
        shape = [self.poly(array.extent(axis)) for axis in own]
        along: list[str] = []
        steps: list[str] = []
        for axis in own:
            moves = {place: s.coefficient(axis) for place, s in enumerate(array.subscripts)}
            moves = {place: step for place, step in moves.items() if step.terms}
            places = [str(place) for place in moves]
            along.append(one_or_several(places))
            steps.append(one_or_several([self.poly(step) for step in moves.values()]))
        args = [self.names.of(array.buffer.name), tuple_text(shape), tuple_text(along)]
        if any(step != "1" for step in steps):
            args.append(f"steps={tuple_text(steps)}")
        if any(place.terms for place in start):
            args.append(f"start={tuple_text([self.poly(place) for place in start])}")
        return f"{self.names.module(Helper.WINDOW.value)}({', '.join(args)})"

    def target(self, array: Array, order: Sequence[Index] | None = None) -> Target:
        """The window as it is written into, in its natural order or in another."""
        natural = self.natural(array)
        text = self.text(array, natural if order is None else order, out=True)
        named = text.isidentifier()
        return Target(text, named, named or (sliceable(array) and order in (None, natural)))

    def shape(self, extents: Sequence[Poly]) -> str:
        """The extents as a Python tuple."""
        return tuple_text([self.poly(extent) for extent in extents])

    def length(self, array: Array, group: Sequence[Index]) -> str:
        """The number of positions along several axes."""
        if len(group) == 1:
            return self.poly(array.extent(group[0]))
        return " * ".join(factor_text(array.extent(axis), self.names) for axis in group)

    def grouped(self, array: Array, groups: Sequence[Sequence[Index]]) -> str:
        """An expression with a dimension for each group of axes; an empty group has length 1."""
        if not sliceable(array) and all(mergeable(array, group) for group in groups):
            whole, own = _as_one(array, groups), [group[-1] for group in groups if group]
            layout = [group[-1] if group else None for group in groups]
            if all(_runs_on(array, group) for group in groups):
                return self.text(whole, layout, out=True)
            return self._view(array, lambda: self._expanded(self._strided(whole, own), layout, own))
        if any(len(group) > 1 for group in groups):
            flat = [axis for group in groups for axis in group]

            def write() -> str:
                sizes = [self.length(array, group) if group else "1" for group in groups]
                return f"{self._text(array, flat, out=True)}.reshape({', '.join(sizes)})"

            return self._view(array, write)
        return self.text(array, [group[0] if group else None for group in groups], out=True)

    # --- blocks of columns -------------------------------------------------------------------------
    def stored_blocks(self, matrix: Array) -> str:
        """A matrix that is stored by blocks of columns, one behind the other."""
        whole = self.grouped(matrix, as_matrix(matrix))
        return self.held(matrix.buffer, lambda: f"{whole}.reshape({self._blocks(whole, matrix.buffer)}.shape)")

    def in_blocks(self, array: Array, rows: Sequence[Index], columns: Sequence[Index], stored: Buffer) -> str:
        """The array by blocks of columns like those that are stored."""
        whole = self.grouped(array, (rows, columns))
        return self.held(array.buffer, lambda: self._blocks(whole, stored))

    def _blocks(self, matrix: str, stored: Buffer) -> str:
        assert stored.blocks is not None
        self.helpers.add(Helper.BLOCKS)
        return f"{self.names.module(Helper.BLOCKS.value)}({matrix}, {self.poly(stored.blocks.work)})"


def as_matrix(stored: Array) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """The rows and columns of a matrix that is stored by blocks."""
    assert stored.buffer.blocks is not None
    rows = stored.buffer.blocks.rows
    return stored.axes[:rows], stored.axes[rows:]


def same_window(one: Operand, other: Array) -> bool:
    """Whether both are the same elements of the same storage, axis for axis."""
    return (
        isinstance(one, Array)
        and one.buffer == other.buffer
        and one.subscripts == other.subscripts
        and set(one.axes) == set(other.axes)
    )


@lru_cache(maxsize=65536)
def _in_order(subscripts: tuple[Poly, ...], own: tuple[Index, ...]) -> tuple[Index, ...]:
    """The axes, dimension by dimension."""
    return tuple(index for subscript in subscripts for index in subscript.indices() if index in own)


@lru_cache(maxsize=65536)
def _moves(subscripts: tuple[Poly, ...], axes: tuple[Index, ...], extents: tuple[Poly, ...]) -> bool:
    """Whether other indices stand in it, the variables of loops."""
    return any(index not in axes for poly in (*subscripts, *extents) for index in poly.indices())


def covers(array: Array) -> bool:
    """Whether it is the whole buffer, dimension for dimension."""
    extents = dict(zip(array.axes, array.extents, strict=True))
    own = [extents.pop(subscript.index, None) if subscript.index else None for subscript in array.subscripts]
    return tuple(own) == array.buffer.shape and not extents


def sliceable(array: Array) -> bool:
    """Whether each axis runs along one dimension of its own, at a step whose sign is known."""
    return not windowed(array) and _has_bounds(array.subscripts, array.axes, array.extents)


@lru_cache(maxsize=65536)
def _has_bounds(subscripts: tuple[Poly, ...], axes: tuple[Index, ...], extents: tuple[Poly, ...]) -> bool:
    steps = {index: s.coefficient(index) for s in subscripts for index in s.indices() if index in axes}
    for axis, step in steps.items():
        if not sign(step) or (sign(step) < 0 and sign(extents[axes.index(axis)]) <= 0):
            return False  # a reversed slice of no elements has no simple bounds
    return len(steps) == len(axes)


def _as_one(array: Array, groups: Sequence[Sequence[Index]]) -> Array:
    """The window with each group as one axis, the last of it, whose step all of them go in memory."""
    lengths = dict(zip(array.axes, array.extents, strict=True))
    gone: dict[Atom, Poly] = {}
    for group in groups:
        for axis in group[:-1]:
            lengths[group[-1]] = lengths[group[-1]] * lengths.pop(axis)
            gone[axis] = ZERO
    subscripts = tuple(subscript.substitute(gone) for subscript in array.subscripts)
    return Array(array.buffer, subscripts, tuple(lengths), tuple(lengths.values()))


def _runs_on(array: Array, group: Sequence[Index]) -> bool:
    """Whether the axes run along the same dimensions one behind the other, as those of x[n, 1 + h*W + w] do."""
    return all(
        s.coefficient(outer) == s.coefficient(inner) * array.extent(inner)
        for outer, inner in pairwise(group) for s in array.subscripts
    )  # fmt: skip


def _reversal(rank: int, places: Sequence[int]) -> str:
    return indexed("", ["::-1" if place in places else ":" for place in range(rank)])
