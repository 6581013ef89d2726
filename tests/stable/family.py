"""Forms that overflow as they are written, each with its value and slope by mpmath: a list, and a seeded grammar.

A form is written twice: `write` in SymPy for a network, `value` for mpmath, whose slope is taken by differences in more
digits than the forms lose (they are real-analytic where they are defined).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import sympy

from symbackprop import functions as f


@dataclass(frozen=True)
class Form:
    name: str
    write: Callable[[Any], Any]
    value: Callable[[Any], Any]
    above: float = -mp.inf  # where it is defined: for arguments above this


class Library:
    """The functions that a form is written with, of SymPy or of mpmath."""

    def __init__(self, module: Any, sigmoid: Any, softplus: Any) -> None:
        self.exp, self.log, self.cosh, self.sinh, self.tanh = (
            getattr(module, name) for name in ("exp", "log", "cosh", "sinh", "tanh")
        )
        self.sech, self.csch, self.coth = module.sech, module.csch, module.coth
        self.sigmoid, self.softplus = sigmoid, softplus


SYMPY = Library(sympy, f.sigmoid, f.softplus)
MPMATH = Library(mp, lambda u: 1 / (1 + mp.exp(-u)), lambda u: mp.log1p(mp.exp(u)))
Written = Callable[[Library, Any], Any]


def form(name: str, write: Written, above: float = -mp.inf) -> Form:
    return Form(name, lambda u: write(SYMPY, u), lambda u: write(MPMATH, u), above)


FIXED = [
    form(*each)
    for each in (
        ("log(1 + exp u)", lambda m, u: m.log(1 + m.exp(u))),
        ("log(1 + 5 exp u)", lambda m, u: m.log(1 + 5 * m.exp(u))),
        ("log(3 + 2 exp(-u))", lambda m, u: m.log(3 + 2 * m.exp(-u))),
        ("log(exp u + exp(-u))", lambda m, u: m.log(m.exp(u) + m.exp(-u))),
        ("log(exp u + exp(2u))", lambda m, u: m.log(m.exp(u) + m.exp(2 * u))),
        ("log of three", lambda m, u: m.log(m.exp(u) + 2 * m.exp(-u) + 3 * m.exp(u / 2))),
        ("log of four", lambda m, u: m.log(1 + m.exp(u) + m.exp(-u) + m.exp(u / 3))),
        ("log(exp u + exp(-u)) - u", lambda m, u: m.log(m.exp(u) + m.exp(-u)) - u),
        ("log(1 + exp u) - u", lambda m, u: m.log(1 + m.exp(u)) - u),
        ("softplus difference", lambda m, u: m.log(1 + m.exp(u)) - m.log(1 + m.exp(-u))),
        ("log squared", lambda m, u: m.log(1 + m.exp(u)) ** 2),
        ("log inside tanh", lambda m, u: m.tanh(m.log(m.exp(u) + m.exp(-u)))),
        ("log of the log", lambda m, u: m.log(1 + m.log(1 + m.exp(u)))),
        ("log cosh", lambda m, u: m.log(m.cosh(u))),
        ("log(2 cosh)", lambda m, u: m.log(2 * m.cosh(u))),
        ("log(1 + cosh)", lambda m, u: m.log(1 + m.cosh(u))),
        ("log(1 - sigmoid)", lambda m, u: m.log(1 - 1 / (1 + m.exp(-u)))),
        ("log(1 + tanh)", lambda m, u: m.log(1 + m.tanh(u))),
        ("log(1 - exp(-u))", lambda m, u: m.log(1 - m.exp(-u)), 0),
        ("log(exp u - 1)", lambda m, u: m.log(m.exp(u) - 1), 0),
        ("log sinh", lambda m, u: m.log(m.sinh(u)), 0),
        ("log(exp 2u - exp u)", lambda m, u: m.log(m.exp(2 * u) - m.exp(u)), 0),
        ("log of a quotient", lambda m, u: m.log((1 + m.exp(u)) / (2 + m.exp(u)))),
        ("log sech", lambda m, u: m.log(m.sech(u))),
        ("sech", lambda m, u: m.sech(u)),
        ("sech squared", lambda m, u: m.sech(u) ** 2),
        ("1/cosh", lambda m, u: 1 / m.cosh(u)),
        ("1/cosh^3", lambda m, u: 1 / m.cosh(u) ** 3),
        ("1/(exp u + exp(-u))", lambda m, u: 1 / (m.exp(u) + m.exp(-u))),
        ("1/(exp u + 3 exp(-u))", lambda m, u: 1 / (m.exp(u) + 3 * m.exp(-u))),
        ("csch", lambda m, u: m.csch(u)),
        ("1/sinh", lambda m, u: 1 / m.sinh(u)),
        ("1/sinh^2", lambda m, u: 1 / m.sinh(u) ** 2),
        ("1/(exp u - exp(-u))", lambda m, u: 1 / (m.exp(u) - m.exp(-u))),
        ("1/(exp u - 1)", lambda m, u: 1 / (m.exp(u) - 1)),
        ("u/(exp u - 1)", lambda m, u: u / (m.exp(u) - 1)),
        ("exp u/(exp u - 1)", lambda m, u: m.exp(u) / (m.exp(u) - 1)),
        ("exp u/(exp u - 1)^2", lambda m, u: m.exp(u) / (m.exp(u) - 1) ** 2),
        ("1/(1 - exp(-u))", lambda m, u: 1 / (1 - m.exp(-u))),
        ("1/(2 exp u - 1)", lambda m, u: 1 / (2 * m.exp(u) - 1)),
        ("coth", lambda m, u: m.coth(u)),
        ("coth as a quotient", lambda m, u: (m.exp(u) + m.exp(-u)) / (m.exp(u) - m.exp(-u))),
        ("cosh/sinh", lambda m, u: m.cosh(u) / m.sinh(u)),
        ("tanh", lambda m, u: (m.exp(u) - m.exp(-u)) / (m.exp(u) + m.exp(-u))),
        ("tanh of 2u", lambda m, u: (m.exp(2 * u) - 1) / (m.exp(2 * u) + 1)),
        ("tanh of -2u", lambda m, u: (1 - m.exp(-2 * u)) / (1 + m.exp(-2 * u))),
        ("sinh/cosh", lambda m, u: m.sinh(u) / m.cosh(u)),
        ("(1 + 2 exp u)/(3 + exp u)", lambda m, u: (1 + 2 * m.exp(u)) / (3 + m.exp(u))),
        ("1/(1 + exp u)", lambda m, u: 1 / (1 + m.exp(u))),
        ("1/(1 + exp u)^3", lambda m, u: 1 / (1 + m.exp(u)) ** 3),
        ("1/sqrt(1 + exp u)", lambda m, u: 1 / (1 + m.exp(u)) ** sympy.Rational(1, 2)
            if m is SYMPY else 1 / mp.sqrt(1 + mp.exp(u))),
        ("exp u/(1 + exp u)", lambda m, u: m.exp(u) / (1 + m.exp(u))),
        ("exp u/(1 + exp u)^2", lambda m, u: m.exp(u) / (1 + m.exp(u)) ** 2),
        ("exp 2u/(2 + 5 exp u)^2", lambda m, u: m.exp(2 * u) / (2 + 5 * m.exp(u)) ** 2),
        ("exp u/(exp u + exp(2u))", lambda m, u: m.exp(u) / (m.exp(u) + m.exp(2 * u))),
        ("exp u/(exp u + exp(-u) + 2)", lambda m, u: m.exp(u) / (m.exp(u) + m.exp(-u) + 2)),
        ("1/(1 + exp u + exp(-u))", lambda m, u: 1 / (1 + m.exp(u) + m.exp(-u))),
        ("sigmoid (1 - sigmoid)", lambda m, u: m.sigmoid(u) * (1 - m.sigmoid(u))),
        ("swish", lambda m, u: u / (1 + m.exp(-u))),
        ("mish", lambda m, u: u * m.tanh(m.log(1 + m.exp(u)))),
        ("gelu tanh", lambda m, u: u * (1 + m.tanh(u + u**3 / 20)) / 2),
        ("exp(-log(1 + exp u))", lambda m, u: m.exp(-m.log(1 + m.exp(u)))),
        ("exp(u - log(1 + exp u))", lambda m, u: m.exp(u - m.log(1 + m.exp(u)))),
        ("exp(-softplus)", lambda m, u: m.exp(-m.softplus(u))),
    )
]  # fmt: skip


def made_up(number: int, seed: int = 0) -> Iterator[Form]:
    """Logarithms and quotients of random sums of exponentials with positive coefficients, some inside a function."""
    rng = random.Random(seed)
    for count in range(number):
        terms = [(rng.randint(1, 5), rng.choice((-2, -1, 0, 1, 2))) for _ in range(rng.randint(2, 4))]
        if all(power == terms[0][1] for _, power in terms):
            terms.append((1, terms[0][1] + 1))
        powers = sorted({power for _, power in terms})
        kind, k = rng.choice(("log", "share", "reciprocal", "quotient")), rng.choice((1, 1, 2))
        outer, above = rng.choice(("plain", "plain", "tanh", "square")), rng.choice(powers)
        others = [(rng.randint(1, 3), rng.choice(powers)) for _ in range(2)]

        def write(m: Library, u: Any, terms: Any = terms, kind: str = kind, k: int = k, outer: str = outer,
                  above: int = above, others: Any = others) -> Any:  # fmt: skip
            total = sum(c * m.exp(p * u) for c, p in terms)
            match kind:
                case "log":
                    inner = m.log(total)
                case "share":
                    inner = m.exp(above * k * u) / total**k
                case "reciprocal":
                    inner = 1 / (total * m.exp(-terms[0][1] * u)) ** k
                case _:
                    inner = sum(c * m.exp(p * u) for c, p in others) / total
            return m.tanh(inner) if outer == "tanh" else inner**2 if outer == "square" else inner

        shown = " + ".join(f"{c} exp({p}u)" for c, p in terms)
        yield form(f"{count}: {outer} {kind}^{k} of {shown}, {above}, {others}", write)
