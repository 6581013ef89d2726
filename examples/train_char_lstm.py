"""Trains a character LSTM on the texts of Python's own help and prints a sample.

    python examples/train_char_lstm.py [--steps 2000] [--seed 0]

The network is written here, with layers; training needs its generated module, with the emitted Adam, and NumPy. The
loss on topics held out is compared with that of a bigram model.
"""

from __future__ import annotations

import argparse
import sys

from characters import add_options, corpus, finish, train
from modules import generated
from sympy import exp

from symbackprop import LogSumExp, Network, layers, losses, optimizers

FEATURES, UNITS = 48, 192
CONTEXT, BATCH, RATE = 48, 32, 4e-3


def network():
    """embedding -> LSTM -> softmax over the next character; token and target (T, N), time first."""
    net = Network("char_lstm")
    T, N, V, D, H = net.dims("T N V D H")
    t, n, v = net.indices(t=T, n=N, v=V)
    token, target = (net.input(name, (T, N), dtype="int", high=V) for name in ("token", "target"))
    p = net.tensor("p")
    states = layers.lstm(layers.embedding(token, V, D), H)
    logits = layers.dense(states, V, name="head")
    p[t, n, v] = exp(logits[t, n, v] - LogSumExp(logits[t, n, v], v))
    net.loss = losses.softmax_cross_entropy(logits, target)
    net.output(p)
    return net


def time_first(tokens, targets):
    return tokens.T, targets.T


def run(steps, seed=0, report=print):
    """(module, params, corpus, validation loss) after that many steps."""
    texts = corpus()
    module = generated(network(), optimizers.adam())
    params = module.init_params(seed, V=len(texts.letters), D=FEATURES, H=UNITS)
    loss = train(
        module, params, texts, steps=steps, batch=BATCH, length=CONTEXT, rate=RATE, seed=seed, arrange=time_first,
        report=report,
    )  # fmt: skip
    return module, params, texts, loss


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser, steps=2000)
    options = parser.parse_args()
    module, params, texts, loss = run(options.steps, options.seed)

    def chances(tokens):
        return module.predict(params, tokens[:, None])[-1, 0]

    return finish(module, params, texts, loss, chances, CONTEXT, options)


if __name__ == "__main__":
    sys.exit(main())
