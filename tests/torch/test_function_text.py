"""What the functions of tensors are given, ask for and return."""

from __future__ import annotations

import symbackprop
from symbackprop import Network, Sum, zoo
from symbackprop.torch.function_text import arguments_of


def head(source: str, name: str) -> str:
    return next(line for line in source.splitlines() if line.startswith(f"def {name}("))


def test_arguments_are_parameters_then_inputs_then_noise() -> None:
    program = zoo.load("vae").to_program()
    names = arguments_of(program).names
    kinds = [program.table[name].kind.value for name in names]
    order = ("parameter", "input", "random", "buffer")
    assert kinds == sorted(kinds, key=order.index)
    assert arguments_of(program, ()).names == tuple(
        n for n, kind in zip(names, kinds, strict=True) if kind == "parameter"
    )


def test_a_size_that_no_shape_gives_is_an_argument() -> None:
    net = Network("steps")
    T, D = net.dims("T D")
    d, t = net.indices(d=D, t=T)
    w = net.parameter("w", (D,))
    net.loss = Sum(w[d] ** 2 * t, d, t)
    source = symbackprop.generate(net, "torch")
    assert head(source, "_forward") == "def _forward(w, T):"
    assert head(source, "loss") == "def loss(params, *, T):"
    assert head(source, "value_and_grad") == "def value_and_grad(params, *, T):"


def test_backward_is_given_what_forward_leaves() -> None:
    source = symbackprop.generate(zoo.load("mlp"), "torch")
    assert head(source, "_forward") == "def _forward(W1, b1, W2, b2, x, y):"
    assert head(source, "_backward") == "def _backward(W1, b1, W2, b2, x, y, a1, p):"
    assert "    return [loss, a1, p]" in source
    assert "    return [d_W1, d_b1, d_W2, d_b2]" in source
