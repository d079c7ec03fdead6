"""Whether a name that is in no table of diagnoses is malignant by its words: cancers, what is denied or left open.

All texts are as `core.data.diagnoses.diagnoses` compares them: small letters without accents, single blanks between
words.
"""

import re

_NEGATION = r"\b(non|not|no|without|free of|pseudo|nicht|kein|keine|ohne|sin|sem|sans|senza|nao)"
"""What may stand glued to what it denies, as in "nonmalignant"."""
_NOT = (
    r"\b(?:not|no|without|nicht|keine?[rsnm]?|ohne|sin|sem|sans|senza|nao|ikke|ikkje|icke|inte|ej|ingen|inget|intet|inga"
    r"|uden|uten|utan|geen|niet|zonder|ei|ilman|pas (?:de|d|du|une?)|pas(?= mali| cancere)|aucune?|nessuna?|nie|bez"
    r"|brak|bukan|tidak|tanpa|negativ\w* (?:for|fur|para|per|pour|til|voor)|negatif pour|free (?:of|from)|frei von"
    r"|fri for|vrij van|libre de|livre de|absen\w+ (?:of|de)|ausencia de|assenza di)"
)
_LITTLE = (
    r"(?:(?:an?|any|the|of|definite|residual|recurrent|obvious|clear|visible|known|other|de|di|da|du|des|den|det|en|eine?"
    r"|av|af|till?) )*"
)
_SIGNS = (
    r"(?:evidence|signs?|evidenz|hinweise?|anzeichen|anhalt|zeichen|evidencia|signos|signes?|segni|sinais|tegn|tecken"
    r"|tekenen|merkkeja)(?: (?:of|for|auf|fur|de|di|pa|av|af|til|van|voor))?"
)
_ANY_WORDS = r"(?:[^\W\d]\w* ){0,4}?"
_NOTHING_OF = rf"(?:{_NOT} {_SIGNS}|\bnegativ\w* (?:for|fur|para|per|pour|til|voor)|\babsen\w+ (?:of|de)) {_ANY_WORDS}"
_AWAY = (
    r"(?:(?:is|was|were|has been|wurde|blev|er) )?(?:free|negativ\w?|excluded|ruled out|absent|undetected"
    r"|not (?:detected|seen|found|present|confirmed|identified)|ausgeschlossen|exclue?|excluid[oa]|descartad[oa]"
    r"|esclus[oa]|udelukket|utelukket|uteslute[nt]|uitgesloten|degil|yok)\b"
)
"""Behind what is denied."""
_LIKE = r"(?:like|mimic(?:s|ker|kers)?|simulators?|simulants?|imitators?|look ?alikes?)\b"
_MALIGN = r"(malign\w*|malin|bosartig\w*|boesartig\w*|kwaadaardig\w*|ondart\w+|elakart\w+|pahanlaatui\w+|zlosliw\w+)\b"
_BENIGN = r"\b(benign\w*|benin|bengin|gutartig\w*|goedaardig\w*|godart\w+|hyvanlaatui\w+)\b"
_CANCER = (
    r"(?!pseudo|non)(\w*(carcinoo?m|karzinom|karcinom|karsinoo?m|sarcoo?m|sarkoo?m|lymphom|lymfoo?m|linfom|lenfom"
    r"|melanoo?m|leukem|leukami|leucemi|losemi|glioblastom|medulloblastom|retinoblastom|neuroblastom|mesotheliom|myelom)"
    r"(|a|e|es|ia|en|ta|er|et)|metasta[a-z]+|cancer|cancerous|cancro|kreb\w*|\w+krebs?|kanser\w*"
    r"|(?!anti|para|peri|post|pre)\w{3,}cancer|\w*(kraeft|kreft|kanker|syopa))\b"
)
_ANY_CANCER = r"(cancer\w*|tumor\w*|neoplas\w*|krebs?|tumeur|svulst|kraeft|kreft|kanker\w*|syopaa?|kanser)\b"
_NOT_MALIGNANT = re.compile(
    rf"{_NEGATION} ?({_MALIGN}|{_ANY_CANCER})|({_NOTHING_OF}|{_NOT} {_LITTLE})({_MALIGN}|{_ANY_CANCER})"
    rf"|\b({_MALIGN}|{_ANY_CANCER}) {_AWAY}"
)
_DENIED = re.compile(rf"{_NOT} {_ANY_WORDS}{_MALIGN}|\b{_MALIGN} {_LIKE}")
_NOT_THAT_CANCER = re.compile(
    rf"{_NEGATION} (\w+ )?{_CANCER}|({_NOT} |\bruled out |\b(mimick|simulat|resembl|imitat)ing |\bmistaken for )"
    rf"{_ANY_WORDS}{_CANCER}|\b{_CANCER} ({_AWAY}|{_LIKE})"
)
_NEVUS = (
    r"\b(\w*nevus|\w*navus|mole|seborrheic keratosis|keratosis seborrheic|modermaerker?|foflekk(er)?"
    r"|moedervlek(ken)?)\b"
)
_OPEN = re.compile(
    r"\b(indeterminate|uncertain|borderline|suspicious|suspected|suspicion|possible|possibly|probable|probably|unlikely"
    r"|potential\w*|pre ?malignan\w*|pre ?cancer\w*|risk|unclear|equivocal|v|vs|versus|malignancy unknown|rule out|r o"
    r"|exclude|differential|history|susp|suspect\w*|suspekt\w*|verdacht\w*|dd|status post|s p|st p|z n|zustand nach|hx"
    r"|sospech\w*|suspeit\w*|sospett\w*|misstank\w*|mistank\w*|mistenk\w*|podejrzeni\w*|dubious|doubtful)\b"
    rf"|{_NEGATION} {_BENIGN}|{_NOT} {_LITTLE}({_BENIGN}|{_NEVUS})|({_BENIGN}|{_NEVUS}) (excluded|ruled out|absent)\b"
)
_TAKEN_BACK = re.compile(rf"no|none|nein|nej|nee|non|nao|ei|{_AWAY}(?: (?:by|in|on|at|after|per) .*)?")


def malignant_by_words(text: str) -> bool | None:
    """Whether the words of a name tell that it is malignant, or not.

    The words benign and malignant count more than words for tumours; words that leave it open and those that
    contradict each other tell nothing.
    """
    if _OPEN.search(text):
        return None
    without = _NOT_MALIGNANT.sub(" ", text)
    if _DENIED.search(without):
        return None
    benign = without != text or re.search(_BENIGN, text) is not None
    malignant = re.search(rf"\b{_MALIGN}", without) is not None
    if not benign and not malignant and not _NOT_THAT_CANCER.search(text):
        benign = "atypical" not in text and re.search(_NEVUS, text) is not None
        malignant = re.search(rf"\b{_CANCER}", text) is not None
    return malignant if benign != malignant else None


def takes_back(text: str) -> bool:
    """Whether words behind a diagnosis say that it is not the one: "excluded" behind "melanoma," and "no" do."""
    return _TAKEN_BACK.fullmatch(text) is not None
