"""Forms as trees: what stands inside them."""

import pytest

from symbackprop.matrix.constructors import transpose
from symbackprop.matrix.form import Diagonal, Ones, Product, Scaled, Sum, Where, children_of, map_children, parts_of
from symbackprop.matrix.shape import shape_of

from .test_entries import CONSTRUCTS, NEVER, A, D, E, H, N, s, u


@pytest.mark.parametrize(("form", "_"), CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_children_in_the_order_of_the_fields(form, _):
    seen = []

    def noted(child):
        seen.append(child)
        return child

    assert map_children(form, noted) == form
    assert tuple(seen) == children_of(form)


def test_children():
    assert children_of(A) == ()
    assert children_of(Scaled(D.labels, (s, NEVER), A)) == (s, NEVER, A)
    assert children_of(Where(NEVER, A, E)) == (NEVER, A, E)
    assert children_of(Where(NEVER, A)) == (NEVER, A)
    inner = Product((D, Diagonal(u)))
    assert list(parts_of(Sum((inner, D)))) == [Sum((inner, D)), inner, D, Diagonal(u), u, D]


def test_only_what_stands_directly_inside_is_mapped():
    assert map_children(Sum((A, Sum((E, A)))), lambda _: E) == Sum((E, E))
    assert map_children(Sum((A, Ones(N, H))), transpose) == Sum((transpose(A), Ones(H, N)))
    assert shape_of(map_children(Product((D, D)), transpose)) == shape_of(D)
