"""Pages of networks, and a browser to read them in."""

from functools import lru_cache
from types import SimpleNamespace

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.document.compose import build
from symbackprop.report import TextInC, counterparts, level_of, page
from symbackprop.sources import at_sizes, c_kit, program_of
from symbackprop.verify.prime_sizes import choose_sizes

from .browser import CHROMIUM, DRIVER, Browser


@lru_cache(maxsize=8)
def page_of(name, in_c=False):
    """The page of a network of the zoo, and what it was made of; verified by the exact method alone, which is quick.
    `in_c`: whether with the text in C, at sizes of 2 and more."""
    net = zoo.load(name)
    derivation, costs = symbackprop.derive(net), symbackprop.cost(net)
    made = SimpleNamespace(
        net=net,
        program=program_of(net),
        derivation=derivation,
        document=build(derivation.scheduled, level_of(derivation.scheduled), matrix=True, cost=costs),
        source=symbackprop.generate(net),
        plain=symbackprop.generate(net, style="plain"),
        cost=costs,
        verification=symbackprop.verify(net, method="exact"),
    )
    made.dims, made.in_c = None, None
    if in_c:
        made.dims = choose_sizes(made.program)
        kit, own = c_kit(at_sizes(net, made.dims))
        made.in_c = TextInC(kit, counterparts(own, derivation.scheduled))
    made.page = page(
        made.program, derivation.scheduled, made.document, made.source, made.plain, made.cost, made.verification,
        made.dims, in_c=made.in_c,
    )  # fmt: skip
    made.html = made.page.html
    return made


@pytest.fixture(scope="session")
def made():
    return page_of


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver on PATH")
    with Browser() as window:
        yield window


@pytest.fixture
def opened(browser, tmp_path, made):
    """A function that opens the page of a network, from disk, at a size; and afterwards nothing was complained of."""

    def at(name, width=1440, height=900, phone=False, fragment="", scheme="light", in_c=False):
        file = tmp_path / f"{name}.html"
        file.write_text(made(name, in_c).html, encoding="utf-8")
        browser.resize(width, height, phone)
        browser.media(prefers_color_scheme=scheme)
        browser.point_away()
        browser.open("about:blank")
        browser.complaints()
        browser.open(f"{file.as_uri()}{fragment}")
        return browser

    yield at
    assert browser.complaints() == []
