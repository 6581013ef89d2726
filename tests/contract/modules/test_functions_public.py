"""The public functions, by what they promise: derivations, verification, costs, second derivatives, errors."""

import inspect
from itertools import product

import numpy as np
import pytest
import sympy
from sympy import Piecewise, exp, tanh

import symbackprop
from symbackprop import Network, Product, Sum, cost, derive, generate, hessian_vector_product, load, verify
from symbackprop.errors import SymbackpropError
from symbackprop.language.symbols import Element


def quadratic():
    """u = tanh(A x), loss = Σ u² / 2 + s Σ x: by hand δ_u = u, ∂A = (u (1 − u²)) xᵀ."""
    net = Network("quadratic")
    M, D = net.dims("M D")
    m, d = net.indices(m=M, d=D)
    x = net.input("x", (D,))
    A, s = net.parameter("A", (M, D)), net.parameter("s", ())
    u = net.tensor("u")
    u[m] = tanh(Sum(A[m, d] * x[d], d))
    net.loss = Sum(u[m] ** 2, m) / 2 + s * Sum(x[d], d)
    net.output(u)
    return net


def test_signatures():
    signatures = {
        derive: "(net, wrt=None)", generate: "(net, backend='numpy', wrt=None)", load: "(net, wrt=None)",
        verify: "(net, dims=None, method='all', seed=0)", cost: "(net, shard=None)",
    }  # fmt: skip
    for function, expected in signatures.items():
        promised = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        bare = [p.replace(annotation=inspect.Parameter.empty) for p in promised]
        assert str(inspect.Signature(bare)) == expected


# --- derive --------------------------------------------------------------------------------------------
def parts(element):
    """(tensor, subscripts) of an element of the network's own tensors, of a δ's, or of a tensor of rank 0."""
    match element:
        case Element():
            return element.tensor.name, element.subscripts
        case sympy.Indexed():
            return str(element.base.label), element.indices
        case _:
            return str(element), ()


def value(expression, arrays, sizes):
    """A SymPy expression as `lhs` and `rhs` give it, its symbols replaced by numbers: a reader of its own."""
    match expression:
        case sympy.Indexed() | Element():
            name, subscripts = parts(expression)
            return arrays[name][tuple(int(value(i, arrays, sizes)) for i in subscripts)]
        case Sum() | Product():
            body, *axes = expression.args
            names = [axis.args[0] if isinstance(axis, sympy.Tuple) else axis for axis in axes]
            ranges = [range(int(value(a.lower, arrays, sizes)), int(value(a.upper, arrays, sizes)) + 1) for a in names]
            items = [
                value(body, arrays, {**sizes, **{str(n.label): v for n, v in zip(names, at, strict=True)}})
                for at in product(*ranges)
            ]
            return sum(items) if isinstance(expression, Sum) else np.prod(items)
        case sympy.Idx():
            return sizes[str(expression.label)]
        case sympy.Symbol():
            name = str(expression)
            return sizes[name] if name in sizes else arrays[name][()]
        case sympy.Number():
            return float(expression)
        case _:
            inner = [value(arg, arrays, sizes) for arg in expression.args]
            return float(expression.func(*(sympy.Float(v, 40) for v in inner)))


def test_a_derivation_by_its_equations():
    """Every `rhs` evaluated by SymPy gives what NumPy gives for its `lhs`; names and order are as promised."""
    net = quadratic()
    derivation = derive(net)
    assert isinstance(derivation.forward, tuple)
    assert isinstance(derivation.backward, tuple)
    rng = np.random.default_rng(0)
    A, s, x = rng.standard_normal((2, 3)), np.array(0.7), rng.standard_normal(3)
    u = np.tanh(A @ x)
    truth = {
        "u": u, "loss": (u**2).sum() / 2 + s * x.sum(),
        "d_u": u, "d_A": np.outer(u * (1 - u**2), x), "d_s": x.sum(),
    }  # fmt: skip
    arrays, sizes = {"A": A, "s": s, "x": x}, {"M": 2, "D": 3}
    found = {}
    for equation in (*derivation.forward, *derivation.backward):
        assert isinstance(equation.lhs, sympy.Basic)
        assert isinstance(equation.rhs, sympy.Basic)
        assert equation.latex()
        assert " = " in str(equation) or " += " in str(equation)
        name, subscripts = parts(equation.lhs)
        axes = [i for i in subscripts if isinstance(i, sympy.Idx)]
        shape = tuple(int(value(a.upper, {}, sizes)) + 1 for a in axes)
        array = np.zeros(shape)
        for place in np.ndindex(shape):
            at = {**sizes, **{str(a.label): p for a, p in zip(axes, place, strict=True)}}
            array[place] = value(equation.rhs, arrays, at)
        found[name] = arrays[name] = array
    for name in found.keys() & truth.keys():
        np.testing.assert_allclose(found[name], truth[name], rtol=1e-12)
    assert {"u", "loss"} <= found.keys()


