import errno
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DiskFullError
from core.data.demo.demo import (
    AGE_MEAN_AND_DEVIATION,
    CLASS_FRACTIONS,
    DEMO_SPEC,
    FEWEST_LESIONS,
    IMAGE_FOLDER,
    MALE_FRACTIONS,
    METADATA_FILE,
    SITE_FRACTIONS,
    generate_demo,
    plan_demo,
)
from core.data.demo.drawing import draw_photographs

LESIONS = 20


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "demo"
    generate_demo(folder, seed=3, lesions=LESIONS)
    return folder


@pytest.fixture(scope="module")
def many_lesions() -> pd.DataFrame:
    return plan_demo(seed=1, lesions=6000).drop_duplicates("lesion_id")


def test_the_same_seed_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    generate_demo(tmp_path / "again", seed=3, lesions=LESIONS)
    assert digests(tmp_path / "again") == digests(demo)


def test_another_seed_gives_other_pictures_and_other_metadata(demo: Path, tmp_path: Path) -> None:
    generate_demo(tmp_path / "other", seed=4, lesions=LESIONS)
    ours, others = digests(demo), digests(tmp_path / "other")
    assert not set(ours.values()) & set(others.values())


def test_several_processes_draw_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    generate_demo(tmp_path / "demo", seed=3, lesions=100)
    table = pd.read_csv(tmp_path / "demo" / METADATA_FILE)
    lesion = table[table["lesion_id"] == "DEMOL_0000100"]
    here = draw_photographs(3, 100, lesion["dx"].iloc[0], len(lesion))
    written = [(tmp_path / "demo" / IMAGE_FOLDER / f"{i}.jpg").read_bytes() for i in lesion["image_id"]]
    assert written == here


def test_every_row_has_its_picture_of_200_by_150_pixels(demo: Path) -> None:
    table = pd.read_csv(demo / METADATA_FILE)
    assert list(table) == ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"]
    assert table["image_id"].is_unique
    assert {path.stem for path in (demo / IMAGE_FOLDER).iterdir()} == set(table["image_id"])
    for path in (demo / IMAGE_FOLDER).iterdir():
        with Image.open(path) as picture:
            picture.load()
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (200, 150))


def test_the_folder_says_that_it_is_synthetic_and_how_it_was_made(demo: Path) -> None:
    assert DEMO_SPEC.synthetic
    assert "synthetic" in (demo / "README.txt").read_text()
    made = json.loads((demo / "demo.json").read_text())
    assert (made["seed"], made["lesions"]) == (3, LESIONS)
    assert made["pictures"] == len(pd.read_csv(demo / METADATA_FILE))


def test_only_the_documented_pairs_are_byte_identical_each_within_one_lesion(demo: Path) -> None:
    lesion_of = pd.read_csv(demo / METADATA_FILE).set_index("image_id")["lesion_id"]
    by_digest: dict[str, list[str]] = {}
    for path in sorted((demo / IMAGE_FOLDER).iterdir()):
        by_digest.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), []).append(path.stem)
    pairs = sorted(images for images in by_digest.values() if len(images) > 1)
    assert pairs == sorted(json.loads((demo / "demo.json").read_text())["identical_pairs"])
    assert len(pairs) == 2
    assert all(lesion_of[first] == lesion_of[second] for first, second in pairs)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_default_size_keeps_its_promised_counts(seed: int) -> None:
    table = plan_demo(seed)
    photos = table.groupby("lesion_id").size()
    assert len(table) >= 1400
    assert len(photos) >= 900
    assert set(table["dx"]) == set(DEMO_SPEC.class_keys) == set(CLASS_FRACTIONS)
    assert photos.between(1, 6).all()
    assert (photos > 1).sum() >= 300
    assert photos.max() == 6


def test_the_smallest_demo_still_has_every_class() -> None:
    assert set(plan_demo(0, FEWEST_LESIONS)["dx"]) == set(DEMO_SPEC.class_keys)


