"""A generated module with a clock behind each statement, so that a step is told by equation.

The module itself has nothing of it: its text is read, and statements are added to its tree. A step leaves the
moments at which statements ended; the time between two of them, less what looking at the clock takes, is that of the
later statement. Statements belong to the equations that stand over them, `# (B3, B4) …`, as `report.module_code` reads
them; those without an equation are told by what they call.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from statistics import median
from types import ModuleType

from symbackprop.report.module_code import read_code

__all__ = ["ARGUMENTS", "REST", "STORAGE", "Clock", "Clocked", "clocked"]

Clock = Callable[[], int]  # nanoseconds
Place = tuple[str, ...]  # the numbers of equations, or one of:
ARGUMENTS: Place = ("arguments",)
STORAGE: Place = ("storage",)
REST: Place = ("rest",)
_CALLED = {"_arguments": ARGUMENTS, "_kept": ARGUMENTS, "_cotangent": ARGUMENTS, "_drawing": ARGUMENTS,
           "_given": ARGUMENTS, "_storage": STORAGE, "_filled": STORAGE}  # fmt: skip
_ENTRIES = ("forward", "backward", "value_and_grad", "vjp")
_MARK, _CLOCK = "<mark>", "<clock>"  # names that no module has
_GLANCES = 1000
_HOLD = (ast.For, ast.With, ast.If, ast.Return)


@dataclass(frozen=True, slots=True)
class Clocked:
    """`places`: where each statement belongs, by the number that its mark has; `marks`: what the steps have left."""

    module: ModuleType
    places: tuple[Place, ...]
    marks: list[tuple[int, int]]
    clock: Clock

    def timed(self, step: Callable[[], object], rounds: int) -> dict[Place, float]:
        """The median seconds of each place over the rounds of a step."""
        glance = self.glance()
        found: dict[Place, list[float]] = defaultdict(list)
        for _ in range(rounds):
            self.marks.clear()
            begin = self.clock()
            step()
            end = self.clock()
            spent = self.spent(begin, end, glance)
            for place in (*spent, *(known for known in found if known not in spent)):
                found[place].append(spent.get(place, 0.0))
        return {place: median(times) for place, times in found.items()}

    def spent(self, begin: int, end: int, glance: float) -> dict[Place, float]:
        """The seconds of each place in the step whose marks are there."""
        total: dict[Place, float] = defaultdict(float)
        before = begin
        for number, moment in self.marks:
            total[self.places[number]] += max(0.0, moment - before - glance) * 1e-9
            before = moment
        total[REST] += max(0.0, end - before) * 1e-9
        return dict(total)

    def glance(self) -> float:
        """The nanoseconds that leaving a mark takes."""
        mark, clock = self.marks.append, self.clock
        self.marks.clear()
        for _ in range(_GLANCES):
            mark((0, clock()))
        moments = [moment for _, moment in self.marks]
        self.marks.clear()
        return median(after - before for before, after in pairwise(moments))


def clocked(name: str, source: str, clock: Clock) -> Clocked:
    """The module of this text, with marks in the functions that compute its equations."""
    labels, functions = _labels(source)
    tree, places = ast.parse(source), list[Place]()
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and (function.name in _ENTRIES or function.name in functions):
            function.body = list(_marked(function.body, labels, places))
    marks: list[tuple[int, int]] = []
    module = ModuleType(name)
    module.__dict__.update({_MARK: marks.append, _CLOCK: clock})
    exec(compile(ast.fix_missing_locations(tree), f"<clocked {name}>", "exec"), module.__dict__)
    return Clocked(module, tuple(places), marks, clock)


def _labels(source: str) -> tuple[Mapping[int, Place], frozenset[str]]:
    """The equations of each line that has some, and the functions that compute equations."""
    labels: dict[int, Place] = {}
    functions, line = set[str](), 1
    for part in read_code(source):
        for chunk in part.chunks:
            if chunk.labels:
                labels |= dict.fromkeys(range(line, line + len(chunk.lines)), chunk.labels)
                functions.add(chunk.function)
            line += len(chunk.lines)
    return labels, frozenset(functions)


def _marked(body: Sequence[ast.stmt], labels: Mapping[int, Place], places: list[Place]) -> Iterator[ast.stmt]:
    """The statements with a mark behind those of a place; of those that hold others, of these."""
    for statement, following in zip_longest(body, body[1:]):
        match statement:
            case ast.For() | ast.With():
                statement.body = list(_marked(statement.body, labels, places))
                yield statement
            case ast.If():
                statement.body = list(_marked(statement.body, labels, places))
                statement.orelse = list(_marked(statement.orelse, labels, places))
                yield statement
            case ast.Return() | ast.Expr(ast.Constant()):
                yield statement
            case _:
                yield statement
                place = _place(statement, labels)
                if following is None or isinstance(following, _HOLD) or _place(following, labels) != place:
                    yield _mark(len(places), statement)
                    places.append(place)


def _place(statement: ast.stmt, labels: Mapping[int, Place]) -> Place:
    if statement.lineno in labels:
        return labels[statement.lineno]
    names = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return next((_CALLED[name] for name in names if name in _CALLED), REST)


def _mark(number: int, behind: ast.stmt) -> ast.stmt:
    moment = ast.Tuple([ast.Constant(number), ast.Call(_name(_CLOCK), [], [])], ast.Load())
    return ast.copy_location(ast.Expr(ast.Call(_name(_MARK), [moment], [])), behind)


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
