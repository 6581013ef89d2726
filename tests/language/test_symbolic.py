"""Slips of those who come from NumPy, PyTorch, SymPy or plain Python: each is an error of ours that names what was
written and shows what to write instead."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import sympy

import symbackprop
import symbackprop.optimizers
from symbackprop import LogSumExp, Mean, Network, Sum, delta, functions, layers, losses
from symbackprop.errors import SymbackpropError

WORDS = {  # `from sympy import *`, as newcomers write, and the rest
    **vars(sympy), "math": math, "np": np, "sympy": sympy, "symbackprop": symbackprop, "Network": Network, "Sum": Sum,
    "LogSumExp": LogSumExp, "Mean": Mean, "delta": delta, "functions": functions, "layers": layers, "losses": losses,
}  # fmt: skip
HEAD = """
net = Network("m")
N, D, H = net.dims("N D H")
n, i, j = net.indices(n=N, i=D, j=H)
t = net.index("t", (1, D - 1))
x, W, b = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("b", (H,))
y, label = net.input("y", (N,)), net.input("label", (N,), dtype="int", high=H)
z, s = net.tensors("z s")
"""
GIVEN = HEAD.replace('z, s = net.tensors("z s")\n', "")
SLIPS = {  # and a part of what is said
    # NumPy and PyTorch
    "z[n, j] = (W @ x)[n, j]": "element by element",
    "z[n, j] = W @ x[n]": "",
    "z = W @ x\nnet.loss = z": "element by element",
    "z[n, i] = x.T[n, i]": "element by element",
    "z[n, i] = np.tanh(x[n, i])": "from sympy import tanh",
    "z[n, i] = np.exp(x)[n, i]": "from sympy import exp",
    "z[n, i] = np.maximum(0, x[n, i])": "from sympy import Max",
    "z[n, i] = np.where(x[n, i] > 0, x[n, i], 0)": "",
    "z[n, i] = np.sum(x, axis=1)": "Sum(",
    "z[n, j] = np.dot(W, x)": "Sum(W[j, i]*x[n, i], i)",
    "z[n, j] = np.einsum('ni,ji->nj', x, W)": "Sum(W[j, i]*x[n, i], i)",
    "z[n, i] = x[n, i]*np.ones(3)[i]": "declare an input or a parameter",
    "z[n, i] = x[n, i]*np.ones(3)": "declare an input or a parameter",
    "z[n, i] = np.ones(3)*x[n, i]": "declare an input or a parameter",
    "z[n, i] = np.array([1.0, 2.0])": "",
    "z[n, i] = np.asarray(x)": "declare an input or a parameter",
    "z[n] = x.sum(axis=1)": "Sum(",
    "z[n] = x.mean(1)": "Mean(",
    "s[()] = y.sum()": "write Sum(y[n], n)",
    "s[()] = b.max()": "write ReduceMax(b[j], j)",
    "z[n, j] = Sum(W[j, i]*x[n, i], i)\nz.mean()": "write Mean(z[n, j], j)",
    "s[()] = Sum(y[n], n)\ns.sum()": "s is a number: there is nothing to reduce over",
    "y[n].sum()": "write Sum(y[n], n)",
    "y[0].sum()": "y[0] is a number",
    "y.softmax()": "write exp(y[n] - LogSumExp(y[n], n))",
    "z[n, i] = x.reshape(N, D)": "affine subscripts",
    "z[n, i] = x.view(N, D)": "affine subscripts",
    "z[n, i] = x.relu()": "functions",
    "z[n, i] = x[n, i].exp()": "from sympy import exp",
    "z[n, i] = x.transpose(1, 0)": "the other way round",
    "x.backward()": "derive(net)",
    "z[n] = x[n][0]": "x[n, 0]",
    "z[n][i] = x[n, i]": "z[n, i]",
    "z[n, i] = x(n, i)": "x[n, i]",
    "z[n] = x[:, 0]": "element by element",
    "z[:, i] = x[:, i]": "element by element",
    "z[..., i] = x[..., i]": "",
    "z[n, i] = x[None, i]": "",
    "z = x\nz[n] = 0": "input",
    "len(x)": "x.shape[0]",
    "for row in x: pass": "",
    "for v in x[n, i]: pass": "",
    "list(x)": "",
    "a, c = x": "",
    "for k in range(D): z[n, k] = x[n, k]": "net.index",
    "for k in range(1, D + 1): z[n, k] = x[n, k]": "net.index",
    "[0]*N": "",
    "z[n, i] = [1, 2, 3][i]": "net.index",
    "z[n] = x[n, -1]": "",
    "z[n] = x[n, 0.5]": "affine",
    "z[n] = x[n, i/2]": "affine",
    "z[n] = x[n, i**2]": "affine",
    "z[n, i] = x[n, i, i]": "2 subscripts",
    "z[n] = x[n]": "2 subscripts",
    "z[n] = x[n, 'i']": "",
    "z[n, i] = x[n, y[n]]": 'dtype="int"',
    "z[n] = x[n, label[n] + 1]": "a gather is an integer input by itself",
    "z[n, i] = x[n, (i + 1) % D]": "Piecewise((x[n, -D + i + 1], -D + i + 1 >= 0), (x[n, i + 1], True))",
    "z[n, i] = x[n, (i - 1) % D]": "Piecewise((x[n, i - 1], i - 1 >= 0), (x[n, D + i - 1], True))",
    # Python
    "z[n, j] = sum(W[j, i]*x[n, i] for i in range(D))": "Sum(x[n, i], i)",
    "z[n, i] = math.exp(x[n, i])": "from sympy import exp",
    "z[n, i] = 1/(1 + math.exp(-x[n, i]))": "from sympy import exp",
    "z[n, i] = math.sqrt(D)": "from sympy import",
    "z[n, i] = float(x[n, i])": "from sympy import",
    "z[n, i] = int(x[n, i])": "floor(u)",
    "z[n, i] = round(x[n, i])": "floor(u)",
    "z[n, i] = complex(x[n, i])": "",
    "z[n, i] = max(0, x[n, i])": "Max(a, b) for max",
    "z[n] = max(0, 1 - y[n]*x[n, 0])": "Max(a, b) for max",
    "z[n, i] = min(x[n, i], 1)": "Max(a, b) for max",
    "z[n, i] = x[n, i] if x[n, i] > 0 else 0": "Piecewise((a, x[n, i] > 0), (b, True)) for if",
    "z[n, i] = x[n, i]*(0 < x[n, i] < 1)": "(0 < u) & (u < 1) for 0 < u < 1",
    "z[n, i] = Piecewise((1, x[n, i] > 0 and y[n] > 0), (0, True))": "(p) & (q) for and",
    "z[n, i] = Piecewise((1, not x[n, i] > 0), (0, True))": "",
    "z[n, i] = Piecewise((1, x[n, i] > 0 & y[n] > 0), (0, True))": "in parentheses",
    "z[n, i] = Piecewise((1, (x[n, i] > 0) & y[n]), (0, True))": "in parentheses",
    "z[n, i] = Piecewise((1, ~x[n, i]), (0, True))": "in parentheses",
    "z[n, i] = sorted([x[n, i], 0])[0]": "",
    "z[n, i] = x[n, i] > 0": "Piecewise((1, x[n, i] > 0), (0, True))",
    "z[n, i] = (x[n, i] > 0)*x[n, i]": "Piecewise((value, x[n, i] > 0), (0, True))",
    "z[n, i] = (1 + y[n])*(x[n, i] > 0)": "Piecewise((value, x[n, i] > 0), (0, True))",
    "z[n, i] = y[n] - (x[n, i] > 0)": "Piecewise((value, x[n, i] > 0), (0, True))",
    "z[n, i] = lambda v: v": "function",
    "z[n, i] = 'x[n, i]'": "",
    "z[n, i] = None": "",
    "z[n, i] = [x[n, i]]": "",
    "z[n, i] = (x[n, i], 1)": "",
    "z[n, i] = {1: 2}": "",
    "z[n, j] = Sum(W[j, i]*x[n, i], i)\nz[n, j] += b[j]": "an equation is no assignment",
    "s[()] = Sum(y[n], n)\ns[()] *= 2": "an equation is no assignment",
    "z[n, i] = z[n, i] + x[n, i]\nnet.loss = Sum(z[n, i], n, i)\nsymbackprop.derive(net)": "",
    "x[n, i] += 1": "define an intermediate",
    # SymPy
    "z[n, i] = sympy.Matrix([1, 2])": "",
    "z[n, i] = sympy.Symbol('q')*x[n, i]": "declare it",
    "z[n, i] = sympy.Function('f')(x[n, i])": "",
    "z[n, i] = sympy.Derivative(x[n, i]**2, x[n, i])": "derive(net)",
    "z[n, i] = x[n, i].diff(x[n, i])": "derive(net)",
    "z[n, i] = sympy.Integral(y[n], (sympy.Symbol('v'), 0, 1))": "",
    "z[n, i] = sympy.DiracDelta(x[n, i])": "",
    "z[n, i] = x[n, i]*sympy.I": "real numbers",
    "z[n, i] = sympy.nan": "real numbers",
    "z[n, i] = x[n, i]/0": "real numbers",
    "z[n, i] = float('nan')*x[n, i]": "real numbers",
    "z[n] = Sum(x[n, i])": "write Sum(x[n, i], i)",
    "z[n] = Sum(x, i)": "2 subscripts",
    "z[n] = Sum(x[n, i], D)": "declare",
    "z[n] = Sum(x[n, i], 'i')": "",
    "z[n] = Sum(x[n, i], i, i)": "each index once",
    "z[n] = Sum(x[n, i], axis=1)": "write Sum(x[n, i], i)",
    "z[n] = Sum()": "write Sum(x[n, i], i)",
    "s[()] = Sum(y)": "write Sum(y[n], n)",
    "s[()] = Sum(y[n])": "write Sum(y[n], n)",
    "z[n] = Mean(x[n])": "write Mean(x[n, i], i)",
    "x[n].max()": "write ReduceMax(x[n, i], i)",
    "z[n] = Sum(tanh(x[n, i])**2)": "write Sum(tanh(x[n, i])**2, i)",
    "z[n, i] = x[n, i]*net.training": "Piecewise((value, training), (0, True))",
    "s[()] = Sum(net.parameter('q', ()))": "q is a number",
    "z[n, i] = Piecewise(x[n, i], 0)": "found x[n, i]; write Piecewise((a, x[n, i] > 0), (b, True))",
    "z[n, i] = Piecewise((x[n, i],), (0, True))": "expected pairs (value, condition), found (x[n, i],)",
    "z[n, i] = Piecewise((x[n, i], x[n, i]), (0, True))": "write Ne(x[n, i], 0)",
    "z[n, i] = Piecewise((1, n), (0, True))": "write Ne(n, 0)",
    "z[n, i] = Sum(Piecewise((x[n, i], W[j, i]), (0, True)), j)": "write Ne(W[j, i], 0)",
    "z[n, i] = Piecewise((1, And(x[n, i], y[n] > 0)), (0, True))": "write Ne(x[n, i], 0)",
    "z[n, i] = x.transpose()[n, i]": "the other way round",
    "z[n] = x[n, i]": "Sum(..., i)",
    "k = sympy.Idx('k', D)\nz[n] = Sum(x[n, k], k)": "net.index",
    "z[n, i] = tanh(x)": "2 subscripts",
    "z[n, i] = functions.gelu(x[n, i], approximate='fast')": "tanh",
    "z[n] = sympy.Sum(x[n, i], (i, 0, D))": "write Sum(..., i) with Sum from symbackprop",
    "z[n] = Sum(x[n, i] for i in [1])": "write Sum(x[n, i], i)",
    "z[n] = Sum('x', i)": "write Sum(x[n, i], i)",
    "z[n, i] = sympy.Matrix([x[n, i]])": "write an equation over indices",
    "z[n, i] = math.trunc(x[n, i])": "from sympy import",
    "z[n, i] = x[n, i] + '1'": "x[n, i] + '1': expected expressions and numbers",
    "z[n, i] = None / x[n, i]": "None / x[n, i]: expected expressions and numbers",
    "z[n, i] = x[n, i] - (1, 2)": "(1, 2) (tuple)",
    "z[n, i] = None*x[n, i]": "NoneType",
    "z[n] = x[[n, i]]": "as in x[n, j]",
    "z[n, i] = functions.relu()": "relu(x[n, i])",
    "z[n, i] = functions.elu()": "constants, found nothing",
    "z[n, i] = functions.elu(alpha=2)": "elu(alpha=2): expected an element",
    "z[n, i] = functions.relu(x[n, i], 2)": "relu(x[n, i])",
    "z[n, i] = functions.softplus(x[n, i], beta='a')": "numbers for its constants",
    "z[n, i] = functions.leaky_relu(x[n, i], slope=1)": "slope",
    "z[n, i] = x[n, i]\ndel z[n, i]": "build the network anew",
    "del net.loss": "build the network anew",
    # numbers that no float holds
    "z[n, i] = x[n, i]*10**400": "about 398 digits",
    "z[n, i] = x[n, i]*2**(10**6)": "measure in another unit",
    "z[n, i] = x[n, i]/10**400": "found 1.00E-400",
    "z[n, i] = x[n, i]*Float('1e-400')": "4.9e-324",
    "z[n, i] = x[n, i]*Rational(10**400 + 1, 10**400)": "4.9e-324",
    "z[n, i] = (x[n, i]*10**200)*(y[n]*10**200)": "found 1.00E+400",
    "z[n, i] = x[n, i]**(10**400)": "found 1.00E+400",
    "z[n, i] = x[n, i]*factorial(200)": "found 7.89E+374",
    "z[n] = x[n, 10**20]": "affine",
    "z[10**20, i] = x[n, i]": "on the left",
    'q = net.input("q", (N, 10**20))': "at most 9223372036854775807",
    'q = net.input("q", (N,), dtype="int", high=10**20)': "at most 9223372036854775807",
    'q = net.index("q", 10**20)': "at most 9223372036854775807",
    'q = net.parameter("q", (N,), init=10**400)': "about 398 digits",
    # declarations
    'q = net.input("q")': 'net.input("x", (N, D))',
    'q = net.input("q", N, D)': 'net.input("q", (N, D))',
    'q = net.input("q", 3)': "write (3,)",
    'q = net.input("q", "N D")': "write (N, D)",
    'q = net.input("q", (N, 2.5))': "",
    'q = net.input("q", (N, "D"))': "",
    'q = net.input("q", (N, -1))': "",
    'q = net.input("q", (N, None))': "",
    'q = net.input("q", (N, D/2))': "//",
    'q = net.input("q", (N, i))': "",
    'q = net.input("q", (N,), dtype=int)': "",
    'q = net.input("q", (N,), dtype="int64")': "",
    'q = net.input("q", (N,), type="int")': "dtype",
    'q = net.input("x", (N,))': "a name of its own",
    'q = net.input("lambda", (N,))': "lambda_",
    'q = net.input("my input", (N,))': "identifier",
    "q = net.input(3, (N,))": "identifier",
    'q = net.parameter("q", (H, D), init="xavier")': "glorot",
    'q = net.parameter("q", (H, D), initial="zeros")': "init",
    'q = net.parameter("q", (H, D), init=np.zeros((3, 2)))': "",
    'q = net.parameter("q")': "a shape",
    'q = net.random("q", (N,), "gaussian")': "normal",
    'q = net.random("q", (N,), "normal", sigma=1)': "std",
    'q = net.random("q", (N,))': "a distribution",
    'z2, z3 = net.tensors("z2", "z3")': "one string",
    'net.tensor("q", (N, D))': "follows from its equations",
    'net.dims("P", "Q")': "one string",
    'net.dims(["P", "Q"])': "one string",
    'net.index("q")': "a range",
    "net.indices(q=(0, 1, 2))": "",
    'net.indices(q="N")': "",
    'net.param("q", (N,))': "parameter",
    "net.lss = Sum(y[n], n)": "loss",
    "net.output = z": "net.output(...)",
    "net.claims = []": "net.claims.clear() empties the list",
    "net.training = True": "net.training is read alone",
    "net.backward()": "",
    "net.claim('dW')": "",
    "delta('W')": "",
    "net.assume('N > 2')": "",
    "net.assume(N == 2)": "",
    "net.output('z')": "",
    "net.update(x[n, i], 0)": "buffer",
    "Network()": "Network(",
    "net.indices(N)": "net.indices(n=N",
    "net.claim()": "net.claim(delta(z)[n, j], value)",
    'net.notation("W", "w")': "net.notation(W1=",
    'net["x"]': 'net.symbols["W1"]',
    "for each in net: pass": "net.symbols",
    # layers and losses
    "layers.sequential(x, 3)": "a function such as lambda",
    "layers.residual(x, 3)": "a function such as lambda",
    "layers.bidirectional('lstm', x, 4)": "a function such as layers.lstm",
    "layers.stacked(layers.lstm, x, 4)": "a size for each layer",
    "layers.dense(x, H, name=W)": "letters, digits and underscores",
    "layers.dense(x, H, name='')": "letters, digits and underscores, found ''",
    "layers.dense(x, H, name=True)": "letters, digits and underscores, found True",
    "losses.mse(x, x, reduction='none', name='')": "letters, digits and underscores, found ''",
    "layers.softmax(x)": "one of add",
    "losses.foo(x)": "one of",
    "symbackprop.optimizers.adam(lr=0.1)": "the learning rate is an argument of each update",
    'h = layers.dense(x, 8, name="enc")\ng = layers.dense(x, 8, name="enc")': "share the weights",
    "layers.dense(x[n, i], 8)": "",
    "layers.dense(x, '8')": "",
    "layers.dense(np.ones((2, 3)), 8)": "",
    "layers.dense(x, 8, activation='tanh')": "sympy.tanh",
    "losses.softmax_cross_entropy(x, y)": "",
    # the whole
    "net.loss = y[n]": "Sum(..., n)",
    "net.loss = y": "1 subscripts",
    "net.loss = Sum(y[n], n)\nnet.loss = 2*Sum(y[n], n)": "add the terms up",
    "z[n] = y[n]\nsymbackprop.derive(net)": "net.loss = ",
    "z = Sum(y[n], n)\nnet.loss = z\nsymbackprop.derive(net)": "",
    "symbackprop.derive('mlp')": "expected a Network",
    "symbackprop.generate(lambda v: v)": "expected a Network",
    "symbackprop.verify('mlp')": "expected a Network",
    "symbackprop.check_derivation('mlp')": "expected a Network",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("slip", SLIPS)
def test_slips(slip: str) -> None:
    with pytest.raises(SymbackpropError) as caught:
        exec(HEAD + slip, dict(WORDS))
    assert SLIPS[slip] in str(caught.value)
    assert any(word in str(caught.value) for word in (";", "expected"))


# --- what is shown works -------------------------------------------------------------------------------
def test_circular_padding() -> None:
    words = dict(WORDS)
    exec(GIVEN + """
