"""The Predict page: every file a person may bring gets an answer or a sentence on what is wrong with it."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent
from core.data.demo.demo import DEMO_SPEC
from core.data.diagnoses.diagnosis_sentences import sentence_on
from core.data.images.pictures import MAX_BYTES
from core.data.splits.splits import TEST, Split
from core.jobs import list_jobs
from core.runs.run_folder import RunFolder
from core.serving.pool import PredictionPool
from core.serving.submission import submission_file
from tests.alike import long_but

PAGE = "33_predict.py"
NAMES = DEMO_SPEC.class_names
MARKUP = ("<", ">", "](", ":red[", "**", "`", "$", "\u202e")
HOSTILE_NAMES = (
    "<img src=x onerror=alert(1)>.jpg",
    ":red[**bold**](http://example.org) `code` $x$.jpg",
    "[click](javascript:alert(1)).jpg",
    "../../../etc/passwd",
    "\u202egpj.exe",
    "x" * 3000 + ".jpg",
    "",
)


@pytest.fixture
def predict_page(trained: RunFolder, open_page) -> AppTest:
    """The page with the one finished run."""
    return open_page(PAGE)


def drawing() -> Image.Image:
    """A dark spot, not in the middle, on skin; 96×64 pixels."""
    y, x = np.mgrid[:64, :96]
    spot = np.exp(-((x - 30) ** 2 + (y - 20) ** 2) / 300)[..., None]
    skin, dark = np.array([215, 170, 150]), np.array([70, 40, 35])
    return Image.fromarray((skin * (1 - spot) + dark * spot).astype(np.uint8))


def encoded(image: Image.Image, image_format: str, **how) -> bytes:
    content = io.BytesIO()
    image.save(content, image_format, **how)
    return content.getvalue()


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG written by hand, for what Pillow does not write (PNG specification, third edition, 5.3)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sixteen_bit_png() -> bytes:
    """The drawing with 16 bits per colour."""
    wide = np.asarray(drawing()).astype(">u2") * 257
    return png(96, 64, 16, 2, b"".join(b"\0" + row.tobytes() for row in wide))


def turned_jpeg() -> bytes:
    """The drawing as a camera held upright stores it: on its side, with EXIF orientation 6."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(drawing().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=97, exif=exif)


def transparent_png() -> bytes:
    image = drawing().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image, "PNG")


def animated_gif() -> bytes:
    return encoded(drawing(), "GIF", save_all=True, append_images=[Image.new("RGB", (96, 64), "white")])


