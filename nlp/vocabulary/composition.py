"""Terms that medical language makes from parts: organ + disease (胃癌, gastric cancer), drug + form, word endings.

Composing them beforehand costs memory and no time; a rule at tagging time would cost time on every text.
"""

# ruff: noqa: SIM905  (word lists read better as words)
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

MODIFIERS: Final[tuple[str, ...]] = (
    *"acute,chronic,subacute,recurrent,metastatic,congenital,idiopathic,primary,secondary,hereditary,"
    "refractory,end-stage,advanced,early-onset,late-onset,autoimmune,drug-induced,alcoholic,bacterial,viral,"
    "fungal,allergic,neonatal,gestational,familial,invasive,malignant,benign,postoperative,essential,traumatic".split(
        ","
    ),
    *"急性,慢性,亚急性,原发性,继发性,先天性,特发性,遗传性,转移性,复发性,难治性,病毒性,细菌性,过敏性,老年性,"
    "自身免疫性,药物性,酒精性,化脓性,链球菌性,结核性,糖尿病性,高血压性,风湿性,感染性,神经性,病理性,外周性,中枢性,肥厚性,萎缩性,溃疡性,溶血性,出血性,缺血性,浸润性,恶性,良性,进行性,反复性,阵发性,持续性,间歇性,"
    "创伤性,晚期,早期,终末期,新生儿,小儿,妊娠期,术后,外伤性,职业性".split(","),
)

SIDES: Final[tuple[str, ...]] = (
    *"left,right,bilateral,distal,proximal,anterior,posterior,lateral,medial,upper,lower,inferior,superior".split(","),
    *"左侧,右侧,双侧,左,右,双,两侧,患侧,单侧,近端,远端,前,后,内侧,外侧".split(","),
)

_ZH_SALTS: Final[str] = "盐酸 硫酸 酒石酸 富马酸 马来酸 苯磺酸 琥珀酸 枸橼酸 氢溴酸 磷酸 醋酸 门冬氨酸 注射用 复方"
_ZH_FORMS: Final[str] = (
    "片 胶囊 注射液 颗粒 缓释片 控释片 肠溶片 分散片 缓释胶囊 口服液 干混悬剂 混悬液 滴眼液 滴鼻液 软膏 乳膏 凝胶 "
    "气雾剂 粉吸入剂 喷雾剂 栓 栓剂 散 糖浆 贴剂 滴剂 雾化液 钠 钾 钙 咀嚼片 肠溶胶囊 软胶囊 粉针 泡腾片 吸入剂"
)

