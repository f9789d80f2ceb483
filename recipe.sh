#!/usr/bin/env bash
# The whole recipe on the sample documents with a tiny model: shards, CPT, SFT in three stages, sampling, CPO-SimPO,
# evaluation. `make recipe` runs it; everything lands in recipe/. Every step is real; the model is small, not good.
set -euo pipefail
cd "$(dirname "$0")"
out=recipe
data=$out/data
given=sample_docs/_recipe
rm -rf "$out"
step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

step ingest auto sample_docs --data "$data" --license Apache-2.0
step corpus build --data "$data"
step corpus instruct "$given/instructions_stage1.jsonl" --stage 1 --data "$data" --license Apache-2.0
step corpus instruct "$given/instructions_stage2.jsonl" --stage 2 --data "$data" --license Apache-2.0
step corpus instruct "$given/reasoning_stage3.jsonl" "$given/reasoning_choices.jsonl" --stage 3 --data "$data" --license Apache-2.0
step train cpt --shards "$data/shards" --out "$out/cpt"
step train sft --stage 1 --data "$data/instructions" --model "$out/cpt" --out "$out/sft1"
step train sft --stage 2 --data "$data/instructions" --model "$out/sft1" --out "$out/sft2"

# The experts are the tiny model itself, so most chains are rejected; the summary says why. What is accepted joins stage 3.
step train synthesize "$given/questions_practice.jsonl" --model "$out/sft2/model" --limit 8 --rounds 2 --max-tokens 128 --out "$data/synthesis"
step corpus instruct "$data/synthesis" --stage 3 --data "$data" --source synthesis
step train sft --stage 3 --data "$data/instructions" --model "$out/sft2" --out "$out/sft3"

# A tiny model writes short thoughts: the least length of the reasoning is off here.
step train sample "$given/questions_practice.jsonl" --model "$out/sft3/model" --samples 6 --max-tokens 120 --least-think 0 --out "$data/pairs"
step train rl --pairs "$data/pairs" --model "$out/sft3" --out "$out/rl"
for run in cpt sft1 sft2 sft3 rl; do
    step train eval "$given/questions_test.jsonl" --model "$out/$run" --method both --max-new-tokens 120 --out "$out/eval/$run"
done
step train compare "$out"/{cpt,sft1,sft2,sft3,rl} --evaluations "$out/eval"
