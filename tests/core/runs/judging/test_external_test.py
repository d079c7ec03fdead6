"""A run on another data set: classes mapped, shared pictures found and cut or refused, kept, and on the card."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError, RunError
from core.base.files import read_json, write_json
from core.data.catalog import open_dataset
from core.evaluation.predictions import load_predictions
from core.integrity.shown_in_training import shown_in_training
from core.jobs import JobState, start_job
from core.runs import evaluate
from core.runs.card.as_markdown import card_markdown
from core.runs.card.making import make_card
from core.runs.evaluate import evaluate_on
from core.runs.judging.judged_on import mapped_classes, propose_classes
from core.runs.judging.results import load_other, load_results, others_of
from core.runs.judging.shared_pictures import Shared
from core.runs.run_folder import RunFolder
from core.runs.trash import delete
from core.serving.predictor import Predictor

KEYS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


@pytest.fixture
def hospital(trained: RunFolder) -> Path:
    """A data set “hospital” with a table: four new pictures of melanomas and four of nevi, two of “wart”; a training
    picture, a validation picture, a test picture saved again, and a new picture of the lesion of the training one."""
    return make_hospital(trained)


def make_hospital(run: RunFolder) -> Path:
    folder = run.path.parents[2] / "data" / "hospital"
    folder.mkdir(parents=True, exist_ok=True)
    split = pd.read_parquet(run.split_file)
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    rng = np.random.default_rng(3)
    rows = []
    for number in range(11):
        noise = rng.integers(0, 255, (6, 8, 3)).astype(np.uint8)
        Image.fromarray(noise).resize((96, 72), Image.Resampling.BICUBIC).save(folder / f"new{number}.png")
        label = "Melanom" if number < 4 else "Wart" if number in (8, 9) else "Nevus"
        rows.append((f"new{number}.png", label, "of the known lesion" if number == 10 else f"l{number}"))
    for part in ("train", "validation", "test"):
        image_id = split.loc[split["part"] == part, "image_id"].iloc[0]
        if part == "test":
            with Image.open(paths[image_id]) as picture:
                picture.save(folder / f"{part}.png")
        else:
            shutil.copy(paths[image_id], folder / f"{part}.jpg")
        name = f"{part}.png" if part == "test" else f"{part}.jpg"
        rows.append((name, "Nevus", "of the known lesion" if part == "train" else part))
    pd.DataFrame(rows, columns=["image", "diagnosis", "lesion_id"]).to_csv(folder / "table.csv", index=False)
    return folder


def test_classes_are_proposed_by_what_they_mean_and_changed_by_what_is_said() -> None:
    theirs = ("Melanom", "Muttermal", "ak", "Wart")
    assert propose_classes(theirs, KEYS) == {"Melanom": "mel", "Muttermal": "nv", "ak": "akiec"}
    said = mapped_classes(theirs, KEYS, {"Wart": "bkl", "ak": ""})
    assert said == {"Melanom": "mel", "Muttermal": "nv", "Wart": "bkl"}
    with pytest.raises(DataError, match="“Warze” is not a class of that data set"):
        mapped_classes(theirs, KEYS, {"Warze": "bkl"})
    with pytest.raises(DataError, match="“wart” is not a class of the run; its classes are akiec"):
        mapped_classes(theirs, KEYS, {"Wart": "wart"})


def test_where_no_class_is_one_of_the_run_that_is_said_with_both_and_nothing_is_written(
    trained: RunFolder, hospital: Path
) -> None:
    left_out = dict.fromkeys(("Melanom", "Nevus", "Wart"), "")
    with pytest.raises(DataError, match=r"Classes there: .*Nevus.*; of the run: akiec.* Say which counts as which"):
        evaluate_on(trained, "hospital", classes=left_out)
    assert others_of(trained) == []


def test_what_both_share_is_cut_with_its_groups_and_kept_beside_the_figures(trained: RunFolder, hospital: Path) -> None:
    dataset, metrics, target = evaluate_on(
        trained, "hospital", near=shown_in_training, classes={"Wart": "bkl"}, shared=Shared.CUT
    )
    assert metrics.images == 10
    table = load_predictions(target / "predictions.parquet")
    assert set(table["image_id"].map(lambda name: Path(name).stem)) == {f"new{number}" for number in range(10)}
    assert table["true"].value_counts().to_dict() == {"mel": 4, "nv": 4, "bkl": 2}
    other = load_other(trained, others_of(trained)[0])
    assert other.how.shared is not None
    assert (other.how.shared.copies, other.how.shared.changed, other.how.shared.related) == (3, 0, 1)
    assert (other.seen, other.title, other.how.left_out) == (0, "hospital", {})
    assert other.how.classes == {"Melanom": "mel", "Nevus": "nv", "Wart": "bkl"}
    assert dataset.skipped == ()
    card = card_markdown(make_card(trained, None))
    assert "| hospital | 10 | 10 |" in card
    assert "4 that the run's own data have, too, were cut. Melanom counts as mel, Nevus counts as nv" in card


def test_a_run_that_is_deleted_while_it_is_judged_is_said_to_be_and_leaves_no_folder(
    trained: RunFolder, hospital: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_run = evaluate.Predictor.of_run

    def deleted_after(path: Path) -> Predictor:
        predictor = of_run(path)
        delete(trained)
        return predictor

    monkeypatch.setattr(evaluate.Predictor, "of_run", deleted_after)
    with pytest.raises(RunError, match="was deleted meanwhile"):
        evaluate_on(trained, "hospital")
    assert not trained.path.exists()


def test_one_that_shares_pictures_is_refused_where_that_is_asked_and_nothing_is_written(
    trained: RunFolder, hospital: Path
) -> None:
    with pytest.raises(DataError, match="4 of the 12 pictures of hospital are pictures of the run's own data"):
        evaluate_on(trained, "hospital", shared=Shared.REFUSE)
    with pytest.raises(DataError, match="so that nothing is left for an external test"):
        evaluate_on(trained, "demo", shared=Shared.CUT)
    assert others_of(trained) == []
    assert "Not computed: tests on other data." in card_markdown(make_card(trained, None))


def test_counted_ones_stay_and_a_class_that_is_left_out_is_listed(trained: RunFolder, hospital: Path) -> None:
    dataset, metrics, target = evaluate_on(trained, "hospital", classes={"Melanom": ""})
    assert metrics.images == 8
    assert read_json(target / "metrics.json")["pictures_seen_in_training"] == 1
    assert {skip.reason for skip in dataset.skipped} == {
        "Its class Melanom was left out.",
        "The run was not trained on its class Wart.",
    }
    other = load_other(trained, "hospital")
    assert other.how.left_out == {"Melanom": 4, "Wart": 2}
    assert other.how.shared is None
    assert "The run has learnt from 1 of it" in card_markdown(make_card(trained, None))


def test_where_the_runs_own_pictures_are_gone_nothing_is_cut_and_it_is_said(trained: RunFolder, hospital: Path) -> None:
    (trained.path.parents[1] / "data" / "demo").unlink()
    info = read_json(trained.predictor_file) | {"dataset": "ham10000"}
    write_json(trained.predictor_file, info)
    with pytest.raises(DataError, match="are not here, so what both share cannot be found"):
        evaluate_on(trained, "hospital", shared=Shared.CUT)


def test_the_job_does_what_the_command_does(trained: RunFolder, hospital: Path, jobs_done_here) -> None:
    arguments = {"run": trained.run_id, "on": "hospital", "classes": {"Wart": ""}, "shared": "cut"}
    job = start_job("external test", "On hospital", arguments)
    assert job.status().state is JobState.FINISHED, job.log_tail()
    assert job.result() == {"run": trained.run_id, "name": "hospital", "pictures": 8}
    assert load_results(trained).headline == "test"
    assert load_other(trained, "hospital").metrics.images == 8


def test_a_damaged_external_test_is_named_on_the_card(trained: RunFolder, hospital: Path) -> None:
    evaluate_on(trained, "hospital")
    (trained.evaluation / "on-hospital" / "metrics.json").write_text("{")
    card = card_markdown(make_card(trained, None))
    assert "- hospital: The results of the run" in card
