"""Sums over products: pairwise contractions in a cheap order, each one a matrix product.

For two factors the axes fall into four groups::

    out[batch.., rows.., columns..] = Σ over inner..  left[batch.., rows.., inner..]*right[batch.., inner.., columns..]

Each group becomes one axis by a view where the strides allow it and by a copy where they do not, so that BLAS does
the work (`np.einsum` without a plan was 5 to 44 times slower). More than two factors are combined two at a time in
the order with the fewest multiplications at representative sizes.

A guard on the product is put on one factor, as zeros; on every factor that may be infinite, since 0*oo is no 0; and on
those that may overflow, where it adds no axes to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from symbackprop.lower.array import Array, Contract, Kind, MapOp, Operand, Scalar
from symbackprop.lower.evaluator import Evaluator, conjuncts
from symbackprop.lower.layout import by_stride, innermost_run, matrix_ready, mergeable, windowed
from symbackprop.terms.build import NIL, UNIT, add, integer_condition, logic_and, mul, reduce
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Access, Add, Axis, Mul, Power, Reduce, Reduction, Relation, Term, Where
from symbackprop.terms.wild import is_singular, is_wild

_REPRESENTATIVE = 32  # every size, when costs are compared


@dataclass(frozen=True, slots=True)
class _Product:
    """Σ over `axes` of scale*factors, where all of `guards` hold."""

    axes: tuple[Axis, ...]
    scale: Term
    factors: tuple[Term, ...]
    guards: tuple[Term, ...]


def lower_sum(ev: Evaluator, term: Reduce) -> Operand:
    """A sum of anything."""
    assert term.reduction is Reduction.SUM
    axes, body = ev.open(term)
    return sum_over(ev, axes, body)


def sum_over(ev: Evaluator, axes: Sequence[Axis], body: Term) -> Operand:
    """Σ over bound axes of the body."""
    if isinstance(body, Add) and any(_contracts(ev, axes, arg) for arg in body.args):
        return ev.operand(add(*(reduce(Reduction.SUM, axes, arg) for arg in body.args)))
    return _lower(ev, _as_product(ev, tuple(axes), body))


def _contracts(ev: Evaluator, axes: Sequence[Axis], term: Term) -> bool:
    """Whether a summand is better summed by itself: a product whose factors do not all have all of its axes."""
    product = _as_product(ev, tuple(axes), term)
    widths = [len(ev.axes_of(factor)) for factor in product.factors]
    return len(widths) > 1 and min(widths) < len(ev.axes_of(term))


def _as_product(ev: Evaluator, axes: tuple[Axis, ...], body: Term) -> _Product:
    guards: tuple[Term, ...] = ()
    if isinstance(body, Where) and body.otherwise is NIL and not ev.is_scalar(body.condition):
        guards, body = conjuncts(body.condition), body.then
    factors: list[Term] = []
    scale: Term = UNIT
    for factor in body.args if isinstance(body, Mul) else (body,):
        if ev.is_scalar(factor):
            scale = mul(scale, factor)
        elif isinstance(factor, Power) and factor.exponent == 2:
            factors += [factor.base, factor.base]
        else:
            factors.append(factor)
    return _Product(axes, scale, tuple(factors), guards)


def _lower(ev: Evaluator, product: _Product) -> Operand:
    bound = tuple(axis.index for axis in product.axes)
    with ev.guarded(logic_and(*product.guards)):
        arrays = [_array(ev, ev.operand(factor)) for factor in product.factors]
    arrays = _guard(ev, product, arrays)
    missing = [axis for axis in bound if not any(axis in array.axes for array in arrays)]
    if missing:  # the body does not depend on the index: as many times as it has positions
        ones = ev.temporary(missing)
        arrays.append(ev.builder.map(MapOp.COPY, ones, Scalar(UNIT)))
    result = contract(ev, arrays, bound)
    from symbackprop.lower.expression import scaled

    return scaled(ev, result, product.scale)


def _array(ev: Evaluator, operand: Operand) -> Array:
    """In storage, as floats."""
    if isinstance(operand, Array) and operand.kind is Kind.FLOAT:
        return operand
    return ev.map(MapOp.COPY, operand)


def _guard(ev: Evaluator, product: _Product, arrays: list[Array]) -> list[Array]:
    """The factors with the guards on them as zeros."""
    guards = [guard for guard in product.guards if not _implied(ev, guard, product)]
    if not guards:
        return arrays
    out = list(arrays)
    if not arrays:
        return [_array(ev, ev.mask(logic_and(*guards)))]
    open_ = list(guards)
    for place, factor in enumerate(product.factors):
        if is_singular(factor, ev.builder.known):
            own = guards
        elif is_wild(factor, ev.builder.known):
            own = [guard for guard in guards if set(ev.axes_of(guard)) <= set(arrays[place].axes)]
        else:
            continue
        out[place] = _masked(ev, out[place], own) if own else out[place]
        open_ = [guard for guard in open_ if guard not in own]
    for guard in open_:
        wanted = set(ev.axes_of(guard))
        place = min(
            range(len(out)), key=lambda p: (len(wanted | set(out[p].axes)) - len(out[p].axes), len(out[p].axes), p)
        )
        out[place] = _masked(ev, out[place], [guard])
    return out


def _masked(ev: Evaluator, array: Array, guards: Sequence[Term]) -> Array:
    return ev.map(MapOp.SELECT, ev.mask(logic_and(*guards)), array, Scalar(NIL))


def _implied(ev: Evaluator, guard: Term, product: _Product) -> bool:
    """Whether the guard only keeps reads inside their tensors, whose frames of zeros already say so: one factor is
    0 where the guard fails, and so is each that may be infinite."""
    condition = integer_condition(guard)
    if condition is None or condition[0] is not Relation.GE:
        return False
    framed = [_is_framed(ev, factor, condition[1]) for factor in product.factors]
    singular = (is_singular(factor, ev.builder.known) for factor in product.factors)
    return any(framed) and all(zero for zero, infinite in zip(framed, singular, strict=True) if infinite)


def _is_framed(ev: Evaluator, factor: Term, margin: Poly) -> bool:
    """Whether the factor is a read that leaves its tensor, and so is 0, where the margin is negative."""
    if not (isinstance(factor, Access) and all(isinstance(subscript, Poly) for subscript in factor.subscripts)):
        return False
    tensor = ev.builder.table[factor.tensor]
    return any(
        isinstance(subscript, Poly) and margin in (subscript - low, high - subscript)
        for subscript, low, high in zip(factor.subscripts, tensor.origin, tensor.highest, strict=True)
    )


# --- contractions --------------------------------------------------------------------------------------
def contract(ev: Evaluator, arrays: Sequence[Array], bound: Iterable[Index]) -> Array:
    """The product of the arrays, summed over the bound axes."""
    left = list(arrays)
    remaining = set(bound)
    while len(left) > 1:
        first, second = _cheapest_pair(ev, left, remaining) if len(left) > 2 else (0, 1)
        a, b = left[first], left[second]
        others = [array for place, array in enumerate(left) if place not in (first, second)]
        held = {axis for array in others for axis in array.axes}
        summed = {axis for axis in (*a.axes, *b.axes) if axis in remaining and axis not in held}
        left = [*others, _pair(ev, a, b, summed)]
        remaining -= summed
    return _summed(ev, left[0], remaining)


def _cheapest_pair(ev: Evaluator, arrays: Sequence[Array], remaining: set[Index]) -> tuple[int, int]:
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
    ev: Evaluator, arrays: Sequence[Array], pair: tuple[int, int], held: Mapping[Index, int], remaining: set[Index]
) -> tuple[int, int]:
    a, b = (set(arrays[place].axes) for place in pair)
    kept = {axis for axis in a | b if axis not in remaining or held[axis] > (axis in a) + (axis in b)}
    return _count(ev, kept) - _count(ev, a) - _count(ev, b), _count(ev, a | b)


def _count(ev: Evaluator, axes: Iterable[Index]) -> int:
    total = 1
    for axis in axes:
        total *= max(1, ev.extents[axis].evaluate(lambda _: _REPRESENTATIVE))
    return total


def _summed(ev: Evaluator, array: Array, axes: Iterable[Index]) -> Array:
    """Summed over those of the axes that it has."""
    from symbackprop.lower.expression import fold

    mine = [axis for axis in array.axes if axis in set(axes)]
    return fold(ev, Reduction.SUM, array, mine) if mine else array


def _pair(ev: Evaluator, a: Array, b: Array, summed: set[Index]) -> Array:
    a = _summed(ev, a, {axis for axis in summed if axis not in b.axes})
    b = _summed(ev, b, {axis for axis in summed if axis not in a.axes})
    inner = {axis for axis in summed if axis in a.axes and axis in b.axes}
    if not inner:
        return ev.map(MapOp.MULTIPLY, a, b)
    batch = [axis for axis in a.axes if axis in b.axes and axis not in inner]
    rows = [axis for axis in a.axes if axis not in b.axes]
    columns = [axis for axis in b.axes if axis not in a.axes]
    if batch and not rows and not columns:  # rows of dot products: no matrix product at all
        run = innermost_run((a, b), [axis for axis in a.axes if axis in inner])
        out = ev.temporary(ev.ordered([*batch, *(axis for axis in inner if axis not in run)]))
        ev.builder.emit(Contract(out, a, b, out.axes, tuple(run), ev.quiet))
        return _summed(ev, out, inner)
    if _goes_first(ev, columns, rows):
        a, b, rows, columns = b, a, columns, rows
    rows, columns, batch = list(ev.ordered(rows)), list(ev.ordered(columns)), list(ev.ordered(batch))
    # As the convolution's z[n, f, h, w]: an axis of the right factor that stands before those of the left one in
    # the result is a batch axis rather than a reason for a transposed copy.
    rank = {axis: place for place, axis in enumerate(ev.axes)}
    lead = [axis for axis in rows if columns and rank[axis] < rank[columns[0]]]
    if 0 < len(lead) < len(rows) and all(rank[axis] > rank[columns[-1]] for axis in rows[len(lead) :]):
        batch, rows = [*batch, *lead], rows[len(lead) :]
        a, b, rows, columns = b, a, columns, rows
    order = _inner_order(a, b, inner)
    a = _ready(ev, a, batch, rows, order)
    b = _ready(ev, b, batch, columns, order)
    out = ev.temporary((*batch, *rows, *columns))
    ev.builder.emit(Contract(out, a, b, tuple(batch), tuple(order), ev.quiet))
    return out


def _goes_first(ev: Evaluator, left: Sequence[Index], right: Sequence[Index]) -> bool:
    """Whether the left axes stand before the right ones in the order of the equation's axes."""
    rank = {axis: place for place, axis in enumerate(ev.axes)}
    if not left or not right:
        return False
    return min(rank[axis] for axis in left) < min(rank[axis] for axis in right)


def _inner_order(a: Array, b: Array, inner: set[Index]) -> list[Index]:
    """An order of the summed axes in which the factors, best both, need no copy."""
    candidates = [by_stride(array, [axis for axis in array.axes if axis in inner]) for array in (a, b)]
    return max(candidates, key=lambda order: sum(mergeable(array, order) for array in (a, b)))


def _ready(
    ev: Evaluator, array: Array, batch: Sequence[Index], outer: Sequence[Index], inner: Sequence[Index]
) -> Array:
    """The array as a stack of matrices that BLAS reads, copied if it must be."""
    if matrix_ready(array, outer, inner):
        return array
    mine = [axis for axis in batch if axis in array.axes]
    # Runs along the image, not along the short window, are what is copied fast.
    along_outer = windowed(array) if outer else False
    if inner and outer and not along_outer:
        along_outer = by_stride(array, [*outer, *inner])[-1] in outer
    first, last = (inner, outer) if along_outer else (outer, inner)
    return ev.builder.map(MapOp.COPY, ev.temporary((*mine, *first, *last)), array, quiet=ev.quiet)
