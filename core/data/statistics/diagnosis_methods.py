"""How a diagnosis was made, in full words; tables, addresses and files keep the codes of the data set."""

DIAGNOSIS_METHODS = {
    "histo": "histopathology",
    "follow_up": "follow-up",
    "consensus": "expert consensus",
    "confocal": "confocal microscopy",
}
"""The codes of HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161); ISIC has words already."""


def method_in_words(method: object) -> str:
    """A diagnosis method as people say it; one without a code of its own stays as it is."""
    return DIAGNOSIS_METHODS.get(str(method), str(method))
