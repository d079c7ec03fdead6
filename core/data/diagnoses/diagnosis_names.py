"""Names of diagnoses as data sets write them, in a table that `core.data.diagnoses.diagnoses` reads.

A line is `key: full name = other name, other name`. Without a key the full name is the key. A line that begins with a
dash holds full names alone, for diagnoses that go by one name. Case, accents, blanks, plurals and the order of words
do not matter in a name: “Nevi, melanocytic” is “melanocytic nevus”. An indented line continues the one above. Two
lines may share a key: they mean the same diagnosis, and each keeps its own full name.

Sources: the ISIC archive's hierarchy of diagnoses (isic-metadata 4.12, diagnosis_1 to diagnosis_5), the ISIC
challenges of 2016 to 2020, MILK10k, PAD-UFES-20 (doi:10.1016/j.dib.2020.106221), DDI (doi:10.1126/sciadv.abq6147),
Fitzpatrick17k (arXiv 2104.09957), Derm7pt (doi:10.1109/JBHI.2018.2824327), BreakHis (doi:10.1109/TBME.2015.2496264),
LC25000 (arXiv 1912.12142), NCT-CRC-HE-100K (doi:10.1371/journal.pmed.1002730), Kather's textures
(doi:10.1038/srep27988) and BACH (doi:10.1016/j.media.2019.05.010).
"""

