"""The blocks that a network consists of, from the pictures to the probabilities, found on its graph."""

import re
from dataclasses import dataclass
from itertools import groupby

import keras

FIRST, LAST, TOP = "stem", "head", "top"
_NAMED = (
    (re.compile(r"head_|probabilities$"), LAST),
    (re.compile(r"(block\d+[a-z])_"), r"\1"),  # EfficientNet
    (re.compile(r"conv_(?:pad|dw|pw)_(\d+)"), r"block\1"),  # MobileNet
    (re.compile(r"expanded_conv_(\d+)_"), r"block\1"),  # MobileNetV3, whose first block has no number
    (re.compile(r"expanded_conv_"), "block0"),
    (re.compile(r"(conv\d_block\d+)_"), r"\1"),  # ResNet, DenseNet
    (re.compile(r"(pool[2-9])_"), r"\1"),  # DenseNet between its stages
    (re.compile(r"convnext_[a-z]+_((?:stage_\d+|downsampling)_block_\d+)"), r"\1"),
    (re.compile(r"top_|conv_1(?:_bn)?$|bn$|relu$"), TOP),  # of the last convolution
)
"""How layers are called, and the block that they belong to."""


@dataclass(frozen=True)
class Block:
    """A part of a network through which every path from the pictures to the probabilities leads.

    `first` and `last` are names of its layers, `enters` that of the layer before it, whose output alone enters it.
    """

    name: str
    first: str
    last: str
    enters: str


def blocks(model: keras.Model) -> tuple[Block, ...]:
    """The blocks of a network, from the pictures to the probabilities, by the names that its makers gave them.

    The first is the stem, the last the head: what follows on the mean over the map of a trunk. A network that is none
    of the trunks consists of these two. What a second input goes through before it meets the pictures is in no block.
    """
    operations = _from_pictures(model)
    names, start = [FIRST], 1
    parts: list[tuple[str, int, int]] = []
    for end in _cuts(operations):
        found = filter(None, (_block_of(each.name) for each in operations[start : end + 1]))
        names.append(next(found, names[-1]))
        parts.append((names[-1], start, end))
        start = end + 1
    found_blocks = []
    for name, several in groupby(parts, key=lambda part: part[0]):
        of_one = list(several)
        first, last = of_one[0][1], of_one[-1][2]
        found_blocks.append(Block(name, operations[first].name, operations[last].name, operations[first - 1].name))
    return tuple(found_blocks)


def entering(model: keras.Model, block: Block) -> keras.KerasTensor:
    """What enters a block from the pictures: with further inputs, if there are any, it is all from there on."""
    return next(each for each in model.operations if each.name == block.enters).output


def trunk_of(model: keras.Model) -> keras.Model:
    """All of a network but its head, sharing its weights."""
    return keras.Model(model.inputs[0], entering(model, blocks(model)[-1]))


def _block_of(layer: str) -> str | None:
    return next((match.expand(name) for form, name in _NAMED if (match := form.match(layer))), None)


def _from_pictures(model: keras.Model) -> list[keras.Operation]:
    """The operations that the pictures, which are the first input, go through, in order."""
    reached, found = {id(model.inputs[0])}, []
    for each in model.operations:
        outputs = {id(tensor) for tensor in keras.tree.flatten(each.output)}
        if reached & {*outputs, *(id(tensor) for tensor in keras.tree.flatten(each.input))}:
            reached |= outputs
            found.append(each)
    return found


def _cuts(operations: list[keras.Operation]) -> list[int]:
    """Places among the operations, the input left out, whose single output is all that later ones get of earlier ones.

    Operations stand in an order in which none comes before what it needs. As each lies on a path from the pictures to
    the probabilities, those that every path passes are those after which nothing earlier is used any more.
    """
    made_by = {id(tensor): place for place, each in enumerate(operations) for tensor in keras.tree.flatten(each.output)}
    used_until = list(range(len(operations)))
    for place, each in enumerate(operations[1:], 1):
        for tensor in keras.tree.flatten(each.input):
            if id(tensor) in made_by:  # not of a second input
                used_until[made_by[id(tensor)]] = place
    cuts, open_until = [], used_until[0]
    for place in range(1, len(operations)):
        if open_until <= place:
            cuts.append(place)
        open_until = max(open_until, used_until[place])
    return cuts
