"""The pictures of printed pages and of a page in a browser: `python docs/pictures/make.py` makes them again.

Writes `docs/derivations/`, of each network the PDF that `symbackprop latex --level full --form matrix` gives and one of
its pages, and `docs/pictures/report.png`, what a browser shows of `symbackprop report lstm`, and `devices.svg`, a block
of GPT-2 on a mesh of devices. Needs a LaTeX engine, poppler's pdftoppm, Chromium and Pillow.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).parent
DERIVATIONS = PICTURES.parent / "derivations"
PAGES = {"mlp": 3, "lstm": 6, "transformer_block": 8}  # the one that is shown, with the argument for several δ
HELD = "B5"  # the equation that the page is held at
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


DEVICES = (
    "--shard", "n=data,a=model,j=model", "--dims", "N=64,T=1024,M=1024,V=50304,D=768,A=16",
    "--devices", "data=4,model=4",
)  # fmt: skip


def main() -> None:
    _run(sys.executable, "-m", "symbackprop", "cost", "gpt2", *DEVICES, "--plot", str(PICTURES / "devices.svg"))
    for name, page in PAGES.items():
        pdf = DERIVATIONS / f"{name}.pdf"
        _run(sys.executable, "-m", "symbackprop", "latex", name, "--level", "full", "--form", "matrix", "-o", str(pdf))
        where = ("-f", str(page), "-l", str(page), "-singlefile")
        _run("pdftoppm", "-r", "70", "-png", *where, str(pdf), str(pdf.with_suffix("")))
    with tempfile.TemporaryDirectory() as folder:
        written, shown = Path(folder, "lstm.html"), Path(folder, "report.png")
        _run(sys.executable, "-m", "symbackprop", "report", "lstm", "-o", str(written))
        browser = next(name for name in BROWSERS if shutil.which(name))
        _run(
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1440,1056",
            "--virtual-time-budget=5000", f"--screenshot={shown}", f"{written.as_uri()}#{HELD}",
        )  # fmt: skip
        with Image.open(shown) as image:
            image.convert("RGB").quantize(224).save(PICTURES / "report.png", optimize=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
