"""Straight statements as text: parentheses, long lines, names, and divisions by functions where these are needed."""

import math
import re

import numpy as np
import pytest

from symbackprop.lower.values import Kind, MapOp, Note
from symbackprop.numpy.scalar_operations import applied
from symbackprop.numpy.straight import Apply, Assign, Element, Part, Pick, Straight, number
from symbackprop.numpy.straight_text import FUNCTIONS, StraightWriter, unpacked
from symbackprop.python_text.identifiers import Names, Scope
from tests.numpy.straightly import elements, run, straight, text_of

A, B, C = elements(3)


def of(op, *args):
    return Apply(op, args, Kind.FLOAT)


ADD, SUBTRACT, MULTIPLY, DIVIDE = MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE
POSITIVE = Apply(MapOp.GREATER, (A, number(0.0)), Kind.BOOL)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (of(ADD, of(ADD, A, B), C), "a_0 + a_1 + a_2"),
        (of(SUBTRACT, A, of(SUBTRACT, B, C)), "a_0 - (a_1 - a_2)"),
        (of(SUBTRACT, of(ADD, A, B), C), "a_0 + a_1 - a_2"),
        (of(MULTIPLY, of(ADD, A, B), C), "(a_0 + a_1) * a_2"),
        (of(DIVIDE, A, of(MULTIPLY, B, C)), "a_0 / (a_1 * a_2)"),
        (of(DIVIDE, of(MULTIPLY, A, B), C), "a_0 * a_1 / a_2"),
        (of(MULTIPLY, number(-1.0), A), "-1.0 * a_0"),
        (of(ADD, of(MULTIPLY, A, B), of(MapOp.EXP, C)), "a_0 * a_1 + exp(a_2)"),
        (of(MapOp.POWER, A, number(3.0)), "a_0 ** 3"),
        (of(MapOp.POWER, of(ADD, A, B), number(2.0)), "(a_0 + a_1) ** 2"),
        (of(MapOp.POWER, A, number(-1.0)), "power(a_0, -1.0)"),
        (of(MULTIPLY, of(MapOp.SELECT, POSITIVE, A, B), C), "(a_0 if a_0 > 0.0 else a_1) * a_2"),
        (of(MapOp.SELECT, POSITIVE, of(MapOp.SELECT, POSITIVE, A, B), C),
         "(a_0 if a_0 > 0.0 else a_1) if a_0 > 0.0 else a_2"),
        (of(MapOp.SELECT, POSITIVE, A, of(MapOp.SELECT, POSITIVE, B, C)),
         "a_0 if a_0 > 0.0 else a_1 if a_0 > 0.0 else a_2"),
        (Pick(Element("k", (), Kind.INT), (A, B), Kind.FLOAT), "(a_0, a_1)[k]"),
        (of(MapOp.ABS, number(float("-inf"))), "abs(-np.inf)"),
    ],
)  # fmt: skip
def test_expressions(expression, text):
    given = [A, B, C, Element("k", (), Kind.INT)]
    assert text_of(straight(expression, given)).lines == [f"    result = {text}"]
    (found,) = run(straight(expression, given), [2.0, 3.0, 5.0, 1])
    a_0, a_1, a_2, k = 2.0, 3.0, 5.0, 1
    known = {"a_0": a_0, "a_1": a_1, "a_2": a_2, "k": k, "np": np, "exp": math.exp, "power": math.pow}
    assert found == eval(text, known)


def test_division_by_a_function():
    """Where none of NumPy's numbers would stand in the quotient when the function is called with these."""
    chosen = applied(MapOp.SELECT, (POSITIVE, number(0.0), number(2.0)), Kind.FLOAT)
    assert "divide(1.0, 0.0 if" in text_of(straight(of(DIVIDE, number(1.0), chosen), (A,))).lines[0]
    assert " / 2.0" in text_of(straight(of(DIVIDE, chosen, number(2.0)), (A,))).lines[0]
    counted = of(MapOp.COPY, Element("k", (), Kind.INT))
    assert "divide(1.0, float(k))" in text_of(straight(of(DIVIDE, number(1.0), counted), ())).lines[0]


def test_what_was_assigned_is_numpys_as_its_value_is():
    half = Element("h", (), Kind.FLOAT)
    for value, text in ((number(2.0), "divide(1.0, h)"), (of(MapOp.EXP, A), "1.0 / h")):
        statements = (Assign(half, value), Assign(Element("r", (), Kind.FLOAT), of(DIVIDE, number(1.0), half)))
        written = Straight((A,), statements, (), 2, 2)
        assert StraightWriter(Scope(Names(set())), written).lines[1] == f"    r = {text}"


def test_additions_and_notes():
    more = Assign(A, of(ADD, A, of(MULTIPLY, B, C)))
    part = Assign(Part(0, Kind.FLOAT), B)
    lines = text_of(Straight((A, B, C), (Note("(B1) a note", "B1"), part, more), (A,), 2, 1)).lines
    assert lines == ["", "    # (B1) a note", "    part_1 = a_1", "    a_0 += a_1 * a_2"]


def test_elements_are_called_by_their_positions():
    writer = StraightWriter(Scope(Names({"z"})), Straight((), (), (), 0, 0, {"z": (1, 0)}))
    assert writer.variable(Element("z", (0, 2), Kind.FLOAT)) == "z_1_2"
    assert writer.variable(Element("y", (0, 2), Kind.FLOAT)) == "y_0_2"


def test_long_lines_are_broken():
    many = elements(200)
    total = many[0]
    for element in many[1:]:
        total = of(ADD, total, element)
    lines = text_of(straight(total, many)).lines
    assert len(lines) > 5
    assert max(map(len, lines)) <= 120
    assert run(straight(total, many), [1.0] * 200) == [200.0]


def test_names_that_are_taken():
    """An element never takes the name of a tensor, nor a function that of either."""
    names = Scope(Names({"a", "a_0", "exp", "result"}))
    writer = StraightWriter(names, straight(of(MapOp.EXP, A), (A,)))
    assert re.fullmatch(r" {4}result = (\w+)\((\w+)\)", writer.lines[0]).groups() not in [("exp", "a_0")]
    assert writer.variable(A) != "a_0"
    assert writer.variable(Element("a_0", (), Kind.FLOAT)) == "a_0"
    assert writer.function(MapOp.EXP) != "exp"


def test_lists_are_taken_apart():
    writer = text_of(Straight((), (), (), 0, 0))
    grid = [Element("g", (row, column), Kind.FLOAT) for row in range(2) for column in range(3)]
    text = unpacked(writer, grid)
    exec(f"{text} = [[1, 2, 3], [4, 5, 6]]", scope := {})
    assert [scope[writer.variable(element)] for element in grid] == [1, 2, 3, 4, 5, 6]
    exec(f"{unpacked(writer, [Element('one', (0, 0), Kind.FLOAT)])} = [[7]]", scope := {})
    assert scope["one_0_0"] == 7
    assert unpacked(writer, [Element("s", (), Kind.FLOAT)]) == "s"


def test_every_function_has_one_of_numpys():
    for name, _, numpys in FUNCTIONS.values():
        args = [np.float64(0.5)] * (2 if name in ("atan2", "power", "divide") else 1)
        found = eval(numpys, {"np": np, "math": math})(*(args if name != "acosh" else [np.float64(2)]))
        assert isinstance(found, np.float64)
