"""Web pages keep their text, headings, lists and tables, and lose the site around them."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from lxml import etree

from ingest.document import Page, ReadOptions, UnreadableError
from ingest.readers import web
from ingest.readers.html_shown import settle
from ingest.readers.web import WebReader
from ingest.readers.web_region import region_blocks
from ingest.readers.web_shape import content_blocks, page_shape
from medpress.encoding import decode_markup

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "html"
READER = WebReader()


def parse_html(source: str) -> etree._Element:
    """The tree of a page as the extractors see it."""
    tree = web.parse_html(source)
    settle(tree, [])
    return tree


SENTENCE = "Metformin lowers the production of glucose in the liver and is the first drug for most people with type 2 diabetes. "
ARTICLE = f"""<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Metformin - Site</title>
<link rel="canonical" href="https://example.org/drugs/metformin"><meta property="og:type" content="article">
<meta property="og:site_name" content="Example Health"><meta name="citation_doi" content="https://doi.org/10.1000/abc.1">
<meta name="citation_author" content="Ng, A."><meta name="citation_author" content="Wu, B.">
<meta name="citation_publication_date" content="2021/3/4"></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>
<main><article><h1>Metformin</h1><p>{SENTENCE * 3}</p><h2>Dose</h2><p>{SENTENCE * 2}</p>
<ol><li>Start with 500 mg once a day with the evening meal.</li><li>Raise the dose every week if it is tolerated.</li></ol>
<table><tr><th>Stage</th><th>eGFR</th><th>Highest dose</th></tr><tr><td>3a</td><td>45–59</td><td>2000 mg</td></tr>
<tr><td>3b</td><td>30–44</td><td>1000 mg</td></tr></table>
<h2>Side effects</h2><p>{SENTENCE * 2}</p></article></main>
<footer><p>Copyright 2021 Example Health.
<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></p></footer>
</body></html>"""


def read(path: Path) -> Page:
    (page,) = READER.read(path, 1, 1, ReadOptions(), lambda place: None)
    return page


def saved(tmp_path: Path, content: str | bytes, name: str = "page.html") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def blocks_text(page_source: str, address: str = "") -> str:
    return "\n".join(block.text for block in content_blocks(parse_html(page_source), address)[0])


def test_article_keeps_its_structure(tmp_path: Path) -> None:
    page = read(saved(tmp_path, ARTICLE))
    assert page.route == "web"
    assert page.reason.startswith("article text")
    assert [(block.kind, block.level) for block in page.blocks] == [
        ("heading", 1),
        ("paragraph", 0),
        ("heading", 2),
        ("paragraph", 0),
        ("list", 0),
        ("table", 0),
        ("heading", 2),
        ("paragraph", 0),
    ]
    assert page.blocks[4].text == (
        "1. Start with 500 mg once a day with the evening meal.\n2. Raise the dose every week if it is tolerated."
    )
    assert page.blocks[5].text.splitlines()[2] == "| 3a | 45–59 | 2000 mg |"
    assert "About us" not in "".join(block.text for block in page.blocks)


def test_probe_reads_metadata_language_and_licence(tmp_path: Path) -> None:
    probe = READER.probe(saved(tmp_path, ARTICLE), ReadOptions())
    assert probe.title == "Metformin"
    assert probe.authors == ("Ng, A.", "Wu, B.")
    assert probe.date == "2021-03-04"
    assert probe.lang == "en"
    assert probe.license == "https://creativecommons.org/licenses/by/4.0/"
    assert probe.identifiers["doi"] == "10.1000/abc.1"
    assert probe.identifiers["url"] == "https://example.org/drugs/metformin"
    assert probe.identifiers["publisher"] == "Example Health"
    assert probe.warnings == ()


def test_licence_in_structured_data() -> None:
    source = ARTICLE.replace('rel="license" href="https://creativecommons.org/licenses/by/4.0/"', "").replace(
        "</head>", '<script type="application/ld+json">{"@graph":[{"license":"https://e.org/terms"}]}</script></head>'
    )
    from ingest.readers.web import _metadata

    assert _metadata(parse_html(source), "", ()).license == "https://e.org/terms"


CARDS = "".join(
    f"<div class='card'><h3>Therapist {name}</h3><p>{years} years of practice</p><p>Speaks {tongue}</p></div>"
    for name, years, tongue in [("Ng", 4, "Malay"), ("Wu", 12, "Chinese"), ("Roy", 7, "Bengali"), ("Sol", 9, "Spanish")]
    * 3
)


def test_holes_between_paragraphs_bring_the_region() -> None:
    source = (
        f"<html><body><div class='site-nav'><a href='/x'>Find us</a></div><div><h1>Our team</h1><p>{SENTENCE * 2}</p>{CARDS}"
        f"<p>{SENTENCE}</p></div><div class='footer-links'><p>Imprint and contact</p></div></body></html>"
    )
    blocks, reason = content_blocks(parse_html(source), "https://example.org/team")
    text = "\n".join(block.text for block in blocks)
    assert "main region" in reason
    assert "12 years of practice" in text and "Speaks Bengali" in text
    assert "Find us" not in text and "Imprint" not in text


def test_home_pages_are_read_as_a_region() -> None:
    source = f"<html><body><h1>Clinic</h1>{CARDS}<p>{SENTENCE * 4}</p></body></html>"
    for address, home in [
        ("https://example.org/", True),
        ("https://example.org/en-us/", True),
        ("https://e.org/a/b", False),
    ]:
        assert page_shape(parse_html(source), address).home is home
    assert content_blocks(parse_html(source), "https://example.org/")[1] == "main region: a home page"


def test_furniture_is_told_from_content_by_whole_words() -> None:
    source = (
        "<body><div class='has-sidebar and-w-nav'><p>The content of the page stands here.</p></div>"
        "<div class='main-nav'><p>Navigation text</p></div><div class='cookie-banner'><p>We use cookies</p></div>"
        "<div role='search'><p>Search here</p></div><div class='search_result_item'><p>A found page</p></div>"
        "<div hidden><p>Never shown</p></div><div role='tabpanel' hidden><p>Second tab</p></div></body>"
    )
    texts = [block.text for block in region_blocks(parse_html(source))]
    assert texts == ["The content of the page stands here.", "A found page", "Second tab"]


def test_comments_are_content_only_on_forums() -> None:
    source = f"<body><h1>Cough</h1><p>{SENTENCE}</p><div class='comments'><p>I had the same.</p></div></body>"
    assert "I had the same." not in [block.text for block in region_blocks(parse_html(source))]
    assert "I had the same." in [block.text for block in region_blocks(parse_html(source), forum=True)]


def test_words_around_script_comments_are_not_lost() -> None:
    source = ARTICLE.replace("Raise the dose", "Raise<!-- --> the <!-- x -->dose")
    assert "Raise the dose every week" in blocks_text(source)


def test_a_list_that_lays_out_the_page_is_not_a_list() -> None:
    paragraphs = "".join(f"<p>{number}. {SENTENCE}</p>" for number in range(6))
    source = f"<html><body><ul><li><h1>Title</h1>{paragraphs}</li></ul></body></html>"
    blocks, _ = content_blocks(parse_html(source), "")
    assert sum(block.kind == "paragraph" for block in blocks) >= 6


@pytest.mark.parametrize(
    ("encoding", "declared"), [("gb18030", "gb2312"), ("big5", "big5"), ("gb18030", "utf-8"), ("gb18030", "")]
)
def test_chinese_pages_with_any_declaration(tmp_path: Path, encoding: str, declared: str) -> None:
    sentence = "糖尿病患者應定期檢查血糖。" if encoding == "big5" else "糖尿病患者应定期检查血糖，并按医生的要求服药。"
    meta = f"<meta charset={declared}>" if declared else ""
    source = f"<html><head>{meta}<title>糖尿病</title></head><body><h1>糖尿病</h1><p>{sentence * 8}</p></body></html>"
    path = saved(tmp_path, source.encode(encoding))
    assert sentence in "".join(block.text for block in read(path).blocks)
    assert any("declared as" in warning for warning in READER.probe(path, ReadOptions()).warnings) is (
        declared == "utf-8"
    )


def test_text_that_was_encoded_twice_is_repaired(tmp_path: Path) -> None:
    sentence = "The patient’s “fever” was 39 °C – and didn’t settle. " * 4
    twice = sentence.encode().decode("cp1252", "ignore").encode()
    path = saved(tmp_path, b"<html><body><p>" + twice + b"</p></body></html>")
    text = "".join(block.text for block in read(path).blocks)
    assert "39 °C –" in text and "Â" not in text
    assert "encoded twice" in READER.probe(path, ReadOptions()).warnings[0]


def test_compressed_pages(tmp_path: Path) -> None:
    path = saved(tmp_path, gzip.compress(ARTICLE.encode()), "page.html.gz")
    assert READER.sniff(path.read_bytes()[:8192], path.name)
    assert read(path).blocks == read(saved(tmp_path, ARTICLE)).blocks


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"<html><head><title>x</title></head><body><script>1</script></body></html>", "no-text"),
        (b"\x00\x01", "no-text"),
        (gzip.compress(b"<p>" + b" " * 40_000_000), "too-large"),
        (b"\x1f\x8b\x08 nonsense", "truncated"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, kind: str) -> None:
    with pytest.raises(UnreadableError) as error:
        read(saved(tmp_path, content))
    assert error.value.kind == kind


@pytest.mark.parametrize("tag", ["div", "span", "ul><li", "table><tr><td", "b"])
def test_deep_nesting_is_survived(tmp_path: Path, tag: str) -> None:
    source = f"<html><body><p>{SENTENCE}</p>" + f"<{tag}>" * 50_000 + "deep"
    assert SENTENCE.strip() in "\n".join(block.text for block in read(saved(tmp_path, source)).blocks)


def test_sniffing() -> None:
    assert READER.sniff(b"\n<!DOCTYPE html><html>", "x.aspx")
    assert READER.sniff(b"<p>fragment</p>", "x.htm")
    assert not READER.sniff(b"%PDF-1.4 <html>", "x.html")
    assert not READER.sniff(b"<article article-type='x'>", "x.xml")


pages = pytest.mark.skipif(not (DATA / "wcxb").is_dir(), reason=f"no saved pages under {DATA}")


@pages
def test_chinese_pages_are_decoded_right() -> None:
    files = sorted((DATA / "gne_zh").glob("*.html.gz"))
    assert files
    for file in files:
        source = gzip.decompress(file.read_bytes())
        decoded = decode_markup(source)
        assert decoded.replaced == 0, file.name
        text = "".join(block.text for block in read(file).blocks)
        assert text.count("\ufffd") <= source.count("\ufffd".encode()), file.name  # one page was published with them
        letters = re.findall(r"\w", text)
        assert sum("\u4e00" <= letter <= "\u9fff" for letter in letters) > 0.5 * len(letters), file.name


@pages
@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        (
            "dev_0556",
            ["It can write a pretty mean haiku on just about anything", "it couldn't count the syllables correctly"],
        ),
        ("dev_4874", ["Considering therapy?", "The Award-Winning Leader in Mental Health"]),
        ("dev_4076", ["Clinical Decision Support", "Managing the data tsunami"]),
    ],
)
def test_real_pages_on_which_article_extraction_fails(page: str, sentences: list[str]) -> None:
    file = DATA / "wcxb" / f"{page}.html.gz"
    gold = json.loads((DATA / "wcxb" / f"{page}.json").read_text(encoding="utf-8"))["ground_truth"]["main_content"]
    text = "\n".join(block.text for block in read(file).blocks)
    for sentence in sentences:
        assert sentence.lower() in gold.lower() and sentence.lower() in text.lower()