MALIGNANT = """
malignant = malign, malignancy, bösartig, boesartig, maligno, maligna, malin, maligne, kötü huylu, kwaadaardig,
  złośliwy, злокачественный, злокачественная, злокачественное, злокачественные, 恶性, 惡性, 悪性,
  恶性肿瘤, 悪性腫瘍, 악성, خبيث, خبيثة, بدخیم,
  ganas, ác tính, злоякісний, злоякісні, κακοήθης, κακοήθεις, rosszindulatú, ממאיר
cancer = cancerous, skin cancer, krebs, hautkrebs, kanser, cáncer, câncer, cancro, cancéreux, рак,
  癌, 癌症, がん, 암, سرطان
mel: melanoma = melanoma malignant, melanoma cutaneous, melanom, melanome, melanoom, malignes melanom, malign melanom,
  schwarzer hautkrebs, melanoma maligno, mélanome malin, czerniak, меланома
melanoma in situ = melanoma insitu, mis, melanom in situ, mélanome in situ
invasive melanoma
metastatic melanoma = melanoma metastasis, metastasis of melanoma, melanommetastase
melanoma less than 0.76 mm
melanoma 0.76 to 1.5 mm
melanoma more than 1.5 mm
superficial spreading melanoma = ssm, superficial spreading melanoma ssm
nodular melanoma = nodular melanoma nm
acral lentiginous melanoma = acral melanoma, melanoma acral or acral lentiginous
lentigo maligna melanoma
lentigo maligna = melanoma in situ lentigo maligna type
amelanotic melanoma
bcc: basal cell carcinoma = basalioma, basaliom, basalzellkarzinom, basalzellenkarzinom, carcinoma basocelular,
  carcinoma de células basales, carcinoma de células basais, cbc, carcinome basocellulaire, carcinoma basocellulare,
  bazal hücreli karsinom, базальноклеточный рак
nodular basal cell carcinoma = solid cystic basal cell carcinoma, nodular bcc
superficial basal cell carcinoma = superficial bcc
morpheaform basal cell carcinoma = basal cell carcinoma morpheiform, basal cell carcinoma sclerosing or morpheaform
basosquamous carcinoma = baso squamous carcinoma
scc: squamous cell carcinoma = cutaneous squamous cell carcinoma, spinalioma, spinaliom, plattenepithelkarzinom,
  stachelzellkarzinom, carcinoma espinocelular, carcinoma de células escamosas, carcinoma epidermoide, cec, carcinome
  épidermoïde, carcinome spinocellulaire, carcinoma squamocellulare, carcinoma spinocellulare, skuamöz hücreli
  karsinom
sccka: squamous cell carcinoma / keratoacanthoma = squamous cell carcinoma keratoacanthoma
keratoacanthoma = keratoakanthom, kératoacanthome, queratoacantoma
squamous cell carcinoma in situ = scc in situ, bowen disease, morbus bowen, enfermedad de bowen, maladie de bowen,
  squamous cell carcinoma in situ bowens disease, intraepithelial carcinoma, intraepidermal carcinoma
invasive squamous cell carcinoma
ak: actinic keratosis = ack, solar keratosis, solar or actinic keratosis, aktinische keratose, keratosis actinica,
  queratosis actínica, queratose actínica, ceratose actínica, kératose actinique, cheratosi attinica, aktinik keratoz
akiec: actinic keratosis / intraepithelial carcinoma = actinic keratosis and intraepithelial carcinoma, actinic
  keratosis intraepidermal carcinoma, actinic keratosis and intraepithelial carcinoma bowen disease, actinic keratosis
  bowen disease, actinic keratosis and bowen disease
mal_oth: other malignant proliferation = mal oth, malignant other, other malignant
nmsc: non-melanoma skin cancer
merkel cell carcinoma = mcc
kaposi sarcoma = kaposisarkom
dermatofibrosarcoma protuberans = dfsp, dermatofibrosarcoma
atypical fibroxanthoma = afx
mycosis fungoides
cutaneous t-cell lymphoma = ctcl
subcutaneous t-cell lymphoma = subcutaneous panniculitis like t cell lymphoma
leukemia cutis = leukaemia cutis
sebaceous carcinoma
metastatic carcinoma = carcinoma metastasis
metastasis = metastatic, metastatic cancer, skin metastasis, cutaneous metastasis, metastase, metástasis, métastase
extramammary paget disease = paget disease extra mammary
- sézary syndrome, paget disease, porocarcinoma, microcystic adnexal carcinoma, angiosarcoma, bowenoid papulosis
- blastic plasmacytoid dendritic cell neoplasm, adult t-cell leukemia or lymphoma, lymphomatoid papulosis
- malignant peripheral nerve sheath tumor, hemangioendothelioma, atypical intradermal smooth muscle tumor
- chronic active ebv infection, ebv positive mucocutaneous ulcer, extranodal t-cell nk lymphoma
- lymphocytic proliferations t-cell nk, lymphocytic proliferations b-cell, lymphocytic proliferation b-cell other
- primary cutaneous cd30 lymphoproliferative disease, merkel cell proliferation
- primary cutaneous cd4 small or medium t-cell lymphoproliferative disorder
carcinoma = karzinom, carcinome, karsinom, карцинома
carcinoma in situ = in situ, in situ carcinoma, cis
invasive carcinoma = invasive, invasives karzinom
adenocarcinoma = aca, adenokarzinom, adénocarcinome, adenocarcinoma tissue, adenokarsinom
ductal_carcinoma: ductal carcinoma
lobular_carcinoma: lobular carcinoma
mucinous_carcinoma: mucinous carcinoma
papillary_carcinoma: papillary carcinoma
idc: invasive ductal carcinoma = idc positive, infiltrating ductal carcinoma, with idc
dcis: ductal carcinoma in situ
invasive lobular carcinoma = ilc
colon_aca: colon adenocarcinoma = colon aca, colonic adenocarcinoma, adenocarcinoma of the colon, coad
lung_aca: lung adenocarcinoma = lung aca, adenocarcinoma of the lung, luad
lung_scc: lung squamous cell carcinoma = lung scc, squamous cell carcinoma of the lung, lusc
TUM: colorectal adenocarcinoma epithelium = tum, tumor epithelium, 01 tumor
tumor tissue = tumorgewebe, tumor positive
brca: breast invasive carcinoma
kirc: kidney renal clear cell carcinoma = clear cell renal cell carcinoma, ccrcc, clear cell rcc
prad: prostate adenocarcinoma
glioma = glioma tumor, gliome, gliom
glioblastoma = glioblastoma multiforme, gbm, glioblastom
hepatocellular carcinoma = hcc
high-grade serous carcinoma = hgsc
low-grade serous carcinoma = lgsc
chronic lymphocytic leukemia = cll
- seminoma, carcinoid, rhabdomyoscaroma, large cell carcinoma, oral squamous cell carcinoma, sarcoma, lymphoma, leukemia
"""

