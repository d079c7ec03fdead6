"""`explain`: what it prints, with and without masks, and what it refuses."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.base.errors import RunError
from core.base.files import read_json, write_json
from core.runs.explanations import explanation_checks
from core.runs.explanations.explanation_checks import load_pictures, maps_of
from core.runs.run_folder import RunFolder


@pytest.mark.long
def test_a_run_is_checked_with_masks_and_said_in_lines_and_as_json(
    trained: RunFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 3)
    monkeypatch.setattr(explanation_checks, "RANDOMISED_PICTURES", 1)
    monkeypatch.setattr(explanation_checks, "explain", partial(explanation_checks.explain, most_steps=16))
    assert main(["explain", trained.run_id, "--method", "hires-cam", "--json"]) == 0
    first = json.loads(capfd.readouterr().out)["methods"]
    assert [each["method"] for each in first] == ["hires-cam", "darkness", "edges"]
    assert main(["explain", trained.run_id]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == f"Explanations of {trained.run_id} on 3 pictures"
    assert any(line.startswith("Occlusion: deleting the hottest tenth takes ") for line in lines)
    assert any("fewer than 100 pictures: too few to judge a method by" in line for line in lines)
    assert any("None of these pictures has a mask" in line for line in lines)

    masks = tmp_path / "masks"
    masks.mkdir()
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 255
    for name in load_pictures(trained)["image_id"].unique():
        Image.fromarray(mask).save(masks / f"{name}_segmentation.png")
    assert main(["explain", trained.run_id, "--masks", str(masks), "--json"]) == 0
    value = json.loads(capfd.readouterr().out)
    by_name = {method["method"]: method for method in value["methods"]}
    assert set(by_name) == {
        "hires-cam", "grad-cam", "integrated-gradients-from-blur", "integrated-gradients-from-black", "occlusion",
        "darkness", "edges",
    }  # fmt: skip
    darkness = by_name["darkness"]
    assert (darkness["masked"], darkness["pictures"]) == (3, 3)
    kept = {name: value for name, value in first[0].items() if name not in ("masked", "inside", "area")}
    assert {name: by_name["hires-cam"][name] for name in kept} | {
        "inside_limits": None, "times_chance": None
    } == kept, "what one method came to stays when the others follow"  # fmt: skip
    assert darkness["area"] == pytest.approx(0.25, abs=0.03)
    table = load_pictures(trained)
    heat = maps_of(table[table["method"] == "darkness"])
    inside = heat[:, 7:21, 7:21].sum(axis=(1, 2)) / heat.sum(axis=(1, 2))
    assert darkness["inside"] == pytest.approx(inside.mean(), abs=0.03)
    assert (darkness["judged"], darkness["faults"]) == (False, [])
    times = darkness["times_chance"]
    assert times["mean"] == pytest.approx(darkness["inside"] / darkness["area"])
    assert times["lower"] <= times["mean"] <= times["upper"]
    assert main(["explain", trained.run_id]) == 0
    [line] = [each for each in capfd.readouterr().out.splitlines() if each.startswith("Darkness")]
    assert f"{times['mean']:.2f} times chance ({times['lower']:.2f} to {times['upper']:.2f})" in line
    assert "in 3 pictures with a mask" in line


def test_what_cannot_be_checked_is_said_in_a_sentence(
    trained: RunFolder, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["explain", trained.run_id, "--masks", str(tmp_path / "nowhere"), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["kind"] == "DataError"
    assert main(["explain", trained.run_id, "--method", "row-saliency"]) == 1
    assert "row-saliency does not work for cnn-59k" in capfd.readouterr().err
    assert main(["explain", "no-such-run"]) == 1
    assert "There is no run “no-such-run”" in capfd.readouterr().err
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"model": "majority"})
    assert main(["explain", trained.run_id]) == 1
    assert "majority cannot be explained" in capfd.readouterr().err
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"model": "cnn-59k"})
    trained.model_file.write_bytes(b"no model")
    assert main(["explain", trained.run_id, "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["kind"] == RunError.__name__
