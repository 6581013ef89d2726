"""The reverse sweep: from equations whose parts are named to contributions to adjoints.

For `T[f(I)] = rhs over I` every element that rhs reads receives δT[f(I)] times the local partial derivative::

    element U[g]       contributes   δU[g] += δT[f(I)]·coefficient   over I and the binders met on the way
    sum                each summand, with the same coefficient
    product            coefficient · the other factors
    function φ(u)      coefficient · φ'(u), φ' from the table `rules`, in φ's own value: T's where φ(u) is all of rhs
    Σ over R           coefficient, R among the binders
    Π over R           coefficient · the product of the other factors (prefix · suffix, two recurrences)
    max, min over R    coefficient · [body = value] / number of ties
    logsumexp over R   coefficient · exp(body - value), the softmax
    where              coefficient · [condition]; a condition is never differentiated

Source: Griewank and Walther, "Evaluating Derivatives" (2008), chapter 3; the scatter form of the adjoint of an
indexed read is that of Laue, Mitterreiter and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor
Expressions" (2018), generalised from plain to affine and gathered subscripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.derive.rules import FLAT, partials
from symbackprop.terms.binders import renamed
from symbackprop.terms.build import (
    NIL,
    UNIT,
    access,
    apply,
    compare,
    fresh_indices,
    indicator,
    logic_and,
    logic_not,
    mul,
    open_reduce,
    poly_value,
    power,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.graph import reached
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.products import without
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Function,
    Mul,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Where,
    children_of,
    subterms,
)
from symbackprop.terms.walks import values_of


@dataclass(frozen=True, slots=True)
class Contribution:
    """δ`target`[subscripts] += value, over the axes. `source`: the tensor whose equation it comes from.

    `place`: the position in `source`; `branches`: the conditions under which its equation reads the element; `slopes`
    and `factors`: what δ was multiplied by, derivatives of functions and the other factors of products.
    """

    target: str
    subscripts: tuple[Subscript, ...]
    axes: tuple[Axis, ...]
    value: Term
    source: str
    place: tuple[Subscript, ...] = ()
    branches: tuple[Term, ...] = ()
    slopes: tuple[Term, ...] = ()
    factors: tuple[Term, ...] = ()


def contributions(
    equation: Equation, adjoint: Term, active: frozenset[str], helpers: Helpers, whole: bool
) -> Iterator[Contribution]:
    """What the equation contributes to the adjoints of the active tensors that it reads.

    `adjoint` is δT at the equation's own left-hand position (a number for the loss); `whole`: whether the element has
    the value of the right-hand side, nothing being added to it besides. The axes of what comes out are named `~0`,
    `~1`, ... Equations that the contributions need beside adjoints are added to `helpers`.
    """
    fresh = fresh_indices(len(equation.axes), equation.rhs.free)
    axes, mapping = renamed(equation.axes, fresh)
    value = substitute(equation.lhs, mapping)
    assert isinstance(value, Access)
    yield from _Sweep(equation.target, active, helpers, value).visit(
        substitute(equation.rhs, mapping), _Path(substitute(adjoint, mapping), tuple(axes), whole)
    )


@dataclass(slots=True)
class Helpers:
    """Tensors of the backward program that are no adjoints, and their equations: `define` adds one without these."""

    taken: set[str]
    tensors: list[Tensor] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)

    def define(self, of: str, what: str, axes: Sequence[Axis]) -> str:
        """The name given to a new tensor over the axes, a part of the derivative of the equation of `of`."""
        name = fresh_name(f"{of}_{what}", self.taken)
        shape, origin = tuple(axis.extent for axis in axes), tuple(axis.low for axis in axes)
        self.tensors.append(Tensor(name, TensorKind.INTERMEDIATE, shape, origin, axes=("",) * len(axes), part_of=of))
        return name


@dataclass(frozen=True, slots=True)
class _Path:
    """The way from an equation's root to a term: δ times what was met, over the axes; the rest as in `Contribution`.

    `root`: whether nothing but branches was met, so that the term's value is that of the element.
    """

    coefficient: Term
    axes: tuple[Axis, ...]
    root: bool
    branches: tuple[Term, ...] = ()
    slopes: tuple[Term, ...] = ()
    factors: tuple[Term, ...] = ()

    def within(self, bound: Sequence[Axis]) -> _Path:
        return replace(self, axes=self.axes + tuple(bound), root=False)

    def along(self, slope: Term) -> _Path:
        return replace(self, coefficient=mul(self.coefficient, slope), slopes=(*self.slopes, slope), root=False)

    def beside(self, others: Sequence[Term]) -> _Path:
        return replace(self, coefficient=mul(self.coefficient, *others), factors=(*self.factors, *others), root=False)

    def under(self, condition: Term) -> _Path:
        """The coefficient's own guards stay outermost: the condition may read what they allow."""
        coefficient = mul(self.coefficient, indicator(condition))
        return replace(self, coefficient=coefficient, branches=(*self.branches, condition))

    def selected(self, share: Term) -> _Path:
        """By an extremum: its share, which is finite where it is not zero."""
        return replace(self, coefficient=mul(self.coefficient, share), root=False)


