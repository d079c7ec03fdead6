"""One plain sentence on what a diagnosis or a kind of tissue is, in this project's words, for people who learn.

The sentences say what a thing is, not what to do about it. A line is `full name: sentence`, the name as
`core.data.diagnoses.diagnosis_names` has it, or as a data set writes it where that table lacks it; an indented line
continues the one above.
"""

from functools import cache

from core.data.diagnoses.diagnoses import diagnosis, plain

_SENTENCES = """
melanoma: A cancer of the cells that make pigment; it can spread early, so a missed one costs the most.
melanoma in situ: A melanoma that has not yet grown below the outermost layer of the skin.
invasive melanoma: A melanoma that has grown below the outermost layer of the skin.
metastatic melanoma: A melanoma that has spread to another place in the body.
lentigo maligna: A melanoma in situ of skin that has seen much sun, mostly of the face.
melanocytic nevus: A mole: a benign nest of pigment cells, by far the most frequent of these lesions.
dysplastic nevus: A mole of irregular shape or colour; benign, but easily taken for a melanoma.
blue nevus: A mole whose pigment lies deep, so that it looks blue; benign.
basal cell carcinoma: The most frequent skin cancer; it grows slowly into its surroundings and hardly ever spreads.
squamous cell carcinoma: A cancer of the flat cells of the skin, mostly where it has seen much sun; it can spread.
squamous cell carcinoma / keratoacanthoma: A cancer of the flat cells of the skin, with the fast-growing dome that
  is hard to tell from it.
squamous cell carcinoma in situ: A cancer of the flat cells that is still within the outermost layer of the skin
  (Bowen's disease).
keratoacanthoma: A fast-growing dome with a core of horn; hard to tell from a squamous cell carcinoma.
actinic keratosis: A rough patch of sun-damaged skin that can turn into a squamous cell carcinoma.
actinic keratosis / intraepithelial carcinoma: Sun-damaged skin and its early cancer within the outermost layer
  (Bowen's disease); either can become invasive.
benign keratosis: A harmless thickening or spot of the outer skin: seborrheic keratosis, solar lentigo or lichen
  planus-like keratosis.
pigmented benign keratosis: A harmless, dark thickening of the outer skin.
seborrheic keratosis: A harmless, wart-like growth of the outer skin that comes with age.
solar lentigo: A harmless brown spot of skin that has seen much sun.
lichen planus-like keratosis: A benign spot that is being removed by inflammation; it can look alarming.
dermatofibroma: A small, firm, benign knot of connective tissue in the skin, often on the legs.
vascular lesion: A benign change of blood vessels in the skin, such as an angioma, or a bleeding under it.
hemangioma: A benign growth of small blood vessels, red to purple.
angiokeratoma: Widened small blood vessels under thickened skin; benign, at times nearly black.
pyogenic granuloma: A benign growth of small blood vessels that comes fast and bleeds easily.
non-melanoma skin cancer: Any cancer of the skin that does not come from pigment cells, mostly basal or squamous cell
  carcinoma.
other malignant proliferation: A malignant growth that is none of the other classes.
other benign proliferation: A benign growth that is none of the other classes.
inflammatory or infectious disease: Skin that is inflamed or infected; no growth.
none of the eight diagnoses: Something else than the other classes, whatever it is.
malignant: Cancer: cells that grow into their surroundings and can spread.
benign: No cancer: what is seen does not grow into its surroundings or spread.
invasive ductal carcinoma: The most frequent breast cancer; it begins in the milk ducts and has grown out of them.
no invasive ductal carcinoma: Breast tissue in which no invasive ductal carcinoma was marked.
non-idc: Breast tissue in which no invasive ductal carcinoma was marked.
ductal carcinoma in situ: Cancer cells within the milk ducts that have not grown out of them.
invasive lobular carcinoma: A breast cancer that begins in the lobules, which make milk, and has grown out of them.
carcinoma in situ: Cancer cells that have not yet grown out of the layer in which they began.
invasive carcinoma: A cancer that has grown out of the layer in which it began.
ductal carcinoma: A breast cancer that begins in the milk ducts.
lobular carcinoma: A breast cancer that begins in the lobules, which make milk.
mucinous carcinoma: A rarer breast cancer whose cells lie in pools of mucus.
papillary carcinoma: A rarer breast cancer that grows in finger-like folds.
adenosis: Benign: more and larger lobules of the breast than usual.
fibroadenoma: A benign lump of gland and connective tissue of the breast.
phyllodes tumor: A rare tumour of the breast that grows in leaf-like folds; most are benign.
tubular adenoma: A benign lump of the breast made of small, tightly packed tubes.
tumour tissue in the centre: The middle of this piece of a lymph node holds cells of a breast cancer that has spread.
no tumour tissue in the centre: The middle of this piece of a lymph node holds no cancer; its edge may.
colorectal adenocarcinoma epithelium: The cancer's own cells, in a cancer of the glands of colon or rectum.
cancer-associated stroma: The connective tissue around a cancer, which changes with it.
stroma: The connective tissue that holds other tissue.
complex stroma: Connective tissue with single tumour cells or immune cells in it.
normal colon mucosa: The healthy inner lining of the colon with its even glands.
mucosa: The inner lining of the colon with its glands.
smooth muscle: Muscle of the wall of the gut, which moves without being willed.
adipose tissue: Fat: large, empty-looking cells with thin walls.
lymphocytes: Small, round immune cells, here many together.
mucus: The slime that glands give off; no cells.
debris: Dead cells and what is left of them.
background: The glass of the slide, without tissue.
tumor tissue: Tissue of a tumour.
colon adenocarcinoma: A cancer of the glands of the colon.
lung adenocarcinoma: The most frequent lung cancer; it begins in cells that make mucus.
lung squamous cell carcinoma: A lung cancer of flat cells, mostly in the larger airways of smokers.
benign colon tissue: Tissue of the colon without cancer.
normal: No disease is seen here.
breast invasive carcinoma: A cancer of the breast that has grown out of the ducts or lobules in which it began.
kidney renal clear cell carcinoma: The most frequent cancer of the kidney, of cells that look empty.
prostate adenocarcinoma: A cancer of the glands of the prostate.
acute lymphoblastic leukaemia: A cancer of the blood, of cells that would have become lymphocytes.
acute myeloid leukaemia: A cancer of the blood, of cells that would have become other white or red blood cells.
benign lung tissue: Tissue of the lung without cancer.
"""


def sentence_on(name: str) -> str | None:
    """What a diagnosis or a kind of tissue is, in one plain sentence; None where nothing is written of it.

    Args:
        name: the full name of a class, in any spelling that `diagnosis` knows.
    """
    return _by_name().get(plain(diagnosis(name).name))


@cache
def _by_name() -> dict[str, str]:
    lines = (line.partition(": ") for line in _SENTENCES.strip().replace("\n  ", " ").split("\n"))
    return {plain(name): sentence for name, _, sentence in lines}
