"""Right claims are proved, and none with a case forgotten unless it is right after all.

A seeded sample; `python -m benchmarks.forgotten_claims` makes thousands.
"""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.claims import Verdict, check_claims

from .forgotten import falsified, forgetful, rarely_wrong, right_claims
from .margins import NETWORKS, made
from .networks import fresh

SAMPLE = 3


def checked(name: str, seed: int = 0, most: int = SAMPLE):
    """(right claims with their rows, forgetful ones with theirs, the network's program)."""
    net = (made(name) if name in NETWORKS else fresh(name)).net
    right, ground = right_claims(net)
    every = [other for claim in right for other in (*forgetful(claim), *rarely_wrong(claim, ground.program))]
    rng = np.random.default_rng([seed, 0x5A3])
    chosen = [every[place] for place in sorted(rng.permutation(len(every))[:most])]
    rows = check_claims(net.to_program(), [*right, *(other.claim for other in chosen)], seed=seed, explain=False).rows
    return list(zip(right, rows, strict=False)), list(zip(chosen, rows[len(right) :], strict=True)), ground.program


@pytest.mark.parametrize(
    "name", ["hinge", "squared_hinge", "huber", "clipped", "two_labels", "ordinal", "dropout", "valid_steps"]
)
def test_no_forgetful_claim_is_proved(name: str) -> None:
    right, others, program = checked(name)
    assert {row.verdict for _, row in right} == {Verdict.PROVED}
    for other, row in others:
        if row.verdict is Verdict.PROVED:
            assert falsified(program, other.claim, 0, most=40) is None, other
        if row.verdict is Verdict.REFUTED:
            assert row.claimed != row.derived


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, "embedding", "lstm", "attention"])
@pytest.mark.parametrize("seed", range(2))
def test_more_of_them(name: str, seed: int) -> None:
    right, others, program = checked(name, seed, most=12)
    assert {row.verdict for _, row in right} == {Verdict.PROVED}
    for other, row in others:
        assert row.verdict is not Verdict.PROVED or falsified(program, other.claim, seed) is None, other


@pytest.mark.parametrize("name", ["hinge", "padding", "gates"])
def test_the_oracle_finds_right_claims_right_and_wrong_ones_wrong(name: str) -> None:
    right, ground = right_claims(made(name).net)
    assert right
    for claim in right:
        assert falsified(ground.program, claim, 1, most=20) is None
    wrong = [other.claim for claim in right for other in forgetful(claim) if other.what == "the condition is forgotten"]
    assert wrong
    assert all(falsified(ground.program, claim, 1) is not None for claim in wrong)
