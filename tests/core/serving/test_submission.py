"""A submission has the ids that are wanted, in their order, and the probabilities that the model gives."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DataError
from core.base.files import read_json, write_json
from core.data.gathering import Asked
from core.jobs.kinds import KINDS
from core.runs.answers.answered_files import answer_files
from core.runs.run_folder import RunFolder
from core.serving.predictor import BATCH, PredictorInfo
from core.serving.submission import (
    positive_classes,
    run_submission_job,
    submission_file,
    write_submission,
)

MALIGNANT = ("akiec", "bcc", "mel")


@pytest.fixture
def competition(tmp_path: Path) -> Path:
    """Five test pictures as a competition gives them, each of another colour."""
    folder = tmp_path / "competition" / "test"
    folder.mkdir(parents=True)
    for number, name in enumerate("c a e b d".split()):
        Image.new("RGB", (40, 40), (200 - 30 * number, 120, 90 + 20 * number)).save(folder / f"{name}.tif")
    return folder


def asked(folder: Path) -> list[Asked]:
    return [Asked(str(path), path) for path in sorted(folder.glob("*.tif"))]


def written(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype={"id": str})


def test_labels_are_the_probabilities_that_predict_gives_and_ids_have_no_extension(trained, competition) -> None:
    target = competition.parent / "out" / "submission.csv"
    done = write_submission(trained.path, asked(competition), target)
    assert target.stat().st_mode & 0o777 == 0o600
    table = written(target)
    assert list(table.columns) == ["id", "label"]
    assert table["id"].tolist() == list("abcde")
    answers = answer_files(trained, asked(competition))
    assert table["label"].to_numpy() == pytest.approx([each["malignant"] for each in answers], abs=1e-6)
    assert (done.rows, done.positive, done.missing, done.not_wanted) == (5, MALIGNANT, (), 0)


def test_a_sample_in_or_above_the_folder_says_which_ids_in_which_order_under_which_columns(
    trained, competition
) -> None:
    (competition.parent / "sample_submission.csv").write_text("image,target\ne,0\nb.tif,0\nzz,0\na,0\n")
    target = competition.parent / "submission.csv"
    told = []
    done = write_submission(trained.path, asked(competition), target, lambda *step: told.append(step))
    table = pd.read_csv(target)
    assert list(table.columns) == ["image", "target"]
    assert table["image"].tolist() == ["e", "b.tif", "a"]
    assert [(each.image_id, each.reason) for each in done.missing] == [("zz", "There is no such picture.")]
    assert done.not_wanted == 2
    assert told[-1][:2] == (3, 3)
    shutil.move(competition.parent / "sample_submission.csv", competition / "sample_submission.csv")
    assert write_submission(trained.path, asked(competition), target).rows == 3


def test_a_sample_of_other_pictures_is_passed_over(trained, competition) -> None:
    (competition.parent / "sample_submission.csv").write_text("id,label\nx1,0\nx2,0\n")
    assert write_submission(trained.path, asked(competition), competition.parent / "s.csv").rows == 5


def test_more_pictures_than_a_batch_are_answered_batch_by_batch(trained, competition, monkeypatch) -> None:
    together = []
    real = np.stack
    monkeypatch.setattr("core.serving.submission.BATCH", 2)

    def stack(some):
        if np.ndim(some[0]) == 3:  # pictures, and not answers
            together.append(len(some))
        return real(some)

    monkeypatch.setattr("core.serving.submission.np.stack", stack)
    write_submission(trained.path, asked(competition), competition.parent / "s.csv")
    assert together == [2, 2, 1]
    assert BATCH < 57_458


def test_a_picture_that_cannot_be_read_is_told_and_has_no_row(trained, competition) -> None:
    (competition / "b.tif").write_bytes(b"no picture")
    done = write_submission(trained.path, asked(competition), competition.parent / "s.csv")
    assert written(done.file)["id"].tolist() == list("acde")
    [missing] = done.missing
    assert missing.image_id == "b"
    assert missing.reason
    for path in competition.glob("*.tif"):
        path.write_bytes(b"no picture")
    (competition.parent / "s.csv").unlink()
    with pytest.raises(DataError, match="None of the 5 pictures could be read"):
        write_submission(trained.path, asked(competition), competition.parent / "s.csv")
    assert not (competition.parent / "s.csv").exists()


def test_two_pictures_of_one_id_are_refused_unless_the_sample_wants_neither(trained, competition) -> None:
    (competition.parent / "train").mkdir()
    shutil.copy(competition / "a.tif", competition.parent / "train" / "a.tif")
    both = [*asked(competition), *asked(competition.parent / "train")]
    with pytest.raises(DataError, match="1 id stands for several pictures, the first is “a”"):
        write_submission(trained.path, both, competition.parent / "s.csv")
    (competition.parent / "sample_submission.csv").write_text("id,label\nb,0\n")
    assert write_submission(trained.path, both, competition.parent / "s.csv").rows == 1


def test_a_sample_with_a_column_for_each_class_is_refused(trained, competition) -> None:
    (competition.parent / "sample_submission.csv").write_text("image,MEL,NV\na,0,0\n")
    with pytest.raises(DataError, match="asks for the columns image, MEL, NV; an id and one label"):
        write_submission(trained.path, asked(competition), competition.parent / "s.csv")


@pytest.mark.parametrize(
    ("malignant", "positive"),
    [({"a": False, "b": True}, ("b",)), ({"a": True, "b": False}, ("a",)), ({"a": None, "b": None}, ("b",))],
)
def test_the_positive_class_is_the_malignant_one_or_the_second_of_two(trained, malignant, positive) -> None:
    info = info_with(trained, malignant)
    assert positive_classes(info) == positive


def test_of_many_classes_of_unknown_malignancy_none_is_positive(trained) -> None:
    with pytest.raises(ConfigurationError, match=r"not known which of the 3 classes of the run .* are malignant"):
        positive_classes(info_with(trained, {"a": None, "b": None, "c": True}))


def info_with(run: RunFolder, malignant: dict[str, bool | None]) -> PredictorInfo:
    said = read_json(run.predictor_file)
    classes = [{"key": key, "name": key, "malignant": value} for key, value in malignant.items()]
    write_json(run.predictor_file, said | {"classes": classes})
    return PredictorInfo.load(run.predictor_file)


def test_the_job_writes_the_pictures_without_a_class_of_a_data_set_as_kaggle_gives_it(trained, artifacts) -> None:
    folder = artifacts.parent / "data" / "pcam"
    ids = [f"{number:040x}" for number in range(6)]
    for number, name in enumerate(ids):
        place = folder / ("train" if number < 4 else "test")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (96, 96), (60 * number % 256, 90, 120)).save(place / f"{name}.tif")
    rows = "".join(f"{name},{number % 2}\n" for number, name in enumerate(ids[:4]))
    (folder / "train_labels.csv").write_text(f"id,label\n{rows}")
    (folder / "sample_submission.csv").write_text(f"id,label\n{ids[5]},0\n{ids[4]},0\n")
    assert KINDS["submission"] == f"{run_submission_job.__module__}:{run_submission_job.__name__}"
    asked_for = {"run_id": trained.run_id, "dataset": "patchcamelyon_kaggle"}
    result = run_submission_job(asked_for, lambda *_: None, lambda: False)
    file = submission_file(trained.run_id, "patchcamelyon_kaggle")
    assert (result["file"], result["rows"], result["missing"]) == (str(file), 2, 0)
    assert written(file)["id"].tolist() == [ids[5], ids[4]]
