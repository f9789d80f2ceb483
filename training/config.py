"""Everything that a training command can be told, with the defaults that run on a laptop."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from medpress.command import MACHINE, ONCE, group
from medpress.generation.config import GenerationConfig
from medpress.ranges import Amount, Count, CountOrNone, Share, between

# Where an option stands in the help, in this order.
BATCHES = group("Batches", 10)
OPTIMISER = group("Optimiser", 20)
MIXTURE = group("Mixture", 25)
START = group("A model from a random start", 30)
REWARD = group("Reward", 40)
ONLINE = group("Online, by verified rewards", 45)
MEASURING = group("Measuring and saving", 50)


class InputError(ValueError):
    """Something the user can put right, said in one sentence; the command line prints it without a traceback."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What all stages share."""

    out: Path = Path("runs/train")
    """Folder of this run: checkpoints, metrics, the finished model. The same command carries an interrupted run on."""
    model: str = ""
    """Model to start from: a folder, a Hugging Face id, or a GGUF file. Empty: what the stage says."""
    steps: CountOrNone = 0
    """Optimizer steps; 0 derives them from the epochs."""
    epochs: Amount = 0.0
    """Passes over the data; 0 means what the stage says. Ignored when steps are given."""
    sequence_length: Annotated[CountOrNone, BATCHES] = 1024
    """Tokens in a packed sequence."""
    batch_size: Annotated[CountOrNone, BATCHES] = 8
    """Sequences a step, over all processes; must be a multiple of their number."""
    micro_batch: Annotated[CountOrNone, BATCHES] = 0
    """Sequences a forward pass on one process (gradients are accumulated); 0 takes all of the process's share at once."""
    lora: Annotated[CountOrNone, OPTIMISER] = 0
    """Rank of the matrices that are trained beside frozen weights; 0 trains the weights. The learning rate that a stage says is
    ten times as high then."""
    recompute: Annotated[Literal["nothing", "cheap", "all"], MACHINE] = "nothing"
    """What of the layers is made again for the gradient instead of kept, which saves memory: nothing, all but matrix products and
    attention, or all."""
    compile: Annotated[bool, ONCE, MACHINE] = False
    """Compile the layers before the first step."""
    learning_rate: Annotated[Amount, OPTIMISER] = 0.0
    """Peak learning rate; 0 means what the stage says."""
    schedule: Annotated[Literal["cosine", "wsd", "constant"], OPTIMISER] = "cosine"
    """Learning rate after the warm-up: cosine decay; warm-up, stable, decay over the last fifth; or constant."""
    final_rate: Annotated[Share, OPTIMISER] = 0.1
    """Learning rate at the end, as a share of the peak."""
    warm_up: Annotated[Share, OPTIMISER] = 0.03
    """Share of the steps over which the learning rate rises from zero."""
    weight_decay: Annotated[Amount, OPTIMISER] = 0.1
    """AdamW's decay of matrices; vectors do not decay."""
    beta1: Annotated[Share, OPTIMISER] = 0.9
    """AdamW's memory of the gradient."""
    beta2: Annotated[Share, OPTIMISER] = 0.95
    """AdamW's memory of the squared gradient."""
    clip: Annotated[Amount, OPTIMISER] = 1.0
    """Largest norm of the gradient; 0 never clips."""
    precision: Annotated[Literal["auto", "fp32", "bf16"], MACHINE] = "auto"
    """Arithmetic of the forward pass; auto is bf16 on a GPU that has it and fp32 elsewhere. Weights stay in fp32."""
    seed: Annotated[int, between(0, 2**32 - 1)] = 0
    """Seed of the weights, the order of the data and the mixture."""
    evaluate_every: Annotated[CountOrNone, MEASURING] = 0
    """Steps between two measurements of the held-out loss; 0 makes about ten in a run."""
    checkpoint_every: Annotated[CountOrNone, MEASURING] = 0
    """Steps between two checkpoints; 0 means every tenth of the run, at most 500 steps."""
    keep: Annotated[Count, MEASURING] = 1
    """Last checkpoints that are kept; the one with the least held-out loss is kept beside them, for `train export`."""
    held_out: Annotated[Share, MEASURING] = 0.05
    """Share of the records, by the hash of their id, that is never trained on; each source gives at least one of two."""
    held_out_tokens: Annotated[Count, MEASURING] = 50_000
    """Tokens a source that the held-out loss is measured on, at most; of shards, no more than these are held out."""


