"""What a row trains follows from the report and from the data that are here, and says what is otherwise."""

from pathlib import Path

import pytest

from core.base.errors import ConfigurationError
from core.data.catalog import look
from core.data.reading.choices import Choices, keep_choices
from core.models.registry import list_models
from core.reproduction.planning import HONEST, QUICK_EPOCHS, QUICK_PICTURES, THEIRS, counted, examples_of, plan
from core.reproduction.systems import QUICK_SEEDS, SEEDS, list_systems, system_named
from tests.core.reproduction.conftest import draw_patches


def planned(name: str, protocol: str, *, quick: bool = False):
    return plan(system_named(name), protocol, look(), quick)


def test_every_network_of_the_reports_has_a_row_with_its_published_figure() -> None:
    published = {system.name: round(100 * system.published, 2) for system in list_systems()}
    assert published == {
        "lstm-rows": 70.99,
        "cnn-59k": 71.64,
        "cnn-pyramid": 71.4,
        "cnn-pyramid-oversampled": 95.21,
        "brightness-logreg": 53.5,
        "patch-cnn-softmax": 86.17,
        "patch-cnn-relu": 84.35,
        "patch-cnn-tuned": 91.28,
        "softmax-against-relu": 1.82,
        "efficientnet-b4-frozen": 63.65,
        "efficientnet-b4": 65.82,
    }
    known = {model.name for model in list_models()}
    assert {model for system in list_systems() for model in system.models} <= known


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["lstm-rows", "cnn-59k", "cnn-pyramid", "cnn-pyramid-oversampled"])
def test_rows_on_ham10000_are_trained_as_the_report_did_and_on_whole_lesions(
    name: str, artifacts: Path, real_data: Path, monkeypatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    [[theirs]], [[honest]] = (planned(name, protocol).recipes for protocol in (THEIRS, HONEST))
    oversampled = name == "cnn-pyramid-oversampled"
    assert theirs.split == ("oversample-first" if oversampled else "random")
    assert theirs.fractions == (0.8, 0.2, 0)
    assert (honest.split, honest.balance) == ("grouped", "oversample" if oversampled else "none")
    assert honest.fractions == (0.7, 0.15, 0.15)
    assert (theirs.batch_size, theirs.image_size, theirs.epochs) == (128, 28, honest.epochs)
    assert not planned(name, THEIRS).notes


def test_what_stands_in_for_data_that_are_not_here_is_said(patches) -> None:
    theirs, honest = (planned("patch-cnn-relu", protocol) for protocol in (THEIRS, HONEST))
    assert theirs.notes == (
        "PatchCamelyon (Kaggle) is not here; Breast histopathology (240 pictures of 40 patients) stands in for it.",
    )
    assert honest.notes[0].startswith("PatchCamelyon is not here; Breast histopathology")
    assert theirs.otherwise == ("on other data than theirs",)
    [[recipe]] = theirs.recipes
    assert (recipe.image_size, recipe.batch_size, recipe.epochs, recipe.split) == (50, 50, 10, "random")
    [[recipe]] = honest.recipes
    assert (recipe.split, recipe.fractions) == ("grouped", (0.7, 0.15, 0.15))


def test_what_was_decided_about_the_data_is_said(patches) -> None:
    folder = look().entry("breast_histopathology").folder
    keep_choices(folder, Choices(columns={"group": "folder 1"}, malignant={"1": False}))
    theirs = planned("patch-cnn-relu", THEIRS)
    assert theirs.notes[-1].endswith("something was decided here.")
    assert theirs.otherwise == ("on other data than theirs", "with what was decided here")


def test_two_patients_are_one_to_learn_from_and_one_to_judge_and_one_alone_is_refused(artifacts: Path) -> None:
    root = artifacts.parent / "data"
    draw_patches(root / "breast_histopathology", patients=2, each=4)
    honest = planned("patch-cnn-relu", HONEST)
    assert honest.recipes[0][0].fractions == (0.5, 0.5, 0)
    assert any("Of two patients one is learnt from" in note for note in honest.notes)


def test_of_one_patient_nothing_can_be_held_out_and_the_row_says_so(artifacts: Path) -> None:
    draw_patches(artifacts.parent / "data" / "breast_histopathology", patients=1, each=4)
    honest = planned("patch-cnn-relu", HONEST)
    assert honest.recipes == ()
    assert honest.problem == "All pictures of Breast histopathology are of one patient, so no other can be held out."


def test_a_row_whose_data_are_not_here_names_them(artifacts) -> None:
    found = planned("cnn-59k", THEIRS)
    assert found.recipes == ()
    assert found.problem == "HAM10000 is not here. The page Data says how to get it."
    many = planned("patch-cnn-tuned", HONEST).problem
    assert many.startswith("None of PatchCamelyon, Breast histopathology is here.")


def test_a_claim_has_both_networks_for_each_of_five_seeds(patches) -> None:
    recipes = planned("softmax-against-relu", HONEST).recipes
    assert [[recipe.model for recipe in of_seed] for of_seed in recipes] == [
        ["patch-cnn-softmax", "patch-cnn-relu"]
    ] * 5
    assert [[recipe.seed for recipe in of_seed] for of_seed in recipes] == [[seed, seed] for seed in SEEDS]
    assert recipes[0][1] == planned("patch-cnn-relu", HONEST).recipes[0][0]


def test_quick_leaves_out_epochs_pictures_and_seeds_and_says_how_many(artifacts: Path) -> None:
    folder = draw_patches(artifacts.parent / "data" / "breast_histopathology", patients=3, each=250)
    pictures = sum(1 for _ in folder.rglob("*.png"))
    found = planned("softmax-against-relu", THEIRS, quick=True)
    assert found.notes[-1] == f"Quick: 3 of 10 epochs, 2,000 of {pictures:,} pictures, batches of 16, 2 of 5 seeds."
    assert len(found.recipes) == len(QUICK_SEEDS)
    for recipe in found.recipes[0]:
        assert (recipe.epochs, recipe.most_pictures, recipe.batch_size) == (QUICK_EPOCHS, QUICK_PICTURES, 16)


def test_what_is_computed_at_once_is_not_said_to_have_fewer_epochs(patches) -> None:
    found = planned("brightness-logreg", THEIRS, quick=True)
    assert found.notes[-1] == "Quick: nothing is left out, for it is quick as it is."
    assert found.otherwise == ("on other data than theirs",)
    assert found.said == "patches drawn 80/20, frequent class thinned out in the training part; fitted at once"
    assert found.recipes == planned("brightness-logreg", THEIRS).recipes


def test_how_many_pictures_an_epoch_has_follows_from_split_and_balance(patches) -> None:
    has = counted("breast_histopathology", look())
    assert has.labels.to_dict() == {"0": 160, "1": 80}
    [[recipe]] = planned("patch-cnn-relu", THEIRS).recipes
    assert examples_of(recipe, has) == pytest.approx(0.8 * 2 * 80)
    plain = recipe.model_copy(update={"balance": "none"})
    assert examples_of(plain, has) == pytest.approx(0.8 * 240)
    assert examples_of(plain.model_copy(update={"most_pictures": 50}), has) == pytest.approx(0.8 * 50)


def test_a_row_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match=r"called “resnet”. Known are: lstm-rows, cnn-59k"):
        system_named("resnet")


