"""What a published reader study found, to stand beside a person's own result."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReaderStudy:
    """People and algorithms on the same batches of pictures; counts are correct answers per batch."""

    batch: int
    readers: int
    readers_mean: float
    algorithms_mean: float
    difference: float
    """Algorithms less readers."""
    interval: tuple[float, float]
    """95 % interval of the difference."""
    pictures: str
    citation: str
    doi: str


TSCHANDL_2019 = ReaderStudy(
    batch=30,
    readers=511,
    readers_mean=17.91,
    algorithms_mean=19.92,
    difference=2.01,
    interval=(1.97, 2.04),
    pictures="the ISIC 2018 test set",
    citation="Tschandl P, et al. Comparison of the accuracy of human readers versus machine-learning algorithms for "
    "pigmented skin lesion classification: an open, web-based, international, diagnostic study. Lancet Oncology "
    "2019, 20:938–947",
    doi="10.1016/S1470-2045(19)30333-X",
)
