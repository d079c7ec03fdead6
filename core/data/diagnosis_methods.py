"""How a diagnosis was made, in words."""

_WORDS = {
    "histo": "histopathology",
    "follow_up": "follow-up",
    "consensus": "expert consensus",
    "confocal": "confocal microscopy",
}


def method_words(value: str) -> str:
    """A value of `diagnosis_method` in full; one that is not a known code stands for itself.

    The codes are those of HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161).
    """
    return _WORDS.get(value, value)
