"""Costs against counts made by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import sympy
from sympy import Eq, Piecewise

from symbackprop import Network, Sum
from symbackprop import cost as cost_of
from symbackprop.cost import measure
from symbackprop.errors import InvalidSize
from symbackprop.numpy.peak_memory import Peaks

N, D, H, C = sympy.symbols("N D H C", integer=True, positive=True)


@pytest.fixture(scope="module")
def cost(perceptron):
    peaks = Peaks(sympy.Max(8 * N * H, N + H, evaluate=False), 12 * N * H)
    return measure(perceptron.program, perceptron.forward, perceptron.backward, lambda: peaks)


def test_forward_by_hand(cost):
    # z: a multiply-add for each of n, j, i and the bias for each n, j; u: n, k, j;
    # loss: a subtraction and a square for each n, k, their sum, and the product with 1/N
    expected = N * H * D + N * H + N * C * H + 3 * N * C + 1
    assert sympy.expand(cost.forward.multiply_adds - expected) == 0
    assert cost.forward.functions == N * H + 1  # tanh, and 1/N


def test_backward_by_hand(cost):
    # d_u: a subtraction and two products; d_V and d_W: multiply-adds; d_z: the sum, 1 − a·a and a product; d_b: a sum
    expected = 3 * N * C + C * H * N + (N * H * C + 3 * N * H) + N * H * D + N * H
    assert sympy.expand(cost.backward.multiply_adds - expected) == 0


def test_a_small_constant_times_forward(cost):
    large = {N: 10**6, D: 10**4, H: 10**4, C: 10**4}
    assert cost.ratio.subs(large) < 2


def test_central_differences(cost):
    entries = H * D + H + C * H
    difference = cost.central_differences.multiply_adds - 2 * entries * cost.forward.multiply_adds
    assert sympy.expand(difference) == 0


def test_without_reuse(cost):
    # W and b each expand d_z and d_u anew, V expands d_u: three d_u and two d_z where one of each would do
    d_u, d_z = 3 * N * C, N * H * C + 3 * N * H
    difference = cost.chain_rule_without_reuse.multiply_adds - cost.backward.multiply_adds
    assert sympy.expand(difference - (2 * d_u + d_z)) == 0


def test_bytes_moved(cost):
    z = 4 * (H * D + N * D + H + N * H)
    a = 4 * (2 * N * H)
    u = 4 * (C * H + N * H + N * C)
    loss = 4 * (2 * N * C + 1)
    assert sympy.expand(cost.forward.bytes_moved - (z + a + u + loss)) == 0


def test_central_differences_hold_the_gradients_too(cost):
    held = 4 * (H * D + H + C * H)
    assert cost.central_differences.peak_memory == sympy.Max(8 * N * H + held, N + H + held, evaluate=False)


def test_table(cost):
    table = cost.table({"N": 2, "D": 3, "H": 5, "C": 7})
    assert "backward / forward multiply-adds: " in table
    assert f"{cost.forward.multiply_adds.subs({N: 2, D: 3, H: 5, C: 7})}" in table
    assert "N" not in cost.table({"N": 2}).partition("\n")[2].replace("N = 2", "")
    with pytest.raises(InvalidSize, match="expected N, D, H, C, found Q"):
        cost.table({"Q": 2})


def test_sizes_by_their_names(cost):
    some = cost.at({"H": 5, D: 3})
    assert some.dims == ("N", "C")
    for column in ("multiply_adds", "functions", "bytes_moved", "peak_memory"):
        for row, before in zip(some.rows, cost.rows, strict=True):
            found = getattr(row, column)
            assert found.free_symbols <= {N, C}
            assert found.subs({N: 2, C: 7}) == getattr(before, column).subs({H: 5, D: 3, N: 2, C: 7})
    whole = some.at({"N": 2, "C": 7})
    assert whole.forward.multiply_adds == cost.forward.multiply_adds.subs({N: 2, D: 3, H: 5, C: 7})
    assert whole.forward.peak_memory == 8 * 2 * 5
    assert cost.forward.multiply_adds.subs("H", 5) == cost.forward.multiply_adds  # SymPy's symbol H is another
    with pytest.raises(InvalidSize, match="expected N, C, found H"):
        some.at({"H": 5})
    for size in (0, -1, 2.5, True, "5"):
        with pytest.raises(InvalidSize, match="size H: expected an integer of at least 1, found"):
            cost.at({"H": size})
        with pytest.raises(InvalidSize, match="size H"):
            cost.table({"H": size})


def test_equalities_with_what_is_looked_up_are_counted_as_they_are_computed() -> None:
    """By scatter and gather; equalities of floats, and of indices alone, are masks over all pairs."""

    def costs(kind: str, right: Callable[..., Any]) -> Any:
        net = Network("edges")
        V, M, H = net.dims("V M H")
        v, m, h = net.indices(v=V, m=M, h=H)
        message = net.parameter("message", (M, H))
        target = net.input("target", (M,), dtype=kind, **({"high": V} if kind == "int" else {}))
        total = net.tensor("total")
        total[v, h] = Sum(Piecewise((message[m, h], Eq(right(target, m), v)), (0, True)), m)
        net.loss = Sum(total[v, h] ** 2, v, h)
        found = cost_of(net)
        return [sympy.expand(row.multiply_adds) for row in (found.forward, found.backward)]

    V, M, H = sympy.symbols("V M H", integer=True, positive=True)
    for right in (lambda target, m: target[m], lambda target, m: target[m] - 1):
        forward, backward = costs("int", right)
        assert not sympy.Poly(forward + backward, V, M, H).coeff_monomial(V * M * H)
        assert sympy.Poly(forward, V, M, H).coeff_monomial(M * H) == 2
    forward, _ = costs("float", lambda target, m: target[m])
    assert sympy.Poly(forward, V, M, H).coeff_monomial(V * M * H) == 2
