"""The conservation check: what stands in the blocks of a page against what its source says.

The law: *source words of a page = words of its blocks + words left out with a reason*; no number is new, none is lost.
It needs no truth but the source's own text, and so it holds for every page of every format. Order does not matter to it
(columns are read one after the other, notes move to the end of their page) and neither does where words are cut: what is
left over on both sides is compared letter by letter, so that `treat-` and `ment` are `treatment`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from medpress.units import names
from medpress.writing_systems import HAN, KANA

SMALL = 24
"""So many letters may be lost, or be there too often, before a page breaks the law. Of 247 pages that were read as they are (185 of PDF, 62
articles of XML) none lost more than 22 or had more than 16 too many, whatever their length, and 99 of 100 at most 13: a page number, a mark, a
letter of ornament. A line of text that is lost or doubled is longer."""
_MARKUP = re.compile(r"<br>|\\[a-zA-Z]+")
"""What the written form adds: line ends in cells, commands of formulas."""
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_SIGNS = frozenset("-±×÷°≤≥<>=≈%‰√∞→←↑↓")
"""Signs that a value can turn on; a minus counts where a number follows it."""
_UNITS = frozenset(name.spelling for name in names("conserved"))
"""Words that make another value of a number when they stand behind it."""
_DASHES = "−–‐‑"
"""They are one sign with the hyphen."""
_MUTE = re.compile(r"[\x01-\x08\x0e-\x1f\ue000-\uf8ff]")
"""Characters that say nothing: one sign, too."""
_LOOSE_DASH = re.compile(r"([-−–‐‑])(?<![^\W\d_].)\s+(?=[0-9])")
"""A dash with a gap, or the end of a line, between it and its number; after a letter it is where a word was divided."""
_DIGITS = re.compile(r"[0-9]")
_SEPARATOR = re.compile(r"[.,]")
_COMPOSITE = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?:\^[{(]?[-+−]?[0-9]+[})]?|\[[0-9][0-9,\s–-]*\])+")
"""A number and what is raised behind it."""
_TOKEN = re.compile(
    rf"[0-9]+(?:[.,][0-9]+)*|-(?=[{{(]{{0,2}}[0-9])|[{KANA}{HAN}]|[^\W\d_]+|[±×÷°≤≥<>=≈%‰√∞→←↑↓]"
    r"|\ufffd|[^\W_]"
)
"""A number; the dash before one, be it a minus or between two; a Chinese or Japanese sign; a word; a sign that a value can turn on; what stands for a sign that nobody could
tell; any other digit."""


@dataclass(frozen=True, slots=True)
class Conservation:
    """What became of a page's words and numbers."""

    characters: int
    """Characters of the source that are not white space."""
    coverage: float
    """Share of them that stand in the blocks or are left out with a reason, 0 to 1; 1 for an empty page."""
    inflation: float
    """Those of the blocks and of what is left out over those of the source (over one, where it has none); 1 is what it should be."""
    numbers_lost: tuple[str, ...] = ()
    """Numbers of the source that stand nowhere, and signs and units where others stand instead, sorted."""
    numbers_new: tuple[str, ...] = ()
    """Numbers, signs and units that the source does not have there, sorted."""
    left_out: tuple[tuple[str, int], ...] = ()
    """(reason, characters) of what stands in no block on purpose, sorted by reason."""

    @property
    def lost(self) -> int:
        """Characters that stand nowhere."""
        return round(self.characters * (1 - self.coverage))

    @property
    def new(self) -> int:
        """Characters that the source does not have, or has less often."""
        return max(0, round(max(1, self.characters) * (self.inflation - self.coverage)))

    @property
    def broken(self) -> str:
        """How the page breaks the law, in words; empty when it does not."""
        faults = []
        if self.lost > SMALL:
            faults.append(f"{self.lost} of {self.characters} characters lost")
        if self.new > SMALL:
            faults.append(f"{self.new} characters more than its source has")
        if self.numbers_new:
            faults.append(f"{len(self.numbers_new)} numbers that its source does not have")
        return ", ".join(faults)


def compare(
    source: str, written: Iterable[str], left_out: Mapping[str, Iterable[str]] | None = None, made: Iterable[str] = ()
) -> Conservation:
    """Compare a source's own text with the texts of its blocks and with what is left out on purpose, by reason.

    `made` is what the blocks show beyond it: text that is repeated, numbers of items, names of sections, a dash alone.
    """
    text = "\n".join(written)
    gone = {reason: "\n".join(texts) for reason, texts in sorted((left_out or {}).items())}
    reasons = tuple((reason, size) for reason, texts in gone.items() if (size := _size(texts)))
    page = Conservation(_size(source), 1.0, 1.0, left_out=reasons)
    lost, new = _left_over(source, "\n".join([text, *gone.values()]), made)
    return _added(page, lost, new, source, text) if lost or new else page