@dataclass(frozen=True, slots=True)
class _Sweep:
    """`element`: of `source`, that the equation defines. (Where parts are named, functions and non-linear reductions
    stand at the root alone, and its value is theirs.)"""

    source: str
    active: frozenset[str]
    helpers: Helpers
    element: Access

    def visit(self, term: Term, path: _Path) -> Iterator[Contribution]:
        if path.coefficient is NIL or not self._varies(term):
            return
        match term:
            case Access(tensor, subscripts):
                yield Contribution(
                    tensor, subscripts, path.axes, path.coefficient, self.source, self.element.subscripts,
                    path.branches, path.slopes, path.factors,
                )  # fmt: skip
            case Add(args):
                for arg in args:
                    yield from self.visit(arg, path.beside(()))
            case Mul(args):
                for place, arg in enumerate(args):
                    if self._varies(arg):
                        yield from self.visit(arg, path.beside(without(args, place)))
            case Power() | Apply():
                for arg, slope in zip(children_of(term), partials(term, self._value(term, path)), strict=True):
                    if slope is not None:
                        shared = isinstance(term, Apply) and term.function in (Function.MAX, Function.MIN)
                        yield from self.visit(arg, path.selected(slope) if shared else path.along(slope))
            case Where(condition, then, otherwise):
                yield from self.visit(then, path.under(condition))
                yield from self.visit(otherwise, path.under(logic_not(condition)))
            case Reduce():
                yield from self._reduce(term, path)
            case _:
                raise TypeError(f"no reverse rule for {term!r}")

    def _reduce(self, term: Reduce, path: _Path) -> Iterator[Contribution]:
        value = self._value(term, path)
        taken = [*(axis.index for axis in path.axes), *path.coefficient.free, *value.free]
        bound, body = open_reduce(term, taken)
        inner = path.within(bound)
        match term.reduction:
            case Reduction.SUM:
                yield from self.visit(body, inner)
            case Reduction.LOGSUMEXP:
                yield from self.visit(body, inner.along(apply(Function.EXP_NORMALIZED, body, value)))
            case Reduction.MAX | Reduction.MIN:
                hit = compare(Relation.EQ, body, value)
                share = power(self._ties(bound, hit, path.coefficient, path.axes), -1)
                yield from self.visit(body, inner.selected(mul(share, indicator(hit))))
            case Reduction.PRODUCT:
                yield from self.visit(body, inner.along(self._others(bound, body, path.coefficient, path.axes)))

    def _ties(self, bound: list[Axis], hit: Term, coefficient: Term, axes: tuple[Axis, ...]) -> Term:
        """How many elements attain the maximum or minimum: a tensor of its own, outside of guards."""
        count = reduce(Reduction.SUM, bound, indicator(hit))
        if isinstance(coefficient, Where):
            return count
        outer = [axis for axis in axes if axis.index in count.free]
        here = [Poly.of(axis.index) for axis in outer]
        name = self.helpers.define(self.source, "ties", outer)
        self.helpers.equations.append(Equation(name, tuple(here), tuple(outer), count))
        return access(name, here)

    def _others(self, bound: list[Axis], body: Term, coefficient: Term, axes: tuple[Axis, ...]) -> Term:
        """Π over the other positions, zeros included: prefix times suffix, each a recurrence along the one axis."""
        guarded = isinstance(coefficient, Where)  # outside the guard the factors might not exist
        if len(bound) > 1 or guarded or not plainly_nonnegative(bound[0].extent - 1):
            return _others_masked(bound, body, [*(axis.index for axis in axes), *coefficient.free])
        (along,) = bound
        outer = [axis for axis in axes if axis.index in body.free]
        here = [Poly.of(axis.index) for axis in outer]
        position = Poly.of(along.index)

        def recurrence(which: str, start: Poly, rest: Axis, step: int) -> Term:
            name = self.helpers.define(self.source, which, [*outer, along])
            before = mul(access(name, [*here, position + step]), substitute(body, {along.index: position + step}))
            self.helpers.equations += (
                Equation(name, (*here, start), tuple(outer), UNIT),
                Equation(name, (*here, position), (*outer, rest), before),
            )
            return access(name, [*here, position])

        prefix = recurrence("prefix", along.low, replace(along, low=along.low + 1), -1)
        return mul(prefix, recurrence("suffix", along.high, replace(along, high=along.high - 1), 1))

    def _value(self, term: Term, path: _Path) -> Term:
        """What holds the term's value: the element itself, or the term where it has no name."""
        return self.element if path.root else term

    def _varies(self, term: Term) -> bool:
        """Whether it reads an active tensor by a path that has a derivative."""
        reads = _differentiable_reads(term) if term.tensors & self.active else ()
        return any(read.tensor in self.active for read in reads)


