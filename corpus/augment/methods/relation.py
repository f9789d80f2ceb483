"""Relation and question: what the text says of two things, asked for and answered with the sentence that says it.

What the text denies is never asked for as a fact, and what it only suspects is answered as a suspicion. Every answer holds
the whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.augment.parent import Parent
from corpus.augment.statements import statements
from corpus.augment.text import Augmented, Quote, phrase
from medpress.writing_systems import HAN
from nlp.spans import Entity, Relation

POSITIVE = {
    "en": {
        "treats": (
            "What does the text name against {tail}?\n{head}: “{sentence}”",
            "Which means of treating {tail} is mentioned?\n{sentence}\nThe means is {head}.",
            "For what is {head} used?\nFor {tail}. {sentence}",
            "Q: How may {tail} be treated, by this text?\nA: With {head}. {sentence}",
            "“{sentence}” Which two things does this link as treatment and target? {head} and {tail}.",
            "Name what {head} is directed at.\n{tail} ({sentence})",
        ),
        "causes": (
            "What brings about {tail}, according to the text?\n{head}: “{sentence}”",
            "Which cause of {tail} is mentioned?\n{head}. {sentence}",
            "What can {head} lead to?\n{tail}. {sentence}",
            "Q: Name one consequence of {head}.\nA: {tail}. {sentence}",
            "“{sentence}” Cause: {head}. Effect: {tail}.",
            "Find cause and effect.\n{sentence}\n{head} → {tail}",
        ),
        "has_symptom": (
            "How does {head} show itself?\nAmong others by {tail}: “{sentence}”",
            "Name a sign of {head} that the text gives.\n{tail}. {sentence}",
            "Q: Which sign does the text connect with {head}?\nA: {tail}. {sentence}",
            "With what does {tail} go together in the text?\nWith {head}. {sentence}",
            "“{sentence}” What is {tail} a sign of here? Of {head}.",
        ),
        "diagnoses": (
            "By what is {tail} recognised, as the text has it?\nBy {head}: “{sentence}”",
            "What does {head} help to find?\n{tail}. {sentence}",
            "Q: Which examination is mentioned for {tail}?\nA: {head}. {sentence}",
            "{sentence}\nExamination: {head}. It looks for: {tail}.",
        ),
        "located_in": (
            "Where does the text place {head}?\nIn: {tail}. {sentence}",
            "Which part of the body is named together with {head}?\n{tail}, in this sentence: “{sentence}”",
            "Q: {head}, but where?\nA: {tail}. {sentence}",
            "“{sentence}” What is said to be where? {head}: {tail}.",
            "{sentence}\nSite of {head} in this sentence: {tail}",
            "Name the site.\n{sentence}\n{head} – {tail}",
        ),
        "interacts": (
            "What is said of {head} together with {tail}?\n{sentence}",
            "Which substance does the text bring together with {head}?\n{tail}. {sentence}",
            "Q: Why think of {tail} when {head} is given?\nA: {sentence}",
        ),
        "has_dose": (
            "How much {head} does the text state?\n{tail}: “{sentence}”",
            "Which amount of {head} is given in the text?\n{tail}. {sentence}",
            "Q: What is the amount {tail} meant for?\nA: For {head}. {sentence}",
        ),
        "contraindicated": (
            "When must {head} not be used, by the text?\nIn {tail}: “{sentence}”",
            "What speaks against {head}?\n{tail}. {sentence}",
            "Q: What must be avoided in {tail}?\nA: {head}. {sentence}",
        ),
    },
    "zh": {
        "treats": (
            "书中用什么治{tail}？\n用{head}：{sentence}",
            "{head}用于什么？\n用于{tail}。{sentence}",
            "问：治{tail}提到了哪一味或哪一法？\n答：{head}。原文：{sentence}",
            "“{sentence}”这里{head}所治的是{tail}。",
        ),
        "causes": (
            "什么会引起{tail}？\n{head}。原文：{sentence}",
            "{head}会造成什么？\n{tail}。{sentence}",
            "问：{tail}的起因，文中怎么说？\n答：{head}。{sentence}",
            "{sentence}\n因：{head}；果：{tail}。",
        ),
        "has_symptom": (
            "{head}有什么表现？\n有{tail}。{sentence}",
            "问：文中{head}的表现之一？\n答：{tail}。{sentence}",
            "“{sentence}”其中{tail}是{head}的表现。",
        ),
        "diagnoses": (
            "{tail}靠什么查明？\n靠{head}。{sentence}",
            "问：{head}可以查明什么？\n答：{tail}。{sentence}",
        ),
        "located_in": (
            "{head}发生在哪里？\n{tail}。原文：{sentence}",
            "问：文中{head}的部位？\n答：{tail}。{sentence}",
            "{sentence}\n{head}的部位：{tail}",
        ),
        "interacts": (
            "{head}与{tail}合用，文中怎么说？\n{sentence}",
            "问：用{head}时为何要注意{tail}？\n答：{sentence}",
        ),
        "has_dose": (
            "文中{head}的用量是多少？\n{tail}。{sentence}",
            "问：{head}用多少？\n答：{tail}。原文：{sentence}",
            "{sentence}\n{head}的用量：{tail}",
        ),
        "contraindicated": (
            "什么情形不可用{head}？\n{tail}。原文：{sentence}",
            "问：遇{tail}不可用什么？\n答：{head}。{sentence}",
        ),
    },
}
NEGATIVE = {
    "en": (
        "Does the text say that {head} and {tail} are linked in this way? No, it denies it: “{sentence}”",
        "True or false: the text affirms a link between {head} and {tail}.\nFalse. {sentence}",
        "What does the text deny about {head} and {tail}?\n{sentence}",
        "Q: May one conclude from the text that {head} goes with {tail}?\nA: No: {sentence}",
    ),
    "zh": (
        "文中是否肯定{head}与{tail}的这种关系？否：{sentence}",
        "判断：文中肯定了{head}与{tail}的关系。\n错。原文：{sentence}",
        "关于{head}与{tail}，文中否定了什么？\n{sentence}",
    ),
}
UNCERTAIN = {
    "en": (
        "Is the link between {head} and {tail} certain in the text? It is only said to be possible: “{sentence}”",
        "How firmly does the text connect {head} with {tail}?\nAs a possibility. {sentence}",
        "What may {head} have to do with {tail}?\n{sentence}",
        "Q: Must {tail} be expected with {head}?\nA: The text holds it possible, no more: {sentence}",
        "Possible, not certain: {head} – {tail}.\n{sentence}",
    ),
    "zh": (
        "文中对{head}与{tail}的关系有多肯定？只说可能：{sentence}",
        "{head}与{tail}可能有什么关系？\n{sentence}",
        "问：{head}一定与{tail}有关吗？\n答：文中只说有此可能。{sentence}",
    ),
}
MOST_EVIDENCE = {"en": 90, "zh": 24}
"""Characters of the evidence: the further apart two names stand, the less sure it is what is said of them."""
_APART = {
    "en": re.compile(
        r"[;:()]|\.\s|,|\b(?:and|or|but|which|who|decreas\w+|reduc\w+|declin\w+|eradicat\w+|eliminat\w+|prevent\w*)\b"
    ),
    "zh": re.compile(r"[；;：:、。（）()\s]|或|但|而"),
}
"""What may bring a third thing in between."""
_CLAUSES = re.compile(r"[,，;；]")
"""A denial is taken at its word only within one clause: its scope over more than one is a guess."""
_NOT_SAID = frozenset({"located_in/zh/邻接"})
"""Rules that read a compound, where the text says nothing of two things."""


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a relation whose sentence can be quoted, one for each pair of names."""
    seen: set[tuple[str, str, str]] = set()
    for relation in parent.relations:
        head, tail = parent.entities[relation.head], parent.entities[relation.tail]
        names = [parent.text[entity.start : entity.end].lower() for entity in (head, tail)]
        key = (relation.label, names[0], names[1])
        sentence = _sentence(parent, relation, head, tail)
        if sentence is None or key in seen or not _plain(parent, relation, head, tail):
            continue
        seen.add(key)
        phrasings = {"negative": NEGATIVE, "uncertain": UNCERTAIN}.get(relation.polarity)
        wordings = phrasings[parent.lang] if phrasings else POSITIVE[parent.lang].get(relation.label, ())
        if wordings:
            slots = {"head": Quote(head.start, head.end), "tail": Quote(tail.start, tail.end), "sentence": sentence}
            name = f"relation/{parent.lang}/{relation.polarity if phrasings else relation.label}"
            yield phrase(parent, name, relation.evidence_start, wordings, slots)


