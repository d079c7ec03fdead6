"""What other data and those of a run have in common, and what becomes of it in an external test."""

from dataclasses import dataclass
from enum import StrEnum


class Shared(StrEnum):
    """What becomes of pictures that the run's own data have, too."""

    COUNT = "count"
    CUT = "cut"
    REFUSE = "refuse"

    @property
    def explanation(self) -> str:
        """One sentence for people."""
        return {
            Shared.COUNT: "They stay, and it is said how many the run has learnt from: figures are then too good.",
            Shared.CUT: "They are left out, with all that belongs to the same group.",
            Shared.REFUSE: "Nothing is judged if there is one.",
        }[self]


@dataclass(frozen=True)
class SharedPictures:
    """Pictures that the run's own data have as well, in its training, validation or test part; all are cut.

    `copies` are the same in every pixel or saved again; `changed` are cropped, turned or brightened, None where that
    was not looked for or cannot be told; `related` belong to the same group as one of these.
    """

    copies: int
    changed: int | None
    related: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.copies + (self.changed or 0) + self.related