GOOD_JPEG = encoded(drawing(), "JPEG", quality=97)
READ = {
    "CMYK": (encoded(drawing().convert("CMYK"), "JPEG"), "meant for print (CMYK)"),
    "greyscale": (encoded(drawing().convert("L"), "JPEG"), "It is greyscale"),
    "16 bits a colour": (sixteen_bit_png(), "16 bits per colour"),
    "16 bits of grey": (encoded(Image.fromarray(np.full((40, 40), 30_000, np.uint16)), "PNG"), "use 16 bits"),
    "animated": (animated_gif(), "only the first was used"),
    "turned": (turned_jpeg(), "it was set upright"),
    "transparent": (transparent_png(), "it was laid on white"),
    "tiny": (encoded(drawing().resize((6, 4)), "PNG"), "only 6 × 4 pixels"),
    "long": (encoded(drawing().resize((400, 20)), "PNG"), "squeezed to a square"),
    "large": (encoded(Image.new("RGB", (5000, 4000), "pink"), "JPEG"), "reduced to 2,048"),
}
REFUSED = {
    "empty": (b"", "is empty"),
    "cut off": (GOOD_JPEG[: len(GOOD_JPEG) // 2], "is cut off"),
    "broken": (GOOD_JPEG[:20] + bytes(300) + GOOD_JPEG[-300:], "cannot be read"),
    "text": (b"This is no picture.\n" * 20, "not a picture but text"),
    "web page": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "not a picture but a web page"),
    "document": (b"%PDF-1.7\n" + bytes(200), "not a picture but a PDF document"),
    "bomb": (png(60_000, 60_000, 8, 2, bytes(100_000)), "60,000 × 60,000 pixels"),
    "heavy": (GOOD_JPEG + bytes(MAX_BYTES), "is larger than 20 MB"),
    "without pixels": (png(0, 10, 8, 2, b""), "has no pixels"),
}


def upload(test: AppTest, content: bytes, name: str = "mole.jpg") -> AppTest:
    return test.file_uploader[0].set_value((name, content, "image/jpeg")).run()


def probabilities(test: AppTest) -> dict[str, float]:
    """What the chart of probabilities says, by the full name of the class."""
    charts = [json.loads(chart.proto.spec)["data"] for chart in test.get("plotly_chart")]
    [bars] = [trace for [trace] in charts if trace["type"] == "bar"]  # the other one is the picture that is cropped
    return dict(zip([name for name, *_ in bars["customdata"]], bars["x"], strict=True))


def says_that_it_is_no_diagnosis(test: AppTest) -> bool:
    return any("Not a medical device, not a diagnosis" in warning.value for warning in test.warning)


def test_without_a_trained_model_the_page_says_what_to_do_next(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert test.info[0].value.startswith("There is no trained model yet.")
    assert [link.value for link in test.page_link] == ["Train one"]
    assert says_that_it_is_no_diagnosis(test)
    assert not test.exception


def test_before_any_picture_the_page_already_says_that_it_is_no_diagnosis(predict_page: AppTest) -> None:
    assert says_that_it_is_no_diagnosis(predict_page)
    assert not predict_page.metric
    assert not predict_page.error


def test_a_picture_gets_every_probability_by_full_name_a_malignant_share_and_a_heat_map(predict_page: AppTest) -> None:
    test = upload(predict_page, GOOD_JPEG)
    fractions = probabilities(test)
    assert set(fractions) == set(NAMES.values())
    assert sum(fractions.values()) == pytest.approx(1, abs=1e-4)
    shown = {metric.label: metric for metric in test.metric}
    most_likely = max(fractions, key=fractions.__getitem__)
    assert shown["Most likely"].value == most_likely
    assert shown["Most likely"].delta == percent(fractions[most_likely])
    malignant = sum(fractions[c.name] for c in DEMO_SPEC.classes if c.malignant)
    assert shown["Probability of malignant"].value == percent(malignant)
    labels = [getattr(node, "label", None) for node in test.main]
    assert labels.index("Most likely") < labels.index("Show heat map for"), "on a phone the answer comes first"
    picture, original = test.image
    assert original.captions[0] == "The picture itself"
    assert picture.captions[0].startswith(f"HiResCAM for {most_likely}: yellow marks the strongest evidence")
    told = next(each.value for each in test.caption if each.value.startswith("- **")).split("\n")
    assert told[0].startswith(f"- **{most_likely}**, {percent(fractions[most_likely])}: ")
    assert [line.partition(": ")[2] for line in told] == [
        sentence_on(name) for name in sorted(fractions, key=lambda name: -fractions[name])
    ]
    assert says_that_it_is_no_diagnosis(test)
    assert not test.error
    assert not test.exception


def test_evidence_for_another_class_can_be_asked_for(predict_page: AppTest) -> None:
    test = upload(predict_page, GOOD_JPEG)
    before = probabilities(test)
    [evidence] = [box for box in test.selectbox if box.label == "Show heat map for"]
    test = evidence.set_value("vasc").run()
    assert test.image[0].captions[0].startswith("HiResCAM for vascular lesion")
    assert probabilities(test) == before


def test_an_upload_is_read_once_and_let_go_of(trained: RunFolder, open_page, monkeypatch) -> None:
    read: list[str] = []
    real = PredictionPool.read
    monkeypatch.setattr(PredictionPool, "read", lambda *args: read.append(args[2]) or real(*args))
    test = upload(open_page(PAGE), GOOD_JPEG)
    assert read == ["mole.jpg"]
    assert test.file_uploader[0].value is None, "the file is still held"
    [slider] = [each for each in test.slider if each.label == "Heat map opacity"]
    before = test.image[0].value
    test = slider.set_value(0.2).run()
    assert len(read) == 1
    assert test.image[0].value != before
    test = upload(test, encoded(drawing().rotate(90), "JPEG"), "other.jpg")
    assert read == ["mole.jpg", "other.jpg"]
    assert any(caption.value == "Shown: other.jpg" for caption in test.caption)
    [remove] = [button for button in test.button if button.label == "Remove"]
    test = remove.click().run()
    assert not test.image
    assert "brought-predict" not in test.session_state


def test_what_was_brought_is_still_there_after_a_look_at_another_page(predict_page: AppTest) -> None:
    def source(test: AppTest):
        [found] = [each for each in test.segmented_control if each.label == "Picture"]
        return found

    def after_a_look_elsewhere(test: AppTest) -> AppTest:
        test.switch_page("../pages/31_runs.py").run()
        return test.switch_page("../pages/33_predict.py").run()

    test = upload(predict_page, GOOD_JPEG)
    before = probabilities(test)
    test = after_a_look_elsewhere(test)
    assert any(caption.value == "Shown: mole.jpg" for caption in test.caption)
    assert any("a reload of the page forgets it" in caption.value for caption in test.caption)
    assert probabilities(test) == before
    test = after_a_look_elsewhere(source(test).set_value("Camera").run())
    assert source(test).value == "Camera"


@pytest.mark.usefixtures("read_in_processes")
def test_the_web_process_decodes_nothing_that_people_bring(trained: RunFolder, open_page, monkeypatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded in the process that serves pages")

    monkeypatch.setattr("core.serving.brought.read_picture", never)
    monkeypatch.setattr("core.serving.brought.decode_square", never)
    test = upload(open_page(PAGE), GOOD_JPEG)
    assert not test.error
    assert probabilities(test)


@pytest.mark.parametrize("kind", READ)
def test_an_unusual_picture_is_answered_and_what_was_changed_is_said(kind: str, predict_page: AppTest) -> None:
    content, note = READ[kind]
    test = upload(predict_page, content)
    assert not test.exception
    assert not test.error
    assert sum(probabilities(test).values()) == pytest.approx(1, abs=1e-4)
    assert any(note in caption.value for caption in test.caption), [caption.value for caption in test.caption]
    assert len(test.image) == 2


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_no_usable_picture_is_refused_in_one_sentence(kind: str, predict_page: AppTest) -> None:
    content, reason = REFUSED[kind]
    test = upload(predict_page, content)
    [error] = test.error
    assert reason in error.value
    assert error.value.startswith("“mole.jpg”")
    assert not test.exception
    assert not test.metric
    assert says_that_it_is_no_diagnosis(test)


def test_a_good_picture_after_a_refused_one_is_answered(predict_page: AppTest) -> None:
    test = upload(predict_page, b"no picture")
    assert test.error
    test = upload(test, GOOD_JPEG)
    assert not test.error
    assert probabilities(test)


def test_a_picture_stored_on_its_side_is_answered_as_the_upright_one(predict_page: AppTest) -> None:
    upright = probabilities(upload(predict_page, encoded(drawing(), "PNG")))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(drawing().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    assert probabilities(upload(predict_page, turned)) == pytest.approx(upright, abs=1e-2)  # colours round otherwise
    unmarked = probabilities(upload(predict_page, encoded(drawing().transpose(Image.Transpose.ROTATE_90), "PNG")))
    assert unmarked != pytest.approx(upright, abs=1e-2), "the model should see the difference"


@pytest.mark.parametrize("name", long_but(HOSTILE_NAMES, *HOSTILE_NAMES[:2]))
def test_a_hostile_file_name_is_shown_without_any_markup(name: str, predict_page: AppTest) -> None:
    test = upload(predict_page, b"This is no picture.", name)
    [error] = test.error
    assert "is not a picture but text" in error.value
    assert not [mark for mark in MARKUP if mark in error.value]
    assert len(error.value) < 200
    test = upload(test, GOOD_JPEG, name)
    assert probabilities(test)
    assert not test.error
    assert not test.exception
    assert not [element for element in test if len(name) > 3 and name in str(getattr(element, "proto", ""))]


def test_a_model_without_convolution_says_that_there_is_no_heat_map(trained: RunFolder, open_page) -> None:
    from core.models.baseline import majority, set_fractions

    model = majority(28, len(NAMES))
    set_fractions(model, np.array([5, 5, 5, 4]))
    model.save(trained.model_file)
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"model": "majority", "temperature": 1.0})
    test = upload(open_page(PAGE), GOOD_JPEG)
    fractions = probabilities(test)
    assert fractions[NAMES[DEMO_SPEC.class_keys[5]]] == pytest.approx(0.75)
    assert any(c.value.startswith("No heat map: the answers of majority") for c in test.caption)
    assert "Show heat map for" not in [box.label for box in test.selectbox]
    assert test.image[0].captions == [""]
    assert not test.exception
    assert not test.error


@pytest.mark.parametrize("page", [PAGE, "39_many.py"])
def test_a_damaged_predictor_file_is_a_clear_error(page: str, trained: RunFolder, open_page) -> None:
    whole = trained.predictor_file.read_bytes()
    trained.predictor_file.write_bytes(whole[: len(whole) // 2])
    try:
        test = open_page(page, run=trained.run_id)
    finally:
        trained.predictor_file.write_bytes(whole)
    assert "predictor.json is damaged" in test.error[0].value
    assert not test.exception


def test_a_damaged_model_is_a_clear_error(trained: RunFolder, open_page) -> None:
    trained.model_file.write_bytes(b"no model")
    test = upload(open_page(PAGE), GOOD_JPEG)
    [error] = test.error
    assert error.value == f"The model of the run {trained.run_id} is damaged and cannot be loaded."
    assert says_that_it_is_no_diagnosis(test)
    assert not test.exception


def test_the_model_of_a_leaking_run_is_marked(trained: RunFolder, open_page) -> None:
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"leaking": True})
    badges = [element.value for element in open_page(PAGE).markdown if "-badge[" in element.value]
    assert any("red-badge" in badge and "leaking split" in badge for badge in badges)
    assert any("synthetic" in badge for badge in badges)


def test_examples_are_shown_with_their_true_class_and_others_can_be_drawn(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Example").run()
    [true] = [box for box in test.selectbox if box.label == "True class"]
    test = true.set_value("mel").run()
    held_out = Split.load(trained.split_file).part(TEST)
    few = min(8, (held_out["label"] == "mel").sum())
    assert [image.captions[0] for image in test.image][:few] == [str(number + 1) for number in range(few)]
    assert any("true class: melanoma" in element.value for element in test.markdown)
    assert probabilities(test)

    before = [image.value for image in test.image[:few]]
    [others] = [button for button in test.button if button.label == "Others"]
    test = others.click().run()
    assert [image.value for image in test.image[:few]] != before
    assert not test.exception
    assert not test.error


def test_pictures_of_the_data_set_without_a_class_are_offered(trained: RunFolder, open_page, artifacts: Path) -> None:
    assert not any("Without a class" in each.options for each in open_page(PAGE).segmented_control)
    folder = artifacts.parent / "data" / "moles"
    for part, names in (("train/nv", ("a", "b")), ("train/mel", ("c", "d")), ("test", ("x", "y", "z"))):
        (folder / part).mkdir(parents=True)
        for name in names:
            (folder / part / f"{name}.jpg").write_bytes(GOOD_JPEG)
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"dataset": "moles"})
    test = open_page(PAGE)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Without a class").run()
    assert any(caption.value.startswith("3 pictures of") for caption in test.caption)
    assert [image.captions[0] for image in test.image][:3] == ["1", "2", "3"]
    assert probabilities(test)
    assert not any("true class" in element.value for element in test.markdown)
    assert not test.error
    assert not test.exception


def test_all_pictures_without_a_class_become_a_submission_in_the_background(
    trained, open_page, artifacts, as_viewer, jobs_done_here
) -> None:
    folder = artifacts.parent / "data" / "moles"
    for name in ("train/nv/a", "train/mel/b", "test/z", "test/x", "test/y"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jpg").write_bytes(GOOD_JPEG)
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"dataset": "moles"})

    def page() -> AppTest:
        test = open_page(PAGE)
        [source] = [each for each in test.segmented_control if each.label == "Picture"]
        return source.set_value("Without a class").run()

    [button] = [each for each in page().button if each.label == "Predict all as submission.csv"]
    assert not button.click().run().exception
    [job] = list_jobs("submission")
    assert job.status().state == "finished", job.log_tail()
    test = page()
    assert any(caption.value == "It has 3 rows." for caption in test.caption)
    [download] = test.get("download_button")
    assert download.proto.label == "Download submission.csv"
    table = pd.read_csv(submission_file(trained.run_id, "moles"))
    assert table["id"].tolist() == ["x", "y", "z"]
    assert table["label"].between(0, 1).all()

    (folder / "test" / "w.jpg").write_bytes(GOOD_JPEG)
    as_viewer()
    test = page()
    assert not test.get("download_button")
    [button] = [each for each in test.button if each.label == "Predict all as submission.csv"]
    assert button.disabled
    assert not test.exception


@pytest.mark.real_data
def test_a_held_out_picture_of_ham10000_can_be_predicted(ham10000, open_page) -> None:
    test = open_page(PAGE, dataset="ham10000")
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Example").run()
    assert {metric.label: metric.value for metric in test.metric}["Most likely"] == "melanocytic nevus"
    assert not test.error
    assert not test.exception
