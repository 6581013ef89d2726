"""How parameters and buffers start, and what random tensors are drawn from."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy import sympify

from symbackprop.errors import InvalidArgument, UnknownDistribution, UnknownInitializer
from symbackprop.language.constants import exact_decimal, number_of
from symbackprop.language.told import quoted, told
from symbackprop.terms.build import UNIT, number
from symbackprop.terms.program import Distribution, Initializer, Noise
from symbackprop.terms.term import Number, Term

FANNED = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal")
SCHEMES = ("zeros", "ones", "normal", *FANNED)
_PARAMETERS: dict[Distribution, dict[str, Any]] = {
    Distribution.BERNOULLI: {"p": None},
    Distribution.NORMAL: {"mean": 0, "std": 1},
    Distribution.UNIFORM: {"low": 0, "high": 1},
}
ReadSizes = Callable[[Any, str], Term]


def read_initializer(init: Any, rank: int, subject: str, read: ReadSizes) -> Initializer:
    """The initialiser of a tensor of that rank.

    A Python or NumPy number is a constant; a SymPy expression is a normal's standard deviation, also where its sizes
    happen to be plain numbers (`1/sqrt(D)` with D = 4 is 1/2).
    """
    if init is None:
        init = "zeros" if rank < 2 else "glorot_uniform"
    if isinstance(init, str):
        if init not in SCHEMES:
            raise UnknownInitializer(
                subject, expected=f"one of {', '.join(SCHEMES)}, a number or an expression in the sizes",
                found=f"init={init!r}",
            )  # fmt: skip
        if init in FANNED and rank < 2:
            raise UnknownInitializer(
                subject, expected="at least two axes (fan-out, fan-in, ...)", found=f"init={init!r} at rank {rank}",
                remedy='use "zeros", "normal", a number or a standard deviation',
            )  # fmt: skip
        return Initializer(init, UNIT if init == "normal" else None)
    if isinstance(init, numbers.Real) and not isinstance(init, bool | sympy.Basic):
        return Initializer("constant", number(_fraction(init, subject)))
    if isinstance(init, sympy.Expr):
        deviation = read(init, subject)
        if isinstance(deviation, Number) and deviation.value < 0:
            raise UnknownInitializer(subject, expected="a standard deviation, not below 0", found=told(init))
        return Initializer("normal", deviation)
    raise UnknownInitializer(
        subject,
        expected="a scheme's name, a number or a SymPy expression in the sizes",
        found=f"init={quoted(init)}",
    )


def _fraction(value: Any, subject: str) -> Fraction:
    if isinstance(value, numbers.Rational):
        return number_of(sympy.Rational(int(value.numerator), int(value.denominator)), lambda: subject)
    number_ = sympify(float(value))
    if not isinstance(number_, sympy.Float):
        raise UnknownInitializer(subject, expected="a finite number", found=told(value))
    return exact_decimal(number_)


def read_noise(distribution: Any, parameters: Mapping[str, Any], subject: str, read: ReadSizes) -> Noise:
    """The distribution with its parameters' terms in the order of their declaration."""
    try:
        kind = Distribution(distribution)
    except ValueError:
        raise UnknownDistribution(
            subject, expected=", ".join(repr(d.value) for d in Distribution), found=repr(distribution)
        ) from None
    known = _PARAMETERS[kind]
    for name in parameters:
        if name not in known:
            raise UnknownDistribution(
                subject, expected=f"parameters {', '.join(known)} of {kind.value}", found=f"{name}={parameters[name]}"
            )
    arguments = []
    for name, default in known.items():
        value = parameters.get(name, default)
        if value is None:
            raise UnknownDistribution(subject, expected=f"{name}=..., a parameter of {kind.value}", found="none")
        arguments.append(read(value, subject))
    _check(kind, arguments, subject)
    return Noise(kind, tuple(arguments))


def _check(kind: Distribution, arguments: list[Term], subject: str) -> None:
    values = [term.value if isinstance(term, Number) else None for term in arguments]
    match kind, values:
        case Distribution.BERNOULLI, [Fraction() as p] if not 0 <= p <= 1:
            raise InvalidArgument(subject, expected="p between 0 and 1", found=f"p={p}")
        case Distribution.NORMAL, [_, Fraction() as std] if std < 0:
            raise InvalidArgument(subject, expected="std not below 0", found=f"std={std}")
        case Distribution.UNIFORM, [Fraction() as low, Fraction() as high] if high < low:
            raise InvalidArgument(subject, expected="low <= high", found=f"low={low}, high={high}")
