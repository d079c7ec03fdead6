"""Keras and ONNX Runtime on the same pictures, in turns in the same minute: one picture, its eight ways, 32 together.

A shared machine may be twice as slow in one minute as in the next, and what others do changes time on the clock more
than that of the processors, so both are told.
"""

import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from core.data.images.turns import Turns
from core.data.spec import ClassSpec
from core.serving.fast_network import FILE, LARGEST_DIFFERENCE, MANY, FastNetwork
from core.serving.predictor import Predictor, PredictorInfo
from tests.benchmarks.contenders import Spent

MODEL, SIDE, CLASSES = "efficientnet-lite0", 128, 7
TURNS = 20


@pytest.mark.parametrize(
    ("ways", "pictures"),
    [(Turns.NONE, 1), (Turns.FLIPS_AND_TURNS, 1), (Turns.NONE, MANY)],
    ids=["one", "eight", "many"],
)
def test_who_answers(ways: Turns, pictures: int, converted: Path, benchmark, capsys) -> None:
    info = _info(ways)
    by_keras = Predictor(converted / "model.keras", info)
    fast = by_keras.answering_with(FastNetwork(converted / FILE, info.shapes))
    seen = np.random.default_rng(0).integers(0, 256, (pictures, SIDE, SIDE, 3), np.uint8)
    difference = float(np.abs(by_keras.probabilities(seen) - fast.probabilities(seen)).max())
    spent: dict[str, list[Spent]] = {"Keras": [], "ONNX Runtime": []}

    def both() -> None:
        for name, predictor in (("Keras", by_keras), ("ONNX Runtime", fast)):
            began, before = time.perf_counter(), time.process_time()
            predictor.probabilities(seen)
            spent[name].append(Spent(time.perf_counter() - began, time.process_time() - before))

    benchmark.pedantic(both, rounds=TURNS if pictures == 1 else 5, warmup_rounds=1)
    told = {
        name: [1000 * statistics.median(getattr(each, kind) for each in taken[1:]) for kind in ("wall", "cpu")]
        for name, taken in spent.items()
    }
    benchmark.extra_info.update(told, difference=difference)
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{MODEL} at {SIDE} pixels, {pictures} picture(s) in {ways.ways} way(s): "
            + ", ".join(f"{name} {wall:.1f} ms ({cpu:.1f} of the processors)" for name, (wall, cpu) in told.items())
            + f"; probabilities differ by {difference:.1g} at most"
        )
    assert difference <= LARGEST_DIFFERENCE


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that has learnt nothing, as Keras saves it and as ONNX: it takes as long."""
    from core.export.conversion import write_model
    from core.export.formats import FORMATS
    from core.export.whole_network import bare_network
    from core.models.registry import build_model

    folder = tmp_path_factory.mktemp("converted")
    build_model(MODEL, SIDE, CLASSES).save(folder / "model.keras")
    (folder / "halfway").mkdir()
    network = bare_network(Predictor(folder / "model.keras", _info(Turns.NONE)))
    write_model(network, FORMATS["onnx"], folder, folder / "halfway", {}).rename(folder / FILE)
    return folder


def _info(ways: Turns) -> PredictorInfo:
    classes = tuple(ClassSpec(f"c{number}", f"c{number}", None) for number in range(CLASSES))
    return PredictorInfo(
        "r", MODEL, SIDE, classes, "demo", "demo", True, "", "", "grouped", False, test_time_augmentation=ways
    )
