"""Which values data are drawn from on purpose: those that conditions single out.

The integers and numbers that a program compares values with, and, for each tensor of few values (integers, noise that
is 0 or 1), the values that its elements are to have in turn: all of them where they are few, else those that are
told apart by conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product

from symbackprop.interpret import Float, Interpreter
from symbackprop.interpret.compile import Compiler
from symbackprop.terms.build import TRUE, integer_condition, number, replace_terms
from symbackprop.terms.domains import plain_subscripts
from symbackprop.terms.program import GIVEN, Assumption, Distribution, Program
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    Number,
    Power,
    Reduce,
    Relation,
    Term,
    accesses,
    subterms,
)
from symbackprop.verify.integers import integer_values

_SMALL = range(-8, 9)
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
        if len(reads) == 1 and reads[0].tensor in found and _is_whole(reads[0], fact, program):
            found[reads[0].tensor] = _allowed(reader, fact, reads[0], found[reads[0].tensor])
        else:
            found = {name: values for name, values in found.items() if name not in fact.condition.tensors}
    together = bound_together(program)
    return {name: values for name, values in found.items() if name not in together and values}


def _allowed(reader: Interpreter, fact: Assumption, read: Access, values: Sequence[int]) -> tuple[int, ...]:
    """Those of the values for which an assumption holds that reads one element, at every position."""
    ranges = [range(reader.size(axis.low), reader.size(axis.high) + 1) for axis in fact.axes]

    def holds(value: int) -> bool:
        compiler = Compiler(reader.sizes, Float(), reader)
        slots = [compiler.slot(axis.index) for axis in fact.axes]
        check = compiler.condition(replace_terms(fact.condition, {read: number(value)}))
        padding = [0] * (len(compiler.slots) - len(slots))
        return all(check([*position, *padding]) for position in product(*ranges))

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
        read = next(accesses(fact.condition), None)
        if read is None or fact.condition.tensors != {read.tensor}:
            continue
        if not _is_whole(read, fact, program):
            continue
        roots = tuple(v for v in _SMALL if replace_terms(fact.condition, {read: number(v)}) is TRUE)
        if roots and len(roots) == _most_roots(fact.condition, read):
            found[read.tensor] = roots
    return found


def _is_whole(read: Access, fact: Assumption, program: Program) -> bool:
    """Whether the fact is about every element."""
    return plain_subscripts(read.subscripts, fact.axes, program.table[read.tensor]) is not None


def _most_roots(condition: Term, read: Access) -> int:
    """How many values of the element can satisfy the condition at most; 0 if that is not plain."""
    match condition:
        case Logic(Connective.OR, args):
            return sum(_most_roots(arg, read) for arg in args)
        case Compare(Relation.EQ, _, _):
            powers = [inner for inner in subterms(condition) if isinstance(inner, Power) and inner.base is read]
            whole = all(each.exponent.denominator == 1 and each.exponent > 0 for each in powers)
            plain = all(isinstance(t, Compare | Add | Mul | Number | Access | Power) for t in subterms(condition))
            return max((each.exponent.numerator for each in powers), default=1) if whole and plain else 0
        case _:
            return 0
