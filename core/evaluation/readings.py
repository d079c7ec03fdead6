"""Reading the answers of a run as yes or no: some of its classes, such as the malignant ones, against all others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import probabilities


@dataclass(frozen=True)
class Reading:
    """Some classes against all others; `name` stands in sentences, such as “malignant” or “melanoma”."""

    name: str
    positive: tuple[str, ...]
    """Keys of the classes that count as positive, at least one."""

    def scores(self, table: pd.DataFrame) -> np.ndarray:
        """Probability of being positive: the sum over the positive classes, shape (n,), range 0…1."""
        return np.clip(probabilities(table, self.positive).sum(axis=1), 0.0, 1.0)

    def is_positive(self, table: pd.DataFrame) -> np.ndarray:
        """Whether the true class is a positive one, shape (n,), bool."""
        return table["true"].isin(self.positive).to_numpy()

    def problem(self, table: pd.DataFrame, thing: str = "picture") -> str:
        """Why a part tells nothing of how well positives are told from others, as a sentence; else empty."""
        found = int(self.is_positive(table).sum())
        if table.empty:
            return f"There is no {thing} in this part."
        if not found:
            return f"No {thing} of this part is {self.name}: how many of them would be found cannot be counted."
        if found == len(table):
            return f"Every {thing} of this part is {self.name}: false alarms cannot be counted."
        return ""
