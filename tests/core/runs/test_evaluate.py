import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError, DatasetNotFoundError, RunError
from core.base.files import read_json
from core.data.catalog import open_dataset
from core.data.images.copies import copies
from core.data.inspect import decide
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import load_predictions
from core.runs.evaluate import evaluate_again, evaluate_on
from core.runs.judging.results import evaluated, headline_metrics, load_results
from core.runs.run_folder import RunFolder


@pytest.fixture
def folder(trained: RunFolder, tmp_path: Path) -> Path:
    """Twelve test and two training pictures under their own names with an ISIC-style ground truth."""
    folder = tmp_path / "collected pictures"
    (folder / "deeper").mkdir(parents=True)
    split = pd.read_parquet(trained.split_file)
    chosen = pd.concat([split[split["part"] == "test"].head(12), split[split["part"] == "train"].head(2)])
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    keys = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
    lines = ["image," + ",".join(keys)]
    for row in chosen.itertuples():
        shutil.copy(paths[row.image_id], folder / "deeper" / f"{row.image_id}.jpg")
        lines.append(f"{row.image_id}," + ",".join("1.0" if row.label.upper() == key else "0.0" for key in keys))
    lines.append("gone," + "1.0,0.0,0.0,0.0,0.0,0.0,0.0")
    (folder / "truth.csv").write_text("\n".join(lines))
    return folder


def test_judging_a_run_again_by_two_at_once_gives_the_same_predictions_and_figures(trained: RunFolder) -> None:
    before = load_predictions(trained.evaluation / "predictions.parquet")
    _, was = headline_metrics(trained)
    shutil.rmtree(trained.evaluation)
    trained.model_file.unlink()
    with ThreadPoolExecutor(2) as two:
        (part, now), (_, by_the_other) = two.map(evaluate_again, [trained, trained])
    assert by_the_other == now
    after = load_predictions(trained.evaluation / "predictions.parquet")
    pd.testing.assert_frame_equal(before, after, atol=1e-5)
    assert part == "test"
    assert now.confusion == was.confusion
    assert now.log_loss == pytest.approx(was.log_loss, abs=1e-5)
    assert evaluated(trained)


def test_a_run_whose_pictures_are_gone_keeps_its_figures(trained: RunFolder, artifacts: Path) -> None:
    link = artifacts / "data" / "demo"
    source = link.resolve()
    link.unlink()
    shutil.copytree(source, link)
    test = load_predictions(trained.evaluation / "predictions.parquet")["image_id"].iloc[0]
    next(link.rglob(f"{test}.jpg")).unlink()
    before = (trained.evaluation / "metrics.json").read_bytes()
    with pytest.raises(DataError, match="1 pictures of this run's split are no longer in Demo"):
        evaluate_again(trained)
    assert (trained.evaluation / "metrics.json").read_bytes() == before


def test_a_damaged_leakage_report_is_told_before_anything_is_computed_or_written(trained) -> None:
    trained.leakage_file.write_text("{")
    figures = (trained.evaluation / "metrics.json").read_bytes()
    with pytest.raises(RunError, match=r"its leakage\.json is missing or cannot be read"):
        evaluate_again(trained)
    assert (trained.evaluation / "metrics.json").read_bytes() == figures


def test_a_run_is_judged_on_a_folder_with_a_one_hot_table(trained: RunFolder, folder: Path) -> None:
    dataset, metrics, target = evaluate_on(trained, str(folder))
    assert (metrics.images, [skip.image_id for skip in dataset.skipped]) == (14, ["gone"])
    written = read_json(target / "metrics.json")
    assert written["pictures_seen_in_training"] == 2
    assert written["on"] == str(folder)
    assert target.parent == trained.evaluation
    table = load_predictions(target / "predictions.parquet").set_index("image_id")
    own = load_predictions(trained.evaluation / "predictions.parquet").set_index("image_id")
    both = table.index.intersection(own.index)
    assert len(both) == 12
    columns = [column for column in own if column.startswith("p_")]
    assert table.loc[both, columns].to_numpy() == pytest.approx(own.loc[both, columns].to_numpy(), abs=1e-4)
    keys = load_results(trained).info.class_keys
    assert evaluate(table.reset_index(), keys, metrics.majority_class) == metrics


