"""What a caller asks of a check: sizes and a seed, looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from typing import Any

from symbackprop.errors import InvalidArgument, InvalidSize, UnknownSymbol
from symbackprop.feasible.size_conditions import Condition, conditions_of, size_failure
from symbackprop.terms.poly import Atom, Dim, Poly
from symbackprop.terms.program import Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Relation
from symbackprop.verify.work import work

LONGEST_AXIS = 2**63 - 1  # of an array of NumPy
MOST_SEED = 2**32 - 1


def asked_sizes(dims: Any) -> dict[str, int] | None:
    """The sizes by name, from names or the symbols of `net.dims` to integers; InvalidArgument or InvalidSize else."""
    if dims is None:
        return None
    if not isinstance(dims, Mapping):
        raise InvalidArgument("dims", expected='sizes by name, as in {"N": 4}', found=_told(dims))
    return {str(name): _size(name, value) for name, value in dims.items()}


def _size(name: Any, value: Any) -> int:
    try:
        size = index(value)
    except TypeError:
        size = 0
    if isinstance(value, bool) or size < 1:
        raise InvalidSize(f"size {name}", expected="an integer of at least 1", found=_told(value))
    if size > LONGEST_AXIS:
        raise InvalidSize(
            f"size {name}", expected=f"at most {LONGEST_AXIS}, the longest axis of an array", found=_told(size)
        )
    return size


def asked_seed(seed: Any) -> int:
    """The seed, an integer from 0 to `MOST_SEED`; InvalidArgument else."""
    try:
        number = index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool) or not 0 <= number <= MOST_SEED:
        raise InvalidArgument("seed", expected=f"an integer from 0 to {MOST_SEED}", found=_told(seed))
    return number


def check_names(program: Program, dims: Mapping[str, int]) -> None:
    """UnknownSymbol for a size that the program does not have; what `asked_sizes` refuses, too."""
    for name in dims:
        if name not in program.dims:
            known = ", ".join(program.dims) or "none"
            raise UnknownSymbol(f"size {name}", expected=f"one of {known}", found=name)
    asked_sizes(dims)


def check_sizes(program: Program, dims: Mapping[str, int]) -> dict[str, int]:
    """The caller's sizes, checked: every size of the program, nothing else, integers from 1, conditions met."""
    check_names(program, dims)
    missing = [name for name in program.dims if name not in dims]
    if missing:
        raise InvalidSize(
            "dims", expected=f"a value for each of {', '.join(program.dims)}", found=f"none for {', '.join(missing)}",
        )  # fmt: skip
    sizes = {name: int(dims[name]) for name in program.dims}
    failure = size_failure(program, sizes, allow_empty=True)
    if failure is not None:
        raise _unmet(failure, sizes)
    return sizes


def check_some_sizes(program: Program, dims: Any) -> dict[str, int]:
    """The caller's sizes for some of the program's, checked: no other names, integers from 1, and no condition that
    fails whatever the others are."""
    sizes = asked_sizes(dims) or {}
    check_names(program, sizes)
    numbers: dict[Atom, Poly] = {Dim(name): Poly.of(size) for name, size in sizes.items()}
    conditions = conditions_of(program, allow_empty=True) if sizes else ()
    for condition in sorted(conditions, key=lambda each: each.relation is not Relation.NE):  # first what divides
        if _fails(condition, condition.poly.substitute(numbers)):
            raise _unmet(condition.text, {name: sizes[name] for name in program.dims if name in sizes})
    return sizes


def _fails(condition: Condition, poly: Poly) -> bool:
    """Whether it does at all sizes that are left in the polynomial."""
    if poly.constant is not None:
        return not condition.relation.holds(poly.constant, 0)
    return condition.relation is Relation.GE and Facts().proves(-poly - 1)


def _unmet(failure: str, sizes: Mapping[str, int]) -> InvalidSize:
    text = ", ".join(f"{name}={value}" for name, value in sizes.items())
    return InvalidSize("dims", expected=failure, found=text, remedy="choose other sizes")


def check_work(program: Program, sizes: Mapping[str, int], most: int) -> None:
    """InvalidSize where one evaluation at these sizes visits more elements than `most`."""
    found = work(program, sizes)
    if found > most:
        at = ", ".join(f"{name}={value}" for name, value in sizes.items()) or "sizes that are all numbers"
        raise InvalidSize(
            f"sizes of {program.name}", expected=f"an evaluation of at most {most:,} elements",
            found=f"{found:,} at {at}",
            remedy="choose smaller sizes, or symbols for them: what is right at small ones is right at large ones",
        )  # fmt: skip


def _told(value: Any) -> str:
    if isinstance(value, int) and abs(value) > LONGEST_AXIS:
        return f"a number of about {value.bit_length() * 3 // 10} digits"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
