"""Where on a body an anatomical site of a data set lies.

A data set names sites as finely or coarsely as it likes; a body has fixed regions. A coarse site covers several of
them, and nobody can tell which one was meant: it counts for each.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.data.diagnoses.diagnoses import plain

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
    "flank": ("flank",),
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
    "palm": ("palm",),
    "sole": ("sole",),
    "oral/genital": ("mouth", "genital"),
    "palms/soles": ("palm", "sole"),
    "posterior torso": _POSTERIOR,
    "scalp": ("scalp",),
    "torso": (*_ANTERIOR, "flank", *_POSTERIOR),
    "trunk": (*_ANTERIOR, "flank", *_POSTERIOR),
    "upper extremity": ("arm", "hand", "palm"),
}
_NAMES = """
abdomen = belly, stomach, bauch, unterbauch, oberbauch, ventre, abdome, addome, buik, mave, mage, buk, vatsa, brzuch,
  живот, 腹部
arm = forearm, upper arm, lower arm, elbow, shoulder, axilla, armpit, oberarm, unterarm, ellenbogen, schulter, achsel,
  bras, avant-bras, coude, épaule, brazo, antebrazo, codo, hombro, braço, antebraço, cotovelo, ombro, braccio,
  avambraccio, gomito, spalla, onderarm, bovenarm, schouder, overarm, underarm, skulder, albue, överarm, axel,
  armbåge, ramię, przedramię, рука, плечо, 上肢
back = dorsum, rücken, schulterblatt, dos, espalda, costas, dorso, schiena, rug, ryg, rygg, selkä, plecy, спина, 背部,
  背中
buttocks = buttock, gluteal, gesäß, fesse, fesses, nalga, nalgas, glúteo, nádega, gluteo, bil, bille, balde, balder,
  rumpa, seteet, pośladek, ягодица, 臀部
chest = breast, thorax, sternum, brust, brustkorb, poitrine, thorax antérieur, pecho, tórax, peito, petto, torace,
  borst, bryst, bröst, rinta, klatka piersiowa, грудь, 胸部
ear = ears, ohr, oreille, oreja, orelha, orecchio, oor, øre, öra, korva, ucho, ухо, 耳
face = nose, cheek, forehead, chin, eyelid, eyelids, eyebrow, temple, periorbital, gesicht, nase, wange, stirn, kinn,
  augenlid, lid, schläfe, visage, nez, joue, menton, paupière, tempe, cara, nariz, mejilla, frente, mentón, párpado,
  rosto, bochecha, queixo, pálpebra, viso, volto, naso, guancia, fronte, mento, palpebra, gezicht, neus, wang,
  voorhoofd, kin, ansigt, næse, kind, pande, ansikt, nese, kinn, panne, ansikte, näsa, panna, kasvot, nenä, poski,
  otsa, twarz, nos, policzek, czoło, лицо, нос, щека, лоб, 面部, 脸, 顔
flank = flanks, side of trunk, flanke, flanc, flanco, fianco
foot = feet, toe, toes, heel, ankle, dorsum of foot, fuß, fuss, zehe, ferse, knöchel, pied, orteil, talon, cheville,
  pie, dedo del pie, talón, tobillo, pé, calcanhar, tornozelo, piede, tallone, caviglia, voet, teen, enkel, fod, tå,
  fot, jalka, jalkaterä, stopa, стопа, нога стопа, 足部, 足
genital = genitals, genitalia, groin, genital area, genitalbereich, leiste, organes génitaux, aine, genitales, ingle,
  genitais, virilha, genitali, inguine, liesbeek, lies, lyske, ljumske, nivunen, pachwina, 生殖器
hand = hands, finger, fingers, thumb, wrist, dorsum of hand, handrücken, daumen, handgelenk, main, doigt, poignet,
  mano, dedo, muñeca, mão, pulso, dito, polso, vinger, pols, hånd, håndled, tommel, handled, käsi, sormi, dłoń, palec,
  кисть, палец, 手部, 手
