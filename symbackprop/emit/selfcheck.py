"""What the module's own check needs to know: data that meet the assumptions, tensors that it cannot difference."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.emit.names import Names
from symbackprop.emit.text import number_text
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Assumption, DType, Program, TensorKind
from symbackprop.terms.term import (
    Access,
    Apply,
    Compare,
    Connective,
    Function,
    Logic,
    Number,
    Reduce,
    Reduction,
    Relation,
    Term,
    accesses,
    subterms,
)

_GIVEN = (TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)


def arrangements(program: Program, names: Names) -> list[str]:
    """Statements on `data` that make the assumptions hold, where they have a form that can be arranged: sums along
    axes that equal a number, and bounds on elements."""
    lines: list[str] = []
    for fact in program.assumptions:
        for condition in _conjuncts(fact.condition):
            line = _arranged(program, fact, condition)
            if line is not None and line not in lines:
                lines.append(line)
    return lines


def _conjuncts(condition: Term) -> tuple[Term, ...]:
    if isinstance(condition, Logic) and condition.connective is Connective.AND:
        return condition.args
    return (condition,)


def _arranged(program: Program, fact: Assumption, condition: Term) -> str | None:
    if not isinstance(condition, Compare):
        return None
    for left, right, flipped in ((condition.left, condition.right, False), (condition.right, condition.left, True)):
        if not isinstance(right, Number):
            continue
        value = number_text(right.value)
        match left:
            case Reduce(Reduction.SUM, axes, Access(tensor, subscripts)) if condition.relation is Relation.EQ:
                bound = {axis.index for axis in axes}
                places = tuple(place for place, s in enumerate(subscripts) if isinstance(s, Poly) and s.index in bound)
                if program.table[tensor].kind in _GIVEN and len(places) == len(axes):
                    data = f'data["{tensor}"]'
                    return f"{data} = {value} * np.abs({data}) / np.abs({data}).sum(axis={places}, keepdims=True)"
            case Access(tensor) if condition.relation in (Relation.GT, Relation.GE):
                if program.table[tensor].kind in _GIVEN and program.table[tensor].dtype is DType.FLOAT:
                    data, sign = f'data["{tensor}"]', "-" if flipped else "+"
                    return f"{data} = {value} {sign} 0.1 {sign} np.abs({data})"
    return None


def unchecked(program: Program, wrt: Sequence[str]) -> set[str]:
    """Those whose derivative is not the slope of the loss: what stands behind a stop_gradient, and what is no datum."""
    reached: set[str] = set()
    waiting = [
        read.tensor
        for equation in program.equations
        for term in subterms(equation.rhs)
        if isinstance(term, Apply) and term.function is Function.STOP_GRADIENT
        for read in accesses(term)
    ]
    definitions = program.definitions
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            for equation in definitions.get(name, ()):
                waiting.extend(equation.reads())
    return {name for name in wrt if name in reached or program.table[name].kind not in _GIVEN}
