"""Softmax and log-sum-exp by their parts: the same values, and as many digits at every shift as there are."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Piecewise, exp, log, oo

import symbackprop as sb
from symbackprop import LogSumExp, Network, ReduceMax, Sum, zoo
from symbackprop.interpret import Interpreter, Precise
from symbackprop.stages import derived_of, module_programs
from symbackprop.terms.check_program import check
from symbackprop.terms.term import Apply, Function, Reduce, Reduction, subterms
from symbackprop.verify.data import finite_data
from symbackprop.verify.prime_sizes import choose_sizes

DTYPES = (np.float16, np.float32, np.float64)
SHIFTS = {np.float16: (0, 100, 6e4, -6e4), np.float32: (0, 1e4, -1e9, 1e38), np.float64: (0, -1e4, 1e9, 1e300)}


@pytest.mark.parametrize("name", ["deep_mlp", "attention", "crf", "ctc_speech", "hmm", "gmm", "moe", "gpt2"])
def test_the_same_values_in_sixty_digits(name: str) -> None:
    program = zoo.load(name).to_program()
    derived = derived_of(program)
    programs = module_programs(program, derived)
    forward, backward = programs.forward, programs.backward
    check(forward)
    check(backward, given=forward.tensors)
    for equation in (*forward.equations, *backward.equations):
        for term in subterms(equation.rhs):
            assert not (isinstance(term, Reduce) and term.reduction is Reduction.LOGSUMEXP)
    sizes = choose_sizes(program)
    data = finite_data(program, sizes)
    assert data is not None
    (plain, its_gradients), (parts, their_gradients) = (_programs(*each, sizes, data) for each in (
        (derived.forward, derived.backward), (forward, backward)))  # fmt: skip
    assert abs(plain - parts) <= 1e-50 * (1 + abs(plain))
    for ours, theirs in zip(their_gradients, its_gradients, strict=True):
        for left, right in zip(ours.flat, theirs.flat, strict=True):
            assert abs(left - right) <= 1e-50 * (1 + abs(right))


def _programs(forward: Any, backward: Any, sizes: Any, data: Any) -> Any:
    values = Interpreter(forward, sizes, data, Precise())
    gradients = Interpreter(backward, sizes, data, values.arithmetic, outer=values)
    return values.loss(), [gradients.array(adjoint) for _, adjoint in backward.wrt]


# --- softmax, however it is written --------------------------------------------------------------------
def scores() -> SimpleNamespace:
    net = Network("s")
    N, K = net.dims("N K")
    n, k, j = net.indices(n=N, k=K, j=K)
    u = net.parameter("u", (N, K))
    return SimpleNamespace(net=net, u=u, n=n, k=k, j=j, N=N, K=K)


def by_steps(a: Any) -> Any:
    e, s = a.net.tensors("e s")
    e[a.n, a.k] = exp(a.u[a.n, a.k])
    s[a.n] = Sum(e[a.n, a.k], a.k)
    return e[a.n, a.k] / s[a.n]


def by_a_maximum(a: Any) -> Any:
    m, e = a.net.tensors("m e")
    m[a.n] = ReduceMax(a.u[a.n, a.k], a.k)
    e[a.n, a.k] = exp(a.u[a.n, a.k] - m[a.n])
    return e[a.n, a.k] / Sum(e[a.n, a.j], a.j)


def by_a_stored_normalizer(a: Any) -> Any:
    z = a.net.tensor("z")
    z[a.n] = log(Sum(exp(a.u[a.n, a.k]), a.k))
    return exp(a.u[a.n, a.k] - z[a.n])


def masked(a: Any) -> Any:
    z = a.net.tensor("z")
    z[a.n, a.k] = Piecewise((a.u[a.n, a.k], a.k < a.K), (-oo, True))
    return exp(z[a.n, a.k]) / Sum(exp(z[a.n, a.k]), a.k)


WAYS: dict[str, Callable[[Any], Any]] = {
    "quotient": lambda a: exp(a.u[a.n, a.k]) / Sum(exp(a.u[a.n, a.j]), a.j),
    "difference": lambda a: exp(a.u[a.n, a.k] - LogSumExp(a.u[a.n, a.j], a.j)),
    "product": lambda a: exp(a.u[a.n, a.k]) * exp(-LogSumExp(a.u[a.n, a.j], a.j)),
    "guarded": lambda a: (
        Piecewise((exp(a.u[a.n, a.k]), a.k < a.K), (0, True))
        / Sum(Piecewise((exp(a.u[a.n, a.k]), a.k < a.K), (0, True)), a.k)
    ),
    "exponential of a logarithm": lambda a: exp(log(exp(a.u[a.n, a.k]) / Sum(exp(a.u[a.n, a.j]), a.j))),
    "steps": by_steps,
    "maximum": by_a_maximum,
    "stored normalizer": by_a_stored_normalizer,
    "masked": masked,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_shift_costs_softmax_nothing(way: str) -> None:
    a = scores()
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = WAYS[way](a)
    a.net.loss = Sum(a.p[a.n, a.k] ** 2, a.n, a.k)
    a.net.output(a.p)
    module = sb.load(a.net)
    for dtype in DTYPES:
        for u in rows(dtype):
            p, spread = softmax(u)
            bound = (4 + spread) * np.finfo(dtype).eps
            found = module.predict({"u": u[None]})[0]
            assert found.dtype == dtype
            assert (np.abs(found - p) <= bound * p + np.finfo(dtype).tiny).all(), (dtype, u)
            gradient = module.value_and_grad({"u": u[None]})[1]["u"][0]
            inner = np.abs(p) * (np.abs(2 * p) + (2 * p * p).sum())
            assert (np.abs(gradient - p * (2 * p - (2 * p * p).sum())) <= 4 * bound * inner + 1e-7).all(), (dtype, u)


def rows(dtype: Any) -> Any:
    """Scores around each shift, as far apart as the dtype tells them there."""
    for shift in SHIFTS[dtype]:
        step = max(float(np.spacing(dtype(abs(shift)))), 0.125)
        for steps in ([0, 1, 2], [0, 9, 3, 17, 4], [0, 0, 0, 0], [1, 30, 2]):
            yield (dtype(shift) - dtype(step) * np.array(steps, dtype)).astype(dtype)


def softmax(u: Any) -> Any:
    """(its values, how far each score is below the largest)."""
    shifted = u.astype(np.longdouble) - u.max()
    e = np.exp(shifted)
    return e / e.sum(), np.minimum(-shifted, 50)


def test_powers_of_a_softmax() -> None:
    for power in (2, 3):
        for write in (
            lambda u, scale, c: exp(c * (u - scale)),
            lambda u, scale, c: exp(u - scale) ** c,
            lambda u, scale, c: exp(c * u - c * scale),
        ):
            a = scores()
            a.p = a.net.tensor("p")
            a.p[a.n, a.k] = write(a.u[a.n, a.k], LogSumExp(a.u[a.n, a.j], a.j), power)
            a.net.loss = Sum(a.p[a.n, a.k], a.n, a.k)
            a.net.output(a.p)
            module = sb.load(a.net)
            for u in rows(np.float32):
                p, spread = softmax(u)
                bound = 2 * power * (4 + spread) * np.finfo(np.float32).eps
                found = module.predict({"u": u[None]})[0]
                assert (np.abs(found - p**power) <= bound * p**power + np.finfo(np.float32).tiny).all()


def test_a_shift_costs_the_gradient_of_logsumexp_nothing() -> None:
    a = scores()
    a.net.loss = Sum(LogSumExp(a.u[a.n, a.k], a.k), a.n)
    module = sb.load(a.net)
    for dtype in DTYPES:
        for u in rows(dtype):
            p, spread = softmax(u)
            found = module.value_and_grad({"u": u[None]})[1]["u"][0]
            bound = (4 + spread) * np.finfo(dtype).eps * p + np.finfo(dtype).tiny
            assert (np.abs(found - p) <= bound).all(), (dtype, u)


# --- cross-entropy -------------------------------------------------------------------------------------
def by_probability(a: Any) -> Any:
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = exp(a.u[a.n, a.k]) / Sum(exp(a.u[a.n, a.k]), a.k)
    return -Sum(a.y[a.n, a.k] * log(a.p[a.n, a.k]), a.n, a.k)


def by_log_probability(a: Any) -> Any:
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = a.u[a.n, a.k] - LogSumExp(a.u[a.n, a.k], a.k)
    return -Sum(a.y[a.n, a.k] * a.p[a.n, a.k], a.n, a.k)


def by_label(a: Any) -> Any:
    return Sum(LogSumExp(a.u[a.n, a.k], a.k) - a.u[a.n, a.label[a.n]], a.n)


def by_stored_label(a: Any) -> Any:
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = exp(a.u[a.n, a.k]) / Sum(exp(a.u[a.n, a.k]), a.k)
    return -Sum(log(a.p[a.n, a.label[a.n]]), a.n)


ENTROPIES: dict[str, Callable[[Any], Any]] = {
    "label": by_label,
    "label in two sums": lambda a: Sum(LogSumExp(a.u[a.n, a.k], a.k), a.n) - Sum(a.u[a.n, a.label[a.n]], a.n),
    "label of a softmax": by_stored_label,
    "inner sum": lambda a: Sum(LogSumExp(a.u[a.n, a.k], a.k) - Sum(a.y[a.n, a.k] * a.u[a.n, a.k], a.k), a.n),
    "two sums": lambda a: Sum(LogSumExp(a.u[a.n, a.k], a.k), a.n) - Sum(a.y[a.n, a.k] * a.u[a.n, a.k], a.n, a.k),
    "log of a sum": lambda a: Sum(log(Sum(exp(a.u[a.n, a.k]), a.k)) - Sum(a.y[a.n, a.k] * a.u[a.n, a.k], a.k), a.n),
    "difference": lambda a: Sum(a.y[a.n, a.k] * (LogSumExp(a.u[a.n, a.j], a.j) - a.u[a.n, a.k]), a.n, a.k),
    "probability": by_probability,
    "log-probability": by_log_probability,
}  # fmt: skip


@pytest.mark.parametrize("assumed", [False, True])
@pytest.mark.parametrize("way", ENTROPIES)
def test_a_shift_costs_the_cross_entropy_nothing(way: str, assumed: bool) -> None:
    a = scores()
    labelled = "label" in way
    a.label = a.net.input("label", (a.N,), "int", high=a.K) if labelled else None
    a.y = None if labelled else a.net.input("y", (a.N, a.K))
    if assumed and not labelled:
        a.net.assume(Eq(Sum(a.y[a.n, a.k], a.k), 1))
    a.net.loss = ENTROPIES[way](a)
    if "probability" in way or "softmax" in way:
        a.net.output(a.p)
    module = sb.load(a.net)
    for dtype in DTYPES:
        for u in rows(dtype):
            for label in range(len(u)):
                target = np.array([label]) if labelled else np.eye(len(u), dtype=dtype)[[label]]
                loss, _ = module.value_and_grad({"u": u[None]}, target)
                shifted = u.astype(np.longdouble) - u.max()
                exact = np.log(np.exp(shifted).sum()) - shifted[label]
                assert abs(loss - exact) <= 4 * np.finfo(dtype).eps * max(1, exact), (dtype, u, label)


# --- masks and infinities ------------------------------------------------------------------------------
def test_an_infinite_score() -> None:
    """log-sum-exp is infinite, as NumPy's and PyTorch's is; the weights elsewhere are 0, and ∞/∞ is no number."""
    a = scores()
    L = a.net.tensor("L")
    L[a.n] = LogSumExp(a.u[a.n, a.k], a.k)
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = exp(a.u[a.n, a.k] - L[a.n])
    a.net.loss = Sum(L[a.n], a.n)
    a.net.output(L, a.p)
    module = sb.load(a.net)
    for dtype in DTYPES:
        params = {"u": np.array([[1, np.inf], [1, 2], [-np.inf, -np.inf], [-np.inf, 3]], dtype)}
        with np.errstate(invalid="ignore"):
            logarithms, p = module.predict(params)
        np.testing.assert_array_equal(logarithms[[0, 2, 3]], [np.inf, -np.inf, 3])
        np.testing.assert_array_equal(p[[0, 2, 3]], [[0, np.nan], [0, 0], [0, 1]])
        with np.errstate(invalid="ignore"):
            gradient = module.value_and_grad(params)[1]["u"]
        np.testing.assert_array_equal(gradient[[0, 2, 3]], [[0, np.nan], [0, 0], [0, 1]])


def test_one_exponential_serves_value_and_gradient() -> None:
    a = scores()
    a.p = a.net.tensor("p")
    a.p[a.n, a.k] = exp(a.u[a.n, a.k]) / Sum(exp(a.u[a.n, a.k]), a.k)
    a.net.loss = Sum(LogSumExp(a.u[a.n, a.k], a.k) + a.p[a.n, a.k] ** 2, a.n, a.k)
    program = a.net.to_program()
    programs = module_programs(program, derived_of(program, ["u"]))
    exponentials = [
        term for equation in (*programs.forward.equations, *programs.backward.equations)
        for term in subterms(equation.rhs)
        if isinstance(term, Apply) and term.function in (Function.EXP, Function.EXP_NORMALIZED)
    ]  # fmt: skip
    assert len(exponentials) == 1
