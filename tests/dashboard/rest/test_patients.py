"""What a program says of the person in a picture reaches a model that takes it."""

import json
from pathlib import Path

import pytest
from starlette.datastructures import FormData, Headers, UploadFile

from core.data.catalog import open_dataset
from core.runs.run_folder import RunFolder
from core.serving.pool import PredictionPool
from dashboard.rest.bodies import AskedPrediction, _of_form, _of_json
from dashboard.rest.predicting import predict
from dashboard.rest.refusals import Refusal


@pytest.fixture
def pool(answered_here: None) -> PredictionPool:
    return PredictionPool()


def form(run: str, *patients: dict) -> AskedPrediction:
    def part(file: Path) -> UploadFile:
        return UploadFile(file.open("rb"), filename=file.name, headers=Headers({}))

    files = [Path(path) for path in open_dataset("ham10000").table["path"].head(2)]
    told = [("patient", json.dumps(each)) for each in patients]
    return _of_form(FormData([("run", run), *(("picture", part(file)) for file in files), *told]))


def test_who_is_in_a_picture_is_told_once_for_all_or_once_for_each(ages: list[RunFolder], pool) -> None:
    fused, alone = ages
    labels = [each["label"] for each in predict(form(fused.run_id, {"age": 20}, {"age": "80"}), pool)["pictures"]]
    assert labels == ["nv", "mel"]
    of_all = predict(form(fused.run_id, {"age": 80, "site": None}), pool)
    assert [each["label"] for each in of_all["pictures"]] == ["mel", "mel"]
    assert [each["label"] for each in predict(form(fused.run_id), pool)["pictures"]] != ["nv", "mel"]
    with pytest.raises(Refusal, match="uses only the picture") as refused:
        predict(form(alone.run_id, {"age": 20}), pool)
    assert refused.value.status == 422
    plain = [each["probabilities"] for each in predict(form(alone.run_id), pool)["pictures"]]
    nothing = predict(form(alone.run_id, {"age": None, "sex": ""}), pool)["pictures"]
    assert [each["probabilities"] for each in nothing] == plain, "nothing is said of anybody"
    moon = predict(form(fused.run_id, {"site": "moon"}), pool)["pictures"]
    assert all("“moon” was not in training and counts as unknown." in each["notes"] for each in moon)
    assert not any("counts as unknown" in note for each in of_all["pictures"] for note in each["notes"])


def test_json_says_it_alike() -> None:
    asked = _of_json({"run": "r", "picture": ["aaaa", "aaaa"], "patient": [{"age": 20, "sex": "Female"}, None]})
    first, second = asked.patients
    assert first is not None
    assert (first.age, first.sex, first.site, second) == (20.0, "female", None, None)
    assert _of_json({"run": "r", "picture": ["aaaa", "aaaa"]}).patients == (None, None)
