"""An equation in indices as an equation of matrices, or the reason why there is none.

Each index is a label or runs over rows or columns, as the layouts of the tensors that it stands in say. A term is
converted bottom up to a form whose axes are named by its row and column indices (a `Part`): elementwise operations
spread their arguments over all of these, products with sums are contracted, and labels stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from symbackprop.matrix.constructors import add, along
from symbackprop.matrix.contract import contract
from symbackprop.matrix.form import (
    Compared,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Joined,
    Layout,
    Map,
    MatrixEquation,
    NoMatrixForm,
    Over,
    Power,
    Read,
    parts_of,
)
from symbackprop.matrix.form import Where as FormWhere
from symbackprop.matrix.layout import by_entries, reads, runs_over
from symbackprop.matrix.part import NoForm, Part, few, finished, part, spread, union
from symbackprop.matrix.shape import check, shape_of
from symbackprop.phrases import Message
from symbackprop.terms import build
from symbackprop.terms.build import NIL, conjuncts, first_places, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Constant,
    ConstantKind,
    Logic,
    Mul,
    Number,
    PolyValue,
    Reduce,
    Reduction,
    Term,
    Where,
    subterms,
)
from symbackprop.terms.term import Power as TermPower


def matrix_form(equation: Equation, program: Program, layouts: Mapping[str, Layout]) -> MatrixEquation | NoMatrixForm:
    """The equation in matrix notation, or why it has none; `layouts` as `layouts(program)` gives them."""
    try:
        found = _Converter(program, layouts).equation(equation)
    except NoForm as error:
        return NoMatrixForm(error.reason)
    check(found)
    return found


@dataclass(frozen=True, slots=True)
class _Scope:
    """The indices in sight: their ranges, and which of them are labels."""

    ranges: Mapping[Index, Axis]
    labels: frozenset[Index]

    def inside(self, axes: Sequence[Axis], labels: Sequence[Index]) -> _Scope:
        return _Scope({**self.ranges, **{axis.index: axis for axis in axes}}, self.labels | set(labels))

    def matrix_indices(self, term: Term) -> tuple[Index, ...]:
        """The row and column indices of the term, in the order of reading."""
        places = first_places(term, set(term.free - self.labels))
        return tuple(sorted(places, key=lambda index: places[index]))


class _Converter:
    def __init__(self, program: Program, layouts: Mapping[str, Layout]) -> None:
        self.program, self.layouts = program, layouts
        self.namer, self.printer = Namer.of(program), Printer()

    # --- equations, elements -------------------------------------------------------------------------
    def equation(self, equation: Equation) -> MatrixEquation:
        ranges = {axis.index: axis for axis in equation.axes}
        indices = self._indices(equation.lhs, ranges, "written")
        if len(set(indices)) < len(indices):
            raise NoForm(Message("diagonal_alone", tensor=equation.target))
        scope = _Scope(ranges, frozenset(ranges) - set(indices))
        left = self._member(equation.lhs, scope, "written")
        right = spread(self.part(equation.rhs, scope), indices, ranges)
        reads = [form for form in (left, *parts_of(right)) if isinstance(form, Read)]
        if all(shape_of(read).is_scalar for read in reads) and any(read.labels for read in reads):
            raise NoForm(Message("all_labels"))
        labels = tuple(axis for axis in equation.axes if axis.index in scope.labels)
        return MatrixEquation(left, labels, right, equation.op)

    def _indices(self, access: Access, ranges: Mapping[Index, Axis], verb: str) -> tuple[Index, ...]:
        """The indices that run over the rows and columns, the whole of each."""
        layout, tensor = self.layouts[access.tensor], self.program.table[access.tensor]
        found: list[Index] = []
        for place in layout.matrix_places:
            subscript, axis = _polynomial(access, place, verb), "row" if place == layout.row else "column"
            if not runs_over(subscript, tensor, place, ranges):
                text = self.printer.poly(subscript, {})
                partly = subscript.index is not None and subscript.index in ranges
                key = f"part_of_{axis}s" if partly else f"{verb}_at_{axis}"
                raise NoForm(Message(key, subscript=text, tensor=access.tensor))
            assert subscript.index is not None
            found.append(subscript.index)
        return tuple(found)

    def _member(self, access: Access, scope: _Scope, verb: str) -> Read:
        """The matrix in which the element stands."""
        layout = self.layouts[access.tensor]
        labels = tuple(_polynomial(access, place, verb) for place in layout.labels)
        for index in (index for label in labels for index in label.indices()):
            if index not in scope.labels:
                raise NoForm(Message("runs_but_labels", index=str(index), tensor=access.tensor))
        return Read(access.tensor, labels, layout)

    def _access(self, access: Access, scope: _Scope) -> Part:
        indices = self._indices(access, scope.ranges, "read")
        for index in indices:
            if index in scope.labels:
                raise NoForm(Message("labels_but_runs", index=str(index), tensor=access.tensor))
        read = self._member(access, scope, "read")
        return part(read, *indices) if len(set(indices)) == len(indices) else part(DiagonalOf(read), indices[0])

    # --- terms ---------------------------------------------------------------------------------------
    def part(self, term: Term, scope: _Scope) -> Part:
        """The term with its row and column indices named; `NoForm` if it has none."""
        match term:
            case Number() | Constant() | PolyValue():
                indices = scope.matrix_indices(term)
                return part(_entries(term, indices, scope), *indices) if indices else Part(coefficient=term)
            case Access():
                return self._access(term, scope)
            case Add(args):
                return self._added([self.part(arg, scope) for arg in args], scope)
            case Where(_, then, otherwise) if otherwise is not NIL or _has_infinity(then):
                return self._where(term, scope)
            case Mul() | Where():
                return contract(self._factors(term, scope), (), scope.ranges)
            case TermPower(base, exponent):
                inner = self.part(base, scope)
                if inner.is_number:
                    return Part(coefficient=build.power(inner.coefficient, exponent))
                return part(Power(finished(inner), exponent), *inner.indices)
            case Apply(function, args):
                parts = [self.part(arg, scope) for arg in args]
                if all(item.is_number for item in parts):
                    return Part(coefficient=build.apply(function, *(item.coefficient for item in parts)))
                indices = union(parts)
                return part(Map(function, tuple(spread(item, indices, scope.ranges) for item in parts)), *indices)
            case Compare() | Logic():
                indices = few(scope.matrix_indices(term))
                return part(self._condition(term, indices, scope), *indices)
            case Reduce():
                return self._reduce(term, scope)
            case _:
                raise TypeError(f"not a term: {type(term).__name__}")

    def _factors(self, term: Term, scope: _Scope) -> list[Part]:
        """The factors of a product, the guards of what is guarded among them."""
        match term:
            case Mul(args):
                return [item for arg in args for item in self._factors(arg, scope)]
            case Where(condition, then, otherwise) if otherwise is NIL and not _has_infinity(then):
                guards: dict[tuple[Index, ...], list[Term]] = {}
                for guard in conjuncts(condition):
                    guards.setdefault(scope.matrix_indices(guard), []).append(guard)
                tested = [self.part(build.logic_and(*together), scope) for together in guards.values()]
                return [*tested, *self._factors(then, scope)]
            case _:
                return [self.part(term, scope)]

    def _added(self, parts: Sequence[Part], scope: _Scope) -> Part:
        """The sum, its numbers together behind the others."""
        numbers = [item.coefficient for item in parts if item.is_number]
        others = [item for item in parts if not item.is_number]
        if numbers:
            others.append(Part(coefficient=build.add(*numbers)))
        if len(others) == 1:
            return others[0]
        indices = union(parts)
        return part(add(*(spread(item, indices, scope.ranges) for item in others)), *indices)

    # --- conditions ----------------------------------------------------------------------------------
    def _condition(self, condition: Term, indices: Sequence[Index], scope: _Scope) -> Form:
        """The condition over the given rows and columns."""
        if by_entries(condition, self.program):
            return _entries(condition, indices, scope)
        match condition:
            case Compare(relation, left, right):
                sides = [spread(self.part(side, scope), indices, scope.ranges) for side in (left, right)]
                return Compared(relation, *sides)
            case Logic(connective, args):
                return Joined(connective, tuple(self._condition(arg, indices, scope) for arg in args))
            case _:
                raise TypeError(f"not a condition: {type(condition).__name__}")

    def _where(self, term: Where, scope: _Scope) -> Part:
        """A choice; conditions on labels alone go outside, as they may guard what the others and the values read."""
        values = [self.part(term.then, scope)]
        values += [] if term.otherwise is NIL else [self.part(term.otherwise, scope)]
        indices = union([*values, self.part(term.condition, scope)])
        then, *otherwise = (spread(value, indices, scope.ranges) for value in values)
        tested = scope.matrix_indices(term.condition)
        parts = conjuncts(term.condition)
        guards = [arg for arg in parts if tested and not scope.matrix_indices(arg)]
        inner = build.logic_and(*(arg for arg in parts if arg not in guards))
        form = FormWhere(self._condition(inner, indices if tested else (), scope), then, *otherwise)
        if guards:
            form = FormWhere(self._condition(build.logic_and(*guards), (), scope), form, *otherwise)
        return part(form, *indices)

    # --- reductions ----------------------------------------------------------------------------------
    def _reduce(self, term: Reduce, scope: _Scope) -> Part:
        """A reduction over rows and columns inside one over labels, its indices named as they are displayed."""
        names = self.namer.names(term, {}, {index.name for index in scope.ranges})
        free = {axis.index: Index(names[axis.index]) for axis in term.axes}
        body = substitute(term.body, {old: Poly.of(new) for old, new in free.items()})
        axes = [Axis(free[axis.index], axis.low, axis.high) for axis in term.axes]
        along = self._along_matrices(body)
        labels = tuple(axis for axis in axes if axis.index not in along)
        over = [axis.index for axis in axes if axis.index in along]
        inner = scope.inside(axes, [axis.index for axis in labels])
        if term.reduction is Reduction.SUM:
            found = self._summed(body, over, inner)
        else:
            found = _reduced(term.reduction, self.part(body, inner), over, inner)
        return part(Over(term.reduction, labels, finished(found)), *found.indices) if labels else found

    def _along_matrices(self, body: Term) -> set[Index]:
        """The indices that run along rows or columns of any matrix; the others label what they stand in."""
        found: set[Index] = set()
        for access, _ in reads(body, {}, self.program, count()):
            for place in self.layouts[access.tensor].matrix_places:
                subscript = access.subscripts[place]
                found.update(subscript.indices() if isinstance(subscript, Poly) else ())
        return found

    def _summed(self, body: Term, indices: Sequence[Index], scope: _Scope) -> Part:
        """The sum over rows and columns of a product, or of each addend where a sum has no form as a whole."""
        try:
            return contract(self._factors(body, scope), indices, scope.ranges)
        except NoForm:
            if not isinstance(body, Add):
                raise
            return self._added([self._summed(arg, indices, scope) for arg in body.args], scope)


def _reduced(reduction: Reduction, item: Part, over: Sequence[Index], scope: _Scope) -> Part:
    """The maximum, minimum, product or logsumexp over rows and columns."""
    if not over:
        return item
    kept = tuple(index for index in item.indices if index not in over)
    held = item.indices if set(over) <= set(item.indices) else few((*kept, *over))
    direction = Direction.ALL if not kept else Direction.ROWS if held[0] is kept[0] else Direction.COLUMNS
    return part(along(reduction, direction, spread(item, held, scope.ranges)), *kept)


def _polynomial(access: Access, place: int, verb: str) -> Poly:
    """The subscript, if it does not look up a position."""
    subscript = access.subscripts[place]
    if isinstance(subscript, Poly):
        return subscript
    key = "scattered" if verb == "written" else "gathered"
    raise NoForm(Message(key, tensor=access.tensor, positions=subscript.tensor))


def _entries(term: Term, indices: Sequence[Index], scope: _Scope) -> Entries:
    row, column = (*(scope.ranges[index] for index in few(indices)), None, None)[:2]
    return Entries(term, row, column)


def _has_infinity(term: Term) -> bool:
    infinite = (ConstantKind.INFINITY, ConstantKind.NEGATIVE_INFINITY)
    return any(isinstance(inner, Constant) and inner.kind in infinite for inner in subterms(term))
