"""Layers: what starts from the cotangents of outputs, against forward mode, and in the form in which it is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, check_derivation, delta, derive, errors, hessian_vector_product, verify
from symbackprop.interpret import Interpreter
from symbackprop.stable import stable_forms
from symbackprop.verify.data import draw
from symbackprop.verify.exact import check_everywhere
from workshop.mutants.fates import fates, tally
from workshop.mutants.make import choose_mutants

from .layers import LAYERS

Make = Callable[[], Network]
every = pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)


def dense() -> Network:
    """y is an output that another output reads."""
    net = Network("dense")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, b = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("b", (H,))
    z, y, u = net.tensors("z y u")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    y[n, j] = tanh(z[n, j])
    u[n] = Sum(y[n, j] ** 2, j)
    net.output(y, u)
    return net


@every
def test_exactly(make: Make) -> None:
    """By every parameter and float input, and the intermediates, outputs among them, besides."""
    net = make()
    program, derivation = net.to_program(), derive(net)
    assert derivation.wrt == program.default_wrt
    for result in check_everywhere(program, derivation.derived):
        assert result.passed, result.differences
        assert result.entries
    inside = [name for name in derivation.derived.adjoints if name in net.symbols and name not in program.default_wrt]
    if inside:
        for result in check_everywhere(program, derive(net, inside).derived):
            assert result.passed, result.differences


@pytest.mark.parametrize("make", [dense, LAYERS[2]], ids=lambda make: make.__name__)
def test_wrong_gradients_are_caught(make: Make) -> None:
    program, derived = make().to_program(), derive(make()).derived
    counts = tally(list(fates(program, derived, choose_mutants(derived, 24, seed=2), numeric=False)))
    assert counts["wrong"] >= 18
    assert counts["caught exactly"] == counts["wrong"]
    assert counts["false alarms"] == 0


@every
def test_gradients_are_linear_in_the_cotangents(make: Make) -> None:
    """Each output's cotangent alone adds up to all of them together: none is lost and none meets another."""
    program, derived = make().to_program(), derive(make()).derived
    sizes = dict(zip(program.dims, (2, 3, 5, 4), strict=False))
    data = draw(program, sizes, 3)
    names = [name for _, name in program.cotangents]

    def gradients(kept: list[str]) -> list[np.ndarray]:
        given = {name: array * (name not in names or name in kept) for name, array in data.items()}
        backward = Interpreter(derived.backward, sizes, given, outer=Interpreter(derived.forward, sizes, given))
        return [backward.array(adjoint) for _, adjoint in derived.backward.wrt]

    whole, parts = gradients(names), [gradients([name]) for name in names]
    for place, gradient in enumerate(whole):
        np.testing.assert_allclose(sum(part[place] for part in parts), gradient, rtol=1e-12, atol=1e-13)


def test_the_equations_of_a_dense_layer() -> None:
    derivation = derive(dense())
    assert [str(equation).split("    ")[0] for equation in (*derivation.forward, *derivation.backward)] == [
        "z[n, j] = Σ_i W[j, i]·x[n, i] + b[j]",
        "y[n, j] = tanh(z[n, j])",
        "u[n] = Σ_j y[n, j]^2",
        "d_y_total[n, j] = d_y[n, j] + 2·d_u[n]·y[n, j]",
        "d_z[n, j] = d_y_total[n, j]·(1 - y[n, j]^2)",
        "d_b[j] = Σ_n d_z[n, j]",
        "d_W[j, i] = Σ_n d_z[n, j]·x[n, i]",
        "d_x[n, i] = Σ_j W[j, i]·d_z[n, j]",
    ]  # fmt: skip
    assert [equation.label for equation in derivation.forward] == ["F1", "F2", "F3"]
    (only,) = derivation.delta("u")
    assert str(only).startswith("d_u_total[n] = d_u[n]")
    assert str(derivation.gradient("W")[0]).startswith("d_W[j, i] = Σ_n d_z[n, j]·x[n, i]")
    said = str(derivation)
    assert "L, the inner product of the outputs" in said
    assert "Σ_{n,j} d_y[n, j]·y[n, j] + Σ_n d_u[n]·u[n]" in said


def test_by_what() -> None:
    net = dense()
    assert derive(net).wrt == ("W", "b", "x")
    assert derive(net, "x").wrt == ("x",)
    assert derive(net, ["z", "y"]).wrt == ("z", "y")
    for wrong in ("d_y", "loss"):
        with pytest.raises(errors.SymbackpropError, match=wrong):
            derive(net, wrong)
    integers = Network("integers")
    N = integers.dim("N")
    n, label, y = integers.index("n", N), integers.input("label", (N,), dtype="int"), integers.tensor("y")
    y[n] = 2 * label[n]
    integers.output(y)
    with pytest.raises(errors.InvalidArgument, match="a parameter to differentiate by"):
        derive(integers)


def test_a_layer_that_a_loss_joins_is_no_layer_any_more() -> None:
    """In a notebook, cell after cell."""
    net = dense()
    first = derive(net)
    net.loss = net.symbols["u"][0] ** 2
    second = derive(net)
    assert first.wrt == ("W", "b", "x")
    assert second.wrt == ("W", "b")
    assert first.program.cotangents
    assert not second.program.cotangents
    assert verify(net).passed


@pytest.mark.parametrize("make", LAYERS[2:], ids=lambda make: make.__name__)
def test_a_derivation_is_a_program_again(make: Make) -> None:
    """Derived and generated anew: what the first pass found is not among what the second is given."""
    net, derivation = make(), derive(make())
    again = derive(derivation)
    assert again.wrt == derivation.wrt
    assert check_everywhere(net.to_program(), again.derived)[0].passed
    report = verify(derivation.program, method="module")
    assert report.passed, str(report)


@pytest.mark.parametrize("make", LAYERS[2:5], ids=lambda make: make.__name__)
def test_second_order(make: Make) -> None:
    """Of the inner product with cotangents, which are inputs then."""
    product = hessian_vector_product(make())
    assert {f"d_{name}" for name in make().to_program().outputs} < {tensor.name for tensor in product.tensors}
    assert verify(product).passed


def test_claims_speak_of_cotangents() -> None:
    net = dense()
    s = net.symbols
    n, j = (net.book.names()[name] for name in "nj")
    claims = [
        (delta(s["z"])[n, j], delta(s["y"])[n, j] * (1 - s["y"][n, j] ** 2)),
        (delta(s["y"])[n, j], net.cotangent(s["y"])[n, j] + 2 * delta(s["u"])[n] * s["y"][n, j]),
        (delta(s["u"])[n], net.cotangent("u")[n]),
        "delta(W)[j, i] = Sum(delta(z)[n, j]*x[n, i], n)",
        "delta(y)[n, j] = d_y[n, j] + 2*d_u[n]*y[n, j]",
        (delta(s["x"]), delta(s["z"]) @ s["W"]),
    ]
    report = check_derivation(net, claims)
    assert report.passed, str(report)
    wrong = check_derivation(net, ["delta(y)[n, j] = 2*delta(u)[n]*y[n, j]", (delta(s["y"])[n, j], 0 * n)])
    assert [row.verdict.name for row in wrong.rows] == ["REFUTED", "REFUTED"]
    assert "d_y[n, j] is missing" in wrong.rows[0].finding


def test_forms_agree() -> None:
    """The stable form of a layer with a softmax is differentiated alike."""
    net = LAYERS[0]()
    program = net.to_program()
    for result in check_everywhere(stable_forms(program), derive(net).derived):
        assert result.passed
