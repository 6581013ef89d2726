"""The page in a browser, opened from disk: it answers to mouse, touch and keys, and the console stays silent."""

import json
import re

import pytest

from symbackprop.report.cost_data import value_of

from .browser import in_view

CONTRAST = """
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
    const ground = (one) => {
        if (one instanceof SVGElement && one.closest('.node')) {
            return numbers(getComputedStyle(one.closest('.node').querySelector('.box')).fill);
        }
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
    };
    const poor = new Set();
    for (const one of document.querySelectorAll('body *')) {
        const text = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!text || !one.getClientRects().length || ['SCRIPT', 'OPTION'].includes(one.tagName)) continue;
        const style = getComputedStyle(one);
        const pair = [numbers(one instanceof SVGElement ? style.fill : style.color), ground(one)].map(light);
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (ratio < 4.5) poor.add(`${one.tagName} ${one.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
    }
    return [...poor];
"""
LIT = "return [...document.querySelectorAll('{}.lit')].map((one) => one.id || one.dataset.l)"


SHOWN = ".listing:not([hidden]) .chunk"


def lit(browser, kind):
    return browser.run(LIT.format(kind))


def test_either_style_of_the_code_is_shown_and_lit(opened):
    browser = opened("mlp")
    shown = "return [...document.querySelectorAll('.listing')].filter(e => e.offsetHeight).map(e => e.dataset.styles)"
    assert browser.run(shown) == ["fast"]
    browser.click('input[name="style"][value="plain"]')
    assert browser.run(shown) == ["plain"]
    browser.click("#B3 .tag")
    assert lit(browser, SHOWN) == ["plain-B3"]
    browser.press("ArrowRight")
    assert browser.run("return document.activeElement.closest('.chunk').id") == "plain-B3"
    browser.click('input[name="style"][value="fast"]')
    assert lit(browser, SHOWN) == ["code-B3"]


def test_the_text_in_c_beside_the_derivation(opened):
    browser = opened("mlp", in_c=True, fragment="#B2")
    file = "return document.querySelector('#code h2').innerText"
    assert browser.run(file) == "The module: mlp.c"
    assert lit(browser, SHOWN) == ["c-B2"]
    assert in_view(browser, "#c-B2", "code")
    browser.press("Escape")
    browser.run("document.querySelector('#F3 .tag').focus()")
    browser.press("ArrowRight")
    assert browser.run("return document.activeElement.closest('.chunk').id") == "c-F3"
    assert browser.wait("return document.querySelector('#F3.lit')")
    browser.press("ArrowLeft")
    assert browser.run("return document.activeElement.closest('.eq').id") == "F3"
    browser.run("document.querySelector('input[name=style]:checked').focus()")
    browser.press("ArrowUp")  # as keys choose among such buttons
    assert browser.run("return document.querySelector('input[name=style]:checked').value") == "plain"
    assert browser.run(file) == "The module: mlp.py"
    browser.run("document.querySelector('#F3 .tag').focus()")
    browser.press("ArrowRight")
    assert browser.run("return document.activeElement.closest('.chunk').id") == "plain-F3"


def test_a_buffer_and_its_equation(opened):
    browser = opened("mlp", in_c=True)
    box = ".memory-plan [data-l='F2'] .box"
    browser.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", box)
    browser.point(box)
    assert browser.wait("return document.querySelector('#c-F2.lit')")
    assert in_view(browser, "#c-F2", "code")
    browser.click("#B1 .tag")
    assert "d_z2" in browser.run("return document.querySelector('.memory-plan .lit title').textContent")


def test_a_fragment_of_any_style(opened):
    for fragment in ("code-B3", "plain-B3", "c-B3"):
        assert lit(opened("mlp", in_c=True, fragment=f"#{fragment}"), ".eq") == ["B3"]


def test_pointing_at_an_equation_lights_its_code(opened):
    browser = opened("mlp")
    browser.run("document.getElementById('B3').scrollIntoView({block: 'center'})")
    browser.point("#B3 .tag")
    assert browser.wait("return document.querySelector('#code-B3.lit')")
    assert lit(browser, ".eq") == ["B3"]
    assert lit(browser, SHOWN) == ["code-B3"]
    assert in_view(browser, "#code-B3", "code")
    assert browser.run("return location.hash") == ""
    browser.point_away()
    assert browser.wait("return !document.querySelector('.lit')")


def test_pointing_at_code_lights_its_equation_and_graph(opened):
    browser = opened("mlp")
    browser.run("document.getElementById('code-B2').scrollIntoView({block: 'center'})")
    browser.point("#code-B2")
    assert browser.wait("return document.querySelector('#B2.lit')")
    assert lit(browser, ".eq") == ["B2"]
    assert in_view(browser, "#B2", "derivation")
    cells = browser.run(
        "return [...document.querySelectorAll('#canvas .net-picture:not([hidden]) a.lit')].map((a) => a.dataset.l)"
    )
    assert cells == ["B2"]


