"""Trains a variational autoencoder on scikit-learn's digits and draws digits of its own into a picture.

    python examples/train_vae_digits.py [-o vae_digits.png] [--epochs 150] [--seed 0]

The network is the zoo's `vae`; training needs its generated module, with the emitted Adam, and NumPy. A fifth of the
1,797 images of 8 × 8 pixels is held out. The picture is a grid of digits decoded from codes that are drawn from the
prior; the code has 8 dimensions.
"""

from __future__ import annotations

import argparse
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
from modules import count, generated, rates
from sklearn.datasets import load_digits

from symbackprop import optimizers, zoo

SIDE, UNITS, CODE = 8, 128, 8
BATCH, RATE = 64, 3e-3


def images(seed=0):
    """(training, validation): rows of 64 values in 0..1."""
    data = (load_digits().data / 16).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(data))
    held = len(data) // 5
    return data[order[held:]], data[order[:held]]


def bound(module, params, data, seed=0):
    """Nats per image of the negative evidence lower bound, estimated with one draw of noise each."""
    return float(module.forward(params, data, rng=seed)[0])


def independent(training, validation):
    """Nats per image of the same likelihood where each pixel has its own mean and nothing else is known."""
    mean = np.clip(training.mean(axis=0), 1e-3, 1 - 1e-3)
    return float(-(validation * np.log(mean) + (1 - validation) * np.log(1 - mean)).sum(axis=1).mean())


def train(epochs, seed=0, report=print):
    """(module, params, bound on the validation images)."""
    training, validation = images()
    module = generated(zoo.load("vae"), optimizers.adam())
    rng = np.random.default_rng(seed)
    params = module.init_params(rng, D=SIDE * SIDE, H=UNITS, K=CODE)
    state, workspace = module.init_optimizer(params), module.Workspace()
    report(f"vae: {count(params):,} parameters, {len(training):,} images to train on")
    batches = len(training) // BATCH
    rate, start = rates(RATE, epochs * batches), time.perf_counter()
    for epoch in range(1, epochs + 1):
        losses = []
        for rows in rng.permutation(len(training))[: batches * BATCH].reshape(batches, BATCH):
            loss, grads = module.value_and_grad(params, training[rows], rng=rng, workspace=workspace)
            module.update(params, grads, state, next(rate), clip_norm=10.0)
            losses.append(float(loss))
        if epoch % max(1, epochs // 15) == 0 or epoch == epochs:
            found = bound(module, params, validation)
            seconds, recent = time.perf_counter() - start, np.mean(losses)
            report(f"epoch {epoch:4}/{epochs}  training {recent:.2f}  validation {found:.2f}  {seconds:5.1f} s")
    return module, params, bound(module, params, validation)


def decode(params, codes):
    """Images of the codes: the second half of the network's equations."""
    hidden = np.tanh(codes @ params["W2"].T + params["b2"])
    return 1 / (1 + np.exp(-(hidden @ params["W3"].T + params["b3"])))


def grid(pictures, columns, scale=4, gap=1):
    """One picture (height, width) of many, row by row, each pixel `scale` pixels wide."""
    rows = len(pictures) // columns
    side = SIDE + gap
    out = np.zeros((rows * side + gap, columns * side + gap))
    for place, picture in enumerate(pictures[: rows * columns]):
        top, left = (place // columns) * side + gap, (place % columns) * side + gap
        out[top : top + SIDE, left : left + SIDE] = picture.reshape(SIDE, SIDE)
    return out.repeat(scale, axis=0).repeat(scale, axis=1)


def png(picture):
    """A grey picture of values in 0..1 as the bytes of a PNG file (W3C, PNG specification, 2003)."""
    grey = np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)
    height, width = grey.shape

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits a pixel, grey
    lines = b"".join(b"\0" + row.tobytes() for row in grey)  # each row unfiltered
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("vae_digits.png"))
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    _, params, found = train(options.epochs, options.seed)
    codes = np.random.default_rng(options.seed).standard_normal((120, CODE))
    options.output.write_bytes(png(grid(decode(params, codes), columns=15)))
    alone = independent(*images())
    print(f"validation bound {found:.2f} nats per image; with independent pixels {alone:.2f}; {options.output} written")
    return 0 if found < alone else 1


if __name__ == "__main__":
    sys.exit(main())
