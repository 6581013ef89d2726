"""Wrong variants of a matrix form: what a slip of the pen makes of it, where shapes still agree."""

from collections.abc import Iterator
from dataclasses import replace

from symbackprop.matrix.constructors import hadamard, product, transpose
from symbackprop.matrix.form import (
    Along,
    Direction,
    Entries,
    Form,
    Hadamard,
    Map,
    MatrixEquation,
    Ones,
    Power,
    Product,
    Read,
    Scaled,
    Shape,
    Sum,
    Transposed,
    children_of,
    map_children,
)
from symbackprop.matrix.form_writing import negated
from symbackprop.matrix.shape import MalformedMatrix, check, shape_of
from symbackprop.terms.build import mul
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Constant


def mutants(equation: MatrixEquation) -> Iterator[tuple[str, MatrixEquation]]:
    """(what was done, the equation with one place of its right-hand side changed), where the shapes agree."""
    for what, form in _anywhere(equation.right):
        mutant = replace(equation, right=form)
        try:
            check(mutant)
        except MalformedMatrix:
            continue
        if form != equation.right:
            yield what, mutant


def _anywhere(form: Form) -> Iterator[tuple[str, Form]]:
    yield from _here(form)
    for place, child in enumerate(children_of(form)):
        for what, changed in _anywhere(child):
            yield what, with_child(form, place, changed)


def with_child(form: Form, place: int, child: Form) -> Form:
    """The form with another child in the place of one of its own."""
    children = [*children_of(form)]
    children[place] = child
    left = iter(children)
    return map_children(form, lambda _: next(left))


def _here(form: Form) -> Iterator[tuple[str, Form]]:  # noqa: C901  a table, a row a kind
    match form:
        case Transposed(inner):
            yield "a transpose dropped", inner
        case Read(_, labels, _):
            if is_square(shape_of(form)):
                yield "transposed", transpose(form)
            if len(set(labels)) == 2:
                yield "labels exchanged", replace(form, labels=labels[::-1])
        case Product(factors):
            for place in range(len(factors) - 1):
                first, second = factors[place : place + 2]
                before, behind = factors[:place], factors[place + 2 :]
                yield "factors exchanged", Product((*before, second, first, *behind))
                if shape_of(first) == shape_of(second):
                    yield "elementwise instead", product(*before, hadamard(first, second), *behind)
        case Hadamard(factors):
            for place in range(len(factors)):
                yield "a factor dropped", hadamard(*factors[:place], *factors[place + 1 :])
            if len(factors) == 2 and is_square(shape_of(form)):
                yield "a matrix product instead", product(*factors)
        case Sum(addends):
            for place, addend in enumerate(addends):
                rest = (*addends[:place], *addends[place + 1 :])
                yield "an addend dropped", Sum(rest) if len(rest) > 1 else rest[0]
                yield "a sign changed", Sum((*rest, negated(addend)))
        case Scaled(coefficient, scalars, inner):
            if not isinstance(coefficient, Constant):  # infinities stay
                yield "a coefficient doubled", Scaled(mul(2, coefficient), scalars, inner)
            for place in range(len(scalars)):
                yield "a scalar dropped", Scaled(coefficient, (*scalars[:place], *scalars[place + 1 :]), inner)
        case Power(base, exponent):
            yield "an exponent raised", Power(base, exponent + 1)
        case Map(_, (inner,)):
            yield "a function dropped", inner
        case Along(reduction, direction, inner) if is_square(shape_of(inner)):
            other = Direction.COLUMNS if direction is Direction.ROWS else Direction.ROWS
            yield "the other direction", Along(reduction, other, inner)
        case Entries(term, row, column) if is_square(shape_of(form)):
            yield "entries transposed", Entries(term, column, row)
        case Ones(rows, columns):
            yield "another number of ones", Ones(rows + Poly.of(1), columns)


def is_square(shape: Shape) -> bool:
    return shape.is_matrix and shape.rows == shape.columns
