"""Scatters as sums per element, against the scatters, exactly."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Piecewise, tanh

from symbackprop import Network, Sum, derive, layers, zoo
from symbackprop.derive.differentiate import Derived
from symbackprop.derive.gather import gather_form
from symbackprop.terms.program import Equation, Op
from symbackprop.verify.prime_sizes import choose_sizes

from .forms import printed
from .residue_arrays import Arrays, assert_same


def forms(derived: Derived) -> dict[str, tuple[Equation, ...]]:
    backward = derived.backward
    found = {name: gather_form(equations, backward) for name, equations in backward.definitions.items()}
    return {name: (form,) for name, form in found.items() if form is not None}


def agree(derived: Derived, new: dict[str, tuple[Equation, ...]], seed: int = 0) -> None:
    values = Arrays.of(derived, choose_sizes(derived.forward, seed), seed)
    other = values.with_equations(new)
    for name in new:
        assert_same(other[name], values[name])


@pytest.mark.parametrize("name", ["crf", "ctc_speech", "lenet", "lstm", "resnet", "unet", "wavenet"])
def test_the_scatters_of_networks(name: str) -> None:
    derived = derive(zoo.load(name)).derived
    new = forms(derived)
    agree(derived, new)
    for name, (form,) in new.items():
        assert form.op is Op.ASSIGN
        assert len(form.axes) == derived.backward.table[name].rank


def image(build: Any) -> Derived:
    net = Network("image")
    N, B, H, W = net.dims("N B H W")
    n, b, h, w = net.indices(n=N, b=B, h=H, w=W)
    x, a, z = net.input("x", (N, B, H, W)), net.parameter("a", (B,)), net.tensor("z")
    z[n, b, h, w] = tanh(x[n, b, h, w] * a[b])
    out = build(z)
    indices = [net.index(f"o{place}", (0, size - 1)) for place, size in enumerate(out.shape)]
    net.loss = Sum(out[tuple(indices)] ** 2, *indices)
    return derive(net).derived


@pytest.mark.parametrize(
    "build",
    [
        lambda z: layers.conv2d(z, 2, 3, padding="same", name="1"),
        lambda z: layers.conv2d(z, 2, 3, stride=2, padding=1, name="1"),
        lambda z: layers.conv2d(z, 2, 3, padding=2, dilation=2, name="1"),
        lambda z: layers.conv2d(z, 2, 2, stride=3, padding=3, dilation=2, name="1"),
        lambda z: layers.conv_transpose2d(z, 2, 3, stride=2, name="1"),
        lambda z: layers.max_pool(z, 2, name="1"),
        lambda z: layers.avg_pool(z, 2, name="1"),
        lambda z: layers.avg_pool(z, 3, stride=1, padding=1, name="1"),
    ],
    ids=["same", "strided", "dilated", "both", "transposed", "maximum", "average", "overlapping"],
)
def test_windows(build: Any) -> None:
    derived = image(build)
    new = forms(derived)
    assert set(new) == {equation.target for equation in derived.backward.equations if equation.op is Op.ACCUMULATE}
    for seed in (0, 1):
        agree(derived, new, seed)


def one_axis(read: Any, size: Any) -> Derived:
    """δx for a network that reads x[read(h, t)], h below H and t below 3, inside 0..size(H) - 1."""
    net = Network("line")
    H = net.dim("H")
    h, t = net.indices(h=H, t=3)
    x, K, z = net.parameter("x", (size(H),)), net.parameter("K", (3,)), net.tensor("z")
    z[h] = Sum(K[t] * x[read(h, t)], t)
    net.loss = Sum(z[h] ** 3, h)
    return derive(net).derived


@pytest.mark.parametrize(
    ("read", "size", "text"),
    [
        (lambda h, t: h + t, lambda H: H + 2, "Σ_t [0 ≤ i - t < H]·K[t]·d_z[i - t]"),
        (lambda h, t: h - t + 2, lambda H: H + 2, "Σ_t [2 ≤ t + i ≤ H + 1]·K[t]·d_z[t + i - 2]"),
        (lambda h, t: 2 * h + t, lambda H: 2 * H + 1, "Σ_h [-2 ≤ 2·h - i ≤ 0]·K[i - 2·h]·d_z[h]"),
        (lambda h, t: h + 4 * t, lambda H: H + 8, "Σ_t [0 ≤ i - 4·t < H]·K[t]·d_z[i - 4·t]"),
        (lambda h, t: 2 * h + 3 * t, lambda H: 2 * H + 5, "Σ_{h,t} [i = 2·h + 3·t]·K[t]·d_z[h]"),
    ],
    ids=["shifted", "reversed", "stride", "dilation", "neither alone"],
)
def test_which_index_is_solved_for(read: Any, size: Any, text: str) -> None:
    derived = one_axis(read, size)
    new = forms(derived)
    (line,) = printed(derived, new["d_x"])
    target, value = line.split(" = ", 1)
    name = target.removeprefix("d_x[").removesuffix("]")
    assert value.replace(f"{name} ", "i ").replace(f"{name}]", "i]").replace(f"[{name}", "[i") == text
    for seed in (0, 1):
        agree(derived, new, seed)


def test_a_diagonal_has_a_guard() -> None:
    net = Network("diagonal")
    N = net.dim("N")
    i, j = net.index("i", (0, N - 1)), net.index("j", (0, N - 1))
    A, b = net.parameter("A", (N, N)), net.tensor("b")
    b[i] = A[i, i] ** 2
    net.loss = Sum(b[i] * A[i, 0], i) + Sum(A[i, j] ** 3, i, j)
    derived = derive(net).derived
    new = forms(derived)
    assert any(" = " in line and "[i = j]" in line.replace("j = i", "i = j") for line in printed(derived, new["d_A"]))
    agree(derived, new)


def test_a_steep_diagonal_has_a_guard_in_the_index_that_is_solved_for() -> None:
    net = Network("steep")
    N = net.dim("N")
    i = net.index("i", (0, N - 1))
    A, b = net.parameter("A", (2 * N, N)), net.tensor("b")
    b[i] = A[2 * i + 1, i] ** 2
    net.loss = Sum(b[i] ** 2, i)
    derived = derive(net).derived
    new = forms(derived)
    (line,) = printed(derived, new["d_A"])
    assert "Σ" not in line
    agree(derived, new)


def test_what_is_added_in_several_ways_is_one_sum() -> None:
    net = Network("several")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w, y = net.parameter("x", (N,)), net.parameter("w", (K,)), net.tensor("y")
    y[n] = Sum(Piecewise((w[k] * x[n - k], n >= k), (0, True)), k) + x[n] ** 2 + x[0]
    net.loss = Sum(y[n] ** 2, n)
    derived = derive(net).derived
    assert len(derived.backward.definitions["d_x"]) > 1
    new = forms(derived)
    assert len(new["d_x"]) == 1
    agree(derived, new)


def test_none_where_data_say_where_it_goes_or_nothing_is_scattered() -> None:
    derived = derive(zoo.load("embedding")).derived
    backward = derived.backward
    assert gather_form(backward.definitions["d_E"], backward) is None
    assert gather_form(backward.definitions["d_z"], backward) is None
