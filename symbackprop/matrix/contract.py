"""Products with sums: the summed indices are eliminated one at a time, and every intermediate is at most a matrix.

    Σ_k A[i,k] B[k,j]        AB               Σ_k u[k] v[k]              uᵀv
    Σ_k A[i,k] v[k]          Av               u[i] v[j]                  u vᵀ
    Σ_k A[i,k]               A1               v[i] A[i,j]                diag(v) A
    Σ_k A[i,k] v[k] B[k,j]   A diag(v) B      A[i,j] B[i,j]              A ⊙ B
    Σ_k A[k,k]               tr A             Σ_{i,j} A[i,j]²            ‖A‖²

Every order of elimination is tried (there are few) and the shortest form is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from symbackprop.matrix.build import hadamard, product, row_sums, total, transpose, weight
from symbackprop.matrix.form import Diagonal, Form
from symbackprop.matrix.part import Axes, NoForm, Part, bare, bare_scalars, finished, merged, oriented, part, times
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import Index
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import Axis, Term

_ORDERS = 120  # at most: five matrix indices summed in one product are rare already


def contract(parts: Sequence[Part], summed: Sequence[Index], axes: Axes, name: Callable[[Index], str]) -> Part:
    """The sum over `summed` of the product of `parts`; `NoForm` where no order keeps intermediates matrices.

    `name` writes an index, for messages.
    """
    scalars = Part()
    factors: list[Part] = []
    for item in parts:
        scalars = times(scalars, bare_scalars(item))
        if item.form is not None:
            factors.append(bare(item))
    best: Part | None = None
    failure: NoForm | None = None
    for count, order in enumerate(permutations(summed)):
        if count == _ORDERS:
            break
        try:
            found = _eliminated(factors, order, axes, name)
        except NoForm as error:
            failure = failure or error
            continue
        if best is None or _length(found) < _length(best):
            best = found
    if best is None:
        assert failure is not None
        raise failure
    return times(best, scalars)


def _length(item: Part) -> int:
    return weight(finished(item))


def _eliminated(factors: Sequence[Part], order: Sequence[Index], axes: Axes, name: Callable[[Index], str]) -> Part:
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
            scalars = times(scalars, Part(coefficient=_count(axes[index], name)))
            continue
        result, also = _sum_out(holders, index, set(order[place + 1 :]) - done, others, name)
        done |= {index, *also}
        scalars = times(scalars, bare_scalars(result))
        rest = others + ([bare(result)] if result.form is not None else [])
    return times(_combined(_merged_matrices(rest), name), scalars)


def _count(axis: Axis, name: Callable[[Index], str]) -> Term:
    """How many terms a sum has that does not depend on its index."""
    if not plainly_nonnegative(axis.extent):
        raise NoForm(f"nothing in the sum over {name(axis.index)} depends on it, and it may be empty")
    return poly_value(axis.extent)


def _merged_matrices(parts: Sequence[Part]) -> list[Part]:
    """Matrices over one pair of indices as their elementwise product."""
    out: list[Part] = []
    for item in parts:
        for place, earlier in enumerate(out):
            if len(item.indices) == 2 and set(item.indices) == set(earlier.indices):
                out[place] = merged(earlier, item)
                break
        else:
            out.append(item)
    return out


def _sum_out(
    holders: Sequence[Part], index: Index, later: set[Index], others: Sequence[Part], name: Callable[[Index], str]
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
            assert other is not None
            if not vectors and other in later and not any(other in item.indices for item in others):
                return part(total(_form(matrix))), {other}
            form = oriented(matrix, other, index)
            return part(product(form, hadamard(*vectors)) if vectors else row_sums(form), other), set()
        case [first, second]:
            before, behind = first.other(index), second.other(index)
            assert before is not None
            assert behind is not None
            middle = (Diagonal(hadamard(*vectors)),) if vectors else ()
            form = product(oriented(first, before, index), *middle, oriented(second, index, behind))
            turned = product(oriented(second, behind, index), *middle, oriented(first, index, before))
            if weight(turned) < weight(form):
                return part(turned, behind, before), set()
            return part(form, before, behind), set()
        case _:
            raise NoForm(f"{_COUNT.get(len(matrices), 'several')} factors share the index {name(index)}")


_COUNT = {3: "three", 4: "four", 5: "five"}


def _combined(parts: Sequence[Part], name: Callable[[Index], str]) -> Part:
    """The product of parts without sums: a scaled matrix, an outer product, a vector or a scalar."""
    indices = list(dict.fromkeys(index for item in parts for index in item.indices))
    if len(indices) > 2:
        raise NoForm(f"a product has the {len(indices)} indices {', '.join(map(name, indices))}")
    vectors: dict[Index, Form] = {}
    for item in parts:
        if item.row is not None and item.column is None:
            own = _form(item)
            vectors[item.row] = hadamard(vectors[item.row], own) if item.row in vectors else own
    matrix = next((item for item in parts if len(item.indices) == 2), None)
    if matrix is not None:
        row, column = matrix.row, matrix.column
        assert row is not None
        assert column is not None
        left = (Diagonal(vectors[row]),) if row in vectors else ()
        right = (Diagonal(vectors[column]),) if column in vectors else ()
        return part(product(*left, _form(matrix), *right), row, column)
    match indices:
        case []:
            return Part()
        case [row]:
            return part(vectors[row], row)
        case [row, column]:
            return part(product(vectors[row], transpose(vectors[column])), row, column)
        case _:
            raise AssertionError(indices)


def _form(item: Part) -> Form:
    assert item.form is not None
    return item.form
