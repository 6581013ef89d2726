"""Training or prediction: a network that is written for both becomes one of the two.

Every stage but the reading sees only programs in which the condition `Training` is decided.
"""

from __future__ import annotations

from symbackprop.terms.build import FALSE, TRUE
from symbackprop.terms.program import Program
from symbackprop.terms.rewrite import rewrite_program
from symbackprop.terms.term import Term, Training, subterms


def in_training(program: Program) -> Program:
    """The program of the loss: itself where it says nothing of training."""
    return _specialised(program, TRUE)


def in_prediction(program: Program) -> Program:
    """The program of the outputs: itself where it says nothing of training."""
    return _specialised(program, FALSE)


def _specialised(program: Program, value: Term) -> Program:
    if not any(isinstance(inner, Training) for equation in program.equations for inner in subterms(equation.rhs)):
        return program
    return rewrite_program(program, lambda term, _: value if isinstance(term, Training) else None)
