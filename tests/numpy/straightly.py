"""Straight statements run: what the module's `_computed` does, on text that is written for a test."""

import math
import operator
import warnings

import numpy as np

from symbackprop.lower.values import Kind
from symbackprop.numpy.straight import Assign, Element, Straight
from symbackprop.numpy.straight_text import FUNCTIONS, StraightWriter
from symbackprop.python_text.identifiers import Names, Scope


def elements(count, kind=Kind.FLOAT, name="a"):
    return tuple(Element(name, (place,), kind) for place in range(count))


def straight(expression, given):
    """One statement, whose value is wanted."""
    result = Element("result", (), expression.kind)
    return Straight(tuple(given), (Assign(result, expression),), (result,), 1, 1)


def text_of(written):
    names = Scope(Names({"result"}))
    return StraightWriter(names, written)


def run(written, values):
    """The values of what is wanted, by Python's numbers or, where these raise, by NumPy's."""
    writer = text_of(written)
    texts = [writer.text(expression) for expression in written.wanted]
    before = [writer.variable(element) for element in written.given]
    source = "\n".join(["def function():", *writer.lines, f"    return [{', '.join(texts)}]"])

    def with_numbers(numpys):
        known = {"math": math, "operator": operator, "np": np}
        called = {writer.function(op): eval(FUNCTIONS[op][2 if numpys else 1], known) for op in writer.called}
        convert = np.float64 if numpys else float
        given = {n: convert(v) if isinstance(v, float) else v for n, v in zip(before, values, strict=True)}
        exec(source, known | called | given, scope := {})
        function = scope["function"]
        function.__globals__.update(known | called | given)
        return function()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return with_numbers(False)
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                return with_numbers(True)
