"""How parameters and buffers start, as functions of the module."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.door import condition_lines, extents_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.initial_values import Drawn, initial_sizes, start_arguments, start_of
from symbackprop.python_text.python_lines import WIDTH, FunctionText, call_lines, names_text, table_lines
from symbackprop.python_text.scalars import Naming, poly_text, scalar_text
from symbackprop.terms.build import NIL, UNIT
from symbackprop.terms.divisors import nonzero_in
from symbackprop.terms.poly import Dim
from symbackprop.terms.program import Program, Tensor, TensorKind


def initial_functions(program: Program, names: Names) -> tuple[FunctionText, ...]:
    """Those that give parameters and buffers."""
    parameters, buffers = program.of_kind(TensorKind.PARAMETER), program.of_kind(TensorKind.BUFFER)
    lines = _body(program, parameters, Scope(names), "params", "rng")
    about = "Initial parameters, a dict of arrays. `rng`: a NumPy Generator or a seed."
    words: tuple[str, ...] = ("rng", "*", *initial_sizes(program, parameters), "dtype=np.float32")
    functions = [FunctionText("init_params", words, about, tuple(lines))]
    if buffers:
        lines = _body(program, buffers, Scope(names), "buffers", "0")
        words = ("*", *initial_sizes(program, buffers), "dtype=np.float32")
        functions.append(FunctionText("init_buffers", words, "Initial buffers, a dict of arrays.", tuple(lines)))
    return tuple(functions)


def _body(program: Program, tensors: Sequence[Tensor], names: Scope, result: str, seed: str) -> list[str]:
    """The body of the function that returns the tensors' initial values.

    `result`: the variable that collects them; `seed`: what the generator is made of.
    """
    require = names.module("_require")
    dims = initial_sizes(program, tensors)
    alike = {(tensor.shape, tensor.initializer): tensor for tensor in reversed(tensors)}  # many start so
    texts = {start: _expression(tensor, names) for start, tensor in reversed(alike.items())}
    entries = [f'"{tensor.name}": {texts[tensor.shape, tensor.initializer]}' for tensor in tensors]
    checks = condition_lines(nonzero_in(start_arguments(tensors)), dims, names, "initial values", dividing=True)
    nonempty = [line for tensor in tensors for line in _nonempty(tensor, names)]
    kind = 'np.dtype(dtype).kind == "f", "dtype", "a floating-point type", np.dtype(dtype)'
    lines = [f"    {require}({kind})"]
    if len(dims) == 1:
        lines.append(f'    {names.of(dims[0])} = {names.module("_size")}("{dims[0]}", {dims[0]})')
    elif dims:
        args = [names.module("_size"), names_text(dims), tuple_text(dims)]
        lines += call_lines(names.module("map"), args, f"{', '.join(map(names.of, dims))} = ")
    lines += checks
    lines += [f"    {line}" for line in [*names.definitions(), *nonempty]]
    if any(start_of(tensor).drawn is not Drawn.CONSTANT for tensor in tensors):
        lines.append(f"    rng = np.random.default_rng({seed})")
    table = table_lines(entries, f"{result} = ", 1)
    if len(table) == 1 and len(whole := _typed(f"{{{', '.join(entries)}}}")) <= WIDTH:
        lines.append(whole)
    else:
        lines += [*table, _typed(result)]
    return lines


def _typed(table: str) -> str:
    return f"    return {{name: np.asarray(value, dtype) for name, value in {table}.items()}}"


def _nonempty(tensor: Tensor, names: Scope) -> list[str]:
    """The check of a shape that could be empty at sizes which are not."""
    doubtful = [extent for extent in tensor.shape if extent.constant is None and not isinstance(extent.atom, Dim)]
    if not doubtful:
        return []
    holds = " and ".join(f"{poly_text(extent, names)} >= 1" for extent in dict.fromkeys(doubtful))
    expected = f"f\"sizes of at least 1 in {{{names.module('_SHAPES')}['{tensor.name}']}}\""
    shape = extents_text(tensor.shape, names)
    return [f'{names.module("_require")}({holds}, "{tensor.name}", {expected}, {shape})']


def _expression(tensor: Tensor, names: Naming) -> str:
    shape, start = extents_text(tensor.shape, names), start_of(tensor)
    scale = scalar_text(start.scale, names)
    match start.drawn:
        case Drawn.CONSTANT if start.scale in (NIL, UNIT):
            return f"np.{'ones' if start.scale is UNIT else 'zeros'}({shape})"
        case Drawn.CONSTANT:
            return f"np.full({shape}, {scale})"
        case Drawn.NORMAL:
            return f"rng.normal(0, {scale}, {shape})"
        case Drawn.UNIFORM:
            return f"rng.uniform(-1, 1, {shape}) * " + (f"({scale})" if " " in scale else scale)


__all__ = ["initial_functions"]
