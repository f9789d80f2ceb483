"""Does a text give the answer away? Checked in code, on the safe side: a false alarm costs one feedback."""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from medpress.writing_systems import HAN, has_han
from training.evaluation.questions import Question

_STOP = frozenset(
    """about above after against also among and another any are because been before being below between both but can
    could does doing down during each either every for from further had has have having here into its itself just
    less likely many more most much must neither nor not only other over own patient patients same should some such
    than that the their them then there these they this those through under until upon very was were what when where
    which while who will with within without would your all following""".split()
)
_CLOSED = re.compile(
    r"\bwhich (?:one )?of (?:the following|these|the options)\b|\bof the (?:following )?(?:options|choices|statements)\b"
    r"|\ball of the following\b|\b(?:answer|option) choices?\b"
    r"|(?:以下|下列|下述|上述|如下)(?:哪|选项|各项|说法|叙述|描述|何|几种|几项|四|五)|选项|(?:哪一项|哪项|哪一个选项)",
    re.IGNORECASE,
)
_PRIVILEGED = re.compile(
    r"\b(?:the )?(?:correct|right|true|reference|given|provided|standard|expected) answer (?:is|was) "
    r"(?:already )?(?:known|given|provided|stated|supplied)\b"
    r"|\b(?:reference|standard|model|official|provided|given) answer\b|\bground[- ]?truth\b|\banswer key\b"
    r"|\b(?:as|since|because) (?:the|we (?:know|are told) the) (?:correct|right) answer\b"
    r"|\b(?:I|we) (?:was|were|am|are|have been) (?:told|given) (?:that )?the (?:correct |right |final )?answer\b"
    r"|\b(?:the reviewer|reflection expert|reasoning expert|the rewriter|accepted (?:steps?|thoughts?))\b"
    r"|\b(?:the|this|that|their|following|per) feedback (?:says|said|suggests|suggested|told|tells|asks|I got|I received)\b"
    r"|参考答案|标准答案|正确答案(?:已知|已给|已经给|是已知|如上|为已知)|已知(?:的)?(?:正确)?答案|题目给出的答案|给定(?:的)?答案"
    r"|反思专家|推理专家|审阅(?:者|人|意见)|(?:根据|按照)(?:反馈|评审)|已(?:接受|采纳)的(?:步骤|思路)",
    re.IGNORECASE,
)
# A and I are also words: "answer A question" with a verb or noun behind them names no option.
_BARE = r"[\(（\"“'*]*{letter}(?![A-Za-z0-9'’])(?!(?<=[AI])\s+(?!because\b|since\b|as\b|is\b|and\b|or\b|says\b)[a-z])"
_SPOKEN_LETTER = (
    r"\b(?i:option|choice|answer|alternative|letter)(?i:s?\s*(?:is|was|would be|should be|must be|:|：)?)\s*" + _BARE,
    r"(?:选项|答案|故选|应选|选择|选)\s*(?:是|为|应为|应该是|:|：)?\s*" + _BARE,
)
_LETTER_ALONE = r"(?:^|[\s(（])[\(（]{letter}[\)）]|^\s*{letter}\s*[.)、．:：]\s+(?![a-z])"
_PLAIN_WORDS = frozenset({"yes", "no", "maybe", "true", "false", "是", "否", "对", "错", "正确", "错误", "不确定"})
_SPOKEN_WORD = (
    r"(?:answer|conclusion)\W+(?:is|was|should be|must be)?\W*{word}\b|(?:答案|结论)\W*(?:是|为|应为)?\W*{word}"
)
_CONCLUDES = re.compile(
    r"\b(?:answer|diagnosis|conclusion|solution|choice)\b[^.。]{0,40}\b(?:is|must be|was|should be)\b"
    r"|(?:答案|诊断|结论)[^。]{0,20}(?:是|为)|应?(?:选|诊断为)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？\n]")


def names_answer(text: str, question: Question) -> str | None:
    """How a text names a question's right option, or None: `letter`, `text`, or `fragment`.

    `fragment` is a near-verbatim piece: most of the option's telling words, a misspelt or shortened one, or most of its
    Chinese characters in their order. What the question itself already says does not count as a fragment.
    """
    if names_letter(text, question.answer) or _shows_letter(text, question.answer):
        return "letter"
    truth = question.options[question.answer]
    if _says_nothing_alone(truth):
        spoken = _SPOKEN_WORD.format(word=re.escape(truth.strip()))
        return "text" if re.search(spoken, text, re.IGNORECASE) else None
    if contains(text, truth):
        return "text"
    asked = f"{question.context} {question.question}"
    if _latin_fragment(text, truth, asked) or _chinese_fragment(text, truth, asked):
        return "fragment"
    return None


def names_letter(text: str, letter: str) -> bool:
    """Whether a text speaks of an option by its letter. A vitamin D or a hepatitis B is not an option."""
    folded = unicodedata.normalize("NFKC", text)
    patterns = (pattern.format(letter=re.escape(letter)) for pattern in _SPOKEN_LETTER)
    return any(re.search(pattern, folded) for pattern in patterns)


def _shows_letter(text: str, letter: str) -> bool:
    pattern = _LETTER_ALONE.format(letter=re.escape(letter))
    return re.search(pattern, unicodedata.normalize("NFKC", text), re.MULTILINE) is not None


