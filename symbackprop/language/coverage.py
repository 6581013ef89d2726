"""Definitions of a tensor: they cover it exactly once, and so say its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.errors import (
    IncompleteDefinition,
    OutOfRange,
    OverlappingDefinitions,
    UndefinedTensor,
    UnprovedDefinition,
)
from symbackprop.language.declared import Declared, Definition
from symbackprop.terms.cover import Cover, Gap, Overlap, Unproved, cover
from symbackprop.terms.prove import Facts


def cover_of(declared: Declared, facts: Facts) -> Cover:
    """Origin and shape of an intermediate, whose definitions cover it exactly once."""
    definitions = declared.definitions
    if not definitions:
        raise UndefinedTensor(
            f"tensor {declared.name}", expected="an equation that defines it before its shape is asked for",
            found="none", remedy=f"write {declared.name}[...] = ... first",
        )  # fmt: skip
    found = covered(declared.name, definitions, facts)
    known = facts.nonnegative_too(found.needs)
    for place, low in enumerate(found.origin):
        if not known.proves(low):
            raise OutOfRange(
                definitions[0].text(), expected=f"{declared.name} to start at 0 or above",
                found=f"axis {place} starts at {low}",
                remedy="shift the subscript, or state net.assume(...) for the sizes",
            )  # fmt: skip
    return found


def covered(name: str, definitions: Sequence[Definition], facts: Facts) -> Cover:
    """What the definitions cover, each element once and without gaps; raises where they do not, provably."""
    found = cover([definition.equation for definition in definitions], facts)
    texts = {id(definition.equation): definition.text for definition in definitions}
    match found:
        case Overlap(first, second, position, sizes):
            where = f"{name}{list(position)}{_at(sizes)}"
            twice = "by this equation twice" if first is second else f"by {texts[id(first)]()} as well"
            raise OverlappingDefinitions(
                texts[id(second)](), expected="each element to be defined once", found=f"{where} defined {twice}",
                remedy="let the definitions' ranges share no position; to change one build the network anew, from "
                "Network(...) on",
            )  # fmt: skip
        case Gap(position, sizes):
            raise IncompleteDefinition(
                f"tensor {name}", expected="its definitions to cover it without gaps",
                found=f"none for {name}{list(position)}{_at(sizes)}, among {'; '.join(d.text() for d in definitions)}",
                remedy="define the missing positions, or close the gap in the subscripts",
            )  # fmt: skip
        case Unproved(reason):
            raise UnprovedDefinition(
                f"tensor {name}", expected="definitions that provably cover it exactly once",
                found=f"no proof: {reason}; in {'; '.join(d.text() for d in definitions)}",
                remedy="state what is known of the sizes with net.assume(...) or write simpler subscripts on the left",
            )  # fmt: skip
    return found


def _at(sizes: Mapping[str, int]) -> str:
    return f" (at {', '.join(f'{name} = {value}' for name, value in sizes.items())})" if sizes else ""
