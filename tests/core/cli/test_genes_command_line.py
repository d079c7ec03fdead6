"""A table of gene expression from the command line: trained, judged, predicted, like pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.data.splits.splits import make_split
from core.data.training_examples import open_examples
from core.runs.run_folder import open_run
from core.training.recipe import make_recipe

GENES = [f"G{number}" for number in range(120)]


def expression(samples: int, seed: int, shift: float = 3.0) -> pd.DataFrame:
    """Logarithms of samples named by the seed; every second is of the class b, which ten genes tell."""
    rng = np.random.default_rng(seed)
    values = rng.normal(8, 1, (samples, len(GENES)))
    values[1::2, :10] += shift
    return pd.DataFrame(values, [f"s{seed}.{number}" for number in range(samples)], GENES)


def write_table(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Tables with genes in rows, and the labels of all samples."""
    folder.mkdir(exist_ok=True)
    for name, values in tables.items():
        values.T.rename_axis("gene").to_csv(folder / name)
    samples = [each for values in tables.values() for each in values.index]
    labels = [["a", "b"][number % 2] for values in tables.values() for number in range(len(values))]
    pd.DataFrame({"sample": samples, "label": labels}).to_csv(folder / "labels.csv", index=False)


@pytest.fixture
def ask(artifacts: Path, capfd: pytest.CaptureFixture) -> Callable:
    def ask(*arguments: object) -> tuple[int, dict]:
        code = main([*map(str, arguments), "--json"])
        return code, json.loads(capfd.readouterr().out)

    return ask


@pytest.fixture
def tables(artifacts: Path) -> Path:
    """A data root with the table `study`, which has independent samples, and `alone`, which has none."""
    root = artifacts.parent / "data"
    write_table(root / "study", {"train.csv": expression(40, 1), "independent.csv": expression(12, 2)})
    write_table(root / "alone", {"expression.csv": expression(60, 3)})
    return root


@pytest.mark.long
@pytest.mark.real_data
@pytest.mark.usefixtures("trained_here")
@pytest.mark.parametrize("model", ["dense-genes", "logreg-genes", "centroid-genes"])
def test_the_leukaemias_of_golub_are_told_apart_better_than_by_the_floor(
    model: str, real_data: Path, artifacts: Path, ask
) -> None:
    (artifacts.parent / "data" / "golub").symlink_to(real_data / "golub", target_is_directory=True)
    code, value = ask("train", model, "--dataset", "golub")
    assert (code, value["state"], value["part"]) == (0, "finished", "test"), value
    assert value["split"]["kind"] == "official"
    metrics = value["metrics"]
    assert metrics["images"] == 34, "the independent samples"
    assert metrics["intervals"]["accuracy"][0] > metrics["majority_accuracy"] == pytest.approx(20 / 34)
    split = pd.read_parquet(open_run(value["run_id"]).split_file)
    assert (split["part"] != "test").sum() == 38
    assert set(split.loc[split["part"] != "test", "image_id"]) == {str(number) for number in range(1, 39)}


@pytest.mark.usefixtures("trained_here")
def test_a_dense_network_on_a_table_is_trained_judged_and_asked_like_one_on_pictures(tables, ask, tmp_path) -> None:
    fields = ["--set", "architecture.genes=20", "--set", "batch_size=4"]
    code, value = ask("train", "dense-genes", "--dataset", "study", "--epochs", 8, *fields)
    assert (code, value["state"], value["part"]) == (0, "finished", "test"), value
    assert value["split"]["kind"] == "official"  # as it is divided, where nobody asks for another split
    assert value["metrics"]["images"] == 12
    assert value["metrics"]["accuracy"] >= 11 / 12
    low, high = value["metrics"]["intervals"]["accuracy"]
    assert low < 0.85 < value["metrics"]["accuracy"] <= high  # twelve samples do not prove more
    run = open_run(value["run_id"])
    assert sum('"epoch"' in line and '"val_loss"' in line for line in run.metrics_file.read_text().splitlines()) == 8
    predictions = pd.read_parquet(run.evaluation / "predictions.parquet")
    assert predictions["part"].value_counts()["test"] == 12
    assert set(predictions.loc[predictions["part"] == "test", "image_id"]) == set(expression(12, 2).index)
    assert not set(predictions["image_id"]) & set(pd.read_parquet(run.split_file).query("part == 'train'")["image_id"])
    card = (run.path / "card.md").read_text()
    assert "12 samples" in card
    assert "Picture size" not in card

    before = value["metrics"]
    code, again = ask("evaluate", run.run_id)
    assert (code, again["accuracy"], again["log_loss"]) == (0, before["accuracy"], pytest.approx(before["log_loss"]))

    asked = tmp_path / "asked.csv"  # samples in rows, other columns first, genes the other way round
    samples = expression(12, 2)
    samples[GENES[::-1]].rename_axis("sample").reset_index().assign(age=50).to_csv(asked, index=False)
    code, said = ask("predict", run.run_id, asked, "--csv", tmp_path / "said.csv")
    assert code == 0, said
    found = pd.DataFrame(
        [each["probabilities"] for each in said["predictions"]], [p["sample"] for p in said["predictions"]]
    )
    judged = predictions[predictions["part"] == "test"].set_index("image_id").loc[found.index]
    np.testing.assert_allclose(found["b"], judged["p_b"], atol=1e-5)
    assert pd.read_csv(tmp_path / "said.csv")["sample"].tolist() == found.index.tolist()

    chosen = said_of_genes(run.path)
    code, said = ask("predict", run.run_id, lacking(asked, chosen[:2]))
    assert code == 0
    assert any(f"2 of the 20 genes that the model looks at are missing in this table: {chosen[0]}, {chosen[1]}" in note
               for note in said["notes"])  # fmt: skip
    code, said = ask("predict", run.run_id, lacking(asked, chosen[:9]))
    assert (code, said["kind"]) == (1, "DataError")
    assert (
        f"9 of the 20 genes that the model looks at are missing in this table: {', '.join(chosen[:9])}" in said["error"]
    )

    code, said = ask("code", run.run_id)
    assert (code, said["kind"]) == (1, "ConfigurationError")
    assert "Only trainings on pictures can be written as code" in said["error"]

    code, other = ask("evaluate", run.run_id, "--on", "alone")
    assert (code, other["images"], other["samples_seen_in_training"]) == (0, 60, 0)
    code, other = ask("evaluate", run.run_id, "--on", tables / "study")
    assert code == 0
    assert other["samples_seen_in_training"] == len(pd.read_parquet(run.split_file).query("part == 'train'"))


