"""Calls with arguments missing or misspelt: refused as the language refuses all else, with the call as it should be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from symbackprop.errors import InvalidArgument

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def called(example: str) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """A decorator: InvalidArgument, with `example`, where the arguments do not fit, for Python's TypeError."""

    def decorate(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        signature = inspect.signature(function)
        owner, _, name = function.__qualname__.rpartition(".")
        subject = owner if name == "__init__" else f"net.{name}" if owner else name

        @functools.wraps(function)
        def call(*args: _Parameters.args, **options: _Parameters.kwargs) -> _Result:
            try:
                signature.bind(*args, **options)
            except TypeError as error:
                raise InvalidArgument(subject, expected=example, found=str(error)) from None
            return function(*args, **options)

        return call

    return decorate
