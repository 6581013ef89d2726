"""Recurrences as `lax.scan`, whose step is compiled once, whatever the length; conditions on their variables.

A step replaces the tensors that it defines: they are what the scan carries. Only a part of each is written in a step,
which XLA does in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise

from symbackprop.array_text.fragment import Code
from symbackprop.array_text.line_breaks import WIDTH, filled, wrapped
from symbackprop.array_text.reads import sliced
from symbackprop.array_text.spelling import Spelling
from symbackprop.array_text.statement_lines import Statements, is_whole
from symbackprop.jax.expressions import JaxExpressions
from symbackprop.jax.rows import Window, by_rows, first_assigned, windows_of
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Clear, Define, If, Loop, Note, Read, Step, inside
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.terms.integers import is_whole as is_whole_number
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Compare, Connective, Logic, PolyValue, Term, subterms


class JaxSpelling(Spelling):
    def known_later(self, condition: Term) -> bool:
        """Whether the variable of a scan stands in it."""
        polys = (part.poly for part in subterms(condition) if isinstance(part, PolyValue))
        return any(not self.traced.isdisjoint(poly.indices()) for poly in polys)

    def scalar(self, term: Term) -> Code:
        """A quotient of the variable of a scan, which is an array of integers, would be of JAX's own choice."""
        if not self.known_later(term):
            return super().scalar(term)
        if isinstance(term, Compare | Logic):
            return Code(f"({self.condition(term)})", plain=True)
        code = super().scalar(term)
        if is_whole_number(term):
            return code
        return Code(f"jnp.asarray({code.text}, {self.dtype})", plain=code.plain)

    def condition(self, condition: Term) -> str:
        if not self.known_later(condition):
            return super().condition(condition)
        match condition:
            case Logic(Connective.NOT, (inner,)):
                return f"jnp.logical_not({self.condition(inner)})"
            case Logic(connective, args):
                sign = " & " if connective is Connective.AND else " | "
                return sign.join(f"({self.condition(arg)})" for arg in args)
            case _:
                return super().condition(condition)


