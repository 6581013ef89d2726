"""Trains `lenet` on scikit-learn's handwritten digits in C, by `load(backend="c")`.

    python examples/digits_in_c.py [--epochs 12] [--seed 0]

The first call compiles the network for a batch of its size, in some seconds, the first of `predict` for all the images
held out; both are kept for the next run. Data, augmentation and the split are those of `train_digits.py`; what updates
the parameters is gradient descent with momentum, in C as well. Needs a C compiler and scikit-learn.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from symbackprop import load, optimizers, zoo
from symbackprop.errors import CompilerNotFound

BATCH, RATE, MOMENTUM, EPOCHS, TARGET = 32, 0.03, 0.9, 12, 0.97


def train(epochs=EPOCHS, seed=0, report=print):
    """Train from initial parameters; returns the accuracy on the images held out."""
    from train_digits import SIZES, accuracy, arguments, digits, shifted

    network = load(zoo.load("lenet"), backend="c", optimizer=optimizers.sgd(momentum=MOMENTUM))
    rng = np.random.default_rng(seed)
    images, labels, test_images, test_labels = digits()
    test = arguments("lenet", test_images, test_labels)
    params = network.init_params(rng, **SIZES["lenet"])
    state, workspace, batches = network.init_optimizer(params), network.Workspace(), len(images) // BATCH
    start, found = time.perf_counter(), 0.0
    for epoch in range(1, epochs + 1):
        rate, losses = RATE * 0.5 * (1 + np.cos(np.pi * (epoch - 1) / epochs)), []
        for rows in rng.permutation(len(images))[: batches * BATCH].reshape(batches, BATCH):
            inputs = arguments("lenet", shifted(images[rows], rng), labels[rows])
            loss, grads = network.value_and_grad(params, *inputs, workspace=workspace)
            network.update(params, grads, state, rate)
            losses.append(float(loss))
        found = accuracy(network, params, test, test_labels)
        seconds = time.perf_counter() - start
        report(f"lenet in C, epoch {epoch:2}  loss {np.mean(losses):.4f}  test accuracy {found:.2%}  {seconds:5.1f} s")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        found = train(options.epochs, options.seed)
    except CompilerNotFound as error:
        print(f"skipped: {error}", file=sys.stderr)
        return 0
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        print("skipped: the digits are scikit-learn's; pip install scikit-learn", file=sys.stderr)
        return 0
    return 0 if found > TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
