"""Relations by trigger: a word between (or around) two lists of mentions says how they are related.

A trigger has a kind of head and a kind of tail and says on which side each stands. From the trigger the nearest
fitting mention is taken on each side, with those coordinated to it ("nausea, vomiting and diarrhea", 尿频、尿急).
Words like "not" and 未 near the trigger make the relation negative, "may" and 可能 uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from medpress.writing_systems import count_han
from nlp.sentences import split
from nlp.spans import Entity, Relation

_KINDS: Final[dict[str, frozenset[str]]] = {
    "R": frozenset({"drug"}),
    "RP": frozenset({"drug", "procedure"}),
    "D": frozenset({"disease"}),
    "DS": frozenset({"disease", "symptom"}),
    "S": frozenset({"symptom"}),
    "T": frozenset({"test"}),
    "A": frozenset({"anatomy"}),
}


class _Trigger(NamedTuple):
    rule: str
    label: str
    pattern: re.Pattern[str]
    head: frozenset[str]
    tail: frozenset[str]
    head_left: bool
    """The head stands left of the trigger and the tail right of it; otherwise the other way round."""
    both_left: bool
    """Head and tail both stand left of the trigger, the head first (R与R合用)."""
    polarity: str


def _triggers(lang: str, rows: Sequence[tuple[str, str, str, str, str, str]]) -> tuple[_Trigger, ...]:
    made = []
    for label, name, order, head, tail, pattern in rows:
        made.append(
            _Trigger(
                f"{label}/{lang}/{name}",
                label,
                re.compile(pattern),
                _KINDS[head],
                _KINDS[tail],
                order != "<",
                order == "<<",
                "negative" if name.startswith("not-") else "positive",
            )
        )
    return tuple(made)


# order: ">" head TRIGGER tail; "<" tail TRIGGER head; "<<" head tail TRIGGER
_EN = _triggers(
    "en",
    (
        ("contraindicated", "contraindicated-in", ">", "RP", "DS", r"\b(?:(?:is|are|was|were|being)? ?(?:absolutely |relatively |strictly )?contra-?indicated (?:in|for|with|when)(?: (?:the )?(?:patients?|people|those|individuals|children|women|case) (?:with|who have|of|having))?)\b"),
        ("contraindicated", "should-not", ">", "RP", "DS", r"\b(?:(?:should|must|can ?not|may) (?:not|never|be avoided)(?: be)? ?(?:used|given|prescribed|administered|taken)?|(?:is|are) to be avoided|(?:should|must) be avoided) (?:in|by|to|for)(?: (?:the )?(?:patients?|people|those|children|individuals|women|adults) (?:with|who have|having|suffering from))?\b"),
        ("contraindicated", "avoid-in", ">", "RP", "DS", r"(?:(?<=avoid ☃)|(?<=do not take ☃)|(?<=do not use ☃)|(?<=do not give ☃)|(?<=never take ☃)|(?<=never use ☃)) (?:in (?:(?:the )?(?:patients?|people|those|anyone|children|women|adults) (?:with|who have))|in|if (?:you|they|he|she|the patient|your child) (?:have|has|had|have had|suffers? from))(?: an?| any| severe)?\b"),
        ("contraindicated", "contraindication-to", "<", "RP", "DS", r"\b(?:is|are) (?:an? )?(?:absolute |relative )?contraindications? (?:to|for)(?: the use of)?\b"),
        ("treats", "not-effective", ">", "RP", "DS", r"\b(?:(?:is|are|was|were) (?:not (?:effective|indicated|useful|recommended|helpful|active|beneficial)|ineffective|useless|of no (?:use|benefit|value))(?: (?:in|for|against))?(?: the (?:treatment|management|therapy) of)?(?: (?:patients?|people|those) with)?|(?:does|do|did) not (?:treat|cure|relieve|prevent|improve|help)|has no (?:effect on|role in|benefit in)|failed to (?:improve|relieve|treat|control|prevent))\b"),
        ("treats", "used-for", ">", "RP", "DS", r"\b(?:(?:is|are|was|were|be|been|being)(?: \w+ly| also| often| widely| first)? (?:used|indicated|recommended|effective|prescribed|given|administered|approved|useful|beneficial|employed|performed|carried out|started|initiated|considered|helpful|required|necessary|highly effective|advised|continued|added|licensed)(?: (?:orally|intravenously|daily|successfully))?|(?:used|indicated|prescribed|given|recommended|effective|approved|administered|performed)) (?:for|in|against|to (?:treat|prevent|relieve|control|manage|reduce|cure|alleviate))(?: the)?(?: (?:acute|long-term|initial|first-line|symptomatic|oral))?(?: (?:treatment|management|prevention|prophylaxis|therapy|relief|control|treating|preventing|managing) ?(?:of|for)?)?(?: (?:patients?|people|those|adults|children|women|individuals) (?:with|who have|suffering from))?\b"),
        ("treats", "treatment-for", ">", "RP", "DS", r"\b(?:is|are|remains?)[\w ,'-]{0,40}?\b(?:treatment|therapy|drugs?|agents?|option|choice|cure|medication|medicine|antidote|remedy|treatment of choice|management)(?: of choice)? (?:for|of|in|against)(?: (?:the )?(?:patients?|people|those|children|adults) with)?\b"),
        ("treats", "relieves", ">", "RP", "DS", r"\b(?:relieve[sd]?|alleviate[sd]?|heal(?:s|ed)?|cure[sd]?|treat(?:s|ed)?(?! with| by)|prevent(?:s|ed)?|control(?:s|led)|improve[sd]?|corrected|corrects|terminate[sd]|resolve[sd]|reversed|suppress(?:es|ed)|protects? \w+ against|shorten(?:s|ed)|reduces? (?:mortality|the symptoms|symptoms|the severity|the duration) (?:in|of)|prolong(?:s|ed)? survival in|improved? survival in|ameliorate[sd]?|reduces? the frequency of [\w ]{0,24}?in|provides? (?:symptomatic |effective |rapid )?relief (?:in|of|from)|(?:reduce[sd]?|lessen(?:s|ed)?|ease[sd]?|abolish(?:es|ed)?)(?= (?:the )?☃))(?: the| his| her| symptoms of| survival in| severe| acute| patients with)?\b"),
        ("treats", "treated-with", "<", "RP", "DS", r"\b(?:(?:is|are|was|were|be|been|being|can be|may be)?(?: \w+ly)? ?(?:treated|managed|controlled|relieved|cured|corrected|prevented) (?:with|by|using)|responds? (?:well )?to|(?:treatment|therapy|management)(?: of choice)? (?:is|are|includes?|consists? of|with))\b"),
        ("treats", "treatment-of-is", "<", "RP", "DS", r"(?:(?<=treatment of ☃)|(?<=treatment for ☃)|(?<=therapy of ☃)|(?<=therapy for ☃)|(?<=management of ☃)|(?<=remedy for ☃)|(?<=prophylaxis of ☃)) (?:is|are|was|were|includes?|included|consists? of|consisted of|comprises?|rests on|relies on|begins? with|should be|with|by)(?: (?:mainly|usually|often|primarily|still|the|oral|intravenous))*\b"),
        ("treats", "better-on", "<", "RP", "DS", r"\b(?:improved|improves|resolved|resolves|subsided|settled|settles|cleared|abated|remitted|disappeared|(?:is|was|are|were) (?:(?:now|well|better|adequately|fully) ){0,2}(?:controlled|stable|better|managed))(?: \w+ly)? (?:on|with|after|under|following)\b"),
        ("treats", "needs", "<", "RP", "DS", r"\b(?:(?:should|must|ought to|needs? to) (?:receive|take|be (?:given|offered|started on|put on|placed on|prescribed)|have|get)|(?:calls? for|requires?|required|needs?|warrants?))(?: (?:immediate|prompt|long-term|lifelong|oral|intravenous|treatment with|therapy with|the))*\b"),
        ("treats", "in-it-is-given", "<", "RP", "DS", r"(?:(?<=in ☃)|(?<=for ☃)|(?<=against ☃)),? (?=(?:the )?☃ (?:is|are|remains?|should be|can be|may be|was|were)\b[\w ,'-]{0,40}\b(?:choice|first[- ]line|first|standard|treatment|therapy|preferred|effective|used|given|indicated|recommended|helpful|useful|beneficial|drug))"),
        ("treats", "plan", "<", "RP", "DS", r"(?<=☃): (?:to )?(?:continued?|cont|start(?:ed)?|add(?:ed)?|on|give|given|resumed?|increased?|decreased?|switch(?:ed)? to|trial of|restart(?:ed)?|keep|treated with|treat with)\b(?=(?: \w+)? ☃)"),
        ("treats", "on", "<", "RP", "DS", r"(?<=☃)(?:,| is| was)? (?:well |now |currently |maintained |stable )*on(?= (?:daily |oral |long-term |home )?☃(?:\s*(?:[.,;)]|\d|$|and\b|since\b|daily\b|☃)))"),
        ("treats", "prescribed-to", ">", "RP", "DS", r"(?:(?<=prescribe ☃)|(?<=prescribed ☃)|(?<=prescribing ☃)|(?<=give ☃)|(?<=gave ☃)|(?<=given ☃)|(?<=administer ☃)|(?<=recommend ☃)|(?<=offer ☃)) (?:to|in|for) (?:(?:the|all|most|their|our) )?(?:\w+ )?(?:patients?|people|those|adults|children|women|men) (?:with|who have|who had|having|suffering from)\b"),
        ("treats", "treatment-for-it", ">", "RP", "DS", r"(?<=☃) (?:therapy|treatment|prophylaxis|monotherapy|infusions?|injections?|tablets?|use)(?: \w+ly)? (?:for|of|against)(?: (?:the|his|her|their|a|an|acute|chronic|severe))*\b"),
        ("treats", "to-control", ">", "RP", "DS", r"(?<=☃),? (?:in order )?to (?:treat|control|manage|prevent|relieve|help(?: with)?|ease|cure|alleviate|combat|suppress|reduce)(?: (?:the|his|her|their|my|acute|chronic|severe|recurrent|symptoms of))*\b"),
        ("treats", "lessens", ">", "RP", "DS", r"\b(?:reduc(?:es?|ed)|lessen(?:s|ed)?|decreas(?:es?|ed)|lower(?:s|ed)|shorten(?:s|ed)?|diminish(?:es|ed))(?: the| overall| both)* (?:severity|frequency|duration|burden|symptoms|mortality|number|signs|attacks|incidence|risk|rate)(?: and \w+)? (?:of|in|from)\b"),
        ("treats", "underwent-for", ">", "RP", "DS", r"(?<=☃) (?:for|because of)(?: the treatment of| symptomatic| recurrent| suspected| his| her| a| an| severe| acute| chronic)?\b"),
        ("causes", "not-cause", ">", "RP", "DS", r"\b(?:(?:does|do|did|has|have) not (?:been shown to )?(?:cause|caused|induce|lead to|result in|increase the risk of|produce|worsen|provoke|trigger)|(?:is|are|was|were) not (?:associated with|a cause of|linked to)|never (?:causes?|caused)|without causing|no (?:association|link) with)\b"),
        ("causes", "induced", ">", "RP", "DS", r"(?<=☃)[- ](?:induced|associated|related|provoked)\b"),
        ("causes", "causes", ">", "RP", "DS", r"\b(?:(?:(?:may|might|can|could|often|commonly|rarely|also|frequently|sometimes|occasionally|will|to) ){0,2}(?:causes?|caused(?! by)|induces?|induced(?! by)|leads? to|led to|results? in|resulted in|precipitates?|precipitated|triggers?|triggered|provokes?|produces?|produced|worsens?|aggravates?|exacerbates?)|(?:is|are|was|were|been)(?: \w+ly| also)? (?:associated with|linked to|complicated by|implicated in|responsible for)|(?:is|are) (?:a |an )?(?:\w+ )?causes? of|increases? the risk of|(?:side|adverse) effects? (?:of ☃ )?(?:is|are|include[sd]?)|followed by|caused)(?: a| an| the| severe| acute| mild| marked| development of| transient| significant)?\b"),
        ("causes", "caused-by", "<", "RP", "DS", r"\b(?:(?:was|were|is|are|be|been)?(?: \w+ly)? ?(?:caused|induced|produced|provoked|triggered|precipitated) by|(?:is|are|was|were) (?:due|secondary|attributed|related) to|due to|secondary to|(?:is|are) (?:a |an )?(?:\w+ ){0,2}(?:side|adverse) effects? of|(?:occurred|developed|seen|appeared|reported|observed) (?:during|after|following|with)(?: treatment with| administration of| the use of| therapy with)?|(?:during|after|following) (?:treatment with|administration of|therapy with|the use of))\b"),
        ("causes", "after-drug", "<", "R", "DS", r"\b(?:associated with|during|after|following|while (?:taking|receiving|on)|in (?:a |an |the |two |three |\d+ )?(?:\w+ )?(?:patients?|women|woman|men|man|child|children|infants?|rats?|mice|adolescents?|subjects|animals|volunteers) (?:who (?:took|received) |treated (?:chronically )?with|receiving|taking|on|given|exposed to)|complicating|caused by|induced (?:in \w+ )?by|produced by|provoked by|elicited by|evoked by|attributable to|attributed to|associated with the)(?: (?:long-term|chronic|acute|oral|intravenous|high-dose|low-dose|prolonged|combination|single|repeated|the|a|an|continuous|concomitant))*(?: (?:use|consumption|administration|initiation|infusion|injection|treatment|therapy|exposure|doses?|courses?|discontinuation|withdrawal|overdose|ingestion|intake|bolus)(?: (?:of|with|to))?)?(?: (?:a|the|high|low|oral|intravenous|high-dose|low-dose))*(?= ☃(?! (?:was|were|is|had been|has been) (?:stopped|discontinued|withdrawn)))"),
        ("causes", "drug-developed", ">", "R", "DS", r"\b(?:(?:patients|rats|mice|animals|subjects|group)? ?(?:developed|experienced|elicited|evoked)|may produce|(?:administration|treatment|therapy)? ?(?:produced|caused|induced)|toxicity:|(?:complications|toxicity|toxicities|side effects|adverse effects|adverse events|adverse reactions|reactions)(?: of ☃| with ☃)?(?: \w+){0,2},? (?:included?|including|includes|such as|consisted of|were|was))(?: \w+){0,2}(?= ☃)"),
        ("causes", "side-effects-of-include", ">", "R", "DS", r"(?:(?<=side effects of ☃)|(?<=adverse effects of ☃)|(?<=adverse reactions to ☃)|(?<=reactions to ☃))(?: may| can| commonly)? (?:include|are|were|be)\b"),
        ("causes", "occurs-with", "<", "RP", "DS", r"\b(?:occurs?|develops?|arises?|arose|emerged?|emerges|appears?|happens?|(?:is|are|was|were|been) (?:seen|observed|reported|described|noted|encountered))(?: \w+ly)? (?:with|on|during|after|following|under)(?: (?:the use of|use of|treatment with|therapy with|administration of|exposure to|taking))?\b"),
        ("causes", "following", "<", "RP", "DS", r"(?<=☃) (?:following|attributable to|attributed to|ascribed to|blamed on|brought on by|resulting from|arising from|(?:results?|resulted|stems?|stemmed) from)(?: (?:the use of|use of|treatment with|therapy with|administration of|exposure to))?\b"),
        ("causes", "disease-caused-by", "<", "D", "D", r"\b(?:(?:(?:is|are|was|were|be|been)(?: \w+)? )?(?:caused|produced|provoked|triggered|precipitated|induced) by|(?:(?:is|are|was|were)(?: \w+)? )?(?:due|secondary|attributable) to|as a (?:\w+ )?(?:complication|consequence|result|sequela) of|(?:is|are) (?:a |an )?(?:\w+ ){0,2}(?:complications?|consequences?|sequelae?) of|(?:results?|resulted|resulting|arises?|arising|stems?|stemming) from|complicating)(?: (?:a|an|the|untreated|long-standing|severe|chronic|acute))*\b"),
        ("causes", "disease-causes", ">", "D", "D", r"\b(?:(?:(?:may|can|often|commonly|also|frequently|eventually) ){0,2}(?:causes?|produces?|leads? to|results? in|progress(?:es)? to|predisposes? to)|(?:may|can) be complicated by|is a (?:\w+ )?cause of)\b"),
        ("has_symptom", "presents-with", ">", "D", "S", r"\b(?:(?:\w+ly |often |may |can |usually |commonly ){0,2}(?:presents?|presented|presenting|manifests?|manifested|begins?|starts?) (?:with|as|by)|(?:typically |often |usually |commonly )?complains? of|(?:is|are|was|were|be)(?: \w+ly| often)? (?:characteri[sz]ed|accompanied|marked|manifested|heralded) by|(?:characteri[sz]ed|accompanied) by|symptoms (?:of ☃ )?(?:are|include|may include|consist of)|causes?|leads? to|include)(?: the| a| an)?(?: (?:combination|sudden|severe|persistent|progressive|high|acute|onset) ?(?:of)?){0,2}\b"),
        ("has_symptom", "symptom-of", "<", "D", "S", r"\b(?:(?:is|are)(?: the| a| an)?(?: \w+){0,2} (?:symptoms?|signs?|manifestations?|features?|presentations?|complaints?) (?:of|in)|(?:is|are) (?:typical|characteristic|common|suggestive|pathognomonic|seen|indicative)(?: of| in| findings in))\b"),
        ("has_symptom", "symptoms-of-include", ">", "D", "S", r"(?<=symptoms of ☃) (?:include|are)|(?<=signs of ☃) (?:include|are)"),
        ("diagnoses", "confirms", ">", "T", "D", r"\b(?:(?:(?:may|can|is|are|was|were) )?(?:used|required|needed|necessary|performed|useful|recommended|essential) (?:to|for) (?:the )?(?:confirm|diagnose|detect|screen for|diagnosis of|detection of|screening for|establish the diagnosis of)|(?:confirm(?:s|ed)?|establish(?:es|ed)?|makes|made)(?: the)?(?: diagnosis of)?|(?:detects?|detected|diagnose[sd]?|identif(?:y|ies|ied)|screens? for)|is the (?:[\w ]{0,24}?)(?:test|standard|method|examination|tool|investigation)(?: of choice)? (?:for|in)(?: the)?(?: (?:diagnosis|diagnosing|detection|detecting|screening)(?: of| for)?)?|(?:is|are) diagnostic (?:of|for)|indicates|which indicates|(?:reveal(?:s|ed)|show(?:s|ed)|demonstrate[sd])(?: the| an| a| \w+)?(?= ☃))"),
        ("diagnoses", "diagnosed-by", "<", "T", "D", r"\b(?:(?:is|are|was|were|be|can be|may be)(?: \w+ly)? (?:diagnosed|confirmed|detected|identified|established|verified|demonstrated|screened)(?: (?:by|with|on|using|through|when|via|if))(?: an?| the| means of| elevated| positive)?|(?:diagnosis|detection) (?:is|was) (?:made|confirmed|established) (?:by|with|on|using)|(?:rests|relies|depends|is based) on)\b"),
        ("interacts", "interacts-with", ">", "R", "R", r"\b(?:(?:may |can |could |strongly )?(?:interacts?|interacted) with|(?:(?:can|may|might|could|significantly|markedly|greatly) )?(?:increases?|reduces?|decreases?|raises?|lowers?|enhances?|potentiates?|inhibits?|diminishes?|elevates?|impairs?|antagoni[sz]es?|induces?|blocks?)(?: the)?(?: (?:anticoagulant|antiplatelet|plasma|serum|blood|therapeutic|hypotensive|sedative|hypoglycemic|antihypertensive|analgesic|toxic))?(?: (?:effects?|levels?|concentrations?|toxicity|action|activity|metabolism|clearance|absorption|efficacy|excretion|exposure|elimination)(?: and \w+)?)(?: (?:of|to))?|(?:(?:can|may|significantly) )?(?:increases?|reduces?|decreases?|raises?|lowers?|potentiates?|enhances?)(?: the)?(?=(?: the)? ☃ (?:levels?|concentrations?|toxicity|effects?|exposure))|(?:must|should) (?:not be|never be|be avoided)(?: (?:combined|used|taken|given|administered|mixed)(?: together| concurrently| concomitantly)?)? with|(?:must|should) be avoided with|(?<=use of ☃) (?:and|with)(?= ☃)|(?:and|with)(?= ☃ (?:must|should) (?:not|never) be (?:taken|used|given|combined))|together with|in combination with(?=[^.;]{0,40}(?:risk|toxicity|may|can|cause|lead|result))|(?:combined|co-?administered|taken together) with|(?:plus|and)(?= ☃ (?:should not be|must not be|can precipitate|may precipitate|interact))|(?:and|with)(?= ☃ (?:interact|increases the risk of))|(?:toxicity|effect|level) is (?:enhanced|increased|reduced|decreased|raised) (?:when it is combined with|by|when combined with|with))\b"),
        ("located_in", "in", ">", "DS", "A", r"(?<=☃) (?:(?:(?:was|were|is|are) |often |usually |mainly |commonly |most often |typically )*(?:(?:seen|located|detected|found|present|identified|noted|visible|situated|observed|localized) |(?=confined|aris|appear|affect|involv)))?(?:in|of|on|within|at|over|affecting|involving|involves|affects|affect|affected|involved|confined to|appear(?:ed|s) (?:on|in)|occurring in|aris(?:ing|es) (?:in|from)|occurs in)(?: the| his| her| your| both| a| an)?(?: \w+ \w+ of the)?(?: (?:left|right|upper|lower|distal|proximal|anterior|posterior))? (?=☃)"),
        ("located_in", "often-affects", ">", "D", "A", r"\b(?:(?:\w+ly |often )?(?:affects?|involves?|affected|involved)(?: the)?) (?=☃)"),
        ("located_in", "affected-in", "<", "D", "A", r"\b(?:is|are|was|were)(?: \w+ly)? (?:affected|involved|damaged|inflamed)(?: early)? (?:in|by)\b"),
        ("located_in", "site-showed", "<", "DS", "A", r"(?<=☃) (?:showed|shows|revealed|reveals|contains|contained|has|had)(?: a| an| multiple)? (?=☃)"),
    ),
)  # fmt: skip

_ZH = _triggers(
    "zh",
    (
        ("contraindicated", "禁用于", ">", "RP", "DS", r"(?:禁用于|禁忌用于|不(?:宜|应|可|能|得)用于|不适用于|慎用于|忌用于|(?:的)?禁忌症?证?(?:是|为|包括|有)[:：]?)"),
        ("contraindicated", "者禁用", "<", "RP", "DS", r"(?:(?:的)?(?:患者|病人|者|患儿|人群)?(?:应|应当|须|需|要|绝对|均)?(?:禁用|禁止使用|禁服|忌用|忌服|避免使用|不(?:宜|应|可|能|得)(?:使用|应用|服用|接受|行|用)))"),
        ("contraindicated", "是禁忌", "<", "RP", "DS", r"(?:是|为|属于?)(?=☃的?(?:绝对|相对)?禁忌)"),
        ("treats", "not-无效", ">", "RP", "DS", r"(?:不能|不可|不会|无法|未能|并不能?|不)(?:有效)?(?:治疗|预防|缓解|改善|控制|治愈|用于)|对(?=[^，。；]{0,20}☃[^，。；]{0,6}(?:无效|没有效果|无作用|无明显(?:疗效|效果)|效果不佳|疗效不佳|没有作用|没有疗效))|无需用于"),
        ("treats", "用于", ">", "RP", "DS", r"(?:(?:主要|可|常|适|也可|均可|临床上?|广泛|推荐|被|已|需)?(?:适?用于|用来|用以|应用于)(?:治疗|预防|缓解|改善|控制|辅助治疗|防治)?|(?:可|能|能够|可以|有助于|开始|常规|口服|予|给予)?(?:有效|迅速)?(?:治疗|缓解|改善|预防|治愈|控制|减轻|防治|根治|消除|解除)(?:了)?|(?:可)?(?:降低|延长)(?=☃(?:患者)?的?(?:死亡率|生存期|病死率))|是(?:治疗|预防|抢救)?(?=☃的(?:一线|首选|主要|有效|标准|最有效|常用|二线|基础))|是(?:治疗|预防)|对(?=[^，。；]{0,12}☃(?:患者)?(?:也|均|亦)?(?:有效|有(?:良好|较好|显著|一定|明显)?(?:的)?(?:疗效|效果|治疗作用|作用)|疗效))|为(?=☃的(?:一线|首选|主要)))"),
        ("treats", "采用", "<", "RP", "DS", r"(?:(?:的)?(?:患者|病人|者|患儿|发作时|时|发作)?(?:，)?(?:均|也|常|应|需|可|宜|推荐|建议|首选|主要|可以|一般|长期|多|予以?|给予|不能☃者可|术后|及时|接受了?|服用|选用){0,3}(?:采用|使用|选用|应用|口服|服用|给予|予以?|行|接受了?|首选|用|需长期|推荐|进行|实施|通过(?:接种|口服|服用|使用))(?:药物|口服)?(?=☃))|(?:的)?(?:治疗|首选药物?|一线(?:治疗|药物)|药物治疗|治疗药物|治疗方法)(?:首选|包括|主要为|主要是|有|为|是|以|可用|主要包括|可选用)(?=[^，。；]{0,4}☃)"),
        ("treats", "以为首选", "<", "RP", "DS", r"(?:的)?(?:治疗|用药|药物)?(?:首先|一般|通常|主要|多|常)?以(?=☃(?:[、和及]☃){0,3}(?:治疗)?为(?:首选|主|一线|基础|标准|佳|宜))"),
        ("treats", "服", "<", "RP", "DS", r"(?:长期|一直|规律|间断|自行|现|目前|仍|曾|已|遂|通常|一般|常|可|应|宜|需|继续|坚持|开始|每日|每天|患者|病人|者|的|可以|建议|多|病史[^，。；☃]{1,6}，)*(?:内服|含服|外用|肌注|静滴|静注|注射|皮下注射|吸入|口服|服用|服|吃|用|使用|应用|开具|开|处以|加用|改用|换用|换成|选择|选|给予|予|靠|吃着|在用|续用|维持)(?:了|着|过)?(?=☃(?!(?:的)?(?:患者|病人|者)))"),
        ("treats", "计划", "<", "RP", "DS", r"(?<=☃)[：:](?:继续|续用|予以?|给予|加用|改用|口服|服用|开始|维持|用)?(?=☃)"),
        ("treats", "后好转", ">", "RP", "DS", r"(?:治疗)?(?:后|以来|期间)[，]?(?=(?:患者)?(?:的)?☃(?:症状|明显|逐渐|已|基本|完全|均|较前|得到|有所|显著|很快|迅速)*(?:好转|缓解|改善|消失|减轻|控制|痊愈|治愈|稳定))"),
        ("treats", "予", ">", "RP", "DS", r"(?:抗感染|抗炎|抗凝|止痛|对症)(?:治疗|处理)(?=☃)"),
        ("causes", "not-引起", ">", "RP", "DS", r"(?:不会|不能|未|并未|并不|没有|不|未曾|不易|尚未)(?:明显)?(?:引起|导致|造成|诱发|引发|加重|增加|致)(?:任何|明显)?"),
        ("causes", "引起", ">", "RP", "DS", r"(?:(?:可能?|会|常|易|偶可?|能|亦可|还可|也可|容易|长期应用|后)*(?:引起|导致|造成|诱发|引发|致使?|诱导|加重|并发|产生)(?:的)?|(?:可|会)?增加(?=☃(?:的)?(?:发生)?(?:的)?(?:风险|危险|发生率))|(?:的)?(?:常见|主要|严重|最常见的?)?(?:不良反应|副作用|毒副作用|毒性反应)(?:有|为|是|包括|主要为|主要有|主要是|主要包括|表现为)[:：]?|(?:后|期间|过程中)(?:出现|发生)(?:了)?)"),
        ("causes", "由引起", "<", "RP", "DS", r"(?:(?:是|系|多|可|常)?由(?=☃(?:所)?(?:引起|导致|诱发|所致))|与(?=☃(?:有关|相关)))"),
        ("causes", "时发生", ">", "RP", "DS", r"(?:治疗|使用|应用)?(?:过程|期)?(?:时|中|后|间)[，]?(?:偶|可|会|易|常|也|亦|能|容易|可能|少数|个别|患者|有时)*(?:出现|发生|见到|见|发现|产生|并发)(?:了)?(?=☃)"),
        ("causes", "触发", ">", "RP", "DS", r"(?:可能?|会|常|易|能|亦可|也可|容易)*(?:触发|激发|促发|招致|引致|继发|加剧|恶化|促成)(?:了)?"),
        ("causes", "相关性", ">", "RP", "DS", r"(?<=☃)(?:的)?(?:相关性?|诱导性?|诱发性?|源性|所致|所引起|引起|所导致|导致|中毒性|性)(?:的)?(?=☃)"),
        ("causes", "与发生有关", ">", "RP", "DS", r"与(?=☃(?:的)?(?:发生|发病|发展|形成|出现)(?:率|风险)?(?:密切|显著|明显|直接|可能|高度)?(?:有关|相关))"),
        ("causes", "归因于", "<", "RP", "DS", r"(?:可)?(?:被)?(?:归因于|归咎于|源于|缘于|起因于|继发于|归于)|(?:是|系|为|多为|常为|乃|均为|因)(?=☃(?:的)?(?:所致|所引起|引起|所造成|造成|导致|诱发))|(?:是|为|属于?)(?=☃(?:的)?(?:最)?(?:常见|严重|主要|重要|少见|罕见|较常见)?(?:的)?(?:副作用|副反应|不良反应|毒副作用|毒性反应|毒性))"),
        ("causes", "疾病引起", ">", "D", "D", r"(?:(?:可能?|会|常|易|也可|容易)*(?:引起|导致|造成|诱发|引发|并发|进展为|发展为|演变为|演变成|转变为|发展成))|(?<=继发于☃)的(?=☃)"),
        ("causes", "由疾病引起", "<", "D", "D", r"(?:(?:是|系|多|可|常|主要|往往|通常|一般)*由(?=☃(?:所)?(?:引起|导致|诱发|所致|造成|发展而来))|(?:继发于|源于|起因于|归因于)|(?:是|系|为|多为|常为|属于?)(?=☃(?:的)?(?:最)?(?:常见|严重|主要|重要|晚期|早期|慢性|急性|致命)?(?:的)?(?:并发症|后遗症|合并症|结果|后果))|(?:是|系|为|因|多为|常为)(?=☃(?:所致|所引起|引起|所造成|导致)))"),
        ("has_symptom", "表现为", ">", "D", "S", r"(?:(?:患者|病人|发作时?|早期|常|多|可|主要|临床|典型|通常|一般|急性期|往往|会)*(?:的)?(?:表现为|表现有|症状(?:多|常|主要)?(?:有|为|是|包括)|临床表现(?:有|为|是|包括|主要为)|可?出现|可?伴有?|以(?=(?:[^，。；]{0,16}☃)+[^，。；]{0,4}为(?:主要)?(?:特征|表现|特点|主|首发))|特(?:点|征)(?:是|为|包括)|可?有|可见|主要特征是|引起|导致|典型症状(?:是|为|有|包括)|常见症状(?:有|是|为|包括)|主要症状(?:有|是|为|包括)|可?见)(?:反复|持续|明显|大量|剧烈|突发|进行性|不同程度的?)?)"),
        ("has_symptom", "是表现", "<", "D", "S", r"(?:等)?(?:是|为|均为|都是|多为)(?=[^，。；☃]{0,6}☃(?:患者)?(?:的)?(?:常见|典型|主要|早期|最常见|首发|重要)?(?:的)?(?:临床)?(?:表现|症状|特征|体征|信号))"),
        ("diagnoses", "确诊", ">", "T", "D", r"(?:(?:可|能|可以|有助于|是|为|用于|检查|结果|升高|阳性|者?可|三倍以上|增高|明显|帮助|可用于|即可|的|有利于|可早期|等|指标)*(?:(?<!未)[示见]|显示|确诊(?:为)?|诊断(?:为)?|证实(?:为)?|明确诊断(?:为)?|筛查|检测|发现|检出|鉴别|排查|明确|提示))(?=☃)|(?<=☃)是(?=☃(?:诊断)?的(?:金标准|确诊|首选检查|诊断标准|诊断依据))"),
        ("diagnoses", "确诊依靠", "<", "T", "D", r"(?:(?:的)?(?:诊断|确诊|筛查)(?:主要)?(?:依靠|依据|依赖|靠|首选|需行?|有赖于|可用|的金标准是|标准(?:是|为)|方法(?:是|有|包括)|可行)|(?:可|需|应)?(?:经|通过|行|用)(?=☃(?:检查)?(?:可|以|得以)?(?:确诊|诊断|证实|明确|发现)))"),
        ("interacts", "合用", ">", "R", "R", r"(?:与|和|同|跟)(?=☃(?:[^，。；]{0,4})(?:合用|同用|联用|联合(?:应用|使用)|并用|同服|同时(?:使用|服用|应用)|一起(?:使用|服用)|相互作用|有相互作用|存在相互作用|发生相互作用))|(?:不(?:可|能|宜|应|得)(?:与|和|同)(?=☃(?:合用|同用|联用|同服|同时|一起|并用|配伍)))"),
        ("interacts", "影响", ">", "R", "R", r"(?:可|会|能|可能|可以|显著|明显)*(?:升高|降低|增强|减弱|增加|减少|抑制|加快|减慢|延缓|影响|提高|拮抗)(?=☃(?:的)?(?:[^，。；☃]{0,8})(?:血药浓度|浓度|疗效|作用|毒性|代谢|吸收|清除|效果|活性|排泄|药效))"),
        ("interacts", "避免饮", ">", "R", "R", r"期间(?:应|须|要|需)?(?:避免|禁止|不(?:能|可|宜|要)|禁|忌)(?:饮用?|喝|服用|使用)?"),
        ("located_in", "累及", ">", "DS", "A", r"(?:(?:常|多|主要|可|易|早期|好发|首先|最常|通常|最易|皮损|病变)*(?:累及|好发于|多见于|位于|见于|发生于|分布于|侵犯|发生在|多发于|出现在|定位于|常见于))"),
        ("located_in", "内有", "<", "DS", "A", r"(?<=☃)(?:内|处|部|中|区|上|周围|表面|部位)?(?:见|有|示|可见|出现|查见|发现|探及|存在|内见|可触及|触及|扪及|发生|患)(?:一|多发|一个|数个|大小约|[^，。；☃]{0,4})?(?=☃)"),
        ("located_in", "邻接", "<", "DS", "A", r"(?<=☃)(?:[左右][上中下]?[叶侧部]|[左右]室|壁|区|部)?(?=☃)"),
    ),
)  # fmt: skip

_EN_COORDINATED = re.compile(
    r"\s*(?:,|/|\band\b|\bor\b|\bas well as\b|,\s*(?:and|or)\b)(?:\s+(?:the|a|an|both|either|\w+ly|\w+)){0,2}\s*"
)
_ZH_COORDINATED = re.compile(r"(?:患者的|、|和|及|与|或|以及|并|/|，和|及其|伴|，伴)(?:[^，。；、]{0,3})")
_EN_BARRIER = re.compile(
    r"[;:]|\b(?:because|so that|therefore|until)\b(?! of)|,\s*(?:but|whereas|while|although)\b|\b(?:but|whereas|although)\b"
)
_ZH_BARRIER = re.compile(r"[；;]")
_EN_NEGATIVE = re.compile(
    r"\b(?:not|never|no|without|neither|nor|cannot|can't|n't|fails? to|failed to|there is no (?:evidence|indication)|no evidence|(?:rarely|seldom|hardly|scarcely) (?:if )?ever|none|nobody|scarcely)\b"
)
_ZH_NEGATIVE = re.compile(
    r"没有证据|拒绝|不(?!能☃者|能手术者|能耐受|良|同|能耐受|少|仅|足|全|可与|能与|宜与|应与)|未(?!来)|并非|无(?!菌|痛|创)|没有"
)
_EN_UNCERTAIN = re.compile(
    r"\b(?:may|might|could|can|possibl[ey]|suspected|suggested|unclear|whether|potential|possibly|perhaps|questionable)\b"
)
_ZH_UNCERTAIN = re.compile(r"可能|或许|疑|也许|是否|能否|可否|会否|有无|不确定|不明确")
# "can cause", 可能引起: what a drug or a disease is able to do is a fact about it; "may have caused" is a doubt about a case.
_ABLE = re.compile(
    r"\b(?:can|may)(?= (?:(?:also|rarely|occasionally|sometimes|often|itself|directly|\w+ly) )*(?:cause|lead|result|induce|produce|precipitate|trigger|provoke|worsen|aggravate|exacerbate|occur|develop|increase|predispose|be (?:caused|induced|triggered|precipitated|provoked|due|secondary|associated|used|treated|complicated))\b)"
    r"|可能(?=会?(?:引起|导致|造成|诱发|引发|触发|加重|增加|并发|出现|发生|产生))"
)
_PRONOUN = re.compile(
    r"^(?:It|This (?:drug|agent|medication|medicine|treatment)|The (?:drug|agent|medication)|They|It's|Its)\b|^(?:该药物?|本品|此药|其|它)"
)
_DISEASE_CARRIED = re.compile(
    r"^(?:(?:The )?(?:[Cc]ommon |[Tt]ypical |[Mm]ain )?(?:[Ss]ymptoms|[Ss]igns|[Mm]anifestations)|Treatment|The treatment|Patients)\b|^(?:主要|常见|典型|临床)*(?:症状|表现|临床表现|患者|治疗)"
)
# One verb may say both: "endometriosis causes dysmenorrhea (a symptom) and infertility (a disease)", "ultrasound of the
# gallbladder shows stones".
_MAY_SHARE: Final[tuple[set[str], ...]] = ({"causes", "has_symptom"}, {"diagnoses", "located_in"})
_DENIED_BEFORE = re.compile(
    r"\b(?:no|insufficient|inadequate|little|limited|scant|conflicting|weak|lack of|not enough) (?:\w+ )?(?:evidence|indication|data|support|proof)|not known|not (?:recommend|advise)|(?:recommends?|advises?) against"
    r"|(?:没有|尚无|并无|缺乏|缺少|未有|无)(?:充分|足够|确切|可靠|任何|明确|直接)*(?:的)?(?:证据|依据|数据|研究)(?:表明|显示|支持|证明|证实)?"
    r"|\b(?:not(?! only)|never|avoid(?:ed|ing)?|refus(?:es?|ed)|declin(?:es?|ed)) (?:\w+ ){0,2}$"
    r"|(?:不(?:推荐|建议|主张|应|宜|能|可|得|要|必|须|需)(?!☃)|避免|禁止|严禁|切勿|勿|拒绝)[^，。；☃]{0,4}$"
)
# What is said behind the right mention may take the fact back.
_TAKEN_BACK = re.compile(
    r"(?: [\w-]+){0,3} (?:is|are|was|were|remains?|has (?:not )?been|could)(?: \w+)? (?:not|unproven|unproved|unknown|unclear|controversial|doubtful|disputed|debated|refuted|ineffective|disappointing)\b"
    r"|(?:的)?(?:疗效|效果|作用|价值|证据|获益|关系)?(?:并|尚|均|也|仍|都)?(?:不优于|无效|不佳|不明显|不显著|不确切|不肯定|不明确|不明|欠佳|无(?:明显|显著)?(?:差异|优势|作用|效果|意义)|未(?:得到|获|被|能|予)?证实|有待|尚待|存在?争议|未知|没有(?:效果|作用|意义))"
)
_DOUBTED_BEFORE = re.compile(
    r"\b(?:whether|unclear|not clear|doubtful|doubts?|debated|controversial|questionable|remains to be)\b|是否|尚不(?:清楚|明确)|怀疑|争议"
)
_RELIEF = re.compile(
    r"\s*(?:(?:complete|partial|rapid|clinical) )?(?:remission|resolution|improvement|disappearance|regression|relief|recovery)\b"
)
# Less of a substance is another cause than the substance.
_LACKING = re.compile(
    r"[ -](?:deficiency|deficient|deficit|withdrawal|deprivation|insufficiency|depletion|shortage|abstinence|cessation|discontinuation|antagonis\w+"
    r"|(?:levels?|intake|stores?|concentrations?) (?:(?:is|are|was|were) )?(?:too )?(?:low|lower|reduced|depleted|insufficient|fall|fell|drop))\b"
    r"| (?:was|were|is|are|been|being) (?:stopped|discontinued|withdrawn|tapered|omitted|withheld|ceased)\b"
    r"|(?:的)?(?:水平|摄入量?|含量|浓度|分泌)?(?:明显|相对|绝对|严重)?(?:缺乏|缺少|不足|缺失|停用|减少|低下|过少|过低|偏低|降低|匮乏|耗竭|停药|戒断)"
)
_LACK_OF = re.compile(
    r"\b(?:deficiency|deficit|lack|absence|deprivation|withdrawal|shortage|depletion|insufficiency|cessation|discontinuation|loss|omission) (?:of|in|from)(?: the| dietary)? $"
    r"|\b(?:low|lower|lowered|insufficient|inadequate|deficient|reduced|decreased|diminished|depleted|too little|stopping|discontinuing|withdrawing|missing|omitting|skipping|stopped|discontinued)(?: (?:the|serum|plasma|dietary|of))? $"
    r"|(?:缺乏|缺少|缺|停用|停服|停止(?:使用|服用|应用)?|停|撤除?|撤去|漏服|减停|戒断?|低|少)$"
)
_COMPARED_WITH = re.compile(
    r"\b(?:(?:compared|comparison|relative|contrast)(?: (?:with|to))|(?:superior|inferior|preferable|equivalent|comparable|similar|equal) to|versus|vs\.?|than|as opposed to|unlike|rather than|instead of)"
    r"(?: (?:the|those|that|patients|with|in|of|without)){0,4} $"
    r"|(?:相?较于|相比于|不同于|优于|高于|低于|多于|少于)$"
)
_COMPARED_BESIDE = (re.compile(r"(?:与|和|同|跟|较|比)$"), re.compile(r"[^，。；☃]{0,4}(?:相比|比较|相较)"))
_FEWER = re.compile(r"\b(?:fewer|less|lower|reduced|decreased|smaller)\b")
_FEWER_AFTER = re.compile(r"(?:的)?(?:发生率|风险)?(?:较少|更少|减少|较低|更低|降低)(?!见)")
_MOST_MENTIONS: Final[int] = 100  # of one sentence; beyond that it is a list, and pairs would take their number squared
_MARK: Final[str] = "☃"
_GAP: Final[dict[str, int]] = {"en": 70, "zh": 26}


class RuleExtractor:
    """Extracts relations with the triggers above; every relation names its rule."""

    name = "rules"
    version = ""

    def extract(self, text: str, entities: Sequence[Entity]) -> list[Relation]:
        """Relations within each sentence, and from a sentence to the one before it where it says so ("It …")."""
        found: dict[tuple[int, int, str], Relation] = {}
        position = 0
        previous: list[int] = []
        for start, end in split(text):
            while position < len(entities) and entities[position].start < start:
                position += 1
            last = position
            while last < len(entities) and entities[last].end <= end:
                last += 1
            inside = list(range(position, last))
            if 0 < len(inside) <= _MOST_MENTIONS:
                sentence = _Sentence(text, start, end, entities, inside, previous)
                for relation in sentence.relations():
                    key = (relation.head, relation.tail, relation.label)
                    if key not in found:
                        found[key] = relation
            previous = inside
            position = last
        return sorted(_resolved(found.values()), key=lambda r: (r.head, r.tail, r.label))


def _resolved(relations: Iterable[Relation]) -> list[Relation]:
    """Drops what a stronger reading of the same pair denies: a contraindication is neither treatment nor harm."""
    listed = list(relations)
    strong = {(r.head, r.tail) for r in listed if r.label == "contraindicated"}
    interacting = {(r.head, r.tail) for r in listed if r.label == "interacts"}
    negative = {(r.head, r.tail) for r in listed if r.polarity == "negative"}
    treated = {(r.head, r.tail) for r in listed if r.label == "treats"}
    kept = []
    for relation in listed:
        pair = (relation.head, relation.tail)
        if relation.label != "contraindicated" and pair in strong:
            continue
        if relation.label in {"treats", "causes"} and pair in negative and relation.polarity != "negative":
            continue
        if relation.label == "causes" and pair in treated:
            continue
        if relation.label == "interacts" and pair[::-1] in interacting and pair[0] > pair[1]:
            continue
        kept.append(relation)
    return kept


class _Sentence:
    """One sentence with its mentions masked to a single mark each, so that patterns see only words between them."""

    def __init__(
        self, text: str, start: int, end: int, entities: Sequence[Entity], inside: list[int], previous: list[int]
    ) -> None:
        self.offset = start
        self.entities = entities
        self.inside = inside
        self.previous = previous
        pieces = []
        self.at: list[int] = []  # position of each mention's mark in the masked sentence
        self.origin: list[int] = []  # offset in the text of each character of the masked sentence
        cursor = start
        length = 0
        for i in inside:
            entity = entities[i]
            plain = text[cursor : entity.start]
            pieces.append(plain)
            self.origin.extend(range(cursor, entity.start))
            length += len(plain)
            self.at.append(length)
            pieces.append(_MARK)
            self.origin.append(entity.start)
            length += 1
            cursor = entity.end
        pieces.append(text[cursor:end])
        self.origin.extend(range(cursor, end + 1))
        self.masked = "".join(pieces)
        folded = self.masked.lower()
        self.folded = folded if len(folded) == len(self.masked) else self.masked
        chinese = count_han(self.folded)
        self.lang = "zh" if chinese * 4 > len(self.folded) - len(inside) else "en"
        self.compared = {i for k, i in enumerate(inside) if self._is_compared_with(k)}

    def relations(self) -> Iterator[Relation]:
        yield from self._doses()
        triggers = _EN if self.lang == "en" else _ZH
        if len(self.inside) < 2 and not self._carried(frozenset({"drug", "disease"})):
            return
        taken: list[tuple[int, int, str]] = []
        for trigger in triggers:
            for match in trigger.pattern.finditer(self.folded):
                # "is contraindicated in" also holds the words of weaker triggers: the first rule keeps the place.
                if any(
                    s < match.end() and match.start() < e and {label, trigger.label} not in _MAY_SHARE
                    for s, e, label in taken
                    if label != trigger.label
                ):
                    continue
                made = list(self._around(trigger, match))
                if made:
                    taken.append((match.start(), match.end(), trigger.label))
                    yield from made

    def _around(self, trigger: _Trigger, match: re.Match[str]) -> Iterator[Relation]:
        start, end = match.start(), match.end()
        left_kind, right_kind = (trigger.head, trigger.tail) if trigger.head_left else (trigger.tail, trigger.head)
        left = self._left(start, left_kind)
        right = self._right(end, right_kind)
        score = 0.9
        if not left:
            left = self._carried(left_kind) if start < 30 else []
            score = 0.7
        if not left or not right or set(left) & set(right):
            return
        polarity = trigger.polarity
        if polarity == "positive":
            polarity = self._polarity(trigger, left, right, start, end)
        heads, tails = (left, right) if trigger.head_left else (right, left)
        heads = [head for head in heads if not self._beside_the_point(trigger, head)]
        if trigger.label in {"treats", "causes"}:
            heads = [head for head in heads if self._is_said(head)]
            tails = [tail for tail in tails if self._is_said(tail)]
        if trigger.label == "causes":
            tails = [tail for tail in tails if not self._is_fewer(tail, end)]
        if polarity != "negative" and trigger.label == "treats":
            tails = [tail for tail in tails if not self._is_absent(tail)]
            heads = [head for head in heads if not self._is_absent(head)]
        if not heads or not tails or (trigger.label == "causes" and _RELIEF.match(self.folded, end)):
            return
        if trigger.label == "diagnoses" and "，" in self.folded[end : self.at[self.inside.index(right[0])]]:
            return
        for head in heads:
            for tail in tails:
                low = min(self.entities[head].start, self.entities[tail].start, self.origin[start])
                low = max(low, self.offset)
                high = max(self.entities[head].end, self.entities[tail].end, self.origin[end - 1] + 1 if end else 0)
                yield Relation(
                    head, tail, trigger.label, polarity, self._likely(score, head, tail), low, high, trigger.rule
                )

    def _likely(self, rule: float, head: int, tail: int) -> float:
        """A relation is right where the rule and both mentions are; `rule` is how often a rule is, given right mentions."""
        return round(rule * self.entities[head].score * self.entities[tail].score, 4)

    def _beside_the_point(self, trigger: _Trigger, head: int) -> bool:
        """Whether a mention is no head: an old disease of a complaint of today, or a drug that is lacking."""
        if trigger.label == "has_symptom":
            return self.entities[head].history or self.entities[head].family
        if trigger.label in {"treats", "causes"} and head in self.inside:
            at = self.at[self.inside.index(head)]
            return bool(_LACKING.match(self.folded, at + 1) or _LACK_OF.search(self.folded, max(0, at - 40), at))
        return False

    def _is_compared_with(self, k: int) -> bool:
        """Whether a mention is only what another is measured against: it takes no part in what is said."""
        before = self.folded[max(0, self.at[k] - 60) : self.at[k]]
        beside, after = _COMPARED_BESIDE
        return bool(
            _COMPARED_WITH.search(before) or (beside.search(before) and after.match(self.folded, self.at[k] + 1))
        )

    def _is_said(self, i: int) -> bool:
        """Whether a mention is the patient's or the world's, not a relative's."""
        return not self.entities[i].family

    def _is_absent(self, i: int) -> bool:
        """Whether the text says that a mention is not there: nothing treats it, and it treats nothing."""
        return self.entities[i].negated and not self.entities[i].uncertain

    def _is_fewer(self, tail: int, end: int) -> bool:
        """Whether the text says that there is less of a mention: that is no cause of it."""
        if tail not in self.inside:
            return False
        at = self.at[self.inside.index(tail)]
        return bool(_FEWER.search(self.folded, end, at) or _FEWER_AFTER.match(self.folded, at + 1))

    def _polarity(self, trigger: _Trigger, left: list[int], right: list[int], start: int, end: int) -> str:
        if right[-1] in self.inside and _TAKEN_BACK.match(self.folded, self.at[self.inside.index(right[-1])] + 1):
            return "negative"
        negative = _EN_NEGATIVE if self.lang == "en" else _ZH_NEGATIVE
        uncertain = _EN_UNCERTAIN if self.lang == "en" else _ZH_UNCERTAIN
        low = 0 if left[0] not in self.inside else self.at[self.inside.index(left[0])]
        high = self.at[self.inside.index(right[-1])] if right[-1] in self.inside else len(self.folded)
        around = self.folded[low:high] if trigger.label != "contraindicated" else ""
        if trigger.label in {"interacts", "contraindicated"}:
            # "must not be combined with" states the interaction, it does not deny it.
            around = self.folded[low:start]
            denied = re.search(
                r"\b(?:does|do|did) not|no (?:evidence|interaction)|(?:is|are) not\b|无相互作用|没有相互作用|并?不(?:影响|禁)|非",
                around + self.folded[start:end],
            )
            return "negative" if denied and "must not" not in around and "should not" not in around else "positive"
        opening = self.folded[max(0, low - 30) : low]
        if negative.search(around) or _DENIED_BEFORE.search(opening):
            return "negative"
        if uncertain.search(_ABLE.sub(" ", around) if trigger.label == "causes" else around) or _DOUBTED_BEFORE.search(
            opening
        ):
            return "uncertain"
        flagged = [self.entities[i] for i in (*left, *right)]
        if any(entity.negated and not entity.uncertain for entity in flagged) and trigger.label in {
            "causes",
            "has_symptom",
            "located_in",
            "diagnoses",
        }:
            return "negative"
        if any(entity.uncertain for entity in flagged):
            return "uncertain"
        return "positive"

    def _left(self, position: int, kind: frozenset[str]) -> list[int]:
        barrier = _EN_BARRIER if self.lang == "en" else _ZH_BARRIER
        for k in range(len(self.inside) - 1, -1, -1):
            if self.at[k] >= position or self.inside[k] in self.compared:
                continue
            gap = self.folded[self.at[k] + 1 : position]
            if len(gap) > _GAP[self.lang] or barrier.search(gap):
                return []
            if self.entities[self.inside[k]].label in kind:
                return sorted(self._coordinated(k, kind, -1))
        return []

    def _right(self, position: int, kind: frozenset[str]) -> list[int]:
        barrier = _EN_BARRIER if self.lang == "en" else _ZH_BARRIER
        for k in range(len(self.inside)):
            if self.at[k] < position or self.inside[k] in self.compared:
                continue
            gap = self.folded[position : self.at[k]]
            if len(gap) > _GAP[self.lang] or barrier.search(gap):
                return []
            if self.entities[self.inside[k]].label in kind:
                return self._coordinated(k, kind, 1)
        return []

    def _coordinated(self, k: int, kind: frozenset[str], step: int) -> list[int]:
        joins = _EN_COORDINATED if self.lang == "en" else _ZH_COORDINATED
        members = [self.inside[k]]
        while 0 <= k + step < len(self.inside):
            near, far = (k, k + step) if step > 0 else (k + step, k)
            if self.entities[self.inside[k + step]].label not in kind or self.inside[k + step] in self.compared:
                break
            if not joins.fullmatch(self.folded[self.at[near] + 1 : self.at[far]]):
                break
            k += step
            members.append(self.inside[k])
        return members

    def _carried(self, kind: frozenset[str]) -> list[int]:
        """The subject of the sentence before, where this one only points to it."""
        if "drug" in kind and _PRONOUN.search(self.masked):
            wanted = kind & {"drug", "procedure"}
        elif "disease" in kind and _DISEASE_CARRIED.search(self.masked):
            wanted = kind & {"disease"}
        else:
            return []
        return [i for i in self.previous if self.entities[i].label in wanted][:1]

    def _doses(self) -> Iterator[Relation]:
        """A dose belongs to the drug before it, or to the one right behind it ("500 mg of aspirin")."""
        for k, i in enumerate(self.inside):
            if self.entities[i].label != "dose":
                continue
            after = self.folded[self.at[k] + 1 : self.at[k + 1]] if k + 1 < len(self.inside) else None
            following = after is not None and self.entities[self.inside[k + 1]].label == "drug"
            if following and re.fullmatch(r"(?:\s*(?:of|iv|po)?\s*(?:oral |intravenous )?|的)", after or ""):
                yield self._dose(self.inside[k + 1], i, "dose-of-drug")
                continue
            for back in range(k - 1, -1, -1):
                label = self.entities[self.inside[back]].label
                gap = self.folded[self.at[back] + 1 : self.at[k]]
                if len(gap) > 60 or re.search(r"[;；。]", gap):
                    break
                if label == "drug":
                    yield self._dose(self.inside[back], i, "drug-dose")
                    break
                if label not in {"dose", "procedure", "disease", "symptom"} or (
                    label in {"disease", "symptom"} and len(gap) > 30
                ):
                    break

    def _dose(self, drug: int, dose: int, name: str) -> Relation:
        low = min(self.entities[drug].start, self.entities[dose].start)
        high = max(self.entities[drug].end, self.entities[dose].end)
        score = self._likely(0.95, drug, dose)
        return Relation(drug, dose, "has_dose", "positive", score, low, high, f"has_dose/{self.lang}/{name}")


def load_rules(argument: str | None) -> RuleExtractor:
    """The extractor; there is only one."""
    return RuleExtractor()
