"""What is told of a derivation has its values: each δ of networks of many kinds, before and after it is made plain."""

from __future__ import annotations

import pytest
from sympy import And, Max, Min, Piecewise, exp, tanh

from symbackprop import LogSumExp, Network, ReduceMax, Sum, delta
from symbackprop.claims.bench import Bench
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.claims.letters import Letters
from symbackprop.claims.proof import Prover
from symbackprop.claims.words import Words
from symbackprop.interpret import Precise
from symbackprop.language import names_of
from symbackprop.terms.writing import Writer
from symbackprop.verify.data import finite_data
from symbackprop.verify.prime_sizes import choose_sizes

from .networks import fresh


def pieces() -> Network:
    """Extrema, powers with exponents of their own, windows, conditions that always hold and such that never do."""
    net = Network("pieces")
    C, S = net.dims("C S")
    i, w = net.index("i", C), net.index("w", (-S, S))
    a, b, beta = net.parameter("a", (C,)), net.parameter("b", (C,)), net.input("beta", ())
    scale, m, q, low = net.tensors("scale m q low")
    inside = And(i + w >= 0, i + w < C)
    scale[i] = 2 + Sum(Piecewise((a[i + w] ** 2, inside), (0, True)), w)
    m[i] = Max(a[i], b[i] * scale[i] ** (-beta))
    low[i] = Min(m[i], tanh(b[i]))
    q[i] = Piecewise((m[i] * b[i], i >= 0), (b[i], True)) + Piecewise((a[i], a[i] > 0), (-a[i] * b[i], True))
    net.loss = Sum(q[i] * low[i], i) + Sum(Max(0, 1 - q[i]), i)
    return net


def shifted() -> Network:
    net = Network("shifted")
    T, D = net.dims("T D")
    t, s, d = net.index("t", (1, T)), net.index("s", (0, T - 1)), net.index("d", D)
    u, w, h, p = net.parameter("u", (T + 1, D)), net.parameter("w", (T + 1,)), *net.tensors("h p")
    h[t, d] = w[t] * u[t - 1, d]
    p[t, d] = exp(h[t, d] - LogSumExp(h[t, d], d))
    net.loss = Sum(p[s + 1, d] * w[s] * w[T - s], s, d) + Sum(w[t] * u[t, 0], t) + ReduceMax(u[T, d], d) ** 2 + w[0]
    return net


NETWORKS = {
    "pieces": pieces, "shifted": shifted,
    **{name: lambda name=name: fresh(name).net for name in ("mlp", "layer_norm_mlp", "lstm", "siamese", "gcn")},
}  # fmt: skip


def ground_for(net: Network) -> Ground:
    """Of claims about every tensor of floats."""
    names = [name for name, tensor in net.symbols.items() if tensor.dtype == "float"]
    kinds = {name: net.to_program().table[name].kind.value for name in names}
    for name in names:
        if kinds[name] in ("parameter", "input", "intermediate"):
            net.claim(delta(names_of(net)[name]), 0)
    return ground_of(net.to_program(), net.claims)


@pytest.mark.parametrize("name", NETWORKS)
def test_values_stay(name: str) -> None:
    net = NETWORKS[name]()
    ground = ground_for(net)
    prover = Prover.of(ground)
    words = Words.of(ground, prover.facts)
    sizes = choose_sizes(ground.program, 3)
    data = finite_data(ground.program, sizes, 3)
    assert data is not None
    bench = Bench(ground, sizes, data, Precise())
    letters = Letters(ground.backward.table, ground.program.indices, ground.reads)
    told = 0
    for equation in ground.equations:
        ranges = {axis.index: axis for axis in equation.axes}
        derived = prover.derived(equation)
        positions = bench.positions(equation.axes)
        truth = bench.truth(equation, positions)
        for term in (words.told(derived, ranges), words.derived(equation, derived)):
            for form in (term, letters.shifted(term, ranges)):
                found = bench.values(form, equation.axes, positions)
                told += 1
                assert all(bench.equal(mine, theirs) for mine, theirs in zip(found, truth, strict=True)), equation
        assert "~" not in words.equation(equation, words.derived(equation, derived))
    assert told >= 8


def test_letters_have_the_ranges_that_they_are_declared_with() -> None:
    """Every letter that is bound runs over exactly its range, or that is told beside it."""
    net = shifted()
    ground = ground_for(net)
    prover = Prover.of(ground)
    declared = {axis.index.name: (axis.low, axis.high) for axis in ground.program.indices}
    for equation in ground.equations:
        ranges = {axis.index: axis for axis in equation.axes}
        letters = Letters(ground.backward.table, ground.program.indices, ground.reads, {str(i) for i in ranges})
        bound = []

        class Watched(Writer):
            def term(self, term, names=None, bound=bound):
                if type(term).__name__ == "Reduce":
                    inner = self.namer.names(term, names or {}, set((names or {}).values()))
                    bound += [(inner[axis.index], axis) for axis in term.axes]
                return super().term(term, names)

        words = Words.of(ground, prover.facts)
        Watched(namer=letters).term(letters.shifted(words.told(prover.derived(equation), ranges), ranges))
        for letter, axis in bound:
            assert letter not in {str(index) for index in ranges}
            known = declared.get(letter.rstrip("'"))
            assert letter in letters.told or known == (axis.low, axis.high), (letter, axis)
