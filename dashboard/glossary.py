"""The terms of the field, each explained once; the bubbles beside labels, tiles and columns say what stands here."""

TERMS = {
    "accuracy": "Share of all pictures that get the right answer. Where one class is frequent, it can be high without "
    "any skill: compare it with the floor.",
    "floor": "The accuracy of always giving the most frequent class, without looking at the pictures. A model has to "
    "be better than this.",
    "balanced accuracy": "The sensitivity of each class, averaged over the classes: rare classes count as much as "
    "frequent ones. Guessing gives 1 divided by the number of classes.",
    "sensitivity": "Of all pictures that are of a class, the share that the model finds. Also called recall. Missed "
    "melanomas lower the sensitivity for melanoma.",
    "specificity": "Of all pictures that are not of a class, the share that the model does not call so. False alarms "
    "lower it.",
    "precision": "Of all pictures that the model gives to a class, the share that are of that class. Also called "
    "positive predictive value.",
    "F1": "One number from precision and sensitivity (their harmonic mean): high only where both are high.",
    "AUC": "Area under the ROC curve: how often the model gives a picture of the class a higher probability than a "
    "picture that is not of it. 50 % is guessing, 100 % is perfect. It needs no threshold.",
    "calibration": "A model is calibrated if its percentages mean what they say: of 100 answers with 80 %, "
    "80 are right. The calibration error is how far it is from that, on average.",
    "95 % interval": "What is measured on few pictures could have come out otherwise. If the test were repeated with "
    "other pictures of the same kind, 95 of 100 such intervals would hold the true value.",
    "split": "How the pictures are divided: the training part is learnt from, the validation part chooses the best "
    "epoch, and the test part judges the model once, at the end.",
    "grouped split": "All pictures of one group, such as a lesion or a patient, are in the same part. Else the model "
    "is tested on lesions that it has already seen, and looks better than it is.",
    "cross-validation": "The pictures are divided into several folds. Each fold is the test part of one training, so "
    "that every picture is tested once, by a model that has not seen it.",
    "threshold": "A picture is called positive from this probability on. A lower threshold finds more cases and "
    "gives more false alarms.",
    "net benefit": "What a decision is worth: cases found, less false alarms, which are weighted by the threshold "
    "(decision curve analysis). Calling nobody positive has 0.",
    "conformal set": "All classes that are possible for this picture. Such sets hold the true class as often as "
    "stated, such as in 90 of 100 pictures. Several classes in a set mean that the model is not sure.",
    "gate": "A check before the answer: is this a picture of the kind that the model has learnt from? It refuses other "
    "pictures, such as a screenshot. It does not know whether the answer is right.",
    "heat map": "Shows which parts of a picture an answer rests on. HiResCAM and Grad-CAM take them from the "
    "last layers of the network that still know where things are; other methods change the picture and look at the "
    "answer. It shows what the model uses, which need not be the disease.",
    "Cramér's V": "How closely two columns belong together: 0 means that one tells nothing about the other, 1 that it "
    "tells it exactly.",
    "validation part": "Pictures that are not learnt from. They choose the best epoch or the best settings, so results "
    "on them are a little too good.",
}
"""What each term means, for somebody who meets it for the first time."""


def term_of(column: str) -> str | None:
    """The term with which the name of a column of a table begins, such as "AUC" of "AUC (ROC)"; None without one."""
    return next((term for term in TERMS if column.lower().startswith(term.lower())), None)


def meaning(term: str, more: str = "") -> str:
    """What a term means, then what `more` there is to say of it here.

    Raises:
        KeyError: the term stands in no glossary.
    """
    return f"{TERMS[term]} {more}".rstrip()
