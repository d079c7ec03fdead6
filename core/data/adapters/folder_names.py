"""What the name of a folder or file says: a part, a fold, a mask, a mere container, an id, a magnification."""

import re
from collections.abc import Collection

from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import words
from core.data.splits.splits import TEST, TRAIN, VALIDATION

PART_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "tr", "trainset", "traindir", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "valset"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "heldout", "independent", "testset", "ts"), TEST),
    **dict.fromkeys("trainings trainingsdaten trainingsset trainieren entrenamiento treino treinamento".split(), TRAIN),
    **dict.fromkeys("entrainement apprentissage addestramento egitim treinar trening".split(), TRAIN),
    **dict.fromkeys("traening traeningsdata traningsdata traning koulutus opetus".split(), TRAIN),
    **dict.fromkeys(
        "validierung validierungsdaten validierungsset validacion validacao validazione".split(), VALIDATION
    ),
    **dict.fromkeys("validatie validering validointi dogrulama walidacja eval evaluation".split(), VALIDATION),
    **dict.fromkeys("训练 训练集 訓練 訓練集 学習 обучение обучающая 학습".split(), TRAIN),
    **dict.fromkeys("验证 验证集 驗證 驗證集 検証 валидация 검증".split(), VALIDATION),
    **dict.fromkeys("测试 测试集 測試 測試集 テスト тест тестовая 테스트".split(), TEST),
    **dict.fromkeys("tests testdaten testdata testi prueba pruebas teste testes prova".split(), TEST),
}
"""Words by the part that they stand for, in several languages, without accents."""
_PUBLISHED_PARTS = {"nctcrche100k": TRAIN, "nctcrche100knonorm": TRAIN, "crcvalhe7k": TEST}
"""What nothing in these names tells (Kather 2018): the second folder comes from other patients."""
_CONTAINER = frozenset(
    "image images img imgs picture pictures photo photos pic pics part parts data dataset datasets archive input all "
    "raw jpg jpeg png tif tiff files file set sets dir folder folders original originals resized cropped scans "
    "billeder billede fotografier afbeeldingen kuvat 写真 照片 "
    "master main bilder bild imagenes fotos foto fotografias imagens daten datos dados donnees dati cartella ordner "
    "图片 图像 圖片 影像 数据 数据集 画像 изображения данные 이미지 데이터".split()
)
_PICTURES = frozenset("image images img imgs picture pictures photo photos pic pics bilder".split())
_DERIVED = frozenset(
    "superpixel superpixels heatmap heatmaps saliency gradcam overlay overlays contour contours boundary boundaries "
    "edges augmented augmentation augmentations thumbnail thumbnails thumb thumbs preview previews".split()
)
_MASK = _DERIVED | frozenset(
    "mask masks segmentation segmentations segmented annotation annotations groundtruthmask".split()
)
_SHORT = frozenset({"aug", "gt", "gts"})
"""Short for augmented and ground truth, where no year stands beside them: "Aug 2020" is a month."""
_BARE_MASKS = frozenset("mask masks segmentation seg groundtruth".split())
_NO_LESION = _DERIVED | frozenset({"cam", "attribute", "attributes"})
_MASK_ENDS = re.compile(
    r"([_\- .](segmentation|seg|mask|masks|superpixels?|heat_?map|gradcam|cam|saliency|overlay|contour|gt|groundtruth|"
    r"attribute_\w+|R\d+_Label\d+|anno|annotation|lesion|thumb|thumbnail|preview)|(?<=\w)(masks?|segmentation))"
    r"[_\-]?\d*$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^([^\W_]+)[\W_]+(.+)$")
