"""Code that is handed over trains what the engine trains, reads like code, and cannot be broken by a name."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pillow_heif
import pytest
from PIL import Image

from core.base.csv_text import without_apostrophe
from core.base.errors import ConfigurationError, DataError
from core.base.settings import PROJECT_ROOT
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.pictures import decode_square
from core.data.splits.balance import Balance
from core.data.splits.splits import Split, SplitKind
from core.export.package import Package, package_of_run, refuse_without_code
from core.export.pieces import IMPORTS
from core.export.source import import_statements
from core.export.training_code import picture_section
from core.models.registry import list_models
from core.runs.run_folder import create_run
from core.training.recipe import make_recipe
from tests.conftest import train_here
from tests.core.export.conftest import HOSTILE
from tests.core.models.every_model import LIKE_ANOTHER

FIGURES = ["loss", "accuracy", "balanced_accuracy", "precision", "recall"]
METRICS = [*FIGURES, *(f"val_{name}" for name in FIGURES)]
ALWAYS_TRIED = [spec for spec in list_models() if spec.name not in LIKE_ANOTHER]
SOME_NETWORK = [spec for spec in ALWAYS_TRIED if spec.name == "cnn-59k"]
EVERYTHING = {
    "augment_flip": "both", "augment_rotation": 20, "augment_zoom": 0.1, "augment_translation": 0.1,
    "augment_aspect_ratio": 0.2,
    "augment_brightness": 0.1, "augment_contrast": 0.1, "augment_saturation": 0.2, "augment_hue": 5,
    "early_stopping_patience": 3, "reduce_lr_patience": 1, "monitor": "val_accuracy", "optimizer": "rmsprop",
}  # fmt: skip


OPTIMIZED = {
    "loss": "logit-adjusted", "logit_tau": 0.7, "label_smoothing": 0.1, "mixup": 0.3, "cutmix": 1.0,
    "optimizer": "adamw", "weight_decay": 0.1, "schedule": "one-cycle", "warm_up": 0.2, "ema_momentum": 0.9,
    "clip_norm": 1.0,
}  # fmt: skip
OTHERWISE = {
    "loss": "focal", "focal_gamma": 1.0, "cutmix": 0.5, "optimizer": "sgd", "momentum": 0.8, "schedule": "cosine",
}  # fmt: skip


def start(folder: Path, pictures: Path | None = None, weights: Path | None = None) -> subprocess.CompletedProcess:
    """The script in a Python that cannot see this project."""
    where = [] if pictures is None else ["--pictures", str(pictures)]
    where += [] if weights is None else ["--weights", str(weights)]
    command = [sys.executable, "-I", "-P", "train.py", *where]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=500)


CHANGED = {
    "augment_flip": "turns", "test_time_augmentation": "flips-and-turns", "augment_contrast": 0.3,
    "reduce_lr_patience": 1, "optimizer": "rmsprop", "seed": 5,
    "monitor": "val_accuracy", "balance": Balance.WEIGHTS, "architecture": {"convolutions": 2, "activation": "elu"},
}  # fmt: skip
PRETRAINED = {"model": "efficientnet-lite0", "image_size": 32, "augment_flip": "both"}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    "fields",
    [
        {},
        CHANGED,
        PRETRAINED,
        {**OPTIMIZED, "balance": Balance.SQRT_WEIGHTS},
        {**OTHERWISE, "balance": Balance.EFFECTIVE_WEIGHTS},
    ],
    ids=["defaults", "changed", "pretrained", "optimized", "otherwise"],
)
def test_the_script_of_a_run_gives_the_figures_of_every_epoch_of_the_run(
    fields, hostile_recipe, unpack, monkeypatch
) -> None:
    monkeypatch.setattr("tests.conftest.FEW_STEPS", 0)  # chance is drawn otherwise without a graph
    run = create_run(hostile_recipe(**fields))
    assert train_here(str(run.path)) == "finished", run.log_tail()
    package = package_of_run(run, open_dataset(HOSTILE))
    folder = unpack(package)
    ended = start(folder, package.pictures, package.weights)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = pd.read_csv(folder / "history.csv")
    epochs = pd.DataFrame([line for line in run.metrics()[0] if line["kind"] == "epoch"])
    np.testing.assert_allclose(found[METRICS], epochs[METRICS], rtol=1e-3, atol=1e-5)
    judged = json.loads((run.evaluation / "metrics.json").read_text())["test"]
    said = ended.stdout.partition("test part")[2]
    assert f"accuracy           {judged['accuracy']:.4f}" in said
    assert f"the floor          {judged['majority_accuracy']:.4f}" in said
    assert (folder / "model.keras").is_file()


def test_the_majority_class_is_a_script_that_needs_neither_pictures_nor_keras(packaged, unpack) -> None:
    package = packaged(model="majority")
    script = package.code.script()
    assert "keras" not in script
    ended = start(unpack(package))
    assert ended.returncode == 0, ended.stderr
    parts = {part: rows["label"] for part, rows in package.split.groupby("part")}
    baseline = (parts["test"] == parts["train"].value_counts().idxmax()).mean()
    assert f"accuracy           {baseline:.4f}" in ended.stdout.partition("test part")[2]


def test_the_code_builds_each_dense_layer_of_a_head(packaged: Callable[..., Package]) -> None:
    script = packaged(model="mobilenet-0.25", weights="none", architecture={"dense": 256, "third_dense": 64})
    script = script.code.script()
    names: dict = {}
    network = script[
        min(map(script.index, ("def closed(", "def with_head("))) : script.index("keras.utils.set_random_seed(SEED)")
    ]
    before = "from __future__ import annotations\nimport keras\nfrom keras import layers\n"
    exec(f"{before}{network}", names)
    call = next(line for line in script.splitlines() if line.startswith("model = application("))
    assert call.endswith("dense=256, third_dense=64)")
    features = names["keras"].Input((8,))
    closed = names["with_head"](features, features, 3, dense=(256, 0, 64), dropout=0.2, name="x")
    assert [each.shape for each in closed.get_weights()][::2] == [(8, 256), (256, 64), (64, 3)]


@pytest.mark.parametrize("model", ["mobilenet-0.25", "cnn-59k"])
def test_a_training_in_stages_has_no_code_and_that_is_said(packaged, model: str) -> None:
    with pytest.raises(ConfigurationError, match="Trainings in stages cannot be written as code yet"):
        packaged(model=model, stages=[{"learns": "all", "epochs": 1}])


@pytest.mark.parametrize(
    ("model", "said"),
    [("ensemble", "Take the code of its members"), ("outside", "brought from outside and not trained here")],
)
def test_what_was_not_trained_has_no_code_and_that_is_said(model: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        refuse_without_code(make_recipe(dataset="demo", model=model, image_size=28))


def test_the_split_is_that_of_the_run_row_by_row(hostile_recipe, packaged) -> None:
    recipe = hostile_recipe(split=SplitKind.OVERSAMPLE_FIRST, model="majority")
    run = create_run(recipe)
    assert train_here(str(run.path)) == "finished", run.log_tail()
    dataset = open_dataset(HOSTILE)
    package = package_of_run(run, dataset)
    rows = Split.load(run.split_file).rows
    kept = rows[["label", "group_id", "part"]].values.tolist()
    assert package.split[["label", "group", "part"]].values.tolist() == kept
    paths = [str(package.pictures / picture) for picture in package.split["picture"]]
    assert paths == dataset.table.set_index("image_id")["path"][rows["image_id"]].tolist()
    assert run.run_id in package.code.script()
    of_recipe = packaged(split=SplitKind.OVERSAMPLE_FIRST, model="majority")
    assert of_recipe.split.values.tolist() == package.split.values.tolist()
    gone = replace(dataset, table=dataset.table[dataset.table["image_id"] != rows["image_id"].iloc[0]])
    with pytest.raises(DataError, match="no longer in"):
        package_of_run(run, gone)


def test_a_class_that_the_data_set_got_later_is_not_in_the_code_of_an_older_run(hostile_recipe, hostile_data) -> None:
    run = create_run(hostile_recipe(model="majority"))
    assert train_here(str(run.path)) == "finished", run.log_tail()
    before = package_of_run(run, open_dataset(HOSTILE)).code.script()
    (hostile_data / "added").mkdir()
    Image.new("RGB", (40, 40)).save(hostile_data / "added" / "new.jpg")
    dataset = open_dataset(HOSTILE)
    assert "added" in dataset.spec.class_keys
    assert package_of_run(run, dataset).code.script() == before


def test_a_picture_that_cannot_be_read_is_left_out_once_that_is_known(packaged, hostile_data: Path) -> None:
    broken = sorted(hostile_data.rglob("*.jpg"))[0]
    broken.write_bytes(b"no picture")
    assert packaged().split["picture"].str.endswith(broken.name).sum() == 1
    ensure_cache(open_dataset(HOSTILE), 28)
    assert packaged().split["picture"].str.endswith(broken.name).sum() == 0


def test_the_file_of_the_split_is_read_back_as_it_was_written(packaged, unpack) -> None:
    package = packaged()
    read = pd.read_csv(unpack(package) / "split.csv", dtype=str, keep_default_na=False)
    assert not read.map(lambda text: text.startswith(("=", "+", "-", "@"))).any(axis=None)
    assert read.map(without_apostrophe).values.tolist() == package.split.values.tolist()
    assert package.split["group"].str.startswith("=").any()


def test_a_split_that_leaks_is_marked_at_the_top_with_its_figures(packaged) -> None:
    assert "LEAKS" not in packaged().code.script()
    head = packaged(split=SplitKind.RANDOM).code.script().partition('"""')[2].partition('"""')[0]
    assert "THE SPLIT LEAKS: of 6 test pictures, " in head
    assert "are too good" in " ".join(head.split())


@pytest.mark.parametrize(
    ("balance", "models"),
    [
        (Balance.NONE, ALWAYS_TRIED),
        *((balance, SOME_NETWORK) for balance in Balance if balance != Balance.NONE),
        *(pytest.param(each, ALWAYS_TRIED, marks=pytest.mark.long) for each in Balance if each != Balance.NONE),
    ],
    ids=lambda value: str(value) if isinstance(value, Balance) else f"{len(value)} models",
)
def test_the_code_of_every_model_is_whole_and_free_of_leftovers(balance, models, packaged, tmp_path: Path) -> None:
    for spec in models:
        size = max(spec.min_image_size, 32)
        plain = packaged(model=spec.name, balance=balance, image_size=size)
        with_everything = packaged(model=spec.name, balance=balance, image_size=size, batch_size=0, **EVERYTHING)
        (tmp_path / f"{spec.name}-plain.py").write_text(plain.code.script())
        for number, fields in enumerate((OPTIMIZED, OTHERWISE)):
            code = packaged(model=spec.name, balance=balance, image_size=size, **fields).code
            (tmp_path / f"{spec.name}-{number}.py").write_text(code.script())
        (tmp_path / f"{spec.name}.py").write_text(with_everything.code.script())
    rules = "E9,F401,F402,F404,F811,F821,F822,F823,E501"
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", rules, "--line-length", "130", tmp_path]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert checked.returncode == 0, checked.stdout


def test_notebook_and_script_hold_the_same_code(packaged) -> None:
    files = packaged(**EVERYTHING).files()
    notebook = json.loads(files["train.ipynb"])
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 4)
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", *["markdown", "code"] * (len(kinds) // 2)]
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    script = files["train.py"]
    for cell in code:
        assert cell in script
        script = script.replace(cell, "", 1)
    left = script.rpartition('"""')[2].splitlines()
    assert all(not line or line.startswith("# ") for line in left)


