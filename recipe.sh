#!/usr/bin/env bash
# The whole recipe with a tiny model: shards of the sample documents, CPT, and then, three times with other tasks and
# another seed, SFT on few answers, synthesis by search, rejection-sampling SFT, CPO-SimPO, GRPO, evaluation. The tasks are
# made and checked by rule, so that questions without an answer are plenty; answers are given to 600 of them alone.
# `make recipe` runs it; everything lands in recipe/, and recipe/page.md says what each stage changed on 3,000 questions.
set -euo pipefail
cd "$(dirname "$0")"
out=recipe
data=$out/data
rm -rf "$out"
step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

step ingest auto sample_docs --data "$data" --license Apache-2.0
step corpus build --data "$data"
step train cpt --shards "$data/shards" --width 64 --layers 3 --out "$out/cpt"

seed_of_three() {
    seed=$1 here=$out/$1
    step train tasks --kinds "reference range" --langs en --train 3500 --test 1000 --seed "$seed" --out "$here/tasks"
    mkdir "$here/answered" "$here/unanswered" "$here/verified"
    head -n 600 "$here/tasks/train.jsonl" > "$here/answered/few.jsonl"
    tail -n +601 "$here/tasks/train.jsonl" > "$here/unanswered/fresh.jsonl"
    mv "$here/tasks/test.jsonl" "$here/tasks/test-$seed.jsonl"

    step train sft --stage 3 --data "$here/answered" --model "$out/cpt" --epochs 16 --learning-rate 0.003 --seed "$seed" --out "$here/sft"
    step train synthesize "$here/unanswered/fresh.jsonl" --model "$here/sft/model" --paths 6 --temperature 1 --max-tokens 64 \
        --concurrency 64 --out "$here/synthesis"
    cp "$here/answered/few.jsonl" "$here"/synthesis/data/*.parquet "$here/verified"
    step train sft --stage 3 --data "$here/verified" --model "$here/sft" --epochs 3 --learning-rate 0.001 --seed "$seed" --out "$here/rft"

    step train sample "$here/unanswered/fresh.jsonl" --model "$here/sft/model" --samples 4 --temperature 1 --top-p 1 --max-tokens 64 \
        --least-think 0 --concurrency 64 --out "$here/pairs"
    # The likelihood of the better answers leads, the comparison only helps it: led by the comparison, they became less likely.
    step train rl --pairs "$here/pairs" --model "$here/sft" --beta 1 --gamma 0 --alpha 4 --learning-rate 0.0005 --batch-size 8 \
        --epochs 1.5 --seed "$seed" --out "$here/rl"
    step train rl --online "$here/unanswered/fresh.jsonl" --model "$here/sft" --seed "$seed" --max-new-tokens 64 --out "$here/online"
    for run in sft rft rl online; do
        step train eval "$here/tasks/test-$seed.jsonl" --model "$here/$run" --method generation --max-new-tokens 64 --batch-size 100 \
            --out "$out/eval/$run"
    done
}

# A seed a process, each with one thread: a tiny model has no work for more.
export OMP_NUM_THREADS=1
running=()
for seed in 1 2 3; do
    seed_of_three "$seed" > "$out/seed-$seed.log" 2>&1 &
    running+=($!)
done
for process in "${running[@]}"; do wait "$process" || { cat "$out"/seed-*.log; exit 1; }; done
cat "$out"/seed-*.log
step train compare "$out"/1/{sft,rft,rl,online} --evaluations "$out/eval" --page "$out/page.md"
