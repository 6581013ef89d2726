"""Turns a LaTeX document into a PDF with whichever engine is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import click

from symbackprop.cli.files import temporary_folder
from symbackprop.cli.interrupt import Ensured, Held

__all__ = ["typeset"]

_LATEX = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "derivation.tex")
ENGINES: dict[str, tuple[str, ...]] = {  # in order of preference
    "pdflatex": _LATEX,
    "lualatex": _LATEX,
    "xelatex": _LATEX,
    "tectonic": ("derivation.tex",),
}
UNICODE = ("xelatex", "lualatex", "tectonic")  # those that have the letters of all languages
TIMEOUT = 300  # seconds


def typeset(text: str, package: str = "") -> bytes:
    """The PDF of the document `text`; click.ClickException where no engine is installed or it refuses the text.

    `package`: the one for letters of a language that is not in Latin letters, "" for none.
    """
    wanted = UNICODE if package else tuple(ENGINES)
    engine = next((name for name in wanted if shutil.which(name)), None)
    if engine is None:
        kind = f"LaTeX engine for {package}" if package else "LaTeX engine"
        raise click.ClickException(
            f"no {kind} is installed (looked for {', '.join(wanted)}); write a .tex file and typeset that"
        )
    with temporary_folder() as folder:
        Path(folder, "derivation.tex").write_text(text, encoding="utf-8")
        for _ in range(1 if engine == "tectonic" else 3):  # later runs know all numbers and widths of columns
            status, output = _run([engine, *ENGINES[engine]], folder)
        pdf = Path(folder, "derivation.pdf")
        if status or not pdf.is_file():
            lines = output.decode(errors="replace").splitlines()
            if package and any(f"{package}.sty' not found" in line for line in lines):
                raise click.ClickException(
                    f"the LaTeX package {package} is not installed; install it (tlmgr install {package}, or "
                    "texlive-lang-chinese on Debian), or write a .tex file and typeset that"
                )
            cause = next((line for line in lines if line.startswith("!") or "error:" in line), f"status {status}")
            raise click.ClickException(f"{engine} refused the document: {cause}")
        return pdf.read_bytes()


def _run(command: list[str], folder: Path) -> tuple[int, bytes]:
    """The exit status and the output of `command`, which does not outlive this call, nor do those that it starts."""
    started: list[subprocess.Popen[bytes]] = []
    with Ensured(lambda: _end(started)):
        with Held():
            started.append(
                subprocess.Popen(
                    command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    start_new_session=True,  # a group of its own, to end them all
                )
            )  # fmt: skip
        (process,) = started
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise click.ClickException(f"{command[0]} did not finish within {TIMEOUT} s") from error
        return process.returncode, output


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    for process in started:
        if process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
