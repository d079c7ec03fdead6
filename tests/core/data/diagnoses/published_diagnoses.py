"""Names of diagnoses exactly as publishers write them, and whether each is malignant by what they say of it.

ISIC: every value of diagnosis_2 to diagnosis_5 under each value of diagnosis_1 (isic-metadata 4.12).
"""

ISIC_BENIGN = """
Benign - Other; Benign adnexal epithelial proliferations - Apocrine or Eccrine; Apocrine tubular adenoma; Cylindoma;
Cystadenoma; Fibroadenoma; Hidradenoma; Hidradenoma papilliferum; Hidradenoma, Apocrine; Hidradenoma, Apocrine,
Predominantly with clear cells; Hidradenoma, Poroid; Mixed tumor; Mixed tumor, Apocrine type; Mixed tumor, Eccrine
type; Poroma; Spiradenoma; Supernumerary nipple; Syringocystadenoma papilliferum; Syringofibroadenoma; Syringoma;
Benign adnexal epithelial proliferations - Follicular; Folliculosebaceous cystic hamartoma; Nevus comedonicus;
Panfolliculoma; Pilar sheath acanthoma; Pilomatricoma; Proliferating tricholemmal tumor; Trichoblastoma;
Trichoepithelioma; Trichoepithelioma, Desmoplastic; Trichofolliculoma; Tricholemmoma; Tricholemmoma, Desmoplastic;
Tumor of follicular infundibulum; Warty dyskeratoma; Benign adnexal epithelial proliferations - Sebaceous;
Fibrofolliculoma; Fordyce spots; Nevus sebaceus; Sebaceoma; Sebaceous adenoma; Sebaceous hyperplasia; Trichodiscoma;
Benign epidermal proliferations; Acantholytic acanthoma; Clear cell acanthoma; Epidermal nevus; Epidermolytic
acanthoma; Large cell acanthoma; Lichen planus like keratosis; Melanoacanthoma; Pigmented benign keratosis;
Porokeratosis; Seborrheic keratosis; Seborrheic keratosis, Clonal; Solar lentigo; Benign melanocytic proliferations;
Dermal melanocytosis; Mongolian spot; Nevus of Ito; Nevus of Ota; Lentiginous melanocytic proliferation; Lentigo
simplex; Nevus; Blue nevus; Blue nevus, Cellular; Blue nevus, Common; Blue nevus, Epithelioid; Blue nevus, Plaque
type; Blue nevus, Sclerosing; Nevus, Acral; Nevus, Agminated; Nevus, Atypical, Dysplastic, or Clark; Nevus, Atypical;
Nevus, Clark; Nevus, Dysplastic; Nevus, BAP-1 deficient; Nevus, Balloon cell; Nevus, Combined; Nevus, Congenital;
Nevus, Congenital, by histopathological pattern; Nevus, Congenital, by history; Nevus, Congenital, by history and
histopathological pattern; Nevus, Deep penetrating; Nevus, Halo; Nevus, Lentiginous; Nevus, Meyerson; Nevus, NOS,
Compound; Nevus, NOS, Dermal; Nevus, NOS, Junctional; Nevus, Of special anatomic site; Nevus, Recurrent or persistent;
Nevus, Reed; Nevus, Spilus; Nevus, Spitz; Pigmented epithelioid melanocytoma; Proliferative nodule in congenital
melanocytic nevi without atypia; Benign soft tissue proliferations - Adipocytic; Angiolipoma; Fibrolipoma; Lipoma;
Lipoma, Pleomorphic; Lipoma, Spindle cell; Lipomatous nevus; Benign soft tissue proliferations - Cartilagenous and
ossifying; Accessory tragus; Extraskeletal chondroma; Osteoma cutis; Subungual osteochodroma; Benign soft tissue
proliferations - Fibro-histiocytic; Angiofibroma; Angiofibroma, Facial; Angiofibroma, Penile; Angiofibroma,
Periungual; Cutaneous Myxoma; Dermatofibroma; Dermatofibroma, Aneurysmal; Dermatofibroma, Atypical; Dermatofibroma,
Cellular; Dermatofibroma, Epithelioid; Dermatofibroma, Hemosiderotic; Fibroepithelial polyp; Fibroma; Fibroma,
Pleomorphic; Fibroma, Sclerotic; Giant cell tumor of the tendon sheath; Juvenile xanthogranuloma; Non-Langerhans
histiocytosis; Reticulohistiocytosis; Rosai-Dorfman disease; Scar; Scar, Hypertrophic; Scar, Keloid; Benign soft
tissue proliferations - Muscle tissue or myofibroblastic; Angioleiomyoma; Dartoic muscle leiomyoma; Dermatomyofibroma;
Nodular Fasciitis; Piloleiomyoma; Smooth muscle hamartoma; Benign soft tissue proliferations - Myoepithelial;
Myoepithelioma; Benign soft tissue proliferations - Neural; Granular cell tumor; Granular cell tumor, neural and s100
positive; Granular cell tumor, non-neural and s100 negative; Nerve sheath myxoma; Neurofibroma; Neuroma; Neuroma,
Palisaded and encapsulated; Neuroma, Traumatic; Perineurioma; Plexiform Neurofibroma; Schwannoma; Benign soft tissue
proliferations - Vascular; Acquired elastotic hemangioma; Acroangiodermatitis of Mali; Angiokeratoma; Angiolymphoid
hyperplasia with eosinophilia; Arterio-venous malformation; Capillary vascular malformation; Glomangiomyoma;
Glomeruloid hemangioma; Glomus tumor; Hemangioma; Hemangioma, Cherry; Hemangioma, Hobnail; Hemangioma, Infantile;
Hemangioma, Tufted; Lymphangioma; Lymphangioma, deep; Lymphangioma, superficial; Nevus anemicus; Noninvoluting
congenital hemangioma; Other vascular or lymphatic malformation or hamartoma; Pyogenic granuloma; Rapidly involuting
congenital hemangioma; Telangiectasia; Vascular spider; Venous lake; Venous malformation; Verrucous hemangioma;
Collision - Only benign proliferations; Cysts; Comedo; Digital mucous cyst; Dilated pore; Infundibular or epidermal
cyst; Keratinous cyst; Epidermal, Keratinous; Infundibular, Keratinous; Milium; Sebaceous cyst; Epidermal, Sebaceous;
Infundibular, Sebaceous; Steatocystoma; Trichilemmal or isthmic-catagen or pilar cyst; Isthmic-catagen cyst; Pilar
cyst; Trichilemmal cyst; Exogenous; Foreign body granuloma; Tattoo; Flat melanotic pigmentations - not melanocytic
nevus; Cafe au lait macule or patch; Ephelis; Ink-spot lentigo; Lentigo NOS; Mucosal melanotic macule; Hemorrhagic
lesions; Hemorrhage; Dermal and subcutaneous hemorhage; Mucosal hemorrhage; Subcorneal and intracorneal hemorrhage;
Subungual hemorrhage; Inflammatory or infectious diseases; Molluscum; Verruca; Langerhans cell proliferations; Erdheim
Chester disease; Indeterminate cell histiocytosis; Langerhans cell histiocytosis; Langerhans cell histiocytosis,
Diffuse or multifocal; Langerhans cell histiocytosis, Solitary or unifocal; Mixed Langerhans cell histiocytosis and
Erdheim Chester disease; Mast cell proliferations; Maculopapular mastocytoma; Mastocytoma, Solitary or unifocal;
Mastocytosis; Mastocytosis, Diffuse or multifocal; Mastocytosis, Diffuse cutaenous; Telangiectasia macularis eruptiva
perstans
"""

