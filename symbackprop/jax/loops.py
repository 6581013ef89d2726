"""Recurrences as `lax.scan`, whose step is compiled once, whatever the length; conditions on their variables.

A step replaces the tensors that it defines: they are what the scan carries. Only a part of each is written in a step,
which XLA does in place.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.array_text.line_breaks import WIDTH, filled, wrapped
from symbackprop.array_text.spelling import Spelling
from symbackprop.array_text.statement_lines import Statements
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Clear, Define, If, Loop, Step
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Connective, Logic, PolyValue, Term, subterms


class JaxSpelling(Spelling):
    def known_later(self, condition: Term) -> bool:
        """Whether the variable of a scan stands in it."""
        polys = (part.poly for part in subterms(condition) if isinstance(part, PolyValue))
        return any(not self.traced.isdisjoint(poly.indices()) for poly in polys)

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
    """The lines of a function in JAX."""

    def step(self, step: Step) -> None:
        match step:
            case Loop():
                self._begin(step.body)
                self._recurrence(step)
            case If(condition, body) if self.spelling.known_later(condition):
                self._begin(body)
                self._conditional(condition, body)
            case _:
                super().step(step)

    def _carried(self, body: Sequence[Step]) -> list[str]:
        """The variables of the tensors that the steps define."""
        found = dict.fromkeys(s.tensor for s in steps_in(body) if isinstance(s, Define | Clear))
        return [self.spelling(name) for name in found]

    def _recurrence(self, step: Loop[Step]) -> None:
        low, high = step.low, step.high
        counted = self._depends(low) or self._depends(high)
        if counted or self.facts.proves(high - low):
            self._scan(step, counted)
            return
        with self._block(f"if {self.spelling.poly(high)} >= {self.spelling.poly(low)}:", self.facts):
            self._scan(step, counted)

    def _depends(self, poly: Poly) -> bool:
        return not self.spelling.traced.isdisjoint(poly.indices())

    def _scan(self, step: Loop[Step], counted: bool) -> None:
        """`counted`: whether how many steps there are depends on a scan outside, so that it is no scan itself."""
        carried, index = self._carried(step.body), step.variable
        spelling, axis = self.spelling, step.axis
        variable = spelling.variable(index)
        name = spelling.of(f"<{variable}_step{self._number()}>")
        one = len(carried) == 1
        whole = carried[0] if one else spelling.local("carried")
        state = carried[0] if one else tuple_text(carried)
        low, end = spelling.poly(step.low), spelling.poly(step.high + 1)
        head = f"{variable}, {whole}" if counted else f"{whole}, {variable}"
        spelling.variables[index.name] = variable
        spelling.traced.add(index)
        self.loops[index] = axis
        with self._block(f"def {name}({head}):", self.facts.with_axes([axis])):
            if not one:
                self._assign(carried, whole)
            if counted and step.descending:
                self.line(f"{variable} = {low} + {spelling.poly(step.high)} - {variable}", last=False)
            for inner in step.body:
                self.step(inner)
            self.label = ""
            self.line(f"return {state}" if counted else f"return {state}, None")
        del self.loops[index], spelling.variables[index.name]
        spelling.traced.discard(index)
        if counted:
            text = call("jax.lax.fori_loop", low, end, name, state)
        else:
            steps = f"jnp.arange({spelling.steps(step.low, step.high)})"
            text = call("jax.lax.scan", name, state, steps, *(["reverse=True"] if step.descending else [])) + "[0]"
        self._assign(carried, text)

    def _assign(self, names: Sequence[str], text: str) -> None:
        """The parts of a tuple to variables, on as many lines as these need."""
        joined = ", ".join(names)
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


__all__ = ["JaxSpelling", "JaxStatements"]
