"""What is a document is never spread out, and what is wrapped in MIME is unwrapped first."""

from __future__ import annotations

import base64
import io
import plistlib
import quopri
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pymupdf
import pytest

from ingest.config import IngestConfig
from ingest.containers import is_container, spread_out
from ingest.document import ReadOptions
from ingest.markdown import to_markdown
from ingest.readers import FORMATS
from ingest.run import IngestResult, ingest
from medpress.schema import DOCUMENT, PAGE
from medpress.store import read_dataset

PROSE = (
    "Fenolamide is given at 5 µg/kg, never with tebrazole, and the dose is halved when the eGFR is below 30 mL/min. "
    * 4
)


def run(tmp_path: Path) -> tuple[IngestResult, dict[str, str]]:
    """Everything in `files` read: the result, and the Markdown of each document by its first uri."""
    result = ingest(
        [str(tmp_path / "files")], FORMATS["auto"], IngestConfig(data=tmp_path / "data", workers=1, license="x")
    )
    pages: dict[str, list[dict[str, object]]] = {}
    for row in read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist():
        pages.setdefault(row["doc_id"], []).extend(row["blocks"])
    documents = read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist()
    return result, {row["uris"][0]: to_markdown(pages.get(row["doc_id"], [])) for row in documents}


def put(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / "files" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def zipped(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.mark.parametrize(
    ("name", "members", "word"),
    [
        ("a.pages", {"Data/a.png": PICTURE, "Index/Document.iwa": b"x", "preview.jpg": PICTURE}, "Pages"),
        ("a.zip", {"a/b.png": PICTURE, "META-INF/MANIFEST.MF": "x", "a.class": b"x"}, "program"),
        ("a.hwpx", {"Contents/section0.xml": "<x/>", "mimetype": "application/hwp+zip"}, "package"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_read_is_quarantined_whole(
    tmp_path: Path, name: str, members: dict[str, bytes | str], word: str
) -> None:
    put(tmp_path, name, zipped(members))
    put(tmp_path, "b.txt", PROSE.encode())
    result, texts = run(tmp_path)
    assert list(texts) == ["b.txt"]
    ((_, _, message),) = result.failures
    assert word in message


WORD = {
    "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Take 5 mg.</w:t></w:r></w:p></w:body></w:document>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    "[Content_Types].xml": "<Types/>",
}  # fmt: skip


@pytest.mark.parametrize("name", ["a.docx", "a.zip", "a.bin", "a.doc"])
def test_a_word_document_by_any_name_and_in_any_order(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, zipped({"media/padding.bin": b"\0" * 9000, **WORD}))
    _, texts = run(tmp_path)
    assert texts == {name: "Take 5 mg.\n"}


def test_an_archive_of_documents_is_spread_out(tmp_path: Path) -> None:
    put(tmp_path, "a.zip", zipped({"one.txt": PROSE, "two.docx": zipped(WORD)}))
    assert set(run(tmp_path)[1]) == {"a.zip!one.txt", "a.zip!two.docx"}


HTML = f"<html><head><title>Leaflet</title></head><body><main><h1>Fenolamide</h1><p>{PROSE}</p><p>{PROSE}</p></main></body></html>"


def mhtml(charset: str = "utf-8", encoding: str = "quoted-printable", **headers: str) -> bytes:
    body = HTML.encode(charset)
    body = quopri.encodestring(body) if encoding == "quoted-printable" else base64.encodebytes(body)
    top = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    return (
        f"{top}MIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"B\"\r\n\r\n--B\r\n"
        f"Content-Type: text/html; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
        "Content-Location: https://example.org/leaflet\r\n\r\n"
    ).encode() + body + b"\r\n--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PICTURE) + b"\r\n--B--\r\n"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mhtml", mhtml(From="<Saved by Blink>", Snapshot_Content_Location="https://example.org/leaflet")),
        ("a.mht", mhtml(encoding="base64")),
        ("a.doc", mhtml("gb18030")),
        ("a.html", mhtml("windows-1252")),
        ("a", mhtml(Subject="=?utf-8?q?Leaf?=")),
        ("a.webarchive", plistlib.dumps({"WebMainResource": {"WebResourceData": HTML.encode(), "WebResourceURL": "https://example.org/leaflet", "WebResourceTextEncodingName": "UTF-8", "WebResourceMIMEType": "text/html"}}, fmt=plistlib.FMT_BINARY)),
        ("b.webarchive", plistlib.dumps({"WebMainResource": {"WebResourceData": HTML.encode("utf-16"), "WebResourceTextEncodingName": "UTF-16"}})),
        ("a.doc", HTML.encode()),
    ],
)  # fmt: skip
def test_web_pages_in_wrappings(tmp_path: Path, name: str, content: bytes) -> None:
    put(tmp_path, name, content)
    _, texts = run(tmp_path)
    (text,) = texts.values()
    assert "# Fenolamide" in text and "5 µg/kg" in text and "=C2" not in text and "iVBOR" not in text


def mail(body: str = PROSE, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Ann <ann@example.org>",
        "bo@example.org",
        "New dose of fenolamide",
    )
    message["Date"] = "Mon, 2 Mar 2026 10:00:00 +0000"
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_mail_and_what_is_attached(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(zipped(WORD), maintype="application", subtype="octet-stream", filename="plan.docx")
    message.add_attachment(PICTURE[:8], maintype="image", subtype="gif", filename="logo.gif")
    put(tmp_path, "a.eml", message.as_bytes())
    _, texts = run(tmp_path)
    assert set(texts) == {"a.eml!message.txt", "a.eml!plan.docx"}
    assert "New dose of fenolamide" in texts["a.eml!message.txt"] and "5 µg/kg" in texts["a.eml!message.txt"]
    assert "ann@example.org" not in texts["a.eml!message.txt"]


def test_a_table_in_a_mail_is_read_from_its_html(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>Drug {n}</td><td>{n} mg</td></tr>" for n in range(3, 9))
    put(tmp_path, "a.eml", mail(html=f"<html><body><p>{PROSE}</p><table>{rows}</table></body></html>").as_bytes())
    (text,) = run(tmp_path)[1].values()
    assert "| Drug 5 | 5 mg |" in text


def test_a_mail_in_a_mail(tmp_path: Path) -> None:
    outer = mail("See below.")
    outer.add_attachment(mail())
    put(tmp_path, "a.eml", outer.as_bytes())
    assert any("5 µg/kg" in text for text in run(tmp_path)[1].values())


@pytest.mark.parametrize(
    "content",
    [
        b"From: me\nSubject: a note\n\nOnly a text that looks like a mail.",
        b"Name: Ann\nDose: 5 mg\n\nA form.",
        b"MIME-Version 1.0 is a standard of the internet.",
    ],
)
def test_texts_that_look_like_mail_stay_texts(content: bytes) -> None:
    assert not is_container(content, "a.txt")


def test_deep_and_cut_messages_end(tmp_path: Path) -> None:
    deep = b"MIME-Version: 1.0\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)
    )
    for content in (deep, mhtml()[:700], plistlib.dumps({"WebMainResource": 5}), b"bplist00WebMainResource\xff\xff"):
        path = put(tmp_path, "a.mht" if content[:1] == b"M" else "a.webarchive", content)
        try:
            for held in spread_out(path, "a", tmp_path / "out"):
                assert held.path or held.error
        except Exception as error:
            assert type(error).__name__ == "UnreadableError"


def pdf(text: str, **attached: bytes) -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox(pymupdf.Rect(50, 50, 545, 800), text, fontsize=11)
    for name, content in attached.items():
        document.embfile_add(f"{name}.pdf", content)
    return document


PROTOCOL = pdf("Attached protocol: give 5 mg of fenolamide once daily. " * 8).tobytes()


@pytest.mark.parametrize("sign", ["Collection", "PageMode"])
def test_a_portfolio_is_what_is_attached(tmp_path: Path, sign: str) -> None:
    document = pdf("This portfolio holds the protocol as an attached file.", protocol=PROTOCOL)
    document.xref_set_key(
        document.pdf_catalog(), sign, "<</Type/Collection>>" if sign == "Collection" else "/UseAttachments"
    )
    put(tmp_path, "portfolio.pdf", document.tobytes())
    result, texts = run(tmp_path)
    assert set(texts) == {"portfolio.pdf!protocol.pdf"}
    assert "give 5 mg" in texts["portfolio.pdf!protocol.pdf"]
    assert any("cover" in message for _, _, message in result.failures)


def test_a_portfolio_with_pages_of_its_own_is_both(tmp_path: Path) -> None:
    document = pdf(PROSE * 2, protocol=PROTOCOL)
    document.xref_set_key(document.pdf_catalog(), "PageMode", "/UseAttachments")
    put(tmp_path, "portfolio.pdf", document.tobytes())
    assert set(run(tmp_path)[1]) == {"portfolio.pdf!pages.pdf", "portfolio.pdf!protocol.pdf"}


def test_a_file_attached_to_an_ordinary_document_is_told(tmp_path: Path) -> None:
    from ingest.readers.pdf import PdfReader

    path = put(tmp_path, "a.pdf", pdf(PROSE, data=b"x").tobytes())
    probe = PdfReader().probe(path, ReadOptions())
    assert any("attached" in warning for warning in probe.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Please wait... If this message is not eventually replaced with the proper contents of the document, your PDF viewer may not be able to display this type of document.",
        "For the best experience, open this PDF portfolio in Acrobat 9 or Adobe Reader 9, or later. Get Adobe Reader Now!",
        "This PDF file is protected. You'll need a different reader to view this protected file.",
        "This document is protected by Adobe LiveCycle Policy Server. To open it you need a version of Adobe Reader that supports it.",
        "Bitte warten... Falls diese Meldung nicht durch den eigentlichen Inhalt des Dokuments ersetzt wird, kann Ihr PDF-Anzeigeprogramm diesen Dokumenttyp nicht anzeigen.",
        "Veuillez patienter... Si ce message n'est pas remplacé par le contenu du document, votre lecteur PDF ne peut pas afficher ce type de document.",
    ],
)  # fmt: skip
def test_pages_about_the_viewer_are_no_documents(tmp_path: Path, text: str) -> None:
    put(tmp_path, "a.pdf", pdf(text).tobytes())
    put(tmp_path, "b.txt", PROSE.encode())
    result, texts = run(tmp_path)
    assert list(texts) == ["b.txt"]
    assert result.reasons == {"placeholder": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Patients had to wait for the pharmacist. Please open the document of the study protocol before the dose of 5 mg is given.",
        "Protected sleep: this file of patients was read with a different reader of the electrocardiogram in 2024.",
    ],
)
def test_short_pages_about_patients_are(tmp_path: Path, text: str) -> None:
    put(tmp_path, "a.pdf", pdf(text).tobytes())
    assert list(run(tmp_path)[1]) == ["a.pdf"]
