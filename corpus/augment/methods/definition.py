"""Term and definition: sentences that say what something is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from corpus.augment.parent import Parent
from corpus.augment.statements import statements
from corpus.augment.text import Augmented, Quote, phrase
from medpress.writing_systems import HAN

PHRASINGS = {
    "en": (
        "What is meant by “{term}”?\n{definition}",
        "Define “{term}”.\n\n{definition}",
        "Q: How does the text define “{term}”?\nA: {definition}",
        "“{term}”: what does it stand for?\n{definition}",
        "Explain the term “{term}” as “{title}” does.\n{definition}",
        "Term: {term}\nMeaning: {definition}",
        "Which term is explained here?\n\n{definition}\n\nThe term “{term}”.",
        "{definition}\n\nThis sentence explains: {term}",
        "How would you describe “{term}” to a student? In the words of the book: {definition}",
        "Glossary\n\n{term} — {definition}",
        "Look for the explanation of “{term}”.\nFound: {definition}",
        "Short answer: what is “{term}”?\nModel answer: {definition}",
        "A student asks what “{term}” means. The book answers: {definition}",
        "Name the term that this sentence introduces: {definition}\n→ {term}",
        "What does “{title}” say that “{term}” means?\n\n{definition}",
        "Flash card, front: {term}\nFlash card, back: {definition}",
        "Key term: {term}\nIn the text: {definition}",
        "In one sentence, what should be known of “{term}”?\n{definition}",
        "“{definition}” Of what does this sentence speak? Of “{term}”.",
        "Vocabulary: {term}\nFrom the text: {definition}",
    ),
    "zh": (
        "什么是“{term}”？\n{definition}",
        "解释“{term}”。\n{definition}",
        "问：书中怎样说明“{term}”？\n答：{definition}",
        "名词：{term}\n释义：{definition}",
        "《{title}》如何解释“{term}”？\n{definition}",
        "“{term}”是什么意思？原文：{definition}",
        "下面这句话解释的是哪个词？\n{definition}\n答：{term}",
        "{definition}\n这句话说明了“{term}”。",
        "何谓“{term}”？{definition}",
        "请用原文说明“{term}”的含义。\n原文说：{definition}",
        "词条 {term}\n{definition}",
        "学生问“{term}”指什么，书中答道：{definition}",
        "从下句中找出被解释的词：{definition}\n被解释的词：{term}",
        "试述“{term}”。\n\n{definition}",
        "卡片正面：{term}\n卡片背面：{definition}",
        "关于“{term}”，书里有一句：{definition}",
    ),
}
EXPLAINED = (
    "“{sign}”，原文作何解释？\n{reason}。",
    "问：{sign}，是什么缘故？\n答：{reason}。",
    "书中认为“{sign}”的道理在于：{reason}。",
    "表现：{sign}\n原文的说法：{reason}",
    "《{title}》怎样看待“{sign}”？\n说是{reason}。",
    "遇到“{sign}”，书中归结为什么？归结为“{reason}”。",
    "“{reason}”，这是对什么情形的解释？\n对“{sign}”的解释。",
    "{sign}者，何也？{reason}也。",
    "读书笔记：{sign}——{reason}。",
    "哪种情形被书中解释为“{reason}”？\n{sign}。",
    "请说明“{sign}”的由来。\n据书中所说，{reason}。",
    "若见“{sign}”，按《{title}》的说法，是{reason}。",
    "情形：{sign}。解释：{reason}。",
    "先看情形：{sign}。再看书中的断语：{reason}也。",
)
"""For 〔signs〕者，〔reason〕也: the classics' way to say what lies behind signs of illness."""

