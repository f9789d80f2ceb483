"""PHI: recall and precision on invented notes, false redactions in the literature, speed.

    python benchmarks/nlp_phi.py notes [--count 600] [--seed 7] [--show 20]
    python benchmarks/nlp_phi.py layouts [--show 50]
    python benchmarks/nlp_phi.py literature [--policy precise] [--show 50]
    python benchmarks/nlp_phi.py speed [--presidio]

`notes` scores both sets of phrases of tests/nlp/phi_notes.py with the thorough policy. An identifier counts as found
when all its letters and digits are covered; a finding is right when half of it lies in identifiers. `layouts` scores the notes
of tests/nlp/data, whose wording no finder was made from, and shows errors of the half `dev` alone. `literature` reads
the textbooks and JATS articles under MEDPRESS_DATA (default ../shared/data) whole, with front matter and references,
and prints every finding to be judged by eye; `--policy content` is what a build does where no folder says what they are. `speed` is process time on the same text, one core, megabytes of UTF-8.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lxml import etree

from nlp.phi import find, is_publication
from nlp.phi.evaluation import OPTIONAL, score
from tests.nlp.phi_layouts import layout_notes
from tests.nlp.phi_notes import Note, make_notes

DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[1] / "../shared/data"))
BLOCKS = frozenset(
    [
        "p",
        "title",
        "article-title",
        "para",
        "mixed-citation",
        "caption",
        "td",
        "th",
        "aff",
        "contrib",
        "corresp",
        "email",
        "ref",
    ]
)


def xml_text(path: Path) -> str:
    """All blocks of a JATS or CNXML file, front matter and references included, one a line."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    lines = []
    for element in etree.parse(str(path), parser).getroot().iter():
        names = [etree.QName(e).localname for e in (element, *element.iterancestors()) if isinstance(e.tag, str)]
        if names and names[0] in BLOCKS and not BLOCKS.intersection(names[1:]):
            lines.append(" ".join("".join(element.itertext()).split()))
    return "\n".join(lines)


def literature() -> Iterator[tuple[str, str]]:
    """(name, text) of the textbooks and articles."""
    for pattern in ("textbook/*/*.cnxml", "jats/*/*.xml"):
        for path in sorted(DATA.glob(pattern)):
            yield str(path.relative_to(DATA)), xml_text(path)
    for path in sorted(DATA.glob("textbook/tcm_classics/*.txt")):
        yield str(path.relative_to(DATA)), path.read_bytes().decode("gb18030", "replace")


def count_words(text: str) -> int:
    """Latin words and single Chinese characters."""
    return len(re.findall(r"[A-Za-z0-9]+|[一-鿿]", text))


def run_notes(count: int, seed: int, show: int) -> None:
    """Recall by kind and precision, for both languages and both sets of phrases."""
    for phrases in (1, 2):
        notes = make_notes(count, seed, phrases)
        for lang in ("en", "zh"):
            mine = [note for note in notes if note.lang == lang]
            result = score((note.text, note.lang, note.spans) for note in mine)
            kinds = " ".join(f"{kind} {result.recall(kind):.3f}/{n}" for kind, n in sorted(result.labelled.items()))
            right_kind = result.same_kind / max(1, sum(result.found.values()))
            print(f"phrases {phrases} {lang}: {len(mine)} notes, precision {result.precision:.4f}, recall {result.recall():.4f}, "
                  f"right kind {right_kind:.4f}\n    {kinds}")  # fmt: skip
            for note in mine if show else []:
                covered = {i for span in find(note.text) for i in range(span.start, span.end)}
                for start, end, kind in note.spans:
                    if show and any(i not in covered for i in range(start, end) if note.text[i].isalnum()):
                        show -= 1
                        print(f"    missed {kind}: …{note.text[max(0, start - 25) : end + 10]!r}")


