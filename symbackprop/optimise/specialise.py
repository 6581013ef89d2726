"""Training or prediction: a network that is written for both becomes one of the two.

Every stage but the reading sees only programs in which the condition `Training` is decided.
"""

from __future__ import annotations

from symbackprop.terms.build import FALSE, TRUE
from symbackprop.terms.program import Program
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Term, Training, subterms


def in_training(program: Program) -> Program:
    """The program of the loss: itself where it says nothing of training."""
    return _specialised(program, TRUE)


def in_prediction(program: Program) -> Program:
    """The program of the outputs: itself where it says nothing of training."""
    return _specialised(program, FALSE)


def _specialised(program: Program, value: Term) -> Program:
    def rule(term: Term, _: Ranges) -> Term | None:
        return value if isinstance(term, Training) else None

    equations = tuple(
        rewrite_equation(equation, rule)
        if any(isinstance(inner, Training) for inner in subterms(equation.rhs))
        else equation
        for equation in program.equations
    )
    same = all(new is old for new, old in zip(equations, program.equations, strict=True))
    return program if same else program.with_(equations=equations)
