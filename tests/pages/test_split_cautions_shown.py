"""What a split cannot tell, and what it lets through at each level, is said on Train, on Results, on the card."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.cli import commands
from core.data.catalog import open_dataset
from core.data.reading.choices import Choices, keep_choices
from core.export.package import package_of_run
from core.runs.run_folder import list_runs
from tests.conftest import train_in

UNSEEN = "“squamous cell carcinoma (scc)” is in the test part and not in training: a model cannot learn it."
FEW = "fewer lesions than the split has parts (3)"
TORN = "The official parts tear 1 lesion: pictures of one lesion stand in several parts"


@pytest.fixture
def moles(artifacts: Path) -> Path:
    """Official parts that tear a lesion, with a class in the test part alone, and a table of lesions and patients."""
    folder = artifacts.parent / "data" / "clinic"
    rows = ["image,dx,lesion_id,patient_id,split"]
    for number in range(60):
        label = "scc" if number in (57, 58) else ("mel", "nv")[number % 2]
        part = "test" if label == "scc" or number % 5 == 0 else ("train", "train", "validation")[number % 3]
        rows.append(f"m{number},{label},L{0 if number == 2 else number},P{number // 6},{part}")
        path = folder / "pictures" / f"m{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((32, 32, 3), 4 * number, np.uint8)).save(path)
    (folder / "metadata.csv").write_text("\n".join(rows))
    keep_choices(folder, Choices(columns={"group": "lesion_id"}))
    return folder


def said(test: AppTest) -> str:
    assert not test.exception
    return " ".join(each.value for each in [*test.warning, *test.error, *test.caption])


def levels(test: AppTest) -> list[str]:
    [table] = [each.value for each in test.dataframe if "level" in each.value]
    return table["level"].tolist()


def test_train_says_it_before_anything_is_started(moles: Path, open_page) -> None:
    test = open_page("30_train.py", dataset="clinic")
    assert "have a picture of their patient (patient_id) in training" in said(test)
    assert "Nothing leaks" not in [each.label for each in test.success]
    assert levels(test) == ["lesion", "patient"]
    assert FEW in said(test)  # two pictures of one class for three parts
    [split] = [each for each in test.segmented_control if each.label == "Split"]
    test = split.set_value("official").run()
    assert UNSEEN in said(test)
    assert FEW in said(test)
    assert TORN in said(test)
    assert said(test).count(UNSEEN) == 1  # the data set's own caution says it already


@pytest.mark.slow
def test_results_the_card_the_code_and_the_command_line_say_what_train_said(
    moles: Path, artifacts: Path, open_page
) -> None:
    train_in(artifacts, moles.parent, dataset="clinic", model="majority", image_size=28, epochs=1, split="official")
    [run] = list_runs()
    results = said(open_page("32_results.py"))
    card = (run.path / "card.md").read_text()
    code = package_of_run(run, open_dataset("clinic")).code.introduction
    value, lines = commands.trained(run)
    not_above = "Its accuracy is not shown to be above that of always answering"
    assert not_above in card
    assert [each.value for each in open_page("32_results.py").info if each.value.startswith(not_above)]
    for told in (results, card, " ".join(code.split()), " ".join(lines)):
        assert f"In the official split {UNSEEN}" in told
        assert "have a picture of their patient (patient_id) in training" in told
        assert FEW in told
        assert TORN in told
    assert value["split"]["cautions"][0] == f"In the official split {UNSEEN}"
    assert [level["noun"] for level in value["split"]["levels"]] == ["lesion", "patient"]
    assert levels(open_page("32_results.py")) == ["lesion", "patient"]


def test_the_leakage_lesson_counts_every_level_under_each_split(moles: Path, open_page) -> None:
    test = open_page("40_leakage.py", dataset="clinic")
    assert not test.exception
    tables = [each.value for each in test.dataframe if "level" in each.value]
    assert len(tables) == 3
    assert all(table["level"].tolist() == ["lesion", "patient"] for table in tables)
    assert "The **grouped** split keeps each lesion together, and yet" in " ".join(m.value for m in test.markdown)