@dataclass(frozen=True, kw_only=True)
class CptConfig(TrainingConfig):
    """Continued pre-training on shards, or pre-training of a small model from a random start."""

    shards: str | Path = "data/shards"
    """Folder that `corpus build` wrote, here or in an object store (s3://bucket/run1/shards): data/shards, or data/tokens
    of `corpus build --tokenize`."""
    out: Path = Path("runs/cpt")
    """Folder of this run: checkpoints, metrics, the finished model. The same command carries an interrupted run on."""
    model: str = ""
    """Model to start from: a folder, a Hugging Face id, or a GGUF file. Empty: a small Qwen3 model from a random start."""
    sequence_length: Annotated[CountOrNone, BATCHES] = 0
    """Tokens in a packed sequence; 0 means 128 from a random start and 1,024 otherwise."""
    batch_size: Annotated[CountOrNone, BATCHES] = 8
    """Sequences a step, over all processes; must be a multiple of their number."""
    mix: Annotated[Literal["static", "stratified", "odm", "ado", "excess"], MIXTURE] = "static"
    """How the sources are mixed: by the prior, in equal shares, by the bandit of online data mixing, by how fast the loss of
    each still falls, or by how far it is above that of a finished run."""
    reference: Annotated[Path | None, MIXTURE] = None
    """The finished run of excess: train cpt on the same sources, with the same tokenizer."""
    weights: Annotated[dict[str, float], between(0, 10**6), MIXTURE] = field(default_factory=dict)
    """Prior share of each source, as --weights.NAME 2; one that is not named gets none. Without any, the sources' sizes."""
    size_power: Annotated[Share, MIXTURE] = 1.0
    """Prior shares are sizes to this power: 1 takes all text alike, 0 all sources."""
    quality: Annotated[dict[str, float], between(0, 10**6), MIXTURE] = field(default_factory=dict)
    """What the prior of a source is multiplied by, as --quality.NAME 0.5."""
    floor: Annotated[Share, MIXTURE] = 0.25
    """Least share of a source that a mixture that learns leaves it, as a part of its prior."""
    cap: Annotated[Amount, MIXTURE] = 0.0
    """Largest share of a source, as a multiple of its prior; 0 means no limit."""
    most_epochs: Annotated[Amount, MIXTURE] = 4.0
    """Passes over a source, at most, or twice as many as over all text together; 0, and given weights, mean no limit."""
    mix_warm_up: Annotated[Share, MIXTURE] = 0.1
    """Share of the steps in which the prior alone decides."""
    epochs: Amount = 0.0
    """Passes over the shards; 0 means one, and from a random start as many as make 500,000 tokens."""
    learning_rate: Annotated[Amount, OPTIMISER] = 0.0
    """Peak learning rate; 0 means 0.003 from a random start and 0.00002 otherwise."""
    tokenizer: Annotated[str, START] = ""
    """Tokenizer of a random start: empty trains one on the shards; deepseek, a folder or an id takes that one."""
    vocabulary: Annotated[CountOrNone, START] = 0
    """Entries of the tokenizer trained on the shards; 0 chooses by the size of the corpus."""
    width: Annotated[Count, START] = 192
    """Hidden size of a random start."""
    layers: Annotated[Count, START] = 3
    """Layers of a random start."""
    heads: Annotated[Count, START] = 4
    """Attention heads of a random start; half as many hold keys and values."""


@dataclass(frozen=True, kw_only=True)
class SftConfig(TrainingConfig):
    """Instruction tuning, one of three stages."""

    stage: Literal[1, 2, 3] = 1
    """1 simple instructions, 2 conversations and complex instructions, 3 long medical reasoning."""
    data: Path | None = None
    """Folder or file of conversations (Parquet or JSON Lines with `messages`), of which those of the stage are taken where
    the stages lie apart; default data/instructions."""
    out: Path | None = None  # type: ignore[assignment]
    """Folder of this run; default runs/sftN."""
    model: str = ""
    """Model to start from; default the result of the stage before (runs/cpt, runs/sft1, runs/sft2)."""
    epochs: Amount = 0.0
    """Passes over the conversations; 0 means 10 below 50 M parameters and 3 otherwise."""
    sequence_length: Annotated[CountOrNone, BATCHES] = 1024
    """Tokens in a packed sequence; a longer conversation is left out and counted, never cut."""
    batch_size: Annotated[CountOrNone, BATCHES] = 0
    """Sequences a step, over all processes, a multiple of their number; 0 means 1 below 50 M parameters, otherwise 8."""
    learning_rate: Annotated[Amount, OPTIMISER] = 0.0
    """Peak learning rate; 0 means 0.001 below 50 M parameters and 0.00001 otherwise."""
    weight_decay: Annotated[Amount, OPTIMISER] = 0.0
    """AdamW's decay of matrices; vectors do not decay."""


