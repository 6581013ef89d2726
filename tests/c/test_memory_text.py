"""memory.txt says what the plan is: no two buffers at one place at once, lifetimes in equations, the lower bound."""

from __future__ import annotations

import re

import pytest

from symbackprop import zoo
from symbackprop.c.memory import Buffer, Plan
from symbackprop.c.memory_text import memory_text
from tests.c.compiling import example

ROW = re.compile(r"  (\S+) +(\d+) +(\d+) +(\(\S+\)|the beginning)  (\(\S+\)|the end|the beginning)")


@pytest.mark.parametrize("name", ["lenet", "lstm", "mlp", "vae"])
def test_every_buffer_has_its_row(name: str) -> None:
    made = example(name)
    text = memory_text(made.program.name, made.kit.memory)
    rows = [match.groups() for match in map(ROW.fullmatch, text.splitlines()) if match]
    plans = [plan for _, plan, _ in made.kit.memory]
    wanted = sorted((b.name, str(b.size), str(b.offset)) for plan in plans for b in plan.buffers)
    assert sorted(row[:3] for row in rows) == wanted
    assert "{" not in text


def test_lifetimes_are_equations() -> None:
    """Of the perceptron: what the loss reads is made by the equation before, and gradients come in backward."""
    made = example("mlp")
    text = memory_text("mlp", made.kit.memory)
    rows = {match[1]: match for match in map(ROW.fullmatch, text.split("\nPredict")[0].splitlines()) if match}
    assert any(row[4].startswith("(F1)") for row in rows.values())
    assert any(row[5].startswith("(B") for row in rows.values())


def test_the_bound_is_what_lives_at_once() -> None:
    buffers = (Buffer("a", 5, 0, 1, 0), Buffer("b", 7, 1, 2, 5), Buffer("c", 5, 2, 3, 0))
    text = memory_text("n", [("All", Plan(buffers, 12, 99), (("1", "1"), ("2", "3"), ("", ""), ("B1", "B1")))])
    assert "All: 12 numbers; 12 are in use at once" in text
    assert re.search(r"^  b +7 +5 +\(2\)  the beginning$", text, re.M)
    assert re.search(r"^  c +5 +0 +the beginning  \(B1\)$", text, re.M)


@pytest.mark.parametrize("name", zoo.names())
def test_nothing_lies_where_another_lives(name: str) -> None:
    for _, plan, at in example(name).kit.memory:
        assert all(b.last <= len(at) and b.first < len(at) for b in plan.buffers)
        for place, one in enumerate(plan.buffers):
            for other in plan.buffers[place + 1 :]:
                together = one.first <= other.last and other.first <= one.last
                apart = one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
                assert apart or not together, (one, other)