ISIC_INDETERMINATE = """
Indeterminate epidermal proliferations; Solar or actinic cheilitis; Solar or actinic keratosis; Actinic keratosis,
Acantholytic; Actinic keratosis, Atrophic; Actinic keratosis, Bowenoid; Actinic keratosis, Hypertrophic; Actinic
keratosis, Lichenoid; Indeterminate melanocytic proliferations; Atypical Spitz tumor; Atypical Spitz tumor, Compound;
Atypical Spitz tumor, Dermal; Atypical Spitz tumor, Junctional; Atypical intraepithelial melanocytic proliferation;
Atypical melanocytic neoplasm; Atypical pigmented spindle cell tumor; Atypical proliferative nodules in congenital
melanocytic nevus; Melanocytic tumor of uncertain malignant potential; Superficial atypical melanocytic proliferation
of uncertain significance
"""

ISIC_MALIGNANT = """
Collision - At least one malignant proliferation; Lymphocytic proliferations - B-Cell; EBV positive mucocutaneous
ulcer; Intravascular large B-cell lymphoma; Lymphocytic proliferation, B-Cell, other; Primary cutaneous follicle
center lymphoma; Primary cutaneous large B-Cell lymphoma; Primary cutaneous marginal zone lymphoma; Lymphocytic
proliferations - T-Cell/NK; Adult T-cell leukemia or lymphoma; Chronic active EBV infection; Extranodal T-cell/NK
lymphoma; Extranodal T-cell/NK lymphoma, Nasal type; Lymphocytic proliferation, T-Cell/NK; Mycosis fungoides; Mycosis
fungoides, Folliculotropic; Mycosis fungoides, Granulomatous slack skin; Mycosis fungoides, Pagetoid reticulosis;
Mycosis fungoides, With large cell transformation; Primary cutaneous CD30+ lymphoproliferative disease; Cutanous
anaplastic large cell lymphoma; Lymphomatoid papulosis; Primary cutaneous CD4+ small or medium T-cell
lymphoproliferative disorder; Primary cutaneous peripheral T-cell lymphoma; Primary cutaneous peripheral T-cell
lymphoma, Rare subtype; Sezary syndrome; Subcutaneous panniculitis-like T-cell lymphoma; Malignant adnexal epithelial
proliferations - Apocrine or Eccrine; Adenoid cystic carcinoma; Adnexal adenocarcinoma arising in association with
spiradenoma, cylindroma, or spiradenocylindroma; Apocrine carcinoma; Digital papillary carcinoma; Hidradenocarcinoma;
Malignant mixed tumor; Microcystic adnexal carcinoma; Mucinous carcinoma; Paget disease; Paget disease, Extra-mammary;
Paget disease, Mammary; Porocarcinoma; Tubular carcinoma; Malignant adnexal epithelial proliferations - Follicular;
Basal cell carcinoma; Basal cell carcinoma with adnexal differentiation; Basal cell carcinoma with sarcomatoid
differentiation; Basal cell carcinoma, Combined subtypes; Basal cell carcinoma, Fibroeipthelial; Basal cell carcinoma,
Infiltrating; Basal cell carcinoma, Micronodular; Basal cell carcinoma, Nodular; Basal cell carcinoma, Sclerosing or
morpheaform; Basal cell carcinoma, Superficial; Baso-squamous carcinoma; Matrical or pilomatrical carcinoma;
Proliferating trichilemmal carcinoma; Malignant adnexal epithelial proliferations - Sebaceous; Sebaceous carcinoma;
Malignant epidermal proliferations; Bowenoid papulosis; Keratoacanthoma; Squamous cell carcinoma in situ; Squamous
cell carcinoma in situ, Bowens disease; Squamous cell carcinoma, Invasive; Squamous cell carcinoma, Invasive,
Acantholytic; Squamous cell carcinoma, Invasive, Acantholytic, moderately differentiated; Squamous cell carcinoma,
Invasive, Acantholytic, poorly differentiated; Squamous cell carcinoma, Invasive, Acantholytic, well differentiated;
Squamous cell carcinoma, Invasive, Adeno-squamous; Squamous cell carcinoma, Invasive, Adeno-squamous, moderately
differentiated; Squamous cell carcinoma, Invasive, Adeno-squamous, poorly differentiated; Squamous cell carcinoma,
Invasive, Adeno-squamous, well differentiated; Squamous cell carcinoma, Invasive, Clear cell; Squamous cell carcinoma,
Invasive, Clear cell, moderately differentiated; Squamous cell carcinoma, Invasive, Clear cell, poorly differentiated;
Squamous cell carcinoma, Invasive, Clear cell, well differentiated; Squamous cell carcinoma, Invasive,
Keratoacanthoma-type; Squamous cell carcinoma, Invasive, Keratoacanthoma-type, moderately differentiated; Squamous
cell carcinoma, Invasive, Keratoacanthoma-type, poorly differentiated; Squamous cell carcinoma, Invasive,
Keratoacanthoma-type, well differentiated; Squamous cell carcinoma, Invasive, NOS, moderately differentiated; Squamous
cell carcinoma, Invasive, NOS, poorly differentiated; Squamous cell carcinoma, Invasive, NOS, well differentiated;
Squamous cell carcinoma, Invasive, Sarcomatoid; Squamous cell carcinoma, Invasive, Sarcomatoid, moderately
differentiated; Squamous cell carcinoma, Invasive, Sarcomatoid, poorly differentiated; Squamous cell carcinoma,
Invasive, Sarcomatoid, well differentiated; Squamous cell carcinoma, Invasive, Spindle cell; Squamous cell carcinoma,
Invasive, Spindle cell, moderately differentiated; Squamous cell carcinoma, Invasive, Spindle cell, poorly
differentiated; Squamous cell carcinoma, Invasive, Spindle cell, well differentiated; Squamous cell carcinoma,
Invasive, Verrucous; Squamous cell carcinoma, Invasive, Verrucous, moderately differentiated; Squamous cell carcinoma,
Invasive, Verrucous, poorly differentiated; Squamous cell carcinoma, Invasive, Verrucous, well differentiated;
Squamous cell carcinoma, NOS; Verrucous carcinoma; Verrucous carcinoma, Carcinoma cuniculatum type; Verrucous
carcinoma, Giant condyloma type; Verrucous carcinoma, Oral florid papilomatosis type; Malignant melanocytic
proliferations (Melanoma); Melanoma Invasive; Melanoma Invasive, Acral or Acral-lentiginous; Melanoma Invasive,
Arising in a congenital nevus; Melanoma Invasive, Associated with a nevus; Melanoma Invasive, Blue nevus-like;
Melanoma Invasive, originating from blue nevus; Melanoma Invasive, resembling blue nevus; Melanoma Invasive,
Desmoplastic; Melanoma Invasive, Heavily pigmented; Melanoma Invasive, Heavily pigmented, resembling epithelioid blue
nevus or melanoma developing in animals; Melanoma Invasive, Mucosal; Melanoma Invasive, Neurotropic; Melanoma
Invasive, Nevoid; Melanoma Invasive, Nodular; Melanoma Invasive, On chronically sun-exposed skin or lentigo maligna
melanoma; Melanoma Invasive, Pigmented spindle cell nevus like; Melanoma Invasive, Recurrent or persistent; Melanoma
Invasive, Spitzoid; Melanoma Invasive, Superficial spreading; Melanoma in situ; Melanoma in situ, Acral or
acral-lentiginous; Melanoma in situ, Lentigo maligna type; Melanoma in situ, Mucosal; Melanoma in situ, Recurrent or
persistent; Melanoma in situ, Superficial spreading; Melanoma in situ, associated with a nevus; Melanoma metastasis;
Melanoma, NOS; Malignant soft tissue proliferations - Adipocytic; Liposarcoma; Liposarcoma, Undifferentiated;
Liposarcoma, Well differentiated; Malignant soft tissue proliferations - Cartilagenous and ossifying; Extraskeletal
osteosarcoma; Malignant soft tissue proliferations - Fibro-histiocytic; Atypical fibroxanthoma; Dermatofibrosarcoma
protuberans; Epithelioid sarcoma; Fibrosarcoma; Pleomorphic undifferntiated sarcoma; Malignant soft tissue
proliferations - Muscle tissue or myofibroblastic; Atypical intradermal smooth muscle tumor; Leiomyosarcoma,
Cutaneous; Rhabdomyoscaroma, Cutaneous; Malignant soft tissue proliferations - Myoepithelial; Myoepithelial sarcoma;
Malignant soft tissue proliferations - Neural; Malignant granular cell tumor; Malignant peripheral nerve sheath tumor;
Malignant soft tissue proliferations - Unknown or other histiogenesis; Ewing sarcoma, Primary cutaenous; Malignant
soft tissue proliferations - Vascular; Angiosarcoma cutaneous; Angiosarcoma cutaneous, Epithelioid; Angiosarcoma
cutaneous, Face and scalp of elderly patients; Angiosarcoma cutaneous, Post-irradiation; Angiosarcoma cutaneous, With
associated lymphedema; Hemangioendothelioma; Hemangioendothelioma, Kaposiform; Kaposi sarcoma; Malignant glomus tumor;
Merkel cell proliferation; Merkel cell carcinoma; Skin metastasis of internal solid cancer - non-hematological
"""

