"""The module's text: laid out, standalone. (That it is the same everywhere, `tests/zoo/test_determinism.py` sees.)"""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Max, Rational, erf, sqrt, tanh

from symbackprop import LogSumExp, Network, Sum, generate, load, verify, zoo
from symbackprop.cli import networks
from symbackprop.numpy.helpers import Helper
from symbackprop.resources import templates

NAMES = zoo.names()
HELPERS = {helper.value for helper in Helper}


@pytest.fixture(scope="module", params=NAMES)
def text(request):
    return generate(networks.find(request.param))


def test_it_imports_numpy_alone(text):
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


def test_its_lines_are_short(text):
    assert max(map(len, text.splitlines())) <= 120


SECTIONS = ("storage", "checks at the door", "the module's own check")


def test_what_is_no_mathematics_is_short(text):
    """Storage, the checks at the door and the module's own check take at most 209 lines together."""
    parts = re.split(r"^# --- (.*?) -+$", text, flags=re.MULTILINE)
    lines = dict(zip(parts[1::2], (part.count("\n") for part in parts[2::2]), strict=True))
    assert sum(lines[section] for section in SECTIONS) <= 209


@pytest.mark.parametrize(("name", "most"), [("linear_regression", 338), ("mlp", 476)])
def test_small_networks_have_small_modules(name, most):
    assert generate(zoo.load(name)).count("\n") <= most


def test_nothing_is_left_over(text):
    """No loop over nothing, no temporary called like a letter of the equations, no `rng` where nothing is random."""
    assert "in ():" not in text
    tree = ast.parse(text)
    equations = set(re.findall(r"\w+", tree.body[0].value.value))
    assert set(re.findall(r"take\(\"([a-z]\d+)\", ", text)) <= equations
    random = "NOISE" in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            keywords = {argument.arg for argument in function.args.kwonlyargs}
            assert ("rng" in keywords) == (random and function.name in ("forward", "value_and_grad"))


@pytest.mark.parametrize("name", ["mlp", "lstm", "lenet", "transformer_block", "mamba"])
def test_what_forward_and_predict_compute_alike_stands_once(name):
    text = (Path(__file__).parents[2] / "generated" / f"{name}.py").read_text(encoding="utf-8")
    comments = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            lines = ast.get_source_segment(text, node).splitlines()
            comments[node.name] = [line for line in lines if re.match(r" +# \(F", line)]
    assert comments["_shared"]
    assert not comments["predict"]
    assert not set(comments["forward"]) & set(comments["_shared"])


def test_helpers_have_templates():
    folder = templates() / "numpy" / "helpers"
    assert {path.name for path in folder.iterdir()} == {f"{name}.py.j2" for name in HELPERS}


USED = ("float", "max", "min", "range", "reversed", "len", "zip", "dict", "eval", "isinstance", "take", "size", "view",
        "_erf", "erf", "_powers", "_shared", "_arguments", "_size", "Workspace", "NAME",
        "_1", "forward", "init")  # fmt: skip


@pytest.mark.parametrize("first", range(len(USED)))
def test_names_that_the_module_uses_itself(first: int) -> None:
    """Each in each role: as the name of an input, a parameter, a size and a tensor."""
    given, learned, size, inner = (USED[(first + place) % len(USED)] for place in range(4))
    net = Network("named")
    N, D = net.dims(f"{size} D")
    n, d, t = net.index("n", N), net.index("d", D), net.index("t", (1, N - 1))
    w, x = net.parameter(learned, (D,)), net.input(given, (N, D))
    z, h = net.tensors(f"{inner} h")
    z[n] = Sum(w[d] * Max(x[n, d], -2) ** d, d) + erf(N) * Max(N, D) ** Rational(1, 3) + (N // 2) * sqrt(N - 1)
    h[0], h[t] = z[0], tanh(h[t - 1]) + z[t] * Max(N - 3, 0)
    net.loss = Sum(tanh(z[n]) * erf(h[n]) + LogSumExp(x[n, d], d), n)
    net.output(z)
    assert verify(net).passed
    params, data = {str(w): np.ones(3)}, np.ones((4, 3))
    plain: dict[str, Any] = {}
    exec(compile(generate(net, style="plain"), "plain", "exec"), plain)
    loss, gradients = plain["loss_and_gradients"](params, data)
    expected, others = load(net).value_and_grad(params, data)
    assert loss == pytest.approx(expected)
    np.testing.assert_allclose(gradients[str(w)], others[str(w)])


def test_names_of_the_module_s_own_functions_and_builtins():
    """Tensors and sizes may be called as the module's own functions, helpers and the builtins that it uses."""
    net = Network("names")
    range_, len_ = net.dims("range len")
    i, j = net.indices(i=range_, j=len_)
    max_ = net.input("max", (range_, len_))
    forward, _expect = net.parameter("forward", (range_, len_)), net.parameter("_expect", (range_,))
    take, t1, float_, backward = net.tensors("take t1 float backward")
    take[i, j] = tanh(forward[i, j] * max_[i, j])
    t1[i] = Sum(take[i, j] ** 2, j) + _expect[i]
    float_[i] = t1[i] ** 3 / range_
    backward[i] = float_[i] + t1[i]
    net.loss = Sum(backward[i], i)
    net.output(backward)
    module = load(net)
    rng = np.random.default_rng(0)
    params = {"forward": rng.standard_normal((3, 2)), "_expect": rng.standard_normal(3)}
    data = rng.standard_normal((3, 2))
    t = (np.tanh(params["forward"] * data) ** 2).sum(axis=1) + params["_expect"]
    loss, grads = module.value_and_grad(params, max=data)
    assert loss == pytest.approx((t**3 / 3 + t).sum())
    np.testing.assert_allclose(grads["_expect"], t**2 + 1)
    np.testing.assert_allclose(module.predict(params, data), t**3 / 3 + t)
