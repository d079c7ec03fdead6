"""A run's model and gate, loaded in this process, that answer for many pictures as the page Predict does for one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.data.metadata_encoding import Patient
from core.explain.methods import Method
from core.runs.answers.picture_answer import PictureAnswer, judged, sides_for
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer, answer_of, answer_square
from core.serving.brought import BroughtPicture
from core.serving.gate import GATE_SIZE, GateTrunk, gate_folder, open_gate
from core.serving.predictor import Predictor


class Answering:
    """Answers of one run. Making it loads Keras, so it lives in jobs and commands only."""

    def __init__(self, run: RunFolder):
        """Load the model.

        Raises:
            RunError: the run has no trained model.
        """
        self.run = run
        self.predictor = Predictor.to_answer(run.path)

    @property
    def sides(self) -> tuple[int, ...]:
        """At which sides in pixels pictures have to be read, ascending."""
        return sides_for(self.predictor.info)

    def of_many(
        self, pictures: Sequence[BroughtPicture], patients: Sequence[Patient | None] | None = None
    ) -> list[PictureAnswer]:
        """Answer for pictures together, in their order.

        Args:
            pictures: read at `sides`; a few hundred at most, as all are in the memory at once.
            patients: who is in each, for a model that takes it; None where nothing is known of anybody.

        Raises:
            LesionLabError: a file of the run or its gate cannot be used.
        """
        if not pictures:
            return []
        info = self.predictor.info
        squares = np.stack([each.squares[info.image_size] for each in pictures])
        known = self.predictor.encoded(patients or [None] * len(pictures))
        answers = [answer_of(self.predictor, row) for row in self.predictor.probabilities(squares, metadata=known)]
        return self._judged(pictures, answers)

    def explained(
        self, picture: BroughtPicture, patient: Patient | None = None, method: Method | None = None
    ) -> PictureAnswer:
        """As `of_many` of one picture, with a heat map for its most likely class.

        It is made by `method`, by the usual one for the model where that is None.

        Raises:
            ConfigurationError: the model can give none by it.
            LesionLabError: as `of_many`.
        """
        square = picture.squares[self.predictor.info.image_size]
        return self._judged([picture], [answer_square(self.predictor.about(patient), square, "", method)])[0]

    def _judged(self, pictures: Sequence[BroughtPicture], answers: Sequence[Answer]) -> list[PictureAnswer]:
        info = self.predictor.info
        gate = open_gate(gate_folder(info.dataset))
        if gate is not None:
            squares = np.stack([each.squares[GATE_SIZE] for each in pictures])
            seen = GateTrunk().features(squares)
            asked = zip(answers, seen, squares, strict=True)
            answers = [replace(said, gate=gate.answer(features, square)) for said, features, square in asked]
        return [judged(self.run, info, each, said) for each, said in zip(pictures, answers, strict=True)]
