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
step corpus instruct "$given/reasoning_stage3.jsonl" --stage 3 --data "$data" --license Apache-2.0
step train cpt --shards "$data/shards" --out "$out/cpt"
step train sft --stage 1 --data "$data/instructions/stage=1" --model "$out/cpt" --out "$out/sft1"
step train sft --stage 2 --data "$data/instructions/stage=2" --model "$out/sft1" --out "$out/sft2"
step train synthesize "$given/questions.jsonl" --model "$out/sft2" --out "$out/synthesis"
step train sft --stage 3 --data "$data/instructions/stage=3" --model "$out/sft2" --out "$out/sft3"
step train sample "$given/questions.jsonl" --model "$out/sft3" --out "$out/pairs"
step train rl --pairs "$out/pairs" --model "$out/sft3" --out "$out/rl"
