"""The models of the registry that stand on a trunk: one a trunk, and the published system on EfficientNetB4."""

from __future__ import annotations

from itertools import pairwise

from core.models.parameters import Parameter
from core.models.spec import DROPOUT, ModelSpec, fraction, whole
from core.models.trunks import TRUNKS, Trunk, find_trunk

SMALLEST = 32
"""Side in pixels below which some trunk has nothing left to look at."""


def _drop_connect(trunk: Trunk) -> tuple[Parameter, ...]:
    meaning = "Share of the residual branches that is left out in training, in the last block; less before it."
    return (fraction("drop_connect", 0.2, meaning),) if trunk.drop_connect else ()


def _dense(name: str, what: str) -> Parameter:
    return whole(name, 0, 0, 1024, 64, f"Units of {what}, before the last; 0 leaves it out.")


def _transfer(trunk: Trunk) -> ModelSpec:
    """Global average pooling and a small head on a trunk."""
    return ModelSpec(
        name=trunk.name,
        title=trunk.title,
        family=trunk.family,
        image_size=trunk.image_size,
        min_image_size=SMALLEST,
        parameters=trunk.parameters + 7 * (trunk.features + 1),
        source=trunk.source,
        description="Can start from weights learnt on ImageNet; then the mean over the map, dropout and one layer.",
        builder=trunk.builder,
        architecture=(
            _dense("dense", "a dense layer"),
            _dense("second_dense", "another dense layer after it"),
            _dense("third_dense", "one more dense layer after these"),
            fraction("dropout", 0.2, f"{DROPOUT}, before the last layer."),
            *_drop_connect(trunk),
        ),
        fixed=trunk.arguments,
        trunk=trunk,
    )


def _published_b4() -> ModelSpec:
    """EfficientNetB4 with the head of the student report on ISIC 2019."""
    trunk = find_trunk("efficientnet-b4")
    widths = (trunk.features, 1024, 512, 256, 7)
    return ModelSpec(
        name=trunk.name,
        title=f"{trunk.title} of the report",
        family=trunk.family,
        image_size=224,
        min_image_size=SMALLEST,
        parameters=trunk.parameters + sum((a + 1) * b for a, b in pairwise(widths)),
        source="student report on ISIC 2019 at 224×224: 63.65 % accuracy frozen, 65.82 % after a second phase",
        description="Can start from weights learnt on ImageNet; then dense layers of 1024, 512 and 256.",
        builder="core.models.applications:efficientnet_b4",
        architecture=(
            whole("dense", 1024, 64, 1024, 64, "Units of the first dense layer; each further one has half as many."),
            fraction("dropout", 0.5, f"{DROPOUT}, after the first dense layer."),
            fraction("second_dropout", 0.3, f"{DROPOUT}, after the second dense layer."),
            *_drop_connect(trunk),
        ),
        trunk=trunk,
    )


TRANSFER_MODELS = tuple(_published_b4() if trunk.name == "efficientnet-b4" else _transfer(trunk) for trunk in TRUNKS)
"""In the order of the trunks."""
