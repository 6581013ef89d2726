"""Which values data are drawn from on purpose: those that conditions single out.

The integers and numbers that a program compares values with, and, for each tensor of few values (integers, noise that
is 0 or 1), the values that its elements are to have in turn: all of them where they are few, else those that are
compared, their neighbours, the positions of indices they may equal, and some at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from symbackprop.interpret import Interpreter
from symbackprop.terms.build import integer_condition
from symbackprop.terms.program import Distribution, DType, Program, Tensor
from symbackprop.terms.term import Apply, Compare, Function, Number, Term, accesses, subterms
from symbackprop.verify.data import GIVEN, Data

_FEW = 12  # values of an integer that are all of them tried
_WITHOUT_BOUND = 5  # as `verify.data` draws where an integer has no bound
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


def choices_of(
    program: Program, sizes: Mapping[str, int], claims: Sequence[Term], data: Data
) -> dict[str, tuple[int, ...]]:
    """For each tensor of few values, those that its elements are to have. `data`: an example."""
    reader = Interpreter(program, sizes, {})
    terms = [*(equation.rhs for equation in program.equations), *claims]
    found: dict[str, tuple[int, ...]] = {}
    for tensor in program.of_kind(*GIVEN):
        if tensor.dtype is DType.INT:
            found[tensor.name] = integers_of(reader, tensor, terms)
        elif tensor.noise is not None and tensor.noise.distribution is Distribution.BERNOULLI:
            found[tensor.name] = (1, 0)
    assumed = {read.tensor for fact in program.assumptions for read in accesses(fact.condition)}
    return {name: values for name, values in found.items() if name not in assumed}


def integers_of(reader: Interpreter, tensor: Tensor, terms: Sequence[Term]) -> tuple[int, ...]:
    """The values of an integer input that matter, at most `_FEW` unless more are compared."""
    high = max(1, reader.size(tensor.high)) if tensor.high is not None else _WITHOUT_BOUND
    if tensor.high is not None and high <= _FEW:
        return tuple(range(high))
    compared = [int(value) for value in numbers_compared(terms) if value.denominator == 1]
    near = {value + step for value in compared for step in (-1, 0, 1)}
    sizes = set(reader.sizes.values())
    places = range(max(sizes, default=1)) if any(tensor.name in term.tensors for term in terms) else range(0)
    spread = np.random.default_rng([high, 0x147]).integers(0, high, size=3)
    wanted = {0, 1, high - 1, *near, *places, *map(int, spread)}
    return tuple(sorted(value for value in wanted if 0 <= value < high or (tensor.high is None and value < 0)))
