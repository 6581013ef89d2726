"""Claims and assumptions are quoted as they stand in their file."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from sympy import Eq, Ge

from symbackprop import Network, Sum, delta


def written() -> SimpleNamespace:
    net = Network("source")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    net.loss = Sum(x[n, i] * w[i], n, i)
    return SimpleNamespace(net=net, N=N, D=D, n=n, i=i, x=x, w=w)


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_claim_over_several_lines() -> None:
    b = written()
    net, n, i, x, w = b.net, b.n, b.i, b.x, b.w
    here = line() + 1
    claim = net.claim(
        delta(w)[i],
        Sum(x[n, i],
            n),
    )  # fmt: skip
    assert claim.text == "delta(w)[i] = Sum(x[n, i], n)"
    assert claim.place == f"test_source.py:{here}"


def test_names_that_are_not_the_networks_are_not_quoted() -> None:
    b = written()
    weights, i, n, x = b.w, b.i, b.n, b.x
    claim = b.net.claim(delta(weights)[i], Sum(x[n, i], n))
    assert claim.text == "delta(w)[i] = Sum(x[n, i], n)"  # as SymPy prints it


def test_an_equation_and_a_text_are_quoted_as_they_are() -> None:
    b = written()
    net, i, n, x, w = b.net, b.i, b.n, b.x, b.w
    assert net.claim(Eq(delta(w)[i], Sum(x[n, i], n))).text == "delta(w)[i] = Sum(x[n, i], n)"
    assert net.claim("delta(w)[i]   =  Sum(x[n,i], n)").text == "delta(w)[i]   =  Sum(x[n,i], n)"


def test_two_in_one_line() -> None:
    b = written()
    net, i, n, x, w = b.net, b.i, b.n, b.x, b.w
    one, two = net.claim(delta(w)[i], Sum(1*x[n, i], n)), net.claim(delta(w)[i], Sum(x[n, i]*1, n))  # fmt: skip
    assert one.text == two.text == "delta(w)[i] = Sum(x[n, i], n)"


def test_an_assumption() -> None:
    b = written()
    here = line() + 1
    b.net.assume(Ge(b.N, 2 + b.D) if b.N else None)
    (fact,) = b.net._written.assumptions
    assert fact.place == f"test_source.py:{here}"
