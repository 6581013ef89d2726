"""The rows of a table: what each exchange takes."""

from __future__ import annotations

from symbackprop.shard.table import rows, sent
from symbackprop.terms.show import show
from tests.shard.cases import sharded


def test_rows_are_the_exchanges_in_order():
    one = sharded("mlp", {"n": "data", "j": "model"})
    found = rows(one)
    assert [(row.label, row.collective) for row in found] == [
        ("F3", "psum over model"), ("F6", "psum over data"), ("B4", "psum over data"), ("B5", "psum over data"),
        ("B6", "psum over data"), ("B7", "psum over data"),
    ]  # fmt: skip
    assert str(found[0]) == (
        "F3  z2_part_sum[n, k] = z2_part[n, k]  (data, -)  psum over model  2·C·N·(model - 1)/(data·model)"
    )


def test_what_each_kind_sends():
    one = sharded("mlp", {"n": "data", "j": "data"})
    assert show(sent(one, one.exchanges["W1_all"])) == "(data - 1)·D·H/data"
    assert show(sent(one, one.exchanges["d_W1"])) == "(data - 1)·D·H/data"
    one = sharded("resnet", {"h": "data"})
    assert show(sent(one, one.exchanges["x_halo"])) == "2·B·N·W"
