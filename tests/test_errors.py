"""Messages, and what a notebook shows of an error."""

from __future__ import annotations

import traceback

import pytest

from symbackprop import Network, errors


def wrong() -> None:
    net = Network("m")
    x = net.input("x", (net.dim("N"),))
    net.loss = x[0, 0]


def test_a_line_with_a_short_traceback() -> None:
    try:
        wrong()
    except errors.RankMismatch as error:
        shown, python = error._render_traceback_(), traceback.format_exception(error)
    assert shown == [
        "test_errors.py, line 20, in test_a_line_with_a_short_traceback: wrong()",
        "test_errors.py, line 15, in wrong: net.loss = x[0, 0]",
        "RankMismatch: loss = x[0, 0]: expected 1 subscripts of x (N), found 2; write an index for each axis",
    ]
    assert len(python) > len(shown)
    assert any("network.py" in line for line in python)


def decided() -> str:
    if Network("m").input("x", (3,))[0] > 1:
        return "more"
    return "not more"


def test_a_line_that_ends_in_a_colon() -> None:
    with pytest.raises(errors.SymbolicValue) as caught:
        decided()
    assert caught.value._render_traceback_()[-2].endswith("[0] > 1:")


def test_a_cell() -> None:
    with pytest.raises(errors.InvalidName) as caught:
        exec(compile("from symbackprop import Network\n\nNetwork(3)", "<cell>", "exec"), {"__name__": "__main__"})
    assert caught.value._render_traceback_()[-2] == "this cell, line 3"


def test_each_part_of_a_message() -> None:
    assert str(errors.InvalidName("x")) == "x"
    assert str(errors.InvalidName("x", expected="a", found="b", remedy="c")) == "x: expected a, found b; c"