@dataclass(frozen=True, kw_only=True)
class RlConfig(TrainingConfig):
    """Preference tuning by CPO-SimPO or another objective on pairs of answers, or by GRPO on answers that are sampled and verified as it goes."""

    pairs: Path = Path("data/pairs")
    """Folder or file of pairs (Parquet or JSON Lines with `prompt`, `chosen`, `rejected` as messages)."""
    online: Annotated[Path | None, ONLINE] = None
    """File of questions with one right option each: answers are sampled from the model and rewarded by rule instead of read
    from pairs; a step is `batch-size` questions."""
    answers: Annotated[Count, ONLINE] = 8
    """Answers to a question."""
    updates: Annotated[Count, ONLINE] = 1
    """Steps on the same answers, the later ones clipped."""
    epsilon: Annotated[Share, ONLINE] = 0.2
    """How far the probability of a token may move on the same answers before its gradient is cut."""
    kl: Annotated[Amount, ONLINE] = 0.0
    """Weight of the divergence from the model that the run starts from."""
    max_new_tokens: Annotated[Count, ONLINE] = 160
    """Tokens of an answer, at most."""
    out: Path = Path("runs/rl")
    """Folder of this run: checkpoints, metrics, the finished model. The same command carries an interrupted run on."""
    model: str = ""
    """Model to start from; default runs/sft3."""
    objective: Annotated[Literal["cpo-simpo", "simpo", "cpo", "dpo", "orpo"], REWARD] = "cpo-simpo"
    """What is asked of a pair; the next three say otherwise than it does."""
    beta: Annotated[Amount | None, REWARD] = None
    """Scale of the reward; by default 10 on the mean log-probability of an answer (cpo-simpo, simpo), otherwise 0.1."""
    gamma: Annotated[Amount | None, REWARD] = None
    """Margin by which the chosen reward should exceed the rejected one; by default 5.4 (cpo-simpo, simpo), otherwise none."""
    alpha: Annotated[Amount | None, REWARD] = None
    """Weight of the chosen answers' negative log-likelihood; by default 0.05 (cpo-simpo), 1 (cpo, orpo), otherwise none."""
    epochs: Amount = 0.0
    """Passes over the pairs; 0 means 3 below 50 M parameters and 1 otherwise."""
    sequence_length: Annotated[CountOrNone, BATCHES] = 2048
    """Tokens of prompt and answer, at most; a longer pair is left out and counted, never cut."""
    batch_size: Annotated[CountOrNone, BATCHES] = 0
    """Pairs a step, over all processes, a multiple of their number; 0 means 4 below 50 M parameters, otherwise 8."""
    learning_rate: Annotated[Amount, OPTIMISER] = 0.0
    """Peak learning rate; 0 means 0.0001 below 50 M parameters and 0.000001 otherwise."""
    warm_up: Annotated[Share, OPTIMISER] = 0.1
    """Share of the steps over which the learning rate rises from zero."""
    final_rate: Annotated[Share, OPTIMISER] = 0.0
    """Learning rate at the end, as a share of the peak."""
    weight_decay: Annotated[Amount, OPTIMISER] = 0.0
    """AdamW's decay of matrices; vectors do not decay."""


@dataclass(frozen=True, kw_only=True)
class EvalConfig:
    """Multiple-choice questions put to a model."""

    policy: Annotated[GenerationConfig, group("The model that is asked", 10)] = field(
        default_factory=lambda: GenerationConfig(model="runs/rl")
    )
    """The model: a folder of a run or of a model, a Hugging Face id, or one behind an endpoint."""
    method: Literal["letters", "likelihood", "generation", "both"] = "likelihood"
    """By the likelihood of the options' letters, the options shown (MMLU's published form); of each option's text (lm-eval's
    acc_norm); by the answer that the model writes; or the last two."""
    out: Path = Path("runs/eval")
    """Folder for answers and summaries."""
    limit: CountOrNone = 0
    """Questions a file, at most; 0 asks all."""
    options: Path | None = None
    """File that holds the options, where they do not stand beside the questions (JMED)."""
    shots: CountOrNone = 0
    """Examples with their answers before each question."""
    examples: Path | None = None
    """File that the examples are the first questions of, such as a set's development part."""
    preamble: str = ""
    """Text before examples and question where likelihoods are asked, as some sets are published with."""
    corpus: Path | None = None
    """Data folder of a corpus: the accuracy is given apart for questions that stand in its shards."""
    batch_size: CountOrNone = 8
    """Questions asked at once."""
    max_new_tokens: Count = 512
    """Tokens of a written answer, at most."""
    temperature: Amount = 0.0
    """0 takes the likeliest token; otherwise answers are sampled."""
    top_p: Share = 1.0
    """Sample from the likeliest tokens that together have this probability."""
    seed: Annotated[int, between(0, 2**32 - 1)] = 0
    """Seed of the sampling."""


def plain(config: TrainingConfig) -> dict[str, Any]:
    """A configuration as JSON values, for the run's folder and for comparison with an earlier run."""
    return {
        f.name: str(value) if isinstance(value := getattr(config, f.name), Path) else value
        for f in dataclasses.fields(config)
    }