@pytest.fixture
def isic(artifacts: Path, real_data: Path, monkeypatch) -> None:
    """ISIC 2019 with the pictures of HAM10000, which are those of the same ids."""
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))


def weights_of(monkeypatch: pytest.MonkeyPatch, *trunks: str) -> None:
    """The published weights of these trunks alone are here."""
    monkeypatch.setattr(
        "core.reproduction.planning.find_published", lambda trunk: Path("w.h5") if trunk.name in trunks else None
    )


@pytest.mark.real_data
def test_the_system_on_isic_2019_has_both_phases_as_stages_of_one_recipe(isic, monkeypatch) -> None:
    weights_of(monkeypatch, "efficientnet-b4")
    found = planned("efficientnet-b4", THEIRS)
    [[recipe]] = found.recipes
    assert (recipe.model, recipe.image_size, recipe.batch_size) == ("efficientnet-b4", 224, 32)
    assert [(stage.learns, stage.learning_rate, stage.early_stopping_patience) for stage in recipe.stages] == [
        ("head", 1e-3, 10),
        ("head", 1e-4, 5),
    ]
    assert (recipe.stages[1].reduce_lr_patience, recipe.reduce_lr_factor, recipe.min_learning_rate) == (2, 0.2, 1e-6)
    assert found.notes == ("10,015 of its 25,331 pictures are here and can be learnt from.",)
    [[frozen]] = planned("efficientnet-b4-frozen", THEIRS).recipes
    assert frozen.stages == recipe.stages[:1]


@pytest.mark.real_data
def test_where_the_weights_of_b4_are_not_here_a_lighter_trunk_stands_in_and_the_row_says_so(isic, monkeypatch) -> None:
    weights_of(monkeypatch, "efficientnet-lite0")
    found = planned("efficientnet-b4", HONEST)
    [[recipe]] = found.recipes
    assert (recipe.model, recipe.architecture) == ("efficientnet-lite0", {"dense": 1024, "dropout": 0.5})
    assert any("efficientnet-lite0 with those of its own and one dense layer stands in" in note for note in found.notes)
    assert found.otherwise == ("on a part of their data", "with another network")
    weights_of(monkeypatch, "efficientnet-lite0", "efficientnet-lite2")
    assert planned("efficientnet-b4", HONEST).recipes[0][0].model == "efficientnet-lite2"


@pytest.mark.real_data
def test_without_any_published_weights_b4_begins_with_random_ones_and_the_row_says_so(isic, monkeypatch) -> None:
    weights_of(monkeypatch)
    found = planned("efficientnet-b4", HONEST, quick=True)
    [[recipe]] = found.recipes
    assert (recipe.model, recipe.weights, recipe.image_size) == ("efficientnet-b4", "none", 96)
    assert {stage.epochs for stage in recipe.stages} == {QUICK_EPOCHS}
    assert any("begins with random ones" in note for note in found.notes)
    assert found.otherwise == ("cut short", "on a part of their data", "without published weights")
    assert found.notes[-1].startswith("Quick: 3 epochs a stage at 96×96, 2,000 of 10,015 pictures")
