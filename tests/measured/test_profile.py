"""A measured step by equation, by a clock that is none, on a machine that nobody measured."""

from __future__ import annotations

import json
from itertools import count

import pytest

from symbackprop import errors, generate, zoo
from symbackprop.cost.bytes_moved import bytes_moved
from symbackprop.cost.operations import count_equation
from symbackprop.measured.profile import Profile, check_all, check_memory, profiled
from symbackprop.sources import program_of, scheduled_derivation
from symbackprop.stages import functions_of
from tests.measured.machines import machine

MLP = {"N": 3, "D": 4, "H": 5, "C": 2}


def made(name: str, sizes: dict[str, int]) -> Profile:
    net = zoo.load(name)
    program, ticks = program_of(net), count(0, 1_000_000)
    functions = functions_of(program, scheduled_derivation(net, None))
    return profiled(program, functions, generate(net), sizes, machine(), lambda: next(ticks))


def test_rows() -> None:
    found = made("mlp", MLP)
    labels = [row.label for row in found.rows]
    assert labels == [
        *(f"F{n}" for n in range(1, 7)), *(f"B{n}" for n in range(1, 8)), "arguments", "rest", "storage",
    ]  # fmt: skip
    first = found.rows[0]
    assert first.text == "z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]"
    assert first.multiply_adds == 3 * 5 * 4 + 3 * 5
    assert found.seconds == 1e-3
    assert "write" not in str(found)


@pytest.mark.parametrize("name", ["mlp", "lstm", "word2vec"])
def test_every_equation_counts_once(name: str) -> None:
    net = zoo.load(name)
    program = program_of(net)
    sizes = dict.fromkeys(program.dims, 4)
    found = made(name, sizes)
    functions = functions_of(program, scheduled_derivation(net, None))
    parts = [part for part in (functions.shared, functions.forward, functions.backward) if part is not None]
    table = {name: tensor for part in parts for name, tensor in part.program.table.items()}
    equations = [equation for part in parts for equation in part.equations]
    integers = {name for name, tensor in table.items() if tensor.dtype.value == "int"}

    def at(poly) -> int:
        return poly.evaluate(lambda dim: sizes[dim.name])

    assert sum(row.bytes_moved for row in found.rows) == sum(at(bytes_moved(e, table)) for e in equations)
    adds = sum(at(count_equation(e, integers).multiply_adds) for e in equations)
    assert sum(row.multiply_adds for row in found.rows) == adds


def test_the_share_of_the_peak() -> None:
    found = made("mlp", MLP)
    for row in found.rows:
        if row.peak is not None:
            assert row.peak == pytest.approx(machine().least(row.multiply_adds, row.bytes_moved) / row.seconds)


def test_text_and_data() -> None:
    found = made("mlp", MLP)
    lines = str(found).splitlines()
    assert lines[0] == "a step of mlp at N = 3, D = 4, H = 5, C = 2"
    assert lines[1].split() == ["µs", "share", "multiply-adds", "functions", "bytes", "of", "peak"]
    assert lines[-1] == "peak: 1.0 G multiply-adds/s, 11.9 GB/s"
    data = json.loads(found.to_json())
    assert data["sizes"] == MLP
    assert [row["label"] for row in data["rows"]] == [row.label for row in found.rows]


def test_sizes_that_are_missing() -> None:
    with pytest.raises(errors.InvalidSize, match=r"none for D, C; write --dims N=3,D=…,H=5,C=…"):
        check_all(program_of(zoo.load("mlp")), {"N": 3, "H": 5})


def test_sizes_that_no_memory_holds() -> None:
    with pytest.raises(errors.InvalidSize, match=r"tensors of at most [\d,]+ bytes.*choose smaller sizes"):
        check_memory(program_of(zoo.load("mlp")), {"N": 10**9, "D": 10**6, "H": 5, "C": 2})
    check_memory(program_of(zoo.load("mlp")), MLP)
