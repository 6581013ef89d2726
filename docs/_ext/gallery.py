"""The gallery: a page for each network of the zoo, with its picture, equations, derivation, module and cost.

Made while the site is built, into `docs/gallery/`, from the networks alone: what is there was derived, verified and
typeset a moment ago. A network is made again only where it, or the package, has changed. `sphinx-build -D
gallery_networks=mlp,lstm` makes these alone; without a LaTeX engine there are no PDFs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.display import status_iterator

import symbackprop
from symbackprop import Network, zoo
from symbackprop.cli import pdf
from symbackprop.derivation import Derivation
from symbackprop.document import latex_document, markdown
from symbackprop.document.model import Document
from symbackprop.phrases import ENGLISH
from symbackprop.picture import svg
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.paper import printed
from symbackprop.picture.picture import Picture
from symbackprop.report.cost_data import cost_data, numbers, quantity_titles, starting_sizes
from symbackprop.resources import templates
from symbackprop.sources import program_of
from symbackprop.verify.prime_sizes import choose_sizes

HERE = Path(__file__).resolve().parent
LOG = logging.getLogger(__name__)

# Which networks stand together, in the order of the page.
FAMILIES = {
    "First networks": (
        "linear_regression", "logistic_regression", "softmax_regression", "mlp", "deep_mlp", "layer_norm_mlp",
        "autoencoder", "vae", "siamese",
    ),
    "Images": ("lenet", "resnet", "unet", "vit"),
    "Sequences": ("rnn", "lstm", "lstm_classifier", "gru_seq2seq", "wavenet", "ctc_speech", "mamba", "neural_ode"),
    "Attention": ("attention", "transformer_block", "gpt2", "bert_mlm", "moe"),
    "Words, items, graphs": ("embedding", "word2vec", "factorization_machine", "gcn"),
    "Likelihoods": ("gmm", "hmm", "crf"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What the page of a network says. `parameters`: how many, in LaTeX; `tall`: whether a card shows the upper part of
    its picture alone; `pdf`: whether there is one."""

    name: str
    title: str
    description: str
    parameters: str
    derivation: str
    cost: str
    polynomials: str
    picture: str
    tall: bool
    pdf: bool
    forward: int
    backward: int


