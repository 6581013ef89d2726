"""What makes a network a layer, and what is refused of one."""

from __future__ import annotations

import pytest
from sympy import tanh

from symbackprop import Network, Sum, derive, errors, generate, layers, load
from symbackprop.terms.check_program import check
from symbackprop.terms.program import TensorKind


def begun() -> tuple[Network, dict[str, object]]:
    net = Network("begun")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W = net.input("x", (N, D)), net.parameter("W", (H, D))
    y = net.tensor("y")
    y[n, j] = tanh(Sum(W[j, i] * x[n, i], i))
    return net, {"N": N, "D": D, "H": H, "n": n, "i": i, "j": j, "x": x, "W": W, "y": y}


def test_outputs_make_a_layer() -> None:
    net, names = begun()
    with pytest.raises(errors.MissingLoss, match=r"a loss, or the outputs of a layer, found neither.*net\.output"):
        derive(net)
    net.output(names["y"])
    program = check(net.to_program())
    assert program.results == ("y",)
    assert program.cotangents == (("y", "d_y"),)
    assert [t.name for t in program.of_kind(TensorKind.COTANGENT)] == ["d_y"]
    assert program.table["d_y"].shape == program.table["y"].shape
    assert "y" in program.definitions
    assert len(program.computed) == len(program.equations) - 1


def test_a_network_with_a_loss_is_none() -> None:
    net, names = begun()
    net.output(names["y"])
    net.loss = names["y"][0, 0]
    program = net.to_program()
    assert program.cotangents == ()
    assert program.results == ("loss",)
    assert not program.of_kind(TensorKind.COTANGENT)


def test_an_optimizers_program_stays_as_it_is() -> None:
    net, names = begun()
    net.output(names["y"])
    assert net.to_program().cotangents
    plain = net.to_program(needs_loss=False)
    assert plain.loss is None
    assert plain.cotangents == ()
    assert net.to_program().cotangents


def test_what_reaches_no_output_is_refused() -> None:
    net, names = begun()
    net.output(names["y"])
    net.parameter("unused", ())
    with pytest.raises(errors.UnreachedParameter, match="expected an output to depend on it"):
        generate(net)
    net, names = begun()
    net.output(names["y"])
    z = net.tensor("z")
    z[names["n"]] = names["y"][names["n"], 0]
    with pytest.raises(errors.UnreachedTensor, match="tensor z"):
        derive(net)
    net, names = begun()
    net.output(names["y"])
    net.input("x2", (names["N"],))
    with pytest.raises(errors.UnreachedTensor, match="input x2"):
        load(net)
    net, names = begun()
    gain, state = net.parameter("gain", ()), net.buffer("state", (), "zeros")
    net.update(state, state + gain)
    net.output(names["y"])
    with pytest.raises(errors.UnreachedParameter, match="parameter gain"):
        derive(net)


@pytest.mark.parametrize("kind", ["input", "tensor", "size"])
def test_names_of_cotangents_are_reserved(kind: str) -> None:
    net, names = begun()
    n, i = names["n"], names["i"]
    net.output(names["y"])
    if kind == "size":
        net.dim("d_y")
    elif kind == "input":
        u = net.tensor("u")
        u[n, i] = net.input("d_y", (names["N"], names["D"]))[n, i]
        net.output(u)
    else:
        u = net.tensor("d_y")
        u[n, i] = names["x"][n, i]
        net.output(u)
    for function in (derive, generate, load):
        with pytest.raises(errors.DuplicateName, match=r"'d_y'.*cotangent of the output y.*call it d_y_"):
            function(net)


def test_cotangents_stand_in_claims_alone() -> None:
    net, names = begun()
    n, j, y = names["n"], names["j"], names["y"]
    with pytest.raises(errors.InvalidArgument, match="an output of a network without a loss"):
        net.cotangent(y)
    net.output(y)
    d_y = net.cotangent(y)
    assert d_y.shape == y.shape
    u = net.tensor("u")
    with pytest.raises(errors.UnknownTensor, match="the cotangent of an output"):
        u[n, j] = d_y[n, j]
    with pytest.raises(errors.UnknownTensor, match="the cotangent of an output"):
        net.loss = d_y[0, 0]
    assert "u" in net.symbols


def test_a_claim_that_a_loss_outdates() -> None:
    from symbackprop import check_derivation, delta

    net, names = begun()
    n, j, y = names["n"], names["j"], names["y"]
    with pytest.raises(errors.MissingLoss, match=r"net\.loss or net\.output"):
        net.claim(delta(y)[n, j], 0)
    net.output(y)
    net.claim(delta(y)[n, j], net.cotangent(y)[n, j])
    assert check_derivation(net).passed
    net.loss = Sum(y[n, j], n, j)
    with pytest.raises(errors.UnknownTensor, match="d_y, which it has no more"):
        check_derivation(net)


def test_library_layers_alone() -> None:
    net = Network("stack")
    N, D = net.dims("N D")
    x = net.input("x", (N, D))
    net.output(layers.dense(layers.dropout(layers.dense(x, 8, activation=tanh, name="1")), 3, name="2"))
    module = load(net)
    assert module.WRT == ("W1", "b1", "W2", "b2", "x")
    assert module.check()
