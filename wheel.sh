#!/usr/bin/env bash
# The wheel as a stranger has it: built, installed with no constraints, and run from another folder without a network.
# `bash wheel.sh python3.11 python3.12 python3.13`; environments stay in .wheel/ and are used again.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
place="$here/.wheel"
mkdir -p "$place"
rm -rf "$place/dist"
"${1:?name one or more interpreters}" -m pip wheel --quiet --no-deps --wheel-dir "$place/dist" "$here"
rm -rf "$here/build" "$here"/*.egg-info
wheel="$(echo "$place"/dist/medpress-*.whl)"
alone() { if unshare --map-root-user --net true 2>/dev/null; then unshare --map-root-user --net "$@"; else "$@"; fi; }

for python in "$@"; do
    name="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    bin="$place/$name/bin"
    test -x "$bin/python" || { "$python" -m venv "$place/$name" && "$bin/python" -m pip install --quiet --upgrade pip; }
    "$bin/python" -m pip install --quiet "$wheel[train]"
    "$bin/python" -m pip install --quiet --no-deps --force-reinstall "$wheel"
    folder="$(mktemp -d)"
    cp -r "$here/sample_docs" "$folder/documents"
    cd "$folder"
    alone "$bin/ingest" auto documents --data data --license Apache-2.0 >> log 2>&1
    alone "$bin/corpus" build --data data >> log 2>&1
    alone "$bin/corpus" audit --data data >> log 2>&1
    alone "$bin/train" cpt --shards data/shards --out run --steps 5 >> log 2>&1
    alone "$bin/python" -c "import corpus, ingest, nlp; print('$name:', corpus.open('data').shards.count_rows(), 'records;',
        ingest.read('documents/web/lipid_zh.html').format, nlp.tag('No fever.').entities[0].negated)"
    cd "$here"
    rm -rf "$folder"
done