_ENDING = re.compile(r"^(.+?)[\W_]+([^\W_]+)$")
_SETTINGS = frozenset(
    "batch batches lot chunk shard series session visit day week month year round phase version copy backup new old "
    "hospital clinic center centre institution klinik krankenhaus zentrum department lab laboratory site country "
    "scanner camera device phone smartphone microscope dermatoscope iphone android left right front back top bottom "
    "od os oculus clinical dermoscopic dermoscopy macroscopic microscopic closeup overview view color colour gray grey "
    "greyscale grayscale rgb normalized normalised unnormalized small medium large high low resolution lowres highres "
    "before after baseline followup preop postop vorher nachher antes despues avant apres prima dopo "
    "stain stains stained staining he ihc cohort study group team student user download downloads uploads".split()
)
_SIZE = re.compile(r"^\D{0,8}\d{2,4} ?(?:x ?\d{2,4}|px)\D{0,8}$", re.IGNORECASE)
_OF_MENDELEY = re.compile(r"(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{10}-\d{1,2}")
"""How Mendeley calls a version of a data set that was downloaded: "zr7vgbcyr2-1"."""
_STAMP = re.compile(r"-\d{8}T\d{6}Z(?:-\d+)+$")
_DATE = re.compile(r"^(?:19|20)\d{2}(?:[-_. ][01]?\d(?:[-_. ][0-3]?\d)?|[01]\d[0-3]\d)$")
_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_MOST_YEARS = 12
_IDENTIFIER = re.compile(
    r"\d+(?:\.\d+){4,}"  # a UID of DICOM
    r"|(?=[0-9a-f]*\d)[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_FOLD = re.compile(r"^(?:fold|cv|kfold|split)[\W_]*(\d{1,2})$|^(\d{1,2})[\W_]*fold$", re.IGNORECASE)
_MAGNIFICATION = re.compile(r"^x?(\d{2,4})x?$", re.IGNORECASE)


def part_of_folder(name: str) -> str | None:
    """The part that a folder is by its name, such as "train_dir" or "ISIC-2017_Training_Data"; None if it is none.

    A word for a part counts where the rest says nothing of a class: "train_melanoma" is no part.
    """
    said = words(name)
    if published := _PUBLISHED_PARTS.get("".join(said)):
        return published
    parts = {PART_WORDS[word] for word in said if word in PART_WORDS}
    if parts == {TRAIN, VALIDATION}:
        parts = {TRAIN}  # "train_val_list": what is not for testing
    if len(parts) != 1:
        return None
    rest = [word for word in said if word not in PART_WORDS and word not in _CONTAINER and not word.isdigit()]
    return None if rest and diagnosis(" ".join(rest)).known else parts.pop()


def is_of_train_and_validation(name: str) -> bool:
    """Whether a name says that training and validation are one here: "trainval", "train_val_list"."""
    said = words(name)
    return "trainval" in said or {TRAIN, VALIDATION} <= {PART_WORDS[word] for word in said if word in PART_WORDS}


def is_bare_part(name: str) -> bool:
    """Whether a folder says nothing but that it is a part, such as "train" or "val_images"."""
    said = words(name)
    return part_of_folder(name) is not None and all(
        word in PART_WORDS or word in _CONTAINER or word.isdigit() for word in said
    )


def part_and_rest(name: str) -> tuple[str, str] | None:
    """The part that a name begins or ends with, and the rest: "train_typeA" is (train, "typeA"); None if it does not.

    A rest that says nothing, as of "train_images", is none.
    """
    for word, rest in ((_LEADING.match(name), 2), (_ENDING.match(name), 1)):
        part = PART_WORDS.get("".join(words(word[3 - rest]))) if word else None
        if word and part and any(each not in _CONTAINER and not each.isdigit() for each in words(word[rest])):
            return part, word[rest]
    return None


def is_setting(name: str) -> bool:
    """Whether a folder is called after where, when or how pictures were taken or kept: "batch1", "hospital_b",
    "224x224", "2019-03-01"."""
    if _DATE.match(name):
        return True
    said = words(name)
    told = [word for word in said if word in _SETTINGS]
    rest = [word for word in said if word not in _SETTINGS and word not in _CONTAINER]
    return (bool(told) and all(word.isdigit() or len(word) == 1 for word in rest)) or bool(_SIZE.match(name))


def part_of_value(text: str) -> str | None:
    """The part that a value such as "val" or "Training" stands for, None if it is no such word."""
    said = words(text)
    return PART_WORDS.get("".join(said)) or (part_of_folder(text) if len(said) <= 3 else None)


def fold_of(name: str) -> int | None:
    """The number of a fold such as "fold_0" or "Fold 3", None if the name is none of a fold."""
    found = _FOLD.match(name.strip())
    return None if found is None else int(found.group(1) or found.group(2))


def is_container(name: str) -> bool:
    """Whether a folder only holds pictures, such as "images" or "imgs_part_1", and says nothing of them."""
    said = words(name)
    if _OF_MENDELEY.fullmatch(name) or name.casefold() == "drive-download":
        return True
    return bool(said) and all(word in _CONTAINER or word.isdigit() for word in said) and not said[0].isdigit()


def without_stamp(name: str) -> str:
    """The name of a folder without what Google Drive puts behind it in each piece of a download."""
    return _STAMP.sub("", name) or name


def is_numbered_part(name: str) -> bool:
    """Whether a folder is one of several pieces of a download, such as "HAM10000_images_part_2" or "colon_image_sets".

    Not if what else it says is a diagnosis: "melanoma_images" is a class.
    """
    said = words(name)
    if not _PICTURES.intersection(said) and not ("part" in said and said[-1].isdigit()):
        return False
    rest = [word for word in said if word not in _CONTAINER and not word.isdigit()]
    return not (rest and diagnosis(" ".join(rest)).known)


def is_mask_folder(name: str) -> bool:
    """Whether a folder holds masks or other derived pictures, such as "masks", "augmented" or "GroundTruth_x"."""
    said = set(words(name))
    in_short = bool(_SHORT & said) and not any(word.isdigit() and len(word) > 2 for word in said)
    return bool(_MASK & said) or {"ground", "truth"} <= said or "groundtruth" in said or in_short


def is_mask_name(stem: str) -> bool:
    """Whether a file is a mask or derived by its name without ending, such as "ISIC_0000001_segmentation"."""
    return _MASK_ENDS.search(stem) is not None


def is_bare_mask_name(stem: str) -> bool:
    """Whether a file is called a mask and nothing else, such as "mask" or "segmentation_2"."""
    said = [word for word in words(stem) if not word.isdigit()]
    return bool(said) and all(word in _BARE_MASKS for word in said)


def of_other_than_lesions(place: str, stem: str) -> bool:
    """Whether what was derived from a picture is no mask of a lesion by its folder or name: superpixels, heat maps."""
    ending = _MASK_ENDS.search(stem)
    said = {word for name in place.split("/") for word in words(name)} | set(words(ending.group(0)) if ending else ())
    return bool(_NO_LESION & said)


def without_mask_word(stem: str) -> str:
    """The name of the picture that a mask belongs to."""
    return _MASK_ENDS.sub("", stem)


def magnification_of(name: str) -> int | None:
    """The magnification that a folder names, such as 400 for "400X"; None if it names none."""
    found = _MAGNIFICATION.match(name.strip())
    return int(found.group(1)) if found and "x" in name.lower() else None


def are_years(names: Collection[str]) -> bool:
    """Whether folders are called after a few years, such as "2015", "2016" and "2018"."""
    return 1 < len(names) <= _MOST_YEARS and all(map(_YEAR.fullmatch, names))


def is_identifier(name: str) -> bool:
    """Whether a name is one that machines give, such as a UID of DICOM, a hash or a UUID: never that of a class."""
    return _IDENTIFIER.fullmatch(name) is not None


def is_id(name: str) -> bool:
    """Whether a name looks like that of one patient, lesion or slide: mostly digits, or letters with several digits."""
    digits = sum(letter.isdigit() for letter in name)
    return digits >= 3 or (digits >= 2 and digits >= 0.5 * len(name.replace("_", "").replace("-", "")))
