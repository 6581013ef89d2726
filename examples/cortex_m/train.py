"""Trains a classifier of handwritten digits on a Cortex-M4F with 32-bit floats, which QEMU plays.

    python examples/cortex_m/train.py [FOLDER]

The equations, those of the optimiser among them, become C; the images of scikit-learn a C array; both are compiled
with the start file, the linker script and the loop of training beside this file. Needs scikit-learn, and of Debian
gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import sympy
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from symbackprop import Network, layers, losses, optimizers
from symbackprop.pipeline import generate_files

HERE = Path(__file__).parent
BATCH, HIDDEN, EPOCHS = 16, 32, 20
CPU = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wdouble-promotion", "-ffunction-sections", "-fdata-sections")
INSTRUCTIONS_A_TICK = 40  # 25 MHz, and under -icount shift=0 one instruction takes 1 ns


def network() -> Network:
    """logits = V tanh(W x + b) + d, and the mean of the cross entropies."""
    net = Network("digits")
    N, D, C = net.dims("N D C")
    x, label = net.input("x", (N, D)), net.input("label", (N,), dtype="int", high=C)
    hidden = layers.dense(x, HIDDEN, activation=sympy.tanh)
    logits = layers.dense(hidden, C)
    net.output(logits)
    net.loss = losses.softmax_cross_entropy(logits, label)
    return net


def images_text() -> str:
    """The images as a C array, those that are held out last."""
    data = load_digits()
    train, test = train_test_split(range(len(data.target)), test_size=0.2, random_state=0, stratify=data.target)
    order = [*train, *test]
    rows = ",\n".join("{" + ",".join(str(int(pixel)) for pixel in data.data[image]) + "}" for image in order)
    labels = ",".join(str(data.target[image]) for image in order)
    return (
        f"#include <stdint.h>\nenum {{ IMAGES = {len(order)}, TRAINED = {len(train)}, PIXELS = 64, CLASSES = 10, "
        f"BATCH = {BATCH}, EPOCHS = {EPOCHS} }};\n"
        f"static const uint8_t images[IMAGES][PIXELS] = {{\n{rows}}};\n"
        f"static const uint8_t labels[IMAGES] = {{{labels}}};\n"
    )


def said(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=600).stdout


def train(folder: Path) -> dict[str, int]:
    """What the board says: images held out that it knows before and after, of how many; and sizes in bytes."""
    momentum = optimizers.sgd(momentum=0.9)
    files = generate_files(network(), dims={"N": BATCH, "D": 64, "C": 10}, optimizer=momentum)
    for name in ("digits.c", "digits.h"):
        (folder / name).write_text(files[name])
    (folder / "images.h").write_text(images_text())
    for file in (folder / "digits.c", HERE / "main.c", HERE / "start.c"):
        said("arm-none-eabi-gcc", *CPU, *FLAGS, f"-I{folder}", f"-I{HERE}", "-c", file, "-o", folder / f"{file.stem}.o")
    parts = [folder / f"{name}.o" for name in ("start", "main", "digits")]
    program = folder / "digits.elf"
    linking = ("-nostartfiles", "-Wl,--gc-sections", f"-T{HERE / 'board.ld'}")
    said("arm-none-eabi-gcc", *CPU, *linking, *parts, "-lm", "-o", program)
    out = ("-display", "none", "-serial", "none", "-monitor", "none", "-chardev", "stdio,id=out")
    board = ("-machine", "mps2-an386", "-icount", "shift=0")
    speaks = ("-semihosting-config", "enable=on,target=native,chardev=out")
    text = said("qemu-system-arm", *board, *out, *speaks, "-kernel", program)
    lines = r"held out, right of (\d+): (\d+) before\nheld out, right: (\d+) after\nticks of a step: (\d+)\n"
    found = re.fullmatch(lines, text)
    if found is None:
        raise RuntimeError(f"the board said {text!r}")
    images, before, after, ticks = map(int, found.groups())
    code = int(said("arm-none-eabi-size", folder / "digits.o").splitlines()[1].split()[0])
    work = int(re.findall(r"#define digits_WORK (\d+)", files["digits.h"])[0])
    return {"images": images, "before": before, "after": after, "code": code, "work": 4 * work,
            "instructions": ticks * INSTRUCTIONS_A_TICK}  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        told = train(folder)
    print("right of {images} images held out: {before} before, {after} after".format(**told))
    print("{code} bytes of code, {work} bytes of work memory, {instructions} instructions a step of 16".format(**told))


if __name__ == "__main__":
    main()
