"""What a stage made of a network is made once in a process, however many tests ask for it.

Stages are functions of what they are given, and a test asks for a network's equations, module and verification one
after the other, as the next test does. A test that patches anything has all made anew (`conftest.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any

import pytest

from symbackprop import derivation, pipeline, stages
from symbackprop.terms.program import Program

MOST = 128  # results of each stage that are kept, the latest
STAGES = (
    (stages, ("swept", "optimised", "numbered", "module_programs", "module_functions")),
    (pipeline, ("lower_module", "improved_module", "emit")),
    (derivation, ("lower_module", "improved_module")),
)


class Memory:
    """The stages, remembering while it is `on`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.on = True
        for module, names in STAGES:
            for name in names:
                patch.setattr(module, name, self._remembering(getattr(module, name)))

    def _remembering(self, function: Callable[..., Any]) -> Callable[..., Any]:
        known: OrderedDict[Hashable, tuple[object, Any]] = OrderedDict()

        @wraps(function)
        def remembering(*args: Any, **named: Any) -> Any:
            if not self.on:
                return function(*args, **named)
            key = (tuple(map(_told, args)), tuple((name, _told(value)) for name, value in sorted(named.items())))
            if key not in known:
                known[key] = (args, named), function(*args, **named)  # both kept, so that no other has their identity
                if len(known) > MOST:
                    known.popitem(last=False)
            known.move_to_end(key)
            return known[key][1]

        return remembering


def _told(value: Any) -> Hashable:
    """What a result may depend on. A network is read anew each time it is asked for, into an equal program; what other
    stages hand on is the same object."""
    match value:
        case Program():
            return value, *_apart(value), *map(_apart, (*value.assumptions, *value.equations))
        case str() | bool() | None:
            return value
        case tuple() | list():
            return tuple(map(_told, value))
        case _:
            return id(value)


def _apart(value: Any) -> tuple[Hashable, ...]:
    """The fields that `==` leaves out."""
    assert is_dataclass(value)
    return tuple(getattr(value, field.name) for field in fields(value) if not field.compare)
