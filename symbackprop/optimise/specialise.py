"""Training or prediction: a network that is written for both becomes one of the two."""

from __future__ import annotations

from symbackprop.terms.build import FALSE, TRUE
from symbackprop.terms.program import Program
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Term, Training, subterms


def specialise(program: Program, training: bool) -> Program:
    """The program with the condition `Training` decided: the program itself where it has none.

    Every stage but the reading sees only such programs.
    """
    value = TRUE if training else FALSE

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
