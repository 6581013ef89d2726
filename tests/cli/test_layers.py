"""Every subcommand on a layer: a file whose network has outputs and no loss."""

import json
import subprocess
import sys

import pytest

LAYER = """
from sympy import tanh
from symbackprop import Network, Sum

net = Network("unit")
N, D, H = net.dims("N D H")
n, i, j = net.indices(n=N, i=D, j=H)
x, W, b = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("b", (H,))
z, y, s = net.tensors("z y s")
z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
y[n, j] = tanh(z[n, j])
s[n] = Sum(y[n, j], j)
net.output(y, s)
"""
CLAIMS = """
net.claim(delta(z)[n, j], delta(y)[n, j] * (1 - y[n, j] ** 2))
net.claim(delta(y)[n, j], d_y[n, j] + delta(s)[n])
net.claim(delta(b)[j], Sum(delta(z)[n, j], n))
"""


@pytest.fixture
def layer(tmp_path):
    path = tmp_path / "unit.py"
    path.write_text(LAYER)
    return path


def test_generate(command, layer, tmp_path):
    target = tmp_path / "module.py"
    assert command("generate", layer, "-o", target).status == 0
    assert "def vjp(params, x, d_y=None, d_s=None" in target.read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, str(target)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "passed")
    done = command("generate", layer, "--wrt", "x")
    assert 'WRT = ("x",)' in done.out
    done = command("generate", layer, "--optimizer", "adamw")
    assert "def update(params, grads, state, lr" in done.out
    done = command("generate", layer, "--wrt", "d_y")
    assert (done.status, done.out) == (2, "")
    assert "wrt: d_y: expected a parameter, float input or intermediate" in done.err


@pytest.mark.parametrize("method", ["all", "exact", "module", "numeric"])
def test_verify(command, layer, method):
    done = command("verify", layer, "--method", method, "--dims", "N=3,D=1", "--json", "-")
    report = json.loads(done.out)
    assert done.status == 0
    assert report["passed"]
    assert {row["tensor"] for row in report["rows"]} == {"W", "b", "x"}


@pytest.mark.parametrize("options", [["--form", "matrix"], ["--level", "full"], ["--level", "result", "--standalone"]])
def test_latex(command, layer, options):
    done = command("latex", layer, *options)
    assert done.status == 0
    assert r"\bar{y}_{n,j}" in done.out
    assert "inner product of the outputs and their cotangents" in done.out


def test_markdown_and_report(command, layer, tmp_path):
    assert command("latex", layer, "-o", tmp_path / "unit.md").status == 0
    assert r"$\bar{y}$ | `d_y` | the cotangent of $y$, given" in (tmp_path / "unit.md").read_text(encoding="utf-8")
    assert command("report", layer, "-o", tmp_path / "unit.html").status == 0
    page = (tmp_path / "unit.html").read_text(encoding="utf-8")
    assert "node output" in page
    assert "Gradients verified" in page


def test_cost(command, layer):
    done = command("cost", layer, "--dims", "N=4,D=3,H=2")
    rows = {line.split("  ")[0]: line.split() for line in done.out.splitlines()}
    # z: N·H·(D + 1), s: N·H; tanh: N·H. The inner product is not among them.
    assert rows["forward"][1:3] == [str(4 * 2 * (3 + 1) + 4 * 2), str(4 * 2)]


def test_check_derivation(command, layer, tmp_path):
    claims = tmp_path / "claims.py"
    claims.write_text("from symbackprop import Sum\n" + CLAIMS)
    done = command("check-derivation", layer, claims)
    assert done.status == 0, done.out + done.err
    assert "3 claims, 3 proved" in done.out
    claims.write_text("net.claim(delta(y)[n, j], delta(s)[n])\n")
    done = command("check-derivation", layer, claims)
    assert done.status == 1
    assert "the term +d_y[n, j] is missing" in done.out


def test_neither(command, tmp_path):
    path = tmp_path / "unit.py"
    path.write_text(LAYER.replace("net.output(y, s)", ""))
    done = command("generate", path)
    assert done.status == 2
    assert "expected a loss, or the outputs of a layer, found neither" in done.err