_ZH_ORGANS: Final[str] = (
    "肺 胃 肝 肾 脑 肠 食管 食道 结肠 直肠 结直肠 乳腺 宫颈 子宫 子宫内膜 卵巢 输卵管 前列腺 膀胱 胰腺 胆囊 胆管 甲状腺 "
    "甲状旁腺 皮肤 喉 咽 鼻咽 口腔 舌 骨 骨髓 淋巴结 心 心肌 心脏 心包 心内膜 主动脉 血管 动脉 静脉 支气管 气管 胸膜 "
    "纵隔 胸腺 脾 肾上腺 肾盂 输尿管 尿道 睾丸 附睾 阴茎 阴道 外阴 眼 视网膜 角膜 结膜 虹膜 视神经 耳 中耳 鼻 鼻窦 扁桃体 "
    "牙龈 牙周 关节 膝关节 髋关节 肩关节 脊柱 颈椎 腰椎 胸椎 肌肉 肌腱 滑膜 脊髓 脑膜 神经 面神经 垂体 小脑 阑尾 腹膜 "
    "肛门 周围神经 下颌骨 上颌骨 鼻腔 前庭 呼吸道 消化道 泌尿道 泌尿系 肾小球 肾小管 肾动脉 冠状动脉 颈动脉 肺动脉 脑血管 毛细血管 牙龈 牙髓 牙齿 十二指肠 小肠 回肠 大肠 盆腔 胎盘 毛囊 腮腺 唾液腺 股骨 胫骨 肱骨 桡骨 尺骨 锁骨 肋骨 骨盆 椎体 腰椎间盘 颅骨 颅内 "
    "下肢 上肢 胸腔 腹腔 肛周 胆总管 肝内胆管 声带 胃窦 贲门 乙状结肠 盲肠 肺部 腹部 肝脏 肾脏 头颅 头部 胸部 颈部 鼻腔 眼底"
)
_ZH_DISEASES: Final[str] = (
    "炎 损害 毒性 硬化症 综合征 痉挛 麻痹 脓肿 闭塞 畸形 发育不良 功能障碍 功能减退 功能亢进 功能紊乱 反流 关闭不全 癌 腺癌 鳞癌 肿瘤 恶性肿瘤 良性肿瘤 肉瘤 腺瘤 囊肿 息肉 结石 结核 溃疡 脓肿 梗死 梗阻 狭窄 硬化 纤维化 坏死 损伤 骨折 脱位 "
    "扭伤 感染 出血 穿孔 破裂 栓塞 血栓 萎缩 增生 畸形 血管瘤 转移 功能不全 功能衰竭 衰竭 病 疾病 病变 占位 结节 瘘 扩张 积水 积液 "
    "水肿 缺血 挫伤 粘连 脱垂 动脉瘤 肿大 疝 瘤 癌前病变 不典型增生 肌瘤 外伤"
)
_ZH_SYMPTOMS: Final[str] = (
    "疼痛 疼 痛 肿痛 瘙痒 红肿 肿胀 不适 麻木 酸痛 胀痛 压痛 肿块 包块 疱疹 出血点 僵硬 无力 发炎 发痒 充血 肿物 隐痛 绞痛 触痛 流血 溃烂"
)
_ZH_PROCEDURES: Final[str] = (
    "切除术 部分切除术 次全切除术 全切术 根治术 移植 移植术 置换术 修补术 成形术 造口术 吻合术 切开术 引流术 穿刺术 支架置入术 栓塞术 切除 手术 "
    "镜手术 内固定术 融合术 取石术 碎石术 消融术 结扎术 剥离术 剔除术 探查术 固定术 重建术 减压术"
)
_ZH_TESTS: Final[str] = (
    "CTA CT血管造影 MRA 穿刺涂片 分泌物检查 CT MRI B超 彩超 超声 X线 X线片 造影 活检 穿刺活检 镜 镜检查 磁共振 平片 增强CT 功能检查 CT检查 超声检查 穿刺 X光 核磁 涂片 检查"
)

_EN_ORGANS: Final[str] = (
    "gastric stomach lung pulmonary liver hepatic kidney renal brain cerebral bowel intestinal colon colonic colorectal rectal "
    "esophageal breast cervical uterine endometrial ovarian prostate prostatic bladder pancreatic gallbladder biliary thyroid "
    "skin cutaneous laryngeal oral bone cardiac heart myocardial valvular aortic vascular arterial venous bronchial tracheal "
    "pleural thymic splenic adrenal testicular penile vaginal ocular corneal retinal optic nasal ear spinal vertebral muscle "
    "nerve pituitary appendiceal peritoneal anal duodenal pelvic abdominal gastrointestinal respiratory urinary joint tongue "
    "soft-tissue cranial intracranial coronary carotid hip knee shoulder femoral tibial humeral radial wrist ankle neck head "
    "dental gingival urethral ureteral lymphatic hematologic neurological psychiatric mental bile-duct tracheal esophagogastric "
    "neurologic cardiovascular cerebrovascular metabolic endocrine genetic infectious parasitic rheumatic vaginal middle-ear"
)
_EN_DISEASES: Final[str] = (
    "cancer carcinoma tumor tumour neoplasm adenocarcinoma sarcoma adenoma cyst polyp abscess infection disease disorder failure "
    "insufficiency injury fracture dislocation stenosis obstruction infarction ischemia thrombosis embolism hemorrhage perforation "
    "rupture fistula hernia ulcer fibrosis necrosis atrophy hypertrophy dysfunction malformation metastasis metastases lesion "
    "malignancy trauma damage impairment dysplasia hyperplasia inflammation tuberculosis toxicity calculi stones aneurysm lymphoma "
    "melanoma haemorrhage ischaemia syndrome edema effusion dysplasia arrest prolapse stricture"
)
_EN_SYMPTOMS: Final[str] = (
    "pain tenderness swelling bleeding discomfort stiffness numbness spasm spasms discharge itching mass weakness cramps cramping lump redness irritation soreness"
)
_EN_PROCEDURES: Final[str] = (
    "surgery resection transplantation transplant replacement repair bypass stenting ablation reconstruction drainage irradiation"
)
_EN_TESTS: Final[str] = (
    "biopsy ultrasound CT MRI X-ray ultrasonography angiography endoscopy scan function tests culture smear examination"
)

