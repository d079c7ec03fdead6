"""A data set, a gene table and runs in which every name that comes from files tries to be more than a name."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.demo.drawing import draw_photographs
from core.data.inspect import decide
from core.runs.labels import change_labels
from core.runs.run_folder import create_run, list_runs
from core.runs.run_states import State
from core.training.recipe import make_recipe
from tests.conftest import train_in

NAMES = (
    "![x](http://evil.example/a.png)",
    "[click](http://evil.example/b)",
    "<img src=http://evil.example/c.png onerror=alert(1)><script>alert(1)</script>",
    "<a href='http://evil.example/d'>d</a> &lt;b&gt;",
    "$\\frac{a}{b}$ costs $5",
    ":red[x] :material/home: :smile: :streamlit:",
    "http://evil.example/e www.evil.example me@evil.example",
    "first\n\n# second \u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    '=HYPERLINK("http://evil.example/f") **b** _i_ `c` ~~d~~ | e |',
    "\U0001f600" + "W" * 300,
)
"""Images, links, HTML, formulas, directives, addresses, breaks and directions, a spreadsheet's formula, 300 letters."""

FOLDER = "![f](evil.example) <img src=x> $a$ :red[b] www.evil.example"
"""A data set's name; a folder cannot hold a slash."""

GENES = "genes [g](evil.example) <b>x<b> $c$"
PICTURES_PER_CLASS = 6


def make_hostile(root: Path) -> None:
    """Below `root`: `data` with the data set and the gene table, `artifacts` with a finished and a failed run."""
    data, artifacts = root / "data", root / "artifacts"
    _pictures(data / FOLDER)
    _genes(data / GENES)
    artifacts.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(artifacts))
        patch.setenv("LESIONLAB_DATA", str(data))
        decide(data / FOLDER, [], agree=True)  # a class with bars in its name could be a list of several
    train_in(artifacts, data, dataset=FOLDER, model="majority", image_size=28, epochs=1)


def label_runs(artifacts: Path) -> None:
    """Notes and tags of the finished run, and one that failed with a message of the same kind; settings are set."""
    [run] = list_runs()
    change_labels(run, note=" ".join(NAMES)[:900], tags=[name[:30] for name in NAMES[2:6]] + ["![x](//evil.example)"])
    failed = create_run(make_recipe(dataset=FOLDER, model="cnn-59k", epochs=1))
    failed.write_status(replace(failed.written_status(), state=State.FAILED, message=" ".join(NAMES)))


def _pictures(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = []
    for number, name in enumerate(NAMES):
        for picture in range(PICTURES_PER_CLASS):
            file = f"![{number}](evil.example)<img>$b$_{picture}_:red[c]&lt;.jpg"
            [photograph] = draw_photographs(1, number * PICTURES_PER_CLASS + picture + 1, "nv", 1)
            (folder / file).write_bytes(photograph)
            other = NAMES[(number + picture) % len(NAMES)]
            age, length = 30 + number + picture, number * 1.5 + picture
            rows.append((file, f"{other} {number}.{picture // 2}", name, age, other, NAMES[picture % 3], length))
    own = ["![column](http://evil.example/g.png) $x$", "<b>size</b> :red[mm]"]
    with (folder / "groups.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "lesion", "label", "age", "site", *own], *rows])


def _genes(folder: Path) -> None:
    folder.mkdir(parents=True)
    samples = [f"s{number}" for number in range(12)]
    pd.DataFrame({"sample": samples, "label": [NAMES[n % 3] for n in range(12)]}).to_csv(
        folder / "labels.csv", index=False
    )
    values = np.random.default_rng(1).uniform(10, 2000, (len(NAMES) * 2, 12))
    table = pd.DataFrame(values, columns=samples)
    table.insert(0, "accession", [f"{name} {n}" for n in range(2) for name in NAMES])
    table.insert(0, "description", list(NAMES) * 2)
    table.to_csv(folder / "train.csv", index=False)
