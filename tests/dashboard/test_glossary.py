import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.settings import PROJECT_ROOT
from dashboard.glossary import TERMS, meaning, term_of

FILES = [each for folder in ("pages", "dashboard") for each in (PROJECT_ROOT / folder).rglob("*.py")]


def asked_for(file: Path) -> Iterator[str]:
    """Terms of which a file shows the meaning: those that it names, and those that head the columns of its tables."""
    tree = ast.parse(file.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    yield from (
        each.args[0].value for each in calls if each.func.id == "meaning" and isinstance(each.args[0], ast.Constant)
    )
    if any(each.func.id == "shares_table" for each in calls):
        texts = (
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        yield from filter(None, map(term_of, texts))


def test_every_term_that_a_page_explains_stands_in_the_glossary_and_none_stands_there_in_vain() -> None:
    shown = {term for file in FILES for term in asked_for(file)}
    assert shown == set(TERMS)


def test_a_meaning_is_a_few_short_sentences_and_ends_with_what_holds_here() -> None:
    for term in TERMS:
        said = meaning(term, "Here it is so.")
        assert said.endswith(". Here it is so."), term
        assert len(TERMS[term]) < 300, term
        assert max(len(sentence.split()) for sentence in TERMS[term].split(". ")) <= 32, term
    with pytest.raises(KeyError):
        meaning("luck")


def test_the_name_of_a_column_finds_its_term() -> None:
    assert term_of("AUC (ROC)") == "AUC"
    assert term_of("Sensitivity") == "sensitivity"
    assert term_of("balanced accuracy") == "balanced accuracy"
    assert term_of("image") is None
