"""A report of one prediction: what stands in it, that it stands alone, and that texts in it are text."""

import hashlib
import io
import re
import sys
import threading
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import PictureError
from core.base.files import read_json
from core.base.percents import percent, percent_range
from core.data.images.pictures import read_picture
from core.data.metadata_encoding import MetadataEncoding, Patient
from core.evaluation.such_answers import SuchAnswers
from core.explain.methods import Method
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.report import Reported, ReportedMap, SimilarCase, report_html
from core.runs.answers.verdict import Kind, Line, Verdict
from core.runs.explanations.explanation_words import Said
from core.runs.judging.class_sensitivity import class_sensitivities
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.brought import BroughtPicture
from core.serving.explaining import Explanation
from core.serving.gate import GateAnswer
from core.serving.picture_quality import measure_quality
from core.serving.predictor import DISCLAIMER, PredictorInfo
from core.serving.printing import PrintingError, html_as_pdf

EVIL = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>\" ' & 皮膚"
PASSED = GateAnswer(0.9, 0.5, 1.0, 5.0)


class Read(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.events: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "action", "data")]
        self.events += [name for name, _ in attributes if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@pytest.fixture
def reported(trained: RunFolder) -> Reported:
    info = PredictorInfo.load(trained.predictor_file)
    keys = info.class_keys
    shown = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture = BroughtPicture(
        "mole.jpg", shown, {28: shown[:28, :28]}, ("It is a note.",), measure_quality(shown), "ab" * 32
    )
    fractions = dict(zip(keys, [0.05, 0.05, 0.1, 0.0, 0.6, 0.2, 0.0], strict=True))
    line = Line(0.3, "malignant", ("akiec", "bcc", "mel"), saved=True)
    verdict = Verdict(Kind.HIGH, ("Because.",), line, 0.7, {0.9: ("mel", "nv")}, 0.9, ("df",))
    told = PictureAnswer(
        Answer("mel", fractions, 0.7, gate=PASSED), verdict, ("It is blurred.",), SuchAnswers(71, 83, 40, 55, 0.5, 0.7)
    )
    heat = Explanation(
        Method.GRAD_CAM, "mel", np.random.default_rng(1).random((5, 5)), "conv", "Explained is the score."
    )
    checks = (Said(True, "It takes more than 14 of 20."), Said(False, "Edges do as well."), Said(None, "Unknown."))
    content = io.BytesIO()
    Image.fromarray(shown).save(content, "JPEG")
    case = content.getvalue()
    return Reported(
        trained,
        info,
        told,
        picture,
        ReportedMap(heat, "melanoma", checks),
        (SimilarCase(case, "melanoma, similarity 0.91 · demo_1"), SimilarCase(None, "nevus, similarity 0.80 · demo_2")),
        at=1_767_571_200.0,
    )


def test_all_that_an_answer_rests_on_stands_in_it(reported: Reported) -> None:
    html = report_html(reported)
    text = Read(html).text
    metrics = read_json(reported.run.evaluation / "metrics.json")
    for said in (
        "2026-01-05 00:00 UTC",
        "High",
        "Because.",
        "melanoma, 60.0\u00a0%",
        "at least 30.0\u00a0% (saved for this run); here it has 70.0\u00a0%",
        "Of 100 such answers 71 to 83 are right.",
        "It is blurred.",
        "It is a note.",
        "It passed",
        "more than 14 of 20",
        "SPEAKS AGAINST IT",
        "similarity 0.91 · demo_1",
        "Always in the set, because there were too few lesions to tell: dermatofibroma.",
        percent(metrics["test"]["balanced_accuracy"]),
        f"{metrics['test']['images']:,} pictures",
        f"{percent_range(*(class_sensitivities(reported.run)['mel'].limits or ()))}, ",
        hashlib.sha256(reported.run.model_file.read_bytes()).hexdigest(),
        "ab" * 32,
        hashlib.sha256(reported.picture.squares[28].tobytes()).hexdigest(),
        "learnt from synthetic pictures",
    ):
        assert said in text, said
    assert text.count(DISCLAIMER) == 2
    assert html.count("data:image/jpeg;base64,") == 3
    assert report_html(reported) == html


def test_it_fetches_nothing_and_texts_from_files_are_text(reported: Reported) -> None:
    classes = tuple(replace(each, name=f"{each.name} {EVIL}") for each in reported.info.classes)
    info = replace(reported.info, metadata=MetadataEncoding(("site",)))
    evil = replace(
        reported,
        info=replace(info, classes=classes, dataset_title=EVIL, citation=EVIL, licence=EVIL),
        picture=replace(reported.picture, name=EVIL, notes=(EVIL,), cropped=True),
        similar=(SimilarCase(None, EVIL),),
        patient=Patient(site=EVIL),
        overruled=EVIL,
        told=replace(reported.told, quality=(EVIL,), verdict=replace(reported.told.verdict, reasons=(EVIL,))),
    )
    html = report_html(evil)
    read = Read(html)
    assert not {"script", "iframe", "object", "link", "form", "a"} & set(read.tags)
    assert read.events == []
    assert all(address.startswith("data:image/jpeg;base64,") for address in read.addresses)
    assert read.tags.count("img") == 2
    assert read.text.count("<script>alert(1)</script>") >= 10
    assert "default-src 'none'" in html
    half = replace(reported, overruled="half a letter \ud800")
    report_html(half).encode()


def test_a_refused_picture_has_no_percentages(reported: Reported) -> None:
    refused = replace(reported.told.verdict, kind=Kind.REFUSED, reasons=("It looks like none of them.",))
    gate = replace(PASSED, likeness=0.1)
    told = replace(reported.told, verdict=refused, answer=replace(reported.told.answer, gate=gate))
    text = Read(report_html(replace(reported, told=told, heat=None, similar=None))).text
    assert "I don't know this kind of picture" in text
    assert "Most likely" not in text
    assert "melanoma, 60.0\u00a0%" not in text
    assert "Which classes are possible" not in text
    assert "What the model was tested on" in text


def test_a_run_of_which_little_is_known_is_reported_all_the_same(reported: Reported) -> None:
    bare = replace(reported.told.verdict, sets=None, line=None, score=None, kind=None)
    told = replace(reported.told, verdict=bare, such=None, quality=(), answer=replace(reported.told.answer, gate=None))
    text = Read(report_html(replace(reported, told=told, heat=None, similar=None))).text
    for said in (
        "no heat map",
        "no gate yet",
        "too few validation pictures",
        "Too few pictures were held out",
        "None were",
    ):
        assert said in text, said


@pytest.fixture
def asked_for() -> list[str]:
    """Paths that somebody fetched from a server of this test, whose address is the first."""
    found: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.append(f"http://127.0.0.1:{server.server_port}")
    yield found
    server.shutdown()


def test_the_pdf_is_tagged_and_fetches_nothing(reported: Reported, asked_for: list[str], tmp_path: Path) -> None:
    html = report_html(reported)
    secret = tmp_path / "secret.css"
    secret.write_text("body { display: none }")
    fetching = f'<link rel="stylesheet" href="{secret.as_uri()}"><img src="{asked_for[0]}/x.png" alt="x"></body>'
    try:
        pdf, other = html_as_pdf(html), html_as_pdf(html.replace("</body>", fetching))
    except PrintingError:
        pytest.skip("Pango is not installed on this machine")
    assert pdf.startswith(b"%PDF-")
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    objects = pdf + b"".join(zlib.decompressobj().decompress(each) for each in packed if each[:1] == b"x")
    for tag in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang"):
        assert tag in objects
    assert b"/Alt" in objects, "pictures have words for whoever cannot see them"
    assert html_as_pdf(html) == pdf
    assert other.startswith(b"%PDF-")
    assert len(other) > len(pdf) / 2, "the style sheet that hides everything was not read"
    assert len(asked_for) == 1, "nothing was fetched"


def test_a_cut_picture_is_still_refused_by_a_process_that_has_made_a_pdf() -> None:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)).save(content, "JPEG")
    try:
        html_as_pdf("<html lang='en'><title>x</title><p>x</p></html>")
    except PrintingError:
        pytest.skip("Pango is not installed on this machine")
    with pytest.raises(PictureError):
        read_picture(content.getvalue()[:-4000], name="cut.jpg")


def test_without_the_libraries_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PrintingError, match="Take the HTML page and print it from the browser"):
        html_as_pdf("<p>x</p>")
