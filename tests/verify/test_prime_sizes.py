"""Sizes to check at: primes that differ where they may, and what each kind of them is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sympy import Eq, Ge, Piecewise

from symbackprop import Network, Sum
from symbackprop.errors import InvalidSize, UnknownSymbol
from symbackprop.terms.program import Program
from symbackprop.verify.prime_sizes import BUDGET, aligned_sizes, beyond_conditions, choose_sizes
from symbackprop.verify.work import work

Sizes = Mapping[str, int]
PRIMES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29}
FREE: dict[str, tuple[Callable[..., Any] | None, Callable[[Sizes], bool]]] = {
    "free": (None, lambda s: True),
    "a chain": (lambda N, D, K, H: [Ge(N, D + 2), Ge(D, K + 2)], lambda s: s["N"] >= s["D"] + 2 >= s["K"] + 4),
    "a double": (lambda N, D, K, H: [Eq(N, 2 * D)], lambda s: s["N"] == 2 * s["D"]),
    "a product": (lambda N, D, K, H: [Eq(N, D * K)], lambda s: s["N"] == s["D"] * s["K"]),
}


def program(assumed: Callable[..., Any] | None = None, axes: int = 1) -> Program:
    net = Network("sizes")
    dims = net.dims("N D K H")
    indices = net.indices(**dict(zip("ndkh", dims, strict=True)))
    x = net.parameter("x", dims)
    for fact in assumed(*dims) if assumed else ():
        net.assume(fact)
    net.loss = Sum(x[indices] ** 2, *indices) ** axes
    return net.to_program()


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("ones", [False, True])
@pytest.mark.parametrize("given", [{}, {"D": 3}])
def test_conditions_are_met(name: str, ones: bool, given: Sizes) -> None:
    assumed, meant = FREE[name]
    found = [choose_sizes(program(assumed), seed, ones, given=given) for seed in range(6)]
    for sizes in found:
        assert list(sizes) == ["N", "D", "K", "H"]
        assert meant(sizes)
        assert min(sizes.values()) >= 1
        assert given.items() <= sizes.items()
        assert work(program(assumed), sizes) <= BUDGET
    assert given or len({tuple(sizes.values()) for sizes in found}) > 1
    if not ones and (name == "free" or (name == "a chain" and not given)):
        assert all(len(set(sizes.values())) == 4 and set(sizes.values()) <= PRIMES for sizes in found)
    if ones and name == "free":
        assert any(1 in sizes.values() for sizes in found)


def test_within_the_budget() -> None:
    small = program()
    for budget in (200, 1000):
        sizes = choose_sizes(small, budget=budget)
        assert work(small, sizes) <= budget
        assert min(sizes.values()) >= 2
    tight = choose_sizes(small, budget=10)  # two of everything are too many
    assert work(small, tight) <= 10
    assert 1 in tight.values()


def test_what_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match="one of N, D, K, H"):
        choose_sizes(program(), given={"Q": 2})
    with pytest.raises(InvalidSize):
        choose_sizes(program(), given={"N": 0})
    with pytest.raises(InvalidSize, match="such as"):
        choose_sizes(program(lambda N, D, K, H: [Ge(N, D + 2)]), given={"N": 3, "D": 2})
    assert choose_sizes(program(), given={"N": 1, "D": 2, "K": 2, "H": 9}) == {"N": 1, "D": 2, "K": 2, "H": 9}


@pytest.mark.parametrize("given", [{}, {"K": 5}])
def test_powers_of_two(given: Sizes) -> None:
    found = aligned_sizes(program(), seed=1, budget=10**6, given=given)
    free = [{size for name, size in sizes.items() if name not in given} for sizes in found]
    assert [len(each) for each in free[:2]] == [1, 1]
    assert free[0] == {4}
    assert free[1] == {8}
    assert all(each <= {4, 8} or each <= {3, 7} for each in free[:-1])
    assert free[-1] == {1}
    assert any(each <= {3, 7} for each in free)
    assert all(given.items() <= sizes.items() for sizes in found)
    for sizes in aligned_sizes(program(), budget=2000):
        assert work(program(), sizes) <= 2000
    assert all(s["N"] == 2 * s["D"] for s in aligned_sizes(program(FREE["a double"][0])))


def test_beyond_a_condition() -> None:
    assert beyond_conditions(program()) == {}
    net = Network("late")
    T, H = net.dims("T H")
    t, h = net.indices(t=T, h=H)
    x, y = net.parameter("x", (T, H)), net.tensor("y")
    y[t, h] = Piecewise((x[t, h] ** 2, t >= 16), (x[t, h], True))
    net.loss = Sum(y[t, h], t, h)
    assert beyond_conditions(net.to_program()) == {"T": 19}