head = kopf, tête, testa, cabeza, cabeça, capo, hoofd, hoved, hode, huvud, pää, głowa, голова, 头部, 頭部
head/neck = head and neck, head neck, head & neck, kopf/hals, kopf hals, kopf und hals, tête et cou, tête/cou, cabeza
  y cuello, cabeza/cuello, cabeça e pescoço, testa e collo, hoofd/hals, hoofd en hals, hoved/hals, hoved og hals,
  hode/hals, huvud/hals, pää ja kaula, głowa i szyja, 头颈部
leg = thigh, knee, shin, calf, lower leg, upper leg, hip, popliteal, bein, oberschenkel, unterschenkel, knie, wade,
  schienbein, hüfte, jambe, cuisse, genou, mollet, hanche, pierna, muslo, rodilla, pantorrilla, cadera, perna, coxa,
  joelho, panturrilha, quadril, gamba, coscia, ginocchio, polpaccio, anca, been, dij, heup, ben, lår, knæ, læg,
  underben, kne, legg, knä, vad, höft, sääri, reisi, polvi, noga, udo, kolano, нога, бедро, голень, 下肢
lower extremity = lower extremities, lower limb, lower limbs, untere extremität, untere extremitäten, membre
  inférieur, membres inférieurs, extremidad inferior, miembro inferior, extremidade inferior, membro inferior, arto
  inferiore, arti inferiori, onderste extremiteit, underekstremitet, underextremitet, alaraaja, kończyna dolna, нижняя
  конечность
mouth = lip, lips, oral, tongue, gum, mucosa oral, mund, lippe, zunge, bouche, lèvre, langue, boca, labio, lengua,
  lábio, língua, bocca, labbro, lingua, mond, tong, læbe, tunge, munn, leppe, mun, läpp, tunga, suu, huuli, usta,
  warga, губа, рот, 唇, 口
neck = nape, hals, nacken, genick, cou, nuque, cuello, nuca, pescoço, collo, nek, nakke, nacke, kaula, niska, szyja,
  kark, шея, 颈部, 首
palm = palms, handfläche, handflächen, paume, palma, palma da mão, handpalm, håndflade, håndflate, handflata, kämmen
palms/soles = palms and soles, palms soles, handflächen/fußsohlen, palmoplantar
scalp = kopfhaut, cuir chevelu, cuero cabelludo, couro cabeludo, cuoio capelluto, hoofdhuid, hovedbund, hodebunn,
  hårbotten, päänahka, skóra głowy, 头皮, 頭皮
sole = soles, plantar, fußsohle, sohle, plante, plante du pied, planta, planta del pie, planta do pé, pianta del
  piede, voetzool, fodsål, fotsåle, fotsula, jalkapohja, podeszwa
trunk = rumpf, stamm, tronc, tronco, romp, krop, overkropp, kropp, bål, vartalo, tułów, туловище, 躯干, 体幹
upper extremity = upper extremities, upper limb, upper limbs, obere extremität, obere extremitäten, membre supérieur,
  membres supérieurs, extremidad superior, miembro superior, extremidade superior, membro superior, arto superiore,
  arti superiori, bovenste extremiteit, overekstremitet, overextremitet, övre extremitet, yläraaja, kończyna górna,
  верхняя конечность
"""
"""Other names of the sites, in several languages, as `plain` compares them."""
_SIDES = frozenset(
    "left right upper lower middle mid central medial lateral links rechts linke linker linkes rechte rechter rechtes"
    " oberer obere oberes unterer untere unteres gauche droit droite izquierdo izquierda derecho derecha esquerdo"
    " esquerda direito direita sinistro sinistra destro destra l r lt rt venstre hojre hoyre vanster hoger vasen oikea"
    " lewy lewa prawy prawa левый левая правый правая skin of the".split()
)
"""Words before and behind a site that tell no region apart."""
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
    text = plain(site)
    said = [word for word in text.split() if word not in _SIDES]
    known = _names()
    return known.get(text) or known.get(" ".join(said)) or text


def named_sites() -> Iterator[tuple[str, list[str]]]:
    """Each site with its other names as they are written."""
    for line in _NAMES.replace("\n  ", " ").strip().splitlines():
        site, _, others = line.partition(" = ")
        yield site, [*others.split(", "), site]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """The site of `_SITES` that each name means, as `plain` gives it."""
    return {plain(name): site for site, others in named_sites() for name in others} | {plain(s): s for s in _SITES}
