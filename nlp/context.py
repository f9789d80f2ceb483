"""Context of mentions: negated, uncertain, history, family; Chinese and English, by trigger and scope.

After ConText (Harkema et al. 2009): a trigger opens a scope to its right or left, which ends at a conjunction or
at the end of the sentence; mentions within it get the flag. Triggers that only look like one ("no increase",
"not only", 无效) are taken out first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from medpress.writing_systems import HAN, has_han
from nlp.sentences import split
from nlp.spans import Entity


class _Rule(NamedTuple):
    flag: str
    trigger: re.Pattern[str]
    forward: bool
    reach: int
    """How many characters the scope reaches at most."""
    stop: re.Pattern[str]


_AHEAD: Final[int] = 40
"""Characters beyond a scope that its end may look at; without a limit a text without sentences would take its length squared."""

_FLAGGED: Final[dict[str, frozenset[str]]] = {
    "negated": frozenset({"disease", "symptom", "procedure"}),
    "uncertain": frozenset({"disease", "symptom"}),
    "history": frozenset({"disease", "symptom", "procedure"}),
    "family": frozenset({"disease", "symptom", "procedure"}),
}

_EN_STOP = re.compile(
    r";|(?<!pmh)(?<!pmhx)(?<!psh)(?<!history):|\b(?:but|however|except|although|though|which|who|because|since|whereas|while|until|after|before|despite"
    r"|apart from|other than|secondary to|due to|presents?|presented|complains?|complained|now|currently|today"
    r"|reports?|shows?|showed|reveals?|revealed|suggests?|causes?|caused|developed|is admitted|was admitted"
    r"|was started|were started|was given|is given|indicates?|takes|took|receives)\b"
)
_EN_NARROW = re.compile(_EN_STOP.pattern + r"|,|\b(?:and|with|was|were|is|are|on|in|by)\b")
_EN_FAMILY_STOP = re.compile(
    r";|\b(?:but|the patient|patient|he himself|she herself|he has|she has|he had|she had|he is|she is)\b"
)
_ZH_TURN = r"[：:]|但|伴(?!有?家族)|而|故|遂|因此|提示|考虑|诊断|入院|给予|予以|后出现|现(?!病)"
_ZH_STOP = re.compile(r"[，,；;]|" + _ZH_TURN)
# What is denied goes on over a comma as long as nothing but findings follows: 否认高血压，糖尿病，冠心病史。
_ZH_DENIAL_STOP = re.compile(
    r"[，,；;](?!\s*☃+(?:[、及和或与]☃+)*(?:等)?(?:慢性|传染|遗传)?(?:疾?病)?(?:病史|史|症状|表现|不适)?(?=[，,；;。、]|\s*$))|"
    + _ZH_TURN
)
_ZH_LONG_STOP = re.compile(
    r"[；;。]|，(?![^，。；;]{0,14}(?:史|病史|年|曾|父|母|患|有))|但|本次|此次|近期|现(?!病)|入院|目前"
)
_ZH_FAMILY_STOP = re.compile(r"[；;。]|患者(?!父|母|之)|患儿(?!父|母|之)|本人")

_KIN = (
    r"(?:mother|father|mom|mum|dad|grandma|grandpa|brothers?|sisters?|siblings?|aunts?|uncles?|grandmothers?|grandfathers?|grandparents?|cousins?"
    r"|sons?|daughters?|nephews?|nieces?|relatives?|parents?|twin)"
)
_ZH_KIN = (
    r"(?:父亲|母亲|父母|其父|其母|爸爸|妈妈|哥哥|弟弟|姐姐|妹妹|兄长|兄弟|姐妹|胞兄|胞弟|胞姐|胞妹|祖父|祖母|外祖父|外祖母|爷爷|奶奶|外公|外婆|姥姥"
    r"|姥爷|姑姑|姑母|叔叔|伯父|舅舅|姨妈|姨母|儿子|女儿|堂兄|表哥|表弟|表姐|子女|一级亲属|亲属|家属中|家族中|家族内|家系中|家中)"
)

# A field and its value: "Fever: none", 腹痛(-), 腹痛：无. It speaks of the mention right before it and of nothing else.
_FIELD_VALUE = _Rule(
    "negated",
    re.compile(
        r"(?<=☃)\s*(?:[(（\[]\s*[-－—–−]\s*[)）\]]|(?:[:：]|\s[-–—]\s)\s*"
        r"(?:(?:none|no|nil|denie[sd]|negative|neg|absent|not (?:present|seen|found|detected))\b(?= *(?:[.,;，；。)]|$))"
        r"|(?:无|否认|未见|没有|阴性)(?=\s*(?:[.,;，；。、)）]|$))))"
    ),
    False,
    80,
    re.compile(r"[^☃]"),
)

_EN_RULES: Final[tuple[_Rule, ...]] = tuple(
    _Rule(flag, re.compile(pattern), forward, reach, stop)
    for flag, pattern, forward, reach, stop in (
        (
            "negated",
            r"\b(?:no evidence (?:of|for)|no signs? of|no sign or symptoms? of|no history of|no known|no further|negative for|absence of|free (?:of|from)"
            r"|without(?: any)?(?: evidence of| signs? of)?|den(?:y|ies|ied|ying)(?: any| having| having had)?(?: history of)?|neither|nor|lack of|lacks"
            r"|(?:does|did|do|has|have|had) not (?:have|had|show|reveal|report|develop|experience|exhibit|complain of|demonstrate|suffer from|present with)"
            r"|never (?:had|experienced|developed|suffered)|fail(?:s|ed) to (?:show|reveal|demonstrate)|not (?:have|suffering from|consistent with|demonstrate)"
            r"|not associated with|rul(?:es?|ed) out|exclud(?:es?|ed)|no)\b",
            True, 110, _EN_STOP,
        ),
        (
            "negated",
            r"\b(?:(?:was|were|is|are|has been|have been|had been) (?:ruled out|excluded|absent|not (?:seen|found|present|detected|observed|evident|identified|noted|reported))"
            r"|not (?:seen|found|present|detected|observed|identified|noted)|absent)\b",
            False, 60, _EN_NARROW,
        ),
        (
            "uncertain",
            r"\b(?:(?:possibl[ey]|probabl[ey]|perhaps|presumably|likely)(?: (?:due|secondary) to)?|suspected|suspicious for|suspicion (?:of|for)|suspects?|presumed|presumptive|questionable"
            r"|(?:may|might|could) (?:have|represent|reflect|indicate|be(?! (?:complicated|used|given|associated|caused|treated|needed|required|due|prescribed|considered|helpful|effective|combined|seen|present|followed|accompanied|added|taken|started|tried|offered|repeated|useful|preferred|continued|increased|reduced|necessary|indicated|beneficial|justified|avoided|able)))|(?:can ?not|can't|could not|unable to) (?:be )?(?:rule out|exclude|ruled out)|to rule out"
            r"|concern(?:ing|ed)? for|suggest(?:s|ed|ing|ive of)?(?: of)?|(?:un)?likely(?: to (?:be|have))?|differential diagnos[ie]s (?:includes?|of)"
            r"|appears to be|seems? to (?:be|have)|(?<!once )thought to (?:be|have)|evaluate for|worrisome for|rule out|r/o)\b",
            True, 70, re.compile(_EN_STOP.pattern + r"|\b(?:with|given)\b"),
        ),
        (
            "uncertain",
            r"\b(?:(?:is|was|were|are|be|been) (?:suspected|possible|likely|unlikely|questionable|probable|considered)"
            r"|(?:can ?not|could not|can't) be (?:ruled out|excluded)|not (?:been )?(?:ruled out|excluded))\b",
            False, 60, _EN_NARROW,
        ),
        (
            "history",
            r"\b(?:(?<!family )(?:history|hx) (?:of|includes?|is significant for|significant for|notable for|positive for)|h/o|(?:pmhx?|pshx?|past (?:medical |surgical )?history)(?: (?:of|includes?|is (?:significant|notable) for))?"
            r"|status post|s/p|previously (?:been )?(?:diagnosed with|treated for|underwent|undergone|had)|(?:was|were|been) previously (?:diagnosed with|treated for)|known history of|in the past(?:,)? (?:he|she|the patient) had"
            r"|in (?:19|20)[0-9]{2},? (?:he|she|the patient) (?:had|underwent|was diagnosed with|was treated for|developed|suffered)"
            r"|(?:[0-9]+|an?|one|two|three|four|five|six|seven|eight|nine|ten|several|many|some) (?:years?|months?|decades?) ago,? (?:he|she|the patient) (?:had|underwent|was diagnosed with))\b",
            True, 120, _EN_STOP,
        ),
        (
            "history",
            r"\b(?:previous|prior|old|remote|former|past)(?= (?!to\b|medical|surgical|history|smoker))\b",
            True, 45, re.compile(_EN_STOP.pattern + r"|,|\b(?:and|with|was|were|is|are|on|by)\b"),
        ),
        (
            "history",
            r"\b(?:in (?:19|20)[0-9]{2}\.?$|(?:[0-9]+|an?|one|two|three|four|five|six|seven|eight|nine|ten|several|many|some) (?:years?|decades?) ago|in the past|in childhood|as a child)",
            False, 60, re.compile(r";|,|\b(?:but|and|now|study|trial|published)\b"),
        ),
        (
            "family",
            rf"(?:(?:^|[.;,:]\s*){_KIN}\b(?= (?:also |was |were )?(?:diagnosed|with|has|had|have|died|suffer))|\bthe {_KIN} of (?:the|this|our) (?:patient|proband|child|boy|girl|man|woman|index case)\b"
            rf"|\b(?:his|her|the patient's|patient's|my|their|two|three|both|one|an|a|maternal|paternal|older|younger|elder|whose)\s+(?:(?:maternal|paternal|older|younger|elder|half|first-degree|twin)[ -]){{0,2}}{_KIN}\b(?= (?:also )?(?:has|had|have|died|dies|suffer|with|was|were|is|developed|underwent|takes|took|uses|used|receives|received|both|who))"
            rf"|\bthe (?:(?:maternal|paternal) )?(?:grandmother|grandfather|uncle|aunt|brother|sister|sibling|cousin|father)s?\b(?= (?:also )?(?:has|had|have|died|suffer|with|was|is|developed|both))"
            r"|\bfamily history(?: is| was)?(?: (?:of|includes?|positive for|significant for|notable for|negative for))?|\b(?:familial|family) (?:cases|members?) (?:of|with|had|have|has))",
            True, 140, _EN_FAMILY_STOP,
        ),
        (
            "family",
            rf"\b(?:in (?:his|her|the patient's|the|a|two|both|several) (?:(?:maternal|paternal|first-degree|second-degree) )?{_KIN}|runs in (?:the|his|her) family|in (?:the|his|her) family)\b",
            False, 80, _EN_FAMILY_STOP,
        ),
    )
)  # fmt: skip

_EN_PSEUDO = re.compile(
    r"\bno (?:increase|change|significant (?:change|difference|increase|decrease|effect|interaction|association)|difference|effect|longer|doubt|matter|more than|less than|one|other|treatment|indication|role|benefit|reason|need|response|improvement|data|studies|consensus|specific)\b"
    r"|\bwithout (?:difficulty|effect|improvement|treatment|delay|regard)\b|\bnot only\b|\bnot necessarily\b|\bhistory and\b|\bnot (?:rule[ds]?|excluded?|be ruled|be excluded)\b"
    r"|\blikely(?= (?:to (?:benefit|respond|cause|die|receive|use)))|\bnatural history of\b|\bhistory of present illness\b|\bprior to\b|\bno\.(?= ?[0-9])"
)

_ZH_RULES: Final[tuple[_Rule, ...]] = tuple(
    _Rule(flag, re.compile(pattern), forward, reach, stop)
    for flag, pattern, forward, reach, stop in (
        (
            "negated",
            r"否认(?:有|曾有|患有|既往)?",
            True, 60, _ZH_DENIAL_STOP,
        ),
        (
            "negated",
            r"未见(?:明显|明确|异常)?|未发现|没有(?:出现|明显)?|未(?:触及|触到|扪及|闻及|查见|探及|出现|发生|诉|提示|及|引出|伴|并发|合并)(?:明显)?|(?<!不)排除了?|除外(?=[^。，；]{1,12})|不伴(?:有)?"
            r"|(?<![有毫若全])(?:并)?无(?!效|法|关|需|论|菌|机|[数比限奈非可穷偿从辜形聊以情赖尽暇权谓妨端故愧怪庸时刻]|痛(?:人流|胃镜|肠镜|分娩)|创|名|线|意识|几|缘|疑|创|须|助|异常|特殊|不|症状|明显诱因|诱因)(?:明显|明确|任何|活动性|其他)?|从未(?:患|有)?(?:过)?|(?<!要)不(?=☃)|不存在|不支持|不考虑",
            True, 40, _ZH_STOP,
        ),
        (
            "negated",
            r"(?<=☃)(?:等)?(?:检测|检查|试验|结果)?(?:均|皆|呈|为|已)*(?:阴性|消失|不存在)|(?:已|可|基本|可以|能)(?:被)?(?:排除|除外)(?!了?[" f"{HAN}" r"])|(?:检查|检测|结果)?均?(?:为)?未见|不成立",
            False, 14, _ZH_STOP,
        ),
        (
            "uncertain",
            r"考虑(?:为|是|诊断|存在)?|疑似|怀疑(?:为|是|有)?|可疑|(?<![怀质])疑(?!似|难|问|虑|心|病)(?:为|有)?|不(?:能|除外|排外)?排除|不除外|警惕|可能(?:为|是|系|患有?|有|存在|合并|诊断)|疑诊|拟诊|似为|似有|倾向于?|初步诊断|待排除?|提示(?=[^，。；]{1,14}可能)",
            True, 30, _ZH_STOP,
        ),
        (
            "uncertain",
            r"(?:的)?可能(?:性)?(?:较)?(?:大|小|高|低)|可能(?=[，。；,;]|$)|待排|待查|不除外|不能(?:完全)?(?:排除|除外)|不排除|尚?需排除|[?？]|可疑|待除外|疑似",
            False, 16, _ZH_STOP,
        ),
        (
            "history",
            r"既往(?:史|有|患|曾|体健)?[：:]?(?:有|患|曾|行)?|曾(?:经)?(?:患|有|因|于|行|被?诊断|出现|接受|做)?(?:过)?|过去(?:有|曾|患)|(?:以前|从前|小时候|早年|年轻时)(?:就)?(?:得|患|有|做|曾)过?|[0-9一二三四五六七八九十两]+(?:余)?(?:年|月)前(?:曾|因|行|患|诊断|发现|有)?|(?:19|20)[0-9]{2}年(?:[0-9]{1,2}月)?(?:曾|因|行|患|诊断|于)|手术史[：:]?|有(?=[^，。；]{1,14}(?:病史|史))|否认(?=[^，。；]{1,30}(?:病史|史))",
            True, 40, _ZH_LONG_STOP,
        ),
        (
            "history",
            r"(?:的)?(?:病史|既往史|手术史|(?<!家族)(?<!过敏)史(?![料书学实诗上前册]))",
            False, 30, re.compile(r"[，；;。：:]"),
        ),
        ("family", rf"{_ZH_KIN}(?:们)?", True, 40, _ZH_FAMILY_STOP),
        ("family", r"家族史[：:]?(?=[^，。；]{2,})|家族(?:中)?(?:有|性)", True, 40, _ZH_FAMILY_STOP),
        ("family", r"(?:的)?家族(?:病|遗传)?(?:病)?史|家族聚集", False, 24, re.compile(r"[，；;。]")),
    )
)  # fmt: skip
_ZH_PSEUDO = re.compile(
    r"无(?:明显)?(?:诱因|变化|改善|好转|缓解|差异|统计学|影响|异常)|不(?:能|可)?无|未(?:见)?(?:好转|改善|缓解|控制|治疗)|没有(?:效果|作用|影响|证据|必要|办法|改善|好转)"
    r"|父亲节|母亲节|考虑到|无(?:症状|痛|☃+)性|排除(?:标准|法)|(?:孕|产)妇及其|可能(?:会|导致|引起|诱发|造成|增加|出现|加重)|史密斯|鉴别诊断|母亲(?:妊娠|怀孕|孕期|在孕|哺乳)"
)

_ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,:;.]{1,2}[A-Za-z]{2,}")


def annotate(text: str, entities: Sequence[Entity], lang: str | None = None) -> list[Entity]:
    """The same entities with the flags negated, uncertain, history and family that `text` gives them.

    `lang` is ``zh``, ``en`` or None (both, as far as the text holds them). Entities are sorted by start.
    """
    if not entities:
        return []
    rules: list[_Rule] = []
    if lang != "zh" and _ENGLISH.search(text):
        rules += _EN_RULES
    if has_han(text):
        rules += _ZH_RULES
    if not rules:
        return list(entities)
    rules.append(_FIELD_VALUE)
    folded = text.lower() if len(text.lower()) == len(text) else text
    flags: list[set[str]] = [set() for _ in entities]
    position = 0
    for start, end in split(text):
        while position < len(entities) and entities[position].start < start:
            position += 1
        last = position
        while last < len(entities) and entities[last].start < end:
            last += 1
        if last > position:
            _flag_sentence(folded[start:end], start, entities[position:last], flags, position, rules)
        position = last
    return [
        replace(
            entity,
            negated="negated" in found,
            uncertain="uncertain" in found,
            history="history" in found,
            family="family" in found,
        )
        if found
        else entity
        for entity, found in zip(entities, flags, strict=True)
    ]


def _flag_sentence(
    sentence: str, offset: int, entities: Sequence[Entity], flags: list[set[str]], first: int, rules: Sequence[_Rule]
) -> None:
    # Mentions are blanked so that a word inside one ("primary", 家族性) is never a trigger or the end of a scope.
    masked = list(sentence)
    # An allergy is not over because it is called 过敏史.
    allergies = [sentence[e.start - offset : e.end - offset].endswith("过敏") for e in entities]
    for entity in entities:
        for i in range(entity.start - offset, min(entity.end - offset, len(masked))):
            masked[i] = "\u2603"
    clean = "".join(masked)
    clean = _EN_PSEUDO.sub(lambda m: "_" * len(m[0]), clean)
    clean = _ZH_PSEUDO.sub(lambda m: "_" * len(m[0]), clean)
    starts = [entity.start - offset for entity in entities]
    for rule in rules:
        for match in rule.trigger.finditer(clean):
            if rule.forward:
                low = match.end()
                stop = rule.stop.search(clean, low, low + rule.reach + _AHEAD)
                high = min(low + rule.reach, stop.start() if stop else len(clean))
            else:
                high = match.start()
                low = max(0, high - rule.reach)
                for stop in rule.stop.finditer(clean, low, high):
                    low = stop.end()
            for i in range(bisect_left(starts, low), bisect_left(starts, high)):
                if entities[i].label in _FLAGGED[rule.flag] and not (rule.flag == "history" and allergies[i]):
                    flags[first + i].add(rule.flag)
    for i in range(first, first + len(entities)):
        if "family" in flags[i]:
            flags[i].discard("history")
        if "uncertain" in flags[i] and "negated" in flags[i]:
            flags[i].discard("negated")  # "cannot be excluded", 不能排除: the doubt is what it says
