"""The page in Chinese: its words, those of its scripts, and its controls are Chinese; the English page has none."""

import json
import re

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.errors import InvalidArgument
from symbackprop.formula.width import is_wide
from symbackprop.verify.verification import Row, Verdict

from .test_page import Tree

KEYS = {"Enter", "Esc"}
TARGETS = {"NumPy"}


C = {"T": 3, "N": 2, "D": 4, "H": 5, "C": 3}


@pytest.fixture(scope="module", params=["numpy", "c"])
def html(request):
    dims = C if request.param == "c" else None
    return symbackprop.report(zoo.load("lstm"), dims, language="zh", backend=request.param)


def visible(html):
    """What is read of a page: without code, mathematics, what a picture draws and what the network's author says."""
    body = html.split("<body>")[1].split("<script")[0]
    body = re.sub(r'<section id="about">.*?</section>', " ", body, flags=re.DOTALL)
    body = re.sub(r"<(pre|code|math|text)\b.*?</\1>", " ", body, flags=re.DOTALL)
    told = re.findall(r'(?:aria-label|title)="([^"]*)"', body) + re.findall(r"<title>(.*?)</title>", body)
    return " ".join([re.sub(r"<[^>]*>", " ", body), *told])


def names_of(net):
    program = symbackprop.derive(net).derived.joint
    return {program.name, *program.table, *program.dims, "loss", "d_", "py", "backward", "forward", "predict"}


def test_it_is_chinese_but_for_code_and_names(html):
    assert '<html lang="zh-Hans"' in html
    found = set(re.findall(r"[A-Za-z]\w+", visible(html)))
    labels = {word for word in found if re.fullmatch(r"[FB]\d+", word)}
    buffers = set(re.findall(r"<code>(\w+)</code></th>", html))  # of C, where there is any
    numbers = {word for word in found if re.fullmatch(r"e|e\d+", word)}
    assert found - names_of(zoo.load("lstm")) - labels - numbers - KEYS - TARGETS - buffers == set()
    for word in ("前向传播", "反向传播", "梯度已验证", "乘加运算次数", "中心差分", "递推"):
        assert word in visible(html)


def test_its_scripts_say_chinese(html):
    data = json.loads(Tree(html).texts["data"])
    said = {**data["words"], **data["quantities"], **data["curves"]}
    assert all(any(map(is_wide, text)) for text in said.values())
    asked = set(re.findall(r'say\([^)]*?"(\w+)"', html)) | set(
        re.findall(r'"(show_code|show_equation|light|dark)"', html)
    )
    assert data["words"].keys() <= asked


def test_the_english_page_has_no_chinese(made):
    assert not any(map(is_wide, visible(made("lstm").html)))
    assert '<html lang="en"' in made("lstm").html


def test_notes_of_verification_are_said_again():
    net = zoo.load("mlp")
    report = symbackprop.verify(net, dims={"N": 40, "D": 20, "H": 20, "C": 5})
    notes = [row.note for row in report.rows if row.note]
    assert any("sampled" in note for note in notes)
    html = symbackprop.report(net, dims={"N": 40, "D": 20, "H": 20, "C": 5}, language="zh")
    told = re.findall(r'<p class="note">(.*?)</p>', html)
    assert len(told) >= len(notes)
    assert not [note for note in told if re.search(r"\b[a-z]{3,} [a-z]{2,}", note)]
    assert any(re.search(r"抽取了 \d+ 个元素中的 \d+ 个", note) for note in told)


def test_json_of_a_report_has_the_english_text():
    row = Row("w", "numeric", Verdict.PASS, note="")
    assert symbackprop.verify(zoo.load("mlp"), method="exact").as_dict()["rows"][0]["note"] == row.note


def test_a_language_that_there_is_not():
    with pytest.raises(InvalidArgument, match='expected "en" or "zh"'):
        symbackprop.report(zoo.load("mlp"), language="fr")


def test_it_is_read_in_a_browser(browser, tmp_path, html):
    file = tmp_path / "lstm.html"
    file.write_text(html, encoding="utf-8")
    for width, phone in ((1440, False), (400, True)):
        browser.resize(width, 900, phone)
        browser.open("about:blank")
        browser.complaints()
        browser.open(f"{file.as_uri()}#B3")
        assert browser.run("return document.getElementById('held-text').textContent").startswith("B3：")
        assert browser.run("return document.getElementById('held-other').textContent") == "查看代码"
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        signs = (
            "return [...document.querySelectorAll('.net-picture tspan')].filter((one) => one.textContent === '∂')"
            ".map((one) => one.getComputedTextLength() / parseFloat(getComputedStyle(one).fontSize))"
        )
        assert browser.run(signs)
        assert max(browser.run(signs)) < 0.8  # not as wide as a Chinese letter
        assert browser.complaints() == []
