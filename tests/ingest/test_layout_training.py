"""The model of block labels: what it learns from, and that what is written is what was learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymupdf
import pytest
from lxml import etree

from ingest.document import ReadOptions
from ingest.layout_templates import Piece, pieces_of_article, write_pdf
from ingest.layout_training import LEAVES, ROUNDS, Examples, label_of, trained, truth_of, write_trees
from ingest.page.block_labels import LABELS, MODEL, NAMES, read_trees
from ingest.readers.pdf import PdfReader

ARTICLE = etree.fromstring(
    """<article><front><article-meta><title-group><article-title>Aspirin in the elderly</article-title></title-group>
    <contrib-group><contrib><name><surname>Smith</surname><given-names>Anna</given-names></name></contrib></contrib-group>
    </article-meta></front><body><sec><title>Methods</title><sec><title>Patients</title>
    <p><bold>Consent.</bold> All patients who were asked agreed to take part in the trial and none was lost.</p>
    <fig><label>Figure 1</label><caption><p>Flow of the patients through the trial.</p></caption></fig></sec></sec></body>
    <back><ref-list><title>References</title><ref><mixed-citation>Jones B, Brown C. A trial of aspirin in mice and rats.
    Lancet 2001; 12: 34</mixed-citation></ref></ref-list></back></article>"""
)


@pytest.mark.parametrize(
    ("text", "at_edge", "label"),
    [
        ("Aspirin in the elderly", False, "heading"),
        ("2. Methods", False, "heading"),
        ("2.1 Patients", False, "heading"),
        ("Aspirin in", False, "heading"),
        ("All patients who were asked agreed to take part in the trial", False, "text"),
        ("Figure 1. Flow of the patients through the trial.", False, "caption"),
        ("1. Jones B, Brown C. A trial of aspirin in mice and rats. Lancet 2001; 12:34.", False, "reference"),
        ("Brown C, Jones B. In mice and rats: a trial of aspirin. 2001, Lancet", False, "reference"),
        ("Downloaded from journals.example.org by a guest", True, "furniture"),
        ("17", True, "furniture"),
    ],
)
def test_a_paragraph_has_the_label_of_its_place_in_the_xml(text: str, at_edge: bool, label: str) -> None:
    assert label_of(text, truth_of(ARTICLE), at_edge, False) == label


def test_a_running_head_is_no_title_though_it_says_the_same() -> None:
    assert label_of("Aspirin in the elderly", truth_of(ARTICLE), True, True) == "furniture"


def test_an_article_is_set_whole_in_any_style(tmp_path: Path) -> None:
    pieces = pieces_of_article(ARTICLE)
    assert [piece.role for piece in pieces] == [
        "title",
        "front",
        "heading",
        "heading",
        "text",
        "caption",
        "heading",
        "reference",
    ]
    seen = set()
    for seed in range(6):
        write_pdf(pieces, seed, tmp_path / "a.pdf")
        with pymupdf.open(tmp_path / "a.pdf") as document:
            text = " ".join(" ".join(page.get_text() for page in document).split())
            seen.add((round(document[0].rect.width), text.count("Methods"), text.count("METHODS")))
        for piece in pieces:
            assert (
                "".join(piece.text.lower().split()) in "".join(text.lower().replace("-\n", "").split())
                or piece.role == "caption"
            )
    assert len(seen) > 1


def test_the_written_trees_are_the_learned_ones(tmp_path: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    random = np.random.default_rng(3)
    table = random.normal(size=(400, len(NAMES))).astype(np.float32)
    labels = ((table[:, 3] > 0.2) * 1 + (table[:, 7] * table[:, 9] > 0.4) * 2).astype(np.int32)
    trees = trained([Examples(table, labels, "a", True)])
    write_trees(trees, tmp_path)
    scores = read_trees(tmp_path).scores(table)
    booster = HistGradientBoostingClassifier(
        max_iter=ROUNDS, max_leaf_nodes=LEAVES, learning_rate=0.12, min_samples_leaf=12, l2_regularization=1.0,
        early_stopping=False, random_state=1,
    ).fit(table, labels)  # fmt: skip
    known = sorted(set(labels.tolist()))
    np.testing.assert_allclose(scores[:, known], booster.decision_function(table), atol=1e-4)
    assert (scores[:, [i for i in range(len(LABELS)) if i not in known]] < -40).all()


def test_the_shipped_model_reads_articles_in_styles_that_it_never_saw(tmp_path: Path) -> None:
    """Text of this test, in styles whose numbers no training run reaches: nearly all titles, and hardly any text as one."""
    words = (
        "The patients of both wards were asked what they had eaten before they came and what had been given to them."
    )
    pieces = [Piece("title", "Meals on two wards of a hospital in the north")]
    for name, inner in (
        ("Introduction", ()),
        ("Methods", ("Patients", "Meals that were served")),
        ("Results", ("Wards",)),
    ):
        pieces += [Piece("heading", name, 1), Piece("text", 3 * (words + " "))]
        for title in inner:
            pieces += [Piece("heading", title, 2), Piece("text", 4 * (words + " "))]
    titles = {piece.text.lower() for piece in pieces if piece.role in ("title", "heading")}
    found = false = 0
    for seed in range(100_000, 100_008):
        write_pdf(pieces, seed, tmp_path / "a.pdf")
        pages = PdfReader().read(tmp_path / "a.pdf", 1, 12, ReadOptions(ocr="never"), lambda _: None)
        headings = [
            block.text.lower().rstrip(".:") for page in pages for block in page.blocks if block.kind == "heading"
        ]
        found += sum(any(heading.endswith(title) for heading in headings) for title in titles)
        false += sum(not any(heading.endswith(title) for title in titles) for heading in headings)
    assert found >= 0.9 * 8 * len(titles)
    assert false <= 0.1 * found


def test_the_model_is_small() -> None:
    assert (MODEL / "model.safetensors").stat().st_size < 2_000_000
    assert (MODEL / "README.md").is_file()
