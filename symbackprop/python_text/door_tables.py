"""What the checks at the door look up: the tables of a module's arguments, and which checks there are at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from symbackprop.python_text.python_lines import WIDTH, collection_lines
from symbackprop.python_text.scalars import poly_text
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.program import DType, Program, Tensor, TensorKind
from symbackprop.terms.prove import Facts

_TITLES = {"params": "PARAMETERS", "buffers": "BUFFERS"}
_FEW = 72  # letters


@dataclass(frozen=True, slots=True)
class DoorTables:
    """`signature`: of the function that checks arguments; `table`: all tables as one; `given`: all arguments;
    `counts`: what else is compared with the call before; `begin`: what is gone through, and there at first; `kinds`,
    `dtype`: what numbers an argument may hold, and is converted to; `highs`: the exclusive bounds of integers. `sized`:
    whether sizes are ever given by themselves; `divided`: whether a divisor may be 0.
    """

    signature: str
    table: str
    given: str
    counts: str
    begin: tuple[str, ...]
    kinds: tuple[str, ...]
    dtype: str
    highs: tuple[str, ...]
    parameters: bool
    noise: bool
    buffers: bool
    sized: bool
    divided: bool


def door_tables(program: Program, keyword_sizes: bool) -> DoorTables:
    """`keyword_sizes`: whether some function of the module has sizes as keywords."""
    parameters, buffers = program.of_kind(TensorKind.PARAMETER), program.of_kind(TensorKind.BUFFER)
    inputs, noise = program.of_kind(TensorKind.INPUT), program.of_kind(TensorKind.RANDOM)
    layer = ["COTANGENTS"] if program.cotangents else []
    titles = ["PARAMETERS", "INPUTS", *layer, *(["NOISE"] if noise else []), *(["BUFFERS"] if buffers else [])]
    words = ["workspace", "params", "inputs", *(["sizes"] if keyword_sizes else [])]
    given = ["**{n: params[n] for n in PARAMETERS}", "**inputs"]
    floating = ["name in PARAMETERS"] if parameters else []
    if buffers:
        words.append("buffers")
        given.append("**{n: buffers[n] for n in BUFFERS}")
        floating.append("name in BUFFERS")
    found = looked_up({"params": parameters, "buffers": buffers})
    counts = ["len(params)", *(["len(buffers)"] if buffers else [])]
    counts += ["sizes.copy()"] if keyword_sizes else []
    dtypes = {tensor.dtype for tensor in (*inputs, *noise)}
    begin = {"arrays": f"{{{', '.join(given)}}}"}
    if parameters:
        begin["dtype"] = "None"
    if not keyword_sizes:
        begin["sizes"] = "{}"
    highs = [f'"{t.name}": "{poly_text(t.high)}"' for t in inputs if t.high is not None]
    return DoorTables(
        signature=", ".join(words),
        table=f"{{{', '.join(f'**{title}' for title in titles)}}}",
        given=", ".join(filter(None, [found["params"], "*inputs.values()", found["buffers"]])),
        counts=f"[{', '.join(counts)}]" if len(counts) > 1 else counts[0],
        begin=tuple(_assigned(begin, 1)),
        kinds=tuple(_kinds(" or ".join(floating), dtypes)),
        dtype='np.intp if kind == "int" else dtype' if DType.INT in dtypes else "dtype",
        highs=tuple(collection_lines(highs, "_HIGHS = ", "{}") if highs else ()),
        parameters=bool(parameters),
        noise=bool(noise),
        buffers=bool(buffers),
        sized=keyword_sizes or any(extent.dims() for t in (*parameters, *buffers) for extent in t.shape),
        divided=bool(nonzero_conditions(program, (), Facts())),
    )


def looked_up(dicts: Mapping[str, Sequence[Tensor]]) -> dict[str, str]:
    """All arguments that each dict has: one by one where a line holds them, which is soonest."""
    calls = {}
    for given, tensors in dicts.items():
        text = ", ".join(f'{given}.get("{tensor.name}")' for tensor in tensors)
        calls[given] = text if len(text) < _FEW else f"*map({given}.get, {_TITLES[given]})"
    return calls


def _assigned(values: Mapping[str, str], indent: int) -> list[str]:
    """`a, b = c, d`, or the first on a line of its own where that is too long."""
    text = f"{', '.join(values)} = {', '.join(values.values())}"
    if 4 * indent + len(text) <= WIDTH:
        return [text]
    (first, *others), (value, *rest) = values, values.values()
    return [f"{first} = {value}", *([f"{', '.join(others)} = {', '.join(rest)}"] if others else [])]


def _kinds(floating: str, dtypes: Set[DType]) -> list[str]:
    """What says which numbers an argument may hold. `floating`: the condition that it must be floats."""
    numbers = '("iu", "integers")' if dtypes == {DType.INT} else '("fiub", "real numbers")'
    if len(dtypes) == 2:
        numbers = f'("iu", "integers") if kind == "int" else {numbers}'
    floats = '("f", "floating-point numbers")'
    text = f"kinds, numbers = {floats} if {floating} else {numbers}" if floating else f"kinds, numbers = {numbers}"
    if len(text) + 8 <= WIDTH:
        return [text]
    return [f"kinds, numbers = {numbers}", f"if {floating}:", f"    kinds, numbers = {floats}"]


__all__ = ["DoorTables", "door_tables", "looked_up"]
