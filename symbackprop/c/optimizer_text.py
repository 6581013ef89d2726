"""An optimiser's step in C: one loop over all elements that lie alike, in the place of what they were.

    scalars, elements ── open_nests ──> one nest, next values in variables ── stores in place ──> text

A struct of parameters is one array, and so are one of their gradients and one of each state; where gradients by
something else lie between, there is a run of elements on either side, each with a call of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from symbackprop.c.fuse import fuse
from symbackprop.c.memory import MOST, elements
from symbackprop.c.names import CNames
from symbackprop.c.nests import Nest, NestFunction, Note, Statement, Store
from symbackprop.c.open_nests import open_nests
from symbackprop.c.shrink import shrink
from symbackprop.c.statement_text import StatementText
from symbackprop.c.threads import WORTH
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function, Kind, MapOp, Read
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Axis

__all__ = ["UPDATE_NAMES", "Run", "UpdateText", "runs_of", "update_text"]

UPDATE_NAMES = ("clip", "largest", "squares", "scale")  # of the template's own functions
UPDATE_VARIABLES = {"thread", "threads", "low", "high"}  # beside those of the equations


@dataclass(frozen=True, slots=True)
class Run:
    """Elements side by side in both structs: how many, and how many lie before them in either."""

    count: int
    params: int
    grads: int


@dataclass(frozen=True, slots=True)
class UpdateText:
    """`name`: of the function, behind the prefix; `states`: fields of what it keeps, `counts`: whether that is a number
    of steps too; `rated`: whether the learning rate matters.

    What computes: `taken`, its parameters, `size` being the number of elements, and `lines`; `whole`, `part`: what it
    is called with, of all elements or of those from `low` on, which threads share from `worth` on. `calls`: of it, in
    a step of all parameters; `at`: of arrays that a table points to.

    `clipped`: how many gradients lie side by side, and where; `sqrt`: of their norm."""

    name: str
    title: str
    equations: tuple[str, ...]
    signature: tuple[str, ...]
    states: tuple[str, ...]
    counts: bool
    rated: bool
    size: str
    worth: int
    taken: tuple[str, ...]
    lines: tuple[str, ...]
    whole: tuple[str, ...]
    part: tuple[str, ...]
    calls: tuple[str, ...]
    at: str
    clipped: tuple[tuple[int, str], ...]
    sqrt: str

    @property
    def keeps(self) -> bool:
        """Whether there is anything from step to step."""
        return self.counts or bool(self.states)


def update_text(
    update: UpdateIR[Function], name: str, prefix: str, call: Callable[[MapOp, bool, bool], str],
    parameters: Sequence[Tensor], gradients: Sequence[Tensor],
) -> UpdateText:  # fmt: skip
    """`name`: one that is free behind the prefix; `call`: the name of a function by its operation, noted as wanted;
    `parameters`, `gradients`: the tensors that the structs hold, in order."""
    program, names = update.program, CNames(prefix)
    names.taken |= UPDATE_VARIABLES
    kept = ("w", "g", *update.states)
    variables = {each: names(each) for each in ("lr", "t", *kept, *program.dims)}
    numbers = [each for each in ("lr", "t") if each in update.given]
    lines = (*_lines(_scalars(update), names, call), *_lines(_elements(update), names, call))
    runs, computes, printer = runs_of(parameters, gradients), f"{prefix}_step_{name}", Printer(Namer.of(program))
    size = variables[program.dims[0]]
    states, counts = tuple(variables[each] for each in update.states), "t" in numbers
    state = [f"{prefix}_{name}_state *state"] if states or counts else []
    return UpdateText(
        name=name,
        title=" ".join(update.title.split()).replace("*/", "* /"),  # in a comment
        equations=tuple(printer.equation(equation) for equation in program.equations),
        signature=(f"{prefix}_params *params", f"const {prefix}_grads *grads", *state, f"{prefix}_real lr"),
        states=states,
        counts=counts,
        rated="lr" in numbers,
        size=size,
        worth=WORTH,
        taken=(
            f"int {size}",
            *(f"{'const ' * (each == 'g')}real *restrict {variables[each]}" for each in kept),
            *(f"real {each}" for each in numbers),
        ),
        lines=lines,
        whole=(size, *(variables[each] for each in kept), *numbers),
        part=(*(f"{variables[each]} + low" for each in kept), *numbers),
        calls=tuple(_call(computes, run, states, numbers) for run in runs),
        at=_call_at(computes, len(kept), len(numbers)),
        clipped=tuple((run.count, _moved("(real *)grads", run.grads)) for run in runs),
        sqrt=call(MapOp.SQRT, False, False),
    )


def runs_of(parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> tuple[Run, ...]:
    """The elements of all parameters in as few runs as may be. One without elements has a place in its struct, which
    is no part of a run.

    >>> from symbackprop.terms.program import TensorKind
    >>> w, b, x = (Tensor(name, TensorKind.INPUT, (Poly.of(size),), (ZERO,)) for name, size in
    ...            [("w", 6), ("b", 2), ("x", 5)])
    >>> runs_of([w, b], [w, b])
    (Run(count=8, params=0, grads=0),)
    >>> runs_of([w, b], [w, x, b])
    (Run(count=6, params=0, grads=0), Run(count=2, params=6, grads=11))
    """
    places, place = dict[str, int](), 0
    for tensor in gradients:
        places[tensor.name] = place
        place += max(elements(tensor), 1)
    runs, place = list[Run](), 0
    for tensor in parameters:
        size, there = elements(tensor), places[tensor.name]
        last = runs[-1] if runs else Run(0, 0, 0)
        follows = (place, there) == (last.params + last.count, last.grads + last.count)
        if follows and runs and last.count + size <= MOST:
            runs[-1] = replace(last, count=last.count + size)
        elif size:
            runs.append(Run(size, place, there))
        place += max(size, 1)
    return tuple(runs)


# --- what is computed ----------------------------------------------------------------------------------
def _scalars(update: UpdateIR[Function]) -> NestFunction:
    return _with_variables(open_nests(update.scalars, update.program))


def _elements(update: UpdateIR[Function]) -> NestFunction:
    """The next values in variables of one nest, at whose end they are stored: none is read after it was written."""
    opened = open_nests(update.elements, update.program)
    function = shrink(fuse(replace(opened, body=(*opened.body, *_stores(update)))), ("w", *update.states))
    nests = [statement for statement in function.body if not isinstance(statement, Note)]
    assert len(nests) == 1, "an equation of elements by themselves"
    return _with_variables(function)


def _stores(update: UpdateIR[Function]) -> list[Statement]:
    (size,) = update.program.table["w"].shape
    out = list[Statement]()
    for place, name in enumerate((*update.states, "w")):
        index = Index(f"i@stored{place}")
        axis, at = Axis(index, ZERO, size - 1), (Poly.of(index),)
        value = Read(f"next_{name}", at, frozenset({index}), Kind.FLOAT, False)
        out.append(Nest(axis, (Store(name, at, value),)))
    return out


def _with_variables(function: NestFunction) -> NestFunction:
    """What has no axes is a variable, or an argument by value."""
    scalars = {name for name, tensor in function.tensors.items() if not tensor.rank}
    return replace(function, locals=function.locals | scalars)


def _lines(function: NestFunction, names: CNames, call: Callable[[MapOp, bool, bool], str]) -> list[str]:
    def reserved(name: str) -> bool:
        return name in names.taken or name in names.known.values()

    text = StatementText(function.tensors, function.locals, names, call, reserved, names.prefix)
    text.body(function.body)
    return text.lines


# --- how it is called ----------------------------------------------------------------------------------
def _moved(pointer: str, place: int) -> str:
    return f"{pointer} + {place}" if place else pointer


def _call(computes: str, run: Run, states: Sequence[str], numbers: Sequence[str]) -> str:
    given = [_moved("(real *)params", run.params), _moved("(const real *)grads", run.grads)]
    given += [_moved(f"(real *)&state->{state}", run.params) for state in states]
    given += ["(real)state->t" if number == "t" else number for number in numbers]
    return f"{computes}({run.count}, {', '.join(given)});"


def _call_at(computes: str, kept: int, numbers: int) -> str:
    """By a table that points to so many numbers of elements, to numbers, and to as many arrays of each kind, gradients
    first."""
    places = ["arrays + ", "", *(f"{kind} * arrays + " for kind in range(2, kept))]
    given = [f"({'const ' * (place == '')}real *)at[2 + {place}k]" for place in places]
    given += [f"numbers[{place}]" for place in range(numbers)]
    return f"{computes}(counts[1 + k], {', '.join(given)});"
