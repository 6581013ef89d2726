"""Calls whose arguments do not fit the signature, by Python's own account of it."""

from __future__ import annotations

import inspect

import pytest

from symbackprop.errors import InvalidArgument
from symbackprop.language.calls import called


@called('a name, as in declare("x")')
def declare(name: str, *, size: int = 3) -> str:
    """A declaration."""
    if size < 0:
        raise TypeError("of its own")
    return name * size


def test_what_fits_is_called() -> None:
    assert declare("a") == "aaa"
    assert declare(name="a", size=1) == "a"
    assert str(inspect.signature(declare)) == "(name: 'str', *, size: 'int' = 3) -> 'str'"
    assert declare.__doc__ == "A declaration."


def test_what_does_not_fit_is_refused_with_the_call_as_it_should_be() -> None:
    for arguments, options in (((), {}), (("a", 2), {}), (("a",), {"sise": 2})):
        with pytest.raises(InvalidArgument) as refused:
            declare(*arguments, **options)
        with pytest.raises(TypeError) as plain:
            inspect.signature(declare).bind(*arguments, **options)
        assert refused.value.found == str(plain.value)
        assert refused.value.expected == 'a name, as in declare("x")'


def test_an_error_of_the_function_is_its_own() -> None:
    with pytest.raises(TypeError, match="of its own"):
        declare("a", size=-1)


class Thing:
    """What has a constructor and a method."""

    @called('a name, as in Thing("x")')
    def __init__(self, name: str) -> None:
        self.name = name

    @called("nothing, as in net.rename()")
    def rename(self) -> None:
        """A method."""


def test_the_subject_is_what_is_written_before_the_parenthesis() -> None:
    with pytest.raises(InvalidArgument, match=r"^Thing: expected a name"):
        Thing()  # type: ignore[call-arg]
    with pytest.raises(InvalidArgument, match=r"^net\.rename: expected nothing"):
        Thing("x").rename(3)  # type: ignore[call-arg]
