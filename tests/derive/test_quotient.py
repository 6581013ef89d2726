"""The quotient among the factors of a product, wherever they stand, and where there is none or more than one."""

from itertools import permutations

from symbackprop.derive.quotient import find_quotient
from symbackprop.terms.build import access, number, power, sub
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind, zeros

I, J, N = (Poly.of(Index("i")), Poly.of(Index("j")), Poly.of(Dim("N")))
KINDS = {"z": TensorKind.INTERMEDIATE, "x": TensorKind.INPUT, "g": TensorKind.PARAMETER, "W": TensorKind.PARAMETER,
         "m": TensorKind.INTERMEDIATE, "s": TensorKind.INTERMEDIATE, "t": TensorKind.INTERMEDIATE}  # fmt: skip
TENSORS = {name: Tensor(name, kind, (N,), zeros(1)) for name, kind in KINDS.items()}
z, x, W = (access(name, [I, J]) for name in "zxW")
m, g = access("m", [I]), access("g", [J])
below, root = power(access("s", [I]), -1), power(access("t", [I]), -2)


def test_it_is_found_in_any_order():
    for above, tensor in ((sub(z, m), "z"), (x, "x"), (sub(x, g), "x")):
        for lower in ((below,), (below, root)):
            for order in permutations((g, above, *lower, number(3))):
                found = find_quotient(order, TENSORS)
                assert found is not None
                places, standardised = found
                assert standardised == tensor
                assert order[places[0]] is above
                assert {order[place] for place in places[1:]} == set(lower)


def test_where_there_is_none():
    for factors in (
        (g, z),  # nothing below
        (z, below),  # multiplied by nothing
        (number(3), z, below),  # by a number
        (z, x, below),  # it could be either
        (g, W, below),  # a parameter is not standardised
        (g, m, below),  # nothing runs over more than what is below
        (g, z, power(access("s", [I, J]), -1)),
        (g, z, power(number(3), -1)),
        (g, sub(m, g), below),  # no tensor has all the indices
    ):
        assert find_quotient(factors, TENSORS) is None, factors
