#!/usr/bin/env bash
# The program's main job on sample_docs/: read, build, audit, train. `make demo` runs it; everything lands in demo/.
set -euo pipefail
cd "$(dirname "$0")"
out=demo
rm -rf "$out"
step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

step ingest auto sample_docs --data "$out/data" --license Apache-2.0
step ingest status --data "$out/data"
step corpus build --data "$out/data"
step corpus audit --data "$out/data"
step train cpt --shards "$out/data/shards" --out "$out/cpt" --mix odm
printf '\nThe report is %s/data/audit.html, the model %s/cpt. Where does a text come from? `corpus trace ID --data %s/data`\n' "$out" "$out" "$out"
