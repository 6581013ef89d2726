"""The options that several commands share: what is read, and what is refused."""

from __future__ import annotations

import click
import pytest

from symbackprop.cli.options import read_shard


def test_indices_keep_their_order():
    assert list(read_shard(" j = model,n=data,").items()) == [("j", "model"), ("n", "data")]
    assert read_shard("n=data,j=data") == {"n": "data", "j": "data"}


@pytest.mark.parametrize(("text", "said"), [
    ("", "expected indices on mesh axes such as n=data,j=model, found none"),
    ("n", "found 'n'"),
    ("n=", "found 'n='"),
    ("=data", "found '=data'"),
    ("n=2", "found 'n=2'"),
    ("n=data=model", "found 'n=data=model'"),
    ("n=data,2=model", "found '2=model'"),
    ("n=data,n=model", "index n is given twice"),
])  # fmt: skip
def test_what_is_no_index_on_a_mesh_axis_is_refused(text, said):
    with pytest.raises(click.BadParameter) as refused:
        read_shard(text)
    assert said in refused.value.message
