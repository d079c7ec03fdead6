"""How long an answer takes: from the bytes of a picture to probabilities and a heat map, over HTTP.

Beside it, within the same turn, the bare network on the same picture: a shared machine may be twice as slow in one
minute as in the next. What others do changes time on the clock more than that of the processors, so both are told.
"""

import shutil
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from core.data.demo.drawing import draw_photographs
from core.data.spec import ClassSpec
from core.serving.gate import gate_folder
from core.serving.predictor import PredictorInfo
from tests.benchmarks.contenders import Spent
from tests.conftest import Server

MEDIAN_SECONDS = 0.150
TEN_PEOPLE_SECONDS = 1.0
"""What nineteen of twenty of ten people who ask at once wait at most."""
MODEL, SIDE = "efficientnet-lite0", 128
MOST_BY_OTHERS = 20.0
"""Percent of the processor that others may use: the promise is made of two idle cores."""
TURNS, ROUNDS = 40, 8


@pytest.fixture
def run(trained, gate_root: Path) -> Path:
    """A run whose model is an EfficientNet-Lite0 that has learnt nothing: what it computes takes as long.

    Its data set has a gate, as in use, where each answer adds what the gate's own network takes.
    """
    from core.models.registry import build_model

    keys = [each.key for each in PredictorInfo.load(trained.predictor_file).classes]
    build_model(MODEL, SIDE, len(keys)).save(trained.model_file)
    classes = tuple(ClassSpec(key, key, None) for key in keys)
    PredictorInfo(trained.run_id, MODEL, SIDE, classes, "demo", "demo", True, "", "", "grouped", False).save(
        trained.predictor_file
    )
    shutil.copytree(gate_folder("demo", gate_root), gate_folder("demo"))
    return trained.path


def test_an_answer_with_its_heat_map(run: Path, start_server, monkeypatch, benchmark, capsys) -> None:
    from core.serving.predictor import Predictor

    monkeypatch.setenv("LESIONLAB_WARM", "yes")
    server = start_server()
    [photograph] = draw_photographs(1, 1, "nv", 1)
    predictor = Predictor.of_run(run)
    pixels = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    predictor.model.predict_on_batch(pixels)
    spent: dict[str, list[Spent]] = {"answer": [], "bare": []}
    itself = psutil.Process()

    def both() -> None:
        for name, asked, of in (
            ("bare", lambda: predictor.model.predict_on_batch(pixels), [itself]),
            ("answer", ask, [psutil.Process(server.process.pid)]),
        ):
            of += of[0].children(recursive=True) if of[0] is not itself else []
            began, before = time.perf_counter(), _processor_seconds(of)
            asked()
            spent[name].append(Spent(time.perf_counter() - began, _processor_seconds(of) - before))

    with httpx.Client(timeout=120) as client:

        def ask() -> None:
            _ask(client, server, run, photograph)

        ask()
        by_others = psutil.cpu_percent(interval=2.0)
        benchmark.pedantic(both, rounds=TURNS)
    answer, bare = (statistics.median(each.wall for each in spent[name]) for name in ("answer", "bare"))
    cpu, bare_cpu = (statistics.fmean(each.cpu for each in spent[name]) for name in ("answer", "bare"))
    at_once = sorted(_ten_people(server, run, photograph))
    ninety_five = at_once[int(len(at_once) * 0.95)]
    benchmark.extra_info.update(
        answer=answer, bare=bare, answer_cpu=cpu, bare_cpu=bare_cpu, ratio=answer / bare, ten_people_p95=ninety_five
    )
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{MODEL} at {SIDE} pixels: {answer * 1000:.0f} ms from bytes to an answer with gate and heat map, the "
            f"bare network {bare * 1000:.0f} ms, {answer / bare:.1f} times that (promised "
            f"{MEDIAN_SECONDS * 1000:.0f} ms); of the processors {cpu * 1000:.0f} ms, the bare network "
            f"{bare_cpu * 1000:.0f} ms; ten people at once: 95 % within {ninety_five:.2f} s (promised "
            f"{TEN_PEOPLE_SECONDS:.0f} s); others used {by_others:.0f} % "
            "of the processors"
        )
    if by_others > MOST_BY_OTHERS:
        pytest.skip("others use the processor, so this is no measure of two idle cores")
    assert answer <= MEDIAN_SECONDS
    assert ninety_five <= TEN_PEOPLE_SECONDS


def _processor_seconds(processes: list[psutil.Process]) -> float:
    times = [each.cpu_times() for each in processes]
    return sum(each.user + each.system for each in times)


def _ask(client: httpx.Client, server: Server, run: Path, photograph: bytes) -> None:
    sent = {"picture": ("mole.jpg", photograph, "image/jpeg")}
    fields = {"run": run.name, "heat_map": "true"}
    answer = client.post(f"{server.url}/api/predict", data=fields, files=sent)
    [told] = answer.json()["pictures"]
    assert "heat_map" in told, answer.text
    assert told["gate"]["passed"] is not None, "the gate has looked at it, too"


def _ten_people(server: Server, run: Path, photograph: bytes) -> list[float]:
    """Seconds that each of ten people waits who ask at the same time, again and again."""

    def person(_: int) -> list[float]:
        waited = []
        with httpx.Client(timeout=120) as client:
            for _ in range(ROUNDS):
                began = time.perf_counter()
                _ask(client, server, run, photograph)
                waited.append(time.perf_counter() - began)
        return waited

    with ThreadPoolExecutor(10) as people:
        return [seconds for waited in people.map(person, range(10)) for seconds in waited]
