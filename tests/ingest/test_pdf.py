"""The PDF reader on PDFs made here, on damaged ones, and on real articles where they are at hand."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pymupdf
import pytest

from ingest.assembly.assemble import assemble
from ingest.document import Page, Probe, ReadOptions, UnreadableError
from ingest.readers.pdf import MAX_PIXELS, PdfReader, draw

NEVER = ReadOptions(ocr="never")
WORDS = [
    "The",
    "patients",
    "who",
    "took",
    "part",
    "in",
    "the",
    "trial",
    "were",
    "followed",
    "for",
    "one",
    "year",
    "after",
    "the",
    "last",
    "dose",
    "of",
    "the",
    "drug",
    "and",
    "none",
    "of",
    "them",
    "was",
    "lost",
    "although",
    "some",
    "moved",
    "to",
    "other",
    "towns",
    "and",
    "had",
    "to",
    "be",
    "found",
    "again",
    "by",
    "letter",
    "or",
    "by",
    "telephone",
    "there",
]


NAMES = ("", "Heart", "Lung", "Liver", "Kidney", "Skin")


def prose(name: str, n_words: int) -> str:
    return " ".join([name, *(WORDS[i % len(WORDS)] for i in range(n_words - 2)), "end."])


def article(path: Path, n_pages: int = 3) -> Path:
    """Two columns, a title, section headings, headers and page numbers."""
    document = pymupdf.open()
    for number in range(1, n_pages + 1):
        page = document.new_page(width=595, height=842)
        page.insert_text((50, 40), "Journal of Tests 2026, 7:13", fontsize=8)
        page.insert_text((290, 810), str(number), fontsize=8)
        top = 80.0
        if number == 1:
            page.insert_text((50, 100), "A trial of one drug in many patients", fontsize=20, fontname="hebo")
            page.insert_text((50, 130), "Anna Smith and Bert Jones", fontsize=11, fontname="hebo")
            top = 160.0
        for side, x in (("left", 50), ("right", 310)):
            page.insert_text(
                (x, top),
                f"{number}.{1 if side == 'left' else 2}. {NAMES[number]} on the {side}",
                fontsize=11,
                fontname="hebo",
            )
            page.insert_textbox(
                (x, top + 10, x + 235, 780), prose(f"{side}{number}", 220), fontsize=10, fontname="tiro"
            )
    document.set_metadata(
        {"title": "A trial of one drug", "author": "Anna Smith; Bert Jones", "creationDate": "D:20260102"}
    )
    document.set_toc([[1, "A trial of one drug in many patients", 1]])
    document.save(path)
    return path


def read(path: Path, options: ReadOptions = NEVER) -> tuple[list[Page], Probe]:
    reader = PdfReader()
    probe = reader.probe(path, options)
    return assemble(list(reader.read(path, 1, probe.n_pages, options, lambda _: None)), probe)


def test_an_article_in_two_columns(tmp_path: Path) -> None:
    pages, probe = read(article(tmp_path / "a.pdf"))
    assert (probe.n_pages, probe.title, probe.authors, probe.date) == (
        3,
        "A trial of one drug",
        ("Anna Smith", "Bert Jones"),
        "2026-01-02",
    )
    blocks = [block for page in pages for block in page.blocks]
    headings = [(block.text, block.level) for block in blocks if block.kind == "heading"]
    assert headings[:3] == [
        ("A trial of one drug in many patients", 1),
        ("1.1. Heart on the left", 3),
        ("1.2. Heart on the right", 3),
    ]
    text = "\n".join(block.text for block in blocks)
    assert "Journal of Tests" not in text
    places = [text.index(f"{side}{number}") for number in (1, 2, 3) for side in ("left", "right")]
    assert places == sorted(places)
    assert all(page.route == "native" and page.reason == "text layer" for page in pages)
    for page in pages:
        for block in page.blocks:
            assert block.bbox is not None
            assert block.bbox[0] >= 49 and block.bbox[3] <= 790


def test_a_range_of_pages_is_read_and_each_page_is_named_before(tmp_path: Path) -> None:
    marks: list[str] = []
    pages = list(PdfReader().read(article(tmp_path / "a.pdf", 5), 2, 4, NEVER, marks.append))
    assert [page.page for page in pages] == [2, 3, 4]
    assert marks == [*(f"page {n}" for n in (2, 3, 4)), *(f"page {n}, native" for n in (2, 3, 4))]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    path = article(tmp_path / "a.pdf")
    assert read(path) == read(path)


def test_a_table_is_markdown_and_stands_where_it_belongs(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 60, 550, 200), prose("before", 60), fontsize=10)
    page.insert_text((50, 215), "Table 1. Doses", fontsize=9)
    rows = [("Drug", "Dose"), ("aspirin", "100 mg"), ("heparin", "5000 IU")]
    for i, row in enumerate(rows):
        for x, cell in zip((60, 250), row, strict=True):
            page.insert_text((x, 240 + 16 * i), cell, fontsize=9)
    for y in (228, 245, 280):
        page.draw_line((50, y), (400, y), width=0.7)
    page.insert_textbox((50, 300, 550, 500), prose("after", 60), fontsize=10)
    document.save(tmp_path / "t.pdf")
    pages, _ = read(tmp_path / "t.pdf")
    assert [block.kind for block in pages[0].blocks] == ["paragraph", "caption", "table", "paragraph"]
    assert pages[0].blocks[2].text.splitlines()[2:] == ["| aspirin | 100 mg |", "| heparin | 5000 IU |"]


def test_a_page_printed_sideways_is_read_in_its_own_direction(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_textbox((60, 60, 500, 780), prose("sideways", 120), fontsize=10, rotate=90)
    document.save(tmp_path / "s.pdf")
    pages, _ = read(tmp_path / "s.pdf")
    text = " ".join(block.text for block in pages[0].blocks)
    assert text.split() == prose("sideways", 120).split()
    box = pages[0].blocks[0].bbox
    assert box is not None and 0 <= box[0] < box[2] <= 595 and 0 <= box[1] < box[3] <= 842


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 60, 550, 300), prose("text", 100), fontsize=10)
    page.insert_text((100, 700), "DRAFT", fontsize=60, morph=(pymupdf.Point(100, 700), pymupdf.Matrix(45)))
    page.insert_text((50, 400), "nobody sees this", fontsize=10, render_mode=3)
    document.save(tmp_path / "d.pdf")
    pages, _ = read(tmp_path / "d.pdf")
    assert pages[0].reason == "text layer; 14 characters left out: invisible; 5 characters left out: slanted"
    assert len(pages[0].blocks) == 1


def test_a_page_that_is_shown_turned_is_read_as_it_is_shown(tmp_path: Path) -> None:
    plain, _ = read(article(tmp_path / "a.pdf"))
    for angle in (90, 180, 270):
        document = pymupdf.open(tmp_path / "a.pdf")
        for page in document:
            page.set_rotation(angle)
        document.save(tmp_path / f"{angle}.pdf")
        pages, _ = read(tmp_path / f"{angle}.pdf")
        size = (pages[0].width, pages[0].height)
        assert size == ((595, 842) if angle == 180 else (842, 595))
        boxes = [block.bbox for page in pages for block in page.blocks if block.bbox]
        assert all(0 <= x0 < x1 <= size[0] and 0 <= y0 < y1 <= size[1] for x0, y0, x1, y1 in boxes)
        words = sorted(word for page in pages for block in page.blocks for word in block.text.split())
        everything = sorted(word for page in plain for block in page.blocks for word in block.text.split())
        assert len(words) >= len(everything)
    pages, _ = read(scan_turned(tmp_path / "t.pdf"))
    assert "images cover 100 %" in pages[0].reason


def scan_turned(path: Path) -> Path:
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_image(page.rect, pixmap=pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 400, 300), False))
    page.set_rotation(90)
    document.save(path)
    return path


def test_citations_are_kept_apart_from_words_and_powers_stay_powers(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    html = "<p>It was seen before<sup>12,13</sup> in 10<sup>5</sup> cells on 3 cm<sup>2</sup> of it, as they said.</p>"
    page.insert_htmlbox((50, 50, 550, 200), html)
    document.save(tmp_path / "c.pdf")
    pages, _ = read(tmp_path / "c.pdf")
    assert "before[12,13] in 10^5 cells on 3 cm^2 of" in pages[0].blocks[0].text


def test_words_in_spaced_letters_are_whole(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    x = 60.0
    for word in ("article", "history"):
        for letter in word:
            page.insert_text((x, 100), letter, fontsize=10)
            x += pymupdf.get_text_length(letter, fontsize=10) + 4.5
        x += 3
    page.insert_textbox((50, 150, 550, 400), prose("text", 80), fontsize=10)
    document.save(tmp_path / "l.pdf")
    pages, _ = read(tmp_path / "l.pdf")
    assert pages[0].blocks[0].text == "article history"


def test_lines_that_stand_in_pieces_with_their_spaces_in_another_font_are_whole(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for i in range(8):
        x = 60.0
        for word in (WORDS * 2)[7 * i : 7 * i + 8]:
            page.insert_text((x, 100 + 12 * i), word, fontsize=10, fontname="tiro")
            x += pymupdf.get_text_length(word, fontname="tiro", fontsize=10) + 4.8  # wide spaces, as in justified text
    document.save(tmp_path / "w.pdf")
    pages, _ = read(tmp_path / "w.pdf")
    assert [block.kind for block in pages[0].blocks] == ["paragraph"]
    assert pages[0].blocks[0].text.startswith("The patients who took part in the trial trial were followed")


def test_the_bullets_of_a_slide_are_a_list_and_no_headings(tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(4):
        page = document.new_page(width=720, height=540)
        page.insert_text((60, 60), f"{NAMES[number + 1]} failure", fontsize=40, fontname="hebo")
        for i in range(3):
            page.insert_textbox(
                (60, 130 + 110 * i, 660, 235 + 110 * i), "\u00b7 " + prose(f"Point{i}", 12), fontsize=28
            )
        page.insert_textbox((60, 470, 660, 530), prose("note", 90), fontsize=8)
    document.save(tmp_path / "s.pdf")
    pages, _ = read(tmp_path / "s.pdf")
    for page in pages:
        kinds = [block.kind for block in page.blocks if block.size > 20]
        assert kinds[0] == "heading" and set(kinds[1:]) == {"list"}


def scan(path: Path) -> Path:
    """A page of text, a page that is only its picture."""
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_textbox((30, 40, 370, 280), prose("native", 50), fontsize=12)
    picture = page.get_pixmap(dpi=150)
    document.new_page(width=400, height=300).insert_image((0, 0, 400, 300), pixmap=picture)
    document.save(path)
    return path


def test_pages_of_one_file_go_different_ways(tmp_path: Path) -> None:
    pages, _ = read(scan(tmp_path / "m.pdf"), NEVER)
    assert pages[0].reason == "text layer"
    assert pages[1].reason == "OCR is off, although: no text layer, images cover 100 % of the page"


def test_a_scanned_page_is_recognised(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    pages, _ = read(scan(tmp_path / "m.pdf"), ReadOptions())
    assert [page.route for page in pages] == ["native", "ocr"]
    assert pages[1].confidence is not None and pages[1].confidence > 0.8
    text = " ".join(block.text for block in pages[1].blocks)
    assert "The patients who took part in the trial" in text
    for block in pages[1].blocks:
        assert block.bbox is not None and block.bbox[2] <= 400


def kind_of(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(path)
    again = pickle.loads(pickle.dumps(caught.value))  # errors cross process boundaries
    assert (again.kind, again.message) == (caught.value.kind, caught.value.message)
    return caught.value.kind


def test_unreadable_files_say_why(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"")
    assert kind_of(path) == "empty"
    path.write_bytes(b"<html><body>not a PDF</body></html>")
    assert kind_of(path) == "not-a-pdf"
    path.write_bytes(b"%PDF-1.7\n" + os.urandom(3000))
    assert kind_of(path) == "truncated"
    document = pymupdf.open(article(tmp_path / "a.pdf"))
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="owner")
    assert kind_of(path) == "encrypted"
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="", owner_pw="owner")
    pages, probe = read(path)
    assert any(page.blocks for page in pages)
    assert any("owner password" in warning for warning in probe.warnings)


def test_a_file_cut_off_is_an_error_and_never_an_empty_document(tmp_path: Path) -> None:
    data = article(tmp_path / "a.pdf", 4).read_bytes()
    path = tmp_path / "cut.pdf"
    outcomes = set()
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        path.write_bytes(data[: int(share * len(data))])
        try:
            pages, probe = read(path)
        except UnreadableError as error:
            outcomes.add(error.kind)
        else:
            outcomes.add("read")
            assert any(page.blocks for page in pages)
            assert any("damaged" in warning for warning in probe.warnings)
    assert outcomes <= {"truncated", "decode", "read"} and "truncated" in outcomes


def test_tens_of_thousands_of_rectangles_do_not_hold_up_a_page(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 60, 550, 400), prose("text", 100), fontsize=10)
    shape = page.new_shape()
    for i in range(60_000):
        shape.draw_rect((50 + i % 250, 420 + i // 250, 51 + i % 250, 421 + i // 250))
    shape.finish()
    shape.commit()
    document.save(tmp_path / "r.pdf")
    start = time.process_time()
    pages, _ = read(tmp_path / "r.pdf")
    assert time.process_time() - start < 20
    assert pages[0].blocks[0].text.startswith("text The patients")


@pytest.mark.parametrize("spread", ["row", "grid", "stack"])
def test_thousands_of_scraps_of_text_do_not_hold_up_a_page(tmp_path: Path, spread: str) -> None:
    document = pymupdf.open()
    page = document.new_page(width=6000, height=6000)
    writer = pymupdf.TextWriter(page.rect)
    for i in range(5_000):
        x, y = {"row": (1.1 * i, 100), "grid": (60 * (i % 95), 50 + 60 * (i // 95)), "stack": (50, 20 + 1.1 * i)}[
            spread
        ]
        writer.append((x + 10, y), f"x{i % 7}", fontsize=8)
    writer.write_text(page)
    document.save(tmp_path / "n.pdf")
    start = time.process_time()
    read(tmp_path / "n.pdf")
    assert time.process_time() - start < 25


def test_a_huge_page_is_drawn_with_few_enough_pixels() -> None:
    document = pymupdf.open()
    image, dpi = draw(document.new_page(width=14_400, height=14_400), 200)
    assert image.shape[0] * image.shape[1] <= 1.01 * MAX_PIXELS
    assert image.shape[2] == 3
    assert dpi < 30


def test_sniffing() -> None:
    reader = PdfReader()
    assert reader.sniff(b"junk\n%PDF-1.4\n", "anything")
    assert reader.sniff(b"1 0 obj\n<< /Type /Catalog >>", "a.pdf")
    assert not reader.sniff(b"<html><body>%PD</body>", "a.pdf")


DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[2] / "../shared/data"))
real = pytest.mark.skipif(not DATA.is_dir(), reason="MEDPRESS_DATA is not here: real PDFs")


@real
def test_no_damaged_pdf_of_other_projects_raises_anything_but_a_typed_error() -> None:
    reader = PdfReader()
    kinds = set()
    for path in sorted((DATA / "noisy").glob("*/*")):
        if not reader.sniff(path.read_bytes()[:4096], str(path)):
            continue
        try:
            probe = reader.probe(path, NEVER)
            assemble(list(reader.read(path, 1, min(3, probe.n_pages), NEVER, lambda _: None)), probe)
        except UnreadableError as error:
            kinds.add(error.kind)
    assert {"encrypted", "truncated"} <= kinds


@real
def test_the_spaced_article_is_made_of_words() -> None:
    import re

    known = set()
    for path in (DATA / "jats").glob("*/fulltext.pdf"):
        pages, _ = read(path)
        known.update(re.findall(r"[a-z]{2,}", " ".join(block.text for page in pages for block in page.blocks).lower()))
    pages, _ = read(DATA / "pdf_native" / "olmocr_brazj_microbiol.pdf")
    body = " ".join(block.text for page in pages for block in page.blocks if block.kind == "paragraph").lower()
    words = re.findall(r"[a-z]{2,}", body)
    assert len(words) > 2500
    # the other articles are a small dictionary: the share is a lower bound
    assert sum(word in known for word in words) / len(words) > 0.82
    assert len(re.findall(r"\b[b-hj-z] [b-hj-z] [b-hj-z]\b", body)) < 5


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Anna Smith; Bert Jones", ("Anna Smith", "Bert Jones")),
        ("Anna Smith, Bert Jones and Cleo Brown", ("Anna Smith", "Bert Jones", "Cleo Brown")),
        ("Centers for Disease Control and Prevention", ("Centers for Disease Control and Prevention",)),
        ("Anna Smith, MD", ("Anna Smith, MD",)),
    ],
)
def test_authors_of_the_metadata(tmp_path: Path, field: str, names: tuple[str, ...]) -> None:
    document = pymupdf.open(article(tmp_path / "a.pdf", 1))
    document.set_metadata({"author": field, "title": "Salt &amp; water"})
    document.save(tmp_path / "b.pdf")
    probe = PdfReader().probe(tmp_path / "b.pdf", NEVER)
    assert (probe.authors, probe.title) == (names, "Salt & water")