@pytest.mark.parametrize(("seed", "lesions"), [(-1, 1000), (0, FEWEST_LESIONS - 1)])
def test_an_impossible_seed_or_size_is_named(tmp_path: Path, seed: int, lesions: int) -> None:
    with pytest.raises(ConfigurationError, match="at least"):
        generate_demo(tmp_path / "demo", seed, lesions)
    assert not list(tmp_path.iterdir())


def test_photographs_of_one_lesion_share_their_metadata() -> None:
    shared = plan_demo(5).drop(columns="image_id").drop_duplicates()
    assert shared["lesion_id"].is_unique


def test_photographs_of_one_lesion_differ_but_look_more_alike_than_other_lesions() -> None:
    def mean_colours(lesion: int) -> np.ndarray:
        files = draw_photographs(0, lesion, "nv", 5)
        assert len(set(files)) == 5
        return np.stack([np.asarray(Image.open(io.BytesIO(file)))[50:100, 70:130].mean((0, 1)) for file in files])

    lesions = np.stack([mean_colours(lesion) for lesion in range(1, 17)])
    within = lesions.std(axis=1).mean()
    between = lesions.mean(axis=1).std(axis=0).mean()
    assert between > within


def test_ages_follow_the_published_distribution(many_lesions: pd.DataFrame) -> None:
    assert many_lesions["age"].isna().mean() == pytest.approx(0.006, abs=0.004)
    assert many_lesions["age"].dropna().between(0, 85).all()
    assert (many_lesions["age"].dropna() % 5 == 0).all()
    for label, ages in many_lesions.groupby("dx")["age"]:
        mean, deviation = AGE_MEAN_AND_DEVIATION[label]
        assert ages.mean() == pytest.approx(mean, abs=4), label
        assert ages.std() == pytest.approx(deviation, abs=4), label


def test_sexes_sites_and_methods_follow_the_published_distributions(many_lesions: pd.DataFrame) -> None:
    assert (many_lesions["sex"] == "unknown").mean() == pytest.approx(0.006, abs=0.004)
    for label, group in many_lesions.groupby("dx"):
        assert (group["sex"] == "male").mean() == pytest.approx(MALE_FRACTIONS[label], abs=0.08), label
        sites = group["localization"].value_counts(normalize=True)
        expected = SITE_FRACTIONS[label] / SITE_FRACTIONS[label].sum()
        assert (sites.reindex(expected.index, fill_value=0) - expected).abs().max() < 0.08, label
    methods = pd.crosstab(many_lesions["dx"], many_lesions["dx_type"], normalize="index")
    assert methods.loc["nv", "follow_up"] == pytest.approx(0.55, abs=0.05)
    assert methods.loc["bkl", "confocal"] == pytest.approx(0.06, abs=0.03)
    assert methods.loc["vasc", "consensus"] == pytest.approx(0.53, abs=0.08)
    assert methods.loc["mel", "histo"] == 1


def test_progress_counts_pictures_up_to_all(tmp_path: Path) -> None:
    reports = []
    generate_demo(tmp_path / "demo", lesions=LESIONS, progress=lambda *report: reports.append(report))
    done = [report[0] for report in reports]
    total = len(plan_demo(0, LESIONS))
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, total)
    assert {report[1:] for report in reports} == {(total, "Drawing demo pictures")}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesions", [LESIONS, 100])
def test_an_interrupted_generation_leaves_nothing_behind(tmp_path: Path, lesions: int) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_demo(tmp_path / "demo", lesions=lesions, progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_and_the_old_data_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    generate_demo(folder, seed=3, lesions=FEWEST_LESIONS)
    before = digests(folder)

    # A disk cannot be filled in a test.
    def no_space(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(DiskFullError, match="full"):
        generate_demo(folder, seed=4, lesions=FEWEST_LESIONS)
    assert digests(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
