"""What a parser's limits would cut off is read, or the file says that it is not: nothing goes without a word."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

import ingest
from ingest.document import UnreadableError
from ingest.readers.html_bounds import bounded_tree

WORDS = [f"word{number}" for number in range(1_500)]


def nested(opening: str, closing: str, depth: int, inside: str) -> str:
    return opening * depth + inside + closing * depth


def archive(parts: dict[str, str]) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w") as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return place.getvalue()


def page(body: str) -> str:
    return f"<html><head><title>Doses</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (" ".join(f"<font size=2>{word}" for word in WORDS), WORDS),  # never closed, as in pages of the nineties
        ("".join(f"<div><p>{word} stands here alone." for word in WORDS), WORDS),
        ("".join(f"<ul><li>{word}" for word in WORDS[:900]), WORDS[:900]),
        ("".join(f"<table><tr><td>{word}" for word in WORDS[:500]), WORDS[:500]),
        (nested("<blockquote>", "</blockquote>", 400, "<p>word5") + "<p>word6", ["word5", "word6"]),
        ("<p>word5<p><img src='data:image/png;base64," + "A" * 11_000_000 + "'><p>word6", ["word5", "word6"]),
        ("<script>" + "x=1;" * 3_000_000 + "</script><p>word6", ["word6"]),
    ],
    ids=["font", "div", "list", "table", "quotation", "picture", "script"],
)
def test_every_word_of_a_page_is_in_its_tree(body: str, words: list[str]) -> None:
    assert re.findall(r"word\d+", "\n".join(bounded_tree(page(body)).itertext())) == words


def test_order_and_words_of_a_deep_page_are_those_of_its_source() -> None:
    body = bounded_tree(page("".join(f"<b>{word} " for word in WORDS) + "</b>tail " * len(WORDS))).find("body")
    assert body is not None
    assert "".join(body.itertext()).split() == [*WORDS, *["tail"] * len(WORDS)]


def test_a_deep_page_is_read_whole() -> None:
    text = " ".join(f"<font size=2>The {word} dose is 5 mg a day." for word in WORDS)
    assert re.findall(r"word\d+", ingest.read(page(text).encode(), name="a.html").markdown) == WORDS


def test_a_page_too_deep_for_any_parser_says_so() -> None:
    body = "<p>Warfarin is taken once a day, at the same time." + nested("<div>", "</div>", 5_000, "deep")
    read = ingest.read(page(body).encode(), name="a.html")
    assert "Warfarin" in read.markdown
    assert read.warnings == ("the markup is nested too deep to be read whole",)
    assert "nested too deep" in read.pages[0].reason


DEEP = {
    "jats": "<article><front><article-meta/></front><body>"
    + nested("<sec><p>text</p>", "</sec>", 300, "<p>deep</p>")
    + "</body></article>",
    "docbook": '<book xmlns="http://docbook.org/ns/docbook"><title>T</title><chapter><title>C</title>'
    + nested("<section><para>text</para>", "</section>", 300, "<para>deep</para>")
    + "</chapter></book>",
    "cnxml": '<document xmlns="http://cnx.rice.edu/cnxml"><title>T</title><content>'
    + nested("<section><para>text</para>", "</section>", 300, "<para>deep</para>")
    + "</content></document>",
    "bioc": "<collection><document><passage><text>"
    + nested("<x>text", "</x>", 300, "deep")
    + "</text></passage></document></collection>",
    "medline": "<PubmedArticleSet><PubmedArticle><MedlineCitation><Article><ArticleTitle>"
    + nested("<b>text", "</b>", 300, "deep")
    + "</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    "long text": "<article><front><article-meta/></front><body><p>" + "word " * 2_100_000 + "deep</p></body></article>",
    "long comment": "<article><front><article-meta/></front><body><p>a</p><!--"
    + "word " * 2_100_000
    + "--><p>deep</p></body></article>",
}


@pytest.mark.parametrize("what", DEEP)
def test_xml_beyond_the_limits_of_its_parser_says_so(what: str) -> None:
    try:
        warnings = ingest.read(DEEP[what].encode(), name="a.xml").warnings
    except UnreadableError as error:  # where nothing of it could be read
        assert error.kind == "no-text"
        return
    assert any("to be read whole" in warning for warning in warnings)


def test_a_deep_chapter_says_so() -> None:
    def chapter(body: str) -> str:
        return f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body>{body}</body></html>'

    items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (1, 2))
    spine = '<itemref idref="c1"/><itemref idref="c2"/>'
    book = archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>',
            "p.opf": f"<package><metadata/><manifest>{items}</manifest><spine>{spine}</spine></package>",
            "c1.xhtml": chapter("<p>The first chapter tells of warfarin.</p>"),
            "c2.xhtml": chapter("<p>The second of digoxin.</p>" + nested("<div>", "</div>", 300, "deep")),
        }
    )
    first, second = ingest.read(book, name="a.epub").pages
    assert "whole" not in first.reason
    assert "nested too deep to be read whole" in second.reason
    assert [block.text for block in second.blocks] == ["The second of digoxin."]


@pytest.mark.parametrize(
    "after", ["<article><body><p>A second article.</p></body></article>", "and more text", "<p>x</p>"]
)
def test_what_stands_behind_the_end_of_xml_is_told(after: str) -> None:
    one = "<article><front><article-meta/></front><body><p>The first article tells of warfarin.</p></body></article>"
    assert ingest.read(one.encode(), name="a.xml").warnings == ()
    assert ingest.read((one + " \n<!-- made by hand -->\n").encode(), name="a.xml").warnings == ()
    assert any("end" in warning for warning in ingest.read((one + after).encode(), name="a.xml").warnings)


def test_a_deep_word_file_is_refused(tmp_path: Path, sample_docs: Path) -> None:
    source = sample_docs / "guideline/atrial_fibrillation.docx"
    deep = nested("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", 100, "<w:p><w:r><w:t>deep</w:t></w:r></w:p>")
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(tmp_path / "a.docx", "w") as made:
        for part in whole.namelist():
            raw = whole.read(part)
            if part == "word/document.xml":
                raw = raw.replace(b"<w:body>", b"<w:body>" + deep.encode(), 1)
            made.writestr(part, raw)
    with pytest.raises(UnreadableError) as refused:
        ingest.read(tmp_path / "a.docx")
    assert refused.value.kind == "too-large"
