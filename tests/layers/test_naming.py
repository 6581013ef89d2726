"""Names for a layer's tensors, indices for its axes, and what its arguments must be."""

import pytest
from sympy import Symbol

from symbackprop import Network, errors
from symbackprop.language import names_of
from symbackprop.layers import naming


def written() -> Network:
    net = Network("naming")
    N, D = net.dims("N D")
    net.input("x", (N, D, N))
    net.index("n", (1, N))
    return net


def test_the_first_number_that_is_free() -> None:
    net = written()
    x = net.symbols["x"]
    assert naming.layer(x, "test", None, ("W", "b")).suffix == "1"
    net.parameter("b1", ())
    assert naming.layer(x, "test", None, ("W", "b")).suffix == "2"
    assert naming.layer(x, "test", "head", ("W",)).suffix == "_head"
    assert naming.layer(x, "test", "7", ("W",)).suffix == "7"
    with pytest.raises(errors.DuplicateName, match="share the weights"):
        naming.layer(x, "test", "1", ("W", "b")).tensor("b")


def test_indices_are_all_different_and_have_the_ranges_of_the_axes() -> None:
    net = written()
    x = net.symbols["x"]
    found = naming.indices_of(x)
    assert [str(index) for index in found] == ["n2", "d", "n3"]
    assert [index.upper + 1 for index in found] == list(x.shape)


def test_bias() -> None:
    net = written()
    this = naming.Layer(net, "1")
    value = Symbol("value")
    assert this.biased(value, "b", (2,), 0, bias=False) is value
    assert str(this.biased(value, "b", (2,), 0, bias=True)) == "value + b1[0]"
    assert net._book.tensors["b1"].initializer.name == "zeros"


def test_put() -> None:
    assert naming.put((1, 2, 3), 1, 9) == (1, 9, 3)
    assert naming.put((1, 2, 3), 0) == (2, 3)


def test_what_arguments_must_be() -> None:
    net = written()
    x = net.symbols["x"]
    N, D = x.shape[:2]
    assert naming.require_axis(x, -1, "test") == 2
    assert naming.require_rank(x, 2, "test", "(...)", or_more=True) == x.shape
    naming.require_shape(x, (N, (D + 1) - 1, N), "test", "the shape")
    for ask in (
        lambda: naming.require_axis(x, 3, "test"),
        lambda: naming.require_rank(x, 2, "test", "(N, D)"),
        lambda: naming.require_shape(x, (N, D), "test", "the shape"),
        lambda: naming.require_tensor(x[0, 0, 0], "test"),
        lambda: naming.activated(naming.Layer(net, "1"), x, 3, "a"),
    ):
        with pytest.raises(errors.InvalidArgument):
            ask()


def test_a_program_is_no_network_to_add_to() -> None:
    net = Network("complete")
    w = net.parameter("w", (3,))
    net.loss = w[0] + w[1] + w[2]
    with pytest.raises(errors.InvalidArgument, match="a program is complete"):
        naming.layer(names_of(net.to_program())["w"], "test", None, ())
