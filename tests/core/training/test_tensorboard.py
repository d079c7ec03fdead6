"""TensorBoard finds the curves of a run in its folder, and they are those of the project's own file."""

import json

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

METRICS = ("loss", "accuracy", "balanced_accuracy")


@pytest.mark.usefixtures("linear")
def test_tensorboard_reads_every_figure_of_both_parts_in_every_epoch(train, material) -> None:
    _, files = train(material, epochs=4, batch_size=16)
    lines = [json.loads(line) for line in files.metrics.read_text().splitlines()]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    assert len(epochs) == 4
    for part, prefix in (("train", ""), ("validation", "val_")):
        events = EventAccumulator(str(files.tensorboard / part), size_guidance={"tensors": 0})
        events.Reload()
        for metric in METRICS:
            found = {event.step: make_ndarray(event.tensor_proto) for event in events.Tensors(f"epoch_{metric}")}
            assert found == {line["epoch"]: pytest.approx(line[prefix + metric], rel=1e-4, abs=1e-5) for line in epochs}
