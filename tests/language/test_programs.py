"""The names of a network or of a program, to write claims with."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum, check_derivation, delta, errors
from symbackprop.language.programs import book_of, names_of


def network() -> Network:
    net = Network("names")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, y = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("y")
    y[n] = Sum(x[n, i] * w[i], i)
    net.loss = Sum(y[n] ** 2, n)
    return net


def test_those_of_a_program_are_those_of_its_network() -> None:
    net = network()
    of_net, of_program = names_of(net), names_of(net.to_program())
    assert of_program.keys() == of_net.keys() | {"loss"}
    assert [of_program[name] == of_net[name] for name in ("N", "D", "n", "i")] == [True] * 4
    assert of_program["y"].shape == of_net["y"].shape
    assert str(of_program["x"][of_net["n"], of_net["i"]]) == "x[n, i]"


def test_a_program_is_complete() -> None:
    names = names_of(network().to_program())
    with pytest.raises(errors.GivenTensorDefined, match="a program is complete"):
        names["y"][names["n"]] = 1


def test_tensors_are_found_by_their_names() -> None:
    net = network()
    book = book_of(net.to_program())
    assert book.own(net.symbols["y"], lambda: "a test").name == "y"
    with pytest.raises(errors.UnknownTensor, match="a test"):
        book.own(Network("other").parameter("q", ()), lambda: "a test")


def test_claims_about_a_program() -> None:
    program = network().to_program()
    names = names_of(program)
    n, i, x, y, w = (names[name] for name in "nixyw")
    right, wrong = Sum(2 * y[n] * x[n, i], n), Sum(y[n] * x[n, i], n)
    assert check_derivation(program, [(delta(w)[i], right)]).passed
    assert not check_derivation(program, [(delta(w)[i], wrong)]).passed
