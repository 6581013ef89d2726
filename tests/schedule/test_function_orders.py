"""What each function of a module computes: all that its results need, no more, and nothing before what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest
from sympy import exp, tanh

from symbackprop import Network, Sum
from symbackprop.schedule.function_orders import ScheduledModule, module_functions
from symbackprop.schedule.steps import equations_of
from symbackprop.stages import derived_of, in_order, module_programs
from symbackprop.terms.build import number
from symbackprop.terms.program import Equation, Program, TensorKind


def network(layer: bool) -> Network:
    """Noise in training alone, a buffer that is read in prediction, features that both share."""
    net = Network("parts")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w, v = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("v", ())
    m, noise = net.buffer("m", (), "zeros"), net.random("noise", (N,), "normal")
    a, b, y, mean = net.tensors("a b y mean")
    a[n] = tanh(Sum(w[d] * x[n, d], d))
    b[n] = a[n] * exp(v[()] * noise[n])
    mean[()] = Sum(b[n], n) / N
    y[n] = a[n] * v[()] - m[()]
    net.update(m[()], (m[()] + mean[()]) / 2)
    net.output(y)
    if not layer:
        net.loss = Sum((y[n] - b[n]) ** 2, n)
    return net


@cache
def module(layer: bool, known: bool = True) -> ScheduledModule:
    """With an equation that nothing needs in each program."""
    program = network(layer).to_program()
    scheduled = in_order(derived_of(program))
    programs = module_programs(program, scheduled.derived)

    def more(one: Program, name: str) -> Program:
        tensor = replace(one.table[one.computed[0].target], name=name, shape=(), origin=())
        return one.with_(tensors=(*one.tensors, tensor), equations=(*one.equations, Equation(name, (), (), number(3))))

    assert programs.predict is not None
    programs = replace(programs, forward=more(programs.forward, "idle"), predict=more(programs.predict, "idle"))
    programs = replace(programs, backward=more(programs.backward, "idle_back"))
    return module_functions(programs, (scheduled.forward, scheduled.backward) if known else ())


def needed(equations: Iterable[Equation], wanted: Iterable[str]) -> set[str]:
    """The targets that the wanted tensors depend on, found one after the other."""
    equations, found = list(equations), set(wanted)
    while True:
        more = {name for each in equations if each.target in found for name in each.reads()} - found
        if not more:
            return {each.target for each in equations} & found
        found |= more


@pytest.mark.parametrize("layer", [False, True])
def test_what_each_computes(layer: bool) -> None:
    made = module(layer)
    assert made.shared is not None
    assert made.predict is not None
    shared, forward, backward, predict = (
        [each.target for each in equations_of(part.steps)]
        for part in (made.shared, made.forward, made.backward, made.predict)
    )
    program = made.forward.program
    nexts = [name for _, name in program.updates]
    fore = needed(program.equations, [*program.results, *made.cached, *nexts])
    there = needed(made.predict.program.equations, made.predict.program.outputs)
    assert set(shared) | set(forward) == fore
    assert set(shared) | set(predict) == there
    assert set(shared) <= fore & there
    assert not set(shared) & {*forward, *predict}
    assert "a" in shared
    assert not {"idle", "idle_back"} & {*shared, *forward, *backward, *predict}
    adjoints = [adjoint for _, adjoint in made.backward_program.wrt]
    assert set(backward) == needed(made.backward_program.equations, adjoints)


@pytest.mark.parametrize("layer", [False, True])
def test_what_is_read_is_there(layer: bool) -> None:
    made = module(layer)
    assert made.shared is not None
    assert made.predict is not None
    data = {tensor.name for tensor in made.forward.program.tensors if tensor.kind is not TensorKind.INTERMEDIATE}
    shared = {each.target for each in made.shared.equations}
    cotangents = {name for _, name in made.forward.program.cotangents}
    given = (
        (made.shared, data), (made.forward, data | shared), (made.predict, data | shared),
        (made.backward, {*made.cached, *cotangents}),
    )  # fmt: skip
    for part, there in given:
        done = set(there)
        for each in equations_of(part.steps):
            assert each.reads() <= done | {each.target}, each.target
            done.add(each.target)
    read = {name for each in made.backward.equations for name in each.reads()}
    assert not set(made.cached) & cotangents
    assert {following for _, following in made.forward.program.updates} <= set(made.cached)
    needless = set(made.cached) - read - {name for _, name in made.forward.program.updates}
    assert {made.forward.program.table[name].kind for name in needless} <= {TensorKind.BUFFER}


def test_a_known_order_is_taken() -> None:
    """It is the one that would be found."""
    for layer in (False, True):
        for part in ("shared", "forward", "backward"):
            assert getattr(module(layer), part).steps == getattr(module(layer, known=False), part).steps