@pytest.fixture
def files_of_every_kind(tmp_path: Path) -> Iterator[tuple[list[Path], list[Path]]]:
    """JPEG files: large, turned, grey, for print; and others: transparent, of 16 bits, with a palette, turned."""
    colourful = np.indices((200, 300)).transpose(1, 2, 0).repeat(2, axis=2)[..., :3].astype(np.uint8)
    image = Image.fromarray(colourful)
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds = {
        "large.jpg": (image.resize((1200, 900)), {}),
        "turned.jpg": (image, {"exif": turned}),
        "grey.jpg": (image.convert("L"), {}),
        "print.jpg": (image.convert("CMYK"), {}),
        "plain.png": (image, {}),
        "turned.png": (image, {"exif": turned}),
        "turned.tif": (image, {"exif": turned}),
        "palette.png": (image.convert("P"), {}),
        "deep.png": (Image.fromarray(colourful[..., 0].astype(np.uint16) * 200), {}),
        "see-through.png": (Image.fromarray(np.dstack([colourful, colourful[..., 0]])), {}),
    }
    for name, (picture, options) in kinds.items():
        picture.save(tmp_path / name, **options)
    jpeg = [tmp_path / name for name in kinds if name.endswith("jpg")]
    return jpeg, [tmp_path / name for name in kinds if not name.endswith("jpg")]


