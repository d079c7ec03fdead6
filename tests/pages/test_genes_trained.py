"""A table of genes is trained on from its page, and its runs are seen, judged and asked like those on pictures."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models.registry import model_spec
from core.runs.run_folder import create_run, list_runs
from core.training.recipe import Recipe, make_recipe, without_unused
from dashboard.roles import Role
from dashboard.widgets.genes import training
from tests.conftest import train_in

PAGE = "23_genes.py"
GENES = [f"G{number}" for number in range(60)]


def write_study(root: Path) -> None:
    """Forty samples to train on and twelve independent ones; five genes tell their two classes apart."""
    folder = root / "study"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    samples = [f"s{number}" for number in range(52)]
    values = pd.DataFrame(rng.normal(8, 1, (52, 60)), samples, GENES)
    values.iloc[1::2, :5] += 4
    for name, part in (("train.csv", values[:40]), ("independent.csv", values[40:])):
        part.T.rename_axis("gene").to_csv(folder / name)
    pd.DataFrame({"sample": samples, "label": ["a", "b"] * 26}).to_csv(folder / "labels.csv", index=False)


def plotted(chart) -> str:
    """The specification of a chart as text."""
    return json.dumps(json.loads(chart.proto.spec), ensure_ascii=False)


@pytest.fixture
def study(artifacts: Path) -> Path:
    write_study(artifacts.parent / "data")
    return artifacts.parent / "data" / "study"


@pytest.fixture(scope="module")
def trained_on_genes(made_once) -> Path:
    """An artifacts folder with a finished `dense-genes` run and its table beside it; read only."""

    def train(root: Path) -> None:
        write_study(root / "tables")
        train_in(root, root / "tables", dataset="study", model="dense-genes", split="official", epochs=15)

    return made_once("genes-artifacts", train)


@pytest.fixture
def run(trained_on_genes: Path, study: Path, artifacts: Path):
    shutil.copytree(trained_on_genes / "runs", artifacts / "runs")
    return list_runs()[0]


def test_the_page_starts_a_training_as_asked(study, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    launched = []

    def launch(recipe, owner):
        launched.append(recipe)
        raise training.LesionLabError("not in this test")  # the engine is not what is tested here

    monkeypatch.setattr(training, "launch", launch)
    test = open_page(PAGE)
    assert not test.exception
    assert test.segmented_control("gene-split-study").value == "official"
    test.number_input("gene-epochs").set_value(25)
    test.number_input("gene-seed").set_value(3)
    test.button("train-on-genes").click().run()
    assert not test.exception
    [recipe] = launched
    assert (recipe.model, recipe.dataset, recipe.split, recipe.epochs, recipe.seed) == (
        "dense-genes", "study", "official", 25, 3,
    )  # fmt: skip
    assert recipe.architecture == {}
    assert [each.value for each in test.error] == ["not in this test"]
    test.selectbox("gene-model").set_value("logreg-genes").run()
    test.button("train-on-genes").click().run()
    assert launched[1].model == "logreg-genes"


def test_what_was_chosen_is_kept_when_one_looks_elsewhere_and_stands_in_the_address(study, open_page) -> None:
    test = open_page(PAGE)
    test.number_input("gene-epochs").set_value(25).run()
    test.number_input("gene-seed").set_value(3).run()
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page(f"../pages/{PAGE}").run()
    for again in (test, open_page(PAGE, **{"gene-epochs": "25", "gene-seed": "3"})):
        assert [again.number_input(name).value for name in ("gene-epochs", "gene-seed")] == [25, 3]


def test_a_viewer_can_start_no_training(study, open_page, as_viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list = []
    monkeypatch.setattr(training, "launch", lambda *recipe, **_: launched.append(recipe))
    as_viewer()
    assert open_page(PAGE).button("train-on-genes").disabled
    monkeypatch.setattr(training, "current_role", lambda: Role.INSTRUCTOR)  # the action asks again
    test = open_page(PAGE)
    test.button("train-on-genes").click().run()
    assert not launched
    assert any("Only instructors can start or stop runs" in each.value for each in test.error)


def test_a_run_is_listed_on_the_page_and_can_be_cloned(run, open_page) -> None:
    test = open_page(PAGE, clone=run.run_id)
    assert not test.exception
    assert test.number_input(f"gene-epochs-{run.run_id}").value == 15
    listed = next(each.value for each in test.dataframe if "balanced accuracy" in each.value)
    assert listed["model"].tolist() == ["dense-genes"]
    assert listed["balanced accuracy"].iloc[0] > 0.8


@pytest.mark.parametrize("page", ["31_runs.py", "32_results.py", "34_compare.py", "30_train.py", "42_quiz.py"])
def test_pages_of_runs_show_a_run_on_genes(run, open_page, page: str) -> None:
    test = open_page(page, run=run.run_id, **({"runs": run.run_id} if "compare" in page else {}))
    assert not test.exception
    assert not test.error


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Any recipe on the table of which the page shows something."""
    model = draw(st.sampled_from(["dense-genes", "logreg-genes", "centroid-genes"]))
    parameters = model_spec(model).architecture
    validation = draw(st.floats(0.05, 0.3))
    values = {
        "split": st.sampled_from(["official", "grouped"]), "seed": st.integers(0, 2**31 - 1),
        "epochs": st.integers(1, 1000), "batch_size": st.integers(0, 40),
        "learning_rate": st.floats(0, 1, exclude_min=True), "train_fraction": st.just(1 - validation - 0.2),
        "validation_fraction": st.just(validation), "test_fraction": st.just(0.2),
        "balance": st.sampled_from(["none", "weights"]), "label_smoothing": st.floats(0, 0.5),
        "architecture": st.fixed_dictionaries(
            {}, optional={each.name: st.sampled_from(each.values or [each.low, each.high]) for each in parameters}
        ),
    }  # fmt: skip
    fields = without_unused({name: draw(each) for name, each in values.items()})
    return make_recipe(dataset="study", model=model, **fields)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(recipe=recipes())
