"""What the columns of tables are called, by what they mean."""

import re
from collections.abc import Iterable

from core.data.group_words import plain_name

IMAGE_NAMES = (
    "image", "image_id", "image_name", "img_id", "isic_id", "file", "file_name", "filename", "filepath", "path",
    "image_path", "picture", "picture_id", "ddi_file", "md5hash", "img", "image_file", "photo", "name", "id", "derm",
    "tile", "tile_id", "patch", "patch_id", "url", "image_url", "img_url", "uri", "link", "file_path", "img_path",
    "image_file_name", "img_name", "datei", "dateiname", "bild", "archivo", "imagen", "fichier", "imagem", "arquivo",
    "photo_no", "photo_nr", "photo_number", "photo_id", "image_no", "image_nr", "image_number", "img_no", "img_nr",
    "picture_no", "picture_nr", "picture_number", "bild_nr", "bildnummer", "foto", "foto_nr", "foto_no", "bildname",
    "bilddatei", "nombre_archivo", "nome_arquivo", "nom_fichier", "immagine", "файл", "изображение", "文件名",
    "图像", "图片", "画像", "ファイル名", "billede", "billedfil", "billednavn", "billede_id", "fil", "filnavn", "bilde",
    "bildefil", "bildenavn", "bildnamn", "filnamn", "bestand", "bestandsnaam", "afbeelding", "kuva", "kuvatiedosto",
    "tiedosto", "tiedostonimi", "文件", "图片名", "图片名称", "图像名", "图像名称", "文件名称", "影像", "画像名",
    "画像ファイル", "ファイル", "이미지", "파일", "파일명", "이미지_파일",
)  # fmt: skip
LABEL_NAMES = (
    "label", "class", "dx", "diagnosis", "diagnostic", "diagnosis_label", "category", "lesion_type", "diagnose",
    "cls", "klasse", "classe", "clase", "befund", "kategorie", "categoria", "categorie", "diagnosi", "diagnoza", "tani",
    "диагноз", "诊断", "診断", "診斷", "类别", "标签", "etiqueta", "diagnostico", "tumor_type", "class_name",
    "classification", "label_name", "ground_truth", "target_label", "nine_partition_label", "three_partition_label",
    "labels", "consensus", "consensus_label", "majority", "majority_vote", "gold_standard", "adjudicated",
    "final_label", "final_diagnosis", "primary_diagnosis", "clinical_diagnosis", "histological_diagnosis",
    "histopathological_diagnosis", "diagnos", "diagnoosi", "fund", "funn", "fynd", "klass", "luokka", "kategori",
    "诊断结果", "病理诊断", "临床诊断", "分类", "類別", "診断名", "病名", "分類", "クラス", "ラベル", "진단", "진단명",
    "클래스", "라벨", "분류",
)  # fmt: skip
"""The first is taken before the second, where several would do."""
BINARY_NAMES = (
    "benign_malignant", "malignant", "is_malignant", "malignancy", "malign", "is_melanoma", "cancer", "is_cancer",
    "cancerous", "has_cancer", "bösartig", "maligno", "melanoma",
)  # fmt: skip
"""Columns whose "yes", 1 or TRUE means malignant."""
BENIGN_NAMES = ("benign", "is_benign", "benignity", "gutartig", "benigno", "non_cancerous", "is_normal")
"""Columns whose "yes", 1 or TRUE means benign."""
WEAK_NAMES = (
    "disease", "histology", "subtype", "type", "gt", "y", "kind", "group_label", "tumor", "tumour", "metastasis",
    "answer", "answers", "solution", "finding", "findings", "finding_label", "finding_labels", "result", "pathology",
    "ergebnis", "grade", "tumor_grade", "tumour_grade", "stage", "level", "isup_grade", "who_grade", "gleason_score",
    "birads", "bi_rads", "severity", "icd", "icd10", "icd_code", "icd10_code", "icd10gm", "icdo", "icdo3",
)  # fmt: skip
"""Columns that are the class where no other is."""
TARGET_NAMES = ("target", "label_id", "class_id", "y_true", "outcome")
"""Columns of numbers that mean what another table says, or nobody knows what."""
AGE_NAMES = (
    "age", "age_approx", "age_at_index", "age_approximate", "age_years", "patient_age", "alter", "edad", "idade",
    "eta", "leeftijd", "wiek", "yas", "возраст", "年龄", "年齢", "ålder", "ikä", "患者年龄", "年齡", "나이", "연령",
)  # fmt: skip
SEX_NAMES = (
    "sex", "gender", "patient_sex", "patient_gender", "geschlecht", "sexo", "sexe", "sesso", "geslacht", "plec",
    "cinsiyet", "пол", "性别", "性別", "køn", "kjønn", "kön", "sukupuoli", "성별",
)  # fmt: skip
SITE_NAMES = (
    "site", "localization", "localisation", "anatom_site_general", "anatom_site", "anatomical_site", "location",
    "anatom_site_general_challenge", "body_site", "region", "body_region", "anatom_site_1", "anatom_site_special",
    "lokalisation", "localizacion", "localizacao", "localizzazione", "korperstelle", "sede", "部位", "lokalisering",
    "lokalisasjon", "lokation", "plassering", "placering", "lokalisatie", "locatie", "lichaamsdeel", "kropsdel",
    "kroppsdel", "sijainti", "解剖部位", "病变部位", "發病部位", "부위", "위치",
)  # fmt: skip
METHOD_NAMES = ("diagnosis_method", "dx_type", "diagnosis_confirm_type", "diagnosis_confirmation")
ROW_NAMES = (
    "id", "no", "nr", "number", "exam", "exam_id", "study", "study_id", "index", "record", "record_id", "nummer",
)  # fmt: skip
"""Columns of what a row of a table is of."""
SOURCE_NAMES = ("source", "dataset", "data_set", "institution", "hospital", "center", "centre")
PART_NAMES = (
    "split", "part", "subset", "partition", "set", "fold", "phase", "train_test", "data_split", "usage", "kfold",
    "cv_fold",
)  # fmt: skip
TIDY_NAMES = {
    "age": AGE_NAMES, "sex": SEX_NAMES, "site": SITE_NAMES, "diagnosis_method": METHOD_NAMES, "source": SOURCE_NAMES,
    "split": PART_NAMES,
}  # fmt: skip


CLASS_NAMES = (LABEL_NAMES, BINARY_NAMES, TARGET_NAMES, WEAK_NAMES, BENIGN_NAMES)
"""Lists of what columns are called that may be the class, those that say most first."""
_PLAIN = {names: {plain_name(name): place for place, name in enumerate(names)} for names in (
    IMAGE_NAMES, ROW_NAMES, *CLASS_NAMES, *TIDY_NAMES.values(),
)}  # fmt: skip


def the_column(name: str) -> str:
    """A column in a sentence: "the column dx", and "column 2" of a list without a header."""
    return name if re.fullmatch(r"column \d+", name) else f"the column {name}"


def is_named(column: str, names: tuple[str, ...]) -> bool:
    """Whether a column is called by one of the names; case, blanks, dashes and underscores do not count."""
    return plain_name(column) in _PLAIN[names]


def columns_named(columns: Iterable[str], names: tuple[str, ...]) -> list[str]:
    """The columns that are called by one of the names, the earlier names first."""
    places = _PLAIN[names]
    return sorted((c for c in columns if plain_name(c) in places), key=lambda column: places[plain_name(column)])