# Endings that decide what a Latin word is. The lexicon tries them only on words that it does not know whole.
SUFFIXES: Final[dict[str, str]] = {
    "disease": "itis itides oma omas omata osis emia aemia opathy opathies iasis penia philia plegia malacia sclerosis"
    " megaly dystrophy trophy lithiasis ectasis ptosis uria algia rrhea rrhagia pnea cele",
    "procedure": "ectomy ectomies otomy otomies ostomy ostomies plasty plasties orrhaphy pexy desis centesis"
    " lysis procedure",
    "test": "oscopy oscopies ography ographies ogram ograms ometry",
    "drug": "olol pril prilat sartan statin gliptin gliflozin glitazone dipine azole oxacin floxacin cillin mycin micin"
    " cycline cef tidine prazole setron triptan mab tinib ciclib parib vir vudine azepam azolam barbital caine curium"
    " curonium profen oxicam coxib fenac sone olone onide asone terol phylline dronate parin xaban gatran grel rubicin"
    " platin taxel poside tecan trexate bicin fungin conazole bendazole quine lukast thiazide semide lactone oxetine"
    " idone apine azine triptyline ipramine gabalin racetam glutide relin stim poetin steride osin afil tropium nidazole"
    " sulfonamide thiouracil phenytoin amine amide idine aline acin illin",
    "gene": "kinase kinases phosphatase synthase reductase dehydrogenase polymerase transferase peptidase protease"
    " hydroxylase interleukin globulin globin integrin cadherin",
}
_SYMPTOM_ENDINGS: Final[frozenset[str]] = frozenset({"megaly", "uria", "algia", "rrhea", "rrhagia", "pnea", "plegia"})
# Too short or too common to carry a label on their own; known words of theirs are in the lists.
_UNSAFE: Final[frozenset[str]] = frozenset(
    {"trophy", "cef", "sone", "vir", "amine", "amide", "idine", "aline", "acin", "illin", "lysis", "procedure", "osin",
     "onide", "quine", "azine", "apine", "idone", "philia", "ptosis", "cele", "stim", "olone", "parin", "relin", "grel",
     "caine", "lactone", "desis", "ometry", "ogram", "ograms", "ography", "ographies", "oma", "mab"}
)  # fmt: skip
_SAFE_AGAIN: Final[dict[str, str]] = {
    "oma": "disease", "mab": "drug", "caine": "drug", "olone": "drug", "parin": "drug", "quine": "drug",
    "azine": "drug", "apine": "drug", "idone": "drug", "asone": "drug", "relin": "drug", "grel": "drug",
}  # fmt: skip


def composed_terms(zh_drugs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(term, label) of everything that is made from parts; `zh_drugs` are the Chinese names that take forms."""
    for modifier in MODIFIERS:
        yield modifier, "modifier"
    for label, endings in SUFFIXES.items():
        for ending in endings.split():
            if ending not in _UNSAFE:
                yield f"~{ending}", "symptom" if ending in _SYMPTOM_ENDINGS else label
    for ending, label in _SAFE_AGAIN.items():
        yield f"~{ending}", label
    for side in SIDES:
        yield side, "side"
    forms, salts = _ZH_FORMS.split(), _ZH_SALTS.split()
    for salt in salts:
        yield salt, "salt"
    for drug in zh_drugs:
        for form in forms:
            yield drug + form, "drug"
    for organ in _ZH_ORGANS.split():
        for endings, label in (
            (_ZH_DISEASES, "disease"),
            (_ZH_SYMPTOMS, "symptom"),
            (_ZH_PROCEDURES, "procedure"),
            (_ZH_TESTS, "test"),
        ):
            for ending in endings.split():
                yield organ + ending, label
    for organ in dict.fromkeys(_EN_ORGANS.replace("bile-duct", "bile").split()):
        for endings, label in (
            (_EN_DISEASES, "disease"),
            (_EN_SYMPTOMS, "symptom"),
            (_EN_PROCEDURES, "procedure"),
            (_EN_TESTS, "test"),
        ):
            for ending in endings.split():
                yield f"{organ} {ending}", label


def plural(noun: str) -> str | None:
    """The English plural of a term's last word, or None where it has none to guess."""
    last = noun.rsplit(" ", 1)[-1]
    if len(last) < 4 or not last.isascii() or not last.isalpha() or last.isupper() or last.endswith(("s", "ae")):
        return noun[:-2] + "es" if last.endswith(("sis", "xis")) else None
    if last.endswith("y") and last[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if last.endswith(("x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
