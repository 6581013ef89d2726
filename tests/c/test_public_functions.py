"""What others call: which arguments there are, in which order, and the same of a table of pointers."""

from __future__ import annotations

import re

import pytest

from symbackprop.c.module_text import kit
from tests.c.compiling import example
from tests.c.functions import SOME, values_of


def signatures(name: str) -> dict[str, list[str]]:
    header = kit(values_of(name)).header
    found = re.findall(rf"^int {example(name).program.name}_(\w+)\((.*)\);$", header, re.M)
    return {
        function: [each.rpartition("*")[2].strip() for each in arguments.split(", ")] for function, arguments in found
    }


def test_a_loss() -> None:
    found = signatures("mlp")
    assert found["value_and_grad"] == ["params", "x", "y", "loss_out", "grads", "work"]
    assert found["forward"] == ["params", "x", "y", "loss_out", "work"]
    assert found["backward"] == ["params", "x", "y", "grads", "work"]
    assert found["predict"] == ["params", "x", "p_out", "work"]


def test_buffers_and_noise() -> None:
    assert signatures("resnet")["next_buffers"][-3:] == ["buffers", "next", "work"]
    assert signatures("vae")["value_and_grad"][1:3] == ["x", "noise"]


@pytest.mark.parametrize("name", SOME)
def test_a_table_of_pointers_has_every_tensor_once(name: str) -> None:
    """In `NAME_…_at`: the places 0, 1, … of the table."""
    made = kit(values_of(name))
    for function in signatures(name):
        if function.endswith("_at"):
            continue
        start = made.source.index(f"int {made.name}_{function}_at(")
        body = made.source[start : made.source.index("\n}", start)]
        places = {int(place) for place in re.findall(r"at\[(\d+)\]", body)}
        tensors = sum(_width(made.header, made.name, each) for each in _arguments(made.header, made.name, function))
        assert places <= set(range(tensors))
        assert max(places) <= tensors - 1


def _arguments(header: str, name: str, function: str) -> list[str]:
    (found,) = re.findall(rf"^int {name}_{function}\((.*)\);$", header, re.M)
    return found.split(", ")


def _width(header: str, name: str, argument: str) -> int:
    """How many pointers stand for an argument: of a struct one for each field."""
    kind = argument.rpartition("*")[0].replace("const", "").strip()
    struct = kind.removeprefix(f"{name}_")
    if struct == "grads" and f"typedef {name}_params {name}_grads;" in header:
        struct = "params"
    found = re.search(rf"typedef struct \{{\n((?:    .*\n)*)\}} {name}_{struct};", header)
    return len(found[1].splitlines()) if found else 1
