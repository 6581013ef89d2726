"""Softmax and log-sum-exp by their parts, as they are computed: one exponential serves both, and no shift costs digits.

    m[n] = max_k u[n, k]      e[n, k] = exp(u[n, k] - m[n])      s[n] = Σ_k e[n, k]

    logsumexp_k u = m + log s                 the softmax exp(u - logsumexp u) = e/s
    logsumexp_k u - v = log s - (v - m)       logsumexp_k u - Σ_k y·u = log s - Σ_k y·(u - m) + m·(1 - Σ_k y)

exp(u - logsumexp u) as it stands loses eps·|u|, and so does a cross-entropy: log-sum-exp rounds at the size of the
scores. A derivation is read in their form; this pass comes last, before the recurrences are hoisted and lowered. Where
a row is masked everywhere s = 0; max(1, s), which is s elsewhere, gives it weights of 0 and the log-sum-exp -oo. It
stands only where a row can be masked (`masked`).

e gets a tensor where weights are read from it, except in a recurrence: there it would be kept for every step, so that
the weights take an exponential of their own.

Source: Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions" (2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symbackprop.derive.axis_names import axis_names
from symbackprop.optimise.differences import Differences
from symbackprop.optimise.masked import may_be_masked
from symbackprop.optimise.score_rows import Parts, element_of_row
from symbackprop.terms.binders import renamed
from symbackprop.terms.build import (
    UNIT,
    add,
    apply,
    mul,
    open_reduce,
    power,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.domains import whole_definition
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind, fresh_name, recurrent_tensors
from symbackprop.terms.rewrite import Ranges, rewrite, rewrite_equation
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Function,
    Reduce,
    Reduction,
    Term,
    Where,
    subterms,
)
from symbackprop.terms.wild import Known, known_of


def by_parts(program: Program, *readers: Program, beside: Sequence[Program] = ()) -> tuple[Program, ...]:
    """The program, and those that read its tensors, with every log-sum-exp and softmax by its parts.

    `beside`: programs that define some tensors alike, whose parts are to be alike as well.
    """
    taken = {name for each in (program, *readers) for name in (*each.table, *each.dims)}
    out: list[Program] = []
    known: dict[str, Parts] = {}
    for place, each in enumerate((program, *readers)):
        found = _Splitter(each, taken, (each, *readers[place:], *beside)).parts()
        known |= found
        out.append(_split(each, found, known) if known else each)
    return tuple(_without_unread(each, known, out) for each in out)


def _without_unread(program: Program, known: Mapping[str, Parts], programs: Sequence[Program]) -> Program:
    """The program without log-sum-exps that are read by their parts alone."""
    wanted = {*program.results, *program.outputs, *(following for _, following in program.updates)}
    wanted |= {name for each in programs for pair in each.wrt for name in pair}
    read = frozenset().union(*(equation.reads() for each in programs for equation in each.equations))
    unread = known.keys() - wanted - read
    return program.with_(
        tensors=tuple(tensor for tensor in program.tensors if tensor.name not in unread),
        equations=tuple(equation for equation in program.equations if equation.target not in unread),
    )


class _Splitter:
    """Finds the log-sum-exps of a program and names their parts. `programs`: those that may read their weights."""

    def __init__(self, program: Program, taken: set[str], programs: Sequence[Program]) -> None:
        self.program, self.taken = program, taken
        self.weights = [
            (*weight, each) for each in programs for equation in each.equations for weight in _weights(equation)
        ]
        self.recurrent = recurrent_tensors(program.equations)

    @cached_property
    def known(self) -> Known:
        """What is known of the program's tensors, if it has a log-sum-exp."""
        return known_of(self.program)

    def parts(self) -> dict[str, Parts]:
        found: dict[str, Parts] = {}
        for name, equations in self.program.definitions.items():
            if any(_is_logsumexp(leaf) for equation in equations for leaf in _leaves(equation.rhs)):
                assert all(equation.op is Op.ASSIGN for equation in equations), name
                found[name] = self._named(name, equations)
        return found

    def _named(self, name: str, equations: tuple[Equation, ...]) -> Parts:
        scored = [leaf for equation in equations for leaf in _leaves(equation.rhs) if isinstance(leaf, Reduce)]
        rows = [open_reduce(leaf, taken=[*leaf.free]) for leaf in scored if _is_logsumexp(leaf)]
        masked = any(may_be_masked(axes, row, self.program, self.known) for axes, row in rows)
        parts = Parts(fresh_name(f"{name}_max", self.taken), fresh_name(f"{name}_sum", self.taken), masked)
        first = whole_definition(self.program, name)
        if first is None or not isinstance(first.rhs, Reduce):
            return parts
        axes, scores = open_reduce(first.rhs, taken=[axis.index for axis in first.axes])
        names = axis_names(scores, (*first.axes, *axes), self.program.table, self.program.indices)[len(first.axes) :]
        named, mapping = renamed(axes, map(Index, names))
        parts = replace(parts, row=(first, tuple(named), substitute(scores, mapping)))
        if name not in self.recurrent and any(
            normal.tensor == name and element_of_row(parts, score, normal, axes, reader) is not None
            for score, normal, axes, reader in self.weights
        ):
            parts = replace(parts, raised=fresh_name(f"{name}_exp", self.taken))
        return parts


def _weights(equation: Equation) -> list[tuple[Term, Access, tuple[Axis, ...]]]:
    """(score, log-sum-exp, axes around) of every softmax in the equation, bound indices under names of their own."""
    found: list[tuple[Term, Access, tuple[Axis, ...]]] = []

    def rule(term: Term, around: Ranges) -> Term | None:
        match term:
            case Apply(Function.EXP_NORMALIZED, (score, Access() as normal)):
                found.append((score, normal, tuple(around.values())))
        return None

    if any(isinstance(inner, Apply) and inner.function is Function.EXP_NORMALIZED for inner in subterms(equation.rhs)):
        rewrite_equation(equation, rule)
    return found


