"""Predict keeps of a recurrence the rows that it reads, and its values are those of the reference interpreter."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from sympy import Piecewise, tanh

from symbackprop import Mean, Network, ReduceMax, Sum, generate, load, zoo
from symbackprop.interpret import Interpreter
from symbackprop.verify.data import draw

SIZES = ({"N": 2, "T": 5, "H": 3}, {"N": 1, "T": 1, "H": 2}, {"N": 3, "T": 2, "H": 1}, {"N": 2, "T": 8, "H": 4})


class Page:
    """A recurrence to be written: `last` its size, h and what else it needs."""

    def __init__(self) -> None:
        self.net = net = Network("rows")
        self.N, self.T, self.H = net.dims("N T H")
        self.n, self.j, self.k = net.indices(n=self.N, j=self.H, k=self.H)
        self.t = net.index("t", (1, self.T))
        self.s = net.index("s", (0, self.T - 1))
        self.x = net.input("x", (self.N, self.T, self.H))
        self.W = net.parameter("W", (self.H, self.H))
        self.h, self.y = net.tensors("h y")


def first_axis(p: Page) -> object:
    p.h[0, p.n, p.j] = 0
    p.h[p.t, p.n, p.j] = tanh(Sum(p.W[p.j, p.k] * p.h[p.t - 1, p.n, p.k], p.k) + p.x[p.n, p.t - 1, p.j])
    return p.h[p.T, p.n, p.j]


def second_axis(p: Page) -> object:
    p.h[p.n, 0, p.j] = p.x[p.n, 0, p.j]
    p.h[p.n, p.t, p.j] = tanh(Sum(p.W[p.j, p.k] * p.h[p.n, p.t - 1, p.k], p.k) + p.x[p.n, p.t - 1, p.j])
    return p.h[p.n, p.T, p.j]


def last_axis(p: Page) -> object:
    p.h[p.n, p.j, 0] = p.x[p.n, 0, p.j]
    p.h[p.n, p.j, p.t] = tanh(Sum(p.W[p.j, p.k] * p.h[p.n, p.k, p.t - 1], p.k) + p.x[p.n, p.t - 1, p.j])
    return p.h[p.n, p.j, p.T]


def backwards(p: Page) -> object:
    p.h[p.T, p.n, p.j] = p.x[p.n, 0, p.j]
    p.h[p.s, p.n, p.j] = tanh(Sum(p.W[p.j, p.k] * p.h[p.s + 1, p.n, p.k], p.k) + p.x[p.n, p.s, p.j])
    return p.h[0, p.n, p.j]


def two_steps_back(p: Page) -> object:
    before = Piecewise((p.h[p.t - 2, p.n, p.j], p.t >= 2), (p.W[0, p.j], True))
    p.h[0, p.n, p.j] = p.x[p.n, 0, p.j]
    p.h[p.t, p.n, p.j] = tanh(Sum(p.W[p.j, p.k] * p.h[p.t - 1, p.n, p.k], p.k) + before * p.x[p.n, p.t - 1, p.j])
    return p.h[p.T, p.n, p.j] * p.h[p.T - 1, p.n, p.j]


def one_number(p: Page) -> object:
    p.h[0] = p.W[0, 0]
    p.h[p.t] = tanh(p.h[p.t - 1] + Mean(p.x[p.n, p.t - 1, p.j], p.n, p.j))
    return p.h[p.T] * p.x[p.n, 0, p.j]


def step_by_step(p: Page) -> object:
    """The values on the way are read in their own step alone."""
    a = p.net.tensor("a")
    p.h[0, p.n, p.j] = 0
    a[p.t, p.n, p.j] = Sum(p.W[p.j, p.k] * p.h[p.t - 1, p.n, p.k], p.k) + p.x[p.n, p.t - 1, p.j]
    p.h[p.t, p.n, p.j] = tanh(a[p.t, p.n, p.j] - ReduceMax(a[p.t, p.n, p.k], p.k))
    return p.h[p.T, p.n, p.j]


def all_are_read(p: Page) -> object:
    first_axis(p)
    s = p.net.index("s2", (0, p.T))
    return Sum(p.h[s, p.n, p.j], s)


def the_first_is_read(p: Page) -> object:
    first_axis(p)
    return p.h[p.T, p.n, p.j] + p.h[1, p.n, p.j]


def no_turn_at_one(p: Page) -> object:
    """The loop has no turn where there is one step."""
    r = p.net.index("r", (1, p.T - 1))
    p.h[0, p.n, p.j] = p.x[p.n, 0, p.j]
    p.h[r, p.n, p.j] = tanh(Sum(p.W[p.j, p.k] * p.h[r - 1, p.n, p.k], p.k) + p.x[p.n, r, p.j])
    return p.h[p.T - 1, p.n, p.j]


def grid(p: Page) -> object:
    """Two recurrences, one inside the other."""
    u = p.net.index("u", (1, p.H - 1))
    p.h[0, p.j] = p.x[0, 0, p.j]
    p.h[p.t, 0] = p.x[0, p.t - 1, 0]
    p.h[p.t, u] = tanh(p.h[p.t - 1, u] + p.W[u, u] * p.h[p.t, u - 1] + p.h[p.t - 1, u - 1])
    return p.h[p.T, p.j] * p.x[p.n, 0, p.j]


CASES: dict[Callable[[Page], object], dict[str, tuple[int, int]]] = {
    first_axis: {"h": (0, 2)},
    second_axis: {"h": (1, 2)},
    last_axis: {"h": (2, 2)},
    backwards: {"h": (0, 2)},
    two_steps_back: {"h": (0, 3)},
    one_number: {"h": (0, 2)},
    step_by_step: {"h": (0, 2), "a": (0, 1)},
    all_are_read: {},
    the_first_is_read: {},
    no_turn_at_one: {"h": (0, 2)},
    grid: {},
}


def written(build: Callable[[Page], object], output: bool = False) -> Network:
    page = Page()
    page.y[page.n, page.j] = build(page)
    page.net.loss = Mean(page.y[page.n, page.j] ** 2, page.n, page.j)
    page.net.output(*((page.y, page.h) if output else (page.y,)))
    return page.net


def table(net: Network) -> dict[str, tuple[int, int]]:
    text = generate(net)
    found = re.search(r"rows = (\{.*?\})", text, flags=re.DOTALL)
    return {} if found is None else eval(found[1])


@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_as_few_as_are_read(build):
    found = table(written(build))
    assert {name: rows for name, rows in found.items() if name in ("h", "a")} == CASES[build]
    assert "h" not in table(written(build, output=True))


@pytest.mark.parametrize("output", [False, True], ids=["", "h is an output"])
@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_the_values_are_those_of_the_interpreter(build, output):
    net = written(build, output)
    program, module = net.to_program(), load(net)
    workspace = module.Workspace()
    for sizes in SIZES if build is not two_steps_back else SIZES[::2]:
        for seed in range(2):
            data = draw(program, sizes, seed)
            reference = Interpreter(program, sizes, data, training=False)
            params = {"W": data["W"]}
            for storage in (None, workspace):
                if storage is not None:
                    module.forward(params, data["x"], workspace=storage)  # which keeps all rows, in the same storage
                found = module.predict(params, data["x"], workspace=storage)
                for name, value in zip(program.outputs, found if output else (found,), strict=True):
                    np.testing.assert_allclose(value, reference.array(name), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_single_precision_is_the_same_to_the_last_bit(build):
    net = written(build)
    program, few, whole = net.to_program(), load(net), load(net)
    whole._last_rows = lambda take, counts: take
    for sizes in SIZES[::2] if build is two_steps_back else SIZES:
        data = {name: array.astype(np.float32) for name, array in draw(program, sizes, 1).items()}
        found, expected = (module.predict({"W": data["W"]}, data["x"]) for module in (few, whole))
        assert found.dtype == np.float32
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("name", ["lstm", "hmm", "neural_ode", "deep_mlp"])
def test_memory_of_the_zoo(name):
    """What grows with the steps grows by what is no recurrence."""
    module = load(zoo.load(name))
    few = module._last_rows
    steps = {"lstm": "T", "hmm": "T", "neural_ode": "S", "deep_mlp": "L"}[name]

    def peak(count: int, rows: bool) -> int:
        sizes = {**dict.fromkeys(module.DIMS, 8), steps: count}
        shapes = {**module.PARAMETERS, **module.INPUTS}
        wanted = {"lstm": ["x"], "hmm": ["symbol"], "neural_ode": ["x"], "deep_mlp": ["x"]}[name]
        arrays = {
            each: np.zeros(tuple(eval(size, dict(sizes)) for size in shape), int if kind == "int" else np.float32)
            for each, (shape, kind) in shapes.items()
            if each in module.PARAMETERS or each in wanted
        }
        params = {each: arrays[each] for each in module.PARAMETERS}
        more = {steps: count} if name == "neural_ode" else {}
        module._last_rows = few if rows else lambda take, counts: take
        module._PLANS.clear()
        module.predict(params, *(arrays[each] for each in wanted), **more)
        tracemalloc.start()
        module.predict(params, *(arrays[each] for each in wanted), **more)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    grown = peak(400, True) - peak(200, True)
    assert grown < 0.6 * (peak(400, False) - peak(200, False))
