"""What sizes must satisfy for a program to have a value, and what a program then costs to interpret."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from symbackprop.interpret.compile import Compiler
from symbackprop.interpret.floats import Float
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.build import integer_condition
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import GIVEN, Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Reduce, Relation, Term, children_of
from symbackprop.terms.walks import shared

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """`poly` is to be nonnegative, or, with `equation`, zero; or else `other` says whether the sizes do."""

    text: str
    poly: Poly
    equation: bool = False
    other: Callable[[Sizes], bool] | None = None

    def distance(self, sizes: Sizes) -> int:
        """How far the sizes are from meeting it, 0 where they do."""
        if self.other is not None:
            return int(not self.other(sizes))
        value = self.poly.evaluate(lambda atom: sizes[atom.name])
        return abs(value) if self.equation else max(0, -value)


Conditions = tuple[Condition, ...]


def conditions_of(program: Program, allow_empty: bool) -> Conditions:
    """Every condition on sizes: those assumed, and that given tensors have an element at least; the others too unless
    `allow_empty`, and never a negative extent; and that then no equation ranges over nothing, but where it does at
    all sizes."""
    found: dict[Poly | Term, Condition] = {}
    for fact in program.assumptions:
        if not fact.axes and not fact.condition.tensors:
            found[fact.condition] = _assumed(fact.condition)
    for tensor in program.tensors:
        given = tensor.kind in GIVEN and tensor.kind is not TensorKind.COTANGENT  # which is as its output is
        least = 1 if given or not allow_empty else 0
        for extent in tensor.shape:
            always = 0 if not given and extent.constant == 0 else least
            if extent.constant is None or extent.constant < always:
                text = f"{extent} >= {least} (an extent of {tensor.name})"
                found.setdefault(extent - least, Condition(text, extent - least))
    for condition in nonzero_conditions(program, program.equations, Facts()):
        found.setdefault(condition, _assumed(condition))
    if not allow_empty:
        for axis in dict.fromkeys(axis for equation in program.equations for axis in equation.axes):
            extent = axis.extent - 1
            if extent.constant is None:
                found.setdefault(extent, Condition(f"{axis} not empty", extent))
    return tuple(found.values())


def _assumed(condition: Term) -> Condition:
    match integer_condition(condition):
        case (Relation.GE, Poly() as poly):
            return Condition(show(condition), poly)
        case (Relation.EQ, Poly() as poly):
            return Condition(show(condition), poly, equation=True)
        case (_, Poly() as poly):
            return Condition(show(condition), poly, other=lambda sizes: _holds(condition, sizes))
        case _:
            return Condition(show(condition), ZERO, other=lambda sizes: _holds(condition, sizes))


def _holds(condition: Term, sizes: Sizes) -> bool:
    nothing = Interpreter(Program("", (), (), ()), sizes, {})
    return Compiler(sizes, Float(), nothing).condition(condition)([])


def first_failure(conditions: Conditions, sizes: Sizes) -> Condition | None:
    """The first condition that does not hold."""
    return next((condition for condition in conditions if condition.distance(sizes)), None)


def size_failure(program: Program, sizes: Sizes, allow_empty: bool = False) -> str | None:
    """The first condition of the program that does not hold at these sizes, in words; None if all do."""
    failure = first_failure(conditions_of(program, allow_empty), sizes)
    return None if failure is None else failure.text


class Work:
    """About how many terms one interpretation of a program visits, as a function of the sizes.

    A term that stands in several places of an equation is visited once for each position of its own indices: its last
    value is kept.
    """

    def __init__(self, program: Program) -> None:
        self._totals: dict[tuple[Poly, ...], int] = {}  # terms visited once for each position of the extents
        for equation in program.equations:
            outer = tuple(axis.extent for axis in equation.axes)
            for axes in _visits(equation.rhs):
                extents = (*outer, *(axis.extent for axis in axes))
                self._totals[extents] = self._totals.get(extents, 0) + 1

    def __call__(self, sizes: Sizes) -> int:
        extents: dict[Poly, int] = {}

        def atom(value: Dim | Index) -> int:
            return sizes[value.name] if isinstance(value, Dim) else 4  # bounds that move with an index: a guess

        total = 0
        for polys, count in self._totals.items():
            for poly in polys:
                if poly not in extents:
                    extents[poly] = max(0, poly.evaluate(atom))
                count *= extents[poly]
            total += count
        return total


def _visits(root: Term) -> Iterator[tuple[Axis, ...]]:
    """For each visit of a term, the axes of the reductions at whose positions it takes place."""
    several = shared(root)
    seen: set[tuple[Term, tuple[Axis, ...]]] = set()
    stack: list[tuple[Term, tuple[Axis, ...]]] = [(root, ())]
    while stack:
        term, axes = stack.pop()
        if term in several:
            axes = tuple(axis for axis in axes if axis.index in term.free)
            if (term, axes) in seen:
                continue
            seen.add((term, axes))
        if isinstance(term, Reduce):
            axes = (*axes, *term.axes)
        yield axes
        stack.extend((child, axes) for child in children_of(term))


def work(program: Program, sizes: Sizes) -> int:
    """About how many terms one interpretation visits."""
    return Work(program)(sizes)
