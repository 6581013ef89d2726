"""Networks of large sums of products are ones of the language, and reach what computes them in blocks."""

from __future__ import annotations

from math import prod

from symbackprop.c.compiled import texts_of
from symbackprop.sources import c_values
from symbackprop.terms.fixed_sizes import fixed_sizes
from workshop.fuzz.contractions import MOST, random_contractions
from workshop.fuzz.generate import network_of
from workshop.fuzz.run import try_seed
from workshop.fuzz.stages import Stage, Verdict


def test_a_seed_always_gives_the_same_network() -> None:
    assert random_contractions(3) == random_contractions(3)
    assert random_contractions(3) != random_contractions(4)


def test_they_pass() -> None:
    for seed in range(8):
        outcome, source = try_seed(seed, (Stage.READ, Stage.DERIVE, Stage.SCHEDULE), maker="contractions")
        assert outcome.verdict is Verdict.PASSED, f"{outcome}\n{source}"


def test_many_are_computed_in_blocks() -> None:
    calls = 0
    for seed in range(8):
        net, sizes = network_of(random_contractions(seed))
        program = net.to_program()
        assert prod(sizes.values()) <= MOST**2
        (text,) = texts_of(c_values(fixed_sizes(program, sizes))).files.values()
        calls += "_product(&" in text
    assert calls >= 4
