"""Text of terms: what a reduction binds never has the letter of an index that is free beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sympy import exp, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMax, Sum, derive
from symbackprop.terms.show import Namer, Printer

GENERATED = sorted((Path(__file__).parents[2] / "generated").glob("*.py"))
_BINDS = re.compile(r"(?<!\w)(?:Σ|Π|max|min|logsumexp)_(?:\{([^}]*)\}|(\w'*)(?=[( ]))")


def bound_and_free(equation: str) -> tuple[set[str], set[str]]:
    """The letters that reductions bind, and those of the left side."""
    left, _, right = equation.partition("= ")
    bound = {name for several, one in _BINDS.findall(right) for name in (several or one).split(",")}
    return bound, set(re.findall(r"[a-z]\w*'*", left[left.find("[") :] if "[" in left else ""))


def shadowing() -> Network:
    """Indices bound under their own letter beside the free one, in every reduction and twice over."""
    net = Network("shadowing")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    v, u = net.parameter("v", (N, D)), net.input("u", (D,))
    a, b, c = net.tensors("a b c")
    a[n, d] = tanh(v[n, d]) * Sum(v[n, d] ** 2 * u[d], d) + Sum(tanh(v[n, d] * Sum(v[n, d] ** 3, d)), d)
    b[n, d] = exp(a[n, d] - LogSumExp(a[n, d], d)) * ReduceMax(a[n, d], d)
    c[n, d] = b[n, d] * Product(1 + b[n, d], n)
    net.loss = Sum(c[n, d] ** 2, n, d)
    return net


def texts(net: Network) -> Iterator[str]:
    derived = derive(net)
    for equation in (*derived.forward, *derived.backward):
        yield str(equation).partition("    ")[0]


@pytest.mark.parametrize("file", GENERATED, ids=lambda file: file.stem)
def test_comments_of_generated_modules(file: Path) -> None:
    documented = re.sub(r"\n {6,}", " ", file.read_text(encoding="utf-8").split('"""')[1])
    found = re.findall(r"\([FB]\d+\) (\w+(?:\[[^\]]*\])? \+?= .*)", documented)
    assert found
    for equation in found:
        bound, free = bound_and_free(equation)
        assert bound.isdisjoint(free), equation


def test_free_letters_are_not_bound_again() -> None:
    found = list(texts(shadowing()))
    assert any(bound_and_free(text)[0] for text in found)
    for text in found:
        bound, free = bound_and_free(text)
        assert bound.isdisjoint(free), text


def test_letters_under_one_sum_within_another() -> None:
    net = shadowing()
    program = net.to_program()
    (equation,) = program.definitions["a"]
    text = Printer(Namer(program.table)).equation(equation)
    assert "Σ_{d'} tanh(v[n, d']·Σ_{d''} v[n, d'']^3)" in text
    assert "Σ_{d'} u[d']·v[n, d']^2" in text


def test_the_letters_of_text_are_those_of_latex() -> None:
    for equation in derive(shadowing()).backward:
        bound, _ = bound_and_free(str(equation).partition("    ")[0])
        latex = equation.latex()
        for name in bound:
            stem, primes = name.rstrip("'"), name.count("'")
            assert stem + "'" * primes in latex, (name, latex)


def test_a_term_and_a_condition_by_themselves() -> None:
    program = shadowing().to_program()
    (equation,) = program.definitions["a"]
    assert Printer(Namer(program.table)).term(equation.rhs) in Printer(Namer(program.table)).equation(equation)