def _left_over(source: str, written: str, made: Iterable[str] = ()) -> tuple[Counter[str], Counter[str]]:
    """The tokens that only one of two texts has, or has more often; those `made` are the first one's, too.

    Words that stand in both are taken out before any is cut into tokens: a multiset's difference does not change when the same is taken
    from both sides, and few words of a page are left.
    """
    before, after = Counter(words(source)), Counter(words(written))
    unlike = [word for word in before.keys() | after.keys() if before.get(word) != after.get(word)]
    one = Counter(tokens(" ".join(word for word in unlike for _ in range(before[word] - after[word]))))
    other = Counter(tokens(" ".join(word for word in unlike for _ in range(after[word] - before[word]))))
    for text in made:
        one.update(tokens(text) or [_plain(text)] * bool(text))
    return one - other, other - one


_BETWEEN_WORDS = ("---", "“", "”", ", ", ". ")
"""What no token holds: where it stands, with or without a gap, makes no difference. Points and commas may be within a number."""
_BLANK = bytes.maketrans(b'\n;:()[]|"', b" " * 9)
"""Signs that no token holds either, all at once."""


def words(text: str) -> list[str]:
    """A text cut where white space or signs that belong to no token stand, each dash at its number."""
    return set_apart(text).split()


def set_apart(text: str) -> str:
    """A text with white space for signs that belong to no token, and each dash at its number."""
    text = text.encode("utf-8", "surrogatepass").translate(_BLANK).decode("utf-8", "surrogatepass")
    for sign in _BETWEEN_WORDS:
        text = text.replace(sign, " " * len(sign))  # in place, as long as lengths agree
    return _LOOSE_DASH.sub(r"\1", text)


def tokens_by_word(words: Iterable[str]) -> dict[str, list[str]]:
    """Each word of a text to the tokens in it: cheaper than `tokens`, as most words of a text stand in it again."""
    distinct = list(dict.fromkeys(words))
    plain = _plain("\n".join(distinct)).split("\n")
    return {
        word: [own] if own.isascii() and own.isalpha() else _TOKEN.findall(own)
        for word, own in zip(distinct, plain, strict=True)
    }


def _added(page: Conservation, lost: Counter[str], new: Counter[str], source: str, text: str) -> Conservation:
    """What a page lost and doubled, with what is left over of the tokens of its `source`, and of those of `text` after them."""
    if not (lost or new):
        return page
    numbers_lost, numbers_more = _unexplained_numbers(lost, new, text)
    values_lost, values_new = numbers_lost + _of(lost, _SIGNS), _new_numbers(numbers_more, source, numbers_lost.total())
    for kind in (_SIGNS, _UNITS):
        if _of(lost, kind) and _of(new, kind):  # one stands in the place of the other
            values_lost |= _of(lost, kind)
            values_new += _of(new, kind)
    letters_lost, letters_new = _letters(lost), _letters(new)
    n_lost, n_new = (letters_lost - letters_new).total(), (letters_new - letters_lost).total()
    size = max(1, page.characters)
    return replace(
        page,
        coverage=page.coverage - n_lost / size,
        inflation=page.inflation + (n_new - n_lost) / size,
        numbers_lost=tuple(sorted([*page.numbers_lost, *values_lost.elements()])),
        numbers_new=tuple(sorted([*page.numbers_new, *values_new.elements()])),
    )


def after_assembly(
    before: Sequence[Sequence[str]],
    after: Sequence[Sequence[str]],
    removed: Sequence[Mapping[str, Sequence[str]]],
    found: Sequence[Conservation | None],
) -> list[Conservation | None]:
    """The check of each page once the document is put together; all arguments are by page.

    What is `removed` there, by reason, is left out; text may move to another page. Whatever else of `before` is missing
    from `after`, or new in it, is added to what reading lost and doubled, on the page where it stood or stands.
    """
    lost: list[Counter[str]] = []
    new: list[Counter[str]] = []
    for texts, kept, gone in zip(before, after, removed, strict=True):
        if not gone and texts == kept:
            one = other = Counter[str]()
        else:
            one, other = _left_over(
                "\n".join(texts), "\n".join([*kept, *(text for texts in gone.values() for text in texts)])
            )
        lost.append(one)
        new.append(other)
    _settle(lost, new)
    return [
        # Reading may repeat a number in each field that it stands over; putting together has no reason to.
        None if page is None else _added(_without(page, gone), missing, more, "", "")
        for page, missing, more, gone in zip(found, lost, new, removed, strict=True)
    ]


