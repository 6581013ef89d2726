"""`{indices} NETWORK LABELS`: which index runs where, in a picture for each equation.

Columns are indices, rows the tensors that the equation reads, and below them the one that it gives. A dot says that the
tensor has an axis for this index. The line of an index that the result has ends in the result; that of an index that
it lacks ends in a sum. All is read off the equations of the derivation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import sympy
from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from page_files import made_by, network_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import symbackprop
from symbackprop.derivation import DerivedEquation
from symbackprop.language.symbols import Element
from symbackprop.picture import svg

HERE = Path(__file__).resolve().parent
TEMPLATE = "indices.html.j2"
LEFT, COLUMN, TOP, ROW = 64, 42, 44, 28
ELEMENTS = (Element, sympy.Indexed)  # of tensors, and of their δ


@dataclass(frozen=True, slots=True)
class Row:
    """A tensor, and the columns of its axes."""

    name: str
    y: int
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """An index: where its line begins and ends, and whether a sum ends it."""

    name: str
    x: int
    first: int
    last: int
    summed: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The picture of one equation."""

    label: str
    text: str
    rows: tuple[Row, ...]
    result: Row
    columns: tuple[Column, ...]
    sums: int
    width: int
    height: int

    @property
    def words(self) -> str:
        """What it shows, for those who do not see it."""
        summed = [column.name for column in self.columns if column.summed]
        free = [column.name for column in self.columns if not column.summed]
        return f"{self.text}: {', '.join(free) or 'no index'} in the result, {', '.join(summed) or 'none'} summed"


def axes_of(element: sympy.Expr) -> tuple[str, tuple[str, ...]]:
    """A tensor's name and the indices of an element of it. ValueError for a subscript that is more than an index."""
    if not isinstance(element, ELEMENTS):
        return str(element), ()
    base, *subscripts = element.args
    if not all(isinstance(subscript, sympy.Idx) for subscript in subscripts):
        raise ValueError(f"{element}: this picture is of subscripts that are indices alone")
    return str(base), tuple(map(str, subscripts))


def panel(equation: DerivedEquation, order: tuple[str, ...]) -> Panel:
    """The picture of an equation; `order`: the indices from left to right."""
    target, free = axes_of(equation.lhs)
    reads: dict[str, tuple[str, ...]] = {}
    for element in sorted(equation.rhs.atoms(*ELEMENTS), key=lambda found: order_of(equation, str(found.args[0]))):
        name, indices = axes_of(element)
        reads[name] = indices
    used = {index for indices in reads.values() for index in indices} | set(free)
    names = [index for index in order if index in used]
    summed = [name not in free for name in names]
    places = {name: LEFT + COLUMN * place for place, name in enumerate(names)}
    rows = tuple(
        Row(name, TOP + ROW * number, tuple(places[index] for index in indices))
        for number, (name, indices) in enumerate(reads.items())
    )
    sums = TOP + ROW * len(rows)
    result = Row(target, sums + (ROW + 4 if any(summed) else 6), tuple(places[index] for index in free))
    columns = tuple(
        Column(
            name,
            places[name],
            min((row.y for row in rows if places[name] in row.columns), default=result.y),
            sums if is_summed else result.y,
            is_summed,
        )
        for name, is_summed in zip(names, summed, strict=True)
    )
    text = str(equation).partition("    ")[0]
    width = LEFT + COLUMN * max(len(names) - 1, 0) + 28
    return Panel(equation.label, text, rows, result, columns, sums, width, result.y + 20)


def order_of(equation: DerivedEquation, name: str) -> int:
    """Where a tensor stands in the equation as it is printed."""
    found = re.search(rf"\b{re.escape(name)}\b", str(equation).partition(" = ")[2])
    return found.start() if found else 0


class Indices(SphinxDirective):
    required_arguments = 2
    optional_arguments = 100

    def run(self) -> list[nodes.Node]:
        made_by(self, __file__, str(HERE / TEMPLATE))
        name, *labels = self.arguments
        derivation = symbackprop.derive(network_of(self, name))
        equations = {equation.label: equation for equation in (*derivation.forward, *derivation.backward)}
        indices = {index for equation in equations.values() for index in axes_of(equation.lhs)[1]}
        order = tuple(sorted(indices, key=lambda index: (index != "n", index)))  # the batch first
        panels = [panel(equations[label], order) for label in labels]
        environment = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True)
        html = environment.get_template(TEMPLATE).render(panels=panels, element=svg.element)
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("indices", Indices)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
