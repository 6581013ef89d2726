"""The Chinese table, as Chinese is set: full-width marks, spaces between Chinese and what is not, one word a notion."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from symbackprop.phrases import ENGLISH, Phrase, zh

CHINESE = zh.CHINESE
HAN, MARKS = r"[\u4e00-\u9fff]", "，。；：、（）？！"
# holes that are filled with Chinese words alone, or nothing: no space stands beside them
WORDS = {"reason", "facts", "meaning", "verdict", "quantity", "link", "note", "rows", "numbers", "method",
         "counts", "families"}  # fmt: skip


def template(key: str) -> str:
    value = getattr(CHINESE, key)
    return value.template if isinstance(value, Phrase) else value


KEYS = [
    field.name for field in fields(CHINESE) if field.name not in ("name", "code", "latex_package", "between_sentences")
]
# each hole as it is filled: a number by a digit or a Chinese one, what is not Chinese by x
FILLED = {
    key: re.sub(
        r"\{(\w+)(?::([^}]*))?\}",
        lambda hole: "一" if hole[1] in WORDS else (hole[2] or "x").split("|")[0].replace("#", "1"),
        template(key),
    )
    for key in KEYS
}


def test_every_phrase_is_chinese() -> None:
    without = {key for key in KEYS if not re.search(f"{HAN}|[{MARKS}]", FILLED[key])}
    assert without == {"node_equations"}  # numbers of equations in their parentheses


@pytest.mark.parametrize("key", KEYS)
def test_spaces(key: str) -> None:
    text = FILLED[key]
    assert not re.search(f"{HAN} {HAN}| [{MARKS}]|[{MARKS}] ", text)
    assert not re.search(rf"{HAN}[A-Za-z0-9δ∇∂(]|[A-Za-z0-9δ∇∂)]{HAN}", text.replace("1个", "1 个"))


@pytest.mark.parametrize("key", KEYS)
def test_marks_are_full_width(key: str) -> None:
    assert not re.search(rf"{HAN} ?[,.;:?!()]|[,;:?!]{HAN}", FILLED[key].replace("δ (", "").replace(" (x)", ""))


def test_one_word_a_notion() -> None:
    """Those of the glossary; what other books say instead is not mixed in."""
    said = "".join(FILLED.values())
    others = ("向前传播", "前馈传播", "后向传播", "反传", "链式规则", "连锁", "代价函数", "按元素", "中央差分", "示性",
              "损失值", "缓冲")  # fmt: skip
    assert [word for word in others if word in said] == []
    for word in ("前向传播", "反向传播", "链式法则", "误差项", "伴随", "损失函数", "余切向量", "切向量", "指标", "下标",
                 "标号", "逐元素", "乘加运算", "中心差分", "指示函数", "递推", "雅可比矩阵", "不可导点"):  # fmt: skip
        assert word in said
        assert word in (zh.__doc__ or "")


def test_sentences_end_as_sentences() -> None:
    for key in KEYS:
        value = getattr(ENGLISH, key)
        ends = (value.template if isinstance(value, Phrase) else value).endswith(".")
        assert template(key).endswith("。") == ends, key