def test_an_equation_that_two_functions_need_names_both(opened):
    browser = opened("mlp")
    browser.click("#F1 .tag")  # computed once, for forward and for predict
    assert lit(browser, SHOWN) == ["code-F1"]
    told = browser.run("return document.getElementById('held-text').textContent")
    assert told == "F1: z1, computed in forward and predict"
    assert browser.run("return [...document.querySelectorAll('[aria-current]')].map((a) => a.textContent)") == ["(F1)"]


def test_a_click_holds_and_escape_lets_go(opened):
    browser = opened("mlp")
    browser.click("#B1 .tag")
    assert browser.run("return location.hash") == "#B1"
    assert not browser.run("return document.getElementById('held').hidden")
    browser.run("document.getElementById('code-F1').scrollIntoView()")
    browser.point("#code-F1")  # pointing elsewhere does not let go
    assert lit(browser, ".eq") == ["B1"]
    browser.press("Escape")
    assert browser.run("return document.getElementById('held').hidden")
    assert browser.run("return location.hash") == ""
    browser.click("#B1 .tag")
    browser.click("#B1 .tag")  # a second click lets go as well
    assert browser.run("return document.getElementById('held').hidden")


def test_a_fragment_chooses(opened):
    browser = opened("mlp", fragment="#B4")
    assert lit(browser, ".eq") == ["B4"]
    assert in_view(browser, "#B4", "derivation")
    assert in_view(browser, "#code-B4", "code")
    browser.run("location.hash = '#F2'")
    assert browser.wait("return document.querySelector('#F2.lit')")


def test_references_lead_to_equations(opened):
    browser = opened("mlp")
    label = browser.run("const a = document.querySelector('a.ref'); a.scrollIntoView({block: 'center'}); return a.hash")
    browser.click("a.ref")
    assert lit(browser, ".eq") == [label[1:]]
    assert in_view(browser, label, "derivation")


def test_keys_alone(opened):
    browser = opened("mlp")
    focused = "return document.activeElement.textContent"
    browser.press("Tab")
    assert browser.run(focused) == "Skip to the derivation"
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.run("document.querySelector('#F1 .tag').focus()")
    browser.press("ArrowDown")
    assert browser.run(focused) == "(F2)"
    assert browser.wait("return document.querySelector('#code-F2.lit')")
    assert in_view(browser, "#code-F2", "code")
    browser.press("ArrowRight")  # across to the code
    assert browser.run("return document.activeElement.closest('.chunk').id") == "code-F2"
    browser.press("ArrowDown")
    assert browser.run("return document.activeElement.closest('.chunk').id") == "code-F3"
    assert browser.wait("return document.querySelector('#F3.lit')")
    browser.press("ArrowLeft")
    assert browser.run("return document.activeElement.closest('.eq').id") == "F3"
    browser.press("Enter")
    assert browser.run("return document.querySelector('.held #F3.lit') !== null")
    browser.press("Escape", "End")
    assert browser.run("return document.activeElement.closest('.eq').id") == "B7"
    browser.press("Tab")
    assert browser.run("return document.activeElement.closest('.eq')") is None  # one stop for all equations


def test_the_graph(opened):
    browser = opened("mlp")
    link = "#canvas .net-picture:not([hidden]) a[data-l='B1']"
    browser.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", link)
    browser.point(link)
    assert browser.wait("return document.querySelector('#B1.lit') && document.querySelector('#code-B1.lit')")
    browser.click(link)  # a link: to the equation, and to its code
    assert in_view(browser, "#B1", "derivation")
    assert in_view(browser, "#code-B1", "code")
    browser.press("Escape")
    browser.run("document.getElementById('graph').scrollIntoView()")
    width = "return document.querySelector('#canvas .net-picture:not([hidden])').getBoundingClientRect().width"
    before = browser.run(width)
    browser.click("#zoom-in")
    assert browser.run(width) > before * 1.2
    browser.click("#zoom-fit")
    assert browser.run(width) <= browser.run("return document.getElementById('canvas').clientWidth")
    shown = "return getComputedStyle(document.querySelector('#canvas .net-picture:not([hidden]) .deltas')).visibility"
    assert browser.run(shown) == "visible"
    browser.click("#flow")
    assert browser.run(shown) == "hidden"
    browser.run("const s = document.getElementById('picture'); s.value = 'bare'; s.dispatchEvent(new Event('change'))")
    assert browser.run("return document.querySelector('#canvas .net-picture:not([hidden])').id") == "picture-bare"


