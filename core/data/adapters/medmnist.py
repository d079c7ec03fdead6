"""What MedMNIST v2 publishes of its two-dimensional data sets, each as `.npz` at 28, 64, 128 and 224 pixels."""

from dataclasses import dataclass

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec, DatasetSpec

SIDES = (28, 64, 128, 224)
"""Of the pictures, in pixels."""
_MEDMNIST = (
    "Yang J. et al.: MedMNIST v2, a large-scale lightweight benchmark for 2D and 3D biomedical image "
    "classification. Scientific Data 10, 41 (2023). doi:10.1038/s41597-022-01721-8. Source of the pictures: "
)
_KERMANY = "Kermany D. S. et al.: Cell 172, 1122-1131 (2018). doi:10.1016/j.cell.2018.02.010"
_NO_PATIENTS = "The archive names no patients, so nobody knows which pictures belong together."
_BY_CHANCE = "The official parts were drawn by chance."
_SOURCES_TEST = "The official test part is that of the source; training and validation part were divided by chance."


@dataclass(frozen=True)
class Published:
    """One archive: what is known of the data set, how many pictures it has, of which side and how many channels.

    A picture has any of `findings` of the first classes, or none of them, which is the last; 0 where it has one class.
    """

    spec: DatasetSpec
    pictures: int
    side: int
    channels: int
    findings: int = 0


def published(file: str) -> Published | None:
    """What is published under a file name such as `pathmnist_64.npz`, in any case; None if nothing is."""
    return _ARCHIVES.get(file.lower())


def _classes(*names: str, malignant: str | None = None) -> tuple[ClassSpec, ...]:
    """Classes in the order of their numbers; where none is malignant, as of organs, none is called benign either."""
    return tuple(ClassSpec(name, name, None if malignant is None else name == malignant) for name in names)


@dataclass(frozen=True)
class _Collection:
    """One of MedMNIST's data sets, whatever the size of its pictures."""

    title: str
    pictures: int
    channels: int
    what: str
    """What its pictures are, as the end of a sentence that begins with their number."""
    classes: tuple[ClassSpec, ...]
    caution: str
    source: str
    licence: str = "CC BY 4.0"
    findings: int = 0


_TISSUES = _classes(
    "adipose", "background", "debris", "lymphocytes", "mucus", "smooth muscle", "normal colon mucosa",
    "cancer-associated stroma", "colorectal adenocarcinoma epithelium",
    malignant="colorectal adenocarcinoma epithelium",
)  # fmt: skip
_FINDINGS = _classes(
    "atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax",
    "consolidation", "edema", "emphysema", "fibrosis", "pleural", "hernia", "no finding",
)  # fmt: skip
_BLOOD_CELLS = _classes(
    "basophil", "eosinophil", "erythroblast", "immature granulocytes", "lymphocyte", "monocyte", "neutrophil",
    "platelet",
)  # fmt: skip
_KIDNEY_CELLS = _classes(
    "collecting duct, connecting tubule", "distal convoluted tubule", "glomerular endothelial cells",
    "interstitial endothelial cells", "leukocytes", "podocytes", "proximal tubule segments", "thick ascending limb",
)  # fmt: skip
_RETINOPATHY = tuple(
    ClassSpec(str(grade), f"grade {grade}: {name}", malignant=None)
    for grade, name in enumerate(["no retinopathy", "mild", "moderate", "severe", "proliferative retinopathy"])
)
_ORGANS = _classes(
    "bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right", "liver", "lung-left", "lung-right",
    "pancreas", "spleen",
)  # fmt: skip


def _organs(letter: str, plane: str, pictures: int) -> _Collection:
    return _Collection(
        f"Organ{letter}MNIST",
        pictures,
        1,
        f"{plane} slices of CT volumes, each cut to one of eleven organs,",
        _ORGANS,
        f"{_NO_PATIENTS} Slices of one volume look alike: the official split keeps volumes apart, no other does.",
        "Bilic P. et al.: Medical Image Analysis 84, 102680 (2023). doi:10.1016/j.media.2022.102680; organs: Xu X. et "
        "al.: IEEE Transactions on Medical Imaging 38, 1885-1898 (2019)",
    )


