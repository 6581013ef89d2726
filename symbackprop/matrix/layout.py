"""Which axes of each tensor label matrices, and which are the rows and columns: one choice for the whole program.

An equation has a matrix form only if each of its indices is a label wherever it stands, or a row or column wherever
it stands, if what is read at a shifted, partial or fixed position is a label, and if no tensor has more than two axes
that are not labels. So axes that share an index go together, in classes, and the choice is which classes are labels.
Candidates are what leaves many equations a matrix form, one in which tensors are matrices rather than families of
vectors or numbers and sums are products of matrices; `choose` tries them. A tensor and its adjoint have one layout;
rows come before columns in the order of the axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from symbackprop.matrix.form import Layout
from symbackprop.matrix.labelling import Demand, Labels, choices
from symbackprop.terms.build import fresh_index, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Equation, Program, Tensor
from symbackprop.terms.term import Access, Axis, Compare, Logic, Reduce, Term, children_of

Spot = tuple[str, int]  # an axis of a tensor; of the tensor that an adjoint belongs to
Ranges = Mapping[Index, Axis]


def candidate_layouts(program: Program) -> list[dict[str, Layout]]:
    """Layouts of every tensor of the program, chosen for all of its equations together; the likeliest first."""
    roots = {tensor.name: _root(tensor, program) for tensor in program.tensors}
    uses = [_Uses.of(equation, program, roots) for equation in program.equations]
    classes = _Classes()
    for use in uses:
        for group in use.groups.values():
            for spot in group[1:]:
                classes.join(group[0], spot)
    demands: dict[Demand, int] = {}
    for use in uses:
        demand = use.demand(classes)
        if demand is not None:
            demands[demand] = demands.get(demand, 0) + 1
    return [
        {t.name: _layout(t, [classes.of((roots[t.name], place)) & labels for place in range(t.rank)])
         for t in program.tensors}
        for labels in choices(demands)
    ]  # fmt: skip


def _root(tensor: Tensor, program: Program) -> str:
    while tensor.adjoint_of in program.table:
        assert tensor.adjoint_of is not None
        tensor = program.table[tensor.adjoint_of]
    return tensor.name


def _layout(tensor: Tensor, is_label: Sequence[int]) -> Layout:
    matrix = [place for place in range(tensor.rank) if not is_label[place]][-2:]  # of more, the first are labels
    labels = tuple(place for place in range(tensor.rank) if place not in matrix)
    row, column = (*matrix, None, None)[:2]
    return Layout(labels, row, column, tensor.shape, tensor.origin)


# --- what an equation asks for -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Uses:
    """The elements of an equation by their axes, the axes at which each index stands plainly, and those that only a
    label can be, with the indices that they take along."""

    elements: tuple[tuple[Spot, ...], ...]
    groups: dict[Index, list[Spot]]
    labels: tuple[Spot, ...]
    label_indices: frozenset[Index]
    free: frozenset[Index]
    gathers: bool

    @staticmethod
    def of(equation: Equation, program: Program, roots: Mapping[str, str]) -> _Uses:
        groups: dict[Index, list[Spot]] = {}
        elements: dict[tuple[Spot, ...], None] = {}
        labels: list[Spot] = []
        label_indices: set[Index] = set()
        gathers = False
        own = {axis.index: axis for axis in equation.axes}
        for access, ranges in ((equation.lhs, own), *reads(equation.rhs, own, program, count())):
            tensor = program.table[access.tensor]
            spots = tuple((roots[tensor.name], place) for place in range(tensor.rank))
            elements[spots] = None
            for place, (spot, subscript) in enumerate(zip(spots, access.subscripts, strict=True)):
                if not isinstance(subscript, Poly):
                    gathers = True
                elif runs_over(subscript, tensor, place, ranges):
                    assert subscript.index is not None
                    groups.setdefault(subscript.index, []).append(spot)
                else:
                    labels.append(spot)
                    label_indices.update(subscript.indices())
        written = tuple(spots for spots in elements if spots)
        return _Uses(written, groups, tuple(labels), frozenset(label_indices), frozenset(own), gathers)

    def demand(self, classes: _Classes) -> Demand | None:
        """None for an equation that has no matrix form in any layout."""
        if self.gathers:
            return None
        taken = [spot for index in self.label_indices for spot in self.groups.get(index, ())]
        labels = sum({classes.of(spot) for spot in (*self.labels, *taken)})
        elements = tuple(tuple(sorted(map(classes.of, spots))) for spots in self.elements)
        reduced = [classes.of(group[0]) for index, group in self.groups.items() if index not in self.free]
        return Demand(elements, tuple(sorted(reduced)), labels)


def runs_over(subscript: Poly, tensor: Tensor, place: int, ranges: Ranges) -> bool:
    """Whether the subscript is a plain index over the whole of the axis."""
    index = subscript.index
    return index is not None and ranges.get(index) == tensor.axis(place, index)


def reads(term: Term, ranges: Ranges, program: Program, numbers: Iterator[int]) -> Iterator[tuple[Access, Ranges]]:
    """Each element that the term reads, with the ranges in scope; every reduction has indices of its own.

    Conditions on indices and integer data are given by their entries, so that what they read has any layout.
    """
    match term:
        case Access():
            yield term, ranges
        case Compare() | Logic() if by_entries(term, program):
            return
        case Reduce(_, axes, body):
            fresh = [fresh_index(f"~{next(numbers)}") for _ in axes]
            opened = substitute(body, {axis.index: Poly.of(new) for axis, new in zip(axes, fresh, strict=True)})
            own = {new: Axis(new, axis.low, axis.high) for axis, new in zip(axes, fresh, strict=True)}
            yield from reads(opened, {**ranges, **own}, program, numbers)
        case _:
            for child in children_of(term):
                yield from reads(child, ranges, program, numbers)


def by_entries(condition: Term, program: Program) -> bool:
    """Whether the condition tells about indices and integers alone."""
    return all(program.table[name].dtype is DType.INT for name in condition.tensors)


class _Classes:
    """Axes that share an index, by union and find."""

    def __init__(self) -> None:
        self._parent: dict[Spot, Spot] = {}
        self._bits: dict[Spot, Labels] = {}

    def of(self, spot: Spot) -> Labels:
        """The class of an axis, once all are joined; classes are numbered as they are first asked for."""
        return self._bits.setdefault(self._root(spot), 1 << len(self._bits))

    def join(self, first: Spot, second: Spot) -> None:
        one, other = self._root(first), self._root(second)
        if one != other:
            self._parent[other] = one

    def _root(self, spot: Spot) -> Spot:
        while (parent := self._parent.get(spot, spot)) != spot:
            spot = parent
        return spot
