"""Conversations as tokens: the model's own chat template, and which tokens the assistant is answerable for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from training.packing import Piece, as_piece
from training.tokenizer import stop_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Message = Mapping[str, str]


class UnfitError(ValueError):
    """A conversation that cannot be trained on; the message is the reason, for counting."""


class ChatEncoder:
    """Encodes conversations with a tokenizer's chat template.

    The text of each turn is tokenized apart from the assistant's answer that follows it, as it is when the model answers:
    the prompt comes first, then tokens are generated.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer = tokenizer
        self._stops = set(stop_tokens(tokenizer))
        self._stop = int(cast("int", tokenizer.eos_token_id))
        self._control = [token for token in tokenizer.all_special_tokens if len(token) > 1]

    def encode(self, messages: Sequence[Message], first: int = 0) -> Piece:
        """Tokens of a conversation that ends with the assistant; labels only on its turns from message `first` on.

        An answer's labels end with exactly one end-of-turn token. Raises `UnfitError` when a message holds a control token,
        when roles are missing or the assistant does not have the last word.
        """
        self._check(messages)
        turns = [i for i, message in enumerate(messages) if message["role"] == "assistant" and i >= first]
        texts = self._segments(messages, turns)
        if texts is None:  # a template that rewrites earlier turns: only the last answer stands as it was given
            texts = self._segments(messages, turns[-1:])
        if texts is None:
            raise UnfitError("the chat template changes the question when the answer is added")
        ids: list[int] = []
        predict: list[bool] = []
        for text, answer in texts:
            tokens = self._ids(text)
            wanted = [answer] * len(tokens)
            if answer:
                end = max((i for i, token in enumerate(tokens) if token in self._stops), default=None)
                if end is None:
                    tokens, wanted = [*tokens, self._stop], [*wanted, True]
                else:
                    wanted = [i <= end for i in range(len(tokens))]
            ids += tokens
            predict += wanted
        return as_piece(ids, predict)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Tokens up to where the assistant begins to answer."""
        return self._ids(self._render(messages, True))

    def _check(self, messages: Sequence[Message]) -> None:
        if not messages or messages[-1].get("role") != "assistant":
            raise UnfitError("the last message is not the assistant's")
        for message in messages:
            if not isinstance(message.get("content"), str) or not message.get("role"):
                raise UnfitError("a message lacks its role or content")
            if any(token in message["content"] for token in self._control):
                raise UnfitError("a message holds a control token")
        if not messages[-1]["content"].strip():
            raise UnfitError("the answer is empty")

    def _segments(self, messages: Sequence[Message], turns: Sequence[int]) -> list[tuple[str, bool]] | None:
        """The rendered conversation cut before and after each answer; None when the template does not let itself be cut."""
        segments: list[tuple[str, bool]] = []
        done = ""
        for turn in turns:
            before, after = self._render(messages[:turn], True), self._render(messages[: turn + 1], False)
            if not (before.startswith(done) and after.startswith(before)):
                return None
            segments += [(before[len(done) :], False), (after[len(before) :], True)]
            done = after
        return segments

    def _render(self, messages: Sequence[Message], ask: bool) -> str:
        plain: list[Any] = [{"role": m["role"], "content": m["content"]} for m in messages]
        return str(self._tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=ask))

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
