"""`symbackprop latex`: the derivation as LaTeX or Markdown, or as a PDF where a LaTeX engine is installed."""

from __future__ import annotations

from pathlib import Path

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver, replace, target, when_given
from symbackprop.cli.options import language_option, network_argument, shard_option, title_options
from symbackprop.cli.pdf import typeset
from symbackprop.cli.progress import Progress
from symbackprop.derivation import standalone_latex
from symbackprop.document import latex_document, markdown
from symbackprop.document.model import Level

__all__ = ["latex_command"]

_LEVELS = [level.value for level in Level]


@click.command("latex")
@network_argument
@click.option("-o", "--output", callback=when_given(target), help="The .tex, .pdf or .md file to write.")
@click.option("--form", type=click.Choice(["index", "matrix"]), default="index", show_default=True,
              help="Equations in indices alone, or with their matrix form where there is one.")  # fmt: skip
@click.option("--level", type=click.Choice(_LEVELS), help="How much is said.  [default: steps]")
@click.option("--no-steps", is_flag=True, help="The same as --level result.")
@click.option("--code", type=click.Choice(["plain"]), help="An appendix with the module, in that style.")
@click.option("--standalone", is_flag=True, help="A whole document rather than a part of one.")
@title_options
@language_option
@shard_option("A section on these indices split over the axes of a mesh of devices: placements, collectives, bytes.")
@debug_option
def latex_command(
    network: str, output: Path | None, form: str, level: str | None, no_steps: bool, code: str | None,
    standalone: bool, title: str | None, author: str, date: str, language: str,
    shard: dict[str, str] | None,
) -> None:  # fmt: skip
    """Write the derivation of NETWORK as LaTeX (to stdout without -o), as PDF or as Markdown.

    A document in Chinese needs ctex, and XeLaTeX or LuaLaTeX for a PDF.
    """
    if no_steps and level not in (None, Level.RESULT.value):
        raise click.UsageError(f"--no-steps is --level result, and --level {level} was given")
    kind = ".tex" if output is None or str(output) == "-" else output.suffix
    if kind not in (".tex", ".pdf", ".md"):
        raise click.UsageError(f"expected a .tex, .pdf or .md file to write, found {output}")
    if kind == ".md" and standalone:
        raise click.UsageError("--standalone is for LaTeX, and the output is Markdown")
    with Progress("deriving", network):
        net = networks.find(network)
        chosen = level or (Level.RESULT.value if no_steps else Level.STEPS.value)
        derivation = symbackprop.derive(net)
        document = derivation.document(chosen, form, title=title, author=author, date=date, language=language,
                                       shard=shard)  # fmt: skip
        words = document.words
        if code is not None:
            document = document.with_appendix(words.the_code, symbackprop.generate(net, style=code))
        if kind == ".md":
            text = markdown.text(document)
        elif standalone or kind == ".pdf":
            text = standalone_latex(document, derivation.scheduled)
        else:
            text = latex_document.fragment(document)
        if kind == ".pdf":
            assert output is not None
            replace(output, typeset(text, words.latex_package))
            return
    deliver(text if text.endswith("\n") else text + "\n", output)
