"""The networks of the zoo for tests that ask each of them the same.

What is asked of a derivation in another form (by the chain rule, forward, twice, as values) is asked of the small ones
by default; the large ones have the same layers several times over, and `tests/zoo` verifies all of them every time.
"""

from __future__ import annotations

import pytest

from symbackprop import zoo

LARGE = frozenset({
    "bert_mlm", "ctc_speech", "gpt2", "gru_seq2seq", "mamba", "moe", "resnet", "transformer_block", "unet", "vit",
    "wavenet",
})  # fmt: skip
SMALL_FIRST = [
    pytest.param(name, marks=pytest.mark.slow) if name in LARGE else pytest.param(name) for name in zoo.names()
]


