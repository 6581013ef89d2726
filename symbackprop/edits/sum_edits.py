"""Edits of a sum: its index fixed, another in its place, a kernel the other way round, a factor under it.

Σ_r K[r]·d[l + r] for Σ_r K[r]·d[l - r]           a correlation where the convolution belongs, and conversely
Σ_n f[n, j] for Σ_j f[n, j]                       the summed index becomes free, and a free one is summed
Σ_k W[k, j]·z[n, k] for z[n, j]·Σ_k W[k, j]       an element stands under the sum, with its index
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from symbackprop.edits.kinds import Edit, Kind
from symbackprop.edits.places import Opened
from symbackprop.edits.read_edits import Table, element
from symbackprop.terms.build import mul, poly_value, power, reduce, substitute, where
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import is_sum
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite
from symbackprop.terms.term import Access, Axis, Mul, Reduce, Reduction, Term, Where, accesses


def sum_edits(term: Reduce, table: Table, ranges: Ranges, opened: Opened) -> Iterator[Edit]:
    axes, body = opened(term, ranges)
    yield from _turned(axes, body, table, ranges)
    for place, axis in enumerate(axes):
        others = [*axes[:place], *axes[place + 1 :]]
        yield from _over_another(axis, others, body, ranges)
        fixed = reduce(Reduction.SUM, others, substitute(body, {axis.index: axis.low}))
        yield Edit(Kind.SUM_DROPPED, fixed, term, indices=(axis.index,))


def beside_sums(term: Mul, ranges: Ranges, opened: Opened) -> Iterator[Edit]:
    """z[n, j]·Σ_k W[k, j] where Σ_k W[k, j]·z[n, k] belongs: an element that was to stand under the sum."""
    for total, read in permutations(term.args, 2):
        if not is_sum(total) or not isinstance(read, Access):
            continue
        axes, body = opened(total, ranges)
        rest = [arg for arg in term.args if arg is not total and arg is not read]
        for axis, index in product(axes, sorted(read.free & ranges.keys(), key=str)):
            if (axis.low, axis.high) == (ranges[index].low, ranges[index].high):
                moved = substitute(read, {index: Poly.of(axis.index)})
                whole = mul(*rest, reduce(Reduction.SUM, axes, mul(body, moved)))
                yield Edit(Kind.UNDER_THE_SUM, whole, read, moved, (index, axis.index))


def _over_another(axis: Axis, others: Sequence[Axis], body: Term, ranges: Ranges) -> Iterator[Edit]:
    outer = [index for index, known in ranges.items() if (known.low, known.high) == (axis.low, axis.high)]
    for index in sorted(body.free & ranges.keys(), key=str):
        for freed in outer:
            fresh = Index(f"{index.name}'")
            mapping = {axis.index: Poly.of(freed), index: Poly.of(fresh)}
            summed = Axis(fresh, ranges[index].low, ranges[index].high)
            new = reduce(Reduction.SUM, [*others, summed], substitute(body, mapping))
            yield Edit(Kind.SUM_OVER_ANOTHER, new, indices=(axis.index, index))
            mean = mul(new, poly_value(axis.extent), power(poly_value(summed.extent), -1))
            yield Edit(Kind.MEAN_OVER_ANOTHER, mean, indices=(axis.index, index))


def _turned(axes: Sequence[Axis], body: Term, table: Table, ranges: Ranges) -> Iterator[Edit]:
    """An index negated in all of the body but in elements that it runs along by itself, the kernel's."""
    inside = {**ranges, **ranges_of(axes)}
    for axis in axes:
        index = axis.index
        kept = {read for read in accesses(body) if Poly.of(index) in read.subscripts}
        moved = [read for read in accesses(body) if index in read.free and read not in kept]
        if kept and moved:
            whole = reduce(Reduction.SUM, axes, _negated(body, index, kept, table, inside))
            yield Edit(Kind.KERNEL_FLIPPED, whole, moved[0], substitute(moved[0], {index: -Poly.of(index)}), (index,))


def _negated(body: Term, index: Index, kept: set[Access], table: Table, ranges: Ranges) -> Term:
    mapping = {index: -Poly.of(index)}

    def rule(term: Term, here: Ranges) -> Term | None:
        if isinstance(term, Access):
            turned = substitute(term, mapping)
            assert isinstance(turned, Access)
            return term if term in kept else element(turned, table, here)
        if isinstance(term, Where):
            condition = substitute(term.condition, mapping)
            return where(condition, rewrite(term.then, rule, here), rewrite(term.otherwise, rule, here))
        return None

    return rewrite(body, rule, ranges)
