"""The models that tests go through: a few of each kind always, the others where tests may take long."""

import pytest

from core.models.registry import list_models
from core.models.spec import ModelSpec

LIKE_ANOTHER = {
    *(
        "efficientnet-lite1",
        "efficientnet-lite2",
        "mobilenet-0.5",
        "mobilenet-0.75",
        "mobilenet-1",
        "mobilenet-v3-large",
    ),
    *(f"efficientnet-b{number}" for number in range(1, 8)),
    *(f"efficientnet-v2-{size}" for size in ("b0", "b1", "b2", "b3", "s")),
    "densenet-121",
}
"""Built by the same functions as one that is always tried."""


OTHER_FAMILIES = {"mobilenet-v3-small", "efficientnet-b0", "convnext-tiny", "resnet-50"}
"""Keras makes them as it makes `mobilenet-0.25`; in each, a few tests always see what it is and what it answers."""


def models(*, on_trunk: bool | None = None, trained: bool = True, families: bool = True) -> list:
    """Parameters of a test, a model each; `on_trunk` chooses those with or without published weights.

    Without `families`, one that Keras makes stands for the others where tests must not take long.
    """
    rarely = LIKE_ANOTHER if families else LIKE_ANOTHER | OTHER_FAMILIES

    def asked(spec: ModelSpec) -> bool:
        return (on_trunk is None or on_trunk == (spec.trunk is not None)) and (spec.gradient_trained or not trained)

    return [
        pytest.param(spec.name, marks=[pytest.mark.long] if spec.name in rarely else [])
        for spec in filter(asked, list_models())
    ]
