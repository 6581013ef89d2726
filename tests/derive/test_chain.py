"""The argument printed for a δ is true: the chain rule with its local derivatives gives the same gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbackprop import Network, Sum, derive, zoo
from symbackprop.derive.chain import chains
from symbackprop.derive.differentiate import Derived
from symbackprop.terms.program import Equation
from symbackprop.terms.show import Namer, Printer
from symbackprop.verify.exact import check_exact
from symbackprop.verify.prime_sizes import choose_sizes


def by_chain_rule(derived: Derived) -> Derived:
    """The same gradients, each δ by the line that the document prints for it."""
    found = chains(derived)
    adjoints = {chain.adjoint.name for chain in found.values()}
    helpers = [e for name, equations in derived.contracted.items() if name not in adjoints for e in equations]
    argued = [Equation(c.delta.tensor, c.delta.subscripts, c.axes, c.total) for c in found.values()]
    tensors = {t.name: t for t in (*derived.backward.tensors, *derived.adjoints.values())}
    backward = derived.backward.with_(tensors=tuple(tensors.values()), equations=(*helpers, *argued))
    return replace(derived, backward=backward)


@pytest.mark.parametrize("name", zoo.names())
def test_the_chain_rule_gives_the_gradients(name: str) -> None:
    net = zoo.load(name)
    program, derived = net.to_program(), by_chain_rule(derive(net).derived)
    result = check_exact(program, derived, choose_sizes(program, 0), 0)
    assert result.differences == ()
    assert set(result.entries) == {name for name, _ in derived.backward.wrt}


def printed(net: Network, tensor: str) -> list[str]:
    derived = derive(net).derived
    printer = Printer(Namer(derived.forward.table))
    chain = chains(derived)[tensor]
    return [
        f"∂{printer.access(local.reader, {})}/∂{printer.access(chain.element, {})} = {printer.term(local.value)}"
        for local in chain.locals
    ]


def test_local_derivatives_are_those_of_a_textbook() -> None:
    mlp = zoo.load("mlp")
    assert printed(mlp, "a1") == ["∂z2[n', k]/∂a1[n, j] = [n = n']·W2[k, j]"]
    assert printed(mlp, "z1") == ["∂a1[n', j']/∂z1[n, j] = [n = n']·[j = j']·(1 - a1[n', j']^2)"]
    assert printed(mlp, "W1") == ["∂z1[n, j']/∂W1[j, i] = [j = j']·x[n, i]"]


def test_a_diagonal_a_shift_and_a_gather() -> None:
    net = Network("reads")
    N = net.dim("N")
    n, m = net.indices(n=N, m=(1, N - 1))
    label = net.input("label", (N,), dtype="int", high=N)
    A, v = net.parameter("A", (N, N)), net.parameter("v", (N,))
    d, s, g = net.tensors("d s g")
    d[n] = A[n, n] ** 2
    s[m] = v[m - 1] * v[m]
    g[n] = v[label[n]]
    net.loss = Sum(d[n] * g[n], n) + Sum(s[m], m)
    assert printed(net, "A") == ["∂d[n']/∂A[n, m] = [n = n']·[m = n']·2·A[n', n']"]
    shifted, gathered = printed(net, "v")
    assert shifted == "∂s[m']/∂v[m] = [m = m']·v[m' - 1] + [m' = m + 1]·v[m']"
    assert gathered == "∂g[n]/∂v[m] = [m = label[n]]"
