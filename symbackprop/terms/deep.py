"""What is nested more deeply than Python's stack is refused, by the equation that it stands in.

Walks over terms call themselves. Equations that were written are as deep as their writer likes; once their parts are
named they are flat.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from symbackprop.errors import NestedTooDeep
from symbackprop.terms.program import Program
from symbackprop.terms.readings import MOST_PATHS, TooManyPaths
from symbackprop.terms.show import Printer
from symbackprop.terms.walks import depth


@contextmanager
def within_stack(program: Program) -> Iterator[None]:
    """NestedTooDeep, naming the program's deepest equation, where the stack does not hold what is done with it."""
    try:
        yield
    except RecursionError as error:
        equation = max(program.equations, key=lambda equation: depth(equation.rhs))
        subject = f"equation {Printer().access(equation.lhs, {})} of {program.name}"
        raise too_deep(subject, error, f"{depth(equation.rhs)}") from error


def too_deep(subject: str, error: RecursionError, found: str = "more") -> NestedTooDeep:
    """What is said where `error` ended a walk over what stands in the subject."""
    remedy = "give an inner value a tensor of its own"
    if isinstance(error, TooManyPaths):
        return NestedTooDeep(subject, expected=f"parts to which at most {MOST_PATHS:,} sets of conditions lead",
                             found="more", remedy=remedy)  # fmt: skip
    return NestedTooDeep(
        subject,
        expected=f"terms inside each other such that {sys.getrecursionlimit():,} calls can follow them",
        found=found,
        remedy=f"{remedy}, or raise the limit by sys.setrecursionlimit",
    )


__all__ = ["too_deep", "within_stack"]
