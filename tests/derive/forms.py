"""Derived equations as text."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.program import Equation
from symbackprop.terms.show import Namer, Printer


def printed(derived: Derived, equations: Sequence[Equation]) -> list[str]:
    """Each equation on a line, without its ranges."""
    printer = Printer(Namer(derived.backward.table))
    return [printer.equation(equation) for equation in equations]


def plain(derived: Derived, name: str) -> list[str]:
    """The equations of an adjoint as they are computed."""
    return printed(derived, derived.backward.definitions[name])
