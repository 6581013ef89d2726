"""Every refusal: its class, what its message names, and where it is raised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import And, Function, I, Piecewise, Symbol, exp, nan, oo, tanh, zoo

import symbackprop as sb
from symbackprop import LogSumExp, Network, Sum, errors
from symbackprop import functions as f


def network() -> SimpleNamespace:
    net = Network("r")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    return SimpleNamespace(net=net, N=N, D=D, n=n, i=i, x=x, w=w, z=z)


RIGHT_SIDES: dict[str, tuple[Any, type[Exception], str]] = {
    "rank": (lambda o: o.x[o.n], errors.RankMismatch, "2 subscripts"),
    "bare tensor": (lambda o: o.x, errors.RankMismatch, "found 0"),
    "unbound": (lambda o: o.x[o.n, o.i], errors.UnboundIndex, "found i"),
    "bound elsewhere only": (lambda o: Sum(o.w[o.i], o.i) * o.w[o.i], errors.UnboundIndex, "found i"),
    "one too far": (lambda o: o.x[o.n, o.D], errors.OutOfRange, "x[n, D]"),
    "below 0": (lambda o: o.x[o.n, -1], errors.OutOfRange, "subscript is -1"),
    "shifted": (lambda o: Sum(o.w[o.i + 1], o.i), errors.OutOfRange, "w[i + 1]"),
    "another size": (lambda o: o.w[o.n], errors.OutOfRange, "assume"),
    "strided": (lambda o: Sum(o.w[2 * o.i], o.i), errors.OutOfRange, "w[2*i]"),
    "wrong guard": (lambda o: Sum(Piecewise((o.w[o.i - 1], o.i >= 0), (0, True)), o.i), errors.OutOfRange, "w[i - 1]"),
    "unguarded branch": (
        lambda o: Sum(Piecewise((0, o.i >= 1), (o.w[o.i - 1], True)), o.i), errors.OutOfRange, "w[i - 1]"),
    "guard in the same condition": (
        lambda o: Sum(Piecewise((1, And(o.i >= 1, o.w[o.i - 1] > 0)), (0, True)), o.i), errors.OutOfRange, "w[i - 1]"),
    "another network's tensor": (lambda o: Network("q").input("y", (3,))[0], errors.ForeignTensor, "'q'"),
    "another network's size": (lambda o: Network("q").dim("Q") * o.w[0], errors.UnknownSymbol, "Q"),
    "a symbol": (lambda o: Symbol("q") * o.w[0], errors.UnknownSymbol, "symbol q"),
    "not affine": (lambda o: Sum(o.w[o.i**2], o.i), errors.InvalidSubscript, "i**2"),
    "half a position": (lambda o: o.w[0.5], errors.InvalidSubscript, "0.5"),
    "gather by a float": (lambda o: o.w[o.x[o.n, 0]], errors.InvalidSubscript, 'dtype="int"'),
    "slice": (lambda o: o.w[:], errors.InvalidSubscript, "element by element"),
    "nan": (lambda o: nan, errors.UndefinedConstant, "nan"),
    "complex infinity": (lambda o: zoo + o.w[0], errors.UndefinedConstant, "zoo"),
    "imaginary": (lambda o: I * o.w[0], errors.UndefinedConstant, "I"),
    "no last branch": (lambda o: Piecewise((o.w[0], o.n > 1)), errors.MissingDefault, "True"),
    "condition as number": (lambda o: o.n > 1, errors.BooleanAsNumber, "n > 1"),
    "unknown function": (lambda o: Function("g")(o.w[0]), errors.UnknownFunction, "g(w[0])"),
    "gamma": (lambda o: sympy.gamma(o.w[0]), errors.UnknownFunction, "gamma"),
    "string": (lambda o: "w", errors.UnknownFunction, "str"),
    "array": (lambda o: np.ones(3), errors.UnknownFunction, "ndarray"),
    "no index to reduce": (lambda o: Sum(o.w[0]), errors.InvalidReduction, "none"),
    "an index twice": (lambda o: LogSumExp(o.w[o.i], o.i, o.i), errors.InvalidReduction, "twice"),
    "reduced over a size": (lambda o: Sum(o.w[o.i], o.D), errors.InvalidReduction, "D"),
    "SymPy's limits by an index": (
        lambda o: sympy.Sum(o.w[o.i], (o.i, 0, o.n)), errors.InvalidReduction, "Piecewise"),
    "SymPy's folded Piecewise": (
        lambda o: sympy.Sum(o.w[o.i] * Piecewise((sympy.Sum(o.w[o.i], o.i), o.i > 0), (0, True)), o.i),
        errors.CapturedIndex, "import Sum and"),
    "gelu": (lambda o: f.gelu(o.w[0], approximate="sigmoid"), errors.InvalidArgument, "tanh"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_SIDES)
def test_a_wrong_equation_is_refused_where_it_is_written_and_leaves_no_trace(name: str) -> None:
    write, kind, words = RIGHT_SIDES[name]
    o = network()
    with pytest.raises(errors.SymbackpropError) as caught:
        o.z[o.n] = write(o)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert caught.value.expected
    assert caught.value.found
    o.z[o.n] = Sum(o.w[o.i] * o.x[o.n, o.i], o.i)
    o.net.loss = Sum(o.z[o.n], o.n)
    sb.derive(o.net)


def given(o: Any) -> None:
    o.x[o.n, o.i] = 0


def loss_twice(o: Any) -> None:
    o.net.loss = 1
    o.net.loss = 2


def loss_with_index(o: Any) -> None:
    o.net.loss = o.w[o.i]


def left_not_affine(o: Any) -> None:
    o.z[o.n**2] = 1


def left_gather(o: Any) -> None:
    o.z[o.net.input("q", (o.N,), "int", high=o.N)[o.n]] = 1


def gather_too_high(o: Any) -> None:
    o.z[o.n] = o.w[o.net.input("q", (o.N,), "int", high=o.D + 1)[o.n]]


def gather_without_bound(o: Any) -> None:
    o.z[o.n] = o.w[o.net.input("q", (o.N,), "int")[o.n]]


def ranks(o: Any) -> None:
    o.z[o.n] = 1
    o.z[o.n, o.i] = 2


DECLARATIONS: dict[str, tuple[Any, type[Exception], str]] = {
    "input defined": (given, errors.GivenTensorDefined, "input x"),
    "loss twice": (loss_twice, errors.RedefinedLoss, "loss = 1"),
    "loss with an index": (loss_with_index, errors.NonScalarLoss, "found i"),
    "left not affine": (left_not_affine, errors.InvalidSubscript, "n**2"),
    "left gather": (left_gather, errors.InvalidSubscript, "q[n]"),
    "two ranks": (ranks, errors.RankMismatch, "1 subscripts"),
    "gather beyond": (gather_too_high, errors.OutOfRange, "w[q[n]]"),
    "gather without a bound": (gather_without_bound, errors.InvalidSubscript, "high=D"),
    "keyword": (lambda o: o.net.parameter("for", (o.D,)), errors.InvalidName, "keyword"),
    "no identifier": (lambda o: o.net.dim("1a"), errors.InvalidName, "1a"),
    "network's name": (lambda o: Network("my net"), errors.InvalidName, "my net"),
    "name twice": (lambda o: o.net.tensor("N"), errors.DuplicateName, "size"),
    "index with two ranges": (lambda o: o.net.index("n", o.D), errors.DuplicateName, "0..N - 1"),
    "size 0": (lambda o: o.net.parameter("q", (0,)), errors.InvalidSize, "at least 1"),
    "size 2.5": (lambda o: o.net.parameter("q", (2.5,)), errors.InvalidSize, "2.5"),
    "half a size": (lambda o: o.net.parameter("q", (o.D / 2,)), errors.InvalidSize, "//"),
    "no tuple": (lambda o: o.net.parameter("q", o.D), errors.InvalidSize, "(D,)"),
    "dtype": (lambda o: o.net.input("q", (o.D,), dtype="float32"), errors.InvalidArgument, "float32"),
    "high of floats": (lambda o: o.net.input("q", (o.D,), high=3), errors.InvalidArgument, "int"),
    "high 0": (lambda o: o.net.input("q", (o.D,), "int", high=0), errors.InvalidSize, "at least 1"),
    "init": (lambda o: o.net.parameter("q", (o.D,), init="foo"), errors.UnknownInitializer, "he_normal"),
    "init of a symbol": (lambda o: o.net.parameter("q", (), init=Symbol("s")), errors.UnknownSymbol, "s"),
    "distribution": (lambda o: o.net.random("q", (o.D,), "poisson"), errors.UnknownDistribution, "bernoulli"),
    "no p": (lambda o: o.net.random("q", (o.D,), "bernoulli"), errors.UnknownDistribution, "p="),
    "p = 2": (lambda o: o.net.random("q", (o.D,), "bernoulli", p=2), errors.InvalidArgument, "between 0 and 1"),
    "p of a normal": (lambda o: o.net.random("q", (o.D,), "normal", p=1), errors.UnknownDistribution, "std"),
    "std below 0": (lambda o: o.net.random("q", (o.D,), "normal", std=-1), errors.InvalidArgument, "std"),
    "assumed of what is computed": (
        lambda o: o.net.assume(sympy.Eq(o.z, 1)), errors.UnsupportedAssumption, "computed"),
    "output given": (lambda o: o.net.output(o.x), errors.InvalidOutput, "input x"),
    "output twice": (lambda o: o.net.output(o.z, o.z), errors.InvalidOutput, "twice"),
    "output of an element": (lambda o: o.net.output(o.z[o.n]), errors.InvalidOutput, "z[n]"),
    "update of no buffer": (lambda o: o.net.update(o.w[o.i], 0), errors.InvalidArgument, "buffer"),
}  # fmt: skip
RESERVED = ["params", "rng", "workspace", "buffers", "cache", "dtype", "np"]


@pytest.mark.parametrize("name", DECLARATIONS)
def test_a_wrong_declaration_is_refused_at_once(name: str) -> None:
    act, kind, words = DECLARATIONS[name]
    with pytest.raises(errors.SymbackpropError) as caught:
        act(network())
    assert type(caught.value) is kind
    assert words in str(caught.value)


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names(name: str) -> None:
    net = Network("r")
    for declare in (
        net.dim,
        net.tensor,
        lambda name: net.parameter(name, ()),
        lambda name: net.input(name, ()),
        Network,
    ):
        with pytest.raises(errors.InvalidName, match=name):
            declare(name)


def good(o: Any) -> None:
    o.z[o.n] = Sum(o.w[o.i] * o.x[o.n, o.i], o.i)
    o.net.loss = Sum(o.z[o.n], o.n)


def no_loss(o: Any) -> None:
    o.z[o.n] = Sum(o.w[o.i] * o.x[o.n, o.i], o.i)


def unused_parameter(o: Any) -> None:
    good(o)
    o.net.parameter("q", (o.D,))


def unused_input(o: Any) -> None:
    good(o)
    o.net.input("q", (o.D,))


def unused_tensor(o: Any) -> None:
    good(o)
    o.net.tensor("q")[o.n] = o.z[o.n]


def parameter_of_an_output_only(o: Any) -> None:
    good(o)
    q = o.net.tensor("q")
    q[o.n] = o.net.parameter("v", ()) * o.z[o.n]
    o.net.output(q)


def undefined(o: Any) -> None:
    o.z[o.n] = o.net.tensor("q")[o.n] + Sum(o.w[o.i] * o.x[o.n, o.i], o.i)
    o.net.loss = Sum(o.z[o.n], o.n)


def undefined_output(o: Any) -> None:
    good(o)
    o.net.output(o.net.tensor("q"))


def twice(o: Any) -> None:
    good(o)
    o.z[o.n] = 2


def overlap(o: Any) -> None:
    good(o)
    o.z[0] = 2


def hole(o: Any) -> None:
    t = o.net.index("t", (2, o.N - 1))
    o.z[0] = 1
    o.z[t] = o.w[0] + o.x[t, 0]
    o.net.loss = Sum(o.z[t], t)


def stride(o: Any) -> None:
    o.z[2 * o.n] = o.w[0] * o.x[o.n, 0]
    o.net.loss = Sum(o.z[2 * o.n], o.n)


def diagonal(o: Any) -> None:
    o.z[o.n, o.n] = o.w[0] * o.x[o.n, 0]
    o.net.loss = Sum(o.z[o.n, o.n], o.n)


def below(o: Any) -> None:
    good(o)
    q = o.net.tensor("q")
    q[o.n - 1] = o.z[o.n]
    o.net.output(q)


def beyond(o: Any) -> None:
    t = o.net.index("t", (1, o.N - 1))
    o.z[t] = o.w[0] + o.x[t, 0]
    o.net.loss = Sum(o.z[o.n], o.n)


def itself(o: Any) -> None:
    o.z[o.n] = o.z[o.n] + o.w[0] * o.x[o.n, 0]
    o.net.loss = Sum(o.z[o.n], o.n)


def each_other(o: Any) -> None:
    q = o.net.tensor("q")
    o.z[o.n] = q[o.n] + o.w[0] * o.x[o.n, 0]
    q[o.n] = tanh(o.z[o.n])
    o.net.loss = Sum(o.z[o.n], o.n)


def both_ways(o: Any) -> None:
    t = o.net.index("t", (1, o.N))
    o.z[0] = 0
    o.z[o.N + 1] = 0
    o.z[t] = o.z[t - 1] + o.z[t + 1] + o.w[0] * o.x[t - 1, 0]
    o.net.loss = Sum(o.z[t], t)


def late_output(o: Any) -> None:
    good(o)
    t, q = o.net.index("t", (1, o.N)), o.net.tensor("q")
    q[t] = o.z[t - 1]
    o.net.output(q)


def partial_update(o: Any) -> None:
    good(o)
    o.net.update(o.net.buffer("b", (o.D,), "zeros")[0], o.z[0])


def update_twice(o: Any) -> None:
    good(o)
    b = o.net.buffer("b", (o.D,), "zeros")
    o.net.update(b[o.i], 0)
    o.net.update(b[0], 0)


def unused_buffer(o: Any) -> None:
    good(o)
    o.net.buffer("b", (o.D,), "zeros")


def unused_noise(o: Any) -> None:
    good(o)
    o.net.random("q", (o.D,), "normal")


WHOLE: dict[Any, tuple[type[Exception], str]] = {
    no_loss: (errors.MissingLoss, "net.loss"),
    unused_parameter: (errors.UnreachedParameter, "parameter q"),
    unused_input: (errors.UnreachedTensor, "input q"),
    unused_tensor: (errors.UnreachedTensor, "net.output(q)"),
    parameter_of_an_output_only: (errors.UnreachedParameter, "parameter v"),
    undefined: (errors.UndefinedTensor, "z[n] ="),
    undefined_output: (errors.UndefinedTensor, "tensor q"),
    twice: (errors.OverlappingDefinitions, "z[n] = 2"),
    overlap: (errors.OverlappingDefinitions, "z[0]"),
    hole: (errors.IncompleteDefinition, "z[1]"),
    stride: (errors.IncompleteDefinition, "z[1]"),
    diagonal: (errors.IncompleteDefinition, "z[0, 1]"),
    below: (errors.OutOfRange, "-1"),
    beyond: (errors.OutOfRange, "loss = Sum(z[n], n)"),
    itself: (errors.CyclicEquations, "z[n] ="),
    each_other: (errors.CyclicEquations, "z needs q"),
    both_ways: (errors.CyclicEquations, "z[t] ="),
    late_output: (errors.InvalidOutput, "starts at 1"),
    partial_update: (errors.IncompleteDefinition, "update(b[0], z[0])"),
    update_twice: (errors.OverlappingDefinitions, "update(b[i], 0)"),
    unused_buffer: (errors.UnreachedTensor, "buffer b"),
    unused_noise: (errors.UnreachedTensor, "random q"),
}


@pytest.mark.parametrize("write", WHOLE)
def test_a_wrong_network_is_refused_by_every_function_alike(write: Any) -> None:
    kind, words = WHOLE[write]
    o = network()
    write(o)
    messages = set()
    for function in (sb.derive, sb.generate, sb.load, sb.verify):
        with pytest.raises(errors.SymbackpropError) as caught:
            function(o.net)
        assert type(caught.value) is kind
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert words in messages.pop()


@pytest.mark.parametrize("wrt", ["q", ["w", "w"], [], ["N"], 3, ["label"]])
def test_wrt(wrt: Any) -> None:
    o = network()
    label = o.net.input("label", (o.N,), "int", high=o.D)
    o.z[o.n] = o.w[label[o.n]] * o.x[o.n, 0]
    o.net.loss = Sum(exp(o.z[o.n]), o.n)
    for function in (sb.derive, sb.generate, sb.load):
        with pytest.raises((errors.UnknownTensor, errors.InvalidArgument), match="wrt"):
            function(o.net, wrt=wrt)


def test_a_parameter_of_gradient_zero_is_no_mistake() -> None:
    o = network()
    o.z[o.n] = f.stop_gradient(o.w[0]) * o.x[o.n, 0] + Piecewise((1, o.w[0] > oo), (0, True))
    o.net.loss = Sum(o.z[o.n], o.n)
    _, grads = sb.load(o.net).value_and_grad({"w": np.ones(3)}, np.ones((2, 3)))
    assert grads["w"].shape == (3,)
    assert not grads["w"].any()
