"""Runs the command in this process."""

from types import SimpleNamespace

import pytest

from symbackprop.cli.main import status


@pytest.fixture
def command(capfdbinary):
    """`command("list")` -> status, out, err."""

    def run(*arguments):
        code = status([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return SimpleNamespace(status=code, out=out.decode(), err=err.decode())

    return run


NETWORK = """
from symbackprop import Network, Sum

def make(name):
    net = Network(name)
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, y, w = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,))
    r = net.tensor("r")
    r[n] = Sum(w[i] * x[n, i], i) - y[n]
    net.loss = Sum(r[n] ** 2, n) / N
    return net
"""


@pytest.fixture
def file(tmp_path):
    """A function that writes a Python file of networks: `file("a = make('a')")`."""

    def write(text, name="nets.py"):
        path = tmp_path / name
        path.write_text(NETWORK + text)
        return path

    return write
