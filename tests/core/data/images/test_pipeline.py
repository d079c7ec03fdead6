import numpy as np
import pytest

from core.base.errors import DataError
from core.base.random_streams import Stream, random_stream

COUNT, SIZE = 37, 8


@pytest.fixture
def images() -> np.ndarray:
    """Picture n has the value n in every pixel, so that a batch tells which pictures are in it."""
    return np.arange(COUNT, dtype=np.uint8)[:, None, None, None] * np.ones((1, SIZE, SIZE, 3), np.uint8)


@pytest.fixture(params=["memory", "memory map"])
def images_both_ways(request: pytest.FixtureRequest, images: np.ndarray, tmp_path) -> np.ndarray:
    """The same pictures, as an array in memory or as a memory map."""
    if request.param == "memory":
        return images
    np.save(tmp_path / "images.npy", images)
    return np.load(tmp_path / "images.npy", mmap_mode="r")


def epoch(dataset) -> tuple[list[int], list[int]]:
    """Picture numbers and labels in the order in which they come."""
    batches = [(pictures.numpy(), labels.numpy()) for pictures, labels in dataset]
    pictures = np.concatenate([pictures for pictures, _ in batches])
    assert (pictures == pictures[:, :1, :1, :1]).all()
    return pictures[:, 0, 0, 0].tolist(), np.concatenate([labels for _, labels in batches]).tolist()


ROWS = np.arange(COUNT)
LABELS = np.arange(COUNT) % 7


def test_batches_are_uint8_pictures_and_int32_labels(images_both_ways: np.ndarray) -> None:
    from core.data.images.pipeline import batches

    dataset = batches(images_both_ways, ROWS, LABELS, 10)
    pictures, labels = dataset.element_spec
    assert (pictures.dtype.name, labels.dtype.name) == ("uint8", "int32")
    assert pictures.shape.as_list() == [None, SIZE, SIZE, 3]  # a model must know the size before the first batch
    assert [len(labels) for _, labels in dataset] == [10, 10, 10, 7]


def test_without_a_seed_the_order_is_kept_every_epoch(images_both_ways: np.ndarray) -> None:
    from core.data.images.pipeline import batches

    rows = ROWS[::-1]
    dataset = batches(images_both_ways, rows, LABELS[rows], 10)
    for _ in range(2):
        assert epoch(dataset) == (rows.tolist(), LABELS[rows].tolist())


def test_with_a_seed_every_row_comes_once_an_epoch_with_its_own_label(images_both_ways: np.ndarray) -> None:
    from core.data.images.pipeline import EpochOrder, batches

    order = EpochOrder(3)
    dataset = batches(images_both_ways, ROWS, LABELS, 10, order=order)
    assert len(dataset) == 4  # known beforehand, for the progress of an epoch
    orders = []
    for order.epoch in range(3):
        rows, labels = epoch(dataset)
        assert sorted(rows) == ROWS.tolist()
        assert labels == LABELS[rows].tolist()
        orders.append(tuple(rows))
    assert len(set(orders)) == 3
    assert tuple(ROWS) not in orders


def test_the_order_of_an_epoch_follows_from_seed_and_epoch_whatever_came_before(images_both_ways: np.ndarray) -> None:
    """As a training needs it that goes on from its fourth epoch in another process."""
    from core.data.images.pipeline import EpochOrder, batches

    order = EpochOrder(3)
    dataset = batches(images_both_ways, ROWS, LABELS, 10, order=order)
    seen = []
    for order.epoch in (0, 4, 0):
        seen.append(epoch(dataset)[0])
        assert seen[-1] == random_stream(3, Stream.ORDER, order.epoch).permutation(COUNT).tolist()
    assert seen[0] == seen[2] != seen[1]
    assert seen[0] != epoch(batches(images_both_ways, ROWS, LABELS, 10, order=EpochOrder(4)))[0]


def test_the_memory_map_gives_the_same_batches_as_memory(images: np.ndarray, tmp_path) -> None:
    from core.data.images.pipeline import EpochOrder, batches

    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    by_batch, of_memory = (batches(each, ROWS, LABELS, 10, order=EpochOrder(1)) for each in (mapped, images))
    assert by_batch.element_spec == of_memory.element_spec
    for _ in range(2):
        for (ours, label), (theirs, their_label) in zip(by_batch, of_memory, strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
            np.testing.assert_array_equal(label.numpy(), their_label.numpy())


@pytest.mark.parametrize("limit", [0, 10**9])
def test_reading_ahead_takes_arrays_and_memory_maps_of_any_size(images, limit, tmp_path, monkeypatch) -> None:
    from core.data.images import pipeline

    monkeypatch.setattr(pipeline, "RESIDENT_BYTES", limit)
    np.save(tmp_path / "images.npy", images)
    pipeline.read_ahead(images)
    pipeline.read_ahead(np.load(tmp_path / "images.npy", mmap_mode="r")[:5])


def test_rows_may_repeat_and_leave_out_pictures(images_both_ways: np.ndarray) -> None:
    from core.data.images.pipeline import EpochOrder, batches

    rows = np.array([5, 5, 5, 0, 36])
    seen, labels = epoch(batches(images_both_ways, rows, LABELS[rows], 2, order=EpochOrder(0)))
    assert sorted(seen) == [0, 5, 5, 5, 36]
    assert labels == LABELS[seen].tolist()


@pytest.mark.parametrize("rows", [[0, -1, 2], []], ids=["unreadable picture", "no picture"])
def test_a_picture_without_a_row_is_refused_before_training(images_both_ways: np.ndarray, rows: list[int]) -> None:
    from core.data.images.pipeline import batches

    with pytest.raises(DataError, match="cannot be read"):
        batches(images_both_ways, np.array(rows, dtype=np.int64), np.zeros(len(rows)), 2)
