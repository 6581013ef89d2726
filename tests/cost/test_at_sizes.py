"""Numbers for sizes, in expressions."""

from __future__ import annotations

import pytest
import sympy

from symbackprop.cost.at_sizes import checked_sizes, told_sizes, with_numbers
from symbackprop.errors import InvalidSize

N, D = sympy.symbols("N D", integer=True, positive=True)


def test_some_sizes_and_all():
    assert with_numbers(N * D + 1, {"N": 3, "Q": 5}) == 3 * D + 1
    peak = sympy.Max(N, D + 1, evaluate=False) + N
    assert with_numbers(peak, {"N": 3}) == sympy.Max(3, D + 1) + 3
    assert with_numbers(peak, {"N": 3, "D": 7}) == 11


@pytest.mark.parametrize(("dims", "said"), [
    ({"Q": 3}, "sizes of net: expected N, D, found Q"),
    ({"N": 0}, "size N: expected an integer of at least 1, found 0"),
    ({"N": True}, "found True"),
    ({"N": 1.5}, "found 1.5"),
])  # fmt: skip
def test_refusals(dims, said):
    with pytest.raises(InvalidSize, match=said):
        checked_sizes("net", dims, ("N", "D"))


def test_what_is_told():
    assert told_sizes(checked_sizes("net", {N: 4, "D": 3}, ("N", "D"))) == "N = 4, D = 3"
