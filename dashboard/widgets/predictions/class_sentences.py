"""What each class of an answer is, in a sentence, beside its full name and its probability."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.base.percents import percent
from core.data.diagnoses.diagnosis_sentences import sentence_on
from core.data.spec import ClassSpec
from dashboard.markdown import Markdown


def show_what_classes_are(probabilities: Mapping[str, float], classes: Sequence[ClassSpec]) -> None:
    """A line for each class of which a sentence is written, the most likely first; nothing where there is none.

    Args:
        probabilities: by class key, 0…1.
        classes: those of the model.
    """
    said = [(each, sentence) for each in classes if (sentence := sentence_on(each.name))]
    said.sort(key=lambda pair: -probabilities[pair[0].key])
    if said:
        line = Markdown("- **{}**, {}: {}")
        lines = [line.format(each.name, percent(probabilities[each.key]), sentence) for each, sentence in said]
        st.caption(Markdown("\n").join(lines))
