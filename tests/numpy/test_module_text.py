"""The module's text: the same everywhere, laid out, standalone."""

import ast
import os
import subprocess
import sys

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, generate, load, zoo
from symbackprop.cli import networks
from symbackprop.numpy.module import HELPERS
from symbackprop.resources import templates

NAMES = zoo.names()


@pytest.fixture(scope="module", params=NAMES)
def text(request):
    return generate(networks.find(request.param))


def test_it_imports_numpy_alone(text):
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


def test_its_lines_are_short(text):
    code = text.split('"""', 2)[2]  # equations in the docstring stand on a line each
    assert max(map(len, code.splitlines())) <= 120


def test_every_name_is_used(text):
    """No helper is there for nothing, and none is missing."""
    tree = ast.parse(text)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("_")}
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert defined <= called
    assert {name for name in HELPERS if name in called} <= defined


def test_helpers_have_templates():
    folder = templates() / "numpy" / "helpers"
    assert {path.name for path in folder.iterdir()} == {f"{name}.py.j2" for name in HELPERS}


@pytest.mark.parametrize("name", ["lenet", "crf", "lstm"])
def test_the_same_in_every_process(name):
    imports = "from symbackprop import generate; from symbackprop.cli import networks"
    script = f"{imports}; print(generate(networks.find({name!r})))"
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, check=True)
        texts.add(run.stdout)
    assert len(texts) == 1


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
