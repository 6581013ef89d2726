"""The peak memory that `cost` states against what tracemalloc measures, NumPy's arrays included."""

import inspect
import tracemalloc
from math import prod
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import sympy
from sympy import Eq, Piecewise, erf

from symbackprop import Network, Sum, cost, load, zoo
from symbackprop.feasible.size_conditions import conditions_of, first_failure
from symbackprop.sources import program_of
from symbackprop.terms.program import DType, TensorKind
from symbackprop.verify.prime_sizes import choose_sizes
from tests.derive.layers import LAYERS
from tests.layers.cases import CASES
from tests.lower.differing import CASES as DIFFERING

GENERATED = Path(__file__).parents[2] / "generated"
LEAST, MOST = 1.1e6, 8e6  # bytes, of the peaks that are measured
GIVEN = (TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER, TensorKind.COTANGENT)


def number(expression, sizes):
    return int(expression.xreplace({size: sympy.Integer(sizes[size.name]) for size in expression.free_symbols}))


def stated(found, sizes):
    """The peaks of forward and of a step."""
    return tuple(number(row.peak_memory, sizes) for row in (found.forward, found.backward))


def shape(tensor, sizes):
    return [extent.evaluate(lambda size: sizes[size.name]) for extent in tensor.shape]


def grown(program, found):
    """Sizes whose step takes enough to be measured: small ones, of which one or all are made larger until it does."""
    symbols = sympy.symbols(program.dims, integer=True, positive=True)
    of_step = sympy.lambdify(symbols, sympy.Max(found.forward.peak_memory, found.backward.peak_memory, evaluate=False))
    conditions, sizes = conditions_of(program, allow_empty=False), choose_sizes(program)
    peak = of_step(**sizes)
    while peak < LEAST:
        moves = [{**sizes, name: 2 * sizes[name]} for name in sizes]
        moves += [{name: times * size for name, size in sizes.items()} for times in (2, 3)]
        rated = [(of_step(**move), sum(prod(shape(t, move)) for t in program.tensors), move) for move in moves]
        rated = [entry for entry in rated if peak < entry[0] <= MOST and first_failure(conditions, entry[2]) is None]
        assert rated, f"no sizes of {program.name} take {LEAST} bytes"
        peak, _, sizes = max(rated, key=lambda entry: entry[0] / entry[1] ** 0.5)
    return sizes


def data(program, sizes):
    rng = np.random.default_rng(0)
    return {
        tensor.name: rng.integers(0, number_below(tensor, sizes), shape(tensor, sizes))
        if tensor.dtype is DType.INT
        else rng.uniform(0.1, 1, shape(tensor, sizes)).astype(np.float32)
        for tensor in program.of_kind(*GIVEN)
    }


def number_below(tensor, sizes):
    return 2 if tensor.high is None else tensor.high.evaluate(lambda size: sizes[size.name])


def measured(call):
    call()  # what is kept from call to call is there
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def compare(net, module, sizes=None):
    """(stated, measured) of forward and of a step, where they are large enough to be told from Python's own."""
    program, found = program_of(net), cost(net)
    sizes = grown(program, found) if sizes is None else sizes
    given = data(program, sizes)
    buffers = {name: given.pop(name) for name in getattr(module, "BUFFERS", ())}
    cotangents = {tensor.name: given.pop(tensor.name) for tensor in program.of_kind(TensorKind.COTANGENT)}
    params = {name: given.pop(name) for name in module.PARAMETERS}
    given |= {"buffers": buffers} if buffers else {}
    given |= {name: sizes[name] for name in inspect.signature(module.forward).parameters if name in sizes}

    def step():
        return module.vjp(params, **given, **cotangents) if cotangents else module.value_and_grad(params, **given)

    with np.errstate(all="ignore"):
        found_by_trace = measured(lambda: module.forward(params, **given)), measured(step)
    pairs = list(zip(stated(found, sizes), found_by_trace, strict=True))
    assert pairs[1][1] >= 1e6, sizes
    return [pair for pair in pairs if pair[1] >= 1e6]


@pytest.mark.parametrize("name", zoo.names())
def test_of_the_zoo(name):
    source = (GENERATED / f"{name}.py").read_text(encoding="utf-8")  # as it is generated, see the zoo
    exec(compile(source, name, "exec"), (module := ModuleType(name)).__dict__)
    for claimed, traced in compare(zoo.load(name), module):
        assert claimed == pytest.approx(traced, rel=0.1)


@pytest.mark.parametrize("sizes", [(100, 800, 300), (500, 4000, 32), (5000, 400, 64), (9, 40_000, 3)])
def test_of_a_sum_by_equality(sizes):
    net = Network("edges")
    V, M, H = net.dims("V M H")
    v, m, h = net.indices(v=V, m=M, h=H)
    message, target = net.parameter("message", (M, H)), net.input("target", (M,), dtype="int", high=V)
    goal, total = net.input("goal", (V, H)), net.tensor("total")
    total[v, h] = Sum(Piecewise((message[m, h], Eq(target[m], v)), (0, True)), m)
    net.loss = Sum((total[v, h] - goal[v, h]) ** 2, v, h)
    for claimed, traced in compare(net, load(net), dict(zip("VMH", sizes, strict=True))):
        assert claimed == pytest.approx(traced, rel=0.1)


@pytest.mark.parametrize("sizes", [(4000, 300, 8), (300, 4000, 8), (400, 300, 300)])
@pytest.mark.parametrize("name", ["nearest", "assigned"])
def test_of_deviations(name, sizes):
    net = DIFFERING[name]()
    for claimed, traced in compare(net, load(net), dict(zip("NKD", sizes, strict=True))):
        assert claimed == pytest.approx(traced, rel=0.1)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_of_layers(layer):
    net = layer()
    for claimed, traced in compare(net, load(net)):
        assert claimed == pytest.approx(traced, rel=0.1)


@pytest.mark.parametrize("name", [
    "max_pool(N C 7) kernel_size=2", "conv1d(N C 6) filters=F kernel_size=3 stride=2 padding=1",
    "multi_head_attention(2 T 8) heads=4 kv_heads=2", "group_norm(N C 2 3) groups=1 eps=0.01 affine=False",
])  # fmt: skip
def test_of_windows(name):
    net = CASES[name].build()
    for claimed, traced in compare(net, load(net)):
        assert claimed == pytest.approx(traced, rel=0.1)


def test_of_a_helper_that_goes_by_chunks():
    net = Network("layer")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W = net.input("x", (N, D)), net.parameter("W", (H, D))
    z, y = net.tensors("z y")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    y[n, j] = z[n, j] * (1 + erf(z[n, j]))
    net.output(y)
    for claimed, traced in compare(net, load(net), {"N": 300, "D": 200, "H": 400}):
        assert claimed == pytest.approx(traced, rel=0.1)