def test_delta_gradient_latex_and_text():
    net = quadratic()
    derivation = derive(net)
    for asked in ("A", "s"):
        (equation,) = derivation.gradient(asked)
        assert asked in str(equation.lhs)
    (delta,) = derivation.delta("u")
    assert str(delta.lhs) == "d_u[m]"
    assert derivation.latex() == derivation.latex(form="index", steps=True)
    assert len(derivation.latex(steps=False)) < len(derivation.latex())
    assert derivation.latex(steps=False).count(r"\begin{") == derivation.latex(steps=False).count(r"\end{")
    assert derivation._repr_latex_().startswith("$")
    assert derivation.forward[0]._repr_latex_().startswith("$")
    text = str(derivation)
    assert "tanh" in text
    assert "share the gradient equally" in text
    with pytest.raises(SymbackpropError, match=r"form"):
        derivation.latex(form="prose")
    for unknown in ("q", "M"):
        with pytest.raises(SymbackpropError, match=unknown):
            derivation.delta(unknown)


def test_wrt_of_an_intermediate_is_by_the_equations_that_name_it():
    net = Network("named")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    W, y = net.parameter("W", (N, C)), net.input("y", (N, C))
    p, a = net.tensors("p a")
    p[n, k] = sympy.exp(W[n, k]) / Sum(sympy.exp(W[n, k]), k)
    a[n, k] = sympy.tanh(W[n, k])
    net.loss = -Sum(y[n, k] * sympy.log(p[n, k]), n, k) / N + Sum(a[n, k] * sympy.tanh(W[n, k]), n, k)
    module = load(net, wrt=["p", "a"])
    rng = np.random.default_rng(0)
    W, y = rng.normal(size=(3, 5)), rng.uniform(size=(3, 5))
    _, grads = module.value_and_grad({"W": W}, y)
    e = np.exp(W)
    np.testing.assert_allclose(grads["p"], -y / (3 * e / e.sum(1, keepdims=True)), rtol=1e-12)
    np.testing.assert_allclose(grads["a"], np.tanh(W), rtol=1e-12)


def test_wrt():
    net = quadratic()
    tensors = {tensor.name: tensor for tensor in net.to_program().tensors}
    assert set(tensors) >= {"x", "A", "s", "u"}
    assert derive(net).wrt == ("A", "s")
    assert derive(net, wrt="x").wrt == ("x",)
    assert derive(net, wrt=["u", "A"]).wrt == ("u", "A")
    made = load(net, wrt=("u", "x"))
    assert list(made.value_and_grad({"A": np.ones((2, 3)), "s": 1.0}, np.ones(3))[1]) == ["u", "x"]
    for bad in ("q", ["A", "q"], ["A", "A"], [], "loss_", "M"):
        with pytest.raises(SymbackpropError):
            derive(net, wrt=bad)


def test_wrt_by_tensor_objects(contract):
    net = Network("objects")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, mask = net.input("x", (N,)), net.parameter("w", (N,)), net.random("mask", (N,), "bernoulli", p=0.5)
    k, state = net.input("k", (N,), dtype="int", high=3), net.buffer("state", (N,), "zeros")
    u = net.tensor("u")
    u[n] = w[n] * x[n] * mask[n] + k[n] + state[n]
    net.loss = Sum(u[n] ** 2, n)
    assert derive(net, wrt=(x, u)).wrt == ("x", "u")
    assert derive(net, wrt=w).wrt == ("w",)
    for bad in (mask, k, state, "mask", "k", "state"):
        with pytest.raises(SymbackpropError, match=r"mask|k|state"):
            derive(net, wrt=bad)


