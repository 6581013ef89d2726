"""What the module's own check needs: sizes, data that meet what is assumed, and what it cannot difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.numpy.examples import example_of
from symbackprop.python_text.door import Door
from symbackprop.python_text.python_lines import call_lines, names_text
from symbackprop.terms.needed import behind_stop_gradient
from symbackprop.terms.program import GIVEN, DType, Program


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """`sizes`, `arrangements`: lines that give the sizes and arrange the data; `rest`, `passing`: the data that are no
    parameters, and how a function is called; `high`, `integers`: the exclusive bound of an integer, ""
    where there are none, and what gives their names; `unmet`: what no data were found for; `unchecked`: what is not
    differenced."""

    sizes: tuple[str, ...]
    arrangements: tuple[str, ...]
    rest: str
    passing: str
    high: str
    integers: str
    unmet: tuple[str, ...]
    unchecked: str


def self_check(program: Program, door: Door, wrt: Sequence[str]) -> SelfCheck:
    example = example_of(program)
    words = ["params", "**rest", *(f'{dim}=sizes["{dim}"]' for dim in door.keywords)]
    if door.buffers:
        words.append("buffers={name: data[name] for name in BUFFERS}")
    integers = [tensor for tensor in door.inputs if tensor.dtype is DType.INT]
    bounded = [tensor for tensor in integers if tensor.high is not None]
    bound = "eval(_HIGHS[name], {}, sizes)" if bounded else "2"
    high = bound if len(bounded) in (0, len(integers)) else f"{bound} if name in _HIGHS else 2"
    named = "_HIGHS" if len(bounded) == len(integers) else names_text([tensor.name for tensor in integers])
    sizes = [f"{dim}={size}" for dim, size in example.sizes.items()]
    left_out = sorted(unchecked(program, wrt))
    return SelfCheck(
        sizes=tuple(call_lines("dict", sizes, "rng, sizes = np.random.default_rng(seed), ")),
        arrangements=example.lines,
        rest="(*INPUTS, *NOISE)" if door.noise else "INPUTS",
        passing=", ".join(words),
        high=high if integers else "",
        integers=named,
        unmet=tuple(repr(f"  no data were found that meet {fact}: not checked there") for fact in example.unmet),
        unchecked=names_text(left_out) if left_out else "",
    )


def unchecked(program: Program, wrt: Sequence[str]) -> set[str]:
    """Those whose derivative is not the slope of the loss: what stands behind a stop_gradient, and what is no datum."""
    stopped = behind_stop_gradient(program)
    return {name for name in wrt if name in stopped or program.table[name].kind not in GIVEN}
