"""The page as text: well formed, complete in itself, the same every time, and what it says is what was computed."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import symbackprop
from symbackprop import Network, Sum, zoo
from symbackprop.errors import InvalidArgument
from symbackprop.report import page
from symbackprop.report.cost_data import QUANTITIES, value_of
from symbackprop.verify.verification import Verdict
from tests.processes import said_elsewhere

VOID = {"meta", "input", "br", "hr", "img", "link"}
NAMES = [("mlp", False), ("lstm", False), ("mlp", True), ("neural_ode", True)]  # with the text in C or without


class Tree(HTMLParser):
    """What a page holds, and that its elements are closed in the order in which they were opened."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts = [], [], {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data):
        for _, key in self.open:
            if key is not None:
                self.texts[key] = self.texts.get(key, "") + data

    @property
    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]


@pytest.fixture(scope="module", params=NAMES, ids=lambda param: f"{param[0]}{' in C' * param[1]}")
def shown(request, made):
    one = made(*request.param)
    one.tree = Tree(one.html)
    return one


def test_ids_are_unique(shown):
    assert len(set(shown.tree.ids)) == len(shown.tree.ids)


def test_every_reference_resolves(shown):
    ids = set(shown.tree.ids)
    hrefs = [attrs["href"] for _, attrs in shown.tree.elements if "href" in attrs]
    assert hrefs
    assert all(href.startswith("#") and href[1:] in ids for href in hrefs), set(hrefs) - {f"#{key}" for key in ids}


def test_nothing_is_asked_for_from_outside(shown):
    asks = r"\b(?:https?|ftp|wss?)://|\b(?:src|srcset|poster|action)=|@import|url\((?!#|data:font)|\bfetch\(|XMLHttp|\bimport\("
    assert re.findall(asks, shown.html.replace("http://www.w3.org/2000/svg", "")) == []  # the name of a name space
    assert not [attrs for tag, attrs in shown.tree.elements if tag in ("link", "iframe", "object", "embed", "base")]
    assert not [attrs for _, attrs in shown.tree.elements for name in attrs if name == "style" or name.startswith("on")]