BENIGN = """
benign = bengin, gutartig, benigno, benigna, bénin, bénigne, iyi huylu, goedaardig, łagodny, доброкачественный,
  доброкачественная, доброкачественное, доброкачественные, 良性, 良性肿瘤, 良性腫瘍, حميد, حميدة,
  خوش خیم, خوشخیم, jinak, lành tính, доброякісний, доброякісні, καλοήθης, καλοήθεις, jóindulatú, שפיר
non-malignant: non malignant = nonmalignant, not malignant, nicht bösartig, no maligno, não maligno, non malin
no cancer = non cancer, noncancer, not cancer, no cancer detected, kein krebs, no cáncer
non-cancerous = noncancerous, not cancerous
no tumor = notumor, non tumor, nontumor, without tumor, tumor free, tumor negative, kein tumor, ohne tumor, sin tumor,
  sem tumor, sans tumeur, pas de tumeur, senza tumore
normal = norm, normal cell, gesund, sano, saudável, sain, sağlıklı, no disease, no abnormality,
  正常, 健康, 정상, норма, طبيعي
normal: healthy
normal: normal tissue = healthy tissue, normalgewebe, gesundes gewebe
normal: normal skin = healthy skin, normale haut, gesunde haut
no lesion
non-neoplastic = nonneoplastic, non neoplastic tissue
nv: melanocytic nevus = nevus, nev, mole, common nevus, nevocytic nevus, nevus melanocytic, pigmented nevus, nävus,
  pigmentnävus, melanozytärer nävus, muttermal, leberfleck, nevo, nevo melanocítico, lunar, lunar melanocítico, nævus,
  nævus mélanocytaire, névus, névus mélanocytaire, grain de beauté, nevo melanocitico, nevüs, melanositik nevüs, невус
blue nevus = nevus blue, blauer nävus, nævus bleu, nevo azul
spitz nevus = spitznävus
reed nevus = nevus of reed, pigmented spindle cell nevus, pigmented spindle cell nevus of reed
reed or spitz nevus = spitz reed nevus
atypical spindle cell nevus of reed
dysplastic nevus = atypical nevus, dysplastischer nävus, atypischer nävus, nevo displásico, nevo atípico, nævus
  dysplasique, nævus atypique, nevus atypical dysplastic or clark, atypical mole
clark nevus
- congenital nevus, combined nevus, dermal nevus, compound nevus, junctional nevus, recurrent nevus, acral nevus
- halo nevus, balloon cell nevus, nevus spilus, deep penetrating nevus, lentiginous nevus, meyerson nevus, agminated
  nevus
- recurrent or persistent nevus, bap-1 deficient nevus, becker nevus, epidermal nevus, nevus anemicus, nevus of ota,
  nevus of ito
nevus comedonicus = naevus comedonicus
nevus sebaceus = nevus sebaceous, nevus sebaceous of jadassohn, sebaceous nevus
nevus lipomatosus superficialis = lipomatous nevus
bkl: benign keratosis = benign keratosis like lesion, benign keratosis lesion, benigne keratose, gutartige keratose,
  queratosis benigna, queratose benigna, ceratose benigna, kératose bénigne, cheratosi benigna
bkl: pigmented benign keratosis
sek: seborrheic keratosis = sk, seborrheic wart, seborrhoische keratose, alterswarze, queratosis seborreica, queratose
  seborreica, ceratose seborreica, kératose séborrhéique, cheratosi seborroica, seboreik keratoz, себорейный кератоз
irritated seborrheic keratosis
solar lentigo = solar lentigines, senile lentigo, actinic lentigo, lentigo solaris, léntigo solar, lentigo solaire
lentigo simplex
lentigo = lentigo nos, lentigines
lichen planus-like keratosis = lplk, lichenoid keratosis, benign lichenoid keratosis
ink-spot lentigo = ink spot lentigo
cafe-au-lait macule = cafe au lait macule or patch, cafe au lait spot, café au lait
melanosis = melanotic macule
- mucosal melanotic macule, acral melanotic macule, ephelis, dermal melanocytosis, mongolian spot
- lentiginous melanocytic proliferation, pigmented epithelioid melanocytoma, melanoacanthoma, hyperpigmentation
df: dermatofibroma = dermatofibrom, histiozytom, dermatofibrome, benign fibrous histiocytoma, histiocytoma,
  дерматофиброма
vasc: vascular lesion = vascular skin lesion, vaskuläre läsion, gefäßläsion, lesión vascular, lesiones vasculares,
  lesão vascular, lesões vasculares, lésion vasculaire, lesione vascolare, vasküler lezyon
hemangioma = angioma, haemangioma, hämangiom, blutschwamm, hemangiom, hémangiome, cherry angioma, cherry hemangioma
angiokeratoma = angiokeratom
pyogenic granuloma = granuloma pyogenic, granuloma pyogenicum, granuloma piógeno
ben_oth: other benign proliferation = ben oth, benign other, other benign
inf: inflammatory or infectious disease = inf, inflammatory and infectious, inflammatory or infectious condition
inflammatory = inflammation, entzündung
genodermatosis
acrochordon = fibroepithelial polyp, skin tag, fibroma molle
angiofibroma = fibrous papule, angiofibroma or fibrous papule
epidermal cyst = infundibular or epidermal cyst, epidermoid cyst, epidermal inclusion cyst, atherom
pilar cyst = trichilemmal or isthmic catagen or pilar cyst, trichilemmal cyst
milium = milia
wart = verruca, verruca vulgaris, viral wart, warze, verruga, verrue, siğil
condyloma acuminatum = condyloma accuminatum
molluscum contagiosum = molluscum
- syringoma
trichilemmoma = tricholemmoma
pilomatricoma = pilomatrixoma
poroma = eccrine poroma
chondroid syringoma = mixed tumor
keloid = scar keloid, keloid scar
xanthogranuloma = juvenile xanthogranuloma
eczema = spongiotic dermatitis, eczema spongiotic dermatitis, ekzem
rosacea = rosácea, rosazea
- scar, lipoma, neurofibroma, neuroma, schwannoma, glomangioma, glomus tumor, angioleiomyoma, leiomyoma, fibroma,
  cylindroma
- arteriovenous hemangioma, lymphangioma, telangiectasia, venous lake, vascular spider, port wine stain, hematoma,
  hemorrhage
- subungual hemorrhage, clear cell acanthoma, large cell acanthoma, porokeratosis, inverted follicular keratosis
- sebaceous hyperplasia, sebaceous adenoma, sebaceoma, hidradenoma, spiradenoma, syringocystadenoma papilliferum
- trichoblastoma, trichoepithelioma, trichofolliculoma, acquired digital fibrokeratoma, cellular neurothekeoma
- verruciform xanthoma, xanthoma, prurigo nodularis, foreign body granuloma, supernumerary nipple, steatocystoma,
  comedo
- digital mucous cyst, mucous cyst, cyst, dilated pore, tattoo, exogenous, mastocytoma, mastocytosis, granular cell
  tumor
- focal acral hyperkeratosis, reactive lymphoid hyperplasia, lymphocytic infiltrations, graft vs host disease, morphea
- abrasions ulcerations and physical injuries, abscess, onychomycosis, tinea pedis, coccidioidomycosis, cystic acne
- acanthosis nigricans, acne, acne vulgaris, acquired autoimmune bullous disease herpes gestationis, aplasia cutis
- acrodermatitis enteropathica, allergic contact dermatitis, behcet disease, calcinosis cutis, cheilitis, darier
  disease
- dermatomyositis, disseminated actinic porokeratosis, drug eruption, drug induced pigmentary changes, dyshidrotic
  eczema
- ehlers danlos syndrome, epidermolysis bullosa, erythema annulare centrifugum, erythema annulare centrifigum
- erythema elevatum diutinum, erythema multiforme, erythema nodosum, factitial dermatitis, fixed eruptions,
  folliculitis
- fordyce spots, granuloma annulare, hailey hailey disease, hidradenitis, ichthyosis vulgaris, incontinentia pigmenti
- keratosis pilaris, lichen amyloidosis, lichen planus, lichen simplex, livedo reticularis, lupus erythematosus
- lupus subacute, lyme disease, mucinosis, myiasis, necrobiosis lipoidica, nematode infection, neurodermatitis
- neurofibromatosis, neurotic excoriations, neutrophilic dermatoses, papilomatosis confluentes and reticulate,
  paronychia
- pediculosis lids, perioral dermatitis, photodermatoses, pityriasis lichenoides chronica, pityriasis rosea
- pityriasis rubra pilaris, actinic porokeratosis, porokeratosis of mibelli, porphyria, psoriasis, pustular psoriasis
- rhinophyma, sarcoidosis, scabies, scleroderma, scleromyxedema, seborrheic dermatitis, stasis edema
- stevens johnson syndrome, striae, sun damaged skin, telangiectases, tick bite, tuberous sclerosis, tungiasis,
  urticaria
- urticaria pigmentosa, vitiligo, xeroderma pigmentosum, dermatitis, atopic dermatitis, impetigo, tinea
- dermal and subcutaneous hemorhage, accessory tragus, apocrine tubular adenoma, cystadenoma, cutaneous myxoma,
  panfolliculoma
- cylindoma, hidradenoma papilliferum, syringofibroadenoma, folliculosebaceous cystic hamartoma, pilar sheath acanthoma
- proliferating tricholemmal tumor, tumor of follicular infundibulum, warty dyskeratoma, fibrofolliculoma, trichodiscoma
- acantholytic acanthoma, epidermolytic acanthoma, angiolipoma, fibrolipoma, extraskeletal chondroma, osteoma cutis
- subungual osteochodroma, giant cell tumor of the tendon sheath, non-langerhans histiocytosis, reticulohistiocytosis
- rosai-dorfman disease, dartoic muscle leiomyoma, dermatomyofibroma, nodular fasciitis, piloleiomyoma, myoepithelioma
- smooth muscle hamartoma, nerve sheath myxoma, perineurioma, plexiform neurofibroma, acquired elastotic hemangioma
- acroangiodermatitis of mali, angiolymphoid hyperplasia with eosinophilia, arteriovenous malformation
- capillary vascular malformation, glomangiomyoma, glomeruloid hemangioma, noninvoluting congenital hemangioma
- other vascular or lymphatic malformation or hamartoma, rapidly involuting congenital hemangioma, venous malformation
- verrucous hemangioma, keratinous cyst, sebaceous cyst, isthmic-catagen cyst, hemorrhagic lesion, mucosal hemorrhage
- epidermal keratinous, infundibular keratinous, epidermal sebaceous, infundibular sebaceous, mast cell proliferations
- subcorneal and intracorneal hemorrhage, maculopapular mastocytoma, telangiectasia macularis eruptiva perstans
adenosis = adenose
fibroadenoma = fibroadenom
usual ductal hyperplasia = udh
negative for intraepithelial lesion or malignancy = nilm, negative for intraepithelial malignancy
- hyperplastic polyp, tubulovillous adenoma, villous adenoma, pleomorphic adenoma, follicular adenoma
- pituitary adenoma, oncocytoma, angiomyolipoma, warthin tumor, papilloma, radial scar, serous cystadenoma
- focal nodular hyperplasia
- cirrhosis, gastritis, stucco keratosis, dermatosis papulosa nigra, melasma, hidrocystoma
tubular_adenoma: tubular adenoma
phyllodes_tumor: phyllodes tumor
adenoma = adenom
colon_n: benign colon tissue = colon n, colon bnt, benign colonic tissue, normal colon tissue
lung_n: benign lung tissue = lung n, lung bnt, normal lung tissue
non-idc = non idc, no idc, idc negative, non invasive ductal carcinoma, without idc
ADI: adipose tissue = adi, adipose, fat
BACK: background = back, empty, empty background
DEB: debris = deb
LYM: lymphocytes = lym, lympho, lymphocyte, immune cells
MUC: mucus = muc
MUS: smooth muscle = mus
normal: normal colon mucosa = normal mucosa
STR: cancer-associated stroma = str, cancer associated stroma
stroma = simple stroma
mucosa = mucosal gland
"""