def test_what_was_seen_in_training_is_told_by_what_pictures_show_not_by_their_names(
    trained: RunFolder, tmp_path: Path
) -> None:
    split = pd.read_parquet(trained.split_file)
    of_part = {part: rows["image_id"].tolist() for part, rows in split.groupby("part")}
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    ours, theirs = of_part["train"][:3], of_part["test"][:3]
    folder = tmp_path / "another hospital" / "nv"
    folder.mkdir(parents=True)
    for number, image_id in enumerate(ours):  # renamed, one saved again as another format, one more compressed
        with Image.open(paths[image_id]) as picture:
            picture.save(folder / f"renamed{number}.png") if number == 1 else None
            picture.save(folder / f"renamed{number}.jpg", quality=80) if number == 2 else None
        if number == 0:
            shutil.copy(paths[image_id], folder / "renamed0.jpg")
    for name, image_id in zip(of_part["train"][3:], theirs, strict=False):  # other pictures under names of ours
        shutil.copy(paths[image_id], folder / f"{name}.jpg")
    (tmp_path / "another hospital" / "mel").mkdir()
    shutil.copy(paths[of_part["test"][3]], tmp_path / "another hospital" / "mel" / "plain.jpg")
    _, metrics, target = evaluate_on(trained, str(tmp_path / "another hospital"))
    assert metrics.images == 7
    assert read_json(target / "metrics.json")["pictures_seen_in_training"] == 3


def test_where_the_training_pictures_are_not_here_nobody_claims_to_know_what_was_seen(
    trained: RunFolder, folder: Path
) -> None:
    trained.predictor_file.write_text(json.dumps(read_json(trained.predictor_file) | {"dataset": "ham10000"}))
    _, _, target = evaluate_on(trained, str(folder))
    assert read_json(target / "metrics.json")["pictures_seen_in_training"] is None


def test_copies_are_told_from_pictures_that_are_only_alike() -> None:
    rng = np.random.default_rng(0)
    training = rng.integers(0, 256, (40, 16, 16, 3)).astype(np.uint8)
    training[0] = 255  # blank, as much of a tissue slide is
    noise = rng.integers(-2, 3, training.shape)
    saved_again = np.clip(training.astype(int) + noise, 0, 255).astype(np.uint8)
    others = rng.integers(0, 256, (40, 16, 16, 3)).astype(np.uint8)
    others[1] = training[1][:, ::-1]
    everything, rows = np.concatenate([training, saved_again, others]), np.arange(40)
    assert copies(everything, rows, training, rows).all()
    assert copies(everything, rows + 40, training, rows).tolist() == [False, *[True] * 39], "blank ones are no copies"
    assert not copies(everything, rows + 80, training, rows).any()
    assert copies(everything, rows[:0], training, rows).shape == (0,)


def test_a_picture_that_cannot_be_read_is_listed_with_its_reason(trained: RunFolder, folder: Path) -> None:
    broken = sorted((folder / "deeper").iterdir())[0]
    broken.write_bytes(broken.read_bytes()[:300])
    dataset, metrics, _ = evaluate_on(trained, str(folder))
    assert metrics.images == 13
    reasons = {skip.image_id: skip.reason for skip in dataset.skipped}
    assert set(reasons) == {"gone", broken.stem}
    assert "cut off" in reasons[broken.stem] or "damaged" in reasons[broken.stem]


def test_a_picture_of_a_class_that_the_run_does_not_know_is_listed(trained: RunFolder) -> None:
    info = read_json(trained.predictor_file)
    unknown = next(c for c in info["classes"] if c["key"] == "df")
    unknown["key"] = "other"
    trained.predictor_file.write_text(json.dumps(info))
    dataset, metrics, _ = evaluate_on(trained, "demo")
    assert 0 < len(dataset.skipped) == len(dataset.table) - metrics.images
    assert {skip.reason for skip in dataset.skipped} == {"The run was not trained on its class df."}


def test_the_run_itself_is_not_changed_by_judging_it_elsewhere(trained: RunFolder, folder: Path) -> None:
    kept = {name: (trained.path / name).read_bytes() for name in ("card.md", "evaluation/metrics.json", "model.keras")}
    evaluate_on(trained, str(folder))
    assert kept == {name: (trained.path / name).read_bytes() for name in kept}


def test_a_named_data_set_is_meant_even_where_a_folder_here_is_called_so(
    trained: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path)
    dataset, metrics, _ = evaluate_on(trained, "demo")
    assert dataset.spec.name == "demo"
    assert metrics.images == len(dataset.table)


def test_a_run_whose_checkpoints_were_tidied_away_is_judged_again_from_its_model(trained: RunFolder) -> None:
    before = load_results(trained).metrics
    trained.best_checkpoint.unlink()
    evaluate_again(trained)
    after = load_results(trained).metrics
    assert {part: figures.confusion for part, figures in after.items()} == {
        part: figures.confusion for part, figures in before.items()
    }


def test_an_unknown_place_and_a_folder_without_a_table_are_refused(trained: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="nowhere"):
        evaluate_on(trained, "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no ground-truth CSV"):
        evaluate_on(trained, str(tmp_path / "empty"))


