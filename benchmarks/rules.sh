#!/usr/bin/env bash
# The whole recipe on tasks that rules make and check, with a tiny model and three seeds: shards, CPT, SFT, synthesis by
# search, rejection sampling, SFT on the right answers, CPO-SimPO on pairs, GRPO on verified answers. Measured on names and
# numbers that stand in no training part. Everything lands in recipe/, the outcome in report.md. Its commands were run one by
# one, with fewer steps and questions; the whole has not been run yet, and no gain of RL was seen.
set -euo pipefail
cd "$(dirname "$0")/.."
out=recipe
kinds=(--kinds staging --kinds "reference range" --langs en) # what so small a model learns in two minutes
rm -rf "$out"
step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }
export OMP_NUM_THREADS=1 # a tiny model is not faster on two cores

step ingest auto sample_docs --data "$out/data" --license Apache-2.0
step corpus build --data "$out/data"
mkdir -p "$out/tests"
step train cpt --shards "$out/data/shards" --out "$out/cpt" --width 64 --vocabulary 1024

# One seed: its own tasks, order and answers. What is sampled and what GRPO is asked are the same questions.
seed() {
    local run=$out/$1
    step train tasks "${kinds[@]}" --train 3000 --test 350 --seed "$1" --out "$run/tasks"
    step train tasks "${kinds[@]}" --train 300 --test 1 --seed "$((100 + $1))" --out "$run/practice"
    cp "$run/tasks/test.jsonl" "$out/tests/rules-$1.jsonl"
    step train sft --stage 3 --data "$run/tasks/train.jsonl" --model "$out/cpt" --out "$run/sft" --seed "$1" \
        --sequence-length 512 --batch-size 1 --steps 4000 --learning-rate 0.004
    step train synthesize "$run/practice/train.jsonl" --model "$run/sft" --paths 4 --limit 100 --temperature 1 --max-tokens 80 \
        --concurrency 64 --out "$run/synthesis"
    step train sample "$run/practice/train.jsonl" --model "$run/sft" --samples 8 --temperature 1 --top-p 1 --max-tokens 80 \
        --least-think 0 --concurrency 64 --out "$run/pairs"
    step train sft --stage 3 --data "$run/pairs_right" --model "$run/sft" --out "$run/rft" --seed "$1"
    step train rl --pairs "$run/pairs" --model "$run/sft" --out "$run/rl" --seed "$1"
    step train rl --online "$run/practice/train.jsonl" --model "$run/sft" --out "$run/online" --max-new-tokens 80 --seed "$1"
    ln -sfn ../cpt "$run/cpt"
    for stage in cpt sft rft rl online; do
        step train eval "$out/tests/rules-$1.jsonl" --model "$run/$stage" --method generation --max-new-tokens 80 \
            --batch-size 64 --out "$out/eval/$stage"
    done
}

# Side by side: most of a seed's time is one core's.
running=()
for number in 0 1 2; do
    seed "$number" >"$out/seed-$number.log" 2>&1 &
    running+=($!)
done
for number in 0 1 2; do
    wait "${running[$number]}" || { cat "$out/seed-$number.log"; exit 1; }
    cat "$out/seed-$number.log"
done
for run in sft rft rl online; do ln -sfn "0/$run" "$out/$run"; done
step train compare "$out"/{cpt,sft,rft,rl,online} --evaluations "$out/eval" --page "$out/report.md"
