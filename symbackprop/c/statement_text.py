"""Loop nests as lines of C."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from symbackprop.c.expression_text import ExpressionText, Level
from symbackprop.c.nests import Nest, Note, Product, Statement, Store, Subscripts, When, statements_in
from symbackprop.c.products import MOST, Layout, Run, layout
from symbackprop.c.threads import runs_in_threads
from symbackprop.c.vectors import vectors_of
from symbackprop.lower.values import Loop, MapOp, Value
from symbackprop.python_text.filled_lines import filled_lines
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.term import Axis

WIDTH = 116


class StatementText:
    """The lines of a function. `called`: the names of tensors in C; `free`: a name for a variable of a nest, given
    the one that is wanted and those in use."""

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        locals: frozenset[str],
        called: Callable[[str], str],
        call: Callable[[MapOp, bool, bool], str],
        reserved: Callable[[str], bool],
        prefix: str,
    ) -> None:
        self.prefix = prefix
        self.shared = False  # whether threads share a nest around
        self.compared: dict[str, tuple[str, Value]] = {}
        self.tensors, self.locals, self.reserved = tensors, locals, reserved
        self.tensor_called = called
        self.variables: dict[str, str] = {}
        self.expressions = ExpressionText(tensors, locals, self.called, call)
        self.lines: list[str] = []
        self.depth = 1
        self.begun: set[str] = set()
        self.stored: dict[str, int] = {}

    def called(self, name: str) -> str:
        return self.variables.get(name) or self.tensor_called(name)

    def body(self, statements: Iterable[Statement]) -> None:
        statements = tuple(statements)
        for each in statements_in(statements):
            if isinstance(each, Store) and each.tensor in self.locals:
                self.stored[each.tensor] = self.stored.get(each.tensor, 0) + 1
        for each in statements:
            self.statement(each)

    def line(self, text: str) -> None:
        self.lines += _broken(text, "    " * self.depth)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(f"{head} {{")
        self.depth += 1
        yield
        self.depth -= 1
        self.line("}")

    def statement(self, statement: Statement) -> None:
        match statement:
            case Note(text):
                self.lines += _comment(text, "    " * self.depth)
            case Nest(axis, body):
                self.nest(statement, axis, body)
            case Loop(_, _, _, descending, body):
                with self.counted(statement.axis, descending):
                    self.inner(body)
            case When(mask, body):
                with self.block(f"if ({self.expressions.value(mask)})"):
                    self.inner(body)
            case Store():
                self.store(statement)
            case Product():
                self.product(statement)
            case _:
                raise TypeError(f"not a statement: {statement!r}")

    def inner(self, body: Iterable[Statement]) -> None:
        for each in body:
            self.statement(each)

    def nest(self, statement: Nest, axis: Axis, body: Iterable[Statement]) -> None:
        found = vectors_of(statement, self.locals, self.tensors)
        extremes = () if found is None else found.extremes
        shared = False
        for name, _, _ in extremes:
            self.line(f"int {self.nan_of(name)} = 0;")
        if found is not None:
            sums = [f"reduction(+ : {', '.join(map(self.called, found.sums))})"] if found.sums else []
            sums += [
                f"reduction({kind} : {self.called(name)}) reduction(| : {self.nan_of(name)})"
                for name, kind, _ in extremes
            ]
            self.line(f"{self.prefix}_VECTORS({' '.join(['omp simd', *sums])})")
        elif not self.shared and runs_in_threads(statement, self.locals):
            self.line(f"{self.prefix}_THREADS(omp parallel for)")
            self.shared = shared = True
        self.compared = {name: (kind, value) for name, kind, value in extremes}
        with self.counted(axis, False):
            self.inner(body)
        self.compared = {}
        self.shared = self.shared and not shared
        for name, _, _ in extremes:
            variable = self.called(name)
            self.line(f"{variable} = {self.nan_of(name)} ? (real)NAN : {variable};")

    def product(self, statement: Product) -> None:
        """The call of the function that computes it, in loops along the axes that it leaves over."""
        found = layout(statement, self.tensors)
        assert found is not None, statement
        outer = {axis.index for axis in found.outer}
        with ExitStack() as loops:
            for axis in found.outer:
                loops.enter_context(self.counted(axis, False))
            first: dict[Atom, Poly] = {
                axis.index: axis.low
                for axis in (*statement.rows, *statement.columns, *statement.sums)
                if axis.index not in outer
            }
            sides = [(statement.left.tensor, statement.left.subscripts),
                     (statement.right.tensor, statement.right.subscripts)]  # fmt: skip
            pointers = [
                self.pointer(name, subscripts, first)
                for name, subscripts in (*(sides[::-1] if found.swapped else sides),
                                         (statement.tensor, statement.subscripts))
            ]  # fmt: skip
            fields = ", ".join(f".{name} = {number}" for name, number in _fields(found, statement.add) if number)
            name = f"{self.prefix}_product"
            self.line(f"{name}(&(const {name}_of){{{fields}}}, {', '.join(pointers)});")

    def pointer(self, name: str, subscripts: Subscripts, first: Mapping[Atom, Poly]) -> str:
        at = tuple(s.substitute(first) if isinstance(s, Poly) else s for s in subscripts)
        place = self.expressions.flat(self.tensors[name], at)
        return self.called(name) if place == "0" else f"{self.called(name)} + {place}"

    @contextmanager
    def counted(self, axis: Axis, descending: bool) -> Iterator[None]:
        text = self.expressions.poly
        low, high = text(axis.low), text(axis.high + 1)
        name = self.variable(axis.index)
        if descending:
            head = f"for (int {name} = {text(axis.high)}; {name} >= {low}; {name}--)"
        else:
            head = f"for (int {name} = {low}; {name} < {high}; {name}++)"
        self.variables[axis.index.name] = name
        with self.block(head), self.expressions.ranges.within(axis):
            yield
        del self.variables[axis.index.name]

    def variable(self, index: Index) -> str:
        """As the equations call it, if nothing around is called so."""
        base = index.name.partition("@")[0]
        base = base if base.isidentifier() and base.isascii() and not index.fresh else "i"
        used = set(self.variables.values())
        name, count = base, 0
        while name in used or self.reserved(name):
            count += 1
            name = f"{base}{count}"
        return name

    def store(self, statement: Store) -> None:
        tensor, write = self.tensors[statement.tensor], self.expressions
        if statement.tensor in self.compared:
            self.compare(statement.tensor, *self.compared[statement.tensor])
            return
        whole = tensor.dtype is DType.INT
        value = write.value(statement.value, Level.CHOICE, whole)
        target = write.element(tensor, statement.subscripts)
        if statement.tensor in self.locals and statement.tensor not in self.begun:
            self.begun.add(statement.tensor)
            const = "const " if self.stored[statement.tensor] == 1 else ""
            wide = whole and write.ranges.wide(statement.value)
            if whole and const:
                write.ranges.kept[statement.tensor] = write.ranges.of_value(statement.value)
            self.line(f"{const}{'int64_t' if wide else 'int' if whole else 'real'} {target} = {value};")
        else:
            self.line(f"{target} {statement.op.value} {value};")

    def compare(self, name: str, kind: str, value: Value) -> None:
        """The greatest or least so far, NaN being noted apart: so it runs in vectors."""
        variable, text, sign = self.called(name), self.expressions.value(value), ">" if kind == "max" else "<"
        if not text.isidentifier():
            following = self.tensor_called(f"{name} next")
            self.line(f"const real {following} = {text};")
            text = following
        self.line(f"{variable} = {text} {sign} {variable} ? {text} : {variable};")
        self.line(f"{self.nan_of(name)} |= {text} != {text};")

    def nan_of(self, name: str) -> str:
        """The variable that says whether a NaN was met."""
        return self.tensor_called(f"{name} nan")


def _fields(found: Layout, add: bool) -> list[tuple[str, int]]:
    """What the function is told, by name."""
    one = Run(1, 0, 0, 0)
    rows, sums = ([*runs, *[one] * (MOST - len(runs))] for runs in (found.rows, found.sums))
    named = [*((f"r{place}", run) for place, run in enumerate(rows, 1)), ("n", found.columns)]
    named += [(f"k{place}", run) for place, run in enumerate(sums, 1)]
    fields = [(name, run.extent) for name, run in named]
    fields += [(f"a_{name}", run.left) for name, run in named if name != "n"]
    fields += [(f"b_{name}", run.right) for name, run in named if name[0] != "r"]
    fields += [(f"c_{name}", run.target) for name, run in named if name[0] != "k"]
    return [*fields, ("add", int(add)), ("share", ("", "r1", "r2", "r3", "n").index(found.shared))]


def _comment(text: str, indent: str) -> list[str]:
    return filled_lines([*text.split(" ")[:-1], f"{text.split(' ')[-1]} */"], f"{indent}/* ", f"{indent}   ", WIDTH)


def _broken(text: str, indent: str) -> list[str]:
    """A line, or several where it is too long."""
    lines: list[str] = []
    while len(indent) + len(text) > WIDTH:
        cut = text.rfind(" ", 0, WIDTH - len(indent))
        if cut <= 0 or not text[:cut].strip():
            break
        lines.append(f"{indent}{text[:cut]}")
        text = f"    {text[cut:].lstrip()}"
    return [*lines, f"{indent}{text}"]


__all__ = ["StatementText"]
