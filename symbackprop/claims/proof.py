"""Equality for all sizes: a claim and what was derived, brought to one normal form, are the same term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbackprop.claims.assumed_rules import Assumed
from symbackprop.claims.ground import Ground
from symbackprop.claims.normal import Normaliser
from symbackprop.claims.signs import Signs
from symbackprop.claims.unfold import TooLong, Unfolding
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.build import NIL, integer_condition, sub, substitute
from symbackprop.terms.held_values import ValueTable
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.rewrite import ranges_of, rewrite
from symbackprop.terms.size_facts import size_conditions
from symbackprop.terms.term import Access, Add, Mul, Number, PolyValue, Power, Reduce, Reduction, Term, Where, subterms

_ELEMENTS = 250  # unfolded in one side of an equation


@dataclass(frozen=True, slots=True)
class Prover:
    """What is needed to compare claims with the δ of one network."""

    ground: Ground
    facts: tuple[Term, ...]
    values: ValueTable
    known: KnownSums
    signs: Signs
    assumed: Assumed

    @staticmethod
    def of(ground: Ground) -> Prover:
        program = ground.program
        facts = size_conditions(program)
        values = ValueTable.of(program)
        for equation in program.equations:
            values.note(equation, program.table[equation.target])
        assumed = Assumed.of(program, Normaliser(facts).addends)
        return Prover(ground, facts, values, KnownSums.of(program), Signs.of(program), assumed)

    def proves(self, equation: Equation) -> bool:
        """Whether a claim (in the names of the ground) is shown to hold at all sizes; False where no proof is found."""
        equation = _pinned(equation)
        ranges = ranges_of(equation.axes)
        derived = self.derived(equation)
        claimed = equation.rhs
        if claimed is derived:
            return True
        normal = Normaliser(self.facts, self.known, self.assumed)
        for unfold in self._unfoldings(equation):
            try:
                opened = [self.signs.simplified(unfold(side, ranges, _ELEMENTS), ranges) for side in (claimed, derived)]
            except TooLong:
                continue
            read = [  # what the network's tensors hold is read from them
                rewrite(side, self.values.read_in, ranges) if self.values.may_hold(side) else side for side in opened
            ]
            for sides in (read, opened) if self.assumed and read != opened else (read,):  # rules may need it open
                try:
                    if normal(sub(*sides), ranges) is NIL:
                        return True
                except TooLong:
                    continue
        return False

    def _unfoldings(self, equation: Equation) -> Iterator[Unfolding]:
        """How far both sides are unfolded: to the δ that the claim speaks of; to those of them that need no other
        one; down to the loss. And then each time through sums of products of the network as well."""
        backward, forward = self.ground.backward, self.ground.derived.forward
        equations, every = (*backward.equations, *forward.equations), backward.definitions.keys()
        spoken = frozenset(name for name in equation.rhs.tensors if name in every)
        first = frozenset(name for name in spoken if needed_for(backward, [name]) & spoken <= {name})
        parts = forward.definitions.keys() - self.ground.program.table.keys()
        for through in (parts, parts | _polynomial(forward)):
            for kept in dict.fromkeys((spoken, first, frozenset[str]())):
                yield Unfolding.of(equations, (every - kept) | through, self.facts)

    def derived(self, equation: Equation) -> Term:
        """The δ at the claim's positions, as its equations give it."""
        ranges = ranges_of(equation.axes)
        backward = self.ground.backward
        unfold = Unfolding(backward.definitions, backward.definitions.keys(), self.facts)
        return unfold.value(equation.lhs, ranges)


def _pinned(equation: Equation) -> Equation:
    """Without indices that have one value."""
    values = {axis.index: axis.low for axis in equation.axes if axis.low == axis.high}
    if not values:
        return equation
    left = substitute(equation.lhs, values)
    assert isinstance(left, Access)
    axes = tuple(axis for axis in equation.axes if axis.index not in values)
    return replace(equation, subscripts=left.subscripts, axes=axes, rhs=substitute(equation.rhs, values))


def _polynomial(program: Program) -> frozenset[str]:
    """Tensors defined as sums of products: these can be seen through without taking a function apart."""
    return frozenset(
        name
        for name, equations in program.definitions.items()
        if all(equation.op is Op.ASSIGN and _is_polynomial(equation.rhs) for equation in equations)
    )


def _is_polynomial(term: Term) -> bool:
    for inner in subterms(term):
        match inner:
            case Access() | Number() | PolyValue() | Add() | Mul() | Reduce(Reduction.SUM, _, _):
                continue
            case Power(base, exponent) if exponent.denominator == 1 and (exponent > 0 or not base.tensors):
                continue
            case Where(condition, _, _) if not condition.tensors:
                continue
            case _ if integer_condition(inner) is not None:
                continue
            case _:
                return False
    return True