def test_pictures_are_read_as_the_cache_reads_them(packaged: Callable[..., Package], files_of_every_kind) -> None:
    jpeg, others = files_of_every_kind
    for files in (jpeg, [*others, *jpeg]):
        section = picture_section(pd.Series([file.name for file in files]), 28)
        there = {"SIZE": 28, "np": np, "Image": Image, "Path": Path}
        exec("from PIL import ImageOps\n" + section.code.partition("files = split")[0], there)
        for file in files:
            np.testing.assert_array_equal(there["read_picture"](file), decode_square(file, 28), file.name)


def test_photos_from_phones_are_read_where_there_are_some(tmp_path: Path) -> None:
    """In a process of its own, for Pillow knows HEIC from then on."""
    picture = Image.fromarray(np.indices((200, 300)).transpose(1, 2, 0).repeat(2, axis=2)[..., :3].astype(np.uint8))
    for ending, kind in ((".heic", "HEIF"), (".avif", "AVIF"), (".jp2", "JPEG2000"), (".gif", "GIF"), (".ppm", "PPM")):
        file = tmp_path / f"a{ending}"
        if kind == "HEIF":
            pillow_heif.from_pillow(picture).save(file)
        else:
            picture.save(file, kind)
        section = picture_section(pd.Series([file.name]), 28)
        assert ("register_heif_opener" in section.code) == (kind == "HEIF")
        code = section.code.partition("files = split")[0]
        imports = import_statements(code, {**IMPORTS, **section.imports})
        said = f"import sys\n{imports}\nSIZE = 28\n{code}\nnp.save(sys.argv[2], read_picture(Path(sys.argv[1])))"
        subprocess.run([sys.executable, "-c", said, str(file), str(tmp_path / "read.npy")], check=True)
        np.testing.assert_array_equal(np.load(tmp_path / "read.npy"), decode_square(file, 28), ending)