def test_the_policy_lets_only_its_own_run(shown):
    (policy,) = [a["content"] for t, a in shown.tree.elements if a.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", shown.html, re.DOTALL)[1]
    (script,) = re.findall(r"<script>(.*?)</script>", shown.html, re.DOTALL)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for kind, text in (("style-src", style), ("script-src", script)):
        assert rules[kind] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    assert rules["font-src"] == "data:"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"


def test_equations_and_code_are_connected(shown):
    derived = shown.derivation.derived
    expected = {e.label for program in (derived.forward, derived.backward) for e in program.equations if e.label}
    with_ids = [attrs for _, attrs in shown.tree.elements if "id" in attrs]
    equations = [attrs["id"] for attrs in with_ids if "eq" in attrs.get("class", "").split()]
    assert len(set(equations)) == len(equations)
    chunks = [attrs for tag, attrs in shown.tree.elements if attrs.get("class") == "chunk"]
    computed = {label for attrs in chunks for label in attrs["data-l"].split()}
    assert set(equations) == computed == expected
    for label in expected:
        own = next(c["id"] for c in chunks if label in c["data-l"].split() and "-ahead-" not in c["id"])
        assert f"code-{label}" in [attrs["id"] for attrs in with_ids]
        (said,) = re.findall(r"# \(([^)]*)\) ", shown.tree.texts[own])
        assert label in said.split(", ")
    if shown.in_c is None:
        return
    there = {label for key, label in shown.in_c.labels.items() if label}
    assert {f"c-{label}" for label in there} <= set(shown.tree.ids)
    for label in there:
        own = next(c["id"] for c in chunks if label in c["data-l"].split() and re.match(r"c-[FB]", c["id"]))
        (said,) = re.findall(r"/\* \(([^)]*)\) ", shown.tree.texts[own])
        assert label in [shown.in_c.labels[number] for number in said.split(", ")]


def test_the_code_is_the_module_in_each_style(shown):
    html = re.sub(r"<summary>.*?</summary>", "", shown.html)
    listed = "".join(re.findall(r"<pre><code>(.*?)</code></pre>", html, re.DOTALL))
    tree = Tree(f'<div id="all">{listed}</div>')
    text = "" if shown.in_c is None else symbackprop.generate(shown.net, backend="c", dims=shown.dims)
    assert tree.texts["all"] == shown.source + shown.plain + text
    assert ('data-styles="c"' in shown.html) == (shown.in_c is not None)


def test_another_numbering_is_told(made):
    told = "equations have other numbers in C"
    assert told in made("neural_ode", True).html
    assert told not in made("mlp", True).html
    assert "At N = " in re.search(r'data-styles="c">\n<p class="note">(.*?)</p>', made("mlp", True).html)[1]


def test_what_is_asked_for_in_c():
    """Every size is a number; gradients are checked at small ones."""
    net = zoo.load("mlp")
    dims = {"N": 500, "D": 700, "H": 300, "C": 10}
    html = symbackprop.report(net, dims, backend="c")
    assert "#define</b> mlp_D 700" in html
    assert '"D":700' in html
    assert "At N = 500, D = 700" in html
    (told,) = re.findall(r"at N = \d+, D = (\d+)", html)
    assert int(told) < 20
    with pytest.raises(
        InvalidArgument, match='expected a number for every size, with backend="c", found none for H, C'
    ):
        symbackprop.report(net, {"N": 1, "D": 2}, backend="c")
    with pytest.raises(InvalidArgument, match='expected "numpy" or "c"'):
        symbackprop.report(net, backend="jax")


def test_the_plot_is_of_the_costs(shown):
    data = json.loads(shown.tree.texts["data"])
    assert data["dims"] == list(shown.program.dims)
    sizes = dict(zip(data["dims"], (3, 5, 7, 11, 13, 17), strict=False))
    at = {symbol: sizes[symbol.name] for symbol in shown.cost.forward.peak_memory.free_symbols} | {
        symbol: sizes[symbol.name] for row in shown.cost.rows for symbol in row.bytes_moved.free_symbols
    }
    for row in shown.cost.rows:
        for quantity in QUANTITIES:
            assert value_of(data["rows"][row.name][quantity], sizes) == int(getattr(row, quantity).xreplace(at))


def test_the_verification_is_told(shown):
    text = shown.tree.texts["verification"]
    assert "Gradients verified" in text
    rows = re.findall(r'<tr class="(\w+)"><th scope="row">(\w+)</th><td>(\w+)</td>', shown.html)
    assert rows == [(row.verdict.name.lower(), row.tensor, row.method) for row in shown.verification.rows]


def test_a_failure_is_loud(made):
    one = made("mlp")
    first, *rest = one.verification.rows
    wrong = replace(one.verification, rows=(replace(first, verdict=Verdict.FAIL, note="as an example"), *rest))
    found = page(one.program, one.derivation.scheduled, one.document, one.source, one.plain, one.cost, wrong)
    assert not found.verified
    tree = Tree(found.html)
    assert "Verification failed." in tree.texts["derivation"]
    assert "Gradients NOT verified" in tree.texts["verification"]
    assert "gradients NOT verified" in found.html.split("<main>")[0]
    assert "as an example" in tree.texts["verification"]


def test_headings_are_in_order(shown):
    levels = [tag for tag, _ in shown.tree.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == "h1"
    assert levels.count("h1") == 1
    assert set(levels[1:]) == {"h2"}


def test_controls_have_names(shown):
    for tag, attrs in shown.tree.elements:
        if tag == "input" and attrs["type"] in ("range", "number"):
            assert attrs["aria-label"]
        if tag == "a" and "tag" in attrs.get("class", "").split() and "aria-label" in attrs:
            assert re.match(r"Equation [FB]\d+: \w+, computed in (forward|backward|predict)", attrs["aria-label"])


def test_a_size_that_the_network_lacks(made):
    one = made("mlp")
    with pytest.raises(symbackprop.errors.InvalidSize, match="found Q"):
        page(
            one.program, one.derivation.scheduled, one.document, one.source, one.plain, one.cost, one.verification,
            {"Q": 3},
        )  # fmt: skip


def test_a_network_without_sizes():
    net = Network("tiny")
    (i,) = net.indices(i=3)
    w, loss_part = net.parameter("w", (3,)), net.tensor("part")
    loss_part[i] = w[i] ** 2
    net.loss = Sum(loss_part[i], i)
    tree = Tree(symbackprop.report(net))
    assert "All sizes are numbers" in tree.texts["cost"]
    assert "plot" not in tree.ids


def test_what_a_page_says_cannot_end_it():
    net = Network("mlp")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    y = net.tensor("y")
    y[n] = Sum(w[i] * x[n, i], i)
    net.loss = Sum(y[n] ** 2, n)
    net.notation(w=r"\mathrm{</script><b>}")
    html = symbackprop.report(net)
    assert html.count("</script>") == 2
    Tree(html)


def test_the_same_everywhere(tmp_path):
    """Another process with another hash seed, in another folder, writes the same bytes."""
    code = "import symbackprop; from symbackprop import zoo; print(symbackprop.report(zoo.load('rnn')), end='')"
    assert said_elsewhere(code, folder=tmp_path) == symbackprop.report(zoo.load("rnn"))
