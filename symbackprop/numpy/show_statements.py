"""The array language as text, a statement a line: `a1[n, j] = tanh(z1[n, j])`."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.numpy.array import (
    Allocate,
    Array,
    Contract,
    Counter,
    Deviation,
    Fold,
    Function,
    Gather,
    If,
    Let,
    Loop,
    Map,
    Note,
    Operand,
    Scalar,
    Scatter,
    Statement,
)
from symbackprop.terms.show import Printer


def show(item: Function | Statement) -> str:
    """A function or statement as text."""
    if isinstance(item, Function):
        names = ", ".join(buffer.name for buffer in item.arguments)
        return "\n".join([f"{item.name}({names})", *(line for s in item.body for line in _lines(s, 1))])
    return "\n".join(_lines(item, 0))


def operand(item: Operand) -> str:
    match item:
        case Array(buffer, subscripts):
            inside = ", ".join(map(str, subscripts))
            return f"{buffer.name}[{inside}]" if subscripts else buffer.name
        case Scalar(term):
            return Printer().term(term)
        case Counter(axis, _, start, step):
            return f"({start} + {step}*{axis})"
        case _:
            raise TypeError(f"not an operand: {item!r}")


def _lines(s: Statement, depth: int) -> Iterator[str]:
    pad = "    " * depth
    match s:
        case Note(text):
            yield f"{pad}# {text}"
        case Let(name, poly):
            yield f"{pad}{name} = max({poly}, 0)"
        case Allocate(buffer, fill):
            shape = ", ".join(map(str, buffer.shape))
            yield f"{pad}{buffer.kind.value} {buffer.name}[{shape}]" + ("" if fill is None else f" = {fill}")
        case Loop(variable, low, high, descending, body):
            yield f"{pad}for {variable} = " + (f"{high} down to {low}:" if descending else f"{low}..{high}:")
            for inner_statement in body:
                yield from _lines(inner_statement, depth + 1)
        case If(condition, then, otherwise):
            yield f"{pad}if {Printer().condition(condition, {})}:"
            for inner_statement in then:
                yield from _lines(inner_statement, depth + 1)
            if otherwise:
                yield f"{pad}else:"
                for inner_statement in otherwise:
                    yield from _lines(inner_statement, depth + 1)
        case _:
            yield f"{pad}{_computed(s)}"


def _computed(s: Statement) -> str:
    """A statement that writes values."""
    match s:
        case Map(op, out, args):
            return f"{operand(out)} = {op.value}({', '.join(map(operand, args))})" + ("  quiet" if s.quiet else "")
        case Contract(out, left, right, _, inner):
            return f"{operand(out)} = Σ_{{{','.join(map(str, inner))}}} {operand(left)} * {operand(right)}"
        case Fold(reduction, out, source):
            folded = ",".join(str(axis) for axis in source.axes if axis not in out.axes)
            return f"{operand(out)} = {reduction.value}_{{{folded}}} {operand(source)}"
        case Deviation(out, left, right, weight, inner):
            difference = f"({operand(left)} - {operand(right)})"
            of = f"{difference}^2" if weight is None else f"{operand(weight)} * {difference}"
            return f"{operand(out)} = Σ_{{{','.join(map(str, inner))}}} {of}"
        case Gather(out, source, rows, index):
            return f"{operand(out)} = {source.name}.rows({rows})[{operand(index)}]"
        case Scatter(target, rows, index, source, unique, assigned):
            sign = "=" if assigned else "+="
            return f"{target.name}.rows({rows})[{operand(index)}] {sign} {operand(source)}" + ("  unique" * unique)
        case _:
            raise TypeError(f"not a statement: {s!r}")