def _without(page: Conservation, gone: Mapping[str, Sequence[str]]) -> Conservation:
    left_out = Counter(dict(page.left_out))
    for reason, texts in gone.items():
        left_out[reason] += sum(map(_size, texts))
    return replace(page, left_out=tuple(sorted((+left_out).items())))


def _settle(lost: list[Counter[str]], new: list[Counter[str]]) -> None:
    """Take out of both what one page lost and another has."""
    having: dict[str, list[Counter[str]]] = {}
    for more in new:
        for token in more:
            having.setdefault(token, []).append(more)
    for missing in lost:
        for token in [token for token in missing if token in having]:
            for more in having[token]:
                both = min(missing[token], more[token])
                missing[token] -= both
                more[token] -= both
    for page in (*lost, *new):
        page += Counter()  # without the tokens of which none is left


def _size(text: str) -> int:
    return len("".join(text.split()))


def tokens(text: str) -> list[str]:
    """What of a text is counted, in its order: its numbers, words and signs."""
    found: list[str] = _TOKEN.findall(_plain(text))
    return found


def _plain(text: str) -> str:
    """A text without what the written form adds, and with one form for what has several."""
    text = unicodedata.normalize("NFKC", _MARKUP.sub("", text))
    if text.isascii() and not _MUTE.search(text):
        return text
    for dash in _DASHES:
        text = text.replace(dash, "-")
    return _MUTE.sub("\ufffd", text)


def _letters(tokens: Counter[str]) -> Counter[str]:
    letters: Counter[str] = Counter()
    for token, count in tokens.items():
        for letter in token:
            if letter not in ".,":
                letters[letter] += count
    return letters


def _unexplained_numbers(lost: Counter[str], new: Counter[str], text: str) -> tuple[Counter[str], Counter[str]]:
    """The numbers among two leftovers, without those that the written form or a gap parts: `10^9` and `7.2[5,6]` stand as `109` and
    `7.25,6` in a source that has no sign for what is raised. `text` is where those stand."""
    gone = Counter({token: count for token, count in lost.items() if token[0].isdigit()})
    come = Counter({token: count for token, count in new.items() if token[0].isdigit()})
    if gone and come:
        wholes = {_digits(token): token for token in gone}
        for parts in _composites(text):
            whole = wholes.get(_digits("".join(parts)))
            if whole is not None and gone[whole] > 0 and not Counter(parts) - come:
                gone[whole] -= 1
                come -= Counter(parts)
        for whole in [token for token in gone if _DIGITS.sub("", token)]:
            while gone[whole] > 0 and (parts := _cut(whole, come)):
                gone[whole] -= 1
                come -= Counter(parts)
    return +gone, +come


def _cut(whole: str, come: Counter[str]) -> tuple[str, ...]:
    """Numbers that are there and are `whole` cut at its points or commas, where the page has a gap that its text layer does
    not (`5,6,7`: `5,6` and `7`); empty when there are none."""
    left, taken = whole, Counter[str]()
    while left:
        ends = [len(left), *(found.start() for found in reversed(list(_SEPARATOR.finditer(left))))]
        end = next((end for end in ends if come[left[:end]] > taken[left[:end]]), 0)
        if not end:
            return ()
        taken[left[:end]] += 1
        left = left[end + 1 :]
    return tuple(taken.elements())


def _of(tokens: Counter[str], kind: frozenset[str]) -> Counter[str]:
    return Counter({token: tokens[token] for token in kind & tokens.keys()})


def _new_numbers(more: Counter[str], source: str, lost: int) -> Counter[str]:
    """Those of the numbers that are there too often which came from nowhere: the source has none of them, or they may stand
    in the place of one that is lost. The others are only repeated, which counts as characters."""
    if not more:
        return more
    before = set(_NUMBER.findall(_plain(source)))
    return Counter({token: count if token not in before else min(count, lost) for token, count in more.items()})


def _composites(text: str) -> list[tuple[str, ...]]:
    """The parts of each number with an exponent or a citation behind it."""
    return [
        tuple(_NUMBER.findall(found.group(0))) for found in _COMPOSITE.finditer(unicodedata.normalize("NFKC", text))
    ]


def _digits(token: str) -> str:
    return token.replace(".", "").replace(",", "")
