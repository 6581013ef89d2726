"""`{printed} NETWORK LABELS`: these equations of a derivation as symbackprop prints them, with the steps before them.

NETWORK is a file that the page shows (`neuron.py`) or a network of the zoo. Without labels it is the whole of the
forward pass, the backward pass and the gradients.

    :level:    result, steps (the default) or full
    :form:     index (the default) or matrix
    :language: en (the default) or zh
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from page_files import made_by, network_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import symbackprop
from symbackprop.document import markdown
from symbackprop.document.model import Block, Display, Section

SECTIONS = ("forward", "backward", "gradients")


class Printed(SphinxDirective):
    required_arguments = 1
    optional_arguments = 100
    option_spec: ClassVar = dict.fromkeys(("level", "form", "language"), directives.unchanged)

    def run(self) -> list[nodes.Node]:
        made_by(self, __file__)
        name, *labels = self.arguments
        derivation = symbackprop.derive(network_of(self, name))
        options = self.options
        document = derivation.document(
            options.get("level", "steps"), options.get("form", "index"), language=options.get("language", "en")
        )
        sections = [section for section in document.sections if section.key in SECTIONS]
        kept = [Section(section.key, section.title, tuple(chosen(section, set(labels)))) for section in sections]
        found = {label for section in kept for block in section.blocks for label in labels_of(block)}
        if set(labels) - found:
            raise self.error(f"{name} has no equations {', '.join(sorted(set(labels) - found))}")
        lines: list[str] = []
        for section in kept:
            if section.blocks:
                heading = [] if labels else ["", f"**{section.title}**", ""]
                lines += [*heading, *markdown.blocks(section.blocks, document.words).splitlines(), ""]
        node = nodes.container(classes=["printed"])
        self.state.nested_parse(StringList(lines, source=self.env.docname), self.content_offset, node)
        return [node]


def chosen(section: Section, labels: set[str]) -> Iterator[Block]:
    """The section's blocks, or those that lead to the labels: a tensor's blocks begin with who reads it."""
    if not labels:
        yield from section.blocks
    elif section.key == "forward":
        for block in section.blocks:
            if isinstance(block, Display):
                yield Display(tuple(formula for formula in block.formulas if formula.label in labels))
    else:
        groups: list[list[Block]] = []
        for block in section.blocks:
            if isinstance(block, Display) and groups:
                groups[-1].append(block)
            else:
                groups.append([block])
        for group in groups:
            if any(labels & set(labels_of(block)) for block in group):
                yield from group


def labels_of(block: Block) -> list[str]:
    return [formula.label for formula in block.formulas] if isinstance(block, Display) else []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("printed", Printed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
