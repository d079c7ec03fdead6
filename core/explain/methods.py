"""The ways to explain an answer, and what each of them shows, in words."""

from enum import StrEnum


class Method(StrEnum):
    """A way to make a heat map. `DARKNESS` and `EDGES` know nothing of the model: others are held against them."""

    HIRES_CAM = "hires-cam"
    GRAD_CAM = "grad-cam"
    INTEGRATED_FROM_BLUR = "integrated-gradients-from-blur"
    INTEGRATED_FROM_BLACK = "integrated-gradients-from-black"
    OCCLUSION = "occlusion"
    ROW_SALIENCY = "row-saliency"
    DARKNESS = "darkness"
    EDGES = "edges"

    @property
    def called(self) -> str:
        """What it is called."""
        return _CALLED[self]

    @property
    def meaning(self) -> str:
        """What is bright in its map, in one or two sentences."""
        return _MEANINGS[self]

    @property
    def looks_at_convolution(self) -> bool:
        """Whether its map is that of one convolution of the model."""
        return self in (Method.GRAD_CAM, Method.HIRES_CAM)

    @property
    def is_integrated(self) -> bool:
        """Whether it sums gradients from a baseline to the picture."""
        return self in (Method.INTEGRATED_FROM_BLUR, Method.INTEGRATED_FROM_BLACK)

    @property
    def knows_the_model(self) -> bool:
        """False for the maps that are made from the picture alone."""
        return self not in MODEL_FREE


_SHORT_NAMES = {Method.HIRES_CAM: "hirescam", Method.GRAD_CAM: "gradcam"}


def short_name(method: Method) -> str:
    """What a method is called by the command `predict` and in names of files."""
    return _SHORT_NAMES.get(method, str(method))


MODEL_FREE = (Method.DARKNESS, Method.EDGES)
_CALLED = {
    Method.GRAD_CAM: "Grad-CAM",
    Method.HIRES_CAM: "HiResCAM",
    Method.INTEGRATED_FROM_BLUR: "Integrated gradients, from the blurred picture",
    Method.INTEGRATED_FROM_BLACK: "Integrated gradients, from black",
    Method.OCCLUSION: "Occlusion",
    Method.ROW_SALIENCY: "Row saliency",
    Method.DARKNESS: "Darkness (no model)",
    Method.EDGES: "Edges (no model)",
}
_MEANINGS = {
    Method.GRAD_CAM: (
        "Bright: regions whose features speak for the class, each feature weighed by its mean gradient over the "
        "picture (Selvaraju et al. 2017). It shows roughly where, never exactly."
    ),
    Method.HIRES_CAM: (
        "Bright: regions whose features speak for the class, each feature weighed by its own gradient at that place "
        "(Draelos and Carin 2020). It shows roughly where, never exactly."
    ),
    Method.INTEGRATED_FROM_BLUR: (
        "Bright: pixels that count, for or against the class, on the way from a blurred copy to the picture "
        "(Sundararajan et al. 2017)."
    ),
    Method.INTEGRATED_FROM_BLACK: (
        "Bright: pixels that count, for or against the class, on the way from black to the picture (Sundararajan et "
        "al. 2017). What is black in the picture cannot count."
    ),
    Method.OCCLUSION: (
        "Bright: places where a patch in the mean colour of the picture, laid over it, lowers the probability of the "
        "class (Zeiler and Fergus 2014)."
    ),
    Method.ROW_SALIENCY: (
        "Bright: rows of pixels to which the score of the class is most sensitive (Simonyan et al. 2014); this model "
        "reads a picture row by row."
    ),
    Method.DARKNESS: "Bright: what is dark in the picture. The model was not asked.",
    Method.EDGES: "Bright: edges in the picture. The model was not asked.",
}
