"""The δ equations as textbooks print them: an error, its transport and the local derivative in one equation.

    d_a1[n, j] = Σ_k W2[k, j]·d_z2[n, k]          d_z1[n, j] = d_a1[n, j]·(1 - a1[n, j]²)

become `d_z1[n, j] = (Σ_k W2[k, j]·d_z2[n, k])·(1 - a1[n, j]²)`: Nielsen's BP2. An adjoint that one other adjoint alone
reads, at its own position and not under a sum, is put into it. Where it is defined case by case (the last step of a
recurrence, the others) its reader becomes cases as well; what is added up on overlapping ranges is told apart first,
and a scatter is turned into the sum that each element receives. For display: what is computed is `Derived.backward`.
Sources: Nielsen, "Neural networks and deep learning" (2015), chapter 2; Greff et al., "LSTM: a search space odyssey"
(2017), section II.B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum

from symbackprop.derive.differentiate import Derived
from symbackprop.derive.gather import gather_form
from symbackprop.derive.regions import without_overlap, written
from symbackprop.terms.binders import moved
from symbackprop.terms.brackets import collect_all
from symbackprop.terms.build import replace_terms, substitute
from symbackprop.terms.domains import Span, tightened
from symbackprop.terms.equalities import slope_of
from symbackprop.terms.match import value_at
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of, renamed_equation
from symbackprop.terms.term import Access, Axis, Term, Where, accesses, subterms
from symbackprop.terms.walks import read_outside_sums, size

__all__ = ["fused"]

_LONGEST = 60  # terms of an equation, each as often as it stands there; a longer one is easier to read in two


class Misfit(Enum):
    """Why there is no part of a range: it lies outside for certain, or how it lies is not told."""

    NOWHERE = "nowhere"
    UNKNOWN = "unknown"


def fused(derived: Derived) -> dict[str, tuple[Equation, ...]]:
    """Adjoint -> its equations in the fused form, for those that differ from the equations of `derived.backward`."""
    backward = derived.backward
    readers: dict[str, list[Equation]] = {}
    for equation in backward.equations:
        for name in sorted(equation.reads()):
            readers.setdefault(name, []).append(equation)
    known = {name: _told_apart(equations, backward) for name, equations in backward.definitions.items()}
    results = {adjoint for _, adjoint in backward.wrt}
    out: dict[str, tuple[Equation, ...]] = {}
    for name, equations in backward.definitions.items():
        if backward.table[name].adjoint_of is None or name in results:
            continue  # a gradient reads the errors: Nielsen's BP3 and BP4
        inner = {read for equation in equations for read in read_outside_sums(equation.rhs)} - results - {name}
        inner = {read for read in inner if read in known and backward.table[read].adjoint_of is not None}
        alone = {read for read in inner if _read_by(name, read, readers[read])}
        done = tuple(part for equation in known[name] for part in _put_in(equation, sorted(alone), known))
        if done != equations:
            out[name] = done
        if not any(name in equation.reads() for read in alone for equation in known[read]):
            known[name] = done  # a recurrence is gone through once
    return out


def _told_apart(equations: tuple[Equation, ...], program: Program) -> tuple[Equation, ...]:
    """`=` equations on boxes that do not overlap where there are such, one sum for all elements where there is not."""
    if all(equation.op is Op.ASSIGN for equation in equations):
        return equations
    boxes = without_overlap(equations, program.table[equations[0].target])
    if boxes is not None:
        return tuple(equation.with_rhs(collect_all(equation.rhs)) for equation in boxes)
    gathered = gather_form(equations, program)
    return equations if gathered is None else (gathered,)


# --- who reads what ------------------------------------------------------------------------------------
def _read_by(reader: str, name: str, equations: Iterable[Equation]) -> bool:
    """Whether the elements that the equations of `reader` read are read by them alone."""
    own = [equation for equation in equations if equation.target == reader]
    others = [equation for equation in equations if equation.target != reader]
    return all(_apart(one, other, name) for one in own for other in others)


def _apart(one: Equation, other: Equation, name: str) -> bool:
    """Whether no element of the tensor is read by both."""
    other = renamed_equation(other, (Index(f"{axis.index.name}'") for axis in other.axes))
    facts = Facts.of((*one.axes, *other.axes))
    reads = [read for read in accesses(other.rhs) if read.tensor == name]
    return all(_different(left, right, facts) for left in accesses(one.rhs) if left.tensor == name for right in reads)


def _different(left: Access, right: Access, facts: Facts) -> bool:
    return any(
        Span.at(ours).misses(Span.at(theirs), facts)
        for ours, theirs in zip(left.subscripts, right.subscripts, strict=True)
        if isinstance(ours, Poly) and isinstance(theirs, Poly)
    )


# --- putting in ------------------------------------------------------------------------------------------
def _put_in(equation: Equation, names: list[str], known: Mapping[str, tuple[Equation, ...]]) -> tuple[Equation, ...]:
    """The equation with the adjoints replaced by what they are, in as many cases as they have."""
    cases: tuple[Equation, ...] = (equation,)
    for name in names:
        after = tuple(part for case in cases for part in _one_put_in(case, known[name]))
        if all(size(part.rhs) <= _LONGEST for part in after):
            cases = after
    return cases


def _one_put_in(equation: Equation, definitions: tuple[Equation, ...]) -> tuple[Equation, ...]:
    reads = [read for read in accesses(equation.rhs) if read.tensor == definitions[0].target]
    if not reads:
        return (equation,)
    if len(reads) > 1 or reads[0].tensor not in read_outside_sums(equation.rhs):
        return (equation,)
    if len(definitions) == 1:  # of the whole tensor: what is read, if only behind a guard, is there
        whole = _value_of(definitions[0], reads[0])
        return (equation,) if whole is None else (_with_value(equation, reads[0], whole, {}),)
    if reads[0] in _guarded_reads(equation.rhs):
        return (equation,)  # which case it is may depend on the guard
    cases: list[Equation] = []
    for definition in definitions:
        case = _case(equation, reads[0], definition)
        if case is Misfit.UNKNOWN:
            return (equation,)
        if isinstance(case, Equation):
            cases.append(case)
    return tuple(cases)


def _guarded_reads(term: Term) -> set[Access]:
    guarded = (
        branch for inner in subterms(term) if isinstance(inner, Where) for branch in (inner.then, inner.otherwise)
    )
    return {read for branch in guarded for read in accesses(branch)}


def _value_of(definition: Equation, read: Access) -> Term | None:
    """What the definition gives at the position that is read."""
    if definition.op is not Op.ASSIGN or written(definition) is None:
        return None
    return value_at(definition, read)


def _with_value(equation: Equation, read: Access, value: Term, ranges: Mapping[Index, Axis]) -> Equation:
    """The equation with the value in place of what is read, on the part of its range given by `ranges`."""
    fixed = {index: axis.low for index, axis in ranges.items() if axis.low == axis.high}
    return replace(
        equation,
        subscripts=tuple(moved(subscript, fixed) for subscript in equation.subscripts),
        axes=tuple(ranges.get(axis.index, axis) for axis in equation.axes if axis.index not in fixed),
        rhs=collect_all(substitute(replace_terms(equation.rhs, {read: value}), fixed)),
    )  # fmt: skip


def _case(equation: Equation, read: Access, definition: Equation) -> Equation | Misfit:
    """The equation in the part of its range in which it reads what the definition gives."""
    spans, value = written(definition), _value_of(definition, read)
    if spans is None or value is None:
        return Misfit.UNKNOWN
    ranges = ranges_of(equation.axes)
    narrowed: dict[Index, Axis] = {}
    for span, here in zip(spans, read.subscripts, strict=True):
        assert isinstance(here, Poly)
        found = _within(here, {**ranges, **narrowed}, span)
        if isinstance(found, Misfit):
            return found
        narrowed |= found
    return _with_value(equation, read, value, narrowed)


def _within(here: Poly, ranges: Mapping[Index, Axis], span: Span) -> dict[Index, Axis] | Misfit:
    """The ranges to narrow for a subscript to stay inside the span."""
    facts = Facts.of(ranges.values())
    if span.holds(Span.at(here), facts):
        return {}
    if span.misses(Span.at(here), facts):
        return Misfit.NOWHERE
    for index in here.indices()[:1] if len(here.indices()) == 1 else ():
        narrowed = tightened(ranges[index], here - span.low, Facts()) if slope_of(here, index) == 1 else None
        narrowed = tightened(narrowed, span.high - here, Facts()) if narrowed is not None else None
        if narrowed is not None:
            return {index: narrowed}
    return Misfit.UNKNOWN
