"""Python's collector runs seldom within, and as before afterwards."""

import gc

import pytest

from symbackprop.terms.collecting import collecting_seldom


@pytest.fixture
def usual():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()
    gc.set_threshold(*before)


def test_seldom_within_and_as_usual_behind_the_outermost(usual):
    with collecting_seldom():
        seldom = gc.get_threshold()
        assert seldom[0] > 100 * usual[0]
        with collecting_seldom():
            assert gc.get_threshold() == seldom
        assert gc.get_threshold() == seldom
    assert gc.get_threshold() == usual


def test_after_an_error_too(usual):
    with pytest.raises(ZeroDivisionError), collecting_seldom():
        raise ZeroDivisionError
    assert gc.get_threshold() == usual


def test_a_collector_that_never_runs_goes_on_so(usual):
    gc.set_threshold(0)
    never = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold() == never
    assert gc.get_threshold() == never


def test_what_was_made_is_not_gone_through_at_the_end(usual):
    gc.collect()
    made = []
    with collecting_seldom():
        made += [[] for _ in range(10_000)]
        before = [generation["collections"] for generation in gc.get_stats()]
    made.append([])
    assert [generation["collections"] for generation in gc.get_stats()] == before
    assert not gc.get_freeze_count()


def test_what_was_frozen_stays_frozen(usual):
    gc.freeze()
    try:
        with collecting_seldom():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