_COLLECTIONS = {
    "pathmnist": _Collection(
        "PathMNIST",
        107_180,
        3,
        "patches of stained slides of colorectal tissue",
        _TISSUES,
        f"{_NO_PATIENTS} Patches of one slide look alike. The official test part comes from other patients of "
        "another hospital; training and validation part were divided by chance, patch by patch.",
        "Kather J. N. et al.: PLoS Medicine 16, e1002730 (2019). doi:10.1371/journal.pmed.1002730",
    ),
    "chestmnist": _Collection(
        "ChestMNIST",
        112_120,
        1,
        "chest X-rays",
        _FINDINGS,
        f"{_NO_PATIENTS} The official split is that of the source, by patient. A picture may have several of fourteen "
        "findings: about a fifth have, and are left out, for a model here learns one class a picture. Labels were read "
        "from reports by a program.",
        "Wang X. et al.: ChestX-ray8. IEEE CVPR, 3462-3471 (2017). doi:10.1109/CVPR.2017.369",
        findings=14,
    ),
    "dermamnist": _Collection(
        "DermaMNIST",
        10_015,
        3,
        "pictures of HAM10000",
        HAM10000_CLASSES,
        "The archive says nothing about lesions. HAM10000 has several photos of many lesions, and the official split "
        "puts photos of one lesion into training and test, so the figures of every split are too good.",
        "Tschandl P., Rosendahl C., Kittler H. (2018). doi:10.1038/sdata.2018.161",
        licence="CC BY-NC 4.0 (non-commercial use only)",
    ),
    "octmnist": _Collection(
        "OCTMNIST",
        109_309,
        1,
        "pictures of the retina by optical coherence tomography",
        _classes("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
        f"{_NO_PATIENTS} {_SOURCES_TEST}",
        _KERMANY,
    ),
    "pneumoniamnist": _Collection(
        "PneumoniaMNIST",
        5_856,
        1,
        "chest X-rays of children",
        _classes("normal", "pneumonia"),
        f"{_NO_PATIENTS} {_SOURCES_TEST}",
        _KERMANY,
    ),
    "retinamnist": _Collection(
        "RetinaMNIST",
        1_600,
        3,
        "photographs of the retina, graded by diabetic retinopathy,",
        _RETINOPATHY,
        f"{_NO_PATIENTS} There may be several photographs of one eye, and two eyes of one person. The "
        f"grades are ordered, and a model here does not know it. {_SOURCES_TEST}",
        "Liu R. et al.: DeepDRiD. Patterns 3, 100512 (2022). doi:10.1016/j.patter.2022.100512",
    ),
    "breastmnist": _Collection(
        "BreastMNIST",
        780,
        1,
        "ultrasound pictures of the breast",
        _classes("malignant", "normal, benign", malignant="malignant"),
        f"{_NO_PATIENTS} There may be several pictures of one woman. {_BY_CHANCE}",
        "Al-Dhabyani W. et al.: Data in Brief 28, 104863 (2020). doi:10.1016/j.dib.2019.104863",
    ),
    "bloodmnist": _Collection(
        "BloodMNIST",
        17_092,
        3,
        "single blood cells of healthy people under the microscope",
        _BLOOD_CELLS,
        f"{_NO_PATIENTS} There are many cells of one person. {_BY_CHANCE}",
        "Acevedo A. et al.: Data in Brief 30, 105474 (2020). doi:10.1016/j.dib.2020.105474",
    ),
    "tissuemnist": _Collection(
        "TissueMNIST",
        236_386,
        1,
        "single cells of the human kidney cortex under the microscope",
        _KIDNEY_CELLS,
        f"{_NO_PATIENTS} All cells come from three specimens. {_BY_CHANCE}",
        "Ljosa V. et al.: BBBC051, Nature Methods 9, 637 (2012). doi:10.1038/nmeth.2083",
    ),
    "organamnist": _organs("A", "axial", 58_830),
    "organcmnist": _organs("C", "coronal", 23_583),
    "organsmnist": _organs("S", "sagittal", 25_211),
}


def _spec(name: str, side: int) -> DatasetSpec:
    known = _COLLECTIONS[name]
    own = name if side == 28 else f"{name}_{side}"
    return DatasetSpec(
        name=own,
        title=f"{known.title}, {side}×{side} pixels",
        description=(
            f"The {known.pictures:,} {known.what} at {side}×{side} pixels with the official split of MedMNIST v2, "
            "without any metadata."
        ),
        classes=known.classes,
        group="picture",
        licence=known.licence,
        citation=_MEDMNIST + known.source,
        homepage="https://medmnist.com",
        caution=known.caution,
        file=f"{own}.npz",
    )


_ARCHIVES = {
    spec.file: Published(spec, known.pictures, side, known.channels, known.findings)
    for name, known in _COLLECTIONS.items()
    for side in SIDES
    for spec in [_spec(name, side)]
}
DERMAMNIST_SPECS = {side: _spec("dermamnist", side) for side in SIDES}
"""By side of the pictures: these are told of even where they are not here."""