NEITHER = """
indeterminate = undeterminable
atypical melanocytic neoplasm = atypical melanocytic proliferation
atypical intraepithelial melanocytic proliferation = aimp
atypical spitz tumor
melanocytic tumor of uncertain malignant potential = meltump
- actinic cheilitis, solar or actinic cheilitis, langerhans cell histiocytosis, langerhans cell proliferations
- indeterminate cell histiocytosis, erdheim chester disease, mixed langerhans cell histiocytosis and erdheim chester
  disease
- superficial atypical melanocytic proliferation of uncertain significance, atypical pigmented spindle cell tumor
miscellaneous = misc
other = other lesion, others, andere, otro, outro, autre, altro, diğer
tumor = tumour, tumeur, tumore, tümör
complex stroma = complex
meningioma = meningioma tumor, meningiom, méningiome
pituitary tumor = pituitary
"""
"""Known names of diagnoses that are neither malignant nor benign by name alone; pictures have to be asked about."""

UNKNOWN = """
unknown, unknown diagnosis, unknow, unk, unkown, na, n a, n/a, #n/a, nan, null, <na>, not known, not available,
  not applicable, not specified, not recorded, not given, not provided, not determined, not labeled, not labelled,
  no label, unsorted, not sorted, to sort, to be sorted, to label, to be labeled, to be labelled, to do, todo, ungraded,
  to review, pending, unspecified, unlabeled, unlabelled, unclassified, undetermined, undefined, missing, tbd,
  to be determined, no data, unbekannt, nicht bekannt, keine angabe, k a, desconocido, desconocida, sin datos,
  desconhecido, desconhecida, inconnu, inconnue, non renseigné, sconosciuto, sconosciuta, ignoto, bilinmiyor,
  bilinmeyen, onbekend, nieznany, неизвестно, ukendt, ukjent, okänd, okänt, uoplyst, ikke oplyst, tuntematon, 未知,
  不明, 不详, 불명, 미상
"""
"""What is written where nobody knows the diagnosis; “none” and “normal” are answers."""

TOGETHER = (
    {
        "A": "adenosis",
        "F": "fibroadenoma",
        "PT": "phyllodes tumor",
        "TA": "tubular adenoma",
        "DC": "ductal carcinoma",
        "LC": "lobular carcinoma",
        "MC": "mucinous carcinoma",
        "PC": "papillary carcinoma",
    },
    {"B": "benign", "M": "malignant"},
    {"B": "benign", "M": "malignant", "N": "normal"},
)
"""Codes that mean something only where all classes of a data set are among them; BreakHis', of which four will do, and
others, of which all are there."""
