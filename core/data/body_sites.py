"""Where on a body an anatomical site of a data set lies.

A data set names sites as finely or coarsely as it likes; a body has fixed regions. A coarse site covers several of
them, and nobody can tell which one was meant: it counts for each.
"""

from collections.abc import Iterable

REGIONS = {
    "scalp": "scalp",
    "face": "face",
    "ear": "ears",
    "mouth": "mouth",
    "neck": "neck",
    "chest": "chest",
    "abdomen": "abdomen",
    "flank": "flanks",
    "genital": "genital region",
    "back": "back",
    "buttocks": "buttocks",
    "arm": "arms",
    "palm": "palms",
    "hand": "backs of the hands",
    "leg": "legs",
    "foot": "feet",
    "sole": "soles",
}
"""Names of the regions in sentences, by their keys."""

_HEAD = ("scalp", "face", "ear", "mouth")
_ANTERIOR, _POSTERIOR = ("chest", "abdomen"), ("back", "buttocks")
_SITES = {
    "abdomen": ("abdomen",),
    "acral": ("palm", "sole"),
    "anterior torso": _ANTERIOR,
    "arm": ("arm",),
    "back": ("back",),
    "buttocks": ("buttocks",),
    "chest": ("chest",),
    "ear": ("ear",),
    "face": ("face", "mouth"),
    "foot": ("foot", "sole"),
    "genital": ("genital",),
    "hand": ("hand", "palm"),
    "head": _HEAD,
    "head/neck": (*_HEAD, "neck"),
    "lateral torso": ("flank",),
    "leg": ("leg",),
    "lower extremity": ("leg", "foot", "sole"),
    "mouth": ("mouth",),
    "neck": ("neck",),
    "oral/genital": ("mouth", "genital"),
    "palms/soles": ("palm", "sole"),
    "posterior torso": _POSTERIOR,
    "scalp": ("scalp",),
    "torso": (*_ANTERIOR, "flank", *_POSTERIOR),
    "trunk": (*_ANTERIOR, "flank", *_POSTERIOR),
    "upper extremity": ("arm", "hand", "palm"),
}
_SAME = {
    "forearm": "arm",
    "head and neck": "head/neck",
    "lip": "mouth",
    "lower extremities": "lower extremity",
    "nose": "face",
    "thigh": "leg",
    "upper extremities": "upper extremity",
}
_APART = {"upper extremity": ("hand", "palm"), "lower extremity": ("foot", "sole")}
"""Parts that a limb does not cover where the data set names them as sites of their own."""


def regions_of_sites(sites: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Regions that each site of a data set covers; empty where it has no place on the body.

    A data set that tells hands or palms from arms means the rest of the limb by “upper extremity”, and feet or soles
    likewise; so all its sites are needed at once.
    """
    names = {site: _known_name(site) for site in sites}
    apart = {r for name in names.values() if name not in _APART for r in _SITES.get(name, ())}
    covered = {}
    for site, name in names.items():
        left_out = apart.intersection(_APART.get(name, ()))
        covered[site] = tuple(region for region in _SITES.get(name, ()) if region not in left_out)
    return covered


def _known_name(site: str) -> str:
    name = " ".join(str(site).lower().split())
    return _SAME.get(name, name)
