"""`corpus sample` and `corpus review`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus.audit.database import Database
from corpus.review.draw import STRATA, draw, read
from corpus.review.forms import FORMS, INTERFACE
from medpress.errors import UserError, to_run
from medpress.location import check_reachable
from medpress.store import MANIFEST, file_sha256, identity, refuse_older_layout, write_json, write_text

SAMPLES = "samples"
"""Folder of a data folder: which records were drawn, a file a sample. Their texts stand in the form alone."""


def sample(data: Path, size: int, seed: str, by: Sequence[str], form: str, out: Path) -> int:
    """Draw records for people to read, write them as a form, and note which they are; returns how many.

    Raises `UserError` when there are no shards.
    """
    check_reachable(data)
    refuse_older_layout(data)
    if not (data / "shards" / MANIFEST).exists():
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.")
    if unknown := [name for name in by if name not in STRATA]:
        raise UserError(f"a sample cannot be drawn by {unknown[0]!r}; choose from {', '.join(STRATA)}.")
    db = Database(data)
    try:
        drawn = draw(db, size, seed, by)
        rows = read(db, [row["id"] for row in drawn])
    finally:
        db.close()
    name = f"{size} {' '.join(by) or 'at random'}, seed {seed}"
    strata = {row["id"]: row["stratum"] for row in drawn}
    write_text(out, FORMS[form]([row | {"sample": name, "stratum": strata[row["id"]]} for row in rows]))
    if form == "label-studio":
        write_text(out.with_suffix(".interface.xml"), INTERFACE)
    build = file_sha256(data / "shards" / MANIFEST)[:24]
    noted = {"sample": name, "size": size, "seed": seed, "by": list(by), "build": build, "records": drawn}
    write_json(data / SAMPLES / f"{identity(build, name)}.json", noted)
    return len(rows)
