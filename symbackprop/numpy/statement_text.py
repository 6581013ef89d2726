"""Statements of the array language as lines of NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Deviation,
    Fold,
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
    whole,
)
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper, helpers_in
from symbackprop.numpy.operation_forms import HELPERS, multiplied, number_kind, wants_quiet
from symbackprop.numpy.short_axes import is_short
from symbackprop.numpy.sum_text import SumWriter
from symbackprop.numpy.window_strides import sign
from symbackprop.numpy.windows import Target, same_window
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.python_lines import WIDTH, prose_lines
from symbackprop.python_text.scalars import condition_text, factor_text, poly_text, scalar_text, whole_text
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import Compare, Logic, Number, Term, Truth

_IN_PLACE = {MapOp.ADD: "+", MapOp.SUBTRACT: "-", MapOp.MULTIPLY: "*", MapOp.DIVIDE: "/"}
_COMMUTES = {MapOp.ADD, MapOp.MULTIPLY}


class StatementWriter(SumWriter):
    """Writes the body of one function. `lets`: the sizes that its statements make."""

    def __init__(self, names: Scope, bound: Bound) -> None:
        super().__init__(names, bound)
        self.lets: list[Let] = []

    @property
    def alone(self) -> list[str]:
        """All lines of a function that makes what it uses at its beginning."""
        return [*self.let_lines(self.names), *self.bound.lines(), *self.lines]

    def let_lines(self, names: Scope) -> list[str]:
        """Those of the sizes that it makes which have been asked for, and those that these use."""
        found = []
        for let in reversed(self.lets):
            if let.name in names.used:
                found.append(f"    {names.of(let.name)} = {names.module('max')}({poly_text(let.poly, names)}, 0)")
        return found[::-1]

    # --- statements --------------------------------------------------------------------------------
    def body(self, statements: Sequence[Statement]) -> None:
        quiet = False
        for statement in statements:
            wants = wants_quiet(statement)
            if quiet and not wants:
                self.indent -= 1
            if wants and not quiet:
                self.head('with np.errstate(all="ignore"):')
            quiet = wants
            self.statement(statement)
        if quiet:
            self.indent -= 1

    def statement(self, statement: Statement) -> None:
        match statement:
            case Note(text):
                self._note(text)
            case Let():
                self.lets.append(statement)
            case Allocate(buffer, fill):
                name = self.bound.storage(buffer)
                if fill is not None:
                    self.line(f"{name}.fill({fill})")
            case Map(op, out, args):
                self._map(op, out, args)
            case Contract():
                self.contract(statement)
            case Fold():
                self.fold(statement)
            case Deviation():
                self.deviation(statement)
            case Gather():
                self._gather(statement)
            case Scatter():
                self._scatter(statement)
            case Loop(variable, low, high, descending, body):
                self._loop(variable, low, high, descending, body)
            case If(condition, then, otherwise):
                self._if(self._condition(condition), then, otherwise)
            case _:
                raise TypeError(f"cannot emit {type(statement).__name__}")

    def _note(self, text: str) -> None:
        margin = "    " * self.indent
        self.lines += [] if self.opened else [""]
        self.lines += prose_lines(text, f"{margin}# ", f"{margin}#     ")
        self.opened = False

    def _loop(self, variable: Index, low: Poly, high: Poly, descending: bool, body: Sequence[Statement]) -> None:
        poly = self.windows.poly
        if descending:
            bounds = f"{poly(high)}, {poly(low - 1)}, -1"
        elif low == ZERO:
            bounds = poly(high + 1)
        else:
            bounds = f"{poly(low)}, {poly(high + 1)}"
        self.head(f"for {self.names.variable(variable)} in {self.names.module('range')}({bounds}):")
        self._inner(body, runs=plainly_nonnegative(high - low))
        self.indent -= 1

    def _inner(self, body: Sequence[Statement], runs: bool = False) -> None:
        """A body that may not run at all unless `runs`, and may make no sense then."""
        always, self.windows.always = self.windows.always, runs and self.windows.always
        self.body(body)
        self.windows.always = always

    def _if(self, condition: str, then: Sequence[Statement], otherwise: Sequence[Statement]) -> None:
        if not then and not otherwise:
            return
        self.head(f"if {condition}:" if then else f"if not ({condition}):")
        self._inner(then or otherwise)
        self.indent -= 1
        if then and otherwise:
            self.head("else:")
            self._inner(otherwise)
            self.indent -= 1

    # --- operands ----------------------------------------------------------------------------------
    def operand(self, operand: Operand, layout: Sequence[Index], kind: Kind = Kind.FLOAT, array: bool = False) -> str:
        """The operand, broadcast against arrays of that layout; a number as those of that kind need it, `array`: as an
        array."""
        match operand:
            case Scalar(Truth() | Compare() | Logic() as condition):
                return self._condition(condition)
            case Scalar(term):
                self.helpers |= helpers_in(term)
                spell = whole_text if kind is Kind.INT else scalar_text
                if array and self._fixed(term):
                    return self.bound.number(*self.names.noted(lambda: spell(term, self.names)), kind)
                return spell(term, self.names)
            case Counter(axis, extent, start, step):
                trailing = ", None" * (len(layout) - 1 - list(layout).index(axis))

                def write() -> str:
                    return f"{self._arange(start, step, extent)}{f'[:{trailing}]' if trailing else ''}"

                fixed = self.windows.always and not any(poly.indices() for poly in (start, step, extent))
                return self.bound.positions(*self.names.noted(write)) if fixed else write()
            case Array():
                places = [place for place, axis in enumerate(layout) if axis in operand.axes]
                kept = layout[places[0] :] if places else []
                return self.windows.text(operand, [axis if axis in operand.axes else None for axis in kept])
            case _:
                raise TypeError(f"not an operand: {operand!r}")

    def _fixed(self, term: Term) -> bool:
        """Whether the number is one at each call, and can be worked out whatever the sizes are."""
        return (self.windows.always or isinstance(term, Number)) and not term.free

    def _condition(self, condition: Term) -> str:
        self.helpers |= helpers_in(condition)
        return condition_text(condition, self.names)

    def _arange(self, start: Poly, step: Poly, extent: Poly) -> str:
        poly = self.windows.poly
        if step == ONE:
            return (
                f"np.arange({poly(extent)})" if start == ZERO else f"np.arange({poly(start)}, {poly(start + extent)})"
            )
        if sign(step):
            return f"np.arange({poly(start)}, {poly(start + step * extent)}, {poly(step)})"
        text = f"{factor_text(step, self.names)} * np.arange({poly(extent)})"  # the step may be 0
        return f"({poly(start)} + {text})" if start.terms else f"({text})"

    # --- elementwise -------------------------------------------------------------------------------
    def _map(self, op: MapOp, out: Array, args: tuple[Operand, ...]) -> None:
        if op is MapOp.SELECT:
            self._select(out, args)
            return
        if op is MapOp.POWER and isinstance(args[1], Counter):
            self._powers(out, args[0], args[1])
            return
        if out.buffer.blocks is not None and isinstance(args[0], Array):
            self.copy_blocks(out, args[0])
            return
        op, args = multiplied(op, args)
        natural, kind = self._long_runs(out, args), number_kind(op, out, args)
        target = self.windows.target(out, natural)
        texts = [self.operand(arg, natural, kind or out.kind, array=kind is not None) for arg in args]
        over = [same_window(arg, out) for arg in args]  # which arguments are overwritten, each element by its own
        match op:
            case MapOp.COPY:
                self._copy(target, args[0], texts[0])
            case _ if op in HELPERS:
                self.call(self.helper(HELPERS[op]), [*texts, target.text])
            case _ if op in _IN_PLACE and over[0] and not target.assignable:
                view = self.names.local("view")
                self.line(f"{view} = {target.text}")
                self._in_place(op, view, [view, texts[1]], over)
            case _ if op in _IN_PLACE and any(over) and target.assignable:
                self._in_place(op, target.text, texts, over)
            case _:
                self.compute(f"np.{op.value}", texts, target.text)

    def _long_runs(self, out: Array, args: Sequence[Operand]) -> tuple[Index, ...]:
        """The order of the axes in which arrays are passed: as the result lies, unless that ends with a short axis and
        what is read does not. NumPy runs as the first of them does that is in this order."""
        natural = self.windows.natural(out)
        order = tuple(sorted(natural, key=lambda axis: not is_short(out.extent(axis))))
        if order[-1:] == natural[-1:]:
            return natural
        others = (self.windows.natural(arg) for arg in args if isinstance(arg, Array) and len(arg.axes) == len(order))
        return order if order in others else natural

    def _select(self, out: Array, args: Sequence[Operand]) -> None:
        mask, then, otherwise = args
        natural = self._long_runs(out, args)
        target = self.windows.target(out, natural)
        masked = out.kind is Kind.FLOAT and otherwise == Scalar(NIL) and isinstance(mask, Array)
        masked = masked and (self._fixed(then.term) if isinstance(then, Scalar) else then.kind is Kind.FLOAT)
        texts = [self.operand(mask, natural, out.kind), self.operand(then, natural, out.kind, array=masked)]
        if masked:
            self.call(self.helper(Helper.MASKED), [*texts, target.text])
            return
        if not same_window(otherwise, out):
            self._copy(target, otherwise, self.operand(otherwise, natural, out.kind))
        self.call("np.copyto", [target.text, texts[1], f"where={texts[0]}"])

    def _powers(self, out: Array, base: Operand, exponent: Counter) -> None:
        natural = list(self.windows.natural(out))
        axis = natural.index(exponent.axis)
        text = self.operand(base, [index for index in natural if index != exponent.axis])
        numbers = [self.windows.poly(exponent.start), self.windows.poly(exponent.step), str(axis)]
        self.call(self.helper(Helper.POWERS), [text, *numbers, self.windows.target(out).text])

    def _in_place(self, op: MapOp, target: str, texts: Sequence[str], over: Sequence[bool]) -> None:
        """`target op= other`, or a call where the target is what is subtracted or divides, or the line is too long."""
        if over[0] or op in _COMMUTES:
            text = f"{target} {_IN_PLACE[op]}= {texts[1] if over[0] else texts[0]}"
            if 4 * self.indent + len(text) <= WIDTH:
                self.line(text)
                return
        self.call(f"np.{op.value}", [*texts, f"out={target}"])

    def _copy(self, target: Target, arg: Operand, text: str) -> None:
        if isinstance(arg, Scalar) and target.named:
            self.line(f"{target.text}.fill({text})")
        elif target.named or not target.assignable or 4 * self.indent + len(target.text) + len(text) + 3 > WIDTH:
            self.call("np.copyto", [target.text, text])
        else:
            self.line(f"{target.text} = {text}")

    # --- gathers and scatters ----------------------------------------------------------------------
    def _rows(self, buffer: Buffer, rows: int) -> str:
        """The buffer with its first dimensions taken as one."""
        array = whole(buffer)
        return self.windows.grouped(array, [array.axes[:rows], *((axis,) for axis in array.axes[rows:])])

    def _gather(self, s: Gather) -> None:
        source = self._rows(s.source, s.rows)
        picked = self.windows.text(s.index, s.index.axes)
        axis = [] if len(s.source.shape) == s.rows else ["axis=0"]
        target = self.windows.grouped(s.out, [[axis] for axis in s.out.axes])
        self.compute("np.take", [source, picked, *axis], target, 'mode="clip"')

    def _scatter(self, s: Scatter) -> None:
        target = self._rows(s.out, s.rows)
        index = self.windows.text(s.index, s.index.axes)
        layout: list[Index] = []
        if isinstance(s.source, Array):
            layout = [*s.index.axes, *(axis for axis in s.source.axes if axis not in s.index.axes)]
        source = self.operand(s.source, layout, array=isinstance(s.source, Scalar))
        if s.unique:
            if not target.isidentifier():
                self.line(f"{self.names.local('rows')} = {target}")
                target = self.names.local("rows")
            self.line(f"{target}[{index}] {'=' if s.assigned else '+='} {source}")
            return
        self.call(self.helper(Helper.SCATTER_ADD), [target, index, source, self.bound.take()])


__all__ = ["StatementWriter"]
