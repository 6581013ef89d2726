"""Turns a LaTeX document into a PDF with whichever engine is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import click

__all__ = ["typeset"]

_LATEX = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "derivation.tex")
ENGINES: dict[str, tuple[str, ...]] = {  # in order of preference
    "pdflatex": _LATEX,
    "lualatex": _LATEX,
    "xelatex": _LATEX,
    "tectonic": ("derivation.tex",),
}
TIMEOUT = 300  # seconds


def typeset(text: str) -> bytes:
    """The PDF of the document `text`; click.ClickException where no engine is installed or it refuses the text."""
    engine = next((name for name in ENGINES if shutil.which(name)), None)
    if engine is None:
        raise click.ClickException(
            f"no LaTeX engine is installed (looked for {', '.join(ENGINES)}); write a .tex file and typeset that"
        )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "derivation.tex").write_text(text, encoding="utf-8")
        try:
            for _ in range(1 if engine == "tectonic" else 3):  # later runs know all numbers and widths of columns
                run = subprocess.run(
                    [engine, *ENGINES[engine]],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=TIMEOUT,
                    check=False,
                )
        except subprocess.TimeoutExpired as error:
            raise click.ClickException(f"{engine} did not finish within {TIMEOUT} s") from error
        pdf = Path(folder, "derivation.pdf")
        if run.returncode or not pdf.is_file():
            lines = run.stdout.decode(errors="replace").splitlines()
            cause = next(
                (line for line in lines if line.startswith("!") or "error:" in line), f"status {run.returncode}"
            )
            raise click.ClickException(f"{engine} refused the document: {cause}")
        return pdf.read_bytes()
