"""Programs: names that are free, tensors that depend on themselves, what is computed for what."""

import random

import numpy as np
import pytest

from symbackprop.terms.build import access, add, poly_value
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import (
    Equation,
    EquationNumber,
    Program,
    Tensor,
    TensorKind,
    Way,
    fresh_name,
    recurrent_tensors,
    zeros,
)

N, HERE = Poly.of(Dim("N")), Poly.of(Index("i"))


@pytest.mark.parametrize("seed", range(40))
def test_recurrent_is_what_reaches_itself(seed):
    rng, names = random.Random(seed), "abcdef"
    equations = []
    for name in names:
        read = [other for other in names + "x" if rng.random() < 0.2]
        equations.append(Equation(name, (), (), add(1, *map(access, read))))
    edges = np.array([[other in equation.rhs.tensors for other in names] for equation in equations], float)
    paths = sum(np.linalg.matrix_power(edges, length) for length in range(1, len(names) + 1))
    assert recurrent_tensors(equations) == {name for place, name in enumerate(names) if paths[place, place]}


@pytest.mark.parametrize("count", [1, 2, 17, 60])
def test_a_fresh_name_is_free_and_the_first_where_there_are_no_gaps(count):
    taken: set[str] = set()
    for place in range(count):
        before = set(taken)
        found = fresh_name("d", taken)
        assert found == ("d" if not place else f"d_{place + 1}")
        assert taken == before | {found}
    assert len(taken) == count


@pytest.mark.parametrize("seed", range(20))
def test_a_fresh_name_is_free_among_gaps(seed):
    rng = random.Random(seed)
    taken = {"d", *(f"d_{number}" for number in rng.sample(range(2, 60), 40))}
    assert fresh_name("d", set(taken)) not in taken
    assert fresh_name("e", set(taken)) == "e"


def test_positions_of_a_tensor():
    tensor = Tensor("h", TensorKind.INTERMEDIATE, (N + 1, N), (Poly.of(-1), Poly.of(2)))
    assert tensor.rank == 2
    assert tensor.highest == (N - 1, N + 1)
    axis = tensor.axis(1, Index("t"))
    assert (axis.low, axis.high, axis.extent) == (2, N + 1, N)
    assert zeros(2) == (0, 0)


def test_what_is_computed_for_what():
    """Of a layer y the inner product with d_y is there to be differentiated alone."""
    kinds = {"x": TensorKind.INPUT, "w": TensorKind.PARAMETER, "d_y": TensorKind.COTANGENT}
    tensors = tuple(Tensor(n, kinds.get(n, TensorKind.INTERMEDIATE), (), ()) for n in ("x", "w", "d_y", "y", "l"))
    y, inner = Equation("y", (), (), add(access("x"), access("w"))), Equation("l", (), (), access("y"))
    layer = Program("p", (), tensors, (y, inner), loss="l", cotangents=(("y", "d_y"),))
    network = layer.with_(cotangents=())
    assert (layer.results, network.results, network.with_(loss=None).results) == (("y",), ("l",), ())
    assert (layer.computed, network.computed) == ((y,), (y, inner))
    assert (layer.held, network.held) == ({"y": (y,)}, {"y": (y,), "l": (inner,)})
    assert (layer.inner_product, network.inner_product) == (inner, None)
    assert (layer.by_default, layer.with_(default_wrt=("x",)).by_default) == (("w",), ("x",))
    assert [tensor.name for tensor in layer.of_kind(TensorKind.INPUT, TensorKind.COTANGENT)] == ["x", "d_y"]


def test_an_equation_reads_what_its_left_side_gathers_by():
    equation = Equation("y", (access("label", [HERE]),), (), add(access("x", [HERE]), poly_value(N)))
    assert equation.reads() == {"label", "x"}
    assert equation.lhs is access("y", [access("label", [HERE])])
    assert equation.label == ""
    assert Equation("y", (), (), access("x"), number=EquationNumber(Way.BACKWARD, 12)).label == "B12"


def test_another_right_hand_side():
    equation = Equation("y", (HERE,), (), access("x", [HERE]), number=EquationNumber(Way.FORWARD, 3))
    assert equation.with_rhs(equation.rhs) is equation
    other = equation.with_rhs(access("z", [HERE]))
    assert (other.target, other.subscripts, other.rhs, other.label) == ("y", (HERE,), access("z", [HERE]), "F3")
    assert len({equation, other, equation.with_rhs(access("x", [HERE]))}) == 2
