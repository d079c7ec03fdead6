"""The page Hand over: has files written, shows how each answers against the run, and gives them for download."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.export.formats import FORMATS
from core.export.model_files import ClassAnswers, ExportReport, made_from, zip_file
from core.runs.card.notes import add_note
from core.runs.run_folder import RunFolder
from core.serving.fast_network import FOLDER, RECORD, FastRecord, Spent, model_hash, versions
from core.serving.predictor import PredictorInfo
from dashboard.widgets.export import bring
from dashboard.widgets.export import formats as widget

PAGE = "39_handover.py"


def written(run: RunFolder, key: str, agreement: float, **more) -> None:
    """A file of a run with its report, as the job leaves them."""
    sensitivities = (ClassAnswers("melanoma", 40, 0.8, 0.7),)
    figures = {"max_difference": 0.25, "accuracy": 0.7, "run_accuracy": 0.75, "bytes": 2_500_000}
    report = ExportReport(
        key, made_from(run), "test", "pictures", 100, agreement=agreement, sensitivities=sensitivities,
        seconds=0.0125, load_seconds=0.5, memory=90_000_000, **{**figures, **more},
    )  # fmt: skip
    target = zip_file(run, FORMATS[key])
    target.parent.mkdir(parents=True)
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("model", key)
    write_json(target.with_name("report.json"), report.to_json())


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.error, *page.info, *page.code]
    return "\n".join(element.value for element in shown)


def test_formats_are_written_as_a_job_by_instructors_alone(
    trained: RunFolder, open_page, as_viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(widget, "start_job", lambda *given: asked.append(given))
    page = open_page(PAGE)
    assert not page.exception
    [pills] = page.pills
    assert pills.value == [key for key in FORMATS if key != "litert-int8"]
    pills.set_value(["onnx", "litert-int8"])
    page.checkbox[0].uncheck()
    page.main.button[-1].click().run()
    [(kind, title, arguments)] = asked
    assert (kind, title) == ("export", f"Hand over {trained.run_id}")
    assert arguments == {"run": trained.run_id, "formats": ["onnx", "litert-int8"], "gate": False}
    as_viewer()
    page = open_page(PAGE)
    assert page.main.button[-1].disabled
    assert "only an instructor can have files written" in texts(page)


def test_each_file_is_shown_with_its_figures_and_can_be_downloaded(trained: RunFolder, open_page, pressed) -> None:
    written(trained, "onnx", 1.0, gate_agreement=0.99, gate_max_difference=1e-5)
    written(trained, "litert-int8", 0.85, without_gate="Eight bits are too few for it.")
    page = open_page(PAGE)
    assert not page.exception
    [table] = page.dataframe
    rows = table.value.set_index("format").to_dict("index")
    assert list(rows) == ["ONNX", "LiteRT, int8"]
    assert rows["ONNX"]["same class"] == 1
    assert rows["ONNX"]["gate agrees"] == 0.99
    assert (rows["ONNX"]["size (MB)"], rows["ONNX"]["time (ms)"], rows["ONNX"]["memory (MB)"]) == (2.5, 12.5, 90)
    [error] = page.error
    assert "gives another answer than the run for 15.0\u00a0% of the pictures" in error.value
    said = texts(page)
    assert "melanoma 70.0\u00a0% (the run itself 80.0\u00a0%, 40 pictures)" in said
    assert "The gate is not inside. Eight bits are too few for it." in said
    assert 'onnxruntime.InferenceSession("model.onnx")' in said
    add_note(trained, "Not for children.", "ada@example.org")
    with zipfile.ZipFile(io.BytesIO(pressed[f"{trained.run_id}-onnx.zip"]())) as file:
        assert file.namelist() == ["model", "card.md", "card.html"]
        assert file.read("model") == b"onnx"
        assert "Not for children." in file.read("card.md").decode(), "the card as it is at the download"
        assert "<h2>Known failures</h2>" in file.read("card.html").decode()
    trained.leakage_file.unlink()
    with zipfile.ZipFile(io.BytesIO(pressed[f"{trained.run_id}-onnx.zip"]())) as file:
        assert "There is no model card" in file.read("card.md").decode()


def test_who_answers_is_said_and_instructors_can_have_it_measured(
    trained: RunFolder, open_page, as_viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.widgets import who_answers as who

    asked = []
    monkeypatch.setattr(who, "start_job", lambda *given: asked.append(given))
    page = open_page(PAGE)
    assert "Answered by Keras. Whether ONNX Runtime says the same faster is not measured yet." in texts(page)
    [button] = [each for each in page.main.button if each.label == "Measure who answers faster"]
    button.click().run()
    assert asked == [
        ("fast answers", f"Measure who answers faster for {trained.run_id}", {"run": trained.run_id}),
    ]
    info = PredictorInfo.load(trained.predictor_file)
    record = FastRecord(
        model_hash(trained.path), info.temperature, versions(), 100, 1e-6, Spent(0.02, 0.008), Spent(0.4, 0.3)
    )
    write_json(trained.path / FOLDER / RECORD, record.to_json())
    page = open_page(PAGE)
    assert "Answered by ONNX Runtime, equal within 0.000001 on 100 held-out pictures, 2.5 times as fast" in texts(page)
    assert "Measure who answers faster" not in [each.label for each in page.main.button]
    write_json(trained.path / FOLDER / RECORD, replace(record, why_not="It takes longer.").to_json())
    assert "Answered by Keras. It takes longer." in texts(open_page(PAGE))
    replace(info, temperature=7.0).save(trained.predictor_file)
    as_viewer()
    page = open_page(PAGE)
    assert "not measured yet" in texts(page)
    assert next(each for each in page.main.button if each.label == "Measure who answers faster").disabled


def test_what_is_not_installed_is_said(trained: RunFolder, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.formats.find_spec", lambda _: None)
    page = open_page(PAGE)
    assert "Not installed here: ai_edge_litert, onnx, onnxruntime, tf2onnx." in page.info[0].value
    [pills] = page.pills
    assert pills.options == ["Keras", "SavedModel"]


def test_a_model_file_of_any_name_is_taken(
    small_demo: Path, artifacts: Path, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(bring, "start_job", lambda *given: asked.append(given))
    page = open_page(PAGE)
    [view] = [each for each in page.segmented_control if each.label == "What"]
    page = view.set_value("Import a model").run()
    page.file_uploader[0].set_value((f"{'x' * 400}.onnx", b"a model", "application/octet-stream"))
    [button] = [each for each in page.button if each.label == "Bring it"]
    page = button.click().run()
    assert not page.exception
    assert not page.error
    [(_, _, arguments)] = asked
    assert Path(arguments["file"]).read_bytes() == b"a model"
    assert Path(arguments["file"]).suffix == ".onnx"
    assert artifacts in Path(arguments["file"]).parents


def test_a_model_of_others_is_brought_as_a_job(
    small_demo: Path, open_page, as_viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(bring, "start_job", lambda *given: asked.append(given))
    page = open_page(PAGE)
    [view] = [each for each in page.segmented_control if each.label == "What"]
    page = view.set_value("Import a model").run()
    assert not page.exception
    [button] = [each for each in page.button if each.label == "Bring it"]
    page = button.click().run()
    assert "Choose a file, or say where it lies." in page.error[0].value
    page.text_input(key="bring-path").set_value("~nobody-of-this-name/model.onnx")
    [button] = [each for each in page.button if each.label == "Bring it"]
    page = button.click().run()
    assert not page.exception
    assert asked.pop()[2]["file"] == "~nobody-of-this-name/model.onnx", "the job says that it is not there"
    page.text_input(key="bring-path").set_value(str(tmp_path / "model.onnx"))
    page.text_area(key="bring-classes").set_value("melanoma\nnevus")
    page.selectbox(key="bring-scale").set_value("0-1")
    [button] = [each for each in page.button if each.label == "Bring it"]
    button.click().run()
    [(kind, _, arguments)] = asked
    assert kind == "bring"
    assert arguments == {
        "file": str(tmp_path / "model.onnx"), "dataset": "demo", "classes": ["melanoma", "nevus"], "side": 0,
        "scale": "0-1", "uploaded": False, "owner": "",
    }  # fmt: skip
    as_viewer()
    page = open_page(PAGE)
    page = page.segmented_control[0].set_value("Import a model").run()
    assert "only an instructor can bring a model" in page.info[0].value


def test_an_upload_is_kept_in_a_folder_of_its_own(artifacts: Path) -> None:
    kept = bring._kept("../../model.onnx", b"model")
    assert kept.read_bytes() == b"model"
    assert kept.parent.parent == artifacts / "brought"
    assert kept.name == "model.onnx"