def test_pictures_too_many_for_the_memory_are_kept_in_a_file() -> None:
    few, many = pd.Series(["a.jpg"]), pd.Series([f"{number}.jpg" for number in range(1000)])
    assert "open_memmap" not in picture_section(few, 1024).code
    assert "open_memmap" in picture_section(many, 1024).code


def test_writing_code_imports_neither_keras_nor_tensorflow(packaged, unpack) -> None:
    made = "[m for m in ('keras', 'tensorflow') if m in sys.modules]"
    code = (
        "import sys; from core.data.catalog import open_dataset; from core.export.package import package_of_recipe;"
        "from core.training.recipe import make_recipe; d = open_dataset(sys.argv[1]);"
        "r = make_recipe(dataset=sys.argv[1], model='cnn-59k', augment_flip='both', balance='weights');"
        f"package_of_recipe(r, d).files(); print({made})"
    )
    command = [sys.executable, "-c", code, HOSTILE]
    packaged()
    said = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300)
    assert said.stdout == "[]\n", said.stderr


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("balance", [Balance.WEIGHTS, Balance.OVERSAMPLE])
def test_the_script_of_a_regression_on_brightness_computes_the_weights_of_the_run(
    balance: Balance, hostile_recipe, unpack
) -> None:
    run = create_run(hostile_recipe(model="brightness-logreg", image_size=28, balance=balance))
    assert train_here(str(run.path)) == "finished", run.log_tail()
    package = package_of_run(run, open_dataset(HOSTILE))
    folder = unpack(package)
    ended = start(folder, package.pictures)
    assert ended.returncode == 0, ended.stderr[-2000:]
    judged = json.loads((run.evaluation / "metrics.json").read_text())["test"]
    assert f"accuracy           {judged['accuracy']:.4f}" in ended.stdout.partition("test part")[2]
    import keras

    here, there = (keras.models.load_model(file, compile=False) for file in (run.model_file, folder / "model.keras"))
    for one, other in zip(here.get_weights(), there.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
