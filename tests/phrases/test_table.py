"""The tables: the same phrases with the same holes in each; all are said, as they are; nothing is said beside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from functools import lru_cache
from pathlib import Path

import pytest

import symbackprop
from symbackprop.phrases import ENGLISH, LANGUAGES, Phrase, Phrases
from symbackprop.resources import templates

PACKAGE = Path(symbackprop.__file__).parent
KEYS = {field.name for field in fields(Phrases)}
SAYING = ("document", "report", "picture", "matrix", "verify", "formula", "terms", "latex", "cli")
FILES = [file for room in SAYING for file in sorted((PACKAGE / room).glob("*.py"))]
PAGES = sorted((templates() / "report").glob("*.j2"))
SCRIPTS = sorted((templates() / "report").glob("*.js"))


@lru_cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def holes(phrase: object) -> object:
    return dict(phrase.holes) if isinstance(phrase, Phrase) else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_phrases_with_the_same_holes(language: str) -> None:
    table = LANGUAGES[language]
    assert {key: holes(getattr(table, key)) for key in KEYS} == {key: holes(getattr(ENGLISH, key)) for key in KEYS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_out(language: str) -> None:
    assert {key for key in KEYS if not getattr(LANGUAGES[language], key)} <= {"latex_package", "between_sentences"}


def test_tables_stay_as_they_are() -> None:
    with pytest.raises(FrozenInstanceError):
        ENGLISH.symbols = "else"  # type: ignore[misc]


def test_what_scripts_fill_are_single_things() -> None:
    for key in KEYS:
        phrase = getattr(ENGLISH, key)
        assert not key.startswith("script_") or not isinstance(phrase, Phrase) or ":" not in re.sub(
            r"^[^{]*|\}[^{]*", "", phrase.template)  # fmt: skip


# --- all are said --------------------------------------------------------------------------------------
def filled_in(file: Path) -> Iterator[tuple[int, str, set[str]]]:
    """(line, key, the holes filled) of each `words.key(…)`, `words.key.text(…)` and `Message("key", …)`."""
    for node in ast.walk(tree(file)):
        if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
            continue
        given = {str(keyword.arg) for keyword in node.keywords}
        match node.func:
            case ast.Name("Message") if isinstance(node.args[0], ast.Constant):
                yield node.lineno, str(node.args[0].value), given
            case ast.Attribute(ast.Attribute(_, key), "text") if key in KEYS:
                yield node.lineno, key, given
            case ast.Attribute(ast.Name("words") | ast.Attribute(_, "words"), key) if key in KEYS:
                yield node.lineno, key, given


def test_every_hole_is_filled() -> None:
    count = 0
    for file in FILES:
        for line, key, given in filled_in(file):
            phrase = getattr(ENGLISH, key)
            assert given == (set(phrase.holes) if isinstance(phrase, Phrase) else set()), f"{file.name}:{line}: {key}"
            count += 1
    assert count > 80


def test_every_hole_of_a_template_is_filled() -> None:
    for file in PAGES:
        for key, given in re.findall(
            r"words\.(\w+)(?:\.text)?\(([^()]*(?:\([^()]*\)[^()]*)*)\)", file.read_text("utf-8")
        ):
            assert set(re.findall(r"(\w+)=", given)) == set(getattr(ENGLISH, key).holes), f"{file.name}: {key}"


def patterns(node: ast.JoinedStr) -> str:
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values)


def test_every_phrase_is_said() -> None:
    said = {f"script_{key}" for file in SCRIPTS for key in re.findall(r'"(\w+)"', file.read_text("utf-8"))}
    said |= {key for file in PAGES for key in re.findall(r"words\.(\w+)", file.read_text("utf-8"))}
    made = set()
    for node in (node for file in FILES for node in ast.walk(tree(file))):
        match node:
            case ast.Attribute(_, key) | ast.Constant(str(key)):
                said.add(key)
            case ast.JoinedStr():
                made.add(patterns(node))
    assert {key for key in KEYS - said if not any(re.fullmatch(pattern, key) for pattern in made - {r"\w+"})} == set()


# --- nothing beside them -------------------------------------------------------------------------------
def literals(node: ast.AST) -> Iterator[ast.Constant]:
    """Strings but for docstrings and for what an exception says."""
    match node:
        case ast.Raise() | ast.Assert():
            return
        case ast.Expr(ast.Constant()):
            return
        case ast.Constant(str()):
            yield node
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


# a helper that raises errors of a defect of the package, told in English; words of TikZ
BESIDE = {("matrix", "shape.py"), ("picture", "tikz.py")}
SILENT = [
    file
    for file in FILES
    if file.parent.name in ("document", "report", "picture", "matrix") and (file.parent.name, file.name) not in BESIDE
]
MARKUP = re.compile(r"<[^>]*|^[ \w]*=\"|\\[a-z]+.*|default-src.*|.*-src .*|base-uri.*|symbackprop latex.*|^cell delta$")


@pytest.mark.parametrize("file", SILENT, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_prose_in_code(file: Path) -> None:
    found = [(node.lineno, node.value) for node in literals(tree(file))]
    prose = [
        (line, text) for line, text in found if re.search(r"\b[A-Za-z]?[a-z]+,? [a-z]{2,}\b", MARKUP.sub("", text))
    ]
    assert prose == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_no_prose_in_templates(file: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", "", file.read_text("utf-8"), flags=re.DOTALL)
    told = re.findall(r"(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"", text)
    told += re.findall(r">([^<]*)<", re.sub(r"(?:<svg class=\"defs\".*?</svg>)", "", text, flags=re.DOTALL))
    assert [words for words in told if re.search("[A-Za-z]", words)] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_prose_in_scripts(file: Path) -> None:
    text = re.sub(r"^\s*(//|/\*\*|\*).*$", "", file.read_text("utf-8"), flags=re.MULTILINE)
    told = re.findall(r"(?:textContent|innerText|innerHTML|title) = ([^;]*);", text)
    told += re.findall(r"\"aria-label\", ([^;]*);", text)
    told += re.findall(r"\"text\", \{[^}]*\}, ([^;]*)\);", text)
    said = r"say\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\$\{[^}]*\}"
    left = [re.sub(said, "", words) for words in told]
    strings = [words for text in left for words in re.findall(r"\"[^\"]*\"|'[^']*'|`[^`]*`", text)]
    assert [words for words in strings if re.search("[A-Za-z]{2}", words)] == []
    assert not re.search(r"[\"`][A-Z][a-z]+ [a-z]+", text)
