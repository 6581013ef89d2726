"""Contractions as matrix products, two factors at a time, in a cheap order.

For two factors the axes fall into four groups::

    out[batch.., rows.., columns..] = Σ over inner..  left[batch.., rows.., inner..]*right[batch.., inner.., columns..]

Each group becomes one axis by a view where the strides allow it and by a copy where they do not, so that BLAS does
the work (`np.einsum` without a plan was 5 to 44 times slower). More than two factors are combined two at a time in
the order with the fewest multiplications at representative sizes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Array, Contract, Operand, Scalar
from symbackprop.numpy.definition import Definition
from symbackprop.numpy.window_strides import by_stride, innermost_run, matrix_ready, mergeable, stride, windowed
from symbackprop.terms.build import UNIT
from symbackprop.terms.poly import ONE, Atom, Index, Poly
from symbackprop.terms.term import Reduction

_REPRESENTATIVE = 32  # every size, when costs are compared


def contract(ev: Definition, factors: Sequence[Operand], bound: Sequence[Index], quiet: bool) -> Array:
    """The product of the factors, summed over the bound axes."""
    left = [ev.as_array(factor, Kind.FLOAT, quiet) for factor in factors]
    missing = [axis for axis in bound if not any(axis in array.axes for array in left)]
    if missing:  # as many times as the axis has positions
        left.append(ev.builder.map(MapOp.COPY, ev.temporary(missing), Scalar(UNIT)))
    remaining = set(bound)
    while len(left) > 1:
        first, second = _cheapest_pair(ev, left, remaining) if len(left) > 2 else (0, 1)
        a, b = left[first], left[second]
        others = [array for place, array in enumerate(left) if place not in (first, second)]
        held = {axis for array in others for axis in array.axes}
        summed = {axis for axis in (*a.axes, *b.axes) if axis in remaining and axis not in held}
        left = [*others, _pair(ev, a, b, summed, quiet)]
        remaining -= summed
    return ev.fold(Reduction.SUM, left[0], remaining, quiet)


def _cheapest_pair(ev: Definition, arrays: Sequence[Array], remaining: set[Index]) -> tuple[int, int]:
    """The pair with the smallest result, then with the fewest multiplications; of equal ones the first."""
    held = Counter(axis for array in arrays for axis in array.axes)
    pairs = combinations(_representatives(arrays), 2)
    return min(pairs, key=lambda pair: _pair_cost(ev, arrays, pair, held, remaining))


def _representatives(arrays: Sequence[Array]) -> list[int]:
    """The first two arrays of each set of axes: pairs with others cost what pairs with these do."""
    found: dict[frozenset[Index], list[int]] = {}
    for place, array in enumerate(arrays):
        found.setdefault(frozenset(array.axes), []).append(place)
    return sorted(place for places in found.values() for place in places[:2])


def _pair_cost(
    ev: Definition, arrays: Sequence[Array], pair: tuple[int, int], held: Mapping[Index, int], remaining: set[Index]
) -> tuple[int, int]:
    a, b = (set(arrays[place].axes) for place in pair)
    kept = {axis for axis in a | b if axis not in remaining or held[axis] > (axis in a) + (axis in b)}
    return _count(ev, kept) - _count(ev, a) - _count(ev, b), _count(ev, a | b)


def _count(ev: Definition, axes: Iterable[Index]) -> int:
    total = 1
    for axis in axes:
        total *= max(1, ev.extents[axis].evaluate(lambda _: _REPRESENTATIVE))
    return total


def _pair(ev: Definition, a: Array, b: Array, summed: set[Index], quiet: bool) -> Array:
    a = ev.fold(Reduction.SUM, a, {axis for axis in summed if axis not in b.axes}, quiet)
    b = ev.fold(Reduction.SUM, b, {axis for axis in summed if axis not in a.axes}, quiet)
    inner = {axis for axis in summed if axis in a.axes and axis in b.axes}
    if not inner:
        return ev.map(MapOp.MULTIPLY, a, b, quiet=quiet)
    batch = [axis for axis in a.axes if axis in b.axes and axis not in inner]
    rows = [axis for axis in a.axes if axis not in b.axes]
    columns = [axis for axis in b.axes if axis not in a.axes]
    if batch and not rows and not columns:  # rows of dot products: no matrix product at all
        run = innermost_run((a, b), [axis for axis in a.axes if axis in inner])
        out = ev.temporary(ev.ordered([*batch, *(axis for axis in inner if axis not in run)]))
        ev.builder.emit(Contract(out, a, b, out.axes, tuple(run), quiet))
        return ev.fold(Reduction.SUM, out, inner, quiet)
    if _goes_first(ev, columns, rows):
        a, b, rows, columns = b, a, columns, rows
    rows, columns, batch = list(ev.ordered(rows)), list(ev.ordered(columns)), list(ev.ordered(batch))
    added = _outermost(ev, a, b, rows, columns, inner) if not batch else None
    if added is not None:  # a product for each of its positions, all of them added up
        batch, inner = [added], inner - {added}
    # As the convolution's z[n, f, h, w]: an axis of the right factor that stands before those of the left one in
    # the result is a batch axis rather than a reason for a transposed copy.
    rank = {axis: place for place, axis in enumerate(ev.axes)}
    lead = [axis for axis in rows if columns and rank[axis] < rank[columns[0]]] if added is None else []
    if 0 < len(lead) < len(rows) and all(rank[axis] > rank[columns[-1]] for axis in rows[len(lead) :]):
        batch, rows = [*batch, *lead], rows[len(lead) :]
        a, b, rows, columns = b, a, columns, rows
    rows, columns = _as_they_lie(ev, a, rows, columns), _as_they_lie(ev, b, columns, rows)
    order = _inner_order(ev, a, b, rows, columns, inner)
    a = ready(ev, a, batch, rows, order, quiet)
    b = ready(ev, b, batch, columns, order, quiet)
    settled = (not batch or added is not None) and _wide_second(ev, a, b, order, rows, columns)
    if settled:
        a, b, rows, columns = b, a, columns, rows
    out = ev.temporary((*batch, *rows, *columns))
    ev.builder.emit(Contract(out, a, b, tuple(batch), tuple(order), quiet, settled))
    return out if added is None else ev.fold(Reduction.SUM, out, [added], quiet)


def _as_they_lie(ev: Definition, array: Array, own: list[Index], others: Sequence[Index]) -> list[Index]:
    """The axes of a factor that the result has, in the order of the result; or as they lie where they then are one axis
    of what is larger than the result, which is written in another order sooner."""
    lying = by_stride(array, own)
    copied = not mergeable(array, own) and mergeable(array, lying)
    return lying if copied and _count(ev, [*own, *others]) < _count(ev, array.axes) else own


def _outermost(
    ev: Definition, a: Array, b: Array, rows: list[Index], columns: list[Index], inner: set[Index]
) -> Index | None:
    """An axis that is summed over and lies outside of all others in both factors, where without it neither has to be
    copied and with it one has to be, to more than all products are."""
    if len(inner) < 2:
        return None
    rows, columns = _as_they_lie(ev, a, rows, columns), _as_they_lie(ev, b, columns, rows)
    first, *rest = order = _inner_order(ev, a, b, rows, columns, inner)
    sides = ((a, rows), (b, columns))
    if not all(stride(array, first) != ONE and matrix_ready(array, outer, rest) for array, outer in sides):
        return None
    copied = [_count(ev, [*outer, *order]) for array, outer in sides if not matrix_ready(array, outer, order)]
    return first if sum(copied) > _count(ev, [first, *rows, *columns]) else None


def _wide_second(
    ev: Definition, a: Array, b: Array, inner: Sequence[Index], rows: Sequence[Index], columns: Sequence[Index]
) -> bool:
    """Whether both factors run along what is summed over, and the second has more rows: as a kernel's gradient, whose
    δ has a row for each channel and whose columns have one for each channel and offset. OpenBLAS then takes up to twice
    as long (1.9 ms for 32 rows and 400, 1.1 ms for 400 and 32, 4096 summed over)."""
    along = all(stride(array, inner[-1]) == ONE for array in (a, b))
    return bool(rows) and along and _count(ev, columns) > _count(ev, rows)


def _goes_first(ev: Definition, left: Sequence[Index], right: Sequence[Index]) -> bool:
    """Whether the left axes stand before the right ones in the order of the equation's axes."""
    rank = {axis: place for place, axis in enumerate(ev.axes)}
    if not left or not right:
        return False
    return min(rank[axis] for axis in left) < min(rank[axis] for axis in right)


