"""You against the model: a series alone, a class session with two participants and an instructor, and no leaks."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.percents import percent
from core.data.demo.demo import DEMO_SPEC
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import load_predictions, predicted_labels
from core.runs.run_folder import RunFolder
from core.teaching.quiz.class_answers import participants
from core.teaching.quiz.class_session import Phase, list_sessions, open_session, set_phase
from core.teaching.quiz.kept_results import results_of_series
from core.teaching.quiz.quiz import Sampling, SeriesSettings, draw_series, series_rows
from core.teaching.quiz.quiz_files import quiz_folder
from dashboard.state import joining
from dashboard.state.judged import HEAT_MAP
from dashboard.widgets.quiz.instructor_view import POLL_SECONDS

PAGE = "42_quiz.py"
KEYS, NAMES = DEMO_SPEC.class_keys, DEMO_SPEC.class_names


def predictions_of(run: RunFolder) -> pd.DataFrame:
    return load_predictions(run.evaluation / "predictions.parquet")


def series(run: RunFolder, seed: int = 1) -> pd.DataFrame:
    """Predictions on the pictures of a series of ten, in order."""
    predictions = predictions_of(run)
    return series_rows(predictions, draw_series(predictions, SeriesSettings(run.run_id, seed=seed)))


def press(test: AppTest, label: str) -> AppTest:
    [button] = [each for each in test.button if each.label == label]
    return button.click().run()


def labels(test: AppTest) -> list[str]:
    return [each.label for each in test.button]


def play(test: AppTest, answers: list[str], start: int = 0) -> AppTest:
    """Answer the pictures from `start` on."""
    for position, key in enumerate(answers, start=start):
        test.button(key=f"quiz-{position}-{key}").click().run()
        assert not test.exception
    return test


def sent(test: AppTest) -> str:
    """Everything that the browser gets."""

    def texts(block) -> list[str]:
        own = [str(block.proto)] if getattr(block, "proto", None) is not None else []
        return own + [text for child in getattr(block, "children", {}).values() for text in texts(child)]

    return "\n".join(texts(test._tree))


def said(test: AppTest) -> str:
    return "\n".join(each.value for each in [*test.markdown, *test.caption, *test.header, *test.title])


def problems(test: AppTest) -> str:
    return "\n".join(each.value for each in test.error)


def address(test: AppTest) -> dict[str, str]:
    """What stands behind the question mark; AppTest gives lists for what a test has set."""
    return {name: value if isinstance(value, str) else value[0] for name, value in test.query_params.items()}


def metric(test: AppTest, label: str) -> str:
    [found] = [each for each in test.metric if each.label == label]
    return found.value


def test_without_a_run_the_page_says_what_to_do_next(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert test.info[0].value.startswith("There is no run with a test part yet")
    assert [link.value for link in test.page_link] == ["Train one"]


def test_the_code_of_a_class_stands_before_the_model_and_any_picture(trained: RunFolder, open_page) -> None:
    """A phone in a class is opened for nothing else."""

    def listed(block) -> list:
        inside = getattr(block, "children", {}).values()
        return [block, *(each for child in inside for each in listed(child))]

    order = [getattr(each, "label", "") or each.type for each in listed(open_page(PAGE).main)]
    code = order.index("Code from the projector")
    assert code < order.index("Join") < order.index("The model")
    assert "image" not in order[:code]


def test_a_link_to_a_series_of_a_run_that_was_deleted_starts_no_other(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE, run="20200101-000000-gone-000000", n="20", seed="42")
    assert ["`20200101-000000-gone-000000`" in each.value for each in test.warning] == [True]
    assert not [each for each in test.button if each.label.startswith("Start with")]
    [model] = [box for box in test.selectbox if box.label == "The model"]
    model.set_value(trained.run_id).run()
    assert "Start with 20 pictures" in [each.label for each in test.button]
    assert test.number_input(key="quiz-seed").value == 42


def test_settings_of_a_series_are_kept_while_one_looks_elsewhere(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    test.number_input(key="quiz-seed").set_value(42).run()
    test.segmented_control(key="quiz-size").set_value(20).run()
    for asked, expected in ({}, (42, 20)), ({"seed": "7", "n": "30"}, (7, 30)):
        test.query_params.clear()  # a link of the navigation has no parameters
        test.switch_page("../pages/20_data.py").run()
        for name, value in asked.items():
            test.query_params[name] = value
        test.switch_page(f"../pages/{PAGE}").run()
        assert not test.exception
        assert (test.number_input(key="quiz-seed").value, test.segmented_control(key="quiz-size").value) == expected


def test_a_whole_series_is_played_to_a_result_that_agrees_with_core(trained: RunFolder, open_page) -> None:
    test = press(open_page(PAGE), "Start with 10 pictures")
    answers = ["nv", "mel", "bcc", "nv", "df", "nv", "vasc", "bkl", "akiec", "nv"]
    play(test, answers)
    assert "All 10 pictures are answered" in said(test)
    press(test, "Show the result")
    assert not test.exception
    assert not test.error

    rows = series(trained)
    model = evaluate(rows, KEYS, "nv")
    right = sum(a == t for a, t in zip(answers, rows["true"], strict=True))
    models = predicted_labels(rows, KEYS)
    assert metric(test, "You") == f"{right} of 10"
    assert metric(test, "The model") == f"{round(10 * model.accuracy)} of 10"
    assert metric(test, "Same answer") == f"{sum(a == m for a, m in zip(answers, models, strict=True))} of 10"
    assert f"**{percent(model.balanced_accuracy, 0)}**" in said(test)
    yours, theirs = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")[1:3]]
    assert theirs["layout"]["title"]["text"] == "The model's confusion matrix"
    for chart, given in ((yours, answers), (theirs, models)):
        counts = pd.crosstab(rows["true"], pd.Series(given)).stack()
        expected = {(NAMES[true], NAMES[answer]): n for (true, answer), n in counts.items() if n}
        shown = {
            tuple(cell[:2]): int(text)
            for squares in chart["data"]
            for cell, text in zip(squares["customdata"], squares["text"], strict=True)
        }
        assert shown == expected


def test_the_published_figure_stands_with_its_source_and_its_scale(trained: RunFolder, open_page) -> None:
    test = press(play(press(open_page(PAGE), "Start with 10 pictures"), ["nv"] * 10), "Show the result")
    text = said(test)
    assert "511 human readers" in text
    assert "**+2.01**" in text
    assert "95 % interval 1.97–2.04" in text
    assert "The published figure is for 30 pictures; the same share of 10 would be 0.67" in text
    assert "doi:10.1016/S1470-2045(19)30333-X" in text
    assert "Not a medical device" in test.warning[-1].value
    assert "synthetic" in text


def test_nothing_sent_before_the_end_tells_the_picture_or_the_models_answer(trained: RunFolder, open_page) -> None:
    test = press(open_page(PAGE), "Start with 10 pictures")
    rows = series(trained)
    (trained.evaluation / "predictions.parquet").rename(trained.path / "away")  # what is not read cannot be sent
    for position, (image_id, group_id) in enumerate(zip(rows["image_id"], rows["group_id"], strict=True)):
        payload = sent(test)
        assert f"Picture {position + 1} of the series" in payload
        assert image_id not in payload
        assert group_id not in payload
        assert "demo_images" not in payload
        assert not any(f"p_{key}" in payload for key in KEYS)
        buttons = [each.label for each in test.button if each.key and each.key.startswith(f"quiz-{position}-")]
        assert [label.split("\u2002")[-1] for label in buttons] == [
            c.name for c in sorted(DEMO_SPEC.classes, key=lambda c: not c.malignant)
        ]
        play(test, ["nv"], start=position)


def test_an_answer_can_be_taken_back_and_corrected_until_the_result_is_shown(trained: RunFolder, open_page) -> None:
    test = press(open_page(PAGE), "Start with 10 pictures")
    play(test, ["nv", "mel"])
    press(test, "Back to the picture before")
    assert "quiz-1-bcc" in [each.key for each in test.button]
    play(test, ["bcc"], start=1)
    play(test, ["nv"] * 8, start=2)
    press(test, "Back to the picture before")
    play(test, ["df"], start=9)
    press(test, "Show the result")
    table = test.dataframe[0].value
    assert table["you"].tolist() == [NAMES[key] for key in ["nv", "bcc", *["nv"] * 7, "df"]]
    assert "Back to the picture before" not in labels(test)


def test_age_sex_and_site_stand_beside_the_picture_only_where_asked_for(trained: RunFolder, open_page) -> None:
    without = press(open_page(PAGE, metadata="no"), "Start with 10 pictures")
    assert not any(" · " in each.value for each in without.caption)
    with_them = press(open_page(PAGE, metadata="yes"), "Start with 10 pictures")
    assert any(each.value.count(" · ") == 2 for each in with_them.caption)


def test_the_address_holds_the_series_and_gives_it_to_others(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    test.number_input(key="quiz-seed").set_value(42).run()
    test.segmented_control(key="quiz-size").set_value(20).run()
    test.segmented_control(key="quiz-sampling").set_value(Sampling.AS_THEY_COME).run()
    shared = address(test)
    assert shared == {"run": trained.run_id, "n": "20", "sampling": "as-they-come", "seed": "42", "metadata": "no"}

    other = press(open_page(PAGE, **shared), "Start with 20 pictures")
    expected = SeriesSettings(trained.run_id, 20, Sampling.AS_THEY_COME, 42)
    attempt = other.session_state["quiz-attempt"]
    assert attempt.settings == expected
    assert attempt.image_ids == draw_series(predictions_of(trained), expected)
    assert {name: value for name, value in address(other).items() if name != "attempt"} == shared


@pytest.mark.parametrize("value", ["", "-1", "²"])
def test_an_address_with_nonsense_in_it_starts_with_the_defaults(trained: RunFolder, open_page, value: str) -> None:
    test = open_page(PAGE, n=value, sampling=value, seed=value, metadata=value)
    assert not test.exception
    assert "Start with 10 pictures" in labels(test)
    assert test.number_input(key="quiz-seed").value == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"session": "../../runs"},
        {"session": "b" * 16},
        {"session": "..", "view": "class"},
        {"session": "b" * 16, "view": "class"},
        {"result": "../\0"},
        {"code": "../.."},
    ],
)
def test_hostile_keys_in_the_address_end_in_a_clear_message(demo_artifacts, open_page, asked: dict[str, str]) -> None:
    test = open_page(PAGE, **asked)
    assert not test.exception
    assert problems(test)
    assert not any(value in problems(test) for name, value in asked.items() if name != "view")


def test_a_run_without_predictions_is_told(trained: RunFolder, open_page) -> None:
    (trained.evaluation / "predictions.parquet").unlink()
    test = open_page(PAGE)
    assert "has not been evaluated" in problems(test)


def test_a_series_whose_run_was_deleted_ends_in_a_message_and_a_way_out(trained: RunFolder, open_page) -> None:
    test = press(open_page(PAGE), "Start with 10 pictures")
    trained.path.rename(trained.path.parent.parent / "gone")
    test.run()
    assert "There is no run" in problems(test)
    press(test, "Start over")
    assert test.title[0].value == "You against the model"


def test_a_picture_that_cannot_be_shown_is_left_out_and_counts_for_nobody(
    trained: RunFolder, open_page, artifacts: Path, monkeypatch
) -> None:
    import shutil

    first = series(trained)["image_id"].iloc[0]
    drawn = artifacts / "data" / "demo"
    real = drawn.resolve()
    drawn.unlink()
    shutil.copytree(real, drawn)
    next(drawn.rglob(f"{first}.jpg")).write_bytes(b"no picture")
    test = press(open_page(PAGE), "Start with 10 pictures")
    assert [each.value for each in test.warning] == ["This picture cannot be read."]
    assert first not in sent(test)
    press(test, "Leave this picture out")
    press(play(test, ["nv"] * 9, start=1), "Show the result")
    assert metric(test, "You").endswith("of 9")
    assert "1 picture of the series were not answered" in said(test)


def test_nothing_is_stored_unless_asked_and_what_is_kept_can_be_deleted(trained: RunFolder, open_page) -> None:
    test = press(play(press(open_page(PAGE), "Start with 10 pictures"), ["nv"] * 10), "Show the result")
    assert not quiz_folder().exists()

    test.text_input(key="quiz-nickname").set_value("<b>Ada</b>")
    press(test, "Keep my result")
    [kept] = results_of_series(SeriesSettings(trained.run_id, seed=1))
    assert kept.nickname == "bAdab"
    assert kept.answers == ("nv",) * 10
    assert [each.value.endswith(f"?result={kept.key}") for each in test.code] == [True]
    [link] = test.get("link_button")
    assert (link.proto.label, link.proto.url) == ("Open the kept result", test.code[0].value)
    assert test.dataframe[-1].value["nickname"].tolist() == ["bAdab"]

    again = open_page(PAGE, result=kept.key)
    assert again.title[0].value == "The result of bAdab"
    assert not again.get("link_button")  # it is open
    assert metric(again, "You") == metric(test, "You")

    press(test, "Delete it for good")
    assert results_of_series(SeriesSettings(trained.run_id, seed=1)) == []
    assert "no such kept result" in problems(again.run())


def test_another_series_is_the_next_seed(trained: RunFolder, open_page) -> None:
    test = press(play(press(open_page(PAGE), "Start with 10 pictures"), ["nv"] * 10), "Show the result")
    press(test, "Another series")
    assert test.session_state["quiz-attempt"].settings.seed == 2
    assert address(test)["seed"] == "2"
    assert "quiz-0-nv" in [each.key for each in test.button]


def test_a_leaking_run_is_marked_in_red(trained: RunFolder, open_page) -> None:
    report = json.loads((trained.path / "leakage.json").read_text())
    report |= {"groups_shared": 50, "with_group_in_train": 40}
    (trained.path / "leakage.json").write_text(json.dumps(report))
    test = open_page(PAGE)
    assert [each.proto.title for each in test.error] == ["This split leaks"]
    press(play(press(test, "Start with 10 pictures"), ["nv"] * 10), "Show the result")
    assert [each.proto.title for each in test.error] == ["This split leaks"]


def test_a_run_without_a_leak_is_offered_before_a_newer_one_with(trained: RunFolder, open_page) -> None:
    newer = trained.path.with_name("9" + trained.path.name[1:])
    shutil.copytree(trained.path, newer)
    report = json.loads((newer / "leakage.json").read_text()) | {"groups_shared": 50, "leaking": True}
    (newer / "leakage.json").write_text(json.dumps(report))
    offered = open_page(PAGE).selectbox[0]
    assert ["leaking" in title for title in offered.options] == [False, True]
    assert offered.value == trained.run_id


def opened_session(run: RunFolder):
    settings = SeriesSettings(run.run_id, seed=1)
    return open_session(settings, draw_series(predictions_of(run), settings), KEYS)


def test_a_class_session_from_opening_to_everybodys_results(trained: RunFolder, open_page) -> None:
    teacher = press(open_page(PAGE), "Open a class session with this series")
    [session], _ = list_sessions()
    assert address(teacher) == {"session": session.session_id, "view": "class"}
    assert session.code in sent(teacher)
    [code] = [image for image in teacher.get("image") if "QR code" in str(image.proto)]
    assert f"code={session.code}" in str(code.proto)
    assert any(f"session={session.session_id}" in each.value for each in teacher.code)
    assert metric(teacher, "Joined") == "0"

    ada, ben = open_page(PAGE, session=session.session_id), open_page(PAGE, code=session.code)
    rows = series(trained)
    answers = {"ada": rows["true"].tolist(), "ben": ["nv"] * 10}
    for student, name in ((ada, "ada"), (ben, "ben")):
        payload = sent(student)
        assert not any(image_id in payload for image_id in rows["image_id"])
        press(student, "Join")
        play(student, answers[name][:5])
        payload = sent(student)
        assert not any(image_id in payload for image_id in rows["image_id"])
    teacher.run()
    assert (metric(teacher, "Joined"), metric(teacher, "Finished")) == ("2", "0")
    assert metric(teacher, "Answers") == "10 of 20"
    assert "Show everybody's results" not in labels(teacher)
    assert not teacher.get("plotly_chart")

    for student, name in ((ada, "ada"), (ben, "ben")):
        press(play(student, answers[name][5:], start=5), "Show the result")
    assert metric(ada, "You") == "10 of 10"
    assert "appears here once the instructor shows it" in said(ada)
    press(press(teacher, "Close: no more answers"), "Show everybody's results")
    assert not teacher.exception
    nevi = int((rows["true"] == "nv").sum())
    assert metric(teacher, "The class, on average") == f"{(10 + nevi) / 2:.1f} of 10"
    [dots, sensitivity] = [json.loads(chart.proto.spec) for chart in teacher.get("plotly_chart")]
    assert dots["layout"]["title"]["text"] == "Correct answers of each participant"
    assert "class found" in sensitivity["layout"]["title"]["text"].replace("<br>", " ")
    assert "The pictures that were missed most" in [each.value for each in teacher.subheader]
    assert [each.proto.label for each in teacher.get("download_button")] == ["All answers as CSV"]

    press(ada, "Refresh")
    titles = [json.loads(chart.proto.spec)["layout"]["title"]["text"] for chart in ada.get("plotly_chart")]
    assert titles[0] == "Correct answers of each participant"

    ids = [each.participant_id for each in participants(session.session_id)[0]]
    assert not any(each in sent(teacher) for each in ids)
    press(teacher, "Delete the session")
    assert list_sessions() == ([], [])
    assert "no such class session" in problems(ben.run())


def test_a_viewer_answers_but_neither_opens_nor_closes_a_session(trained: RunFolder, as_viewer, open_page) -> None:
    teacher = open_page(PAGE)
    session = opened_session(trained)
    as_viewer()
    assert "For instructors" not in [each.value for each in open_page(PAGE).subheader]
    press(teacher, "Open a class session with this series")  # the page was shown before the role was lost
    assert "Only instructors" in problems(teacher)
    assert list_sessions()[0] == [session]

    instructor_view = open_page(PAGE, session=session.session_id, view="class")
    assert "Only instructors" in problems(instructor_view)
    assert not {"Close: no more answers", "Delete the session"} & set(labels(instructor_view))
    student = press(open_page(PAGE, session=session.session_id), "Join")
    play(student, ["nv"])
    assert participants(session.session_id)[0][0].answers == ("nv",)


def test_who_has_joined_often_enough_is_told_so_and_gets_no_further(trained, open_page, monkeypatch) -> None:
    monkeypatch.setattr(joining, "PER_ADDRESS", 1)
    session = opened_session(trained)
    press(open_page(PAGE, session=session.session_id), "Join")
    late = press(open_page(PAGE, session=session.session_id), "Join")
    assert "have joined this session 1 times" in problems(late)
    assert "seat" not in address(late)
    assert "Join" in labels(late)
    assert len(participants(session.session_id)[0]) == 1


def test_an_instructor_who_lost_the_role_cannot_close_or_delete_from_an_old_page(
    trained: RunFolder, as_viewer, open_page
) -> None:
    session = opened_session(trained)
    pages = [open_page(PAGE, session=session.session_id, view="class") for _ in range(2)]
    as_viewer()
    for page, label in zip(pages, ("Close: no more answers", "Delete the session"), strict=True):
        press(page, label)
        assert "Only instructors" in problems(page)
    assert list_sessions()[0] == [session]


def test_a_participant_is_found_again_after_a_reload(trained: RunFolder, open_page) -> None:
    session = opened_session(trained)
    student = play(press(open_page(PAGE, session=session.session_id), "Join"), ["nv", "mel"])
    again = open_page(PAGE, **address(student))
    assert "quiz-2-nv" in [each.key for each in again.button]
    play(again, ["df"], start=2)
    assert participants(session.session_id)[0][0].answers == ("nv", "mel", "df")
    play(student, ["bcc"], start=2)  # the old tab still shows the third picture
    assert "answered already" in problems(student)
    assert participants(session.session_id)[0][0].answers == ("nv", "mel", "df")


def test_a_session_closed_on_the_way_takes_no_more_and_shows_what_was_answered(trained: RunFolder, open_page) -> None:
    session = opened_session(trained)
    student = play(press(open_page(PAGE, session=session.session_id), "Join"), ["nv", "mel"])
    set_phase(session.session_id, Phase.CLOSED)
    play(student, ["nv"], start=2)
    assert "closed: no more answers" in problems(student)
    assert metric(student, "You").endswith("of 2")
    assert participants(session.session_id)[0][0].answers == ("nv", "mel")
    late = open_page(PAGE, session=session.session_id)
    assert "closed" in late.info[0].value
    assert "Join" not in labels(late)


def test_a_damaged_participant_file_is_told_to_its_owner_and_to_the_instructor(trained: RunFolder, open_page) -> None:
    session = opened_session(trained)
    student = press(open_page(PAGE, session=session.session_id), "Join")
    next((quiz_folder() / session.session_id / "participants").glob("*.json")).write_text("{")
    assert "damaged" in problems(student.run())
    instructor_view = open_page(PAGE, session=session.session_id, view="class")
    assert any("1 damaged files" in each.value for each in instructor_view.warning)


def test_the_instructors_view_polls_only_while_answers_are_taken(demo_artifacts, open_page, monkeypatch) -> None:
    import streamlit as st

    intervals = []
    fragment = st.fragment

    def noted(*args, **options):
        intervals.append(options.get("run_every"))
        return fragment(*args, **options)

    session = open_session(SeriesSettings("a-run"), [f"I{number}" for number in range(10)], KEYS)
    instructor_view = open_page(PAGE, session=session.session_id, view="class")
    monkeypatch.setattr(st, "fragment", noted)
    instructor_view.run()
    press(instructor_view, "Close: no more answers")
    assert intervals == [POLL_SECONDS, None]
    press(instructor_view, "Open again")
    assert intervals[-1] == POLL_SECONDS


def test_answers_are_still_there_when_the_page_was_reloaded(trained: RunFolder, open_page) -> None:
    test = press(open_page(PAGE, run=trained.run_id, n="10"), "Start with 10 pictures")
    play(test, ["nv", "mel", "nv"])
    again = open_page(PAGE, **address(test))
    assert "Picture **4** of 10" in again.get("progress")[0].proto.text
    assert len(address(test)["attempt"]) >= 16
    press(again, "Quit")
    assert "Start with 10 pictures" in labels(open_page(PAGE, **address(test)))


def test_a_code_and_one_press_of_join_lead_to_the_first_picture(trained: RunFolder, open_page) -> None:
    session = opened_session(trained)
    student = open_page(PAGE)
    [code] = [each for each in student.text_input if each.key == "quiz-code"]
    code.set_value(session.code)
    press(student, "Join")
    assert "Picture **1** of 10" in student.get("progress")[0].proto.text
    assert len(participants(session.session_id)[0]) == 1


def test_who_wants_to_learn_is_told_the_truth_after_each_picture(trained: RunFolder, open_page) -> None:
    true = series(trained)["true"].tolist()
    names = {each.key: each.name for each in DEMO_SPEC.classes}
    test = open_page(PAGE, run=trained.run_id)
    assert not told_so_far(press(open_page(PAGE, run=trained.run_id), "Start with 10 pictures"))
    test.toggle(key="quiz-feedback").set_value(True).run()
    test = press(test, "Start with 10 pictures")
    assert not told_so_far(test)
    other = next(key for key in KEYS if key != true[1])
    play(test, [true[0]])
    assert f"Picture 1 showed **{names[true[0]]}**. You said the same" in told_so_far(test)
    play(test, [other], start=1)
    assert f"Picture 2 showed **{names[true[1]]}**. You said {names[other]}; the model said" in told_so_far(test)
    [link] = [each.proto for each in test.get("page_link") if each.proto.label == HEAT_MAP]
    assert f"picture={series(trained)['image_id'].iloc[1]}" in link.query_string


def told_so_far(test: AppTest) -> str:
    """What is told of the last picture."""
    return " ".join(each.value for each in (*test.success, *test.warning) if "showed" in each.value)
