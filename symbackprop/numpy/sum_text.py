"""Sums and other reductions of the array language as lines of NumPy: matrix products, folds, deviations."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.numpy.array import Array, Contract, Deviation, Fold
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.operation_forms import rows_with_rows, stacked
from symbackprop.numpy.window_strides import by_stride, contiguous, row_by_row, rows_and_columns
from symbackprop.numpy.windows import Windows, as_matrix
from symbackprop.python_text.bracketed import one_or_several
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.numpy_operations import INITIAL
from symbackprop.python_text.python_lines import call_lines
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Reduction

_FOLD = {Reduction.SUM: "add", Reduction.PRODUCT: "multiply", Reduction.MAX: "maximum", Reduction.MIN: "minimum"}


class SumWriter:
    """Writes statements in `lines`. `bound`: what they use that is there before; `helpers`: those that they call."""

    def __init__(self, names: Scope, bound: Bound) -> None:
        self.names, self.bound = names, bound
        self.helpers: set[Helper] = set()
        self.windows = Windows(names, self.helpers, bound)
        self.lines: list[str] = []
        self.indent = 1
        self.opened = False  # whether the last line is the head of a block

    # --- layout ------------------------------------------------------------------------------------
    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)
        self.opened = False

    def head(self, text: str) -> None:
        """The line that begins a block, whose lines follow."""
        self.line(text)
        self.indent, self.opened = self.indent + 1, True

    def call(self, function: str, args: Sequence[str], before: str = "") -> None:
        """A call, after `before`, such as `name = `."""
        self.lines += call_lines(function, args, before, self.indent)
        self.opened = False

    def compute(self, function: str, args: Sequence[str], target: str, *after: str) -> None:
        """A call that writes into the target."""
        self.call(function, [*args, f"out={target}", *after])

    def helper(self, helper: Helper) -> str:
        """The name of a helper that is called."""
        self.helpers.add(helper)
        return self.names.module(helper.value)

    # --- contractions and reductions ---------------------------------------------------------------
    def contract(self, s: Contract) -> None:
        batch, rows, columns, inner = s.batch, s.rows, s.columns, s.inner
        if not rows and not columns and batch:
            if row_by_row(s.left, inner) and row_by_row(s.right, inner):
                self._row_by_row(Helper.SUM_PRODUCTS, (s.left, s.right), inner, s.out)
                return
            letter = dict(zip((*batch, *inner), "ijklmnopqrstuvwxyz", strict=False))
            terms = []
            for array in (s.left, s.right):
                natural = self.windows.natural(array)
                terms.append(("".join(letter[axis] for axis in natural), self.windows.text(array, natural)))
            out_axes = self.windows.natural(s.out)
            result = "".join(letter[axis] for axis in out_axes)
            (left, left_text), (right, right_text) = terms
            args = [f'"{left},{right}->{result}"', left_text, right_text]
            self.compute("np.einsum", args, self.windows.target(s.out).text)
            return
        left_array, right_array = s.left, s.right
        natural = self.windows.natural(s.out)
        if s.left.buffer.blocks is not None or s.right.buffer.blocks is not None:
            self._times_blocks(s)
            return
        sides = rows_with_rows(s)
        if sides is not None:
            texts = [self.windows.grouped(array, (axes, inner)) for array, axes in sides]
            target = self.windows.grouped(s.out, tuple(axes for _, axes in sides))
            self.call(self.helper(Helper.DOT_ROWS), [*texts, target])
            return
        if rows and columns and natural.index(rows[-1]) > natural.index(columns[-1]):  # the transposed product
            left_array, right_array, rows, columns = right_array, left_array, columns, rows
        texts = [
            self.windows.grouped(left_array, stacked(left_array, batch, (rows, inner))),
            self.windows.grouped(right_array, stacked(right_array, batch, (inner, columns))),
        ]
        target = self.windows.grouped(s.out, stacked(s.out, batch, (rows, columns)))
        if not batch and contiguous(s.out, [*rows, *columns]):  # what dot asks for, which is called sooner
            self.compute(f"{texts[0]}.dot", texts[1:], target)
        else:
            self.compute("np.matmul", texts, target)

    def _times_blocks(self, s: Contract) -> None:
        """Each block's columns of the result, where they belong."""
        first, matrix, rows, columns = s.left, s.right, s.rows, s.columns
        if matrix.buffer.blocks is None:
            first, matrix, rows, columns = matrix, first, columns, rows
        blocks = self.windows.stored_blocks(matrix)
        out = self.windows.in_blocks(s.out, rows, columns, matrix.buffer)
        self.call("np.matmul", [self.windows.grouped(first, (rows, s.inner)), blocks, f"out={out}"])

    def copy_blocks(self, out: Array, source: Array) -> None:
        """Into storage, one block behind the other."""
        rows, columns = as_matrix(out)
        text = self.windows.in_blocks(source, rows, columns, out.buffer)
        self.call("np.copyto", [self.windows.stored_blocks(out), text])

    def fold(self, s: Fold) -> None:
        natural = self.windows.natural(s.source)
        inner = by_stride(s.source, [axis for axis in natural if axis not in s.out.axes])
        if s.reduction is Reduction.SUM and row_by_row(s.source, inner):
            self._row_by_row(Helper.SUM_ROWS, (s.source,), inner, s.out)
            return
        around = by_stride(s.source, s.out.axes)
        if (
            s.reduction is Reduction.SUM
            and around
            and contiguous(s.source, [*around, *inner])
            and contiguous(s.out, around)
        ):
            texts = [self.windows.grouped(s.source, (around, inner)), self.windows.grouped(s.out, (around,))]
            self.call(self.helper(Helper.SUM_LAST), texts)
            return
        folded = [str(place) for place, axis in enumerate(natural) if axis not in s.out.axes]
        kept = [axis for axis in natural if axis in s.out.axes]
        axis = one_or_several(folded) if kept else "None"
        # always an initial value: without, NumPy 1.25 to 2.1 are wrong along negative strides into `out`
        initial = [INITIAL[s.reduction]] if s.reduction in INITIAL else []
        args = [self.windows.text(s.source, natural), f"axis={axis}"]
        target = self.windows.grouped(s.out, [[axis] for axis in kept])
        self.compute(f"np.{_FOLD[s.reduction]}.reduce", args, target, *initial)

    def deviation(self, s: Deviation) -> None:
        helper = Helper.SQUARED_DISTANCES if s.weight is None else Helper.SUM_DEVIATIONS
        texts = [self.windows.grouped(array, (rows, columns)) for array, rows, columns in s.sides]
        target = self.windows.grouped(s.out, (s.rows, s.columns))
        self.call(self.helper(helper), [*texts, target, *([self.bound.take()] if s.weight is None else [])])

    def _row_by_row(self, helper: Helper, arrays: Sequence[Array], summed: Sequence[Index], out: Array) -> None:
        """The helper's call, on arrays whose last axis but one is summed."""
        around, columns = rows_and_columns(arrays, out)
        lead = [(axis,) for axis in around]
        texts = [self.windows.grouped(array, [*lead, summed, columns]) for array in arrays]
        target = self.windows.grouped(out, [*lead, columns])
        self.call(self.helper(helper), [*texts, target, self.bound.take()])


__all__ = ["SumWriter"]
