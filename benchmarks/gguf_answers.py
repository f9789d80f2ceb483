"""Whether llama.cpp answers from an exported GGUF file as transformers does from the folder it was made of.

    pip install xllamacpp
    python benchmarks/gguf_answers.py MODEL OUT --prompts 50 --tokens 16

MODEL is a folder, a run or a GGUF file. Both take the likeliest token each time. A prompt is text, so that llama.cpp cuts it
itself: prompts whose tokens differ are counted apart. What differs is shown with how far apart the two best tokens were.
"""

from __future__ import annotations

from pathlib import Path

import torch
from cyclopts import App

from training.generate import Generator, Sampling
from training.gguf_file import write_gguf
from training.model import open_model

app = App(help=__doc__)
DRUGS = (
    "Metformin",
    "Warfarin",
    "Ramipril",
    "Heparin",
    "Insulin",
    "Aspirin",
    "Morphine",
    "Digoxin",
    "Amoxicillin",
    "Salbutamol",
)
FRAMES = (
    "{} is used in the treatment of", "The most common side effect of {} is", "A patient of 71 years takes {} and",
    "Before 2,5 mg of {} are given, the doctor", "{} must not be given to patients who",
)  # fmt: skip


@app.default
def compare(model: str, out: Path, *, prompts: int = 50, tokens: int = 16) -> None:
    """Write the file, ask both, count the answers that are equal."""
    import xllamacpp

    torch.set_num_threads(1)
    whole, tokenizer = open_model(model)
    out.mkdir(parents=True, exist_ok=True)
    write_gguf(whole, tokenizer, out / "model.gguf")
    texts = [frame.format(drug) for frame in FRAMES for drug in DRUGS][:prompts]
    ids = [tokenizer(text)["input_ids"] for text in texts]
    generator = Generator(whole, tokenizer, torch.float32)
    greedy = Sampling(max_new_tokens=tokens, temperature=0.0)
    ours = [answer.ids for one in ids for answer in generator.complete([one], [0], greedy)]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(out / "model.gguf")
    parameters.n_ctx, parameters.n_parallel, parameters.cpuparams.n_threads = 512, 1, 1
    server = xllamacpp.Server(parameters)
    equal = same_tokens = 0
    for text, one, answer in zip(texts, ids, ours, strict=True):
        found = server.handle_completions({"prompt": text, "max_tokens": tokens, "temperature": 0.0, "logprobs": 1})
        theirs = tuple(each["id"] for each in found["choices"][0]["logprobs"]["content"])
        same_tokens += found["usage"]["prompt_tokens"] == len(one)
        equal += theirs == answer[: len(theirs)] and len(answer) - len(theirs) <= 1  # the token that ends is not told
        if theirs != answer[: len(theirs)]:
            at = next(i for i, (a, b) in enumerate(zip(theirs, answer, strict=False)) if a != b)
            with torch.no_grad():
                logits = whole(torch.tensor([[*one, *answer[:at]]])).logits[0, -1].topk(2).values.tolist()
            print(f"{text!r}: apart at token {at}, where the two best are {logits[0] - logits[1]:.4f} apart")
    print(f"{equal} of {len(texts)} answers of {tokens} tokens are equal; {same_tokens} prompts have as many tokens")


if __name__ == "__main__":
    app()