def test_the_plot_answers_and_is_right(opened, made):
    browser = opened("mlp")
    data = json.loads(re.search(r'id="data">(.*?)</script>', made("mlp").html)[1])
    curve = "return document.querySelector('#plot path[data-row=\"backward\"]').getAttribute('d')"
    before = browser.run(curve)
    browser.run(
        "const s = document.querySelector('input[type=range][data-size=H]'); s.value = 21;"
        "s.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    sizes = {**data["sizes"], "H": 128}
    assert browser.run("return document.querySelector('input[type=number][data-size=H]').value") == "128"
    assert browser.run(curve) != before
    rows = browser.run(
        "return [...document.querySelectorAll('#cost-table tbody tr')].map((row) => [row.children[0].textContent,"
        " ...[...row.children].slice(1).map((cell) => Number(cell.textContent.replaceAll(',', '')))])"
    )
    for name, *found in rows:
        assert found == [int(value_of(data["rows"][name][quantity], sizes)) for quantity in data["quantities"]]
    before = browser.run(curve)
    browser.run("const s = document.getElementById('axis'); s.value = 'C'; s.dispatchEvent(new Event('change'))")
    assert browser.run(curve) != before
    assert browser.run("return document.querySelectorAll('#plot path[data-row]').length") == 4


def test_sizes_that_the_network_does_not_take(opened):
    browser = opened("crf")  # T ≥ 2
    browser.run(
        "const s = document.querySelector('input[type=number][data-size=T]'); s.value = 1;"
        "s.dispatchEvent(new Event('change'))"
    )
    assert "T ≥ 2" in browser.run("return document.getElementById('unmet').textContent")
    assert browser.run("return document.querySelector('#cost-table td:last-child').textContent") in ("–", "")


def test_forms_and_theme(opened):
    browser = opened("mlp")
    hidden = "return getComputedStyle(document.querySelector('.both:has(> .matrix) > .{}')).display === 'none'"
    for form, (index, matrix) in {"index": (False, True), "matrix": (True, False), "both": (False, False)}.items():
        browser.click(f"input[name=form][value={form}]")
        assert browser.run(hidden.format("index")) == index
        assert browser.run(hidden.format("matrix")) == matrix
    paper = "return getComputedStyle(document.getElementById('derivation')).backgroundColor"
    light = browser.run(paper)
    browser.click("#theme")
    assert browser.run(paper) != light
    browser.click("#theme")
    assert browser.run(paper) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(opened, scheme):
    """Text on its ground, 4.5 to 1 and more (WCAG 2.2, success criterion 1.4.3)."""
    browser = opened("mlp", scheme=scheme, fragment="#B2")
    browser.run("document.getAnimations().forEach((one) => one.finish())")  # colours as they are in the end
    assert browser.run(CONTRAST) == []


@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_a_phone(opened, name):
    browser = opened(name, 360, 740, phone=True)
    for tab in ("derivation", "code"):
        browser.click(f".tabs [data-tab={tab}]")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        wide = f"const pane = document.getElementById('{tab}'); return pane.scrollWidth - pane.clientWidth"
        assert browser.run(wide) <= 0
        assert browser.run(f"return document.getElementById('{tab}').getClientRects().length") == 1
    browser.click(".tabs [data-tab=derivation]")
    assert browser.run("return document.querySelector('.of-divider').getClientRects().length") == 0  # there is none
    browser.run("document.getElementById('F2').scrollIntoView({block: 'center'})")
    browser.click("#F2 .tag")
    browser.click("#held-other")
    assert in_view(browser, "#code-F2", "code")
    assert lit(browser, ".chunk")[0] == "code-F2"


def test_without_scripts(opened, browser):
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened("mlp", 1440, 900)
        box = browser.command("DOM.getDocument", depth=-1)
        assert "gradients verified" in json.dumps(box)
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


def test_print(opened):
    """On paper: black on white whatever the screen, the code behind the derivation, and no controls."""
    browser = opened("mlp", scheme="dark")
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF")
    assert 3 <= max(map(int, re.findall(rb"/Count (\d+)", pdf))) <= 20
    browser.command("Emulation.setEmulatedMedia", media="print")
    try:
        style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        assert browser.run(style, "html", "backgroundColor") == "rgb(255, 255, 255)"
        assert browser.run(style, "#derivation p", "color") == "rgb(0, 0, 0)"
        for control in (".tools", ".controls", ".sizes", "nav"):
            assert browser.run(style, control, "display") == "none"
        assert browser.run(style, "#code", "breakBefore") == "page"
        ends = "return ['derivation', 'code'].map((key) => document.getElementById(key).getBoundingClientRect())"
        derivation, code = browser.run(ends)
        assert code["top"] >= derivation["bottom"] - 1
    finally:
        browser.command("Emulation.setEmulatedMedia", media="")
