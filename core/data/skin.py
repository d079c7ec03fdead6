"""The seven diagnoses of HAM10000, shared by every data set that uses them."""

from core.data.spec import ClassSpec

HAM10000_CLASSES = (
    ClassSpec("akiec", "actinic keratosis / intraepithelial carcinoma", malignant=True),
    ClassSpec("bcc", "basal cell carcinoma", malignant=True),
    ClassSpec("bkl", "benign keratosis", malignant=False),
    ClassSpec("df", "dermatofibroma", malignant=False),
    ClassSpec("mel", "melanoma", malignant=True),
    ClassSpec("nv", "melanocytic nevus", malignant=False),
    ClassSpec("vasc", "vascular lesion", malignant=False),
)
"""In alphabetical order of their keys, which is also the order in which models number them."""
