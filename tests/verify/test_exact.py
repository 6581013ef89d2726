"""The exact check: right derivations pass, each wrong one is located, in residues and in sixty digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sympy
from sympy import Abs, Max, Min, Piecewise, oo, pi, sqrt

from symbackprop import functions, verify
from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Interpreter, Precise, Residues
from symbackprop.language import LogSumExp, Network, Product, ReduceMax, Sum
from symbackprop.terms.build import mul, neg
from symbackprop.terms.program import Program
from symbackprop.verify.data import draw, finite_data
from symbackprop.verify.exact import check_exact, compare, places
from symbackprop.verify.prime_sizes import choose_sizes

Derive = Callable[[Network], tuple[Program, Derived]]


def test_right_derivations_pass(pair: tuple[Program, Derived]) -> None:
    program, derived = pair
    for seed in range(3):
        sizes = choose_sizes(program, seed, ones=seed == 2)
        result = check_exact(program, derived, sizes, seed)
        assert result.passed, result
        assert dict(result.entries).keys() == {name for name, _ in derived.backward.wrt}


def test_every_equation_negated_is_located(pair: tuple[Program, Derived]) -> None:
    program, derived = pair
    sizes = choose_sizes(program)
    data = finite_data(program, sizes)
    assert data is not None
    truth = Interpreter(program, sizes, data, Precise())
    for place, equation in enumerate(derived.backward.equations):
        if equation.rhs.tensors or place == 0:
            equations = list(derived.backward.equations)
            equations[place] = replace(equation, rhs=neg(equation.rhs))
            wrong = replace(derived, backward=derived.backward.with_(equations=tuple(equations)))
            result = check_exact(program, wrong, sizes)
            assert result.differences
            for difference in result.differences:
                assert difference.gradient
                assert difference.tensor in dict(derived.backward.wrt)
                assert difference.derived != difference.truth
                _, shape = truth.box(program.table[difference.tensor])
                assert len(difference.index) == len(shape)


def test_one_wrong_entry_is_enough(derive_all: Derive, network: Callable[[str], Network]) -> None:
    """A guard that spoils a single entry of one gradient: a random projection sees it, the search finds it."""
    from symbackprop.terms.build import compare as relation
    from symbackprop.terms.build import poly_value, where
    from symbackprop.terms.poly import Poly
    from symbackprop.terms.term import Relation

    program, derived = derive_all(network("mlp"))
    adjoint = dict(derived.backward.wrt)["W2"]
    equations = []
    for equation in derived.backward.equations:
        if equation.target == adjoint:
            row, column = (Poly.of(axis.index) for axis in equation.axes)
            spoiled = relation(Relation.EQ, poly_value(row * 1 - 1), poly_value(column * 0))
            both = where(spoiled, mul(2, equation.rhs), equation.rhs)
            here = relation(Relation.EQ, poly_value(column), poly_value(Poly.of(2)))
            equation = replace(equation, rhs=where(here, both, equation.rhs))
        equations.append(equation)
    wrong = replace(derived, backward=derived.backward.with_(equations=tuple(equations)))
    sizes = {"N": 3, "D": 2, "H": 7, "C": 5}
    assert check_exact(program, derived, sizes).passed
    (difference,) = check_exact(program, wrong, sizes).differences
    assert (difference.tensor, difference.index) == ("W2", (1, 2))
    assert difference.derived == pytest.approx(2 * difference.truth)


def test_a_changed_value_is_found_in_the_forward_program(derive_all: Derive, network: Callable[[str], Network]) -> None:
    program, derived = derive_all(network("rnn"))
    changed = tuple(replace(e, rhs=mul(3, e.rhs)) if e.target == "loss" else e for e in derived.forward.equations)
    wrong = replace(derived, forward=derived.forward.with_(equations=changed))
    (difference,) = check_exact(program, wrong, choose_sizes(program)).differences
    assert (difference.tensor, difference.gradient) == (program.loss, False)
    assert difference.derived == pytest.approx(3 * difference.truth)


def test_a_backward_program_without_a_value_fails(derive_all: Derive, network: Callable[[str], Network]) -> None:
    program, derived = derive_all(network("mlp"))
    adjoint = dict(derived.backward.wrt)["b1"]
    kept = tuple(e for e in derived.backward.equations if e.target != adjoint)
    wrong = replace(derived, backward=derived.backward.with_(equations=kept))
    result = check_exact(program, wrong, choose_sizes(program))
    assert [d.tensor for d in result.differences] == ["b1"]
    assert result.differences[0].failure


ELEMENTARY = [
    sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.tan, sympy.asin, sympy.acos, sympy.atan, sympy.sinh, sympy.cosh,
    sympy.tanh, sympy.asinh, sympy.acosh, sympy.atanh, sympy.erf, sqrt, Abs, sympy.sign, sympy.floor,
]  # fmt: skip
ACTIVATIONS = [
    functions.sigmoid, functions.log_sigmoid, functions.softplus, functions.relu, functions.leaky_relu, functions.elu,
    functions.selu, functions.silu, functions.gelu, functions.mish, functions.hardtanh, functions.hardsigmoid,
    functions.hardswish, functions.softsign, functions.stop_gradient,
]  # fmt: skip


@pytest.mark.parametrize("function", ELEMENTARY + ACTIVATIONS, ids=lambda f: f.__name__)
def test_every_function(function: Callable[[sympy.Expr], sympy.Expr], derive_all: Derive) -> None:
    """The rules of derivation against those of forward mode, two tables that share nothing."""
    net = Network("one")
    N = net.dim("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,))
    net.loss = Sum(function(w[n] ** 2 * 3 + w[n] / 7) * w[n] * (n + 2), n)
    program, derived = derive_all(net)
    assert check_exact(program, derived, {"N": 5}).passed
    data = draw(program, {"N": 5}, 1)
    data["w"] = (0.6 if function is sympy.acosh else 0.1) + np.abs(data["w"]) / 4
    assert not compare(program, derived, {"N": 5}, data, Precise())


def test_expressions_of_several_arguments(derive_all: Derive) -> None:
    net = Network("several")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    a, b = net.parameter("a", (N,)), net.parameter("b", (N,))
    u, v = net.tensors("u v")
    u[n] = Max(a[n], b[n], 0) * Min(a[n], b[n] ** 3) + sympy.atan2(a[n], b[n]) + Abs(a[n]) ** b[n]
    v[n] = Piecewise((LogSumExp(Piecewise((a[m], m <= n), (-oo, True)), m), a[n] > b[n]), (b[n] * pi, True))
    net.loss = Sum(u[n] * v[n], n) + Product(a[n] + b[n], n) + ReduceMax(a[n] * b[n], n)
    program, derived = derive_all(net)
    for seed in range(4):
        assert check_exact(program, derived, {"N": 3}, seed).passed


def test_ties_share_alike(derive_all: Derive) -> None:
    net = Network("ties")
    w = net.parameter("w", (3,))
    n = net.index("n", 3)
    net.loss = ReduceMax(w[n] * 0 + 1, n) * w[0] + Max(w[0], w[1]) + Min(w[1], w[2]) + Abs(w[2] - w[1])
    program, derived = derive_all(net)
    same = {"w": np.array([5, 5, 5], dtype=object)}
    assert not compare(program, derived, {}, same, Residues())


def test_residues_that_cannot_decide_are_settled_in_sixty_digits(derive_all: Derive) -> None:
    """sin 2a = 2 sin a cos a does not hold for residues: no verdict may rest on that."""
    pairs = []
    for double in (lambda a: sympy.sin(2 * a), lambda a: 2 * sympy.sin(a) * sympy.cos(a), lambda a: 2 * sympy.sin(a)):
        net = Network("angles")
        a = net.parameter("a", ())
        net.loss = double(a)
        pairs.append(derive_all(net))
    program = pairs[0][0]
    result = check_exact(program, pairs[1][1], {})
    assert (result.passed, result.method) == (True, "precise")
    result = check_exact(program, pairs[2][1], {})
    assert (result.passed, result.method) == (False, "precise")


def test_roots_of_products_are_products_of_roots(derive_all: Derive) -> None:
    losses = (lambda a, b: sqrt(a * b), lambda a, b: sqrt(a) * sqrt(b))
    pairs = []
    for loss in losses:
        net = Network("roots")
        a, b = net.parameter("a", ()), net.parameter("b", ())
        net.loss = loss(a, b)
        pairs.append(derive_all(net))
    for seed in range(5):
        assert check_exact(pairs[0][0], pairs[1][1], {}, seed).passed


def test_an_assumption_of_second_degree_is_met_by_residues(derive_all: Derive) -> None:
    net = Network("sphere")
    N = net.dim("N")
    n = net.index("n", N)
    x, w = net.input("x", (N,)), net.parameter("w", (N,))
    net.assume(sympy.Eq(Sum(x[n] ** 2, n), 1))
    net.loss = Sum(x[n] ** 2 * w[n], n) * Sum(x[n] * w[n] ** 2, n)
    program, derived = derive_all(net)
    result = check_exact(program, derived, {"N": 3})
    assert (result.passed, result.method) == (True, "exact")


def test_a_branch_that_starts_late_is_entered() -> None:
    net = Network("lag")
    T = net.dim("T")
    t = net.index("t", (0, T - 1))
    x, v = net.input("x", (T,)), net.parameter("v", ())
    h = net.tensor("h")
    h[t] = x[t] + Piecewise((v, t >= 16), (0, True))
    net.loss = Sum(h[t] ** 2, t)
    assert any(place.sizes["T"] > 16 for place in places(net.to_program(), None, 0))


def test_a_root_of_zero_is_no_wrong_gradient() -> None:
    net = Network("squash")
    N, E = net.dims("N E")
    n, e = net.indices(n=N, e=E)
    u, W = net.input("u", (N, E)), net.parameter("W", (E,))
    s, v, sq = net.tensors("s v sq")
    s[n, e] = W[e] * u[n, e]
    sq[n] = Sum(s[n, e] ** 2, e)
    v[n, e] = sqrt(sq[n]) / (1 + sq[n]) * s[n, e]
    net.loss = Sum(v[n, e] ** 2, n, e)
    assert all(verify(net, method="exact", seed=seed).passed for seed in range(8))
