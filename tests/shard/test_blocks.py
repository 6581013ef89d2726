"""A size that lies in blocks over devices is so many times that of a block, which is a size itself."""

from __future__ import annotations

import pytest

from symbackprop.shard.blocks import Blocks
from symbackprop.terms.poly import Dim, Poly

N, M, K = (Poly.of(Dim(name)) for name in "NMK")


def blocks(*extents: tuple[Poly, str]) -> Blocks:
    return Blocks.of(extents, ("data", "model"), {"N", "M", "K", "data", "model"})


@pytest.mark.parametrize(("extent", "expected"), [
    (N, "N_block"), (2 * N, "2*N_block"), (N * M, "M*N_block"), (N * N, "N_block**2*data_devices"),
])  # fmt: skip
def test_what_a_size_divides_is_in_its_blocks(extent, expected):
    assert str(blocks((N, "data"), (extent, "data")).block(extent, "data")) == expected


def test_the_simplest_extent_decides():
    found = blocks((N * M, "data"), (M, "data"))
    assert found.factors == {Dim("M"): ["data"]}
    assert str(found.block(N * M, "data")) == "M_block*N"


def test_a_size_over_two_mesh_axes():
    found = blocks((N, "data"), (N, "model"))
    assert str(found.sized(N)) == "N_block*data_devices*model_devices"
    assert str(found.block(N, "data")) == "N_block*model_devices"
    assert found.definitions() == {"N_block": (N, ("data", "model"))}


def test_numbers_have_one_block():
    found = blocks((Poly.of(32), "model"), (Poly.of(8), "model"), (Poly.of(8) * K * 4, "model"))
    assert [str(found.block(extent, "model")) for extent in (Poly.of(32), Poly.of(8))] == [
        "4*model_block",
        "model_block",
    ]
    assert found.definitions() == {"model_block": (Poly.of(8), ("model",))}
    assert str(found.block(32 * K, "model")) == "4*K*model_block"


def test_what_no_factor_divides_has_a_size_of_its_own():
    found = blocks((N, "data"), (N + 1, "data"))
    assert str(found.block(N + 1, "data")) == "data_part"
    assert found.definitions()["data_part"] == (N + 1, ("data",))


def test_names_give_way():
    found = Blocks.of([(N, "data")], ["data"], {"N", "N_block", "data_devices"})
    assert (str(found.block(N, "data")), str(found.devices["data"])) == ("N_block_2", "data_devices_2")
