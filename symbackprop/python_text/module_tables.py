"""What every module says of itself: names to symbolic shapes and dtypes, and the equations in its docstring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbackprop.python_text.python_lines import collection_lines, names_text, prose_lines, table_lines
from symbackprop.python_text.scalars import poly_text
from symbackprop.terms.program import DType, Program, Tensor, TensorKind

_TITLES = {"COTANGENTS": TensorKind.COTANGENT, "NOISE": TensorKind.RANDOM, "BUFFERS": TensorKind.BUFFER}


def module_tables(program: Program, predict: Program | None, wrt: Sequence[str], every: bool = False) -> Iterator[str]:
    """The lines of DIMS, SIZES, INPUTS, PARAMETERS, OUTPUTS, COTANGENTS, NOISE, BUFFERS and WRT.

    `predict`: the program of the outputs, if there is one; `every`: whether the last tables stand there when empty.
    """
    yield from collection_lines([f'"{dim}"' for dim in program.dims], "DIMS = ", "()")
    if program.fixed:
        yield from table_lines([f'"{name}": {size}' for name, size in program.fixed], "SIZES = ")
    yield from _table("INPUTS", program.of_kind(TensorKind.INPUT))
    yield from _table("PARAMETERS", program.of_kind(TensorKind.PARAMETER))
    if program.cotangents:
        yield from _table("OUTPUTS", [program.table[name] for name in program.results])
    else:
        yield from _table("OUTPUTS", [predict.table[name] for name in predict.outputs] if predict is not None else [])
    for title, kind in _TITLES.items():
        if every or program.of_kind(kind):
            yield from _table(title, program.of_kind(kind))
    yield from collection_lines([f'"{tensor}"' for tensor in wrt], "WRT = ", "()")


def _table(title: str, tensors: Sequence[Tensor]) -> list[str]:
    entries = []
    for tensor in tensors:
        shape = names_text([poly_text(extent) for extent in tensor.shape])
        entries.append(f'"{tensor.name}": ({shape}, "{"int" if tensor.dtype is DType.INT else "float"}")')
    return table_lines(entries, f"{title} = ")


def listed(texts: Iterable[str]) -> tuple[str, ...]:
    """Lines of a docstring: each text on one, or on several of which all but the first hang."""
    return tuple(line for text in texts for line in prose_lines(text, "    ", "        "))


__all__ = ["listed", "module_tables"]
