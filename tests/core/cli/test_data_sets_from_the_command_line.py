"""Data sets put into a data root are listed, decoded, trained on and judged on, with no code and no configuration."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.cli.output import log_file
from core.data.demo.drawing import draw_photographs
from tests.asked_folders import agree, make_asking, make_ham10000, make_isic2019, make_table_alone


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """A function that runs a command with `--json`: exit code and the one object on stdout."""

    def ask(*arguments: Any) -> tuple[int, dict[str, Any]]:
        capfd.readouterr()
        code = main([*(str(argument) for argument in arguments), "--json"])
        return code, json.loads(capfd.readouterr().out)

    return ask


@pytest.fixture(scope="module")
def photographs() -> dict[str, list[bytes]]:
    return {label: [draw_photographs(3, n + 1, label, 1)[0] for n in range(8)] for label in ("mel", "nv")}


@pytest.fixture
def clinic(artifacts: Path, photographs: dict[str, list[bytes]]) -> Path:
    """Two classes of eight pictures each, and nothing else."""
    folder = artifacts.parent / "data" / "our clinic"
    for name, label in (("Melanoma", "mel"), ("Nevus", "nv")):
        (folder / name).mkdir(parents=True)
        for number, content in enumerate(photographs[label]):
            (folder / name / f"{label}{number}.jpg").write_bytes(content)
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("trained_here")
def test_a_folder_per_class_in_a_data_root_is_trained_and_judged_on_with_no_configuration(
    clinic: Path, photographs: dict[str, list[bytes]], ask, tmp_path: Path
) -> None:
    listed = {entry["name"]: entry for entry in ask("datasets")[1]["datasets"]}
    assert listed["our clinic"]["present"]
    assert listed["our clinic"]["classes"] == ["Melanoma", "Nevus"]
    assert "obody knows which pictures belong together" in listed["our clinic"]["caution"]
    code, value = ask("ingest", "our clinic", "--size", 28)
    assert (code, value["images"], value["skipped"]) == (0, 16, [])
    code, value = ask("train", "majority", "--dataset", "our clinic")
    assert (code, value["state"]) == (0, "finished")
    assert set(value["metrics"]["per_class"]) == {"Melanoma", "Nevus"}
    run = value["run_id"]

    small = [np.asarray(Image.open(io.BytesIO(content)).resize((28, 28))) for content in photographs["mel"]]
    arrays = {f"{part}_images": np.stack(small) for part in ("train", "val", "test")}
    arrays |= {f"{part}_labels": np.array([[4]] * 7 + [[0]], np.uint8) for part in ("train", "val", "test")}
    (clinic.parent / "derma").mkdir()
    np.savez(clinic.parent / "derma" / "dermamnist.npz", **arrays)
    code, value = ask("evaluate", run, "--on", "dermamnist")
    assert code == 0, value
    assert value["images"] == 21  # DermaMNIST's “mel” is the folder “Melanoma”
    assert {s["reason"] for s in value["skipped"]} == {"The run was not trained on its class akiec."}

    elsewhere = tmp_path / "another clinic"
    for label in ("mel", "nv"):
        (elsewhere / label).mkdir(parents=True)
        for number, content in enumerate(photographs[label][:4]):
            (elsewhere / label / f"{number}.jpg").write_bytes(content)
    code, value = ask("evaluate", run, "--on", elsewhere)
    assert (code, value["images"], value["skipped"]) == (0, 8, [])

    code, value = ask("predict", run, elsewhere / "mel" / "0.jpg")
    assert code == 0
    assert value["predictions"][0]["malignant"] == pytest.approx(0.5, abs=0.2)


def test_an_official_split_is_refused_where_there_is_none_before_there_is_a_run(clinic: Path, ask) -> None:
    code, value = ask("train", "majority", "--dataset", "our clinic", "--split", "official")
    assert (code, value["kind"]) == (1, "DataError")
    assert "This data set has no official split. ISIC 2018" in value["error"]
    assert ask("runs")[1]["runs"] == []


def test_a_folder_that_cannot_be_used_is_listed_with_its_reason(clinic: Path, ask) -> None:
    shutil.rmtree(clinic / "Nevus")
    entry = next(e for e in ask("datasets")[1]["datasets"] if e["name"] == "our clinic")
    assert not entry["present"]
    assert "there is nothing to tell apart" in entry["note"]
    code, value = ask("ingest", "our clinic", "--size", 28)
    assert (code, value["kind"]) == (1, "DataError")
    assert "there is nothing to tell apart" in value["error"]


def test_pictures_that_are_mostly_absent_are_summed_up_and_listed_in_the_log(clinic: Path, capfd) -> None:
    for number in range(60):
        (clinic / "Nevus" / f"broken{number}.jpg").write_bytes(b"no picture at all" if number % 2 else b"")
    assert main(["ingest", "our clinic", "--size", "8"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) < 8
    assert sum(line.startswith("skipped 30: ") for line in lines) == 2
    assert lines[-1] == f"All 60 are listed in {log_file()}."
    listed = log_file().read_text()
    assert all(f"skipped broken{number}: " in listed for number in range(60))
    assert main(["ingest", "our clinic", "--size", "8", "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)["skipped"]) == 60


def test_rows_that_mostly_lack_their_picture_are_one_line_and_a_log(clinic: Path, capfd) -> None:
    files = [*clinic.rglob("*.jpg")]
    rows = [f"{file.name},{file.parent.name},p{number // 2}" for number, file in enumerate(files)]
    rows += [f"elsewhere{number}.jpg,Nevus,q{number // 2}" for number in range(900)]
    (clinic / "findings.csv").write_text("\n".join(["image,dx,patient_id", *rows]))
    assert main(["ingest", "our clinic", "--size", "8"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("skipped: 900 of 916 rows of findings.csv name a picture that is not here")
    assert lines[2] == f"The names of the 900 that are not here are listed in {log_file()}."
    assert log_file().read_text().count("not here: elsewhere") == 900


def test_a_known_download_that_is_mostly_absent_is_a_line_and_a_log(artifacts: Path, capfd) -> None:
    folder = make_ham10000(artifacts.parent / "data" / "ham10000", "nv mel", pictured="nv mel")
    with (folder / "HAM10000_metadata.csv").open("a") as table:
        table.writelines(f"\nHAM_X{number},ISIC_absent{number:03},bkl" for number in range(300))
    assert main(["ingest", "ham10000", "--size", "8"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("24 pictures at 8×8")
    assert lines[1:] == [
        "skipped 300: No file ….jpg in ham10000 or its folders. Put it there to use it.",
        f"All 300 are listed in {log_file()}.",
    ]
    listed = log_file().read_text()
    assert all(f"skipped ISIC_absent{number:03}: " in listed for number in range(300))


def test_a_gene_table_is_listed_and_read_with_how_it_was_understood(artifacts: Path, ask) -> None:
    folder = artifacts.parent / "data" / "cumida"
    folder.mkdir()
    rows = "".join(f"{n},{'ab'[n % 2]},{','.join(str(5 + (n * gene) % 7) for gene in range(12))}\n" for n in range(10))
    names = ",".join(f"{1000 + gene}_at" for gene in range(12))
    (folder / "GSE1.csv").write_text(f"samples,type,{names}\n{rows.replace('0,a,5', '0,a,', 1)}")
    understood = (
        "GSE1.csv: samples in rows and genes in columns. The classes are from the column “type” of the same file."
    )
    [listed] = ask("datasets")[1]["gene_tables"]
    assert (listed["name"], listed["understood"]) == ("cumida", understood)
    code, told = ask("ingest", "cumida")
    assert code == 0
    assert (told["samples"], told["genes"], told["classes"]) == (10, 12, {"a": 5, "b": 5})
    assert (told["understood"], told["scale"]) == (understood, "logarithms")
    assert told["left_out"] == {"missing values, filled with the median of their gene": 1}
    code, judged = ask("genes", "cumida")
    assert code == 0
    assert judged["samples"] == sum(sum(row.values()) for row in judged["confusion"].values()) == 10
    assert 0 <= judged["balanced_accuracy"] <= 1
    assert judged["guessing"] == 0.5


def test_train_says_what_is_asked_or_what_a_folder_lacks_and_datasets_tells_it_before(artifacts: Path, ask) -> None:
    data = artifacts.parent / "data"
    make_asking(data / "scans")
    make_table_alone(data / "described")
    (data / "empty").mkdir()
    listed = {entry["name"]: entry["why_not_trained"] for entry in ask("datasets")[1]["datasets"]}
    assert "until somebody has agreed" in listed["scans"]
    assert "can be explored" in listed["described"]
    assert listed["demo"] == ""
    for name, said in (
        ("scans", f"python -m core inspect {data / 'scans'} --agree"),
        ("described", "None of the pictures that described describes is here"),
        ("empty", f"The folder {data / 'empty'} holds no picture"),
    ):
        code, value = ask("train", "majority", "--dataset", name)
        assert code == 1
        assert said in value["error"]
        assert ask("train", "majority", "--dataset", name, "--background") == (code, value)
    assert not list((artifacts / "runs").glob("*"))


def test_datasets_calls_only_what_can_be_trained_on_here(artifacts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = artifacts.parent / "data"
    agree(make_asking(data / "agreed"))
    make_asking(data / "scans")
    make_table_alone(data / "described")
    make_isic2019(data / "isic2019", {"ISIC_1": "MEL", "ISIC_2": "NV"})
    make_ham10000(data / "ham10000", "nv mel", pictured="nv")
    assert main(["datasets"]) == 0
    states = dict(line.split()[:2] for line in capfd.readouterr().out.splitlines())
    assert {name: states[name] for name in ("agreed", "scans", "described", "isic2019", "ham10000", "isic2018")} == {
        "agreed": "here",
        "scans": "asks",
        "described": "table",
        "isic2019": "table",
        "ham10000": "one-class",
        "isic2018": "missing",
    }
