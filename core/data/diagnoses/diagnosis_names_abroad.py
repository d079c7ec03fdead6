"""Names of diagnoses in Danish, Norwegian, Swedish, Dutch, Finnish, Chinese, Japanese and Korean.

A line is `name = other names`: the first is one that `core.data.diagnoses.diagnosis_names` has, the others mean the
same. An indented line continues the one above.
"""

ABROAD = """
malignant = ondartet, ondartede, ondarta, elakartad, elakartade, kwaadaardige, pahanlaatuinen, pahanlaatuiset, 惡性腫瘤,
  恶性病变, 惡性病變, 悪性病変
cancer = kræft, kreft, kanker, syöpä, hudkræft, hudkreft, hudcancer, huidkanker, ihosyöpä, 皮肤癌, 皮膚癌, 皮膚がん,
  피부암
melanoma = modermærkekræft, føflekkreft, malignt melanom, maligni melanooma, melanooma, maligne melanoom, 黑色素瘤,
  恶性黑色素瘤, 惡性黑色素瘤, 黑素瘤, 皮肤黑色素瘤, メラノーマ, 悪性黒色腫, 黒色腫, 흑색종, 악성 흑색종
basal cell carcinoma = basalcellekarcinom, basalcellekræft, basalcellekarsinom, basalcellekreft, basalcellscancer,
  basalcellskarcinom, basalcellcancer, basaalcelcarcinoom, basaalcelkanker, tyvisolusyöpä, tyvisolukarsinooma,
  basaliooma, 基底细胞癌, 基底細胞癌, 基底細胞がん, 기저세포암
squamous cell carcinoma = pladecellekarcinom, pladecellekræft, planocellulært karcinom, plateepitelkarsinom,
  plateepitelkreft, skivepitelcancer, skivepitelkarcinom, plaveiselcelcarcinoom, plaveiselcelkanker, okasolusyöpä,
  levyepiteelikarsinooma, 鳞状细胞癌, 鱗狀細胞癌, 鳞癌, 有棘細胞癌, 扁平上皮癌, 편평세포암
squamous cell carcinoma in situ = bowens sygdom, bowens sykdom, bowens sjukdom, ziekte van bowen, bowenin tauti, 鲍恩病,
  鲍温病, ボーエン病
actinic keratosis = aktinisk keratose, aktinisk keratos, solar keratose, actinische keratose, aktiininen keratoosi,
  aurinkokeratoosi, 光化性角化病, 光線性角化病, 光线性角化病, 日光性角化病, 日光角化病, 日光角化症, 光線角化症,
  광선각화증
keratoacanthoma = keratoakantom, keratoakantooma, keratoacanthoom, 角化棘皮瘤, ケラトアカントーマ
merkel cell carcinoma = merkelcellekarcinom, merkelcellekarsinom, merkelcellscancer, merkelcelcarcinoom
metastasis = metastaser, metastasen, metastaasi, uitzaaiing, 转移, 轉移, 転移, 转移瘤
carcinoma = karcinom, karsinom, carcinoom, karsinooma
adenocarcinoma = adenokarcinom, adenokarsinom, adenocarcinoom, adenokarsinooma, 腺癌
benign = godartet, godartede, godarta, godartad, godartade, goedaardige, hyvänlaatuinen, hyvänlaatuiset, 良性腫瘤,
  良性病变, 良性病變, 良性病変, 양성 종양
non malignant = ikke malign, ikke ondartet, icke malign, ej malign, inte malign, niet maligne, niet kwaadaardig,
  ei pahanlaatuinen, 非恶性, 非惡性, 非悪性
no cancer = ikke kræft, ingen kræft, ikke kreft, ingen kreft, ingen cancer, ej cancer, geen kanker, ei syöpää,
  pas de cancer, aucun cancer, nessun cancro, sem câncer, 无癌, 非癌
no tumor = ingen tumor, ingen svulst, geen tumor, ei kasvainta, 无肿瘤, 無腫瘤
normal = normalt, rask, frisk, gezond, normaal, terve, normaali, 健康的, 正常组织, 건강
melanocytic nevus = modermærke, modermærker, melanocytært nævus, føflekk, føflekker, melanocytisk nevus, melanocytær
  nevus, födelsemärke, födelsemärken, melanocytärt nevus, moedervlek, moedervlekken, melanocytaire naevus, luomi,
  luomet, melanosyyttinen luomi, 痣, 色素痣, 黑痣, 黑素细胞痣, 黑色素细胞痣, 色素性痣, 母斑, 色素性母斑, 色素細胞母斑,
  母斑細胞母斑, ほくろ, 모반, 멜라닌세포 모반
dysplastic nevus = dysplastisk nævus, dysplastisk modermærke, dysplastisk nevus, dysplastisk føflekk, dysplastiskt
  nevus, dysplastische naevus, dysplastische moedervlek, atypisk nævus, atypisk modermærke, atypisk føflekk, atypiskt
  nevus, atypische naevus, atypische moedervlek, dysplastinen luomi, 发育不良痣, 非典型痣, 異形成母斑
blue nevus = blåt nævus, blå nevus, blått nevus, blauwe naevus, sininen luomi, 蓝痣, 藍痣, 青色母斑
benign keratosis = godartet keratose, godartad keratos, goedaardige keratose, hyvänlaatuinen keratoosi, 良性角化病,
  良性角化症
seborrheic keratosis = seborroisk keratose, seboroisk keratose, seborrhoisk keratose, seborreisk keratose, seboreisk
  keratose, seborroisk keratos, seborrhoisk keratos, seborroische keratose, seborreïsche keratose, ouderdomswrat,
  seborrooinen keratoosi, rasvaluomi, 脂溢性角化病, 脂溢性角化症, 脂漏性角化症, 老年疣, 지루각화증, 지루성 각화증
dermatofibroma = dermatofibroom, dermatofibrooma, 皮肤纤维瘤, 皮膚纖維瘤, 皮膚線維腫, 피부섬유종
vascular lesion = vaskulær læsion, vaskulær lesjon, karlesjon, vaskulär lesion, kärlförändring, vasculaire laesie,
  vaatlaesie, verisuonimuutos, 血管病变, 血管性病变, 血管病變, 血管病変, 혈관 병변
hemangioma = hæmangiom, hemangioom, hemangiooma, 血管瘤, 血管腫, 혈관종
solar lentigo = 日光性黒子, 日光性雀斑样痣, 老人性色素斑
wart = vorte, vårta, wrat, syylä, 疣, 寻常疣, 尋常性疣贅, いぼ, 사마귀
eczema = eksem, eczeem, ekseema, 湿疹, 濕疹, 습진
psoriasis = psoriasi, psoriaasi, 银屑病, 牛皮癣, 乾癬, 건선
other = andet, andre, annet, annat, övrigt, overig, overige, muu, 其他, 其它, その他, 기타
"""