def test_wrong_arguments():
    net = quadratic()
    with pytest.raises(SymbackpropError, match=r"fortran"):
        generate(net, backend="fortran")
    for function in (derive, generate, load, verify, cost):
        with pytest.raises((TypeError, SymbackpropError), match=r"Network"):
            function("mlp")


def test_what_is_wrong_with_the_whole_is_raised_by_all_alike():
    net = Network("forgotten")
    N = net.dim("N")
    n = net.index("n", N)
    w, _unused = net.parameter("w", (N,)), net.parameter("unused", (N,))
    net.loss = Sum(w[n] ** 2, n)
    for function in (derive, generate, load, verify, cost):
        with pytest.raises(SymbackpropError, match=r"unused"):
            function(net)


# --- second order ------------------------------------------------------------------------------------
def hessian_by_differences(made, params, rest, names, direction):
    h = 1e-5
    up, down = (
        made.value_and_grad({n: params[n] + sign * h * direction[n] for n in names}, **rest)[1] for sign in (1, -1)
    )
    return {name: (up[name] - down[name]) / (2 * h) for name in names}


@pytest.mark.parametrize("name", ["steps", "mlp", "gmm", "lstm", "padded", "normalised"])
def test_hessian_vector_products(contract, name):
    net, made = contract.network(name), contract.module(name)
    params, rest = contract.data_for(made, net, contract.sizes_of(made), 11)
    second = load(hessian_vector_product(net))
    rng = np.random.default_rng(12)
    direction = {key: rng.standard_normal(array.shape) for key, array in params.items()}
    expected = hessian_by_differences(made, params, rest, list(params), direction)
    slope, found = second.value_and_grad(params, **rest, **{f"v_{key}": v for key, v in direction.items()})
    _, grads = made.value_and_grad(params, **rest)
    assert slope == pytest.approx(sum((grads[key] * direction[key]).sum() for key in params), rel=1e-9)
    assert list(found) == list(params)
    for key, array in found.items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-5, atol=1e-7, err_msg=key)


def test_a_derivation_is_a_program_again():
    """It is derived, generated, loaded, verified and costed by the same functions."""
    net = quadratic()
    derivation = derive(net)
    again = derive(derivation)
    assert again.wrt == ("A", "s")
    assert "def backward" in generate(derivation)
    made, first = load(derivation), load(net)
    params, x = {"A": np.arange(6.0).reshape(2, 3) / 9, "s": 0.5}, np.array([1.0, -1.0, 0.25])
    for one, other in zip(
        made.value_and_grad(params, x)[1].values(), first.value_and_grad(params, x)[1].values(), strict=True
    ):
        np.testing.assert_allclose(one, other)
    assert verify(derivation).passed
    assert cost(derivation).forward.multiply_adds != 0
    assert verify(hessian_vector_product(net)).passed


# --- verify ------------------------------------------------------------------------------------------
def test_verify_and_its_arguments():
    net = quadratic()
    report = verify(net, dims={"M": 2, "D": 3}, seed=4)
    assert report.passed
    assert {row.tensor for row in report.rows} == {"A", "s"}
    assert str(report) == str(verify(net, dims={"M": 2, "D": 3}, seed=4))
    assert "quadratic" in str(report)
    for method in ("exact", "numeric"):
        assert verify(net, method=method).passed
    for bad in ({"dims": {"Q": 2}}, {"dims": {"M": 0, "D": 3}}, {"dims": {"M": 2.5, "D": 3}}, {"method": "guess"}):
        with pytest.raises((SymbackpropError, TypeError), match=r"Q|M|guess"):
            verify(net, **bad)


def test_a_wrong_derivation_is_refuted(contract):
    """A sign in one gradient: refuted by parameter, index and both values."""
    from dataclasses import replace

    from symbackprop.pipeline import derive
    from symbackprop.terms.build import mul
    from symbackprop.verify import verify_program

    net = contract.network("mlp")
    program, derived = net.to_program(), derive(net).derived
    adjoint = dict(derived.backward.wrt)["W2"]
    equations = tuple(replace(e, rhs=mul(-1, e.rhs)) if e.target == adjoint else e for e in derived.backward.equations)
    wrong = replace(derived, backward=derived.backward.with_(equations=equations))
    report = verify_program(program, wrong, load(net), method="exact")
    assert not report.passed
    (row,) = report.failures
    assert row.tensor == "W2"
    assert row.index is not None
    assert row.analytic is not None
    assert row.reference is not None
    assert row.analytic != row.reference
    text = str(report)
    assert "NOT verified" in text
    assert "W2" in text
    for number in (row.analytic, row.reference):
        assert format(number, ".9g") in text


