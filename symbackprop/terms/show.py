"""Terms and equations as one line of text: `z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]`."""

from __future__ import annotations

from functools import lru_cache

from symbackprop.formula.text import fraction_text, text
from symbackprop.terms.namer import Letters, Namer, Names
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, Tensor
from symbackprop.terms.term import Access, Axis, Compare, Logic, Term, Training, Truth
from symbackprop.terms.writing import Writer

__all__ = ["Namer", "Names", "Printer", "fraction_text", "show"]

_MOST = 600  # terms of a message


class Printer:
    """The text of what a writer makes formulas of."""

    def __init__(self, namer: Namer | None = None, writer: Writer | None = None) -> None:
        self.writer = writer or Writer(namer=namer)
        self._is_plain = writer is None

    def term(self, term: Term, names: Names | None = None) -> str:
        """`names`: of all indices that have one where the term stands; none given, its free indices have their own."""
        return text(self.writer.term(term, names))

    def poly(self, poly: Poly, names: Names) -> str:
        return text(self.writer.poly(poly, names))

    def access(self, access: Access, names: Names) -> str:
        return text(self.writer.access(access, names))

    def condition(self, condition: Term, names: Names | None = None) -> str:
        """A condition without its brackets."""
        return text(self.writer.condition(condition, names))

    def equation(self, equation: Equation) -> str:
        """The whole equation on a line, without its range."""
        namer = self.writer.namer
        if not self._is_plain or not namer.are_ranged:
            return text(self.writer.equation(equation))
        if not equation.rhs.height:  # no index is bound, so none is named
            return _line(equation, (), ())[0]
        read = tuple([namer.tensors[name] for name in sorted(equation.reads()) if name in namer.tensors])
        line, namer.letters = _line(equation, read, tuple(namer.letters.ends.items()))
        return line

    def labelled(self, equation: Equation) -> str:
        """The equation behind its label, if it has one: `(F1) z1[n, j] = …`."""
        label, line = equation.label, self.equation(equation)
        return f"({label}) {line}" if label else line

    def range_(self, equation: Equation) -> str:
        """`n = 0..N-1, j = 0..H-1`."""
        return ", ".join(self.axis(axis) for axis in equation.axes)

    def axis(self, axis: Axis, name: str | None = None) -> str:
        """The range of an index, under its own name or another."""
        return text(self.writer.range_(axis, {} if name is None else {axis.index: name}))


@lru_cache(maxsize=65536)
def _line(
    equation: Equation, read: tuple[Tensor, ...], ends: tuple[tuple[str, tuple[Poly, ...]], ...]
) -> tuple[str, Letters]:
    """The equation as a line where letters have these ends, and the letters behind it: a module cites its equations
    in several places."""
    namer = Namer({tensor.name: tensor for tensor in read}, Letters(dict(ends)))
    line = text(Writer(namer=namer).equation(equation))
    return line, namer.letters


def show(item: Term | Equation | Program) -> str:
    """A term, equation or program as text, of which only the beginning where it is very long."""
    match item:
        case Program():
            printer = Printer(Namer.of(item))
            return "\n".join(f"{printer.equation(e)}    ({printer.range_(e)})" for e in item.equations)
        case Equation():
            return Printer(writer=Writer(most=_MOST)).equation(item)
        case Truth() | Training() | Compare() | Logic():
            return Printer(writer=Writer(most=_MOST)).condition(item)
        case _:
            return Printer(writer=Writer(most=_MOST)).term(item)
