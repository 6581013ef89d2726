"""Data for a module's own check that meet what its network assumes: arranged by a statement, or written out.

A sum of a tensor that equals a number, and one bound of its elements, are brought about by a statement on whatever was
drawn. Anything else, and several assumptions about one tensor, are met by numbers that are found here, at the sizes of
the check, and written into the module.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbackprop.feasible import UnmetAssumption, World, described, meet
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.feasible.system import value_facts
from symbackprop.interpret import Interpreter
from symbackprop.numpy.sample import sample_sizes
from symbackprop.python_text.python_lines import WIDTH
from symbackprop.python_text.scalars import number_text
from symbackprop.terms.domains import is_whole
from symbackprop.terms.graph import connected
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import GIVEN, Assumption, DType, Program, Tensor
from symbackprop.terms.term import Access, Compare, Number, Reduce, Reduction, Relation

_INDENT = 4
_NOTHING = 1e-40  # what sixty digits leave of a zero


@dataclass(frozen=True, slots=True)
class Example:
    """`sizes` of the check; `lines`: statements on its `data` that make the assumptions hold; `unmet`: those for which
    no data were found, as they were written."""

    sizes: Mapping[str, int]
    lines: tuple[str, ...]
    unmet: tuple[str, ...] = ()


def example_of(program: Program) -> Example:
    """Data that meet the assumptions, as far as they are found."""
    arranged: list[str] = []
    written: list[Assumption] = []
    facts = value_facts(program)
    for group in ([facts[place] for place in group] for group in connected([[*f.condition.tensors] for f in facts])):
        line = _arranged(program, group[0]) if len(group) == 1 else None
        if line is not None:
            arranged.append(line)
        else:
            written += group
    first = sample_sizes(program)
    if not written:
        return Example(first, tuple(arranged))
    failure: UnmetAssumption | None = None
    for sizes in _candidates(program, first):
        try:
            return Example(sizes, (*arranged, *_written(program, sizes, written)))
        except UnmetAssumption as unmet:
            failure = failure or unmet
    assert failure is not None
    return Example(first, tuple(arranged), tuple(described(fact) for fact in failure.facts))


def _candidates(program: Program, first: dict[str, int]) -> Iterator[dict[str, int]]:
    """Sizes at which the conditions on sizes hold: those first, others that a square or a wide matrix asks for."""
    yield first
    turned = dict(zip(first, reversed(first.values()), strict=True))
    for sizes in (turned, dict.fromkeys(first, 3), dict.fromkeys(first, 2)):
        if size_failure(program, sizes) is None:
            yield sizes


# --- by a statement -------------------------------------------------------------------------------------
def _arranged(program: Program, fact: Assumption) -> str | None:
    condition = fact.condition
    if not isinstance(condition, Compare):
        return None
    for left, right, flipped in ((condition.left, condition.right, False), (condition.right, condition.left, True)):
        if not isinstance(right, Number):
            continue
        value = number_text(right.value)
        match left:
            case Reduce(Reduction.SUM, axes, Access(name, subscripts) as element) if condition.relation is Relation.EQ:
                bound = {axis.index for axis in axes}
                places = tuple(place for place, s in enumerate(subscripts) if isinstance(s, Poly) and s.index in bound)
                if right.value > 0 and is_whole(element, (*fact.axes, *axes), program.table):
                    data = f'data["{name}"]'
                    return f"{data} = {value} * np.abs({data}) / np.abs({data}).sum(axis={places}, keepdims=True)"
            case Access(name) if condition.relation in (Relation.GT, Relation.GE):
                if is_whole(left, fact.axes, program.table) and program.table[name].dtype is DType.FLOAT:
                    data, sign = f'data["{name}"]', "-" if flipped else "+"
                    return f"{data} = {value} {sign} 0.1 {sign} np.abs({data})"
    return None


# --- written out ----------------------------------------------------------------------------------------
def _written(program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption]) -> Iterator[str]:
    """A statement for each tensor that these facts speak of."""
    reader = Interpreter(program, sizes, {})
    spoken = {name for fact in facts for name in fact.condition.tensors}
    tensors = [tensor for tensor in program.of_kind(*GIVEN) if tensor.name in spoken]

    def base(rng: np.random.Generator) -> dict[str, np.ndarray[Any, Any]]:
        return {tensor.name: _drawn(reader, tensor, rng) for tensor in tensors}

    data = meet(program.with_(assumptions=tuple(facts)), sizes, base, 0, World.REAL)
    return (_statement(tensor, data[tensor.name]) for tensor in tensors)


def _drawn(reader: Interpreter, tensor: Tensor, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    _, shape = reader.box(tensor)
    if tensor.dtype is DType.INT:
        return rng.integers(0, max(1, reader.size(tensor.high)) if tensor.high is not None else 2, size=shape)
    return np.round(rng.uniform(-1, 1, shape), 2)


def _statement(tensor: Tensor, array: np.ndarray[Any, Any]) -> str:
    if tensor.dtype is not DType.INT:
        array = np.where(abs(array) < _NOTHING, 0, array).astype(np.float64)
    values = repr(array.tolist())
    text = f'data["{tensor.name}"] = np.array({values})'
    if len(text) + _INDENT <= WIDTH:
        return text
    lines = textwrap.wrap(values, WIDTH - 2 * _INDENT, break_long_words=False, break_on_hyphens=False)
    inside = "\n".join(f"{' ' * 2 * _INDENT}{line}" for line in lines)
    return f'data["{tensor.name}"] = np.array(\n{inside}\n{" " * _INDENT})'
