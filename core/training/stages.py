"""Stages of a training: which part of the network learns, for how long, and how fast."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.base.errors import ConfigurationError
from core.base.numbers import Number, Whole
from core.data.images.cache import MAX_SIZE

ALL, HEAD = "all", "head"


class Stage(BaseModel):
    """One stage; each begins from the weights that are kept so far, with an optimizer of its own.

    Field descriptions are shown to people. What is not said here holds for all stages, as the recipe says it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    learns: str = Field(
        default=ALL,
        pattern=r"^(all|head|[1-9][0-9]{0,2})$",
        description="Which part learns: all of the network, the head alone, or a number: this many of the last "
        "blocks of the trunk, and the head. The rest is frozen: its weights and batch normalization "
        "stay as they are.",
    )
    epochs: Whole = Field(default=5, ge=1, le=1000, description="Number of passes over the training part.")
    learning_size: Whole = Field(
        default=0,
        ge=0,
        le=MAX_SIZE,
        description="Side in pixels to which training pictures are reduced in this stage; smaller ones are learnt from "
        "faster (progressive resizing). Validation and use see the recipe's size. 0 takes that here too.",
    )
    learning_rate: Number = Field(
        default=1e-3, gt=0, le=1, description="Size of a step: too large is unstable, too small is slow."
    )
    schedule: Literal["constant", "cosine", "one-cycle"] = Field(
        default="constant", description="How the learning rate changes over the stage."
    )
    warm_up: Number = Field(
        default=0.1, ge=0, lt=1, description="Share of the steps in which the learning rate rises from 0."
    )
    early_stopping_patience: Whole = Field(
        default=0, ge=0, le=1000, description="End the stage after so many epochs without a better one. 0 never does."
    )
    reduce_lr_patience: Whole = Field(
        default=0, ge=0, le=1000, description="Reduce the learning rate after so many such epochs. 0 never does."
    )
    layer_decay: Number = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Each block of the trunk gets the learning rate of the next block times this, so that the "
        "first layers change least. 1 has one learning rate for all.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.schedule != "constant" and self.reduce_lr_patience:
            raise ValueError("reduce_lr_patience needs the schedule “constant”; the others set the learning rate.")
        return self

    @property
    def what_learns(self) -> str:
        """In words."""
        if self.learns in (ALL, HEAD):
            return {ALL: "the whole network", HEAD: "the head"}[self.learns]
        return "the last block and the head" if self.learns == "1" else f"the last {self.learns} blocks and the head"


def first_that_learns(learns: str, blocks: Sequence[str], network: str) -> int:
    """Which block of a network is the first that learns in a stage, by its place; all after it learn, too.

    Args:
        learns: as in `Stage.learns`.
        blocks: names of the blocks, from the stem to the head.
        network: what it is called in messages.

    Raises:
        ConfigurationError: it has fewer blocks.
    """
    refuse_missing_blocks(learns, len(blocks) - 2, network)
    if learns == ALL:
        return 0
    trunk = len(blocks) - 1
    return trunk if learns == HEAD else trunk - int(learns)


def refuse_missing_blocks(learns: str, between: int, network: str) -> None:
    """Raise unless a network has the blocks that are to learn.

    Args:
        learns: as in `Stage.learns`.
        between: how many blocks it has between its stem and its head.
        network: what it is called in messages.

    Raises:
        ConfigurationError: it has fewer.
    """
    if learns in (ALL, HEAD) or int(learns) <= between:
        return
    fewer = "Choose fewer blocks" if between else "Choose the head"
    raise ConfigurationError(
        f"stages: {network} has {between or 'no'} blocks that can be trained by themselves, and {learns} were asked "
        f"for. {fewer}, or the whole network."
    )
