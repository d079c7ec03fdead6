"""Two networks of the zoo once more in PyTorch, as one trains there on a processor: channels last, uint8 until used."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

Stages = Sequence[tuple[int, int, int, int, int]]
"""Kernel, blocks, filters, expansion and stride of each."""


class Cnn59k(nn.Sequential):
    """`cnn-59k` at 28×28."""

    def __init__(self, classes: int):
        def conv(before: int, filters: int, kernel: int) -> tuple[nn.Module, ...]:
            return nn.Conv2d(before, filters, kernel), nn.ReLU()

        super().__init__(
            *conv(3, 30, 5), *conv(30, 30, 3), nn.BatchNorm2d(30), nn.MaxPool2d(2),
            *conv(30, 20, 3), *conv(20, 15, 3), *conv(15, 15, 3), nn.GroupNorm(3, 15), nn.MaxPool2d(2),
            *conv(15, 10, 2), nn.Flatten(),
            nn.Linear(10, 256), nn.ReLU(), nn.BatchNorm1d(256), nn.Dropout(0.1),
            nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, classes),
        )  # fmt: skip


class LiteBlock(nn.Module):
    """A block of EfficientNet-Lite."""

    def __init__(self, before: int, filters: int, kernel: int, expansion: int, stride: int, drop: float):
        super().__init__()
        wide = before * expansion
        expand = [nn.Conv2d(before, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()] if expansion > 1 else []
        self.branch = nn.Sequential(
            *expand,
            nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False),
            nn.BatchNorm2d(wide), nn.ReLU6(),
            nn.Conv2d(wide, filters, 1, bias=False), nn.BatchNorm2d(filters),
        )  # fmt: skip
        self.adds, self.drop = stride == 1 and before == filters, drop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.branch(x)
        if not self.adds:
            return out
        if self.drop:
            out = out * (torch.rand(len(x), 1, 1, 1) >= self.drop) / (1 - self.drop)
        return x + out


class Lite0(nn.Sequential):
    """EfficientNet-Lite0 behind a dense layer; `stages` are those of `core.models.efficientnet_lite`."""

    def __init__(self, classes: int, stages: Stages, dropout: float = 0.2, drop_connect: float = 0.2):
        blocks: list[nn.Module] = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()]
        before, done, repeats = 32, 0, sum(many for _, many, *_ in stages)
        for kernel, many, filters, expansion, stride in stages:
            for number in range(many):
                drop = drop_connect * done / repeats
                blocks.append(LiteBlock(before, filters, kernel, expansion, 1 if number else stride, drop))
                before, done = filters, done + 1
        top = [nn.Conv2d(before, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6(), nn.AdaptiveAvgPool2d(1)]
        super().__init__(*blocks, *top, nn.Flatten(), nn.Dropout(dropout), nn.Linear(1280, classes))


def learner(
    name: str, images: np.ndarray, labels: np.ndarray, batch_size: int, trainable: int, stages: Stages
) -> Callable[[], None]:
    """A function that learns one epoch of a network, warmed up by a few batches.

    Args:
        name: of the network.
        images: uint8 (pictures, size, size, 3).
        labels: class numbers (pictures,).
        batch_size: pictures a step.
        trainable: parameters of the network of the zoo; this one has to have as many.
        stages: of EfficientNet-Lite. Told, so that no TensorFlow comes into this process.
    """
    torch.manual_seed(0)
    classes = int(labels.max()) + 1
    network = {"cnn-59k": lambda: Cnn59k(classes), "efficientnet-lite0": lambda: Lite0(classes, stages)}[name]()
    network = network.to(memory_format=torch.channels_last).train()
    assert sum(weight.numel() for weight in network.parameters()) == trainable
    optimizer, loss_of = torch.optim.Adam(network.parameters()), nn.CrossEntropyLoss()
    pictures, numbers = torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)

    def learn(chosen: torch.Tensor) -> None:
        for batch in chosen.split(batch_size):
            given = pictures[batch].to(torch.float32, memory_format=torch.channels_last).div_(255)
            loss = loss_of(network(given), numbers[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    learn(torch.arange(min(3 * batch_size, len(images))))
    return lambda: learn(torch.randperm(len(images)))
