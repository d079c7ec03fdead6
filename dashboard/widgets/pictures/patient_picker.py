"""What a model is told of the person in a picture, as far as it is known."""

import streamlit as st

from core.data.metadata_encoding import WORDS, MetadataEncoding, Patient
from core.data.spec import OLDEST

NOBODY = Patient()


def pick_patient(encoding: MetadataEncoding, key: str, known: Patient = NOBODY) -> Patient:
    """Fields for what a model takes beside the picture; each may stay unknown.

    Args:
        encoding: which it takes, and the values that it tells apart.
        key: of the picture, so that another one begins anew.
        known: with what the fields begin.
    """
    st.caption(f"This model is also told {encoding.in_words}. Leave empty what is not known.")
    values: dict[str, float | str | None] = {}
    for name, column in zip(encoding.columns, st.columns(len(encoding.columns)), strict=True):
        title = WORDS[name].capitalize()
        if name == "age":
            values[name] = column.number_input(
                f"{title} in years",
                0.0,
                float(OLDEST),
                known.age,
                1.0,
                format="%.0f",
                placeholder="unknown",
                key=f"patient-{name}-{key}",
            )
            continue
        options, given = encoding.values(name), getattr(known, name)
        values[name] = column.selectbox(
            title,
            options,
            index=options.index(given) if given in options else None,
            placeholder="unknown",
            key=f"patient-{name}-{key}",
        )
    return Patient.of(values)