left, right = net.tensors("left right")
left[n, i] = Piecewise((x[n, i - 1], i - 1 >= 0), (x[n, D + i - 1], True))
right[n, i] = Piecewise((x[n, -D + i + 1], -D + i + 1 >= 0), (x[n, i + 1], True))
net.loss = Sum(y[n] + W[0, i]*b[0]*label[n]*left[n, i], n, i)
net.output(left, right)
""", words)  # fmt: skip
    module = symbackprop.load(words["net"])
    data = np.arange(6.0).reshape(2, 3)
    left, right = module.predict({"W": np.ones((4, 3)), "b": np.ones(4)}, data)
    assert np.array_equal(left, np.roll(data, 1, axis=1))
    assert np.array_equal(right, np.roll(data, -1, axis=1))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x[n, i]*n*10**20", lambda x, n: 1e20 * n * x),
        ("x[n, i] + n + 10**20", lambda x, n: x + n + 1e20),
        ("x[n, i]*10**300*Rational(1, 10**290)", lambda x, n: 1e10 * x),
        ("x[n, i]*(n - 10**17) + 2**60", lambda x, n: x * (n - 1e17) + 2.0**60),
    ],
)
def test_large_numbers_are_floats(value: str, expected: Any) -> None:
    net = Network("large")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, z = net.parameter("x", (N, D)), net.tensor("z")
    z[n, i] = eval(value, {**WORDS, "x": x, "n": n, "i": i})
    net.loss = Sum(z[n, i], n, i)
    net.output(z)
    module = symbackprop.load(net)
    point = np.arange(6.0).reshape(3, 2)
    found = module.predict({"x": point})
    assert np.allclose(found, expected(point, np.arange(3.0)[:, None]), rtol=1e-14)
    assert all(np.isfinite(grad).all() for grad in module.value_and_grad({"x": point})[1].values())


def test_shared_weights() -> None:
    words = dict(WORDS)
    exec(GIVEN + """