class JaxStatements(Statements):
    """The lines of a function in JAX. `rows_of`: the tensor that a row is of, and along which dimension; `source`: the
    variable of all that the function is given."""

    def __init__(
        self, spelling: Spelling, tensors: Mapping[str, Tensor], facts: Facts, kept: Iterable[str],
        given: Iterable[str], source: str = "",
    ) -> None:  # fmt: skip
        super().__init__(spelling, tensors, facts, kept, given)
        self.rows_of: dict[str, tuple[str, int]] = {}
        self.source = source

    expressions = JaxExpressions

    def body(self, steps: Sequence[Step]) -> None:
        """Without zeros for what is added to them at once, which knows whether it needs any."""
        stated = [step for step in steps if not isinstance(step, Note)]
        added = {id(clear) for clear, step in pairwise(stated)
                 if isinstance(clear, Clear) and isinstance(step, Define) and step.tensor == clear.tensor}  # fmt: skip
        super().body([step for step in steps if id(step) not in added])

    def step(self, step: Step) -> None:
        match step:
            case Loop():
                self._recurrence(step)
            case If(condition, body) if self.spelling.known_later(condition):
                self._begin(body)
                self._conditional(condition, body)
            case _:
                super().step(step)

    def _define(self, step: Define) -> None:
        """What is added in windows is one sum, at all elements."""
        ev = self._expressions(step, step.axes)
        assert isinstance(ev, JaxExpressions)
        some = ev.windows_where(step.value)
        if some is not None:
            self.step(If(some, (step,)))
            return
        found = ev.spread(step)
        tensor, name = self.tensors[step.tensor], self.spelling(step.tensor)
        target = None if found is None else sliced(ev, Code(name), found.subscripts, tensor.shape, views=False)
        if found is None or target is None:
            super()._define(step)
            return
        code = self.library.exactly(ev.code(step.value), target.axes)
        if step.tensor not in self.begun and target.text == name:
            self.begun.add(step.tensor)
            self.line(f"{name} = {code.text}")
        else:
            self._zeros(step.tensor)
            self.line(self.library.written(name, target.text[len(name) :], step.op, code.text))

    def _carried(self, body: Sequence[Step], windows: Mapping[str, Window] | None = None) -> list[str]:
        """The variables of the tensors that the steps define, but for rows of windows."""
        rows = {window.row(place) for window in (windows or {}).values() for place in range(window.width)}
        found = dict.fromkeys(s.tensor for s in steps_in(body) if isinstance(s, Define | Clear))
        return [self.spelling(name) for name in found if name not in rows]

    def _recurrence(self, step: Loop[Step]) -> None:
        low, high = step.low, step.high
        if self._depends(low) or self._depends(high):
            self._begin(step.body)
            self._counted(step)
        elif self.facts.proves(high - low):
            self._scan(step)
        else:
            self._begin(step.body)
            head = f"if {self.spelling.poly(high)} >= {self.spelling.poly(low)}:"
            with self._block(head, self.facts.with_axes([step.axis])):
                self._scan(step)

    def _depends(self, poly: Poly) -> bool:
        return not self.spelling.traced.isdisjoint(poly.indices())

    @contextmanager
    def _function(self, step: Loop[Step], head: str) -> Iterator[None]:
        """The function of a step, in which the loop's variable has a value that is known later."""
        spelling, index = self.spelling, step.variable
        spelling.variables[index.name] = spelling.variable(index)
        spelling.traced.add(index)
        self.loops[index] = step.axis
        with self._block(head, self.facts.with_axes([step.axis])):
            yield
            self.label = ""
        del self.loops[index], spelling.variables[index.name]
        spelling.traced.discard(index)

    def _counted(self, step: Loop[Step]) -> None:
        """A loop whose length depends on a scan outside, so that it is no scan itself."""
        carried, spelling = self._carried(step.body), self.spelling
        variable = spelling.variable(step.variable)
        name, whole = spelling.of(f"<{variable}_step{self._number()}>"), spelling.local("carried")
        low, high, end = (spelling.poly(poly) for poly in (step.low, step.high, step.high + 1))
        with self._function(step, f"def {name}({variable}, {whole}):"):
            self._unpack(carried, whole)
            if step.descending:
                self.line(f"{variable} = {low} + {high} - {variable}", last=False)
            for inner in step.body:
                self.step(inner)
            self.label = ""
            self.line(f"return {tuple_text(carried)}")
        text = call("jax.lax.fori_loop", low, end, name, self._begins(tuple_text(carried)))
        self._unpack(carried, text)

    # --- scans -----------------------------------------------------------------------------------------
    def _scan(self, step: Loop[Step]) -> None:
        """With windows of rows where these will do, and whole tensors where not."""
        spelling, self.label = self.spelling, ""
        windows = windows_of(step, self.tensors, self.facts, spelling.traced)
        body = by_rows(step, windows, self.facts)
        rows = _Rows(self, step, windows, body)
        whole = self._carried(body, windows)
        fresh = rows.begin()
        for name in dict.fromkeys(s.tensor for s in steps_in(body) if isinstance(s, Define | Clear)):
            if name not in rows.tensors:
                self._zeros(name)
        variable = spelling.variable(step.variable)
        name = spelling.of(f"<{variable}_step{self._number()}>")
        carried, given = spelling.local("carried"), spelling.local("rows")
        state = tuple_text([*rows.first, *whole]) if rows.first or whole else "()"
        steps = f"jnp.arange({spelling.steps(step.low, step.high)})"
        entering = tuple_text([steps, *(text for _, text in rows.given)])
        with self._function(step, f"def {name}({carried}, {given}):"):
            self._unpack([*rows.before, *whole], carried)
            self._unpack([variable, *(row for row, _ in rows.given)], given)
            rows.enter()
            for inner in body:
                self.step(inner)
            self.label = ""
            after = tuple_text([*rows.after, *whole]) if rows.after or whole else "()"
            self.line(f"return {after}, {tuple_text(rows.leaving) if rows.leaving else '()'}")
        last = spelling.local("last")
        text = call("jax.lax.scan", name, self._begins(state), entering, *(["reverse=True"] if step.descending else []))
        self.line(f"{last}, {given} = {text}")
        rows.end(last, given, fresh)
        for place, tensor in enumerate(whole, len(rows.first)):
            self.line(f"{tensor} = {last}[{place}]")

    def _begins(self, state: str) -> str:
        """What a loop is handed first: zeros that are the same on all devices become what the step makes of them."""
        if state == "()" or not self.source:
            return state
        return call(self.spelling.helper("varying"), state, self.source)

    def _unpack(self, names: Sequence[str], source: str) -> None:
        if names:
            self._assign(names, source, single=len(names) == 1)

    def _assign(self, names: Sequence[str], text: str, single: bool = False) -> None:
        """The parts of a tuple to variables, on as many lines as these need; `single`: of a tuple of one."""
        joined = f"({names[0]},)" if single else ", ".join(names)
        if len(joined) + 4 * self.depth <= WIDTH // 2 or len(names) == 1:
            self.line(f"{joined} = {text}")
            return
        indent = "    " * self.depth
        self.lines += [f"{indent}(", *filled(joined, indent + "    "), *wrapped(f"{indent}) = {text}")]

    def _conditional(self, condition: Term, body: Sequence[Step]) -> None:
        carried, spelling = self._carried(body), self.spelling
        name = spelling.of(f"<then{self._number()}>")
        text, state, one = spelling.condition(condition), tuple_text(carried), len(carried) == 1
        with self._block(f"def {name}({', '.join(carried)}):", self.facts.assume(condition)):
            for inner in body:
                self.step(inner)
            label, self.label = self.label, ""
            self.line(f"return {state}")
            self.label = label
        same = spelling.local("kept")
        chosen = call("jax.lax.cond", text, name, f"lambda *{same}: {same}", *carried)
        self._assign(carried, f"{chosen}[0]" if one else chosen)

    def _number(self) -> int:
        self.parts += 1
        return self.parts


