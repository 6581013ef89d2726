"""How a function begins: its arguments' parts and the sizes get names."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.array_text.line_breaks import WIDTH
from symbackprop.array_text.spelling import Spelling
from symbackprop.terms.poly import Dim
from symbackprop.terms.program import Tensor


def unpacked(items: Sequence[tuple[str, str]]) -> list[str]:
    """name, name = value, value: as many on a line as it holds."""
    lines: list[str] = []
    while items:
        count = len(items)
        while count > 1 and len(_assignment(items[:count])) > WIDTH - 4:
            count -= 1
        lines.append(_assignment(items[:count]))
        items = items[count:]
    return lines


def _assignment(items: Sequence[tuple[str, str]]) -> str:
    return f"{', '.join(name for name, _ in items)} = {', '.join(text for _, text in items)}"


def read_sizes(
    spelling: Spelling, arguments: Sequence[tuple[Tensor, str]], wanted: Sequence[str]
) -> tuple[list[str], list[str]]:
    """(lines that read the sizes off the shapes of arguments, which are tensors with their variables; those that none
    shows)."""
    of, lines = spelling.of, list[str]()
    open_, known = set(wanted), set[str]()
    for tensor, source in arguments:
        places: dict[int, str] = {}
        for place, extent in enumerate(tensor.shape):
            if isinstance(extent.atom, Dim) and extent.atom.name in open_:
                open_.remove(extent.atom.name)
                places[place] = extent.atom.name
        if len(places) > 1 and ("_" not in spelling.names.given or len(places) == tensor.rank):
            found = [of(places[place]) if place in places else "_" for place in range(tensor.rank)]
            lines.append(f"{', '.join(found)} = {source}.shape")
        else:
            lines += [f"{of(dim)} = {source}.shape[{place}]" for place, dim in sorted(places.items())]
        known.update(places.values())
    return lines, [dim for dim in wanted if dim not in known]


__all__ = ["read_sizes", "unpacked"]
