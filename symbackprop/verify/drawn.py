"""Which values data are drawn from on purpose: those that conditions single out.

The integers and numbers that a program compares values with, and, for each tensor of few values (integers, noise that
is 0 or 1), the values that its elements are to have in turn: all of them where they are few, else those that are
told apart by conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from symbackprop.feasible.element import few_values
from symbackprop.interpret import Float, Interpreter
from symbackprop.interpret.compile import Compiler
from symbackprop.terms.build import integer_condition, number, replace_terms
from symbackprop.terms.domains import is_whole
from symbackprop.terms.program import GIVEN, Assumption, Distribution, Program
from symbackprop.terms.term import (
    Access,
    Apply,
    Compare,
    Function,
    Number,
    Reduce,
    Term,
    accesses,
    subterms,
)
from symbackprop.verify.integer_data import integer_values

_LARGEST = 8  # of the integers that are small
_LIKE_COMPARISONS = (Function.MAX, Function.MIN)


def numbers_compared(terms: Iterable[Term]) -> tuple[Fraction, ...]:
    """The numbers in conditions on values and in extrema."""
    found: dict[Fraction, None] = {}
    for term in terms:
        for inner in subterms(term):
            deciding = isinstance(inner, Compare) and integer_condition(inner) is None
            if deciding or (isinstance(inner, Apply) and inner.function in _LIKE_COMPARISONS):
                found.update((part.value, None) for part in subterms(inner) if isinstance(part, Number))
    return tuple(sorted(found))


def choices_of(program: Program, sizes: Mapping[str, int], claims: Sequence[Term]) -> dict[str, tuple[int, ...]]:
    """For each tensor of few values, those that its elements are to have. Raises `TooManyCases`."""
    reader = Interpreter(program, sizes, {})
    found = integer_values(program, sizes, [*(equation.rhs for equation in program.equations), *claims])
    for tensor in program.of_kind(*GIVEN):
        if tensor.noise is not None and tensor.noise.distribution is Distribution.BERNOULLI:
            found[tensor.name] = (1, 0)
    for name, values in values_assumed(program).items():
        found[name] = tuple(value for value in found.get(name, values) if value in values)
    for fact in program.assumptions:
        reads = tuple(accesses(fact.condition))
        if len(reads) == 1 and reads[0].tensor in found and is_whole(reads[0], fact.axes, program.table):
            found[reads[0].tensor] = _allowed(reader, fact, reads[0], found[reads[0].tensor])
        else:
            found = {name: values for name, values in found.items() if name not in fact.condition.tensors}
    together = bound_together(program)
    return {name: values for name, values in found.items() if name not in together and values}


def _allowed(reader: Interpreter, fact: Assumption, read: Access, values: Sequence[int]) -> tuple[int, ...]:
    """Those of the values for which an assumption holds that reads one element, at every position."""

    def holds(value: int) -> bool:
        condition = replace_terms(fact.condition, {read: number(value)})
        return all(map(Compiler(reader.sizes, Float(), reader).over(fact.axes, condition), reader.positions(fact.axes)))

    return tuple(value for value in values if holds(value))


def bound_together(program: Program) -> frozenset[str]:
    """The tensors whose elements an assumption binds to each other, or to those of another."""
    found = set()
    for fact in program.assumptions:
        reads = tuple(accesses(fact.condition))
        if len(reads) > 1 or any(isinstance(inner, Reduce) for inner in subterms(fact.condition)):
            found |= {read.tensor for read in reads}
    return frozenset(found)


def values_assumed(program: Program) -> dict[str, tuple[int, ...]]:
    """Tensors of which an assumption says, element by element, that they have one of a few small integers as value:
    y² = 1, y² = y, y = 0 or y = 2."""
    found: dict[str, tuple[int, ...]] = {}
    for fact in program.assumptions:
        few = few_values(fact.condition)
        small = few is not None and all(value.denominator == 1 and abs(value) <= _LARGEST for value in few[1])
        if few is not None and small and is_whole(few[0], fact.axes, program.table):
            found[few[0].tensor] = tuple(map(int, few[1]))
    return found
