"""What a loop adds to rows that are still 0 is what they are.

    c = 0                                    becomes   c = 0
    for t = T, ..., 1:                                 for t = T, ..., 1:
        c[t] += a[t]                                       c[t] += a[t]
        c[t - 1] += c[t]*f[t]                              c[t - 1] = c[t]*f[t]

where nothing has written or read those elements in an earlier turn, or earlier in the turn. The zeros stay, for the
rows that no turn reaches so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from symbackprop.lower.value_walks import computed_in
from symbackprop.lower.values import Clear, Define, Function, If, Loop, Read, Step, Value, inside
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import undetermined

Subscripts: TypeAlias = tuple[Poly | Value, ...]
Loops: TypeAlias = tuple["Loop[Step]", ...]


@dataclass(frozen=True, slots=True)
class _Access:
    """Elements that a step reads or writes. `places`: in the bodies of the loops around it, of what it stands in."""

    subscripts: Subscripts
    loops: Loops
    places: tuple[int, ...]
    step: Define | None = None  # that writes them


def assign_first_in_turns(function: Function) -> Function:
    """The function with an assignment for each addition in a loop to elements that are still 0."""
    if not any(isinstance(step, Loop) for step in function.body):
        return function
    cleared: dict[str, list[_Access]] = {}
    out: list[Step] = []
    for step in function.body:
        match step:
            case Clear(tensor):
                cleared[tensor] = []
            case Define(tensor):
                for access in _accesses([step], ()).get(tensor, ()):
                    if tensor in cleared and access.step is not None:
                        cleared[tensor].append(access)
            case Loop():
                within = _accesses([step], ())
                first = {
                    id(access.step)
                    for tensor, before in cleared.items()
                    for access in within.get(tensor, ())
                    if _is_first(access, within[tensor], before, function.facts)
                }
                step = _assigned(step, first)
                for tensor in within:
                    cleared.pop(tensor, None)
            case If():
                for tensor in _accesses(step.body, ()):
                    cleared.pop(tensor, None)
        out.append(step)
    return replace(function, body=tuple(out))


def _accesses(steps: Iterable[Step], loops: Loops) -> dict[str, list[_Access]]:
    """What the steps read and write of each tensor; each read before what its step writes."""
    found: dict[str, list[_Access]] = {}

    def note(tensor: str, access: _Access) -> None:
        found.setdefault(tensor, []).append(access)

    def walk(steps: Iterable[Step], loops: Loops, places: tuple[int, ...]) -> None:
        for place, step in enumerate(steps):
            here = (*places, place) if len(places) < len(loops) else places  # inside a condition: that of the condition
            match step:
                case Loop(_, _, _, _, body):
                    walk(body, (*loops, step), here)
                case If(_, body):
                    walk(body, loops, here)
                case _:
                    for value in computed_in(step):
                        for part in inside(value):
                            if isinstance(part, Read):
                                note(part.tensor, _Access(part.subscripts, loops, here))
                    if isinstance(step, Define):
                        note(step.tensor, _Access(step.subscripts, loops, here, step))

    walk(steps, loops, ())
    return found


def _assigned(loop: Loop[Step], first: set[int]) -> Loop[Step]:
    body = (
        _assigned(step, first) if isinstance(step, Loop)
        else replace(step, op=Op.ASSIGN) if isinstance(step, Define) and id(step) in first
        else step
        for step in loop.body
    )  # fmt: skip
    return replace(loop, body=tuple(body))


def _is_first(access: _Access, others: Sequence[_Access], before: Sequence[_Access], facts: Facts) -> bool:
    """Whether it adds, each turn to other elements, to what no other access meets before it."""
    step, loops = access.step, access.loops
    if step is None or step.op is not Op.ACCUMULATE or step.padded or not loops:
        return False
    if not any(step is each for each in loops[-1].body):
        return False  # behind a condition: what follows may find nothing
    subscripts = [subscript for subscript in step.subscripts if isinstance(subscript, Poly)]
    within = facts.with_axes([loop.axis for loop in loops])
    left = [axis for axis in step.axes if axis.index in step.left]
    if len(subscripts) < len(step.subscripts) or undetermined(within, subscripts, left):
        return False
    if not all(_never_meet(subscripts, other, within) for other in before):
        return False
    meeting = [other for other in others if other is not access and not _never_meet(subscripts, other, within)]
    places = range(len(subscripts))
    return all(
        any(_tells_apart(outer.variable, place, subscripts, meeting) for place in places) for outer in loops[:-1]
    ) and any(
        _shift(subscripts[place], loops[-1].variable) is not None
        and all(_comes_later(place, access, other) for other in meeting)
        for place in places
    )


def _tells_apart(variable: Index, place: int, subscripts: Sequence[Poly], others: Sequence[_Access]) -> bool:
    """Whether all accesses have the subscript, which no two turns of the variable's loop have alike."""
    return _shift(subscripts[place], variable) is not None and all(
        o.subscripts[place] == subscripts[place] for o in others
    )


def _shift(subscript: Poly | Value, variable: Index) -> tuple[int, Poly] | None:
    """(±1, the rest) of a subscript that is ±variable + rest, with no other index."""
    if not isinstance(subscript, Poly) or set(subscript.indices()) != {variable}:
        return None
    slope = subscript.coefficient(variable).constant if subscript.is_affine else None
    return (slope, subscript - Poly.of(variable) * slope) if slope in (1, -1) and slope is not None else None


def _comes_later(place: int, access: _Access, other: _Access) -> bool:
    """Whether the other access to one row along a dimension comes later: in a later turn, or later in the turn."""
    loop, depth = access.loops[-1], len(access.loops)
    if other.loops[:depth] != access.loops:
        return False
    own, theirs = (_shift(each.subscripts[place], loop.variable) for each in (access, other))
    if own is None or theirs is None or own[0] != theirs[0]:
        return False
    turns = ((own[1] - theirs[1]) * own[0] * (-1 if loop.descending else 1)).constant
    return turns is not None and (turns > 0 or (turns == 0 and other.places[depth - 1] > access.places[depth - 1]))


def _never_meet(subscripts: Sequence[Poly], other: _Access, facts: Facts) -> bool:
    """Whether the other is at a row known from sizes that these are never at."""
    for here, there in zip(subscripts, other.subscripts, strict=True):
        if isinstance(there, Poly) and not there.indices():
            difference = here - there
            if facts.proves(difference - 1) or facts.proves(-difference - 1):
                return True
    return False


__all__ = ["assign_first_in_turns"]
