"""Every row of the table against its plain form, in sixty digits; and a false row is caught.

The oracle is the interpreter on the program as it was written, whose forward mode knows nothing of stable forms, at
arguments where that form does not overflow in mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Rational, cosh, exp, log, sinh, tanh

import symbackprop as sb
from symbackprop import LogSumExp, Network, Sum
from symbackprop import functions as f
from symbackprop.interpret import Interpreter, Precise, forward_gradients
from symbackprop.sources import module_text
from symbackprop.stable import forms, logarithms, quotients, stable_forms, sums
from symbackprop.stable.row import Row
from symbackprop.stable.table import TABLE
from symbackprop.terms import build
from symbackprop.terms.term import Apply, Function, Term
from symbackprop.verify.data import finite_data
from symbackprop.verify.exact import check_exact

SIZES = {"N": 3, "K": 5}


def total(m: Any) -> Any:
    return Sum(exp(m.u[m.n, m.k]), m.k)


# for each row: what it is tried on, u standing for an element
EXAMPLES: dict[str, list[Callable[[Any, Any], Any]]] = {
    "less_one": [lambda m, u: exp(u) - 1, lambda m, u: 1 - exp(2 * u)],
    "less_argument": [lambda m, u: log(1 + exp(u)) - u, lambda m, u: 3 * log(exp(u) + exp(m.v(u))) - 3 * u + 2],
    "less_its_log_sum": [lambda m, u: exp(u - LogSumExp(m.u[m.n, m.k], m.k)), lambda m, u:
                         exp(3 * (u - LogSumExp(m.u[m.n, m.k], m.k))), lambda m, u: exp(u) / total(m)],
    "of_logarithm": [lambda m, u: exp(-f.softplus(u)), lambda m, u: exp(u - f.softplus(u)), lambda m, u:
                     exp(f.log_sigmoid(u)), lambda m, u: exp(-2 * log(cosh(u)))],
    "of_softmax": [lambda m, u: exp(u) / total(m), lambda m, u: exp(2 * u) / total(m) ** 2, lambda m, u:
                   Sum(m.k * exp(m.u[m.n, m.k]), m.k) / total(m)],
    "of_sums": [lambda m, u: (exp(u) - exp(-u)) / (exp(u) + exp(-u)),
                lambda m, u: (exp(2 * u) + 3) / (2 * exp(2 * u) + 5),
                lambda m, u: cosh(u) / sinh(u), lambda m, u: (2 + exp(u)) / (exp(u) - 3)],
    "of_powers": [lambda m, u: (1 + 2 * exp(u)) ** 2 / (3 + exp(u)) ** 2,
                  lambda m, u: (exp(u) - 1) / (exp(u) + 1) ** 3],
    "of_each": [lambda m, u: (1 + exp(u)) / (exp(2 * u) + exp(-u)), lambda m, u: (1 + exp(3 * u)) / (exp(2 * u) + 2)],
    "of_sigmoids": [lambda m, u: 1 / (1 + exp(-u)), lambda m, u: exp(2 * u) / (2 + 5 * exp(u)) ** 3, lambda m, u:
                    1 / (exp(u) + 3 * exp(-u)) ** 2, lambda m, u: exp(m.v(u)) / (exp(u) + exp(m.v(u))),
                    lambda m, u: exp(3 * u) / (1 + exp(u)), lambda m, u: exp(u / 2) / (3 + exp(u))],
    "of_differences": [lambda m, u: 1 / (exp(u) - 1), lambda m, u: exp(u) / (3 * exp(u) - 1) ** 2, lambda m, u:
                       1 / sinh(u), lambda m, u: 1 / (2 * exp(-u) - 3 * exp(u)), lambda m, u: 1 / (1 - exp(-u)),
                       lambda m, u: exp(u / 2) / (exp(u) - 1)],
    "of_many": [lambda m, u: exp(u) / (1 + exp(u) + exp(-u)), lambda m, u: 1 / (2 + total(m)),
                lambda m, u: exp(u) / (2 + total(m)), lambda m, u:
                1 / (1 + exp(u)) ** Rational(1, 2), lambda m, u: 1 / (exp(u) + exp(m.v(u)))],
    "of_exponential": [lambda m, u: log(exp(u) * exp(m.v(u)))],
    "of_function": [lambda m, u: log(f.sigmoid(u)), lambda m, u: log(exp(u) / total(m)), lambda m, u: log(1 / cosh(u)),
                    lambda m, u: log(1 / (exp(u * u) - 1)), lambda m, u: log(1 / sinh(u * u))],
    "of_complement": [lambda m, u: log(1 - f.sigmoid(u)), lambda m, u: log(1 + tanh(u)), lambda m, u: log(1 - tanh(u))],
    "of_sum": [lambda m, u: log(1 + exp(u)), lambda m, u: log(exp(u) + 3 * exp(-u) + 2), lambda m, u: log(2 + total(m)),
               lambda m, u: log(3 * cosh(u)), lambda m, u: log(exp(u * u) - 1), lambda m, u: log(exp(3 + u) - exp(u))],
    "of_weighted_sum": [lambda m, u: log(Sum(m.u[m.n, m.k] ** 2 * exp(m.u[m.n, m.k]), m.k)),
                        lambda m, u: log(total(m))],
    "of_product": [lambda m, u: log(f.sigmoid(u) * (u + 9)), lambda m, u: log((1 + exp(u)) ** -2 / 3)],
    "near_one": [lambda m, u: log(1 + u**2)],
    "of_power": [lambda m, u: log((1 + f.softplus(u)) ** Rational(1, 3))],
}  # fmt: skip


class Case:
    """u[n, k], and v of an element of it: that of another tensor at the same place."""

    def __init__(self, write: Callable[[Any, Any], Any]) -> None:
        self.net = Network("row")
        N, K = self.net.dims("N K")
        self.n, self.k = self.net.indices(n=N, k=K)
        self.u, self._v = self.net.parameter("u", (N, K)), self.net.parameter("v", (N, K))
        z = self.net.tensor("z")
        z[self.n, self.k] = write(self, self.u[self.n, self.k])
        self.net.loss = Sum(z[self.n, self.k] * (1 + self.k) + self._v[self.n, self.k], self.n, self.k)
        self.program = self.net.to_program()

    def v(self, element: Any) -> Any:
        return self._v[self.n, self.k]


def name(row: Row[Any]) -> str:
    return str(row.rule.__name__)


def test_every_row_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(map(name, TABLE))
    assert all(row.plain and row.stable and row.why for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_a_row_has_the_value_and_slope_of_what_was_written(row: Row[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for write in EXAMPLES[name(row)]:
        case = Case(write)
        stable = stable_forms(case.program)
        assert stable.equations != case.program.equations
        data = finite_data(case.program, SIZES, 3)
        assert data is not None
        plain, other = (Interpreter(program, SIZES, data, Precise()) for program in (case.program, stable))
        for left, right in zip(plain.array("z").flat, other.array("z").flat, strict=True):
            assert abs(left - right) <= 1e-45 * (1 + abs(left)), name(row)
        slopes = [forward_gradients(each, ["u"])[1]["u"] for each in (plain, other)]
        for left, right in zip(*(slope.flat for slope in slopes), strict=True):
            assert abs(left - right) <= 1e-45 * (1 + abs(left)), name(row)


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_a_false_row_is_caught(row: Row[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer off by a factor: `verify` compares what is derived with the network as it was written."""
    fired = 0

    def false(*arguments: Any) -> Any:
        nonlocal fired
        found = row.rule(*arguments)
        if found is None:
            return None
        fired += 1
        nudge = build.apply(Function.EXPM1, build.number(1))
        return [*found, nudge] if isinstance(found, list) else build.mul(found, nudge)

    wrong = Row(row.plain, row.stable, row.why, false)
    for module in (sums, quotients, logarithms, forms):
        for rows in ("SUMS", "EXPONENTIALS", "QUOTIENTS", "KNOWN", "LOGARITHMS"):
            if row in getattr(module, rows, ()):
                put = tuple(wrong if each is row else each for each in getattr(module, rows))
                monkeypatch.setattr(module, rows, put)
    case = Case(EXAMPLES[name(row)][0])
    derivation = sb.derive(case.net)
    assert fired
    assert not check_exact(case.program, derivation.derived, SIZES).passed


def test_reading_is_plain() -> None:
    """What is derived is stable, what is read is what was written."""
    case = Case(lambda m, u: 1 / (1 + exp(-u)))
    assert not _applied(case.program, Function.SIGMOID)
    assert _applied(stable_forms(case.program), Function.SIGMOID)
    assert "_sigmoid" in module_text(case.program, sb.derive(case.net).scheduled)


def test_the_pass_is_idempotent() -> None:
    for examples in EXAMPLES.values():
        for write in examples:
            once = stable_forms(Case(write).program)
            assert stable_forms(once).equations == once.equations


def _applied(program: Any, function: Function) -> bool:
    from symbackprop.terms.term import subterms

    terms: list[Term] = [term for equation in program.equations for term in subterms(equation.rhs)]
    return any(isinstance(term, Apply) and term.function is function for term in terms)