def _inner_order(
    ev: Definition, a: Array, b: Array, rows: Sequence[Index], columns: Sequence[Index], inner: set[Index]
) -> list[Index]:
    """An order of the summed axes in which the factors, best both, need no copy, else the smaller one needs one."""
    candidates = [by_stride(array, [axis for axis in array.axes if axis in inner]) for array in (a, b)]

    def copied(order: Sequence[Index]) -> int:
        sides = ((a, rows), (b, columns))
        return sum(_count(ev, [*outer, *order]) for array, outer in sides if not mergeable(array, order))

    return min(candidates, key=copied)


def ready(
    ev: Definition, array: Array, batch: Sequence[Index], outer: Sequence[Index], inner: Sequence[Index], quiet: bool
) -> Array:
    """The array as a stack of matrices that BLAS reads, copied if it must be."""
    if matrix_ready(array, outer, inner):
        return array
    mine = [axis for axis in batch if axis in array.axes]
    first, last = (inner, outer) if _runs_along(array, outer, inner) else (outer, inner)
    order = (*mine, *first, *last)
    numbers: dict[Atom, Poly] = {axis: Poly.of(Index(f"#{place}")) for place, axis in enumerate(order)}
    window = tuple(subscript.substitute(numbers) for subscript in array.subscripts)
    extents = tuple(array.extent(axis) for axis in order)
    copy = ev.builder.once(
        array.buffer,
        (window, extents),
        lambda: ev.builder.map(MapOp.COPY, ev.temporary(order), array, quiet=quiet),
    )
    return Array(copy.buffer, tuple(map(Poly.of, order)), order, extents)


def _runs_along(array: Array, outer: Sequence[Index], inner: Sequence[Index]) -> bool:
    """Whether what is copied runs along the outer axes in memory; where both do, along those of the result, as those of
    an image and not of the short window that moves on it."""
    if not outer or not inner:
        return bool(outer)
    lowest = [axis for axis in (*outer, *inner) if stride(array, axis) == ONE]
    if windowed(array) and not (lowest and all(axis in inner for axis in lowest)):
        return True
    return by_stride(array, [*outer, *inner])[-1] in outer
