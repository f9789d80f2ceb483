"""What the shipped classifiers are trained on: permissively licensed collections, and text written for this project.

Collections are read from a data folder laid out as described in its README; one that is not there is left out. None
of them is used for measuring (`benchmarks/nlp_classify.py` measures on other collections).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nlp.classify.phrases import LabelledText, write_documents

_CHUNK = 1500
_MOST_OF_ONE = 600
_DEPARTMENTS = {
    "心血管科": "cardiology",
    "呼吸科": "respiratory",
    "消化科": "gastroenterology",
    "肝病科": "gastroenterology",
    "内分泌科": "endocrinology",
    "肾内科": "nephrology",
    "神经科": "neurology",
    "血液科": "haematology",
    "风湿免疫科": "rheumatology",
}
TASKS = ("kind", "specialty", "worth")
"""The classifiers that ship."""


def material(task: str, folder: Path | None = None, written: int = 400) -> list[LabelledText]:
    """Training texts of a task: `written` texts a label of our own, and collections under `folder` if one is given.

    The kind of document is learned from written texts alone: with real texts for some classes and
    written ones for others a classifier learns to tell the real from the written (measured; see the model cards).
    """
    if task == "worth":
        from nlp.classify.worth_material import material as of_worth

        return of_worth(folder, written)
    texts = write_documents(task, written)
    if folder is None or task != "specialty":
        return texts
    for documents in (_toyhom(folder), _tcm_classics(folder)):
        texts += [LabelledText(text, topic) for text, topic in islice(documents, _MOST_OF_ONE) if topic]
    return texts


def chunks(text: str, size: int = _CHUNK) -> Iterator[str]:
    """A long text in pieces of about `size` characters, cut between paragraphs."""
    piece = ""
    for paragraph in text.split("\n"):
        piece += paragraph.strip() + "\n"
        if len(piece) >= size:
            yield piece.strip()
            piece = ""
    if len(piece) > size // 4:
        yield piece.strip()


def xml_paragraphs(raw: bytes, names: tuple[str, ...] = ("title", "p", "para")) -> str:
    """Paragraphs and headings of an XML document, one a line; entities are not resolved."""
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(raw, parser)
    lines = []
    for element in root.iter() if root is not None else ():
        if isinstance(element.tag, str) and etree.QName(element).localname in names:
            lines.append(" ".join("".join(element.itertext()).split()))
    return "\n".join(line for line in lines if line)


def _toyhom(folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / "qa/sft/toyhom_im_sample_gbk_1500.csv"
    if not path.is_file():
        return
    with path.open(encoding="gb18030", errors="replace", newline="") as lines:
        for row in csv.DictReader(lines):
            yield f"{row['title']}\n{row['ask']}\n{row['answer']}", _DEPARTMENTS.get(row["department"], "")


def _tcm_classics(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((folder / "textbook/tcm_classics").glob("*.txt")):
        for number, piece in enumerate(chunks(path.read_bytes().decode("gb18030", "replace"), 800)):
            if number < 15:
                yield piece, "traditional_chinese_medicine"