class _Rows:
    """The rows of a scan: `first` what the first step is handed, `before` the names that a step has for these, `after`
    what it hands on, `given` what enters with what it is read from, `leaving` what a step returns."""

    def __init__(
        self, statements: JaxStatements, step: Loop[Step], windows: Mapping[str, Window], body: Sequence[Step]
    ) -> None:
        self.statements, self.loop, self.body = statements, step, body
        self.windows = list(windows.values())
        self.tensors = {window.row(place): window.row_tensor(place)
                        for window in self.windows for place in range(window.width)}  # fmt: skip
        self.first: list[str] = []
        self.before: list[str] = []
        self.after: list[str] = []
        self.given: list[tuple[str, str]] = []
        self.leaving: list[str] = []
        self.empty: list[str] = []  # rows that enter as zeros

    def begin(self) -> set[str]:
        """Names for all rows; the tensors that are defined here alone, and as a whole."""
        statements, spelling = self.statements, self.statements.spelling
        statements.tensors = {**statements.tensors, **self.tensors}
        for window in self.windows:
            statements.rows_of.update(
                (window.row(p), (window.tensor.name, window.dimension)) for p in range(window.width)
            )
        read = {v.tensor for s in steps_in(self.body) for top in computed_in(s) for v in inside(top)
                if isinstance(v, Read)}  # fmt: skip
        fresh = set[str]()
        for window in self.windows:
            name = window.tensor.name
            if not window.written:
                for place in range(window.width):
                    if window.row(place) in read:
                        self.given.append((self._enters(window, place), self._rows(window, place)))
                continue
            is_new = name not in statements.begun
            if is_new and window.width == 1 and self._covers(window):
                fresh.add(name)
            else:
                statements._zeros(name)
            start = self.loop.high if self.loop.descending else self.loop.low
            for place in window.handed:
                self.first.append(self._at(window, window.at(start, place)))
                self.before.append(self._enters(window, place))
                self.after.append(spelling(window.row(window.further(place))))
            row = window.row(window.entering)
            if not first_assigned(self.body, row, self._whole(row)):
                if is_new:
                    self.empty.append(row)
                else:
                    self.given.append((self._enters(window, window.entering), self._rows(window, window.entering)))
            self.leaving.append(spelling(window.row(window.leaving)))
        return fresh

    def _enters(self, window: Window, place: int) -> str:
        self.statements.begun.add(window.row(place))
        return self.statements.spelling(window.row(place))

    def _whole(self, row: str) -> bool:
        first = next((s for s in self.body if isinstance(s, Define) and s.tensor == row), None)
        return first is not None and is_whole(first, self.tensors[row])

    def enter(self) -> None:
        for row in self.empty:
            self.statements._zeros(row)

    def end(self, last: str, rows: str, fresh: set[str]) -> None:
        """What left goes where it belongs, and so does what the last step handed on."""
        statements, spelling = self.statements, self.statements.spelling
        statements.begun -= self.tensors.keys()
        stop = self.loop.low if self.loop.descending else self.loop.high
        handed = 0
        for place, window in enumerate(window for window in self.windows if window.written):
            name, colons = spelling(window.tensor.name), ":, " * window.dimension
            value = f"{rows}[{place}]" + ("[::-1]" if window.sign < 0 else "")
            value = value if not window.dimension else f"jnp.moveaxis({value}, 0, {window.dimension})"
            if window.tensor.name in fresh:
                statements.begun.add(window.tensor.name)
                statements.line(f"{name} = {value}")
            else:
                statements.line(f"{name} = {name}.at[{colons}{self._slice(window, window.leaving)}].set({value})")
            for kept in window.handed:
                where = spelling.poly(window.at(stop, window.further(kept)))
                statements.line(f"{name} = {name}.at[{colons}{where}].set({last}[{handed}])")
                handed += 1

    # --- places ------------------------------------------------------------------------------------
    def _ends(self, window: Window, place: int) -> tuple[Poly, Poly]:
        ends = window.at(self.loop.low, place), window.at(self.loop.high, place)
        return ends if window.sign > 0 else ends[::-1]

    def _covers(self, window: Window) -> bool:
        low, high = self._ends(window, 0)
        return not low.terms and high + 1 == window.tensor.shape[window.dimension]

    def _slice(self, window: Window, place: int) -> str:
        low, high = self._ends(window, place)
        write, size = self.statements.spelling.poly, window.tensor.shape[window.dimension]
        return f"{write(low) if low.terms else ''}:{'' if high + 1 == size else write(high + 1)}"

    def _rows(self, window: Window, place: int) -> str:
        """The rows that enter at that place, one for each value of the loop's variable as it goes up."""
        name, part = self.statements.spelling(window.tensor.name), self._slice(window, place)
        text = name if not window.dimension else f"jnp.moveaxis({name}, {window.dimension}, 0)"
        text = text if part == ":" else f"{text}[{part}]"
        return f"{text}[::-1]" if window.sign < 0 else text

    def _at(self, window: Window, where: Poly) -> str:
        spelling = self.statements.spelling
        return f"{spelling(window.tensor.name)}[{':, ' * window.dimension}{spelling.poly(where)}]"


__all__ = ["JaxSpelling", "JaxStatements"]