# --- cost --------------------------------------------------------------------------------------------
def test_backward_costs_a_small_constant_times_forward(contract, every):
    measured = cost(contract.network(every))

    for scale in (1, 4, 16):

        def number(expression, scale=scale):
            sizes = {s: (12 if s.name in "HW" else 2) * scale for s in expression.free_symbols}
            return float(expression.xreplace({symbol: sympy.Integer(size) for symbol, size in sizes.items()}))

        forward, backward = (number(row.multiply_adds) + number(row.functions) for row in measured.rows[:2])
        assert 0 < forward
        assert 0 < backward <= 4 * forward
        assert all(number(row.peak_memory) > 0 and number(row.bytes_moved) > 0 for row in measured.rows[:2])


def test_the_table_of_costs_takes_no_time(contract):
    from time import process_time

    measured = cost(contract.network("lenet"))
    start = process_time()
    assert "forward" in measured.table(dict.fromkeys(measured.dims, 12))
    assert "forward" in measured.table({"N": 3, "H": 28})
    assert process_time() - start < 8


def test_costs_by_hand():
    """quadratic: M·D products forward; M·D for ∂A, backward."""
    measured = cost(quadratic())
    M, D = (next(s for s in measured.forward.multiply_adds.free_symbols if s.name == name) for name in "MD")
    leading = sympy.Poly(measured.forward.multiply_adds, M, D).coeff_monomial(M * D)
    assert leading == 1
    assert 1 <= sympy.Poly(measured.backward.multiply_adds, M, D).coeff_monomial(M * D) <= 2


def test_everything_is_exported():
    for name in ("Network", "Sum", "Product", "ReduceMax", "ReduceMin", "LogSumExp", "Mean"):
        assert getattr(symbackprop, name)
    for name in ("derive", "generate", "load", "verify", "cost"):
        assert callable(getattr(symbackprop, name))


def test_nasty_names(contract):
    """Names that the generated module, Python or NumPy use otherwise."""
    net = Network("list")
    take, max_ = net.dims("take max")
    i, j = net.indices(i=take, j=max_)
    data, range_ = net.input("data", (take, max_)), net.input("range", (take,), dtype="int", high=3)
    forward, t1, d_forward = net.parameter("forward", (max_,)), net.parameter("t1", ()), net.parameter("d_forward", ())
    mask = net.random("float", (take,), "bernoulli", p=0.5)
    arrays, lambda_, sizes = net.tensors("arrays lambda_ sizes")
    arrays[i] = Sum(forward[j] * data[i, j], j) + t1 * range_[i]
    lambda_[i] = Piecewise((exp(-arrays[i]), arrays[i] > 0), (1 - arrays[i], True)) * mask[i]
    sizes[()] = Sum(lambda_[i], i) * d_forward
    net.loss = sizes + t1**2
    net.output(arrays)
    made = load(net)
    rng = np.random.default_rng(0)
    params = {"forward": rng.standard_normal(2), "t1": np.array(0.5), "d_forward": np.array(1.25)}
    data, given, noise = rng.standard_normal((3, 2)), np.array([0, 2, 1]), np.array([1.0, 0.0, 1.0])
    loss, grads = made.value_and_grad(params, data, given, float=noise)
    a = data @ params["forward"] + 0.5 * given
    terms = np.where(a > 0, np.exp(-np.abs(a)), 1 - a) * noise
    slopes = np.where(a > 0, -np.exp(-np.abs(a)), -1) * noise * 1.25
    assert loss == pytest.approx(1.25 * terms.sum() + 0.25)
    np.testing.assert_allclose(grads["forward"], slopes @ data)
    np.testing.assert_allclose(grads["t1"], slopes @ given + 1)
    np.testing.assert_allclose(grads["d_forward"], terms.sum())
    np.testing.assert_allclose(made.predict(params, data, given), a)
    assert made.check()
