"""The page Model card: every section, what is missing, notes by instructors, and both files to take away."""

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.evaluation.predictions import load_predictions, save_predictions
from core.runs.card.notes import load_notes
from core.runs.run_folder import RunFolder
from dashboard.widgets import card_view

PAGE = "39_card.py"
HOSTILE = "<script>alert(1)</script> **bold** ![x](http://evil.example/a.png)"


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.error, *page.info, *page.warning, *page.text, *page.subheader]
    return "\n".join(element.value for element in shown)


def test_the_card_is_shown_with_what_is_missing_and_can_be_taken_away(trained: RunFolder, open_page, pressed) -> None:
    page = open_page(PAGE)
    assert not page.exception
    titles = [each.value for each in page.subheader]
    assert titles[0] == "The model"
    assert {"Intended use", "Known failures", "What was not computed", "Notes by people"} <= set(titles)
    assert "Not computed: checks of its heat maps." in texts(page)
    assert f"`python -m core explain {trained.run_id}`" in texts(page)
    assert [each.proto.label for each in page.get("download_button")] == ["Markdown", "HTML"]
    assert pressed[f"{trained.run_id}-card.md"]().startswith("# cnn")
    assert "<h2>Known failures</h2>" in pressed[f"{trained.run_id}-card.html"]()


def test_the_card_is_printed_when_that_is_asked_for_or_the_page_says_why_not(
    trained: RunFolder, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(card_view, "printed", lambda html: asked.append(html) or (b"%PDF-", ""))
    page = open_page(PAGE)
    assert not asked
    page = next(each for each in page.button if each.label == "Make a PDF").click().run()
    assert [each.proto.label for each in page.get("download_button")] == ["Markdown", "HTML", "PDF"]
    assert "<h2>Known failures</h2>" in asked[0]
    monkeypatch.setattr(card_view, "printed", lambda _: (None, "This machine cannot make a PDF."))
    page = next(each for each in page.button if each.label == "Make a PDF").click().run()
    assert "This machine cannot make a PDF." in texts(page)
    assert not page.exception


def test_an_instructor_writes_a_note_that_is_only_text_and_takes_it_away(trained: RunFolder, open_page) -> None:
    page = open_page(PAGE)
    page.text_area[0].set_value(HOSTILE)
    next(each for each in page.button if each.label == "Keep it").click().run()
    [note] = load_notes(trained)
    assert (note.text, note.by) == (HOSTILE, "")
    assert HOSTILE in [each.value for each in page.text], "as text, not as Markdown"
    next(each for each in page.button if each.label == "Keep it").click().run()
    assert "A note needs some text." in texts(page)
    next(each for each in page.button if each.label == "Delete the note").click().run()
    assert load_notes(trained) == ()
    assert not page.exception


def test_viewers_read_notes_and_write_none(trained: RunFolder, open_page, as_viewer) -> None:
    as_viewer()
    page = open_page(PAGE)
    assert "only instructors write notes" in texts(page)
    assert not page.text_area


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.assign(p_mel=table["p_mel"] + 0.4), "do not sum to 1"),
        (lambda table: table.rename(columns={"p_mel": "p_rash"}), "are of another model"),
    ],
)
@pytest.mark.parametrize("page", [PAGE, "32_results.py", "33_predict.py"])
def test_predictions_that_are_not_the_runs_are_a_clear_error(
    page: str, change, said: str, trained: RunFolder, open_page
) -> None:
    save_predictions(trained.predictions_file, change(load_predictions(trained.predictions_file)))
    test = open_page(page)
    assert not test.exception
    assert said in texts(test)


def test_a_run_without_validation_and_one_group_has_a_card(trained: RunFolder, open_page) -> None:
    table = load_predictions(trained.predictions_file)
    metrics = read_json(trained.evaluation / "metrics.json")
    write_json(trained.evaluation / "metrics.json", {"headline": "test", "test": metrics["test"]})
    save_predictions(trained.predictions_file, table[table["part"] == "test"].assign(group_id="one"))
    page = open_page(PAGE)
    assert not page.exception
    assert not page.error
    assert "sets of classes that hold the true one as often as promised" in texts(page)


def test_without_an_evaluated_run_the_page_says_what_to_do_next(demo_artifacts, open_page) -> None:
    page = open_page(PAGE)
    assert page.info[0].value.startswith("No run has been evaluated yet.")
    assert not page.exception
