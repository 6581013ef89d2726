"""Terms as SymPy expressions: read again they are the same terms, and each function has a form."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from sympy import Idx

from symbackprop import zoo
from symbackprop.language.book import Book
from symbackprop.language.equations import Reading
from symbackprop.language.nodes import nodes
from symbackprop.language.sizes import poly_expression
from symbackprop.language.sympy_form import _CONNECTIVES, _CONSTANTS, _FUNCTIONS, _REDUCTIONS, _RELATIONS, SympyForm
from symbackprop.language.vocabulary import CONSTANTS, FUNCTIONS, SAME
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Axis, Connective, ConstantKind, Function, Reduction, Relation


def test_every_kind_has_a_form() -> None:
    assert set(_FUNCTIONS) == set(Function)
    assert set(_CONSTANTS) == set(ConstantKind)
    assert set(_REDUCTIONS) == set(Reduction)
    assert set(_CONNECTIVES) == set(Connective)
    assert set(_RELATIONS) == set(Relation)


def test_what_terms_have_as_well_is_written_as_it_is_read() -> None:
    assert len(set(SAME.values())) == len(SAME)
    assert SAME.keys() <= FUNCTIONS.keys()
    assert len(set(CONSTANTS.values())) == len(CONSTANTS)


def declare_bound(book: Book, expr: sympy.Basic) -> None:
    """An index that has another name where it is bound, k' beside k."""
    for index in nodes(expr):
        if isinstance(index, Idx) and index not in book.axes:
            low, high = (book.sizes.integer(end, lambda: "a test") for end in (index.lower, index.upper))
            book.add_index(index, Axis(Index(str(index)), low, high))


@pytest.mark.parametrize("name", ["mlp", "rnn", "attention", "lenet", "gmm", "embedding", "hmm"])
def test_what_is_written_is_read_as_the_same_term(name: str) -> None:
    net = zoo.load(name)
    program, sizes = net.to_program(), replace(net._book.sizes, indices={**net._book.sizes.indices}, _memo={})
    book = replace(net._book, axes={**net._book.axes}, ranges={**net._book.ranges}, sizes=sizes)  # others load it too
    form = SympyForm(program.table, net.symbols)
    for equation in program.equations:
        right = form.right(equation)
        declare_bound(book, right)
        assert Reading(book, lambda: "a test").reader.term(right) is equation.rhs
        own = {axis.index: index for index, axis in book.axes.items()}
        assert form.left(equation).args[1:] == tuple(poly_expression(s, own) for s in equation.subscripts)
