"""Outputs: their names and their order."""

import pytest

from symbackprop import errors
from symbackprop.language.outputs import read_outputs

from .bench import Bench


def test_names_in_order() -> None:
    b = Bench()
    assert read_outputs((b.z, b.y), b.net, b.net._book, []) == ["z", "y"]
    assert read_outputs((b.s,), b.net, b.net._book, ["z", "y"]) == ["z", "y", "s"]
    assert read_outputs((b.y, b.s), b.net, b.net._book, ["z", "y"]) == ["z", "y", "s"]
    assert read_outputs((), b.net, b.net._book, ["z"]) == ["z"]


@pytest.mark.parametrize(
    ("given", "before", "says"),
    [
        (lambda b: (b.y, b.z), ["z", "y"], "output y, z: expected the order in which predict returns them, found z, y"),
        (lambda b: (b.z, b.z), [], "z twice"),
        (lambda b: (b.x,), [], "the input x"),
        (lambda b: ("z",), [], "without subscripts or quotes"),
        (lambda b: (b.z[b.n],), [], "without subscripts or quotes"),
        (lambda b: (Bench().z,), [], "of another network of that name"),
    ],
)
def test_refused(given, before, says) -> None:  # type: ignore[no-untyped-def]
    b = Bench()
    with pytest.raises(errors.InvalidOutput, match=says):
        read_outputs(given(b), b.net, b.net._book, before)
