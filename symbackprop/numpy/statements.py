"""Statements of the array language as lines of NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Contract,
    Counter,
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
)
from symbackprop.numpy.layout import by_stride, row_by_row, rows_and_columns, sign
from symbackprop.numpy.windows import Windows
from symbackprop.python_text.names import Names
from symbackprop.python_text.scalars import condition_text, factor_text, scalar_text
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.term import Compare, Logic, Reduction, Truth

WIDTH = 112
_HELPERS = {MapOp.ERF: "_erf", MapOp.SIGMOID: "_sigmoid", MapOp.LOG_SIGMOID: "_log_sigmoid",
            MapOp.EXP_NORMALIZED: "_exp_normalized", MapOp.LOG_COSH: "_log_cosh"}  # fmt: skip
_IN_PLACE = {MapOp.ADD: "+", MapOp.SUBTRACT: "-", MapOp.MULTIPLY: "*", MapOp.DIVIDE: "/"}
_COMMUTES = {MapOp.ADD, MapOp.MULTIPLY}
_SILENT = {MapOp.COPY, MapOp.SELECT, MapOp.AND, MapOp.OR, MapOp.NOT, MapOp.EXP_NORMALIZED, MapOp.ABS,
           MapOp.MAXIMUM, MapOp.MINIMUM, MapOp.SIGN}  # fmt: skip
_FOLD = {Reduction.SUM: "add", Reduction.PRODUCT: "multiply", Reduction.MAX: "maximum", Reduction.MIN: "minimum"}
_INITIAL = {Reduction.MAX: "-np.inf", Reduction.MIN: "np.inf"}
_DTYPE = {Kind.INT: "np.intp", Kind.BOOL: "bool"}


class StatementWriter:
    """Writes the body of one function. `used` collects the helpers it calls."""

    def __init__(self, names: Names, used: set[str]) -> None:
        self.names, self.used = names, used
        self.windows = Windows(names, used)
        self.lines: list[str] = []
        self.indent = 1

    # --- layout ------------------------------------------------------------------------------------
    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def assign(self, name: str, text: str) -> None:
        """`name = text`, where the text ends in a call."""
        if 4 * self.indent + len(name) + 3 + len(text) <= WIDTH or not text.endswith(")"):
            self.line(f"{name} = {text}")
        else:
            function, args = text.split("(", 1)
            self.line(f"{name} = {function}(")
            self.line(f"    {args[:-1]}")
            self.line(")")

    def call(self, function: str, args: Sequence[str]) -> None:
        """A call on one line where it fits, else with its arguments below."""
        text = f"{function}({', '.join(args)})"
        if 4 * self.indent + len(text) <= WIDTH:
            self.line(text)
            return
        self.line(f"{function}(")
        inner = "    " * (self.indent + 1)
        joined = ", ".join(args)
        if len(inner) + len(joined) <= WIDTH:
            self.lines.append(inner + joined)
        else:
            self.lines.extend(f"{inner}{arg}," for arg in args)
        self.line(")")

    # --- statements --------------------------------------------------------------------------------
    def body(self, statements: Sequence[Statement]) -> None:
        quiet = False
        for statement in statements:
            wants = _wants_quiet(statement)
            if quiet and not wants:
                self.indent -= 1
            if wants and not quiet:
                self.line('with np.errstate(all="ignore"):')
                self.indent += 1
            quiet = wants
            self.statement(statement)
        if quiet:
            self.indent -= 1

    def statement(self, statement: Statement) -> None:
        match statement:
            case Note(text):
                self._note(text)
            case Let(name, poly):
                self.line(f"{self.names.of(name)} = {self.names.module('max')}({self.windows.poly(poly)}, 0)")
            case Allocate(buffer, fill):
                dtype = _DTYPE.get(buffer.kind) or self.names.of("dtype")
                name = self.names.of(buffer.name)
                take = self.names.local("take")
                self.line(f'{name} = {take}("{name}", {self.windows.shape(buffer.shape)}, {dtype})')
                if fill is not None:
                    self.line(f"{name}.fill({fill})")
            case Map(op, out, args):
                self._map(op, out, args)
            case Contract():
                self._contract(statement)
            case Fold():
                self._fold(statement)
            case Gather(out, source, rows, index):
                flat = self._rows(self.names.of(source.name), source.shape, rows)
                self._gather(out, flat, len(source.shape) == rows, index)
            case Scatter():
                self._scatter(statement)
            case Loop(variable, low, high, descending, body):
                self._loop(variable, low, high, descending, body)
            case If(condition, then, otherwise):
                self._if(condition_text(condition, self.names), then, otherwise)
            case _:
                raise TypeError(f"cannot emit {type(statement).__name__}")

    def _note(self, text: str) -> None:
        if not self.lines or (self.lines[-1].strip() and not self.lines[-1].rstrip().endswith(":")):
            self.lines.append("")
        words, current = text.split(" "), "#"
        for word in words:
            if len(current) + len(word) + 1 + 4 * self.indent > WIDTH:
                self.line(current)
                current = "#    "
            current += f" {word}"
        self.line(current)

    def _loop(self, variable: Index, low: Poly, high: Poly, descending: bool, body: Sequence[Statement]) -> None:
        poly = self.windows.poly
        if descending:
            bounds = f"{poly(high)}, {poly(low - 1)}, -1"
        elif low == ZERO:
            bounds = poly(high + 1)
        else:
            bounds = f"{poly(low)}, {poly(high + 1)}"
        self.line(f"for {self.names.of(variable.name)} in {self.names.module('range')}({bounds}):")
        self.indent += 1
        self.body(body)
        self.indent -= 1

    def _if(self, condition: str, then: Sequence[Statement], otherwise: Sequence[Statement]) -> None:
        if not then and not otherwise:
            return
        self.line(f"if {condition}:" if then else f"if not ({condition}):")
        self.indent += 1
        self.body(then or otherwise)
        self.indent -= 1
        if then and otherwise:
            self.line("else:")
            self.indent += 1
            self.body(otherwise)
            self.indent -= 1

    # --- operands ----------------------------------------------------------------------------------
    def operand(self, operand: Operand, layout: Sequence[Index]) -> str:
        """The operand, broadcast against arrays of that layout."""
        match operand:
            case Scalar(term):
                if isinstance(term, Truth | Compare | Logic):
                    return condition_text(term, self.names)
                return scalar_text(term, self.names)
            case Counter(axis, extent, start, step):
                trailing = ", None" * (len(layout) - 1 - list(layout).index(axis))
                text = self._arange(start, step, extent)
                return f"{text}[:{trailing}]" if trailing else text
            case Array():
                places = [place for place, axis in enumerate(layout) if axis in operand.axes]
                kept = layout[places[0] :] if places else []
                return self.windows.text(operand, [axis if axis in operand.axes else None for axis in kept])
            case _:
                raise TypeError(f"not an operand: {operand!r}")

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
        layout = self.windows.natural(out)
        target = self.windows.text(out, layout, out=True)
        texts = [self.operand(arg, layout) for arg in args]
        match op:
            case MapOp.COPY:
                self._copy(out, target, args[0], texts[0])
            case MapOp.SELECT:
                if texts[2] != target:
                    self._copy(out, target, args[2], texts[2])
                self.call("np.copyto", [target, texts[1], f"where={texts[0]}"])
            case MapOp.SOFTPLUS:
                self.call("np.logaddexp", [texts[0], "0.0", f"out={target}"])
            case _ if op in _HELPERS:
                helper = _HELPERS[op]
                self.used.add(helper)
                self.call(self.names.module(helper), [*texts, target])
            case _ if op in _IN_PLACE and target == texts[0] and not _assignable(target):
                view = self.names.local("view")
                self.assign(view, target)
                self._in_place(op, view, [view, texts[1]])
            case _ if op in _IN_PLACE and target in texts and _assignable(target):
                self._in_place(op, target, texts)
            case _:
                self.call(f"np.{op.value}", [*texts, f"out={target}"])

    def _in_place(self, op: MapOp, target: str, texts: list[str]) -> None:
        first, second = texts
        if first != target and op in _COMMUTES:
            first, second = second, first
        text = f"{target} {_IN_PLACE[op]}= {second}"
        if first == target and 4 * self.indent + len(text) <= WIDTH:
            self.line(text)
        else:
            self.call(f"np.{op.value}", [*texts, f"out={target}"])

    def _copy(self, out: Array, target: str, arg: Operand, text: str) -> None:
        plain = target.isidentifier()
        if isinstance(arg, Scalar) and plain:
            self.line(f"{target}.fill({text})")
        elif plain or not _assignable(target) or 4 * self.indent + len(target) + len(text) + 3 > WIDTH:
            self.call("np.copyto", [target, text])
        else:
            self.line(f"{target} = {text}")

    # --- contractions and reductions ---------------------------------------------------------------
    def _contract(self, s: Contract) -> None:
        batch, rows, columns, inner = s.batch, s.rows, s.columns, s.inner
        if not rows and not columns and batch:
            if row_by_row(s.left, inner) and row_by_row(s.right, inner):
                self.used.add("_sum_rows")
                self._row_by_row("_sum_products", (s.left, s.right), inner, s.out)
                return
            letter = dict(zip((*batch, *inner), "ijklmnopqrstuvwxyz", strict=False))
            terms = []
            for array in (s.left, s.right):
                natural = self.windows.natural(array)
                terms.append(("".join(letter[axis] for axis in natural), self.windows.text(array, natural)))
            out_axes = self.windows.natural(s.out)
            result = "".join(letter[axis] for axis in out_axes)
            (left, left_text), (right, right_text) = terms
            out_text = self.windows.text(s.out, out_axes, out=True)
            self.call("np.einsum", [f'"{left},{right}->{result}"', left_text, right_text, f"out={out_text}"])
            return
        left_array, right_array = s.left, s.right
        natural = self.windows.natural(s.out)
        if rows and columns and natural.index(rows[-1]) > natural.index(columns[-1]):  # the transposed product
            left_array, right_array, rows, columns = right_array, left_array, columns, rows
        sides_groups = (
            (left_array, (rows, inner), not rows),
            (right_array, (inner, columns), not columns),
            (s.out, (rows, columns), False),
        )
        texts = []
        for array, groups, _ in sides_groups:
            kept = [group for group in groups if group or batch]
            lead: list[tuple[Index, ...]] = [(axis,) if axis in array.axes else () for axis in batch]
            while lead and not lead[0]:
                lead.pop(0)
            texts.append(self.windows.grouped(array, [*lead, *kept]))
        self.call("np.matmul", [texts[0], texts[1], f"out={texts[2]}"])

    def _fold(self, s: Fold) -> None:
        natural = self.windows.natural(s.source)
        inner = by_stride(s.source, [axis for axis in natural if axis not in s.out.axes])
        if s.reduction is Reduction.SUM and row_by_row(s.source, inner):
            self._row_by_row("_sum_rows", (s.source,), inner, s.out)
            return
        folded = [place for place, axis in enumerate(natural) if axis not in s.out.axes]
        kept = [axis for axis in natural if axis in s.out.axes]
        axis = "None" if not kept else str(folded[0]) if len(folded) == 1 else f"({', '.join(map(str, folded))})"
        args = [self.windows.text(s.source, natural), f"axis={axis}", f"out={self.windows.text(s.out, kept, out=True)}"]
        if s.reduction in _INITIAL:  # always: without, NumPy 1.25 to 2.1 are wrong along negative strides into `out`
            args.append(f"initial={_INITIAL[s.reduction]}")
        self.call(f"np.{_FOLD[s.reduction]}.reduce", args)

    def _row_by_row(self, helper: str, arrays: Sequence[Array], summed: Sequence[Index], out: Array) -> None:
        """The helper's call, on arrays whose last axis but one is summed."""
        around, columns = rows_and_columns(arrays, out)
        lead = [(axis,) for axis in around]
        texts = [self.windows.grouped(array, [*lead, summed, columns]) for array in arrays]
        self.used.add(helper)
        out_text = self.windows.grouped(out, [*lead, columns])
        self.call(self.names.module(helper), [*texts, out_text, self.names.local("take")])

    # --- gathers and scatters ----------------------------------------------------------------------
    def _rows(self, name: str, shape: Sequence[Poly], rows: int) -> str:
        """The buffer with its first dimensions taken as one."""
        if rows == 1:
            return name
        if rows == len(shape):
            return f"{name}.reshape(-1)"
        count = " * ".join(self.windows.poly(size) if size.atom or size.constant else f"({self.windows.poly(size)})"
                           for size in shape[:rows])  # fmt: skip
        return f"{name}.reshape({count}, {', '.join(map(self.windows.poly, shape[rows:]))})"

    def _gather(self, out: Array, source: str, flat: bool, index: Array) -> None:
        layout = out.axes
        picked = self.windows.text(index, index.axes)
        target = self.windows.text(out, layout, out=True)
        axis = [] if flat else ["axis=0"]
        self.call("np.take", [source, picked, *axis, f"out={target}", 'mode="clip"'])

    def _scatter(self, s: Scatter) -> None:
        rest = [axis for axis in s.source.axes if axis not in s.index.axes]
        layout = [*s.index.axes, *rest]
        target = self._rows(self.names.of(s.out.name), s.out.shape, s.rows)
        index = self.windows.text(s.index, s.index.axes)
        source = self.windows.text(s.source, layout)
        if s.unique:
            if "(" in target:
                self.line(f"{self.names.local('rows')} = {target}")
                target = self.names.local("rows")
            self.line(f"{target}[{index}] += {source}")
            return
        self.used.add("_scatter_add")
        self.call(self.names.module("_scatter_add"), [target, index, source, self.names.local("take")])


def _assignable(text: str) -> bool:
    """Whether it can stand on the left of an assignment."""
    return not text.endswith(")") and not text.endswith(".T")


def _wants_quiet(statement: Statement) -> bool:
    match statement:
        case Map(op, out):
            return statement.quiet and op not in _SILENT and out.kind is Kind.FLOAT
        case Contract() | Fold():
            return statement.quiet
        case _:
            return False


__all__ = ["StatementWriter"]