def said_of_genes(folder: Path) -> list[str]:
    """The genes that a run looks at."""
    from core.serving.gene_answer import chosen_genes
    from core.serving.gene_names import load_genes
    from core.serving.predictor import Predictor

    return chosen_genes(Predictor.of_run(folder), load_genes(folder / "genes.json"))


def lacking(table: Path, genes: list[str]) -> Path:
    """The same table without some genes."""
    pd.read_csv(table).drop(columns=genes).to_csv(table.with_name("lacking.csv"), index=False)
    return table.with_name("lacking.csv")


@pytest.mark.usefixtures("trained_here")
@pytest.mark.parametrize("model", ["logreg-genes", "centroid-genes", "majority-genes"])
def test_the_floors_are_runs_too(tables, ask, model: str) -> None:
    code, value = ask("train", model, "--dataset", "alone")
    assert (code, value["state"], value["split"]["kind"]) == (0, "finished", "grouped"), value
    assert 7 <= value["metrics"]["images"] <= 10
    if model == "majority-genes":
        assert value["metrics"]["accuracy"] == value["metrics"]["majority_accuracy"]
    else:
        assert value["metrics"]["balanced_accuracy"] > 0.8


def test_models_and_data_that_do_not_go_together_are_refused_before_a_run_is_made(tables, small_demo, ask) -> None:
    for model, dataset, said in (
        ("cnn-59k", "study", "cnn-59k learns from pictures, and study holds genes. Models for genes are: dense-genes"),
        ("dense-genes", "demo", "dense-genes learns from genes, and demo holds pictures. Models for pictures are: "),
    ):
        code, value = ask("train", model, "--dataset", dataset)
        assert (code, value["kind"]) == (1, "ConfigurationError")
        assert said in value["error"]
    assert ask("runs")[1]["runs"] == []


@pytest.mark.usefixtures("trained_here")
def test_the_same_patient_and_the_same_expression_in_two_parts_are_a_leak(tables, ask) -> None:
    values = expression(40, 5)
    values.iloc[30] = values.iloc[0]
    folder = tables / "pairs"
    write_table(folder, {"expression.csv": values})
    labels = pd.read_csv(folder / "labels.csv")
    labels.assign(patient_id=[f"p{number // 2}" for number in range(40)]).to_csv(folder / "labels.csv", index=False)
    code, value = ask("train", "logreg-genes", "--dataset", "pairs")
    assert (code, value["split"]["groups_shared"]) == (0, 0), value
    seed = next(seed for seed in range(20) if len({part_of(values.index[row], seed) for row in (0, 30)}) == 2)
    code, value = ask("train", "logreg-genes", "--dataset", "pairs", "--split", "random", "--seed", seed)
    assert code == 0, value
    assert value["split"]["leaking"]
    assert value["split"]["groups_shared"] > 0
    assert value["split"]["identical_images_shared"] == 1


def part_of(sample: str, seed: int) -> str:
    """The part in which a random split with this seed puts a sample of the table `pairs`: training or held out."""
    recipe = make_recipe(dataset="pairs", model="logreg-genes", split="random", seed=seed)
    split = make_split(open_examples("pairs", 0)[0].table, recipe.split, recipe.seed, recipe.fractions)
    part = split.rows.set_index("image_id").loc[sample, "part"]
    return "train" if part == "train" else "held out"


def test_models_lists_those_for_genes(ask) -> None:
    listed = {each["name"]: each for each in ask("models")[1]["models"]}
    assert listed["dense-genes"]["takes"] == "genes"
    assert listed["cnn-59k"]["takes"] == "pictures"
    assert {"genes", "dense", "dropout"} <= {each["name"] for each in listed["dense-genes"]["architecture"]}
