"""Tokenizers as transformers wants them: with a chat template, an end of turn and a padding token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tokenizers import AddedToken, Tokenizer

from medpress.store import read_json, write_json
from medpress.tokenising import CONTROL_TOKENS, DEFAULT_TOKENIZER, END_OF_TEXT, MARKUP_TOKENS, TURN_END, load_tokenizer
from training.config import InputError
from training.hub import not_found, options_for

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""ChatML: every turn opened by its role and closed by the end-of-turn token."""


def wrap(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """A tokenizer of ours, or any other without a template, as a chat tokenizer."""
    from transformers import PreTrainedTokenizerFast

    return with_chat(PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False))


def with_chat(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Give a tokenizer our chat template and its tokens, unless it has a template of its own."""
    if tokenizer.chat_template is None:
        known = tokenizer.get_vocab()
        tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in CONTROL_TOKENS if t not in known])
        tokenizer.add_tokens([AddedToken(t, normalized=False) for t in MARKUP_TOKENS if t not in known])
        tokenizer.chat_template = CHAT_TEMPLATE
        tokenizer.eos_token = TURN_END
        tokenizer.pad_token = END_OF_TEXT
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def open_tokenizer(name: str, **options: Any) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a model folder or Hugging Face id, or `deepseek`. Raises `InputError`."""
    from transformers import AutoTokenizer

    if name == DEFAULT_TOKENIZER:
        return wrap(load_tokenizer(name))
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **options_for(name), **options)
    except (OSError, ValueError) as error:
        raise not_found("tokenizer", name, error) from error
    if not tokenizer.is_fast:
        raise InputError(f"the tokenizer of {name} has no fast version (tokenizer.json), which is needed here.")
    return with_chat(cast("PreTrainedTokenizerFast", tokenizer))


def end_of_document(tokenizer: PreTrainedTokenizerFast) -> int:
    """The token that closes a document: `<|endoftext|>` where the vocabulary has it, else the end-of-sequence token."""
    known = tokenizer.get_vocab()
    return known[END_OF_TEXT] if END_OF_TEXT in known else int(cast("int", tokenizer.eos_token_id))


def begin_of_document(tokenizer: PreTrainedTokenizerFast) -> int | None:
    """The token that this tokenizer puts before a text, or None."""
    ids = tokenizer("a")["input_ids"]
    begin = tokenizer.bos_token_id
    return int(begin) if begin is not None and ids and ids[0] == begin else None


def stop_tokens(tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Tokens at which generation ends: end of turn and end of document."""
    return sorted({int(cast("int", tokenizer.eos_token_id)), end_of_document(tokenizer)})


def save(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the tokenizer with its chat template, under a class name that old and new transformers know."""
    tokenizer.save_pretrained(str(folder))
    path = folder / "tokenizer_config.json"
    settings = read_json(path)
    if settings.get("tokenizer_class") == "TokenizersBackend":
        write_json(path, settings | {"tokenizer_class": "PreTrainedTokenizerFast"})


def check(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """See that others who load the folder get this tokenizer: transformers picks some classes by the model's type.

    Raises `RuntimeError` when it would split text otherwise.
    """
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(str(folder))
    probe = "Aspirin 75 mg, don't: TNF-α-induced (p<0.05)\n\n二甲双胍每日500毫克。 <think>x</think>"
    if loaded(probe)["input_ids"] != tokenizer(probe)["input_ids"]:
        raise RuntimeError(
            f"the tokenizer in {folder} would be loaded as {type(loaded).__name__}, which splits otherwise."
        )