def make(name: str, folder: str, key: str) -> Entry:
    """The files of a network under `folder`, and what its page says of it."""
    stored = Path(folder) / f"{name}.json"
    if stored.exists():
        found = json.loads(stored.read_text(encoding="utf-8"))
        if found.pop("key") == key:
            return Entry(**found)
    net = zoo.load(name)
    derivation = symbackprop.derive(net)
    place = Path(folder)
    (place / f"{name}_numpy.py").write_text(symbackprop.generate(net), encoding="utf-8")
    (place / f"{name}_plain.py").write_text(symbackprop.generate(net, style="plain"), encoding="utf-8")
    (place / f"{name}.html").write_text(symbackprop.report(net), encoding="utf-8")
    document = derivation.document("steps", "matrix")
    text = latex_document.standalone(document, printed(graph_of(derivation.scheduled)))
    (place / f"{name}.tex").write_text(text, encoding="utf-8")
    (place / f"{name}.pdf").unlink(missing_ok=True)
    if has_engine():
        os.environ |= {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}  # the same bytes at any time
        (place / f"{name}.pdf").write_bytes(pdf.typeset(text))
    picture = derivation.picture()
    (place / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    entry = Entry(
        name,
        document.title,
        markdown.blocks(document.about),
        zoo.parameters(name).replace("·", " "),
        derived(derivation),
        at_sizes(net),
        polynomials(document),
        drawn(picture),
        picture.drawing.height > 1.2 * picture.drawing.width,
        (place / f"{name}.pdf").exists(),
        len(derivation.forward),
        len(derivation.backward),
    )
    fields = {field: getattr(entry, field) for field in Entry.__dataclass_fields__}
    stored.write_text(json.dumps(fields | {"key": key}), encoding="utf-8")
    return entry


def has_engine() -> bool:
    """Whether a LaTeX engine is installed."""
    return any(shutil.which(engine) for engine in pdf.ENGINES)


def derived(derivation: Derivation) -> str:
    """The derivation in Markdown, its title and description left to the page."""
    sections = derivation.document("result").sections
    return "\n\n".join(f"## {section.title}\n\n{markdown.blocks(section.blocks)}" for section in sections)


def at_sizes(net: Network) -> str:
    """What it costs, in Markdown: a table of numbers, at the sizes at which the plot of its report begins."""
    program, cost = program_of(net), symbackprop.cost(net)
    sizes = starting_sizes(program, choose_sizes(program, 0), None)
    rows = numbers(cost_data(cost, program, sizes), sizes)
    at = ", ".join(f"{size} = {value}" for size, value in sizes.items())
    titles = list(quantity_titles(ENGLISH).values())
    lines = [f"At {at}:", "", f"| {' | '.join(['', *titles])} |", f"| --- |{' ---: |' * len(titles)}"]
    lines += [f"| {row} | {' | '.join(map(short, values))} |" for row, values in rows]
    return "\n".join(lines)


def short(value: int) -> str:
    """With its digits in threes, or as a power of ten where there are many."""
    if value < 10**12:
        return f"{value:,}"
    mantissa, exponent = f"{value:.2e}".split("e+")
    return f"{mantissa} × 10<sup>{int(exponent)}</sup>"


def polynomials(document: Document) -> str:
    """The multiply-adds as polynomials in the sizes, in Markdown."""
    (section,) = (section for section in document.sections if section.key == "cost")
    return markdown.blocks(section.blocks)


def drawn(picture: Picture) -> str:
    """The picture within the page, whose parts lead to their equations there."""
    words = f"The network {picture.name} and its δ"
    return svg.picture(picture.drawing, svg.markers() + svg.inside(picture.drawing), role="group", aria_label=words)


def key_of_package() -> str:
    """Of all that the pages are made from."""
    digest = hashlib.sha256()
    root = Path(symbackprop.__file__).parent
    sources = [*root.rglob("*.py"), *HERE.iterdir(), *templates().rglob("*.*")]
    for file in sorted(source for source in sources if source.is_file()):
        digest.update(file.read_bytes())
    digest.update(str(has_engine()).encode())
    return digest.hexdigest()


def build(app: Sphinx) -> None:
    """Makes `docs/gallery/`."""
    folder = Path(app.srcdir) / "gallery"
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    names = asked_for(app)
    assert {name for family in FAMILIES.values() for name in family} == set(zoo.names()), "FAMILIES"
    key = key_of_package()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        tasks = {name: pool.submit(make, name, str(files), key) for name in names}
        entries = {
            name: tasks[name].result()
            for name in status_iterator(names, "making the gallery... ", "purple", len(names), app.verbosity)
        }
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    remove_others(folder, names)
    template = environment.get_template("network.md.j2")
    for name, entry in entries.items():
        replace(folder / f"{name}.md", template.render(entry=entry))
        source = zoo.path(name).read_text(encoding="utf-8")
        replace(files / f"{name}.py", source)
    shown = {family: [entries[name] for name in members if name in entries] for family, members in FAMILIES.items()}
    index = environment.get_template("gallery.md.j2")
    replace(folder / "index.md", index.render(families={family: some for family, some in shown.items() if some}))


def asked_for(app: Sphinx) -> tuple[str, ...]:
    """The networks of this build."""
    asked = app.config.gallery_networks
    return tuple(asked.split(",")) if asked else tuple(zoo.names())


def remove_others(folder: Path, names: tuple[str, ...]) -> None:
    """The pages of networks that this build has not, and the files of those that there are no more."""
    for page in folder.glob("*.md"):
        if page.stem not in (*names, "index"):
            page.unlink()
    for file in (folder / "files").iterdir():
        if network_of(file) not in zoo.names():
            file.unlink()


def network_of(file: Path) -> str:
    return re.sub(r"_(numpy|plain)$", "", file.stem)


def replace(file: Path, text: str) -> None:
    """Writes it where it differs, so that an unchanged page is not read again."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def copy(app: Sphinx, error: Exception | None) -> None:
    """The files that pages of the gallery lead to."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "gallery" / "files"
        shutil.rmtree(target, ignore_errors=True)  # with what an earlier build left
        target.mkdir(parents=True)
        for file in (Path(app.srcdir) / "gallery" / "files").iterdir():
            if file.suffix != ".json" and network_of(file) in asked_for(app):
                shutil.copyfile(file, target / file.name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("gallery_networks", "", "env", str)
    app.connect("builder-inited", build)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