one = layers.dense(x, 8, name="enc")
k, W_enc, b_enc = net.index("k", 8), net.symbols["W_enc"], net.symbols["b_enc"]
other = net.tensor("other")
other[n, k] = Sum(W_enc[k, i]*x[n, i]**2, i) + b_enc[k]
net.loss = Sum(one[n, k]*other[n, k]*y[n]*label[n], n, k) + Sum(W[j, i]*b[j], i, j)
""", words)  # fmt: skip
    assert symbackprop.verify(words["net"]).passed


def test_numbers_of_numpy_are_numbers() -> None:
    words = dict(WORDS)
    exec(HEAD, words)
    x, n, i = words["x"], words["n"], words["i"]
    for scalar in (np.float64(0.5), np.float32(0.5), np.int64(2), np.array(0.5)):
        plain = scalar.item()
        assert scalar * x[n, i] == plain * x[n, i]
        assert scalar - x[n, i] == plain - x[n, i]


def test_what_is_not_of_a_network_is_as_before() -> None:
    v, k = sympy.Symbol("v"), sympy.Symbol("k", integer=True)
    for call in (lambda: sympy.exp(), lambda: sympy.exp(v, 2), lambda: sympy.Piecewise(1, 0), lambda: sympy.And(v**2),
                 lambda: sympy.Piecewise((v, v**2), (0, True))):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            call()
        assert not isinstance(caught.value, SymbackpropError)
    assert sympy.Function("f")(v, 2).args == (v, 2)
    assert pickle.loads(pickle.dumps(sympy.atan2(v, k))) == sympy.atan2(v, k)
    with pytest.raises(TypeError, match="truth value") as caught:
        bool(v > 0)
    assert not isinstance(caught.value, SymbackpropError)
    for ask in (float, int, round, range, lambda each: (each > 0) * each, lambda each: 1 - (each > 0)):
        for each in (v, k):
            with pytest.raises(TypeError) as caught:
                ask(each)
            assert not isinstance(caught.value, SymbackpropError)
    assert float(sympy.Rational(1, 2)) == 0.5
    assert list(range(sympy.Integer(3))) == [0, 1, 2]
    assert round(sympy.Float(2.6)) == 3


def test_what_sympy_asks_of_all_that_it_prints_makes_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would print what stands inside once more."""
    words = dict(WORDS)
    exec(HEAD, words)
    x, n, i = words["x"], words["n"], words["i"]
    value = x[n, i]
    for _ in range(6):
        value = sympy.exp(Sum(value, i) * x[n, i] + 1)
    monkeypatch.setattr("symbackprop.language.symbolic.told", lambda *_: pytest.fail("a message was made"))
    assert "exp" in str(value)
    assert not hasattr(value.args[0], "bound_symbols")
