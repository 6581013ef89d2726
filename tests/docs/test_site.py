"""The site builds without a warning, shows mathematics as MathML, and asks for nothing from elsewhere.

It is built with what the group `docs` of pyproject.toml installs; `nox -s docs` builds all of it, and runs these tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
