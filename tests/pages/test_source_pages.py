"""The tab Source of Results and the lesson on sources, with two sources, with one, and with none."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import DataError, RunError
from core.base.files import read_json, write_json
from core.base.percents import percent
from core.data.demo.demo import DEMO_SPEC
from core.evaluation.predictions import load_predictions
from core.evaluation.source_probe import within_sources
from core.features.source_probe import probe_run
from core.jobs import JobState, list_jobs
from core.runs.judging.caution import load_caution
from core.runs.judging.source_probe import load_source_probe
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from tests.conftest import write_ages
from tests.pages.test_predict_page import GOOD_JPEG, upload


def with_sources(run: RunFolder, sources: list[str]) -> pd.DataFrame:
    """The demo of a run with a column of sources: nevi come from the first, and of the others each second."""
    link = run.path.parents[1] / "data" / "demo"
    whole = link.resolve()
    link.unlink()
    link.mkdir()
    for each in whole.iterdir():
        (link / each.name).symlink_to(each, target_is_directory=each.is_dir())
    file = link / "demo_metadata.csv"
    table = pd.read_csv(file)
    label = "dx" if "dx" in table else "label"
    table["dataset"] = [
        sources[0] if name == "nv" else sources[n % len(sources)] for n, name in enumerate(table[label])
    ]
    file.unlink()
    table.to_csv(file, index=False)
    return table


def said(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(each.value for each in [*test.markdown, *test.caption, *test.info, *test.warning])


def view(open_page, run: RunFolder) -> AppTest:
    return open_page("32_results.py", run=run.run_id, **{"results-view": "Source"})


def test_how_often_sets_hold_the_true_class_is_told_apart_by_source(trained: RunFolder, open_page) -> None:
    table = with_sources(trained, ["molemax", "rosendahl"])
    test = upload(open_page("33_predict.py"), GOOD_JPEG)
    [by] = [each for each in test.selectbox if each.label == "Grouped by"]
    test = by.set_value("source").run()
    assert not test.exception
    [shown] = [each.value for each in test.dataframe if "holds the true class" in each.value]
    own = load_predictions(trained.predictions_file)
    own = own[own["part"] == "test"].reset_index(drop=True)
    of = table.drop_duplicates("image_id").set_index("image_id")["dataset"].reindex(own["image_id"])
    expected = load_trust(trained).coverage_of(own, load_caution(trained).level, of.reset_index(drop=True))
    assert set(shown["source"]) == {"all", "molemax", "rosendahl"}
    counted = expected.set_index("of")["coverage"]
    for row in shown.set_index("source").drop("all").itertuples():
        assert row[list(shown.columns).index("holds the true class")] == pytest.approx(counted[row.Index])


def test_accuracy_stands_by_source_and_the_probe_is_a_job_whose_result_is_kept(
    trained: RunFolder, open_page, jobs_done_here
) -> None:
    table = with_sources(trained, ["molemax", "rosendahl"])
    test = view(open_page, trained)
    [shown] = [frame.value for frame in test.dataframe if "floor" in frame.value]
    own = load_predictions(trained.predictions_file)
    own = own[own["part"] == "test"].reset_index(drop=True)
    of = table.drop_duplicates("image_id").set_index("image_id")["dataset"].reindex(own["image_id"])
    expected = within_sources(own, DEMO_SPEC.class_keys, of.reset_index(drop=True))
    assert shown["source"].tolist() == expected["source"].tolist()
    assert shown["accuracy"].tolist() == pytest.approx(expected["accuracy"].tolist(), abs=1e-9)
    next(each for each in test.button if each.label == "Try to tell the source").click().run()
    [job] = list_jobs("source probe")
    assert job.status().state is JobState.FINISHED, job.log_tail()
    probe = load_source_probe(trained)
    assert probe is not None
    assert probe.sources == ("molemax", "rosendahl")
    assert probe.by_label > 0.6, "every nevus comes from one of them"
    text = said(view(open_page, trained))
    assert f"Balanced accuracy {percent(probe.told)}" in text
    assert f"the diagnosis alone {percent(probe.by_label)}" in text
    lesson = open_page("43_source.py", dataset="demo")
    assert "A model that knows only the source, and never sees a picture" in said(lesson)
    [counts] = [frame.value for frame in lesson.dataframe if "diagnosis" in frame.value]
    assert counts.columns.tolist() == ["diagnosis", "molemax", "rosendahl"], "the fewer of both are columns"
    [runs] = [frame.value for frame in lesson.dataframe if "verdict" in frame.value]
    assert runs["told"].tolist() == [pytest.approx(probe.told, abs=1e-9)]
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"temperature": 3.0})
    assert load_source_probe(trained) is None, "of another state of the model"


def test_one_source_and_none_are_said(trained: RunFolder, open_page) -> None:
    assert "tells no source of its pictures" in said(view(open_page, trained))
    assert "there is nothing to compare" in said(open_page("43_source.py", dataset="demo"))
    with pytest.raises(DataError, match="At least two sources"):
        probe_run(trained)
    with_sources(trained, ["one camera"])
    assert "tells one source alone" in said(view(open_page, trained))


def test_predictions_of_folds_and_samples_have_no_probe(trained: RunFolder, open_page) -> None:
    with_sources(trained, ["a", "b"])
    info = read_json(trained.predictor_file)
    write_json(trained.predictor_file, info | {"folds": 3})
    assert "Open the run of a fold" in said(view(open_page, trained))
    with pytest.raises(RunError, match="out-of-fold"):
        probe_run(trained)
    for model in ("ensemble", "outside", "majority"):
        write_json(trained.predictor_file, info | {"model": model})
        assert "has no layer with features that could be used" in said(view(open_page, trained))
        with pytest.raises(RunError, match="has no layer with features that could be used"):
            probe_run(trained)
    write_json(trained.predictor_file, info | {"takes": "genes"})
    assert "Nothing is known of where these samples were taken" in said(view(open_page, trained))
    with pytest.raises(DataError, match="takes gene samples"):
        probe_run(trained)


def test_the_source_of_ham10000_is_read_from_the_table_beside_its_own(tmp_path: Path) -> None:
    from core.data.adapters.ham10000 import read_ham10000

    folder = tmp_path / "ham10000"
    write_ages(folder, pictures=12)
    assert read_ham10000(folder).table["source"].isna().all()
    (folder / "HAM10000_source.csv").write_text("image_id,dataset\nISIC_0000,rosendahl\nISIC_0001.jpg,vidir_modern\n")
    sources = read_ham10000(folder).table.set_index("image_id")["source"]
    assert (sources["ISIC_0000"], sources["ISIC_0001"]) == ("rosendahl", "vidir_modern")
    assert sources.isna().sum() == len(sources) - 2
    (folder / "HAM10000_source.csv").write_bytes(b"\xff\xfe\x00")
    assert read_ham10000(folder).table["source"].isna().all()
