"""A file of PubMed's records is as many documents, each with its abstract, its DOI and its number."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingest import read
from ingest.config import IngestConfig
from ingest.containers import is_container, spread_out
from ingest.containers.medline import read_set
from ingest.document import UnreadableError
from ingest.readers import FORMATS
from ingest.run import ingest
from medpress.schema import DOCUMENT, PAGE, by_name
from medpress.store import read_dataset

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
RETRACTION = '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J</RefSource><PMID Version="1">777</PMID></CommentsCorrections></CommentsCorrectionsList>'


def record(number: int, *, more: str = "", location: bool = True) -> str:
    """One record; a third of them have a DOI only in the list of ids, where those of what they cite stand too."""
    doi = f"10.1234/inv.{number}"
    place = f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>' if location and number % 3 else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{900_000 + number}</PMID><Article><Journal><ISSN>1234-5678</ISSN><JournalIssue>'
        f"<PubDate><Year>2021</Year><Month>Feb</Month><Day>3</Day></PubDate></JournalIssue><Title>Invented journal</Title></Journal>"
        f"<ArticleTitle>Trial {number} of fenolamide.</ArticleTitle>{place}<Abstract><AbstractText Label='RESULTS'>It fell by {number}.5 mmol/L.</AbstractText></Abstract>"
        f"<AuthorList><Author><LastName>Doe</LastName><ForeName>Ann</ForeName></Author><Author><CollectiveName>INV Group</CollectiveName></Author></AuthorList>"
        f"<PublicationTypeList><PublicationType>Randomized Controlled Trial</PublicationType></PublicationTypeList></Article>{more}"
        "<MeshHeadingList><MeshHeading><DescriptorName>Heart Failure</DescriptorName><QualifierName>drug therapy</QualifierName></MeshHeading></MeshHeadingList>"
        f'</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{900_000 + number}</ArticleId><ArticleId IdType="doi">{doi}</ArticleId></ArticleIdList>'
        '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9/cited</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>\n'
    )


def test_a_set_becomes_a_document_a_record(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    source = HEAD + "".join(record(n) for n in range(40)) + record(40, more=RETRACTION) + "</PubmedArticleSet>"
    (tmp_path / "files" / "pubmed25n0001.xml.gz").write_bytes(gzip.compress(source.encode(), mtime=0))
    result = ingest(
        [str(tmp_path / "files")], FORMATS["jats"], IngestConfig(data=tmp_path / "data", workers=1, license="x")
    )
    assert (result.documents, result.quarantined_files) == (41, 0)
    documents = read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist()
    found = {row["uris"][0]: by_name(row["identifiers"]) for row in documents}
    assert {uri: (of["pmid"], of["doi"]) for uri, of in found.items()} == {
        f"pubmed25n0001.xml.gz!{900_000 + n}.xml": (str(900_000 + n), f"10.1234/inv.{n}") for n in range(41)
    }
    (one,) = (row for row in documents if row["title"] == "Trial 7 of fenolamide.")
    assert (one["authors"], one["date"], one["source_type"]) == (["Ann Doe", "INV Group"], "2021-02-03", "literature")
    told = by_name(one["identifiers"])
    assert (told["mesh"], told["article_type"]) == ("Heart Failure/drug therapy", "Randomized Controlled Trial")
    retracted = [row["title"] for row in documents if "the article was retracted" in row["warnings"]]
    assert retracted == ["Trial 40 of fenolamide."]
    assert by_name(next(row for row in documents if row["title"] in retracted)["identifiers"])["retracted_by"] == "777"
    texts = {
        block["text"]
        for page in read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist()
        for block in page["blocks"]
    }
    assert {f"It fell by {n}.5 mmol/L." for n in range(41)} <= texts


def test_a_set_of_one_is_a_document_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(HEAD + record(1) + "</PubmedArticleSet>", encoding="utf-8")
    assert not is_container(path.read_bytes()[:8192], path.name, path)
    assert read(path).identifiers["doi"] == "10.1234/inv.1"


@pytest.mark.parametrize("packed", [False, True])
def test_a_set_that_breaks_off_gives_what_stands_before(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "a.xml"
    raw = (HEAD + record(1) + record(2) + record(3)).encode()[:-200]
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    held = list(spread_out(path, "a.xml", tmp_path / "out"))
    assert [each.uri for each in held[:2]] == ["a.xml!900001.xml", "a.xml!900002.xml"]
    (last,) = held[2:]
    assert last.error is not None and last.error.kind == "truncated"


@pytest.mark.parametrize(
    "inner",
    ["<Abstract>" + "<b>x</b>" * 30_000, "</PubmedArticle>" * 3, "<!ENTITY a 'b'>", "\x00", "&a;", "<q>" * 9_000],
)
def test_hostile_sets_give_what_stands_before_and_end(tmp_path: Path, inner: str) -> None:
    path = tmp_path / "a.xml.gz"
    head = HEAD.replace('.dtd">', ".dtd\" [<!ENTITY a 'x'>]>")
    raw = head + record(1) + "<PubmedArticle><MedlineCitation>" + inner
    path.write_bytes(gzip.compress(raw.encode(), mtime=0))
    held = []
    try:
        for member in read_set(path, 100_000):
            held.append(member)
    except UnreadableError as error:
        assert error.kind == "too-large"
    assert [member.name for member in held if not member.error] == ["900001.xml"]


def test_a_small_file_cannot_unpack_to_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.containers.medline.ALWAYS_BYTES", 1_000_000)
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress((HEAD + record(1) + " " * 8_000_000).encode(), mtime=0))
    with pytest.raises(UnreadableError, match="too many bytes"):
        list(read_set(path))


def test_no_record_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(HEAD + "</PubmedArticleSet>", encoding="utf-8")
    with pytest.raises(UnreadableError):
        list(read_set(path))
