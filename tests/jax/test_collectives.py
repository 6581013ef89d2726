"""Each exchange is a line, with the collective that it is and the equation that asks for it."""

from __future__ import annotations

import re

import pytest

import symbackprop
from symbackprop import zoo
from tests.shard.test_local import recurrent

BLOCK = {"n": "data", "t": "model", "a": "model", "f": "model"}


def collectives(net: object, shard: dict[str, str]) -> list[str]:
    """The lines of a module that ask other devices, without what they are called by."""
    text = symbackprop.generate(net, "jax", shard=shard)
    found = re.search(r"def _device_forward.*?(?=\ndef (?!_device)|\Z)", text, re.S)
    assert found
    return [line.split(" = ", 1)[1] for line in found[0].splitlines()
            if re.search(r" = (jax\.lax\.(psum|pm|all_gather)|with_halo|plogsumexp)", line)]  # fmt: skip


def test_sums_over_a_split_index():
    assert collectives(zoo.load("mlp"), {"n": "data", "j": "model"}) == [
        'jax.lax.psum(z2_part, "model")  # (F3)',
        'jax.lax.psum(loss_part, "data")  # (F6)',
        'jax.lax.psum(d_b2_part, "data")  # (B4)',
        'jax.lax.psum(d_W2_part, "data")  # (B5)',
        'jax.lax.psum(d_b1_part, "data")  # (B6)',
        'jax.lax.psum(d_W1_part, "data")  # (B7)',
    ]


def test_blocks_that_are_gathered_and_scattered():
    found = collectives(zoo.load("transformer_block"), BLOCK)
    assert 'jax.lax.all_gather(Wq, "model", axis=0, tiled=True, to="invarying")  # (F6)' in found
    assert any(
        re.match(r'jax\.lax\.psum_scatter\(\w+, "model", scatter_dimension=1, tiled=True\)', line) for line in found
    )


def test_neighbours_blocks():
    found = collectives(zoo.load("wavenet"), {"t": "data"})
    assert 'with_halo(h0, "data", 1, P - 1, 0)  # (F2)' in found
    assert 'with_halo(d_g0_sum, "data", 1, 0, P - 1)  # (B27)' in found


@pytest.mark.parametrize("index", ["i", "j"])
def test_what_a_step_of_a_scan_asks_for_has_its_row(index):
    text = symbackprop.generate(recurrent(), "jax", shard={index: "model"})
    body = text[text.index("def _device_forward") :]
    step = body[body.index("def t_step") : body.index("jax.lax.scan")]
    assert re.search(r"jax\.lax\.(all_gather|psum\w*)\(", step), step


def test_what_differs_between_devices_begins_so():
    body = symbackprop.generate(zoo.load("lstm"), "jax", shard={"n": "data"}).split("def _device_forward")[1]
    zeros = [
        line.split(" = ")[0].strip() for line in body.splitlines() if "= jnp.zeros(" in line and "sizes" not in line
    ]
    assert zeros
    for name in set(zeros):
        assert f'{name} = jax.lax.pcast({name}, "data", to="varying")' in body, name
