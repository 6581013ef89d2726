"""Values and functions of them as text, a step a line: `a1[n, j] = tanh(z1[n, j])`."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.lower.values import (
    Bind,
    Choose,
    Clear,
    Contract,
    Define,
    Deviation,
    Fold,
    Function,
    If,
    Loop,
    Map,
    MapOp,
    Note,
    Position,
    Read,
    Scalar,
    Step,
    Value,
    inside,
)
from symbackprop.terms.poly import Poly
from symbackprop.terms.show import Printer

_INFIX = {
    MapOp.ADD: "+", MapOp.SUBTRACT: "-", MapOp.MULTIPLY: "·", MapOp.DIVIDE: "/", MapOp.FLOOR_DIVIDE: "//",
    MapOp.GREATER: ">", MapOp.GREATER_EQUAL: "≥", MapOp.EQUAL: "=", MapOp.NOT_EQUAL: "≠", MapOp.AND: "∧", MapOp.OR: "∨",
}  # fmt: skip


def show(item: Function | Step | Value) -> str:
    """A function, step or value as text."""
    match item:
        case Function(name, _, given):
            return "\n".join([f"{name}({', '.join(given)})", *(line for step in item.body for line in _lines(step, 1))])
        case Value():
            return _value(item)
        case _:
            return "\n".join(_lines(item, 0))


def _value(value: Value) -> str:
    """Parts first, so that a sum of thousands of terms needs no deep stack."""
    texts: dict[Value, str] = {}
    for part in reversed(list(inside(value))):
        _text_of(part, texts)
    return texts[value]


def _text_of(value: Value, texts: dict[Value, str]) -> str:
    found = texts.get(value)
    if found is not None:
        return found
    match value:
        case Scalar(term):
            text = Printer().term(term)
        case Position(poly):
            text = f"({poly})"
        case Read(tensor, subscripts, _, _, padded):
            places = ", ".join(str(s) if isinstance(s, Poly) else _text_of(s, texts) for s in subscripts)
            text = f"{tensor}{'°' if padded else ''}" + (f"[{places}]" if subscripts else "")
        case Map(MapOp.COPY, (arg,)):
            text = f"float({_text_of(arg, texts)})"
        case Map(op, (left, right)) if op in _INFIX:
            text = f"({_text_of(left, texts)} {_INFIX[op]} {_text_of(right, texts)})"
        case Map(op, args):
            text = f"{op.value}({', '.join(_text_of(arg, texts) for arg in args)})"
        case Contract(factors, bound):
            text = f"(Σ_{{{', '.join(map(str, bound))}}} {' · '.join(_text_of(f, texts) for f in factors) or '1'})"
        case Fold(reduction, source, bound):
            text = f"{reduction.value}_{{{', '.join(map(str, bound))}}} {_text_of(source, texts)}"
        case Deviation(weights, left, right, bound):
            power = "" if weights else "^2"
            difference = f"({_text_of(left, texts)} - {_text_of(right, texts)}){power}"
            product = " · ".join([*(_text_of(weight, texts) for weight in weights), difference])
            text = f"(Σ_{{{', '.join(map(str, bound))}}} {product})"
        case Choose(condition, then, otherwise):
            text = f"({_text_of(then, texts)} if {Printer().condition(condition)} else {_text_of(otherwise, texts)})"
        case _:
            raise TypeError(f"not a value: {value!r}")
    texts[value] = text
    return text


def _lines(step: Step, depth: int) -> Iterator[str]:
    pad = "    " * depth
    match step:
        case Note(text):
            yield f"{pad}# {text}"
        case Clear(tensor):
            yield f"{pad}{tensor} = 0"
        case Bind(name, outer, _, value):
            yield f"{pad}{name}[{', '.join(map(str, outer))}] := {_value(value)}"
        case Define(tensor, subscripts, _, value, op, padded):
            places = ", ".join(str(s) if isinstance(s, Poly) else _value(s) for s in subscripts)
            target = f"{tensor}{'°' if padded else ''}" + (f"[{places}]" if subscripts else "")
            yield f"{pad}{target} {op.value} {_value(value)}"
        case Loop(variable, low, high, descending, body):
            ends = f"{high}..{low}" if descending else f"{low}..{high}"
            yield f"{pad}for {variable} in {ends}:"
            for inner in body:
                yield from _lines(inner, depth + 1)
        case If(condition, body):
            yield f"{pad}if {Printer().condition(condition)}:"
            for inner in body:
                yield from _lines(inner, depth + 1)
        case _:
            raise TypeError(f"not a step: {step!r}")
