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

python - "$out" <<'SUMMARY'
import json
import pathlib
import sys

out = pathlib.Path(sys.argv[1])
audit = json.loads((out / "data/audit.json").read_text())
run = json.loads((out / "cpt/result.json").read_text())
routes = {}
engineer = audit["sections"]["engineer"]
for row in engineer["pages"]["rows"]:
    routes[row["route"]] = routes.get(row["route"], 0) + row["pages"]
print("\nThe demo in short")
print("  read:   ", sum(row["documents"] for row in engineer["inputs"]["rows"]), "documents;", ", ".join(f"{n} pages {way}" for way, n in sorted(routes.items())))
print("  dropped:", "; ".join(f"{row['records']} {row['stage']} ({row['reason']})" for row in engineer["dropped"]["rows"]))
tokens = {}
for row in engineer["outputs"]["rows"]:
    tokens[row["source"]] = tokens.get(row["source"], 0) + row["tokens"]
print("  tokens: ", ", ".join(f"{name} {n:,}" for name, n in sorted(tokens.items())))
print(f"  loss:    {run['first_loss']:.2f} at the first step, {run['last_loss']:.2f} at the last;",
      f"held-out text {run['held_out_start']['held_out']:.2f} before, {run['held_out']['held_out']:.2f} after")
print(f"  report:  {out}/data/audit.html   model: {out}/cpt/model")
SUMMARY
