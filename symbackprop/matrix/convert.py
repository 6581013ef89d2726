"""An equation in indices as an equation of matrices, or the reason why there is none.

Each index is a label or runs over rows or columns, as the layouts of the tensors that it stands in say. A term is
converted bottom up to a form whose axes are named by its row and column indices (a `Part`): elementwise operations
spread their arguments over all of these, products with sums are contracted, and labels stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from symbackprop.matrix.build import add, along
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
from symbackprop.matrix.part import NoForm, Part, finished, part, spread
from symbackprop.matrix.shape import check, shape_of
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
    Subscript,
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
        return NoMatrixForm(str(error))
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
        self.namer, self.printer = Namer(program.table), Printer()

    # --- equations, elements -------------------------------------------------------------------------
    def equation(self, equation: Equation) -> MatrixEquation:
        layout = self.layouts[equation.target]
        ranges = {axis.index: axis for axis in equation.axes}
        written = [self._plain(equation.lhs, layout, place, ranges, "written") for place in layout.matrix_places]
        row, column = (*written, None, None)[:2]
        if row is not None and row is column:
            raise NoForm(f"it defines a diagonal of {equation.target} alone")
        labels = frozenset(ranges) - {row, column}
        scope = _Scope(ranges, labels)
        left = Read(equation.target, self._labels(equation.lhs, layout, scope, "written"), layout)
        right = spread(self.part(equation.rhs, scope), row, column, ranges)
        reads = [form for form in (left, *parts_of(right)) if isinstance(form, Read)]
        if all(shape_of(read).is_scalar for read in reads) and any(read.labels for read in reads):
            raise NoForm("each of its indices is a label")
        return MatrixEquation(left, tuple(axis for axis in equation.axes if axis.index in labels), right, equation.op)

    def _plain(
        self, access: Access, layout: Layout, place: int, ranges: Mapping[Index, Axis], verb: str
    ) -> Index:
        """The index that runs over the whole of a row or column axis."""
        subscript = access.subscripts[place]
        if isinstance(subscript, Poly) and runs_over(subscript, layout, place, ranges):
            assert subscript.index is not None
            return subscript.index
        raise NoForm(self._odd_read(access.tensor, subscript, "row" if place == layout.row else "column", verb, ranges))

    def _odd_read(
        self, tensor: str, subscript: Subscript, axis: str, verb: str, ranges: Mapping[Index, Axis]
    ) -> str:
        if not isinstance(subscript, Poly):
            return f"{tensor} is {'scattered' if verb == 'written' else 'gathered'} by {subscript.tensor}"
        text = self.printer.poly(subscript, {})
        if subscript.index is not None and subscript.index in ranges:
            return f"{text} runs over a part of the {axis}s of {tensor}"
        return f"{tensor} is {verb} at {axis} {text}"

    def _labels(self, access: Access, layout: Layout, scope: _Scope, verb: str) -> tuple[Poly, ...]:
        labels = []
        for place in layout.labels:
            subscript = access.subscripts[place]
            if not isinstance(subscript, Poly):
                raise NoForm(self._odd_read(access.tensor, subscript, "label", verb, {}))
            for index in subscript.indices():
                if index not in scope.labels:
                    raise NoForm(f"{index} runs over rows or columns, but labels {access.tensor}")
            labels.append(subscript)
        return tuple(labels)

    def _access(self, access: Access, scope: _Scope) -> Part:
        layout = self.layouts[access.tensor]
        indices = [self._plain(access, layout, place, scope.ranges, "read") for place in layout.matrix_places]
        for index in indices:
            if index in scope.labels:
                raise NoForm(f"{index} is a label, but runs over rows or columns of {access.tensor}")
        read = Read(access.tensor, self._labels(access, layout, scope, "read"), layout)
        if len(indices) == 2 and indices[0] is indices[1]:
            return part(DiagonalOf(read), indices[0])
        return part(read, *indices)

    # --- terms ---------------------------------------------------------------------------------------
    def part(self, term: Term, scope: _Scope) -> Part:
        """The term with its row and column indices named; `NoForm` if it has none."""
        match term:
            case Number() | Constant() | PolyValue():
                indices = scope.matrix_indices(term)
                return part(self._entries(term, indices, scope), *indices) if indices else Part(coefficient=term)
            case Access():
                return self._access(term, scope)
            case Add(args):
                return self._add(args, scope)
            case Where(_, then, otherwise) if otherwise is not NIL or _has_infinity(then):
                return self._where(term, scope)
            case Mul() | Where():
                return contract(self._factors(term, scope), (), scope.ranges, str)
            case TermPower(base, exponent):
                inner = self.part(base, scope)
                if inner.form is None and not inner.scalars:
                    return Part(coefficient=build.power(inner.coefficient, exponent))
                return part(Power(finished(inner), exponent), *inner.indices)
            case Apply(function, args):
                parts = [self.part(arg, scope) for arg in args]
                indices = self._union(parts)
                if all(item.form is None and not item.scalars for item in parts):
                    return Part(coefficient=build.apply(function, *(item.coefficient for item in parts)))
                return part(Map(function, tuple(self._spread(item, indices, scope) for item in parts)), *indices)
            case Compare() | Logic():
                indices = self._few(scope.matrix_indices(term))
                return part(self._condition(term, indices, scope), *indices)
            case Reduce(Reduction.SUM, _, _):
                return self._sum(term, scope)
            case Reduce():
                return self._reduction(term, scope)
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

    def _entries(self, term: Term, indices: Sequence[Index], scope: _Scope) -> Form:
        row, column = (*(scope.ranges[index] for index in self._few(indices)), None, None)[:2]
        return Entries(term, row, column)

    def _few(self, indices: Sequence[Index]) -> tuple[Index, ...]:
        if len(indices) > 2:
            raise NoForm(f"a term has the {len(indices)} indices {', '.join(map(str, indices))}")
        return tuple(indices)

    def _union(self, parts: Sequence[Part]) -> tuple[Index, ...]:
        """The indices of all parts, rows first as most of the matrices among them have it."""
        indices = self._few(tuple(dict.fromkeys(index for item in parts for index in item.indices)))
        if len(indices) < 2:
            return indices
        turned = sum(item.indices == indices[::-1] for item in parts)
        straight = sum(item.indices == indices for item in parts)
        return indices[::-1] if turned > straight else indices

    def _spread(self, item: Part, indices: Sequence[Index], scope: _Scope) -> Form:
        row, column = (*indices, None, None)[:2]
        return spread(item, row, column, scope.ranges)

    def _add(self, args: Sequence[Term], scope: _Scope) -> Part:
        return self._added([self.part(arg, scope) for arg in args], scope)

    def _added(self, parts: Sequence[Part], scope: _Scope) -> Part:
        indices = self._union(parts)
        numbers = [item.coefficient for item in parts if item.form is None and not item.scalars]
        others = [item for item in parts if item.form is not None or item.scalars]
        if numbers:
            others.append(Part(coefficient=build.add(*numbers)))
        if len(others) == 1:
            return others[0]
        return part(add(*(self._spread(item, indices, scope) for item in others)), *indices)

    # --- conditions ----------------------------------------------------------------------------------
    def _condition(self, condition: Term, indices: Sequence[Index], scope: _Scope) -> Form:
        """The condition over the given rows and columns."""
        if by_entries(condition, self.program):
            return self._entries(condition, indices, scope)
        match condition:
            case Compare(relation, left, right):
                sides = [self._spread(self.part(side, scope), indices, scope) for side in (left, right)]
                return Compared(relation, *sides)
            case Logic(connective, args):
                return Joined(connective, tuple(self._condition(arg, indices, scope) for arg in args))
            case _:
                raise TypeError(f"not a condition: {type(condition).__name__}")

    def _where(self, term: Where, scope: _Scope) -> Part:
        """A choice; conditions on labels alone go outside, as they may guard what the others and the values read."""
        then = self.part(term.then, scope)
        otherwise = None if term.otherwise is NIL else self.part(term.otherwise, scope)
        tested = scope.matrix_indices(term.condition)
        asked = self.part(term.condition, scope)
        indices = self._union([item for item in (then, otherwise, asked) if item is not None])
        first = self._spread(then, indices, scope)
        second = None if otherwise is None else self._spread(otherwise, indices, scope)
        parts = conjuncts(term.condition)
        guards = [arg for arg in parts if tested and not scope.matrix_indices(arg)]
        others = [arg for arg in parts if arg not in guards]
        inner = self._condition(build.logic_and(*others), indices if tested else (), scope)
        form: Form = FormWhere(inner, first, second)
        if guards:
            form = FormWhere(self._condition(build.logic_and(*guards), (), scope), form, second)
        return part(form, *indices)

    # --- reductions ----------------------------------------------------------------------------------
    def _opened(self, term: Reduce, scope: _Scope) -> tuple[list[Axis], list[Axis], Term, _Scope]:
        """(label axes, row and column axes, body, scope inside), the bound indices named as they are displayed."""
        names = self.namer.names(term, {}, {index.name for index in scope.ranges})
        free = {axis.index: Index(names[axis.index]) for axis in term.axes}
        body = substitute(term.body, {old: Poly.of(new) for old, new in free.items()})
        axes = [Axis(free[axis.index], axis.low, axis.high) for axis in term.axes]
        is_label = {axis.index: self._is_label(axis.index, body) for axis in axes}
        labels = [axis for axis in axes if is_label[axis.index]]
        others = [axis for axis in axes if not is_label[axis.index]]
        return labels, others, body, scope.inside(axes, [axis.index for axis in labels])

    def _is_label(self, index: Index, body: Term) -> bool:
        """Whether a bound index labels what it stands in; one that runs along no matrix does."""
        for access, _ in reads(body, {}, self.program, count()):
            for place in self.layouts[access.tensor].matrix_places:
                subscript = access.subscripts[place]
                if isinstance(subscript, Poly) and index in subscript.indices():
                    return False
        return True

    def _sum(self, term: Reduce, scope: _Scope) -> Part:
        labels, axes, body, inner = self._opened(term, scope)
        found = self._summed(body, [axis.index for axis in axes], inner)
        if labels:
            return part(Over(Reduction.SUM, tuple(labels), finished(found)), *found.indices)
        return found

    def _summed(self, body: Term, indices: Sequence[Index], scope: _Scope) -> Part:
        """The sum over rows and columns of a product, or of each addend where a sum has no form as a whole."""
        try:
            return contract(self._factors(body, scope), indices, scope.ranges, str)
        except NoForm:
            if not isinstance(body, Add):
                raise
            return self._added([self._summed(arg, indices, scope) for arg in body.args], scope)

    def _reduction(self, term: Reduce, scope: _Scope) -> Part:
        """A maximum, minimum, product or logsumexp."""
        labels, axes, body, inner = self._opened(term, scope)
        item = self.part(body, inner)
        over = [axis.index for axis in axes]
        kept = tuple(index for index in item.indices if index not in over)
        self._few((*kept, *over))
        if over:
            held = item.indices if set(over) <= set(item.indices) else (*kept, *over)
            form = self._spread(item, held, inner)
            if not kept:
                form = along(term.reduction, Direction.ALL, form)
            else:
                form = along(term.reduction, Direction.ROWS if held[0] is kept[0] else Direction.COLUMNS, form)
        else:
            form = finished(item)
        if labels:
            form = Over(term.reduction, tuple(labels), form)
        return part(form, *kept)


def _has_infinity(term: Term) -> bool:
    infinite = (ConstantKind.INFINITY, ConstantKind.NEGATIVE_INFINITY)
    return any(isinstance(inner, Constant) and inner.kind in infinite for inner in subterms(term))


