"""Networks called by CasADi: values and gradients are those of the module for NumPy, in expressions of its own too."""

from __future__ import annotations

import ctypes
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, Sum, zoo
from symbackprop.errors import InvalidArgument
from symbackprop.pipeline import generate_files
from symbackprop.sources import differentiable
from symbackprop.terms.program import DType, TensorKind
from symbackprop.verify import ModuleEvaluator
from symbackprop.verify.evaluators import Key, Of

from .compiling import STRICT, Example, different, example, needs, scratch

NAMES = ["mlp", "lenet", "lstm", "vae", "embedding", "crf", "gmm",
         "batch_norm(N C) defaults", "max_pool(N C 7) kernel_size=2", "dense(N D) units=5"]  # fmt: skip
GIVEN = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)

pytestmark = needs("gcc")


def casadi() -> Any:
    """CasADi, or a skip that says that it is not installed."""
    return pytest.importorskip("casadi")


@cache
def library(name: str) -> Path:
    made = example(name)
    return built(f"casadi_{NAMES.index(name)}", symbackprop.generate(made.net, "c", dims=made.sizes, abi="casadi"))


def built(name: str, source: str) -> Path:
    file = scratch() / f"{name}.c"
    file.write_text(source)
    target = file.with_suffix(".so")
    done = subprocess.run(
        ["gcc", *STRICT, "-Werror", "-O1", "-shared", "-fPIC", file, "-o", target, "-lm"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return target


def as_matrix(value: Any) -> np.ndarray:
    """The first axis by all others."""
    value = np.asarray(value, float)
    return value.reshape(value.shape[0], -1) if value.ndim else value.reshape(1, 1)


def expected_of(made: Example) -> dict[Key, np.ndarray]:
    """By the module for NumPy, differentiated by all that can be."""
    module = symbackprop.load(made.net, differentiable(made.program))
    values = ModuleEvaluator(module, made.net.to_program(), made.sizes).values(dict(made.data))
    return {key: np.asarray(value) for key, value in values.items() if key.of in (Of.RESULT, Of.GRADIENT)}


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients(name):
    made, file = example(name), library(name)
    ca = casadi()
    function = ca.external("case_" if made.kit.name == "case" else made.kit.name, str(file))
    given = [tensor for kind in GIVEN for tensor in made.program.of_kind(kind)]
    assert [function.name_in(place) for place in range(function.n_in())] == [tensor.name for tensor in given]
    symbols = [ca.MX.sym(t.name, *as_matrix(made.data[t.name]).shape) for t in given]
    results = function.call(symbols)
    names = list(made.program.results)
    assert [function.name_out(place) for place in range(function.n_out())] == names
    cotangents = {output: made.data[key] for output, key in made.program.cotangents}
    total = sum(ca.dot(result, ca.DM(as_matrix(cotangents.get(name, 1.0))))
                for name, result in zip(names, results, strict=True))  # fmt: skip
    wanted = expected_of(made)
    by = [key.tensor for key in wanted if key.of is Of.GRADIENT]
    of = {tensor.name: symbol for tensor, symbol in zip(given, symbols, strict=True)}
    whole = ca.Function("whole", symbols, [*results, *(ca.gradient(total, of[name]) for name in by)])
    found = [np.asarray(value) for value in whole.call([ca.DM(as_matrix(made.data[t.name])) for t in given])]
    keys = [*(Key(Of.RESULT, name) for name in names), *(Key(Of.GRADIENT, name) for name in by)]
    shaped = {key: value.reshape(wanted[key].shape) for key, value in zip(keys, found, strict=True)}
    assert different(shaped, wanted, 1e-12) == []


def test_through_expressions():
    """Its gradient is a link of CasADi's chain: of a loss whose arguments and which itself are in expressions."""
    ca = casadi()
    made = example("mlp")
    function = ca.external("mlp", str(library("mlp")))
    scale, arrays = ca.MX.sym("scale"), {name: ca.DM(as_matrix(value)) for name, value in made.data.items()}
    loss = function(**{name: value * scale if name == "W1" else value for name, value in arrays.items()})["loss"] ** 2
    slope = ca.Function("slope", [scale], [loss, ca.gradient(loss, scale), ca.jacobian(loss, scale)])
    _, gradient, jacobian = map(float, slope(0.7))
    step = 1e-6
    central = (float(slope(0.7 + step)[0]) - float(slope(0.7 - step)[0])) / (2 * step)
    assert gradient == pytest.approx(jacobian, rel=1e-14)
    assert gradient == pytest.approx(central, rel=1e-8)


def test_what_is_not_differentiable_says_so():
    """Integers, and what something is assumed of."""
    ca = casadi()
    assert [ca.external("mlp", str(library("mlp"))).is_diff_in(place) for place in range(6)] == [True] * 5 + [False]
    made = example("lstm")
    function = ca.external("lstm", str(library("lstm")))
    has = {function.name_in(place): function.is_diff_in(place) for place in range(function.n_in())}
    assert has == {tensor.name: tensor.dtype is DType.FLOAT for tensor in made.program.of_kind(*GIVEN)}


def test_what_is_left_out_is_zero():
    """By the rules of the interface: no pointer to an argument, or to a result."""
    handle = ctypes.CDLL(str(library("mlp")))
    sizes = [ctypes.c_longlong() for _ in range(4)]
    assert handle.adj1_mlp_work(*map(ctypes.byref, sizes)) == 0
    n_in, n_out, integers, reals = (size.value for size in sizes)
    assert (n_in, n_out, integers) == (8, 6, 0)
    work = (ctypes.c_double * reals)(*[float("nan")] * reals)
    arguments, results = (ctypes.c_void_p * n_in)(), (ctypes.c_void_p * n_out)()
    bias = (ctypes.c_double * 99)()
    results[3] = ctypes.addressof(bias)
    assert handle.adj1_mlp(arguments, results, None, work, 0) == 0  # a seed of zero
    assert not any(bias)
    seed = ctypes.c_double(1.0)
    arguments[7] = ctypes.addressof(seed)
    assert handle.adj1_mlp(arguments, results, None, work, 0) == 0
    C = example("mlp").sizes["C"]
    assert list(bias[:C]) == pytest.approx([1 / C] * C)  # p - y, at parameters and rows of zeros


@pytest.mark.parametrize("name", ["case", "tanh", "sinhf", "round", "memcpy", "main"])
def test_names_that_c_has(name):
    """The function that CasADi calls has the network's name alone, which C may have itself."""
    net = Network(name)
    rows, work = net.dims("rows work")  # which are macros with names of the interface
    i, j = net.indices(i=rows, j=work)
    w = net.parameter("w", (rows, work))
    net.loss = Sum(w[i, j] ** 2, i, j)
    file = built(f"named_{name}", symbackprop.generate(net, "c", dims={"rows": 2, "work": 3}, abi="casadi"))
    function = casadi().external(f"{name}_", str(file))
    assert float(function(np.ones((2, 3)))) == 6


def test_the_kit_has_it_as_a_file(tmp_path):
    net = zoo.load("mlp")
    dims = {"N": 2, "D": 3, "H": 4, "C": 5}
    files = generate_files(net, dims=dims, abi="casadi")
    assert files.keys() - generate_files(net, dims=dims).keys() == {"mlp_casadi.c"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = ["gcc", *STRICT, "-Werror", "-shared", "-fPIC", "mlp_casadi.c", "-o", "mlp.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    function = casadi().external("mlp", str(tmp_path / "mlp.so"))
    assert [function.size_in(place) for place in range(3)] == [(4, 3), (4, 1), (5, 4)]


def test_by_what_it_is_differentiated():
    """All that can be by default; what is asked for alone otherwise."""
    dims = {"N": 2, "D": 3, "H": 4, "C": 5}
    has = "static const int has[] = "
    text = symbackprop.generate(zoo.load("mlp"), "c", dims=dims, abi="casadi")
    assert f"{has}{{1, 1, 1, 1, 1, 0}};" in text
    text = symbackprop.generate(zoo.load("mlp"), "c", ["W2"], dims=dims, abi="casadi")
    assert f"{has}{{0, 0, 1, 0, 0, 0}};" in text


def test_refusals():
    net = Network("lone")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    w = net.parameter("w", (N,))
    net.loss = Sum(w[n] ** 2, n)
    with pytest.raises(InvalidArgument, match='abi: expected none with backend="numpy"'):
        symbackprop.generate(net, abi="casadi")
    with pytest.raises(InvalidArgument, match='abi: expected none with backend="torch"'):
        symbackprop.generate(net, "torch", abi="casadi")
    with pytest.raises(InvalidArgument, match='expected "casadi"'):
        symbackprop.generate(net, "c", dims={"N": 3}, abi="cython")
    with pytest.raises(InvalidArgument, match="dims: expected a number"):
        symbackprop.generate(net, "c", abi="casadi")