def test_a_run_without_a_model_cannot_be_judged(queue) -> None:
    run = queue(dataset="demo")
    for judge in (lambda: evaluate_again(run), lambda: evaluate_on(run, "demo")):
        with pytest.raises(RunError, match="no trained model yet"):
            judge()
    with pytest.raises(RunError, match="not been evaluated yet"):
        load_results(run)
    assert not evaluated(run)


@pytest.fixture
def clinic(trained: RunFolder, tmp_path: Path) -> Path:
    """Twelve test pictures beside a table of diagnoses in German and a mask of each, as some clinic keeps them."""
    folder = tmp_path / "clinic"
    (folder / "bilder").mkdir(parents=True)
    (folder / "Masks").mkdir()
    split = pd.read_parquet(trained.split_file)
    test = split[split["part"] == "test"]
    chosen = pd.concat([test[test["label"] == "mel"].head(6), test[test["label"] == "nv"].head(6)])
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    lines = ["bild;diagnose"]
    for number, row in enumerate(chosen.itertuples()):
        shutil.copy(paths[row.image_id], folder / "bilder" / f"p{number}.jpg")
        mask = np.zeros((64, 64), np.uint8)
        mask[20:40, 20:40] = 255
        Image.fromarray(mask).save(folder / "Masks" / f"p{number}.png")
        lines.append(f"bilder\\p{number}.JPG;{'Malignes Melanom' if row.label == 'mel' else 'Nävus'}")
    (folder / "befunde.csv").write_text("\n".join(lines), encoding="cp1252")
    return folder


def test_a_folder_its_archive_and_its_table_are_judged_alike_and_in_the_classes_of_the_run(
    trained: RunFolder, clinic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    archive = shutil.make_archive(str(tmp_path / "sent"), "zip", tmp_path, "clinic")
    _, metrics, target = evaluate_on(trained, str(clinic))
    assert metrics.images == 12
    table = load_predictions(target / "predictions.parquet")
    assert table["true"].value_counts().to_dict() == {"mel": 6, "nv": 6}
    _, packed, of_archive = evaluate_on(trained, archive)
    _, tabled, of_table = evaluate_on(trained, str(clinic / "befunde.csv"))
    assert packed.confusion == tabled.confusion == metrics.confusion
    assert of_archive.name.startswith("on-folder-sent-zip-")
    assert len({target, of_archive, of_table}) == 3
    assert list(aside.iterdir()) == []


def test_of_a_table_only_the_pictures_that_it_names_are_judged(trained: RunFolder, clinic: Path) -> None:
    (clinic / "more.csv").write_text("image,dx\np0,mel\np1,mel\np6,nv\np7,nv\ngone,nv\n")
    dataset, metrics, _ = evaluate_on(trained, str(clinic / "more.csv"))
    assert metrics.images == 4
    assert ["gone" in skip.image_id for skip in dataset.skipped if skip.image_id] == [True]


def test_nothing_is_judged_on_a_folder_that_asks_until_somebody_has_agreed(
    trained: RunFolder, clinic: Path, tmp_path: Path
) -> None:
    (clinic / "befunde.csv").unlink()
    (clinic / "table.csv").write_text("key,value\nx,1\n")  # beside folders of classes, and not understood
    for number in range(12):
        place = clinic / "bilder" / ("melanoma" if number < 6 else "nevus")
        place.mkdir(exist_ok=True)
        (clinic / "bilder" / f"p{number}.jpg").rename(place / f"p{number}.jpg")
    archive = shutil.make_archive(str(tmp_path / "clinic"), "zip", tmp_path, "clinic")
    for where, words in ((clinic, "with: python -m core inspect"), (Path(archive), "python -m core unpack")):
        with pytest.raises(DataError, match=f"A table lies beside the pictures and was not used.*{words}"):
            evaluate_on(trained, str(where))
    decide(clinic, [], agree=True)
    assert evaluate_on(trained, str(clinic))[1].images == 12
    assert evaluate_on(trained, archive)[1].images == 12


def test_masks_beside_the_pictures_of_a_one_hot_table_are_not_judged(trained: RunFolder, folder: Path) -> None:
    (folder / "Annotated masks").mkdir()
    for picture in (folder / "deeper").iterdir():
        Image.new("L", (8, 8)).save(folder / "Annotated masks" / f"{picture.stem}.png")
    dataset, _, _ = evaluate_on(trained, str(folder))
    assert {Path(path).parent.name for path in dataset.table["path"]} == {"deeper"}


def test_a_file_that_is_neither_archive_nor_table_is_refused(trained: RunFolder, folder: Path) -> None:
    picture = next((folder / "deeper").iterdir())
    with pytest.raises(DataError, match="is no data set, folder, zip, tar or table"):
        evaluate_on(trained, str(picture))
