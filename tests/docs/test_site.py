"""The site builds without a warning, shows mathematics as MathML, and asks for nothing from elsewhere.

It is built with what the group `docs` of pyproject.toml installs; `nox -s docs` builds all of it, and runs these tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import symbackprop
from symbackprop import zoo

pytest.importorskip("sphinx", reason="the site is built with the group docs")

DOCS = Path(__file__).parents[2] / "docs"
ASKED = re.compile(r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the pages, with two networks in the gallery."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "gallery_networks=mlp,lstm"]
    told = subprocess.run([*command, str(DOCS), str(out)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return out


def test_every_page_is_there(site):
    sources = {file.relative_to(DOCS).with_suffix(".html") for file in DOCS.rglob("*.md") if "_ext" not in file.parts}
    pages = {file.relative_to(site) for file in site.rglob("*.html")}
    assert {page for page in sources if page.parts[0] != "gallery"} <= pages
    assert {Path("search.html"), Path("gallery/mlp.html"), Path("gallery/files/mlp.html")} <= pages


def test_nothing_comes_from_elsewhere(site):
    asked = {found for file in site.rglob("*.html") for found in ASKED.findall(file.read_text(encoding="utf-8"))}
    styles = "".join(file.read_text(encoding="utf-8", errors="replace") for file in site.rglob("*.css"))
    assert not asked
    assert not re.findall(r"url\(['\"]?(?:https?:)?//", styles)


def test_mathematics_is_drawn_by_the_browser(site):
    page = (site / "gallery" / "mlp.html").read_text(encoding="utf-8")
    assert page.count('<math display="block">') >= 13
    assert not re.search(r"\\(frac|sum|delta)\b", re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL))
    assert (site / "_static" / "math.woff2").stat().st_size > 10_000


def test_the_gallery_has_all_of_a_network(site):
    files = site / "gallery" / "files"
    for suffix in (".html", ".tex", ".svg", "_numpy.py", "_plain.py"):
        assert (files / f"lstm{suffix}").stat().st_size > 1000
    page = (site / "gallery" / "lstm.html").read_text(encoding="utf-8")
    for target in re.findall(r'href="(files/[^"#]+)', page):
        assert (site / "gallery" / target).is_file(), target


def test_pictures_lead_to_equations(site):
    """On the page itself, each of the equations and of the δ that it draws."""
    for name in ("mlp", "lstm"):
        page = (site / "gallery" / f"{name}.html").read_text(encoding="utf-8")
        (picture,) = re.findall(r'<svg class="net-picture".*?</svg>', page, re.DOTALL)
        targets = re.findall(r'<a [^>]*href="#([^"]+)"', picture)
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(targets) > 10
        assert all(ids.count(target) == 1 for target in targets)


def test_the_style_of_pictures_has_one_source(site):
    source = (DOCS.parent / "templates" / "picture" / "picture.css").read_text(encoding="utf-8")
    assert (site / "_static" / "picture.css").read_text(encoding="utf-8") == source
    assert "_static/picture.css" in (site / "gallery" / "mlp.html").read_text(encoding="utf-8")
    assert ".net-picture .box" not in (DOCS / "_static" / "site.css").read_text(encoding="utf-8")


def test_the_cost_is_a_table(site):
    """Of numbers at sizes that it names, which the network's cost gives, and of polynomials."""
    cost = symbackprop.cost(zoo.load("mlp"))
    page = (site / "gallery" / "mlp.html").read_text(encoding="utf-8")
    section = re.search(r'<section id="what-it-costs">(.*?)</section>', page, re.DOTALL)[1]
    sizes = {name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", section.partition("<table")[0])}
    assert tuple(sizes) == cost.dims
    rows = dict(re.findall(r"<td[^>]*><p>(\w[\w ]*)</p></td>\s*<td[^>]*><p>([\d,]+)</p></td>", section))
    for row in cost.rows:
        at = {symbol: sizes[symbol.name] for symbol in row.multiply_adds.free_symbols}
        assert int(rows[row.name].replace(",", "")) == int(row.multiply_adds.xreplace(at))
    assert section.count("<table") == 2
    assert "<pre" not in section
    assert "<math" in section


def test_the_pdf_has_the_picture(site):
    assert r"\begin{tikzpicture}" in (site / "gallery" / "files" / "mlp.tex").read_text(encoding="utf-8")


def test_nothing_stale_is_left(site):
    """Of networks that are made but not asked for, and of an earlier build in the same place."""
    found = (site / "gallery" / "files").iterdir()
    assert {re.sub(r"_(numpy|plain)$", "", file.stem) for file in found} == {"mlp", "lstm"}
    assert {file.stem for file in (DOCS / "gallery").glob("*.md")} == {"mlp", "lstm", "index"}


def test_the_same_bytes_again(site, tmp_path):
    """What is made of a network depends on nothing but it: made anew, in another place, it is the same."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import gallery; gallery.make('mlp', sys.argv[2], '')"
    subprocess.run(
        [sys.executable, "-c", code, str(DOCS / "_ext"), str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.suffix != ".json"}
    assert len(made) >= 5
    for name, content in made.items():
        assert (site / "gallery" / "files" / name).read_bytes() == content, name