def test_what_the_page_shows_of_any_recipe_gives_back_the_same_recipe(
    recipe: Recipe, study, open_page, launched: list[Recipe]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "launch", lambda recipe, **_: launched.append(recipe) or create_run(recipe))
        run = create_run(recipe)
        launched.clear()
        test = open_page(PAGE, clone=run.run_id, **{"gene-table": "study"})
        test.button("train-on-genes").click().run()
    assert launched == [recipe]


def test_results_speak_of_samples(run, open_page) -> None:
    test = open_page("32_results.py", run=run.run_id)
    said = " ".join(each.value for each in (*test.caption, *test.subheader))
    assert "On 12 samples of 12 groups of the test part" in said
    assert "Samples in the selected cell" in said
    assert "dense-genes on study" in said
    assert "samples" in next(each.value for each in test.dataframe if "sensitivity" in each.value).columns
    assert not any("picture" in each.value for each in (*test.caption, *test.subheader))
    test = open_page("32_results.py", **{"run": run.run_id, "results-view": "Same lesion"})
    assert ["Samples are no photos" in each.value for each in test.info] == [True]


def test_a_run_on_genes_is_cloned_on_the_page_genes_and_is_not_written_as_code(run, open_page) -> None:
    test = open_page("31_runs.py", run=run.run_id)
    [clone] = [each.proto for each in test.get("page_link") if each.proto.label == "Clone"]
    assert f"clone={run.run_id}" in clone.query_string
    assert "gene-table=study" in clone.query_string


def test_a_table_that_is_brought_is_answered_for_every_sample(run, open_page, study) -> None:
    content = (study / "independent.csv").read_bytes()
    test = open_page("33_predict.py", run=run.run_id)
    assert not test.exception
    test.file_uploader[0].set_value(("asked.csv", content, "text/csv")).run()
    assert not test.exception
    assert not test.error
    rows = test.dataframe[0].value
    assert rows["sample"].tolist() == [f"s{number}" for number in range(40, 52)]
    judged = pd.read_parquet(run.evaluation / "predictions.parquet").query("part == 'test'").set_index("image_id")
    np.testing.assert_allclose(rows.set_index("sample")["b"], judged.loc[rows["sample"], "p_b"], atol=1e-5)
    # What the genes add is the difference that they explain.
    said = " ".join(each.value for each in test.caption)
    assert "by integrated gradients" in said
    added = re.search(r"add up to (\S+); the log-odds differ by (\S+)\. Left over: (\S+)\.", said)
    assert added
    total, difference, left = map(float, added.groups())
    assert abs(difference) > 0.1
    assert total + left == pytest.approx(difference, abs=2e-4)
    assert abs(left) < 0.02 * abs(difference)
    [evidence] = [chart for chart in map(plotted, test.get("plotly_chart")) if "Genes for and against" in chart]
    assert sum(f'"{gene}"' in evidence for gene in GENES) > 10


def test_a_table_of_something_else_is_refused_with_the_genes_that_are_wanted(run, open_page) -> None:
    test = open_page("33_predict.py", run=run.run_id)
    test.file_uploader[0].set_value(("other.csv", b"sample,x,y\na,1,2\nb,3,4\n", "text/csv")).run()
    assert not test.exception
    assert "other.csv has none of the 60 genes that the model has learnt from, such as G0" in test.error[0].value


def test_compare_and_the_notice_under_predictions_speak_of_samples(run, open_page) -> None:
    test = open_page("34_compare.py", runs=run.run_id)
    assert "Sample by sample" in [each.value for each in test.subheader]
    figures = next(each.value for each in test.dataframe if "floor" in each.value)
    assert figures["samples"].tolist() == [12]
    [notice] = [each.value for each in open_page("33_predict.py", run=run.run_id).warning]
    assert "worried about your health" in notice
    assert "skin" not in notice


def test_home_and_train_lead_to_tables_of_genes(study, open_page) -> None:
    home = open_page("10_home.py")
    assert any(each.value == "Here: 1 gene table and the demo." for each in home.markdown)
    labels = [each.proto.label for each in open_page("30_train.py").page_link]
    assert "Gene tables are trained on the page Genes" in labels