def run_layouts(show: int) -> None:
    """Recall, precision, and recall of names, for all sets of notes and both languages."""
    for half in ("dev", "test", "fresh", "forms", "papers"):
        for lang in ("en", "zh"):
            notes = layout_notes(half, lang)
            result = score((note.text, note.lang, note.spans) for note in notes)
            kinds = " ".join(f"{kind} {result.recall(kind):.3f}/{n}" for kind, n in sorted(result.labelled.items()))
            print(f"{half} {lang}: {len(notes)} notes, recall {result.recall():.3f}, precision {result.precision:.3f}, "
                  f"names {result.recall('NAME'):.3f}\n    {kinds}")  # fmt: skip
            for note in notes if half == "dev" else []:
                show = show_errors(note, show)


def show_errors(note: Note, show: int) -> int:
    """Print what is missed and what is wrongly found in a note, `show` lines at most; how many lines are left."""
    spans = find(note.text, note.lang)
    covered = {i for span in spans for i in range(span.start, span.end)}
    inside = {i for start, end, _ in note.spans for i in range(start, end)}
    errors = [
        (start, end, f"missed {kind}")
        for start, end, kind in note.spans
        if kind != OPTIONAL and any(i not in covered for i in range(start, end) if note.text[i].isalnum())
    ]
    errors += [
        (span.start, span.end, f"wrong {span.type}")
        for span in spans
        if 2 * len(inside.intersection(range(span.start, span.end))) < span.end - span.start
    ]
    for start, end, what in sorted(errors)[:show]:
        print(
            f"    {what}: {note.text[max(0, start - 25) : start]!r} [{note.text[start:end]}] {note.text[end : end + 15]!r}"
        )
    return max(0, show - len(errors))


def run_literature(policy: str, show: int) -> None:
    """Findings in 10,000 words, each printed."""
    words = findings = 0
    for name, text in literature():
        words += count_words(text)
        chosen = policy if policy != "content" else "precise" if is_publication([text]) else "thorough"
        if policy == "content" and chosen == "thorough":
            print(f"{name}: thorough")
        for span in find(text, policy=chosen):  # type: ignore[arg-type]
            findings += 1
            if findings <= show:
                before, value, after = (
                    text[max(0, span.start - 30) : span.start],
                    text[span.start : span.end],
                    text[span.end : span.end + 20],
                )
                print(f"{name[-40:]:40} {span.type:8} {before!r} [{value}] {after!r}")
    print(f"{policy}: {findings} findings in {words} words = {findings / words * 1e4:.2f} in 10,000 words")


def run_speed(presidio: bool) -> None:
    """Megabytes a CPU-second on literature and on notes."""
    texts = {
        "literature": "\n\n".join(text for _, text in literature()),
        "notes": "\n\n".join(note.text for note in make_notes(3000, 5)),
    }
    find("warm", policy="precise"), find("warm", policy="thorough")
    for name, text in texts.items():
        megabytes = len(text.encode()) / 1e6
        pieces = [text[i : i + 4000] for i in range(0, len(text), 4000)]
        for policy in ("precise", "thorough"):
            began = time.process_time()
            findings = sum(len(find(piece, policy=policy)) for piece in pieces)  # type: ignore[arg-type]
            took = time.process_time() - began
            rate = f"{megabytes / took:.1f} MB/CPU-s, {count_words(text) / took:,.0f} words/CPU-s"
            print(f"{name}: {megabytes:.1f} MB, {policy}: {rate}, {findings} findings")
        if presidio:
            began = time.process_time()
            sample = pieces[:20]
            for piece in sample:
                find(piece, engine="presidio")
            print(f"{name}: presidio {sum(map(count_words, sample)) / (time.process_time() - began):,.0f} words/CPU-s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["notes", "layouts", "literature", "speed"])
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--policy", default="precise", choices=["precise", "thorough", "content"])
    parser.add_argument("--presidio", action="store_true")
    given = parser.parse_args()
    if given.what == "notes":
        run_notes(given.count, given.seed, given.show)
    elif given.what == "layouts":
        run_layouts(given.show)
    elif given.what == "literature":
        run_literature(given.policy, given.show)
    else:
        run_speed(given.presidio)


if __name__ == "__main__":
    main()
