"""Products with sums: the summed indices are eliminated one at a time, and every intermediate is at most a matrix.

    Σ_k A[i,k] B[k,j]        AB               Σ_k u[k] v[k]              uᵀv
    Σ_k A[i,k] v[k]          Av               u[i] v[j]                  u vᵀ
    Σ_k A[i,k]               A1               v[i] A[i,j]                diag(v) A
    Σ_k A[i,k] v[k] B[k,j]   A diag(v) B      A[i,j] B[i,j]              A ⊙ B
    Σ_k A[k,k]               tr A             Σ_{i,j} A[i,j]²            ‖A‖²

Every order of elimination is tried (there are few) and the shortest form is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, permutations

from symbackprop.matrix.constructors import hadamard, product, row_sums, total, transpose, weight
from symbackprop.matrix.form import Diagonal, Form
from symbackprop.matrix.part import Axes, NoForm, Part, bare, finished, merged, oriented, part, times
from symbackprop.phrases import Message
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import Index
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import Axis, Term

_ORDERS = 120  # at most: five matrix indices summed in one product are rare already


def contract(parts: Sequence[Part], summed: Sequence[Index], axes: Axes) -> Part:
    """The sum over `summed` of the product of `parts`; `NoForm` where no order keeps intermediates matrices."""
    scalars = Part()
    for item in parts:
        scalars = times(scalars, item)
    factors = [bare(item) for item in parts if item.form is not None]
    found: list[Part] = []
    failures: list[NoForm] = []
    for order in islice(permutations(summed), _ORDERS):
        try:
            found.append(_eliminated(factors, order, axes))
        except NoForm as error:
            failures.append(error)
    if not found:
        raise failures[0]
    return times(min(found, key=lambda item: weight(finished(item))), scalars)


def _eliminated(factors: Sequence[Part], order: Sequence[Index], axes: Axes) -> Part:
    scalars = Part()
    rest = list(factors)
    done: set[Index] = set()
    for place, index in enumerate(order):
        if index in done:
            continue
        rest = _merged_matrices(rest)
        holders = [item for item in rest if index in item.indices]
        others = [item for item in rest if index not in item.indices]
        if not holders:
            scalars = times(scalars, Part(coefficient=_count(axes[index])))
            continue
        result, also = _sum_out(holders, index, set(order[place + 1 :]) - done, others)
        done |= {index, *also}
        scalars = times(scalars, result)
        rest = others + ([bare(result)] if result.form is not None else [])
    return times(_combined(_merged_matrices(rest)), scalars)


def _count(axis: Axis) -> Term:
    """How many terms a sum has that does not depend on its index."""
    if not plainly_nonnegative(axis.extent):
        raise NoForm(Message("sum_of_nothing", index=str(axis.index)))
    return poly_value(axis.extent)


def _merged_matrices(parts: Sequence[Part]) -> list[Part]:
    """Matrices over one pair of indices as their elementwise product."""
    out: dict[frozenset[Index] | int, Part] = {}
    for place, item in enumerate(parts):
        over = frozenset(item.indices) if len(item.indices) == 2 else place
        out[over] = merged(out[over], item) if over in out else item
    return list(out.values())


def _sum_out(
    holders: Sequence[Part], index: Index, later: set[Index], others: Sequence[Part]
) -> tuple[Part, set[Index]]:
    """(the product of all that holds `index`, summed over it; what else is summed over in passing)."""
    vectors = [_form(item) for item in holders if len(item.indices) == 1]
    matrices = [item for item in holders if len(item.indices) == 2]
    match matrices:
        case []:
            assert vectors, "what no factor depends on is a number of times"
            return part(total(hadamard(*vectors))), set()
        case [matrix]:
            other = matrix.other(index)
            if not vectors and other in later and not any(other in item.indices for item in others):
                return part(total(_form(matrix))), {other}
            form = oriented(matrix, other, index)
            return part(product(form, hadamard(*vectors)) if vectors else row_sums(form), other), set()
        case [first, second]:
            before, behind = first.other(index), second.other(index)
            middle = (Diagonal(hadamard(*vectors)),) if vectors else ()
            form = product(oriented(first, before, index), *middle, oriented(second, index, behind))
            turned = product(oriented(second, behind, index), *middle, oriented(first, index, before))
            if weight(turned) < weight(form):
                return part(turned, behind, before), set()
            return part(form, before, behind), set()
        case _:
            raise NoForm(Message("shared_index", count=len(matrices), index=str(index)))


def _combined(parts: Sequence[Part]) -> Part:
    """The product of parts without sums: a scaled matrix, an outer product, a vector or a scalar."""
    indices = list(dict.fromkeys(index for item in parts for index in item.indices))
    vectors: dict[Index, Form] = {}
    for item in parts:
        if len(item.indices) == 1:
            (index,) = item.indices
            vectors[index] = hadamard(vectors[index], _form(item)) if index in vectors else _form(item)
    matrix = next((item for item in parts if len(item.indices) == 2), None)
    match indices:
        case []:
            return Part()
        case [row]:
            return part(vectors[row], row)
        case [row, column] if matrix is None:
            return part(product(vectors[row], transpose(vectors[column])), row, column)
        case [_, _]:
            assert matrix is not None
            row, column = matrix.indices
            left, right = ((Diagonal(vectors[index]),) if index in vectors else () for index in (row, column))
            return part(product(*left, _form(matrix), *right), row, column)
        case _:
            raise NoForm(Message("product_has_indices", count=len(indices), indices=[*map(str, indices)]))


def _form(item: Part) -> Form:
    assert item.form is not None
    return item.form