def _leaves(term: Term) -> Iterator[Term]:
    """The branches of a right-hand side."""
    if isinstance(term, Where):
        yield from _leaves(term.then)
        yield from _leaves(term.otherwise)
    else:
        yield term


def _is_logsumexp(term: Term) -> bool:
    """Whether it is a log-sum-exp of what some tensor stands in: others are numbers, and have no name."""
    return isinstance(term, Reduce) and term.reduction is Reduction.LOGSUMEXP and bool(term.tensors)


# --- the equations -------------------------------------------------------------------------------------
def _split(program: Program, own: Mapping[str, Parts], known: Mapping[str, Parts]) -> Program:
    """The program with the parts of `own` defined, and everything of `known` read by its parts."""
    reading = _Reading(program, known)
    tensors = list(program.tensors)
    equations: list[Equation] = []
    for equation in program.equations:
        equation = reading.equation(equation)
        if equation.target in own:
            equations += _equations(equation, own[equation.target])
        else:
            equations.append(equation)
    for name, parts in own.items():
        tensors += _tensors(program.table[name], parts)
    return program.with_(tensors=tuple(tensors), equations=tuple(equations))


def _equations(equation: Equation, parts: Parts) -> Iterator[Equation]:
    """m, e, s and the log-sum-exp itself, all under its number."""
    largest, total = parts.largest_at(equation.subscripts), parts.total_at(equation.subscripts)

    def top(leaf: Term) -> Term:
        if not (isinstance(leaf, Reduce) and _is_logsumexp(leaf)):
            return leaf
        axes, scores = open_reduce(leaf, taken=[axis.index for axis in equation.axes])
        return reduce(Reduction.MAX, axes, scores)

    def whole(leaf: Term) -> Term:
        if not (isinstance(leaf, Reduce) and _is_logsumexp(leaf)):
            return UNIT
        if parts.raised is not None and parts.row is not None:
            return reduce(Reduction.SUM, parts.row[1], _raised(parts))
        axes, scores = open_reduce(leaf, taken=[axis.index for axis in equation.axes])
        return reduce(Reduction.SUM, axes, apply(Function.EXP_NORMALIZED, scores, largest))

    def value(leaf: Term) -> Term:
        return add(largest, apply(Function.LOG, total)) if _is_logsumexp(leaf) else leaf

    yield replace(equation, target=parts.largest, rhs=_mapped(equation.rhs, top))
    if parts.raised is not None and parts.row is not None:
        _, axes, scores = parts.row
        yield replace(
            equation, target=parts.raised, subscripts=(*equation.subscripts, *(Poly.of(a.index) for a in axes)),
            axes=(*equation.axes, *axes), rhs=apply(Function.EXP_NORMALIZED, scores, largest),
        )  # fmt: skip
    yield replace(equation, target=parts.total, rhs=_mapped(equation.rhs, whole))
    yield equation.with_rhs(_mapped(equation.rhs, value))


def _raised(parts: Parts) -> Access:
    assert parts.raised is not None
    assert parts.row is not None
    equation, axes, _ = parts.row
    return Access(parts.raised, (*equation.subscripts, *(Poly.of(axis.index) for axis in axes)))


def _mapped(term: Term, change: Callable[[Term], Term]) -> Term:
    """The branches changed."""
    if isinstance(term, Where):
        return where(term.condition, _mapped(term.then, change), _mapped(term.otherwise, change))
    return change(term)


def _tensors(tensor: Tensor, parts: Parts) -> Iterator[Tensor]:
    for name in (parts.largest, parts.total):
        yield Tensor(name, TensorKind.INTERMEDIATE, tensor.shape, tensor.origin, axes=tensor.axes, part_of=tensor.name)
    if parts.raised is not None and parts.row is not None:
        axes = parts.row[1]
        yield Tensor(
            parts.raised, TensorKind.INTERMEDIATE, (*tensor.shape, *(axis.extent for axis in axes)),
            (*tensor.origin, *(axis.low for axis in axes)),
            axes=(*tensor.axes, *(axis.index.name for axis in axes)), part_of=tensor.name,
        )  # fmt: skip


# --- what reads them -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Reading:
    """Softmaxes, and sums that a log-sum-exp stands in, by the parts `known`."""

    program: Program
    known: Mapping[str, Parts]

    def equation(self, equation: Equation) -> Equation:
        return rewrite_equation(equation, self._difference_first, self._softmax)

    def _difference_first(self, term: Term, around: Ranges) -> Term | None:
        if term.tensors.isdisjoint(self.known):
            return term
        changed = Differences(self.program, self.known).taken(term) if isinstance(term, Add) else term
        return None if changed is term else rewrite(changed, self._difference_first, around, self._softmax)

    def _softmax(self, term: Term, around: Ranges) -> Term | None:
        match term:
            case Apply(Function.EXP_NORMALIZED, (score, Access() as normal)) if normal.tensor in self.known:
                return self._weight(self.known[normal.tensor], score, normal, tuple(around.values()))
        return None

    def _weight(self, parts: Parts, score: Term, normal: Access, around: tuple[Axis, ...]) -> Term:
        """exp(score - normal)."""
        total = parts.total_at(normal.subscripts)
        place = element_of_row(parts, score, normal, around, self.program) if parts.raised is not None else None
        if parts.raised is not None and place is not None:
            return mul(Access(parts.raised, (*normal.subscripts, *place)), power(total, -1))
        raised = apply(Function.EXP_NORMALIZED, score, parts.largest_at(normal.subscripts))
        return mul(raised, power(total, -1))


__all__ = ["by_parts"]
