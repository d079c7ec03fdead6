"""The API of a real server: what it answers to programs, and what it refuses."""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import psutil
import pytest
from PIL import Image

from core.base.percents import percent
from core.base.settings import PROJECT_ROOT
from core.data.catalog import open_dataset
from core.data.images.pictures import decode_square
from core.evaluation.predictions import load_predictions, save_predictions
from core.runs.answers.reviews import forget_review, list_reviews
from core.runs.judging.caution import save_caution
from core.runs.run_folder import RunFolder
from core.serving.gate import gate_folder
from dashboard.rest.rest import only_by_post
from dashboard.rest.tokens import ApiRules
from dashboard.roles import Role
from tests import web
from tests.conftest import Server, free_port

VIEWER, INSTRUCTOR = "v" * 32, "i-" * 20
HEADERS = {"viewer": {"Authorization": f"Bearer {VIEWER}"}, "instructor": {"Authorization": f"bearer {INSTRUCTOR}"}}
SECRETS = f"""
[api.tokens]
scanner = {{ token = "{VIEWER}", role = "viewer" }}
nightly = {{ token = "{INSTRUCTOR}", role = "instructor" }}
"""


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server under a path of its host, whose secrets name two tokens."""
    (folder / "secrets.toml").write_text(SECRETS)
    options = ("--secrets.files", str(folder / "secrets.toml"), "--server.baseUrlPath", "lab")
    server = Server.start(free_port(), folder / "server.log", options, path="/lab")
    yield server
    server.end()


@pytest.fixture(scope="module")
def run(folder: Path) -> RunFolder:
    [path] = (folder / "artifacts" / "runs").iterdir()
    return RunFolder(path)


@pytest.fixture(scope="module")
def mole(folder: Path) -> bytes:
    """A picture of the demo."""
    return Path(open_dataset("demo").table["path"].iloc[0]).read_bytes()


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    return web.get(f"{server.url}/lab/api/openapi.json").json()


def ask(server: Server, path: str, role: str = "viewer", method: str = "GET", **more: Any) -> httpx.Response:
    headers = HEADERS.get(role, {}) | more.pop("headers", {})
    return web.request(method, f"{server.url}/lab/api/{path}", headers=headers, timeout=120, **more)


def predict(server: Server, run: RunFolder | str, *files: tuple[str, bytes], **more: Any) -> httpx.Response:
    fields = {"run": run if isinstance(run, str) else run.run_id} | more.pop("fields", {})
    sent = [("picture", (name, content, "image/jpeg")) for name, content in files]
    return ask(server, "predict", method="POST", data=fields, files=sent, **more)


def told_as_documented(document: dict[str, Any], answer: httpx.Response, path: str, method: str = "get") -> None:
    """The answer has the form that the document promises for its status."""
    promised = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = promised["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())


def test_a_picture_is_answered_as_the_predictor_answers_it(server, run, mole, document, tmp_path) -> None:
    from core.runs.answers.verdict import line_at_half, verdict_on
    from core.runs.judging.caution import load_caution
    from core.runs.judging.trust import load_trust
    from core.serving.answer import answer_square
    from core.serving.predictor import Predictor

    answer = predict(server, run, ("../../etc/mole.jpg", mole), fields={"heat_map": "true"})

    assert answer.status_code == 200, answer.text
    told_as_documented(document, answer, "/api/predict", "post")
    [told] = answer.json()["pictures"]
    here = answer_square(Predictor.of_run(run.path), decode_square(mole, 28), "")
    assert told["name"] == "mole.jpg"
    assert told["label"] == here.label == told["heat_map_class"]
    assert told["probabilities"] == pytest.approx(here.probabilities, abs=1e-5)
    assert sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    malignant = [each["key"] for each in answer.json()["classes"] if each["malignant"]]
    assert told["malignant"] == pytest.approx(sum(told["probabilities"][key] for key in malignant))
    trust = load_trust(run)
    verdict = verdict_on(here, trust, line_at_half(trust.info), load_caution(run))
    assert told["answer"] in ("high", "low", "review")
    assert (told["answer"], told["set"]) == (verdict.kind, list(verdict.set))
    assert told["always_in_set"] == list(verdict.always) != [], "the demo has few dermatofibromas"
    assert (told["threshold"], told["score"]) == (0.5, pytest.approx(told["malignant"]))
    assert told["reasons"] == list(verdict.reasons)
    assert told["gate"] == {"passed": None, "reason": None}, "nobody has looked at the demo's pictures"
    assert told["heat_map_method"] == "hires-cam"
    assert told["heat_map_check"]["good"] is None
    assert ("has not been checked" if here.heat.any() else "is empty") in told["heat_map_check"]["said"]
    drawn = Image.open(io.BytesIO(base64.b64decode(told["heat_map"])))
    assert drawn.format == "PNG"
    assert "Not a medical device" in drawn.text["Comment"]
    assert not ask(server, "health", "instructor").json()["web_process"]["tensorflow_imported"]
    original = Image.open(io.BytesIO(mole))
    assert drawn.size == original.size
    changed = np.abs(np.asarray(drawn, float) - np.asarray(original.convert("RGB"), float)).mean()
    assert changed > 1 if here.heat.any() else changed == 0


def test_json_and_a_form_are_answered_alike_and_a_class_is_explained(server, run, mole, document) -> None:
    form = predict(server, run, ("a.jpg", mole), fields={"heat_map": "mel"}).json()
    entry = {"name": "a.jpg", "data": base64.b64encode(mole).decode()}
    body = {"run": run.run_id, "picture": entry, "heat_map": "mel"}
    assert ask(server, "predict", method="POST", json=body).json() == form
    assert form["pictures"][0]["heat_map_class"] == "mel"
    two = ask(server, "predict", method="POST", json={"run": run.run_id, "picture": [entry["data"], entry]})
    told_as_documented(document, two, "/api/predict", "post")
    first, second = two.json()["pictures"]
    assert first["probabilities"] == second["probabilities"] == form["pictures"][0]["probabilities"]
    assert "heat_map" not in first
    url = {"run": run.run_id, "picture": f"data:image/jpeg;base64,{entry['data']}"}
    assert ask(server, "predict", method="POST", json=url).json()["pictures"][0]["label"] == first["label"]


def test_of_several_pictures_the_good_ones_are_answered(server, run, mole, document) -> None:
    answer = predict(server, run, ("note.txt", b"no picture " * 30), ("b.jpg", mole), ("c.jpg", mole[:900]))
    assert answer.status_code == 200
    told_as_documented(document, answer, "/api/predict", "post")
    first, second, third = answer.json()["pictures"]
    assert "not a picture but text" in first["error"]
    assert first["name"] == "note.txt"
    assert second["label"]
    assert "error" in third
    none = predict(server, run, ("note.txt", b"no picture " * 30))
    assert none.status_code == 422
    told_as_documented(document, none, "/api/predict", "post")
    assert none.json()["error"] == first["error"]


def test_models_and_runs_are_listed_without_what_viewers_may_not_read(server, run, document, folder) -> None:
    for path in ("models", "runs", f"runs/{run.run_id}"):
        answer = ask(server, path)
        assert answer.status_code == 200
        named = path.replace(run.run_id, "{run}")
        told_as_documented(document, answer, f"/api/{named}")
        assert str(folder) not in answer.text
    [model] = ask(server, "models").json()["models"]
    assert model["run"] == run.run_id
    assert model["heat_map"]
    assert model["metrics"]["accuracy"] >= 0
    entry = ask(server, "runs").json()["runs"][-1]
    assert entry["run"] == run.run_id
    assert web.get(f"{server.url}{entry['address']}", headers=HEADERS["viewer"]).json() == entry
    assert ask(server, "runs?state=failed&limit=5").json()["runs"] == []
    for wrong in ("limit=0", "limit=-1", "limit=x", "limit=1001", "offset=-1", "state=asleep"):
        assert ask(server, f"runs?{wrong}").status_code == 400, wrong


def test_an_instructor_launches_a_run_that_belongs_to_the_token(server, document, folder) -> None:
    recipe = {"dataset": "demo", "model": "majority", "epochs": 1}
    assert ask(server, "runs", "viewer", "POST", json=recipe).status_code == 403
    answer = ask(server, "runs", "instructor", "POST", json=recipe)
    try:
        assert answer.status_code == 201, answer.text
        told_as_documented(document, answer, "/api/runs", "post")
        launched = answer.json()
        assert answer.headers["location"] == launched["address"]
        made = RunFolder(folder / "artifacts" / "runs" / launched["run"])
        assert made.recipe().epochs == 1
        assert made.status().owner == "token nightly"
        deadline = time.monotonic() + 300
        while ask(server, f"runs/{launched['run']}").json()["state"] != "finished":
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        from core.engine.engine import stop_engine

        stop_engine()


@pytest.mark.parametrize(
    ("recipe", "named"),
    [
        ({"dataset": "demo"}, "model"),
        ({"model": "cnn-59k"}, "dataset"),
        ({"dataset": "../../etc", "model": "cnn-59k"}, "data set"),
        ({"dataset": "demo", "model": "cnn-59k", "epochs": -1}, "epochs"),
        ({"dataset": "demo", "model": "cnn-59k", "colour": 1}, "colour"),
        ({"dataset": "demo", "model": "cnn-59k", "architecture": {"width": "x"}}, "width"),
        ({"dataset": "demo", "preset": "none"}, "preset"),
        ({"dataset": "demo", "preset": 5}, "preset"),
        ({"dataset": "demo", "preset": "small", "architecture": 5}, "architecture"),
        ({"dataset": 5, "model": []}, "dataset"),
        ({"dataset": "demo", "model": "\ud800"}, "JSON"),
    ],
    ids=str,
)
def test_a_recipe_that_cannot_be_used_is_refused_by_name_and_makes_no_run(server, folder, recipe, named) -> None:
    before = set((folder / "artifacts" / "runs").iterdir())
    answer = ask(server, "runs", "instructor", "POST", content=json.dumps(recipe), headers=JSON)
    assert 400 <= answer.status_code < 500
    assert named in answer.json()["error"]
    assert set((folder / "artifacts" / "runs").iterdir()) == before


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=B"}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", f"Basic {VIEWER}", f"Bearer {VIEWER}x", f"Bearer {VIEWER[:-1]}", VIEWER, "Bearer \xe9"],
)
@pytest.mark.parametrize("path", ["predict", "models", "runs", "runs/x"])
def test_without_a_known_token_nothing_is_told(server: Server, header: str, path: str) -> None:
    headers = [("Authorization", header.encode("latin-1"))] if header else []
    answer = web.request("POST" if path == "predict" else "GET", f"{server.url}/lab/api/{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "oken" in answer.json()["error"]


def test_two_tokens_at_once_are_none(server: Server) -> None:
    both = [("Authorization", f"Bearer {VIEWER}"), ("Authorization", f"Bearer {INSTRUCTOR}")]
    assert web.get(f"{server.url}/lab/api/runs", headers=both).status_code == 401


def test_health_needs_no_token_and_tells_more_to_an_instructor(server: Server) -> None:
    assert ask(server, "health", "nobody").json()["status"] == "ok"
    assert set(ask(server, "health", "viewer").json()) == {"status"}
    assert "engine" in ask(server, "health", "instructor").json()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"hello", 415),
        ({}, b"hello", 415),
        (JSON | {"Content-Encoding": "gzip"}, b"{}", 415),
        ({"Content-Type": "multipart/form-data"}, b"--B--\r\n", 400),
        (FORM, b"this is no form", 400),
        (FORM, b"", 400),
        (FORM, b'--B\r\nContent-Disposition: form-data; name="run"\r\n\r\nx\r\n--B--\r\n', 400),
        (FORM, b'--B\r\nContent-Disposition: form-data; name="colour"\r\n\r\nx\r\n--B--\r\n', 400),
        (FORM, b'--B\r\nContent-Disposition: form-data; name="picture"\r\n\r\n' + b"x" * 9000 + b"\r\n--B--\r\n", 413),
        (JSON, b"", 400),
        (JSON, b"\xff\xfe\x00", 400),
        (JSON, b"[]", 400),
        (JSON, b"[" * 200_000, 400),
        (JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (JSON, b'{"run": "x", "picture": "' + b"9" * 5000 + b'", "heat_map": NaN}', 400),
        (JSON, b'{"run": ' + b"9" * 5000 + b', "picture": "aaaa"}', 400),
        (JSON, b'{"picture": "aaaa"}', 400),
        (JSON, b'{"run": 5, "picture": "aaaa"}', 400),
        (JSON, b'{"run": "x"}', 400),
        (JSON, b'{"run": "x", "picture": 5}', 400),
        (JSON, b'{"run": "x", "picture": [["aaaa"]]}', 400),
        (JSON, b'{"run": "x", "picture": {"data": "aaaa", "name": 5}}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "heat_map": 1}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "patient": 5}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "patient": {"age": -1}}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "patient": {"age": true}}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "patient": {"name": "Anna"}}', 400),
        (JSON, b'{"run": "x", "picture": "aaaa", "patient": [{}, {}]}', 400),
        (FORM, b'--B\r\nContent-Disposition: form-data; name="patient"\r\n\r\n{"age"\r\n--B--\r\n', 400),
        (JSON, b'{"run": "x", "picture": [' + b'"aaaa",' * 40 + b'"aaaa"]}', 413),
        (JSON, b'{"run": "\\ud800", "picture": "aaaa"}', 400),
        (JSON, b'{"run": "../../runs", "picture": "aaaa"}', 404),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_body_that_makes_no_sense_is_refused_in_a_sentence(server, headers, body, status) -> None:
    answer = ask(server, "predict", method="POST", headers=headers, content=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


def test_what_is_no_base64_is_refused(server: Server, run: RunFolder) -> None:
    for text in ("n o t", "mole.jpg", "http://localhost/mole.jpg", "a", "aaaaa", "aa=a"):
        answer = ask(server, "predict", method="POST", json={"run": run.run_id, "picture": text})
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("Picture 1 is no base64. Send the content of the file")


def test_base64_however_it_is_written_is_read_alike_and_null_is_as_left_out(server, run, mole) -> None:
    mole += b"\0" * (1 - len(mole) % 3)  # so that padding is needed
    whole, lines = base64.b64encode(mole).decode(), base64.encodebytes(mole).decode()
    assert whole.endswith("=")
    assert set("+/") & set(whole)
    sent = [whole, lines, lines.replace("\n", "\r\n"), lines.replace("\n", "\r"), f"\t{whole} \n"]
    sent += [f"data:image/jpeg;base64,{whole}", f"DATA:image/jpeg;base64,{whole}", whole.rstrip("=")]
    sent += [base64.urlsafe_b64encode(mole).decode(), {"name": None, "data": whole}]
    left_out = dict.fromkeys(("heat_map", "keep_picture", "patient"))
    answer = ask(server, "predict", method="POST", json={"run": run.run_id, "picture": sent, **left_out})
    first, *others = [each["probabilities"] for each in answer.json()["pictures"]]
    assert others == [first] * (len(sent) - 1)


def test_a_request_that_is_refused_for_its_last_picture_counts_none_in_the_drift_watch(server, run, mole) -> None:
    before = (run.path / "drift.json").read_bytes()
    whole = base64.b64encode(mole).decode()
    answer = ask(server, "predict", method="POST", json={"run": run.run_id, "picture": [whole, "n o t"]})
    assert answer.status_code == 400
    assert (run.path / "drift.json").read_bytes() == before


def test_a_thousand_parts_are_refused(server: Server, run: RunFolder, mole: bytes) -> None:
    answer = predict(server, run, *[(f"{n}.jpg", b"x") for n in range(1000)])
    assert answer.status_code == 413
    assert "at most 32 pictures" in answer.json()["error"]
    fields = {f"f{n}": "x" for n in range(1000)}
    assert predict(server, run, ("a.jpg", mole), fields=fields).status_code == 413


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_huge_body_is_refused_whether_its_length_is_declared_or_not(server, run, mole, chunked) -> None:
    body = b'{"run": "' + b"x" * 40_000_000
    content = (body[start : start + 100_000] for start in range(0, len(body), 100_000)) if chunked else body
    answer = ask(server, "predict", method="POST", headers=JSON, content=content)
    assert answer.status_code == 413
    assert "32,000,000" in answer.json()["error"]
    assert predict(server, run, ("a.jpg", mole)).status_code == 200


def test_a_body_in_chunks_is_read_as_any_other(server: Server, run: RunFolder, mole: bytes) -> None:
    body = json.dumps({"run": run.run_id, "picture": base64.b64encode(mole).decode()}).encode()
    chunks = (body[start : start + 1000] for start in range(0, len(body), 1000))
    assert ask(server, "predict", method="POST", headers=JSON, content=chunks).status_code == 200


def test_who_hangs_up_in_the_middle_takes_no_room(server: Server, run: RunFolder, mole: bytes) -> None:
    begun = (
        f"POST /lab/api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {VIEWER}\r\n"
        "Content-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{"
    )
    for _ in range(5):  # together more than the server holds at once
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as wire:
            wire.sendall(begun.encode())
            time.sleep(0.2)
    assert predict(server, run, ("a.jpg", mole)).status_code == 200


def test_unknown_runs_and_addresses_are_not_found(server: Server, mole: bytes) -> None:
    for name in ("none", "..", "../runs", "a/b", "%2e%2e", "x" * 5000, "\x00", "demo\r\n"):
        answer = predict(server, name, ("a.jpg", mole))
        assert answer.status_code in (404, 413), name
        assert answer.json()["error"]
    assert ask(server, "runs/..%2F..%2Fetc").status_code in (400, 404)  # Streamlit refuses the path itself
    assert ask(server, "anything").status_code == 404
    assert ask(server, "predict").status_code == 405
    assert ask(server, "models", method="DELETE").status_code == 405


def test_an_explanation_that_is_not_there_is_refused(server: Server, run: RunFolder, mole: bytes) -> None:
    answer = predict(server, run, ("a.jpg", mole), fields={"heat_map": "unicorn"})
    assert answer.status_code == 422
    assert "mel" in answer.json()["error"]


def test_a_model_without_a_convolution_is_explained_in_its_own_way(server, run, mole, document, tmp_path) -> None:
    from core.runs.outside import bring_model
    from tests.core.runs.test_outside import CLASSES, onnx_file

    brought = bring_model(onnx_file(tmp_path / "red.onnx"), "demo", CLASSES, scale="0-1")
    floor = RunFolder(brought.path.with_name(brought.run_id.replace("outside", "majority")))
    try:
        answer = predict(server, brought, ("a.jpg", mole), fields={"heat_map": "nv"})
        told_as_documented(document, answer, "/api/predict", "post")
        [told] = answer.json()["pictures"]
        assert (told["heat_map_method"], told["heat_map_class"]) == ("occlusion", "nv")
        assert Image.open(io.BytesIO(base64.b64decode(told["heat_map"]))).format == "PNG"
        assert {each["run"]: each["heat_map"] for each in ask(server, "models").json()["models"]}[brought.run_id]
        shutil.copytree(brought.path, floor.path)
        told = json.loads(floor.predictor_file.read_text())
        floor.predictor_file.write_text(json.dumps(told | {"model": "majority", "run_id": floor.run_id}))
        answer = predict(server, floor, ("a.jpg", mole), fields={"heat_map": "true"})
        assert (answer.status_code, "do not depend on places" in answer.text) == (422, True)
    finally:
        for made in (brought, floor):
            shutil.rmtree(made.path, ignore_errors=True)


def test_a_run_that_is_deleted_or_not_trained_yet_says_so(server, run, mole, folder) -> None:
    from core.runs.run_folder import create_run
    from core.training.recipe import make_recipe

    young = create_run(make_recipe(dataset="demo", model="cnn-59k"), queued=False)
    answer = predict(server, young, ("a.jpg", mole))
    assert (answer.status_code, "no trained model yet" in answer.text) == (409, True)
    shutil.rmtree(young.path)
    answer = predict(server, young, ("a.jpg", mole))
    assert answer.status_code == 404
    assert str(folder) not in answer.text
    copy = RunFolder(Path(shutil.copytree(run.path, run.path.with_name("copy"))))
    answer = predict(server, copy, ("a.jpg", mole))
    assert (answer.status_code, answer.json()["run"]) == (200, "copy")
    table = load_predictions(copy.predictions_file)
    for wrong, said in (
        (table[1:], "do not belong together"),
        (table.assign(p_mel=table["p_mel"] + 0.4), "do not sum to 1"),
    ):
        save_predictions(copy.predictions_file, wrong)
        answer = predict(server, copy, ("a.jpg", mole))
        assert (answer.status_code, said in answer.json()["error"]) == (409, True)
    save_predictions(copy.predictions_file, table)
    known = json.loads(copy.predictor_file.read_text())
    for wrong, said in (({"image_size": 32}, "takes 28×28×3"), ({"model": "unheard of"}, "does not know its model")):
        copy.predictor_file.write_text(json.dumps(known | wrong))
        answer = predict(server, copy, ("a.jpg", mole))
        assert (answer.status_code, said in answer.json()["error"]) == (409, True)
    copy.predictor_file.write_text(json.dumps(known))
    copy.model_file.unlink()
    assert predict(server, copy, ("a.jpg", mole)).status_code == 409
    shutil.rmtree(copy.path)


def test_a_run_without_a_validation_part_says_what_it_lacks(server, run, mole, document) -> None:
    assert predict(server, run, ("a.jpg", mole)).json()["lacking"] == []
    copy = RunFolder(Path(shutil.copytree(run.path, run.path.with_name("20260101-000000-without-abcdef"))))
    table = load_predictions(copy.predictions_file)
    save_predictions(copy.predictions_file, table[table["part"] == "test"])
    metrics = json.loads((copy.evaluation / "metrics.json").read_text())
    (copy.evaluation / "metrics.json").write_text(json.dumps({"headline": "test", "test": metrics["test"]}))
    answer = predict(server, copy, ("a.jpg", mole))
    told_as_documented(document, answer, "/api/predict", "post")
    [lacking] = answer.json()["lacking"]
    assert "no validation part" in lacking
    [told] = answer.json()["pictures"]
    assert (told["set"], told["threshold"]) == (None, 0.5)
    eventually_listed = time.monotonic() + 120
    while copy.run_id not in (known := {m["run"]: m for m in ask(server, "models").json()["models"]}):
        assert time.monotonic() < eventually_listed
        time.sleep(0.2)
    assert (known[copy.run_id]["calibrated"], known[run.run_id]["calibrated"]) == (False, True)
    shutil.rmtree(copy.path)


def test_what_is_undecided_goes_into_the_review_queue_where_that_was_chosen_and_no_token_reads_it(
    server, run, mole, document, folder, monkeypatch
) -> None:
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(folder / "artifacts"))
    assert predict(server, run, ("a.jpg", mole)).json()["pictures"][0]["queued"] is False
    save_caution(run, 0.95, 0.02, queue=True)
    answer = predict(server, run, ("a.jpg", mole), ("again.jpg", mole), ("note.txt", b"no picture " * 30))
    told_as_documented(document, answer, "/api/predict", "post")
    first, again, unread = answer.json()["pictures"]
    assert (first["answer"], first["queued"], again["queued"], "queued" in unread) == ("review", True, True, False)
    [review] = list_reviews()
    assert (review.entry.run_id, review.entry.kept, review.entry.by_itself) == (run.run_id, False, True)
    predict(server, run, ("a.jpg", mole), fields={"keep_picture": "true"})
    [kept] = list_reviews()
    assert kept.entry.kept
    body = {"run": run.run_id, "picture": base64.b64encode(mole).decode(), "keep_picture": "perhaps"}
    assert ask(server, "predict", method="POST", json=body).status_code == 400
    for path in ("reviews", "review", f"reviews/{kept.review_id}", f"reviews/{kept.review_id}/picture.jpg"):
        for role in ("viewer", "instructor"):
            assert ask(server, path, role).status_code == 404
    forget_review(kept.review_id)
    (run.path / "caution.json").unlink()


def test_many_who_ask_at_once_are_answered_or_told_to_wait(server: Server, run: RunFolder, mole: bytes) -> None:
    with ThreadPoolExecutor(60) as people:
        answers = list(people.map(lambda n: predict(server, run, (f"{n}.jpg", mole)), range(60)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= 32
    for answer in answers:
        assert answer.status_code == 200 or int(answer.headers["retry-after"]) >= 1
    names = {each["name"] for answer in answers if answer.status_code == 200 for each in answer.json()["pictures"]}
    assert len(names) == sum(answer.status_code == 200 for answer in answers)


def test_a_process_that_dies_while_it_answers_is_replaced(server: Server, run: RunFolder, mole: bytes) -> None:
    assert predict(server, run, ("a.jpg", mole)).status_code == 200
    children = psutil.Process(server.process.pid).children(recursive=True)
    with ThreadPoolExecutor(12) as people:
        asked = [people.submit(predict, server, run, (f"{n}.jpg", mole)) for n in range(12)]
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):  # one that was started for a moment
                child.kill()
        answers = [each.result() for each in asked]
    for answer in answers:
        assert answer.status_code == 200 or (answer.status_code in (422, 503) and answer.json()["error"]), answer.text
    assert predict(server, run, ("a.jpg", mole)).status_code == 200


def test_the_document_says_where_the_server_stands_and_names_every_route(document: dict[str, Any]) -> None:
    from dashboard.app import routes

    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/lab"}]
    not_for_programs = {"/api/openapi.json", "/api/docs", "/api/runs/{run_id}/live", "/api/{rest:path}"}
    not_for_programs |= {"/api/runs/{run_id}/system", "/api/datasets/{dataset}/picture"}
    not_for_programs |= {"/api/instructor", "/api/drops/{drop}/{number}", "/api/runs/{run_id}/pictures/{number}"}
    served = {
        (route.path.replace("run_id", "run"), method.lower())
        for route in routes()
        if route.path.startswith("/api") and route.path not in not_for_programs
        for method in route.methods - {"HEAD"}
        if route.endpoint is not only_by_post
    }
    assert served == {(path, method) for path, methods in document["paths"].items() for method in methods}
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        resolved = jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        )
        list(resolved.iter_errors({}))  # a reference that leads nowhere raises


def test_the_page_shows_every_operation_and_may_fetch_nothing(server: Server, document: dict[str, Any]) -> None:
    answer = ask(server, "docs", "nobody")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in answer.text
        assert all(f">{method.upper()}<" in answer.text for method in methods)
    for fetching in ("<script", "<img", "@import", "url(", "<iframe", 'rel="stylesheet"'):
        assert fetching not in answer.text
    assert f"{server.url}/lab/api/predict" in answer.text
    assert "/lab/api/openapi.json" in answer.text


README = PROJECT_ROOT / "README.md"


def client_of_readme() -> str:
    """The Python client, as it stands in README."""
    [code] = re.findall(r"```python\n(\"\"\"Ask a Lesion Lab server.*?)```", README.read_text(), re.DOTALL)
    return code


def test_the_client_in_the_readme_predicts(server, run, mole, tmp_path) -> None:
    client = tmp_path / "lesionlab_client.py"
    client.write_text(client_of_readme())
    (tmp_path / "mole.jpg").write_bytes(mole)
    (tmp_path / "note.txt").write_bytes(b"no picture " * 30)
    environment = os.environ | {"LESIONLAB_SERVER": f"{server.url}/lab", "LESIONLAB_TOKEN": VIEWER}

    def started(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(client), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | changes, capture_output=True, text=True, timeout=120, check=False
        )

    done = started(run.run_id, "mole.jpg", "note.txt")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    expected = predict(server, run, ("mole.jpg", mole)).json()["pictures"][0]
    assert first.startswith(f"mole.jpg: {expected['label']} {percent(expected['probabilities'][expected['label']])}")
    assert "not a picture but text" in second
    assert Image.open(tmp_path / "mole-heat.png").format == "PNG"
    listed = started()
    assert run.run_id in listed.stdout
    refused = started(run.run_id, "mole.jpg", LESIONLAB_TOKEN="wrong")
    assert refused.returncode == 1
    assert refused.stderr.strip() == "This token is not known here."


def test_the_example_with_curl_and_the_secrets_of_the_readme_are_understood(server) -> None:
    text = README.read_text()
    [secrets] = re.findall(r"```toml\n(\[api\].*?)```", text, re.DOTALL)
    rules = ApiRules.of_secrets(tomllib.loads(secrets))
    assert {token.role for token in rules.tokens} == {Role.VIEWER, Role.INSTRUCTOR}
    for path in re.findall(r"`(?:GET|POST) (/api/[^`]*)`", text):
        assert web.get(f"{server.url}/lab{path}").status_code in (200, 401, 405), path


def test_what_is_not_of_the_kind_is_refused_with_its_reason(server, run, mole, folder, gate_root, document) -> None:
    """Comes last: from then on the data set has a gate."""
    artifacts = folder / "artifacts"
    shutil.copytree(gate_folder("demo", gate_root), gate_folder("demo", artifacts))
    noise = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)).save(noise, "PNG")
    answer = predict(server, run, ("mole.jpg", mole), ("noise.png", noise.getvalue()))
    told_as_documented(document, answer, "/api/predict", "post")
    known, other = answer.json()["pictures"]
    assert known["gate"] == {"passed": True, "reason": None}
    assert known["answer"] in ("high", "low", "review")
    assert (other["gate"]["passed"], other["answer"]) == (False, "refused")
    assert other["gate"]["reason"].startswith("This picture is not of the kind that the model has learnt from.")
