"""Trains a character GPT on the texts of Python's own help and prints a sample.

    python examples/train_char_gpt.py [--steps 2500] [--seed 0]

The network is the zoo's `gpt2`, smaller; training needs its generated module, with the emitted AdamW, and NumPy. The
loss on topics held out is compared with that of a bigram model.
"""

from __future__ import annotations

import argparse
import sys

from characters import add_options, corpus, finish, train
from modules import generated

from symbackprop import optimizers
from symbackprop.zoo.gpt2 import gpt2

LAYERS, HEADS, WIDTH = 2, 4, 96
CONTEXT, BATCH, RATE = 64, 16, 3e-3


def run(steps, seed=0, report=print):
    """(module, params, corpus, validation loss) after that many steps."""
    texts = corpus()
    module = generated(gpt2(LAYERS, HEADS, WIDTH), optimizers.adamw(beta2=0.99, weight_decay=0.1))
    params = module.init_params(seed, M=CONTEXT, V=len(texts.letters))
    loss = train(module, params, texts, steps=steps, batch=BATCH, length=CONTEXT, rate=RATE, seed=seed, report=report)
    return module, params, texts, loss


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser, steps=2500)
    options = parser.parse_args()
    module, params, texts, loss = run(options.steps, options.seed)

    def chances(tokens):
        return module.predict(params, tokens[None])[0, -1]

    return finish(module, params, texts, loss, chances, CONTEXT, options)


if __name__ == "__main__":
    sys.exit(main())