def _others_masked(bound: list[Axis], body: Term, taken: list[Index]) -> Term:
    """Π over the other positions, with this position's factor left out: the square of the work, for any range."""
    fresh = fresh_indices(len(bound), (*taken, *(axis.index for axis in bound), *body.free))
    axes, moved = renamed(bound, fresh)
    same = logic_and(
        *(compare(Relation.EQ, poly_value(Poly.of(axis.index)), poly_value(moved[axis.index])) for axis in bound)
    )
    return reduce(Reduction.PRODUCT, axes, where(same, UNIT, substitute(body, moved)))


def active_tensors(program: Program, wrt: tuple[str, ...]) -> frozenset[str]:
    """The tensors that depend on `wrt` and that the loss depends on, by paths that have derivatives."""
    sources: dict[str, set[str]] = {}
    for name, targets in (readers := _readers(program)).items():
        for target in targets:
            sources.setdefault(target, set()).add(name)
    useful = reached((program.loss,) if program.loss else (), lambda name: sources.get(name, ()))
    return frozenset(reached(wrt, lambda name: readers.get(name, ())) & useful)


def varied(program: Program, wrt: Sequence[str]) -> frozenset[str]:
    """The tensors that depend on `wrt` by paths that have derivatives, themselves included."""
    readers = _readers(program)
    return frozenset(reached(wrt, lambda name: readers.get(name, ())))


def _readers(program: Program) -> dict[str, set[str]]:
    """The tensors that read each, where that has a derivative."""
    readers: dict[str, set[str]] = {}
    for equation in program.equations:
        for read in _differentiable_reads(equation.rhs):
            readers.setdefault(read.tensor, set()).add(equation.target)
    return readers


def _differentiable_reads(term: Term) -> Iterator[Access]:
    """What is read outside conditions, subscripts, steps and stop_gradient."""

    def inside(inner: Term) -> tuple[Term, ...]:
        return () if isinstance(inner, Apply) and inner.function in FLAT else values_of(inner)

    return (inner for inner in subterms(term, inside) if isinstance(inner, Access))
