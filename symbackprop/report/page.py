"""The page: one HTML text that holds the derivation, the code, the pictures, and what makes them answer to a reader.

It asks for nothing from outside, and its own policy forbids it to: scripts and styles run by their hashes alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from markupsafe import Markup

from symbackprop.cost.cost_summary import Cost
from symbackprop.document.model import Document, Level
from symbackprop.phrases import Phrase, Phrases, again
from symbackprop.picture.memory_plan import style as memory_style
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.svg import markers
from symbackprop.picture.svg import style as picture_style
from symbackprop.report.c_code import TextInC, read_c
from symbackprop.report.c_highlight import highlighted_c
from symbackprop.report.code_html import PartView, listing
from symbackprop.report.cost_data import cost_data, numbers, quantity_titles, starting_sizes
from symbackprop.report.memory_html import memory_views
from symbackprop.report.module_code import read_code, read_plain
from symbackprop.report.picture_html import legend, pictures
from symbackprop.report.step_html import MeasuredStep, step_view
from symbackprop.report.views import math_html, ranges_html, runs_html, step_html
from symbackprop.resources import filled, templates
from symbackprop.schedule import ScheduledDerivation
from symbackprop.terms.program import Program
from symbackprop.verify import Report, Verdict
from symbackprop.verify.verification import verdict_words
from symbackprop.version import VERSION

__all__ = ["Page", "level_of", "page"]

_READABLE, _LONG = 250, 500  # equations up to which a page has every step, or the chain rule

TEMPLATES = (
    "page.html.j2", "about.html.j2", "document.html.j2", "graph.html.j2", "cost.html.j2", "memory.html.j2",
    "step.html.j2", "verification.html.j2", "code.html.j2",
)  # fmt: skip
STYLES = ("base.css", "formula.css", "code.css", "graph.css", "print.css")
SCRIPTS = ("select.js", "graph.js", "cost.js", "page.js", "panes.js")


WRITERS = {"math": math_html, "ranges": ranges_html, "step": step_html, "text": runs_html}  # of parts of the document


@dataclass(frozen=True, slots=True)
class Page:
    """`html`: the whole text; `verified`: whether the gradients that it shows are right, as it says."""

    html: str
    verified: bool


def page(
    program: Program,
    scheduled: ScheduledDerivation,
    document: Document,
    source: str,
    plain: str,
    cost: Cost,
    verification: Report,
    dims: Mapping[str, int] | None = None,
    step: MeasuredStep | None = None,
    in_c: TextInC | None = None,
) -> Page:
    """The page of a network: `program` as written, `scheduled`, its derivation, the `document` that explains it (at
    `level_of(scheduled)`), the `source` of its module, the same in the `plain` style, what it costs, and what
    verification found. `dims`: sizes at which the plot of the cost begins. `step`: one that was measured, to be shown.
    `in_c`: the text in C, which stands first then.

    InvalidSize for a size that the network does not have, UnknownNotation for LaTeX that has no MathML.
    """
    checked, words = verification.sizes[0] if verification.sizes else {}, document.words
    sizes = starting_sizes(program, checked, dims)
    data = cost_data(cost, program, sizes, words)
    parts = listing(read_code(source), words=words)
    listings = {"fast": parts, "plain": listing(read_plain(plain), "plain", words)}
    if in_c is not None:
        listings["c"] = listing(read_c(in_c), "c", words, highlighted_c(in_c.labels))
    style, script = _font() + picture_style() + memory_style() + _together(STYLES), _together(SCRIPTS)
    graph = graph_of(scheduled)
    costs = [section for section in document.sections if section.key == "cost"]
    context: dict[str, Any] = {
        "title": document.title,
        "signed": document.signed,
        "about": document.about,
        "version": VERSION,
        "words": words,
        "policy": _policy(style, script),
        "style": Markup(style),
        "script": Markup(script),
        "data": Markup(_json({**data, "words": _of_scripts(words)})),
        "sections": [section for section in document.sections if section.key != "cost"],
        "cost_blocks": [block for section in costs for block in section.blocks],
        **WRITERS,
        "forward_count": len(scheduled.forward.equations),
        "backward_count": len(scheduled.backward.equations),
        "level": level_of(scheduled).value,
        "all_steps": Markup("<code>symbackprop latex {} --level full</code>").format(program.name),
        "wrong_link": Markup('<a href="#verification">{}</a>').format(words.which_are_wrong),
        "pictures": pictures(graph, words),
        "legend": legend(graph, words),
        "markers": Markup(markers()),
        "quantities": list(quantity_titles(words).values()),
        "cost_rows": list(zip(_ways(words), (values for _, values in numbers(data, sizes)), strict=True)),
        "cost_sizes": Markup('<span id="cost-sizes">{}</span>').format(words.listing.text(items=_at(sizes))),
        "sizes": sizes,
        "memory": () if in_c is None else memory_views(in_c, words),
        "measured": None if step is None else step_view(step, words),
        "verification": verification,
        **_verdicts(verification, words),
        "again": partial(again, words=words),
        "listings": listings,
        **_code_words(program.name, in_c, sizes, words),
        "places": _places(parts),
    }
    return Page(filled("report", TEMPLATES, context, html=True), verification.passed)


def level_of(scheduled: ScheduledDerivation) -> Level:
    """How much a page says: every step of a network that one can read through, and less of a very deep one, whose page
    would take a browser long to lay out."""
    equations = len(scheduled.forward.equations) + len(scheduled.backward.equations)
    return Level.FULL if equations <= _READABLE else Level.STEPS if equations <= _LONG else Level.RESULT


def _ways(words: Phrases) -> tuple[str, ...]:
    """What the rows of the costs are called."""
    return words.forward, words.backward, words.central_differences, words.chain_rule_without_reuse


def _at(sizes: Mapping[str, int]) -> list[str]:
    return [f"{name} = {value}" for name, value in sizes.items()]


def _verdicts(verification: Report, words: Phrases) -> dict[str, Any]:
    """What methods and verdicts are called, and how many rows have each verdict, in the order of their first."""
    verdicts = {verdict: again(verdict_words(verdict), words) for verdict in Verdict}
    counts = Counter(row.verdict for row in verification.rows)
    rows = [words.tallied.text(count=count, verdict=verdicts[verdict]) for verdict, count in counts.items()]
    whole = Markup("<strong>{}</strong>").format(words.verified if verification.passed else words.not_verified)
    first, *more = verification.sizes or ({},)
    if not first:
        tally = words.tally(verdict=whole, rows=rows)
    elif more:
        tally = words.tally_at_more(verdict=whole, rows=rows, sizes=_at(first), more=len(more))
    else:
        tally = words.tally_at(verdict=whole, rows=rows, sizes=_at(first))
    methods = {"exact": words.method_exact, "module": words.method_module, "numeric": words.method_numeric}
    return {"verdicts": verdicts, "methods": methods, "tally": tally}


def _of_scripts(words: Phrases) -> dict[str, str]:
    """The phrases that scripts say, by what is behind `script_` in their names; their holes are `{name}`."""
    said = {field.name: getattr(words, field.name) for field in fields(words) if field.name.startswith("script_")}
    return {
        name.removeprefix("script_"): phrase.template if isinstance(phrase, Phrase) else phrase
        for name, phrase in said.items()
    }


def _code_words(name: str, in_c: TextInC | None, sizes: Mapping[str, int], words: Phrases) -> dict[str, Any]:
    """What the listings are called, the files that they are of, which of them is shown first, and what is told of C."""
    styles = {"fast": words.style_fast, "plain": words.style_plain}
    files = {" ".join(styles): f"{name}.py"}
    notes: list[str] = []
    if in_c is not None:
        styles = {key: words.style_numpy.text(style=style) for key, style in styles.items()} | {"c": "C"}
        files["c"] = f"{in_c.kit.name}.c"
        notes += [words.at_sizes.text(sizes=words.listing.text(items=_at(sizes)))] if sizes else []
        notes += [words.numbers_in_c] if in_c.renumbered else []
    named = Markup(" ").join(Markup('<span data-styles="{}">{}</span>').format(*row) for row in files.items())
    return {"styles": styles, "files": named, "first": "fast" if in_c is None else "c", "notes": notes}


_CALLERS = {"_shared": ("forward", "predict")}  # by the function that computes for them


def _places(parts: tuple[PartView, ...]) -> dict[str, list[str]]:
    """For each equation the functions that compute it."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        for chunk in part.chunks:
            for label in chunk.labels:
                found.setdefault(label, {}).update(dict.fromkeys(_CALLERS.get(chunk.function, (chunk.function,))))
    return {label: list(functions) for label, functions in found.items()}


# --- text ----------------------------------------------------------------------------------------------
def _together(files: tuple[str, ...]) -> str:
    folder = templates() / "report"
    return "\n".join((folder / file).read_text(encoding="utf-8") for file in files)


def _font() -> str:
    """The rule for the page's own mathematical font, which stands in it: see math.txt beside it."""
    data = base64.b64encode((templates() / "report" / "math.woff2").read_bytes()).decode()
    return f'@font-face {{ font-family: "Page Math"; src: url(data:font/woff2;base64,{data}) format("woff2"); }}\n'


def _policy(style: str, script: str) -> str:
    """Nothing from anywhere; styles and scripts with these hashes alone, and the font that stands in the page."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
