"""The gradient's inner product with a direction, and its gradients: against the gradient and its differences, exactly.

g·v is counted out in fractions; of a polynomial of degree 3, H·v is the difference of g at both sides.
"""

from fractions import Fraction

import pytest

from symbackprop import Network, Sum, stages
from symbackprop.derive.second_order import directional_program
from symbackprop.terms.program import TensorKind
from tests.terms.exact import Elements, numbers

SIZES = {"N": 2, "D": 3}


def program():
    """A loss that is of degree 3 in w and b together."""
    net = Network("cubic")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, b = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("b", ())
    y = net.tensor("y")
    y[n] = Sum(w[i] * x[n, i], i) + b
    net.loss = Sum(y[n] ** 3 + w[0] * y[n] * b, n)
    return net.to_program()


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_the_gradient_along_the_direction(seed):
    derived = stages.derived_of(program())
    second = directional_program(derived)
    given = numbers(seed)
    gradient = Elements(derived.joint, SIZES, given)
    expected = sum(
        value * given(f"v_{name}", place)
        for name, adjoint in derived.backward.wrt
        for place, value in gradient.every(adjoint).items()
    )
    assert Elements(second, SIZES, given).of(second.loss, ()) == expected


@pytest.mark.parametrize("seed", range(4))
def test_its_gradient_is_the_hessian_by_the_direction(seed):
    derived = stages.derived_of(program())
    again = stages.derived_of(directional_program(derived))
    given = numbers(seed)
    values = Elements(again.joint, SIZES, given)

    def gradient(step, name, place):
        def moved(tensor, at):
            return given(tensor, at) + (step * given(f"v_{tensor}", at) if tensor in ("w", "b") else 0)

        return Elements(derived.joint, SIZES, moved).of(dict(derived.backward.wrt)[name], place)

    for name, adjoint in again.backward.wrt:
        for place, value in values.every(adjoint).items():
            half = Fraction(1, 2)  # g is of degree 2: central differences are exact
            assert value == gradient(half, name, place) - gradient(-half, name, place)


def test_by_the_directions_it_is_the_gradient():
    derived = stages.derived_of(program())
    second = directional_program(derived, gradient=True)
    assert second.by_default == ("w", "b", "v_w", "v_b")
    assert directional_program(derived).by_default == ("w", "b")
    again, given = stages.derived_of(second), numbers(9)
    values, first = Elements(again.joint, SIZES, given), Elements(derived.joint, SIZES, given)
    adjoints, plain = dict(again.backward.wrt), dict(derived.backward.wrt)
    for name in ("w", "b"):
        assert values.every(adjoints[f"v_{name}"]) == first.every(plain[name])


def test_directions_are_given_and_nothing_else_is_asked_for():
    second = directional_program(stages.derived_of(program()))
    assert {tensor.name for tensor in second.of_kind(TensorKind.INPUT)} == {"x", "v_w", "v_b"}
    assert (second.outputs, second.updates, second.cotangents, second.wrt) == ((), (), (), ())
    assert second.table["v_w"].shape == second.table["w"].shape