_NO_TERM = (
    r"(?!(?:the|an?|one|some|many|most|each|several|all|another|every|no|none|both|certain|other|there|what|which|who|if|when|although|"
    r"because|since|while|in|on|at|for|from|with|by|as|after|before|during|under|to|unlike|like|however|only|first|second|"
    r"third|last|next|two|three|four|five|more|much|few|any|either|neither|not|such|same|result|reason|purpose|goal|"
    r"difference|problem|example|answer|question|idea|point|important|common|main|primary|major)\b)"
)
_IS = re.compile(
    rf"(?:The |A |An )?{_NO_TERM}(?P<term>[A-Za-z][\w’'/-]*(?: [\w’'/-]+){{0,4}})(?: \((?P<short>[\w -]{{2,12}})\))?,?"
    r"(?:,? (?:also (?:called|known as)|or) [^,]{3,40},)? (?:is|are) "
    r"(?:an? |the (?:\w+ )?(?:name|term|process|study|branch|part|region|layer|structure|ability|condition)|any |defined as|"
    r"(?:\w+ )?(?:diseases|bacteria|cells|proteins|molecules|organisms|structures|substances|viruses|tissues|bones|muscles)\b)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    rf"(?:The |A |An )?{_NO_TERM}(?P<term>[A-Za-z][\w’'/-]*(?: [\w’'/-]+){{0,4}}) (?:refers? to|means|denotes?) ",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r" (?:is|are) (?:called|known as|termed|referred to as|named) (?:the |an? )?"
    r"(?P<term>[A-Za-z][\w’'/-]*(?: [\w’'/-]+){0,3})(?= \(|[.;]|$)"
)
_STANDS_FOR = re.compile(r"\b(?:they|it|these|this|those|he|she|them|its|their)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|may|do|does|that|which|who|of|in|on|for|from|with|by|at|to|be|it|and|or|but|also)\b",
    re.IGNORECASE,
)
_ZH_IS = re.compile(rf"(?P<term>[{HAN}A-Za-z0-9αβγ-]{{2,14}})(?:是指|指的是|系指|是一种|是一类|是一组|即是)[{HAN}]")
_ZH_CALLED = re.compile(rf"(?:名曰|名为|称为|称之为|谓之|叫做|故名)“?(?P<term>[{HAN}]{{2,6}})”?[。]")
_ZH_ZHE_YE = re.compile(
    r"(?P<sign>[^。；：∶（）()\d]{2,36})者，(?P<reason>[^。；，：∶（）()]{2,24})(?<![是此然谓类云非])也。"
)
_ZH_NO_SIGN = re.compile(r"[者曰谓所宜何岂凡其用治乃皆故使]|\A[止治主能去除]")
_ZH_NO_REASON = re.compile(r"[曰者何]|故\Z")
_ZH_NO_TERM = re.compile(r"[此其这那该之何凡若如谓曰所以或而则皆乃]|不|者|也|一|二|三|我|你|他|她|它|是|有|无|的")

_FindTerm = Callable[[str], tuple[int, int] | None]
"""Where the term stands that a sentence defines."""


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a sentence that defines something."""
    if parent.lang == "zh":
        yield from _explained(parent)
    yield from _defined(parent, _chinese_term if parent.lang == "zh" else _english_term)


def _defined(parent: Parent, find_term: _FindTerm) -> Iterator[Augmented]:
    for start, end in statements(parent):
        found = find_term(parent.text[start:end])
        if found is None:
            continue
        slots = {"term": Quote(start + found[0], start + found[1]), "definition": Quote(start, end)}
        yield phrase(parent, f"definition/{parent.lang}", start, PHRASINGS[parent.lang], slots)


def _english_term(sentence: str) -> tuple[int, int] | None:
    match = _IS.match(sentence) or _REFERS.match(sentence) or _CALLED.search(sentence)
    if (
        match is None
        or _STANDS_FOR.search(sentence, 0, match.start("term"))
        or _VERB.search(match["term"])
        or len(match["term"]) < 4
    ):
        return None
    return match.span("term")


def _chinese_term(sentence: str) -> tuple[int, int] | None:
    match = _ZH_IS.match(sentence) or _ZH_CALLED.search(sentence)
    if match is None or _ZH_NO_TERM.search(match["term"]):
        return None
    return match.span("term")


def _explained(parent: Parent) -> Iterator[Augmented]:
    for start, end in statements(parent):
        match = _ZH_ZHE_YE.match(parent.text[start:end])
        if match is None or _ZH_NO_SIGN.search(match["sign"]) or _ZH_NO_REASON.search(match["reason"]):
            continue
        found = parent.entities_in(start + match.start("sign"), start + match.end("sign"))
        if not any(entity.label in ("symptom", "disease") for entity in found):
            continue
        sign, reason = (Quote(start + match.start(name), start + match.end(name)) for name in ("sign", "reason"))
        yield phrase(parent, "definition/zh/explained", start, EXPLAINED, {"sign": sign, "reason": reason})
