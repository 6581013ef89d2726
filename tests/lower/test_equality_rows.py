"""One of each row where an equality with an integer holds: added to, with no mask of all, and the very same values."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sympy import Eq, Piecewise, tanh

from symbackprop import LogSumExp, Mean, Network, Sum
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Define,
    Map,
    MapOp,
    inside,
)
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, compare_values, load_module, lowered_values, reference_values
from workshop.fuzz.modules import generated_source as text_of


def cross_entropy() -> Network:
    net = Network("cross_entropy")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    z, label = net.parameter("z", (N, C)), net.input("label", (N,), dtype="int", high=C)
    net.loss = Mean(LogSumExp(z[n, c], c) - z[n, label[n]], n)
    return net


def of_a_shifted_class() -> Network:
    """The class beside the one that is named, where there is one."""
    net = Network("of_a_shifted_class")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x, b, label = net.parameter("x", (N, C)), net.parameter("b", (N, C)), net.input("label", (N,), dtype="int", high=C)
    y = net.tensor("y")
    y[n, c] = (x[n, c] - Piecewise((b[n, c] ** 2, Eq(c, label[n] + 1)), (0, True))) / 3
    net.loss = Sum(y[n, c] ** 2, n, c)
    return net


def at_one_position() -> Network:
    """Something is added to the first class, to the last one, and to one that may not be there."""
    net = Network("at_one_position")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x, b = net.parameter("x", (N, C)), net.parameter("b", (N, C))
    y = net.tensor("y")
    picked = [Piecewise((b[n, c] ** 2, Eq(c, where)), (0, True)) for where in (0, C - 1, 2)]
    y[n, c] = x[n, c] + picked[0] - picked[1] / 2 + picked[2]
    net.loss = Sum(y[n, c] ** 2, n, c)
    return net


def every_second() -> Network:
    """Zeros between the elements, as before a transposed convolution."""
    net = Network("every_second")
    N, H = net.dims("N H")
    n, h, r = net.indices(n=N, h=H, r=2)
    x, w, y = net.parameter("x", (N, H)), net.parameter("w", (2 * H,)), net.tensor("y")
    y[n, 2 * h + r] = Piecewise((tanh(x[n, h]), Eq(r, 0)), (0, True))
    k = net.index("k", 2 * H)
    net.loss = Sum(y[n, k] ** 2 * w[k], n, k)
    return net


def on_the_diagonal() -> Network:
    """The identity and what depends on where it is, added to a square and to what is wider."""
    net = Network("on_the_diagonal")
    N, C = net.dims("N C")
    n, m, c = net.index("n", (0, N - 1)), net.index("m", (0, N - 1)), net.index("c", (0, N + C - 1))
    x, w = net.parameter("x", (N, N)), net.parameter("w", (N, N + C))
    y, z = net.tensors("y z")
    y[n, m] = x[n, m] - Piecewise((1, Eq(n, m)), (0, True)) / 2
    z[n, c] = w[n, c] ** 2 + Piecewise((w[n, c], Eq(c, n + 1)), (0, True))
    net.loss = Sum(y[n, m] ** 2, n, m) + Sum(z[n, c] ** 2, n, c)
    return net


def diagonals() -> Network:
    """Something is added to a diagonal, to the reversed one, and to one beside it, which is shorter."""
    net = Network("diagonals")
    N, C = net.dims("N C")
    n, m, c = net.indices(n=N, m=N, c=C)
    x, b = net.parameter("x", (N, C)), net.parameter("b", (N, N))
    y = net.tensor("y")
    on = [Piecewise((b[n, m] ** 2, Eq(n, where)), (0, True)) for where in (m, N - 1 - m, m + 1)]
    y[n, m] = Sum(x[n, c] * x[m, c], c) + on[0] - on[1] / 2 + on[2]
    net.loss = Sum(y[n, m] ** 2, n, m)
    return net


ROWS = (cross_entropy, of_a_shifted_class, at_one_position, every_second, on_the_diagonal,
        diagonals)  # fmt: skip


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.__name__)
@pytest.mark.parametrize("sizes", [{"N": 5, "C": 4, "H": 3}, {"N": 3, "C": 3, "H": 1}, {"N": 1, "C": 1, "H": 2}],
                         ids=["many", "few", "one"])  # fmt: skip
def test_one_of_each_row(case: Callable[[], Network], sizes: dict[str, int]) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    module, text = lowered_values(program, derived), load_module(text_of(program, derived))
    given = {name: sizes[name] for name in program.dims}
    data = draw(program, given, seed=3)
    reference = reference_values(program, derived, given, data)
    assert reference is not None
    compare_values(module, program, given, data, reference)
    compare_module(text, program, given, data, reference)


@pytest.mark.parametrize(
    "case", [cross_entropy, of_a_shifted_class, every_second, on_the_diagonal], ids=lambda case: case.__name__
)
def test_no_mask_of_all_is_made(case: Callable[[], Network]) -> None:
    program = case().to_program()
    module = lowered_values(program, derived_of(program))
    for function in (module.forward, module.backward):
        masks = [
            part for step in steps_in(function.body) if isinstance(step, Define) for part in inside(step.value)
            if isinstance(part, Map) and part.op is MapOp.EQUAL
        ]  # fmt: skip
        assert not masks


def test_a_number_is_added_to_one_of_each_row_as_it_is() -> None:
    text = text_of(cross_entropy().to_program(), derived_of(cross_entropy().to_program()))
    assert re.search(r"\w+\[_\d\] \+= number\w*\n", text)
    assert "np.equal" not in text


def test_a_number_is_added_to_a_diagonal_as_it_is() -> None:
    net = Network("ridge")
    N, C = net.dims("N C")
    n, m, c = net.indices(n=N, m=N, c=C)
    x, k = net.parameter("x", (N, C)), net.tensor("k")
    k[n, m] = Sum(x[n, c] * x[m, c], c) + Piecewise((3, Eq(n, m)), (0, True))
    net.loss = Sum(k[n, m] ** 4, n, m)
    program = net.to_program()
    text = text_of(program, derived_of(program))
    assert re.search(r"    k_view \+= number_3\n", text)
    assert re.search(r"    k_view = _window\(k, \(N,\), \(\(0, 1\),\), steps=\(\(1, 1\),\)\)\n", text)
    assert "np.equal" not in text
