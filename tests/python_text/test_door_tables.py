"""What the checks at the door look up: read as Python, for arguments of every kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from symbackprop import Network, Sum
from symbackprop.python_text.door_tables import DoorTables, door_tables


def tables(*kinds: str, keyword_sizes: bool = False, divided: bool = False) -> DoorTables:
    net = Network("door")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    total: Any = 0
    if "parameter" in kinds:
        w = net.parameter("w", (D,))
        total += Sum(w[d], d)
    if "input" in kinds or not total:
        x = net.input("x", (N, D))
        total += Sum(x[n, d], n, d)
    if "integer" in kinds:
        label, free = net.input("label", (N,), dtype="int", high=2 * D + 1), net.input("free", (N,), dtype="int")
        total += Sum(label[n] * free[n], n)
    if "noise" in kinds:
        r = net.random("r", (N,), "normal")
        total += Sum(r[n], n)
    if "buffer" in kinds:
        m = net.buffer("m", (), "zeros")
        total += m[()]
    y = net.tensor("y")
    y[()] = total / (N - D) if divided else total
    if divided:
        net.output(y)
    net.loss = y[()]
    return door_tables(net.to_program(), keyword_sizes)


def read(lines: tuple[str, ...], want: str, **known: Any) -> Any:
    exec("\n".join(lines), known)
    return known[want]


ALL = ("parameter", "input", "integer", "noise", "buffer")


@pytest.mark.parametrize("kinds", [ALL, ("parameter", "input"), ("input", "integer"), ("parameter", "integer")])
def test_kinds_of_numbers(kinds: tuple[str, ...]) -> None:
    """Floats for parameters and buffers, integers for inputs of integers, any real numbers for others."""
    found = tables(*kinds)
    wanted = {"w": "f", "m": "f", "x": "fiub", "r": "fiub", "label": "iu"}
    names = [name for name, kind in zip("wxlrm", ALL, strict=True) if kind in kinds]
    for name in (next(full for full in wanted if full[0] == first) for first in names):
        known = {
            "name": name,
            "kind": "int" if name == "label" else "float",
            "PARAMETERS": {"w": 0},
            "BUFFERS": {"m": 0},
        }
        assert read(found.kinds, "kinds", **known) == wanted[name]
        dtype = eval(found.dtype, {"kind": known["kind"], "dtype": "given", "np": SimpleNamespace(intp="intp")})
        assert dtype == ("intp" if name == "label" else "given")


def test_bounds_of_integers() -> None:
    highs = read(tables(*ALL).highs, "_HIGHS")
    assert {name: eval(bound, {"D": 3}) for name, bound in highs.items()} == {"label": 7}
    assert tables("parameter", "input").highs == ()


def test_tables_and_arguments() -> None:
    found = tables(*ALL, keyword_sizes=True)
    held = {title: {title[0]: 1} for title in ("PARAMETERS", "INPUTS", "NOISE", "BUFFERS")}
    assert set(eval(found.table, dict(held))) == {"P", "I", "N", "B"}
    assert found.signature.split(", ") == ["workspace", "params", "inputs", "sizes", "buffers"]
    begun = read(found.begin, "arrays", **held, params={"P": 2}, inputs={"x": 3}, buffers={"B": 4})
    assert begun == {"P": 2, "x": 3, "B": 4}
    small = tables("input")
    assert (small.parameters, small.noise, small.buffers) == (False, False, False)
    assert read(small.begin, "sizes", inputs={"x": 3}, params={}, PARAMETERS={}) == {}
    assert set(eval(small.table, dict(held))) == {"P", "I"}


def test_which_checks_there_are() -> None:
    assert (found := tables(*ALL)).parameters
    assert found.noise
    assert found.buffers
    assert tables("parameter", "input").sized
    assert not tables("input").sized
    assert tables("input", keyword_sizes=True).sized
