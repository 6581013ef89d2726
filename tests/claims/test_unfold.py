"""What an element stands for: its equations' value there, against the interpreter's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from symbackprop import Network, Sum
from symbackprop.claims.unfold import TooLong, Unfolding
from symbackprop.interpret import Interpreter, Residues
from symbackprop.terms.build import access
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import choose_sizes

from .networks import convolution, fresh, residual
from .test_words import ground_for

DEEP = {"residual": lambda: residual().net, "convolution": lambda: convolution().net, "mlp": lambda: fresh("mlp").net}


@pytest.mark.parametrize("name", DEEP)
def test_every_delta_down_to_the_network(name: str) -> None:
    """Scattered windows, solved indices and all: what is unfolded has the values of what it is unfolded from."""
    ground = ground_for(DEEP[name]())
    forward, backward = ground.derived.forward, ground.backward
    sizes = choose_sizes(ground.program, 1)
    data, arithmetic = draw(ground.program, sizes, 1, exact=True), Residues(1)
    outer = Interpreter(forward, sizes, data, arithmetic)
    derived = Interpreter(backward, sizes, data, arithmetic, outer=outer)
    unfold = Unfolding.of(backward.equations, backward.definitions.keys())
    assert unfold.names == backward.definitions.keys()
    for tensor in backward.tensors:
        axes = tuple(tensor.axis(place, Index(f"p{place}")) for place in range(tensor.rank))
        position = tuple(Poly.of(axis.index) for axis in axes)
        rhs = unfold(access(tensor.name, position), {axis.index: axis for axis in axes})
        whole = Equation("told", position, axes, rhs)
        assert not whole.rhs.tensors & backward.definitions.keys()
        held = Tensor("told", TensorKind.INTERMEDIATE, tensor.shape, tensor.origin)
        told = backward.with_(tensors=(*backward.tensors, held), equations=(*backward.equations, whole))
        found = Interpreter(told, sizes, data, arithmetic, outer=outer).array("told")
        assert (found == derived.array(tensor.name)).all(), tensor.name


def test_more_elements_than_are_asked_for() -> None:
    ground = ground_for(residual().net)
    unfold = Unfolding.of(ground.backward.equations, ground.backward.definitions.keys())
    equation = next(e for e in ground.backward.equations if e.rhs.tensors & unfold.names)
    ranges = {axis.index: axis for axis in equation.axes}
    assert unfold(equation.rhs, ranges, most=1000) is unfold(equation.rhs, ranges)
    with pytest.raises(TooLong):
        unfold(equation.rhs, ranges, most=0)


def unfolded(build: Callable[[Network], None], name: str) -> tuple[Program, Unfolding]:
    net = Network(name)
    build(net)
    program = net.to_program()
    return program, Unfolding.of(program.equations, {e.target for e in program.equations})


def test_an_element_of_a_tensor_defined_in_parts() -> None:
    def build(net: Network) -> None:
        T = net.dim("T")
        t, u = net.index("t", (1, T)), net.index("u", T + 1)
        w, h, y = net.parameter("w", (T,)), net.tensor("h"), net.tensor("y")
        h[0] = 1
        h[t] = w[t - 1] ** 2
        y[u] = 3 * h[T - u]
        net.loss = Sum(y[u], u)

    program, unfold = unfolded(build, "parts")
    y = program.definitions["y"][0]
    ranges = {axis.index: axis for axis in y.axes}
    text = show(unfold(y.rhs, ranges))
    assert "h" not in unfold(y.rhs, ranges).tensors
    assert "[u = T]" in text
    assert "w[T - u - 1]^2" in text or "w[T - 1 - u]^2" in text or "w[-u + T - 1]^2" in text


def test_a_recurrence_is_left_as_it_is() -> None:
    def build(net: Network) -> None:
        T = net.dim("T")
        t = net.index("t", (1, T))
        w, h = net.parameter("w", (T,)), net.tensor("h")
        h[0] = 1
        h[t] = w[t - 1] * h[t - 1]
        net.loss = h[T]

    program, unfold = unfolded(build, "recurrence")
    assert unfold.names == {"loss"}
    (loss,) = program.definitions["loss"]
    assert unfold(loss.rhs, {}) is loss.rhs