def closed(open_question: str, question: Question) -> str | None:
    """Why a rewritten question is not open, or None: it speaks of options, gives one away, or lost a figure."""
    if _CLOSED.search(open_question):
        return "the question still speaks of options"
    for letter, option in question.options.items():
        if (
            not _says_nothing_alone(option)
            and contains(open_question, option)
            and not contains(question.question, option)
        ):
            return "the question contains the text of an option"
        if re.search(rf"^\s*[\(（]?{re.escape(letter)}[.)、．）:：]\s", open_question, re.MULTILINE):
            return "the question lists options"
    lost = set(_numbers(question.question)) - set(_numbers(open_question))
    if lost:
        return f"the question lost figures ({', '.join(sorted(lost)[:5])})"
    return None


def spoiled(think: str, question: Question) -> str | None:
    """Why a stream of thought does not read like one of someone who did not know, or None.

    It speaks of a known or given answer or of those who led it, names an option by its letter, or opens with the
    conclusion.
    """
    if _PRIVILEGED.search(think):
        return "the reasoning speaks of a known answer"
    if any(names_letter(think, letter) for letter in question.options):
        return "the reasoning names an option"
    sentences = [s for s in _SENTENCE_END.split(think) if s.strip()]
    opening = sentences[0] if len(sentences) > 1 else ""
    if _CONCLUDES.search(opening) and contains(opening, question.options[question.answer]):
        return "the reasoning opens with the answer"
    return None


def contains(text: str, part: str) -> bool:
    """Whether a text contains a part, whatever the case, width, punctuation and spacing; whole words in Latin script.

    Parts that say nothing alone (one letter, one digit) are never contained.
    """
    wanted = _tokens(part)
    if len("".join(wanted)) < 2:
        return False
    found = _tokens(text)
    return any(found[i : i + len(wanted)] == wanted for i in range(len(found) - len(wanted) + 1))


def _says_nothing_alone(option: str) -> bool:
    """Yes, no, a letter, a digit: words that any text may hold; they give an answer away only when said to be it."""
    return option.strip().casefold() in _PLAIN_WORDS or len("".join(_tokens(option))) < 2


def _tokens(text: str) -> list[str]:
    """Words, numbers (with their decimals) and single Chinese characters, folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(rf"\d+(?:\.\d+)?|[^\W\d_{HAN}]+|[{HAN}]", folded)


def _numbers(text: str) -> list[str]:
    folded = re.sub(r"(?<=\d),(?=\d{3}\b)", "", unicodedata.normalize("NFKC", text))
    return re.findall(r"\d+(?:\.\d+)?", folded)


def _latin_fragment(text: str, truth: str, asked: str) -> bool:
    known = [word for word in _tokens(asked) if _telling(word)]
    telling = [word for word in dict.fromkeys(_tokens(truth)) if _telling(word) and not _among(word, known)]
    if not telling:
        return False
    said = [word for word in dict.fromkeys(_tokens(text)) if _telling(word)]
    found = [word for word in telling if _among(word, said)]
    if len(telling) == 1:
        return bool(found) and (len(telling[0]) >= 6 or telling[0][0].isdigit())
    return len(found) >= 2 and len(found) >= 0.6 * len(telling)


def _telling(word: str) -> bool:
    if word[0].isdigit():
        return len(word) > 1
    return len(word) >= 4 and word.isalpha() and not has_han(word[0]) and word not in _STOP


def _among(word: str, words: Iterable[str]) -> bool:
    """The word itself, another form of it, or a misspelling."""
    if word[0].isdigit():
        return word in words
    stem = word[: max(5, len(word) - 3)]
    for other in words:
        if other == word or (
            len(word) >= 6 and (other.startswith(stem) or (len(other) >= 6 and stem.startswith(other)))
        ):
            return True
        if len(word) >= 8 and abs(len(other) - len(word)) <= 2 and SequenceMatcher(None, word, other).ratio() >= 0.85:
            return True
    return False


def _chinese_fragment(text: str, truth: str, asked: str) -> bool:
    wanted = "".join(filter(has_han, unicodedata.normalize("NFKC", truth)))
    said = unicodedata.normalize("NFKC", text)
    if len(wanted) < 4:
        return False
    if len(wanted) > 24:  # a sentence: its pairs of neighbours, in any order
        pairs = {wanted[i : i + 2] for i in range(len(wanted) - 1)}
        new = {pair for pair in pairs if pair not in asked}
        return bool(new) and sum(pair in said for pair in new) >= 0.5 * len(new)
    for start in (i for i, character in enumerate(said) if character in wanted):
        matched = _in_order(said[start : start + len(wanted)], wanted)
        if len(matched) >= max(3, 0.65 * len(wanted)) and matched not in asked:
            return True
    return False


def _in_order(window: str, wanted: str) -> str:
    """The longest sequence of characters that both have in the same order."""
    best = [""] * (len(wanted) + 1)
    for character in window:
        previous = ""
        for j, other in enumerate(wanted, start=1):
            kept = best[j]
            longest = best[j] if len(best[j]) >= len(best[j - 1]) else best[j - 1]
            best[j] = previous + character if character == other and len(previous) + 1 > len(longest) else longest
            previous = kept
    return best[-1]
