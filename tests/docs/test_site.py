"""The site builds without a warning, shows mathematics as MathML, and asks for nothing from elsewhere.

It is built with what the group `docs` of pyproject.toml installs; `nox -s docs` builds all of it, and runs these tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

import symbackprop
from symbackprop import zoo
from tests.report.browser import CHROMIUM, DRIVER, Browser

pytest.importorskip("sphinx", reason="the site is built with the group docs")

DOCS = Path(__file__).parents[2] / "docs"
CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
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


def test_mathematics_is_well_formed(site):
    """A power has a base and an exponent: with a third part browsers set all of it on one line."""
    for file in pages_of(site):
        for text in re.findall(r"<math\b.*?</math>", file.read_text(encoding="utf-8"), re.DOTALL):
            for node in ElementTree.fromstring(text.replace("&nbsp;", " ")).iter():
                assert len(node) == CHILDREN.get(node.tag, len(node)), f"{file.name}: {text}"


class Links(HTMLParser):
    """What a page leads to, and the places in it."""

    def __init__(self):
        super().__init__()
        self.targets, self.places = set(), set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.targets |= {given[name] for name in ("href", "src") if given.get(name)}
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}


@cache
def links_of(file):
    links = Links()
    links.feed(file.read_text(encoding="utf-8"))
    return links


def pages_of(site):
    """All pages, without what the theme brings to make them of."""
    return [file for file in sorted(site.rglob("*.html")) if "_static" not in file.parts]


def test_links_lead_somewhere(site):
    """Each to a file that is there, and to a place in it; those to a network that was not asked for aside."""
    count = 0
    for page in pages_of(site):
        for target in links_of(page).targets:
            address = urlsplit(target)
            if address.scheme or address.netloc:
                continue
            file = (page.parent / unquote(address.path)).resolve() if address.path else page
            assert file.is_file(), f"{page.relative_to(site)}: {target}"
            if address.fragment and file.suffix == ".html":
                assert unquote(address.fragment) in links_of(file).places, f"{page.relative_to(site)}: {target}"
            count += 1
    assert count > 2000


def test_signatures_are_read(site):
    """A default that is no literal hides the types from Sphinx, which then shows its own marks."""
    page = (site / "reference" / "api.html").read_text(encoding="utf-8")
    assert 'class="sig-param"' in page
    assert not re.search(r">~[a-z]", page)


def test_the_chinese_page_is_chinese(site):
    page = (site / "zh.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans"' in page
    assert "链式法则）" in re.sub(r"<[^>]+>", "", page)  # as a derivation in Chinese says it, set and not as source
    assert "\\begin{" not in page
    said = re.sub(r"<pre.*?</pre>|<svg.*?</svg>", "", page[page.index("<article") :], flags=re.DOTALL)
    assert not re.findall(r"[。，；：、]\s+(?:<strong>)?\w", said)  # a line's end in the source is no space
    assert '<html lang="en"' in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no chromium and chromedriver on PATH")
def test_pages_fit_a_phone(site):
    """What is wide scrolls by itself, not with the page; nothing is cut off."""
    script = """
        for (const one of document.querySelectorAll("details")) one.open = true;
        const wide = one => one.scrollWidth > one.clientWidth + 1;
        const whole = "html, .bd-article-container, .sd-card, .prev-next-area a";
        return [...document.querySelectorAll(whole)].filter(wide).map(one => one.className + one.textContent.trim());
    """
    with Browser() as browser:
        browser.resize(390, 844)
        for page in pages_of(site):
            if page.parent.name != "files":
                browser.open(page.as_uri())
                assert browser.run(script) == [], page.relative_to(site)


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
