"""Products with sums, against np.einsum at distinct prime sizes; and the form that is chosen among equal ones."""

import numpy as np
import pytest

from symbackprop.matrix.constructors import weight
from symbackprop.matrix.contract import contract
from symbackprop.matrix.form import MatrixEquation
from symbackprop.matrix.part import NoForm, Part, finished, part, spread
from symbackprop.terms.build import number
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.show import show as term_text
from symbackprop.terms.term import Axis
from tests.matrix.values import show

from .values import read, value_of

SIZES = {"I": 2, "J": 3, "K": 5, "L": 7}
AXES = {index: Axis(index, ZERO, Poly.of(Dim(index.name.upper())) - 1) for index in map(Index, "ijkl")}
RNG = np.random.default_rng(5)


def contracted(spec):
    """(the product of tensors A, B, … that np.einsum's `spec` names, as a form; its value by einsum)."""
    inputs, out = spec.split("->")
    parts, arrays = [], {}
    for name, indices in zip("ABCDE", inputs.split(","), strict=False):
        arrays[name] = RNG.normal(size=[SIZES[index.upper()] for index in indices])
        own = [Index(index) for index in indices]
        parts.append(part(read(name, *(AXES[index].extent for index in own)), *own))
    summed = [Index(index) for index in dict.fromkeys(inputs.replace(",", "")) if index not in out]
    form = spread(contract(parts, summed, AXES), [Index(index) for index in out], AXES)
    return form, arrays, np.einsum(spec, *arrays.values())


FORMS = {
    "ik,kj->ij": "A B",
    "ki,jk->ij": "Aᵀ Bᵀ",
    "ik,k->i": "A B",
    "k,ki->i": "Bᵀ A",
    "k,k->": "Aᵀ B",
    "i,j->ij": "A Bᵀ",
    "i,ij,j->ij": "diag(A) B diag(C)",
    "ik,k,kj->ij": "A diag(B) C",
    "ij,ij->ij": "A ⊙ B",
    "ij,ji->ij": "A ⊙ Bᵀ",
    "ij,ij->": "1_Iᵀ (A ⊙ B) 1_J",
    "ik->i": "A 1_K",
    "k->": "1_Kᵀ A",
    "ij,ji->": "tr(A B)",
    "ik,kl,lj->ij": "A B C",
    "i,ik,kj,j->": "Aᵀ B C D",
    "ik,ik,kj->ij": "(A ⊙ B) C",
    "ik,jk,j->i": "A Bᵀ C",
    "i,i,ij->ij": "diag(A ⊙ B) C",
    ",ij->ij": "A·B",
}


@pytest.mark.parametrize("spec", FORMS)
def test_by_einsum(spec):
    form, arrays, expected = contracted(spec)
    np.testing.assert_allclose(value_of(form, arrays, SIZES).reshape(expected.shape), expected, rtol=1e-12)
    assert show(MatrixEquation(read("Z"), (), form)) == f"Z = {FORMS[spec]}"


def test_a_sum_that_nothing_depends_on_is_a_number_of_times():
    found = contract([Part(coefficient=number(3))], [Index("k")], AXES)
    assert term_text(finished(found).term) == "3·K"
    empty = {Index("k"): Axis(Index("k"), Poly.of(4), Poly.of(Dim("K")))}
    with pytest.raises(NoForm, match="nothing in the sum over k depends on it, and it may be empty"):
        contract([], [Index("k")], empty)


def test_what_keeps_no_matrix_is_refused():
    with pytest.raises(NoForm, match="three factors share the index k"):
        contracted("ik,jk,lk->ijl")
    with pytest.raises(NoForm, match="a product has the 3 indices i, j, k"):
        contracted("ij,k->ijk")


def test_the_shortest_order_is_kept():
    """Σ_{k,l} A[k, l] B[k] is a product with a vector of ones, whichever index goes first."""
    form, _, _ = contracted("kl,k->")
    other, _, _ = contracted("lk,k->")
    assert weight(form) == weight(other)
