"""The two panes of the page, in a browser: the divider between them, code that is wrapped and copied, and following."""

import pytest

from .browser import in_view

WIDTHS = "return ['derivation', 'code'].map((key) => document.getElementById(key).getBoundingClientRect().width)"


def test_the_divider_is_dragged(opened):
    browser = opened("mlp")
    before, code_before = browser.run(WIDTHS)
    drag = (
        "const one = document.getElementById('divider'); const box = one.getBoundingClientRect();"
        "const at = (kind, x) => one.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: x, clientY: 400,"
        " bubbles: true, button: 0 }));"
        "one.setPointerCapture = () => {}; one.hasPointerCapture = () => true;"
        "at('pointerdown', box.left); at('pointermove', box.left - arguments[0]); at('pointerup', box.left);"
    )
    browser.run(drag, 300)
    after, code_after = browser.run(WIDTHS)
    assert after == pytest.approx(before - 300, abs=20)
    assert code_after == pytest.approx(code_before + 300, abs=20)
    browser.run(drag, 5000)  # no pane is dragged away
    assert browser.run(WIDTHS)[0] > 200


def test_the_divider_has_keys(opened):
    browser = opened("mlp")
    value = "return Number(document.getElementById('divider').getAttribute('aria-valuenow'))"
    browser.run("document.getElementById('divider').focus()")
    before, start = browser.run(WIDTHS)[0], browser.run(value)
    browser.press("ArrowLeft", "ArrowLeft")
    assert browser.run(value) == start - 4
    assert browser.run(WIDTHS)[0] < before - 30
    browser.press("End")
    assert browser.run(value) == 80
    browser.press("Enter")
    assert browser.run(value) == start
    assert browser.run(WIDTHS)[0] == pytest.approx(before, abs=1)


def test_code_is_wrapped(opened):
    browser = opened("lstm")
    wide = "const one = document.getElementById('code'); return one.scrollWidth - one.clientWidth"
    assert browser.run(wide) > 0
    browser.click("#wrap")
    assert browser.run(wide) <= 0
    browser.click("#wrap")
    assert browser.run(wide) > 0


@pytest.mark.parametrize("style", ["fast", "plain"])
@pytest.mark.parametrize("clipboard", [True, False], ids=["clipboard", "no clipboard"])
def test_code_is_copied(opened, made, style, clipboard):
    """All of the module that is shown, what is folded away too."""
    browser = opened("mlp")
    browser.click(f'input[name="style"][value="{style}"]')
    browser.run(
        "window.taken = null;"
        "const write = arguments[0] ? (text) => { window.taken = text; return Promise.resolve(); }"
        " : () => Promise.reject(new Error('forbidden'));"
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: write }, configurable: true });"
        "document.execCommand = () => { window.taken = document.activeElement.value; return true; };",
        clipboard,
    )
    browser.click("#copy")
    assert browser.wait("return window.taken !== null")
    expected = made("mlp").source if style == "fast" else made("mlp").plain
    assert browser.run("return window.taken") == expected
    assert browser.wait("return document.getElementById('copied').textContent.endsWith('lines copied')")
    assert not browser.run("return document.querySelector('textarea')")


SCROLL = (
    "const pane = document.getElementById(arguments[0]); pane.dispatchEvent(new WheelEvent('wheel', {bubbles: true}));"
    "pane.scrollTop += document.querySelector(arguments[1]).getBoundingClientRect().top"
    " - pane.getBoundingClientRect().top - pane.clientHeight / 4 + 4"
)


def test_each_pane_follows_the_other(opened):
    browser = opened("lstm")
    browser.run(SCROLL, "derivation", "#B9")
    assert in_view(browser, "#code-B9", "code")
    browser.run(SCROLL, "code", "#code-F3")
    assert in_view(browser, "#F3", "derivation")


def test_following_does_not_fight_the_reader(opened):
    browser = opened("lstm")
    top = "return document.getElementById('code').scrollTop"
    browser.run(SCROLL, "code", "#code-B12")
    assert in_view(browser, "#B12", "derivation")
    before = browser.run(top)
    browser.run(
        "return new Promise((done) => setTimeout(() => done(1), 900))"
    )  # the derivation's own scrolling is over
    assert browser.run(top) == before  # the pane that follows does not lead
    browser.click("#together")
    browser.run(SCROLL, "derivation", "#F3")
    browser.run("return new Promise((done) => setTimeout(() => done(1), 600))")
    assert browser.run(top) == before  # what is switched off stays where it is
    browser.click("#together")
    browser.click("#F3 .tag")
    assert in_view(browser, "#code-F3", "code")
    browser.run(SCROLL, "derivation", "#B9")  # what is held stays
    browser.run("return new Promise((done) => setTimeout(() => done(1), 600))")
    assert in_view(browser, "#code-F3", "code")


def test_a_phone_goes_to_the_same_place(opened):
    browser = opened("lstm", 360, 740, phone=True)
    browser.run(SCROLL, "derivation", "#B9")
    browser.click(".tabs [data-tab=code]")
    assert in_view(browser, "#code-B9", "code")
    assert browser.run("return document.getElementById('divider').getClientRects().length") == 0