def _plain(parent: Parent, relation: Relation, head: Entity, tail: Entity) -> bool:
    """Whether the two names stand by themselves, near each other, with nothing between them that changes what is said."""
    if relation.rule in _NOT_SAID or head.family or tail.family:
        return False
    if relation.polarity == "positive" and (head.negated or tail.negated or head.uncertain or tail.uncertain):
        return False
    evidence = parent.text[relation.evidence_start : relation.evidence_end]
    if relation.polarity == "negative" and _CLAUSES.search(evidence):
        return False
    first, second = sorted((head, tail), key=lambda entity: entity.start)
    if len(evidence) > MOST_EVIDENCE[parent.lang] or _APART[parent.lang].search(parent.text[first.end : second.start]):
        return False
    one, other = (parent.text[entity.start : entity.end].lower() for entity in (head, tail))
    if one in other or other in one or min(len(one), len(other)) < 2:
        return False
    return all(_whole(parent, entity) for entity in (head, tail))


_FUNCTION = (
    r"the|an?|of|in|on|to|for|with|by|from|at|and|or|but|as|is|are|was|were|be|been|may|can|could|might|will|that|which|who|"
    r"when|if|such|like|including|called|include[sd]?|between|during|after|before|through|within|into|against|also|often|usually|"
    r"where|than|then|not|no|both|do|does|did|has|have|had|should|must|commonly|rarely|sometimes|frequently|typically|usually|"
    r"(?:cause|affect|develop|occur|treat|relieve|prevent|reduce|lower|lead|result|present|inhibit|remain|increase|produce|"
    r"induce|trigger|worsen|improve|cure|control|confirm|detect)s?|caused|due|used|given|indicated|contraindicated"
)
_DEGREE = r"severe|acute|chronic|mild|common|human|most|many|some|other|certain|serious|fatal"
_MAY_PRECEDE = re.compile(rf"(?:\A|[^\w\s’'-]\s*|\b(?:{_FUNCTION}|{_DEGREE})\s)\Z", re.IGNORECASE)
_MAY_FOLLOW = re.compile(rf"\s*(?:\Z|[^\w\s’'(-]|(?:{_FUNCTION})\b)", re.IGNORECASE)
_ZH_MAY_PRECEDE = re.compile(rf"(?:\A|[^{HAN}\w]|[多则故若见治用以])\Z")


def _whole(parent: Parent, entity: Entity) -> bool:
    """Whether a name is not a part of a longer one: "fascians" of "S. fascians", "encephalitis" of "arboviral encephalitis"."""
    before, after = parent.text[max(0, entity.start - 24) : entity.start], parent.text[entity.end : entity.end + 24]
    if parent.lang == "zh":
        return _ZH_MAY_PRECEDE.search(before) is not None
    return _MAY_PRECEDE.search(before) is not None and _MAY_FOLLOW.match(after) is not None


def _sentence(parent: Parent, relation: Relation, head: Entity, tail: Entity) -> Quote | None:
    """The sentence that holds the relation, when it can be quoted alone."""
    low, high = min(head.start, tail.start, relation.evidence_start), max(head.end, tail.end, relation.evidence_end)
    return next((Quote(start, end) for start, end in statements(parent) if start <= low and high <= end), None)