LISTS: dict[str, dict[bool | None, str]] = {
    "ISIC diagnosis_1": {True: "Malignant", False: "Benign", None: "Indeterminate"},
    "ISIC diagnosis": {
        True: "melanoma; basal cell carcinoma; squamous cell carcinoma; actinic keratosis; melanoma metastasis",
        False: "nevus; seborrheic keratosis; pigmented benign keratosis; solar lentigo; lentigo simplex; lentigo NOS; "
        "lichenoid keratosis; dermatofibroma; vascular lesion; angioma; scar; verruca; acrochordon; "
        "cafe-au-lait macule; "
        "angiofibroma or fibrous papule; neurofibroma; clear cell acanthoma",
        None: "AIMP; atypical melanocytic proliferation; other",
    },
    "HAM10000 and ISIC 2018": {True: "akiec; bcc; mel; AKIEC; BCC; MEL", False: "bkl; df; nv; vasc; BKL; DF; NV; VASC"},
    "ISIC 2019": {True: "MEL; BCC; AK; SCC", False: "NV; BKL; DF; VASC"},
    "MILK10k": {
        True: "AKIEC; BCC; MAL_OTH; MEL; SCCKA",
        False: "BEN_OTH; BKL; DF; INF; NV; VASC",
    },
    "HAM10000 in words": {
        True: "Melanoma; Basal cell carcinoma; Actinic keratoses; Actinic keratoses and intraepithelial carcinoma; "
        "Actinic keratoses and intraepithelial carcinoma / Bowen's disease; Melanoma (MEL); Basal Cell Carcinoma (BCC)",
        False: "Melanocytic nevi; Benign keratosis-like lesions ; Vascular lesions; Dermatofibroma; "
        "Melanocytic Nevi (NV)",
    },
    "Kaggle's nine classes": {
        True: "actinic keratosis; basal cell carcinoma; melanoma; squamous cell carcinoma",
        False: "dermatofibroma; nevus; pigmented benign keratosis; seborrheic keratosis; vascular lesion",
    },
    "PAD-UFES-20": {True: "ACK; BCC; MEL; SCC", False: "NEV; SEK"},
    "Kaggle's ten skin diseases": {
        True: "2. Melanoma 15.75k; 4. Basal Cell Carcinoma (BCC) 3323",
        False: "1. Eczema 1677; 3. Atopic Dermatitis - 1.25k; 5. Melanocytic Nevi (NV) - 7970; "
        "6. Benign Keratosis-like Lesions (BKL) 2624; 8. Seborrheic Keratoses and other Benign Tumors - 1.8k",
    },
    "DermNet": {
        True: "Actinic Keratosis Basal Cell Carcinoma and other Malignant Lesions",
        False: "Seborrheic Keratoses and other Benign Tumors",
        None: "Melanoma Skin Cancer Nevi and Moles; Vascular Tumors",
    },
    "DDI": {
        True: "basal-cell-carcinoma; basal-cell-carcinoma-nodular; basal-cell-carcinoma-superficial; "
        "blastic-plasmacytoid-dendritic-cell-neoplasm; kaposi-sarcoma; leukemia-cutis; melanoma; "
        "melanoma-acral-lentiginous; melanoma-in-situ; metastatic-carcinoma; mycosis-fungoides; nodular-melanoma-(nm); "
        "sebaceous-carcinoma; squamous-cell-carcinoma; squamous-cell-carcinoma-in-situ; "
        "squamous-cell-carcinoma-keratoacanthoma; subcutaneous-t-cell-lymphoma",
        False: "abrasions-ulcerations-and-physical-injuries; abscess; acne-cystic; acquired-digital-fibrokeratoma; "
        "acral-melanotic-macule; acrochordon; angioleiomyoma; angioma; arteriovenous-hemangioma; "
        "atypical-spindle-cell-nevus-of-reed; benign-keratosis; blue-nevus; cellular-neurothekeoma; "
        "chondroid-syringoma; "
        "clear-cell-acanthoma; coccidioidomycosis; condyloma-accuminatum; dermatofibroma; dermatomyositis; "
        "dysplastic-nevus; eccrine-poroma; eczema-spongiotic-dermatitis; epidermal-cyst; epidermal-nevus; "
        "fibrous-papule; focal-acral-hyperkeratosis; folliculitis; foreign-body-granuloma; glomangioma; "
        "graft-vs-host-disease; hematoma; hyperpigmentation; inverted-follicular-keratosis; keloid; "
        "lichenoid-keratosis; lipoma; lymphocytic-infiltrations; melanocytic-nevi; molluscum-contagiosum; morphea; "
        "neurofibroma; neuroma; nevus-lipomatosus-superficialis; onychomycosis; pigmented-spindle-cell-nevus-of-reed; "
        "prurigo-nodularis; pyogenic-granuloma; reactive-lymphoid-hyperplasia; scar; seborrheic-keratosis; "
        "seborrheic-keratosis-irritated; solar-lentigo; syringocystadenoma-papilliferum; tinea-pedis; trichilemmoma; "
        "trichofolliculoma; verruca-vulgaris; verruciform-xanthoma; wart; xanthogranuloma",
    },
    "Fitzpatrick17k, three partitions": {True: "malignant", False: "benign; non-neoplastic"},
    "Fitzpatrick17k, nine partitions": {
        True: "malignant epidermal; malignant melanoma; malignant dermal; malignant cutaneous lymphoma",
        False: "benign dermal; benign epidermal; benign melanocyte; genodermatoses; inflammatory",
    },
    "Fitzpatrick17k": {
        True: "actinic keratosis; basal cell carcinoma; basal cell carcinoma morpheiform; kaposi sarcoma; "
        "lentigo maligna; malignant melanoma; melanoma; mycosis fungoides; solid cystic basal cell carcinoma; "
        "squamous cell carcinoma; superficial spreading melanoma ssm",
        False: "acanthosis nigricans; acne; acne vulgaris; acquired autoimmune bullous diseaseherpes gestationis; "
        "acrodermatitis enteropathica; allergic contact dermatitis; aplasia cutis; becker nevus; behcets disease; "
        "calcinosis cutis; cheilitis; congenital nevus; dariers disease; dermatofibroma; dermatomyositis; "
        "disseminated actinic porokeratosis; drug eruption; drug induced pigmentary changes; "
        "dyshidrotic eczema; eczema; "
        "ehlers danlos syndrome; epidermal nevus; epidermolysis bullosa; erythema annulare centrifigum; "
        "erythema elevatum diutinum; erythema multiforme; erythema nodosum; factitial dermatitis; fixed eruptions; "
        "folliculitis; fordyce spots; granuloma annulare; granuloma pyogenic; hailey hailey disease; halo nevus; "
        "hidradenitis; ichthyosis vulgaris; incontinentia pigmenti; juvenile xanthogranuloma; keloid; "
        "keratosis pilaris; "
        "lichen amyloidosis; lichen planus; lichen simplex; livedo reticularis; lupus erythematosus; lupus subacute; "
        "lyme disease; lymphangioma; milia; mucinosis; mucous cyst; myiasis; naevus comedonicus; "
        "necrobiosis lipoidica; "
        "nematode infection; neurodermatitis; neurofibromatosis; neurotic excoriations; neutrophilic dermatoses; "
        "nevocytic nevus; nevus sebaceous of jadassohn; papilomatosis confluentes and reticulate; paronychia; "
        "pediculosis lids; perioral dermatitis; photodermatoses; pilar cyst; pilomatricoma; "
        "pityriasis lichenoides chronica; pityriasis rosea; pityriasis rubra pilaris; porokeratosis actinic; "
        "porokeratosis of mibelli; porphyria; port wine stain; prurigo nodularis; psoriasis; pustular psoriasis; "
        "pyogenic granuloma; rhinophyma; rosacea; sarcoidosis; scabies; scleroderma; scleromyxedema; "
        "seborrheic dermatitis; seborrheic keratosis; stasis edema; stevens johnson syndrome; striae; "
        "sun damaged skin; "
        "syringoma; telangiectases; tick bite; tuberous sclerosis; tungiasis; urticaria; urticaria pigmentosa; "
        "vitiligo; "
        "xanthomas; xeroderma pigmentosum",
        None: "langerhans cell histiocytosis",
    },
    "Derm7pt": {
        True: "basal cell carcinoma; melanoma; melanoma (in situ); melanoma (less than 0.76 mm); "
        "melanoma (0.76 to 1.5 mm); melanoma (more than 1.5 mm); melanoma metastasis",
        False: "blue nevus; clark nevus; combined nevus; congenital nevus; dermal nevus; dermatofibroma; lentigo; "
        "melanosis; recurrent nevus; reed or spitz nevus; seborrheic keratosis; vascular lesion",
        None: "miscellaneous",
    },
    "BreakHis": {
        True: "malignant; ductal_carcinoma; lobular_carcinoma; mucinous_carcinoma; papillary_carcinoma",
        False: "benign; adenosis; fibroadenoma; phyllodes_tumor; tubular_adenoma",
    },
    "LC25000": {True: "colon_aca; lung_aca; lung_scc", False: "colon_n; lung_n; colon_bnt; lung_bnt"},
    "LC25000 in words": {
        True: "Colon adenocarcinoma; Lung adenocarcinoma; Lung squamous cell carcinoma",
        False: "Benign colonic tissue; Lung benign tissue",
    },
    "NCT-CRC-HE": {True: "TUM", False: "ADI; BACK; DEB; LYM; MUC; MUS; NORM; STR"},
    "PathMNIST": {
        True: "colorectal adenocarcinoma epithelium",
        False: "adipose; background; debris; lymphocytes; mucus; smooth muscle; normal colon mucosa; "
        "cancer-associated stroma",
    },
    "Kather's textures": {
        True: "01_TUMOR",
        False: "02_STROMA; 04_LYMPHO; 05_DEBRIS; 06_MUCOSA; 07_ADIPOSE; 08_EMPTY",
        None: "03_COMPLEX",
    },
    "BACH": {True: "InSitu; Invasive; In Situ", False: "Normal; Benign"},
    "BreastMNIST": {True: "malignant", False: "normal, benign"},
    "invasive ductal carcinoma": {True: "IDC; IDC(+); idc_positive", False: "non IDC; IDC(-); IDC (-); non_idc"},
    "0 and 1": {None: "0; 1; TRUE; FALSE"},
    "brain tumours": {True: "glioma; glioma_tumor", False: "notumor; no_tumor; healthy", None: "meningioma; pituitary"},
    "other medicine": {None: "PNEUMONIA; COVID-19; CNV; DRUSEN; basophil; cat; tumor; 良"},
}
