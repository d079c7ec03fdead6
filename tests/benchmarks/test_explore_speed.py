"""What the server does for one click on Explore: the whole run of the page, as a browser's click would cause it.

Promised: 150 ms at the 25,331 rows of ISIC 2019, 800 ms at a million. CPU time of this process is what is compared
with the promise, for other work on the machine must not decide; wall time is printed beside it. What a browser adds
(the way to the server and back, drawing) is not in it.
"""

import statistics
import time
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.settings import PROJECT_ROOT
from core.data.adapters.isic import ISIC_2019

TABS = ["Diagnosis", "Age", "Sex", "Anatomical site", "Photos", "Missing", "Related"]
PROMISED = {25_331: 0.150, 1_000_000: 0.800}
ROUNDS = 7


@pytest.fixture(scope="module", params=PROMISED, ids="{:,} rows".format)
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many rows the data set has that the page finds; written in the format of ISIC 2019, without pictures."""
    root = tmp_path_factory.mktemp("data")
    write_isic_2019(root / "isic2019", request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_DATA", str(root))
        patch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
        yield request.param


@pytest.mark.parametrize("tab", TABS)
def test_a_click_is_answered_in_time(rows: int, tab: str, benchmark, capsys) -> None:
    page = AppTest.from_file(str(PROJECT_ROOT / "dashboard" / "main.py"), default_timeout=300)
    page.query_params["dataset"] = "isic2019"
    page.query_params["explore-tab"] = tab
    page.run()
    page.switch_page("../pages/21_explore.py").run()
    choices = cycle([("sexes", ["male"]), ("sites", ["anterior torso", "palms/soles"]), ("sexes", ["female"])])
    spent: list[tuple[float, float]] = []

    def click() -> None:
        field, values = next(choices)
        page.pills(key=f"filter-isic2019-{field}").set_value(values)
        began, busy = time.perf_counter(), time.process_time()
        page.run()
        spent.append((time.perf_counter() - began, time.process_time() - busy))

    click()  # Plotly and SciPy import their parts when they are first used
    click()
    spent.clear()
    benchmark.pedantic(click, rounds=ROUNDS)
    assert not page.exception
    assert any(f"of {rows:,} images" in element.value for element in page.markdown)
    wall, cpu = (statistics.median(times) for times in zip(*spent, strict=True))
    promised = PROMISED[rows]
    benchmark.extra_info.update(rows=rows, tab=tab, cpu_ms=round(1000 * cpu), promised_ms=1000 * promised)
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{rows:,} rows, {tab}: {1000 * cpu:.0f} ms of CPU, {1000 * wall:.0f} ms of time; "
            f"promised {1000 * promised:.0f}"
        )
    assert cpu < promised


def write_isic_2019(folder: Path, rows: int) -> None:
    """Metadata and ground truth by chance, with the gaps of ISIC 2019 and about 1.3 photos a lesion."""
    [spec] = ISIC_2019.known
    rng = np.random.default_rng(0)
    keys = [c.key.upper() for c in (*spec.classes, *spec.untrained)]
    sites = ["anterior torso", "lower extremity", "head/neck", "upper extremity", "posterior torso", "palms/soles", ""]
    images = np.char.add("ISIC_", np.char.zfill(np.arange(rows).astype(str), 7))
    metadata = pd.DataFrame(
        {
            "image": images,
            "age_approx": rng.choice([np.nan, *np.arange(0, 90, 5)], rows),
            "anatom_site_general": rng.choice(sites, rows),
            "lesion_id": np.char.add("BCN_", rng.integers(0, rows * 3 // 4, rows).astype(str)),
            "sex": rng.choice(["female", "male", ""], rows),
        }
    )
    truth = np.zeros((rows, len(keys)), np.float32)
    truth[np.arange(rows), rng.integers(0, len(keys), rows)] = 1
    folder.mkdir(parents=True)
    metadata.to_csv(folder / "ISIC_2019_Training_Metadata.csv", index=False)
    one_hot = pd.DataFrame(truth, columns=keys)
    one_hot.insert(0, "image", images)
    one_hot.to_csv(folder / "ISIC_2019_Training_GroundTruth.csv", index=False)
