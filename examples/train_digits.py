"""Trains the generated `mlp` and `lenet` on scikit-learn's handwritten digits.

    python examples/train_digits.py [mlp] [lenet] [--seed 0]

1,797 images of 8 × 8 pixels, a fifth of them (stratified, always the same) held out for the test. The training needs
the generated module, with the emitted AdamW, and NumPy; scikit-learn gives the data and the split. The images of
`lenet` get a border of two pixels, and each batch of either network is moved by up to half a pixel, which is all there
is of augmentation.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from modules import generated
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from symbackprop import optimizers, zoo

CLASSES = 10
TARGET = {"mlp": 0.97, "lenet": 0.98}
EPOCHS = {"mlp": 120, "lenet": 25}
SIZES = {
    "mlp": {"D": 64, "H": 256, "C": CLASSES},
    # 12 × 12, convolved to 10 × 10, pooled to 5 × 5, convolved to 4 × 4, pooled to 2 × 2
    "lenet": {"B": 1, "H": 12, "W": 12, "R": 3, "F": 32, "S": 2, "G": 64, "M": 128, "C": CLASSES},
}
BATCH, RATE, DECAY = 32, 2e-3, 0.1


def digits():
    """(train images, train labels, test images, test labels): (N, 8, 8) of values in 0..1, and integers."""
    data = load_digits()
    images = (data.images / 16).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images, data.target, test_size=0.2, random_state=0, stratify=data.target
    )
    return train_x, train_y, test_x, test_y


def shifted(images, rng):
    """The images moved by up to half a pixel along either axis, all of a batch alike, by linear interpolation."""
    for axis, way in zip((1, 2), rng.uniform(-0.5, 0.5, size=2).astype(np.float32), strict=True):
        images = (1 - abs(way)) * images + abs(way) * np.roll(images, int(np.sign(way)), axis)
    return images


def arguments(name, images, labels):
    """The inputs of the generated module: one-hot rows for `mlp`, bordered images and labels for `lenet`."""
    if name == "mlp":
        return images.reshape(len(images), -1), np.eye(CLASSES, dtype=np.float32)[labels]
    return np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None], labels


def rates(steps):
    """A learning rate for each step: a cosine that falls to zero."""
    return RATE * 0.5 * (1 + np.cos(np.pi * np.arange(steps) / steps))


def accuracy(network, params, inputs, labels):
    return float(np.mean(network.predict(params, inputs[0]).argmax(axis=1) == labels))


def train(name, seed=0, epochs=None, report=print):
    """Train `name` from its initial parameters; returns its accuracy on the images held out."""
    network = generated(zoo.load(name), optimizers.adamw(weight_decay=DECAY))
    rng = np.random.default_rng(seed)
    images, labels, test_images, test_labels = digits()
    test = arguments(name, test_images, test_labels)
    params = network.init_params(rng, **SIZES[name])
    state, workspace = network.init_optimizer(params), network.Workspace()
    epochs = epochs or EPOCHS[name]
    batches = len(images) // BATCH
    rate = iter(rates(epochs * batches))
    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        losses = []
        for rows in rng.permutation(len(images))[: batches * BATCH].reshape(batches, BATCH):
            inputs = arguments(name, shifted(images[rows], rng), labels[rows])
            loss, grads = network.value_and_grad(params, *inputs, workspace=workspace)
            network.update(params, grads, state, next(rate))
            losses.append(float(loss))
        if epoch % 5 == 0 or epoch == epochs:
            found = accuracy(network, params, test, test_labels)
            seconds = time.perf_counter() - start
            report(f"{name:6} epoch {epoch:3}  loss {np.mean(losses):.4f}  test accuracy {found:.2%}  {seconds:5.1f} s")
    return accuracy(network, params, test, test_labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=["mlp", "lenet"], help="mlp, lenet or both")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    short = []
    for name in options.networks:
        if train(name, options.seed) <= TARGET[name]:
            short.append(name)
    for name in short:
        print(f"{name} stays below {TARGET[name]:.0%}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
