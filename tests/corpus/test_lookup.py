"""Whatever a user has of a text — an id, a name, an address, a sentence — leads to it, and to nothing else."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_build import build, doc_id, rows, write_documents

from corpus.audit.checks import nothing_disappeared, something_to_train_on
from corpus.takedown import remove
from corpus.trace import trace
from ingest.show import show
from medpress.errors import UserError
from medpress.lookup import look_up, one_document
from medpress.removed import removed
from medpress.sentence_index import FOLDER, SHORTEST, checksum_of, filter_of, folded, marks, shares_held, stretch_of
from medpress.store import check_manifest, parts, read_manifest, strings

_LATIN = """
the patient was given aspirin after the operation and walked home on the third day without fever pain or bleeding while
her mother who had diabetes waited in the hall of the old hospital near the river where nurses measured pressure pulse
"""
_HAN = "患者 术后 第三天 体温 正常 血压 平稳 没有 明显 不适 继续 口服 阿司匹林 治疗 并且 定期 复查 肝功能 如果 出血 立即 就诊"


def sentence(seed: int, chinese: bool = False) -> str:
    """A sentence of its own for each seed."""
    rng = random.Random(f"sentence {seed}")
    if chinese:
        return "".join(rng.choices(_HAN.split(), k=11)) + "。"
    own = "".join("bdfghklmnp"[int(digit)] for digit in str(seed))  # digits might be taken for somebody's number
    return f"{' '.join(rng.choices(_LATIN.split(), k=11))} {own}.".capitalize()


def text(seed: int) -> str:
    """Paragraphs of three sentences; each fourth text is Chinese."""
    chinese = seed % 4 == 0
    glue = "" if chinese else " "
    return "\n\n".join(glue.join(sentence(1000 * seed + 3 * p + s, chinese) for s in range(3)) for p in range(4))


TEXTS = {f"folder{seed % 3}/text_{seed}.txt": text(seed) for seed in range(24)}
TEXTS |= {
    "https://example.org/heart/failure": text(100),
    "books.zip/chapter.html": text(101),
    "a/same.txt": text(102),
    "b/same.txt": text(103),
    "shelf.zip!chapters/inner.txt": text(104),
    "shelf.zip!outer.txt": text(105),
    "Straße/Leitlinie für Ärzte.pdf": text(106),
    "https://example.org/%E9%AB%98%E8%A1%80%E5%8E%8B": text(107),
}
LETTERS = {
    f"letters/{number}.txt": f"Re: Mr. {name}, born {day} 1961, hospital number {mrn}. He is seen for the second time.\n\n{text(number)}"
    for number, name, day, mrn in (
        (110, "Thomas Okonkwo", "22 August", "HV-339021"), (111, "Peter Lindgren", "3 May", "HV-118764"),
    )
}  # fmt: skip
"""Of their first lines the records hold little: names, days and numbers are redacted."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("lookup") / "data"
    write_documents(data, TEXTS | LETTERS)
    build(data)
    return data


def pasted(words: str, rng: random.Random) -> str:
    """A sentence as it comes out of a PDF viewer: other white space, capitals, hyphens at line ends, quotes, ligatures."""
    changed = []
    for letter in words:
        if letter == " ":
            changed.append(rng.choice([" ", "\n", "  ", "\u00a0"]))
        else:
            changed.append(letter.upper() if rng.random() < 0.1 else letter)
            if letter.isalpha() and rng.random() < 0.05:
                changed.append(rng.choice(["-\n", "\u00ad", "- ", " "]))
    return "“" + "".join(changed).replace("fi", "ﬁ") + "”"


@pytest.mark.parametrize("name", TEXTS)
def test_ids_and_names_and_sentences_lead_to_the_document(built: Path, name: str) -> None:
    id = doc_id(TEXTS[name])
    names = [id, id[:8], name]
    names += [] if name.endswith("same.txt") else [name.rpartition("/")[2]]
    names += [f"/home/somebody/library/{name}"] if "://" not in name else [f"{name}/", f"{name}#treatment"]
    for query in names:
        assert one_document(built, query).doc_id == id, query
    rng = random.Random(name)
    for number, paragraph in enumerate(TEXTS[name].split("\n\n")):
        for words in re.findall(r".+?[.。]", paragraph):
            found = look_up(built, pasted(words.strip(), rng))
            assert found.by == "sentence"
            assert {place.doc_id for place in found.places} == {id}, words
            assert {place.blocks for place in found.places} == {((1, number),)}
            assert {place.record for place in found.places} == {
                row["id"] for row in rows(built, "shards") if row["doc_id"] == id
            }


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("LEITLINIE FÜR ÄRZTE.PDF", "Straße/Leitlinie für Ärzte.pdf"),
        ("file:///home/me/Stra%C3%9Fe/Leitlinie%20f%C3%BCr%20%C3%84rzte.pdf", "Straße/Leitlinie für Ärzte.pdf"),
        ("Leitlinie%20f%C3%BCr%20%C3%84rzte.pdf", "Straße/Leitlinie für Ärzte.pdf"),
        ("https://example.org/高血压", "https://example.org/%E9%AB%98%E8%A1%80%E5%8E%8B"),
        ("HTTPS://Example.org/%e9%ab%98%e8%a1%80%e5%8e%8b#top", "https://example.org/%E9%AB%98%E8%A1%80%E5%8E%8B"),
        ("inner.txt", "shelf.zip!chapters/inner.txt"),
        ("chapters/inner.txt", "shelf.zip!chapters/inner.txt"),
        ("/home/me/shelf.zip!chapters/inner.txt", "shelf.zip!chapters/inner.txt"),
    ],
)
def test_a_name_is_known_however_it_is_written(built: Path, query: str, name: str) -> None:
    assert one_document(built, query).doc_id == doc_id(TEXTS[name])


def test_capitals_decide_where_names_differ_in_them(tmp_path: Path) -> None:
    names = {"a/Report.txt": "Warfarin is given once a day.", "b/report.txt": "Heparin is given twice a day."}
    write_documents(tmp_path, names)
    for name, words in names.items():
        assert one_document(tmp_path, name.rpartition("/")[2]).doc_id == doc_id(words)
    with pytest.raises(UserError, match="stands for 2 documents"):
        one_document(tmp_path, "REPORT.txt")


def test_an_archive_stands_for_what_is_in_it(built: Path) -> None:
    inside = {doc_id(TEXTS[name]) for name in TEXTS if name.startswith("shelf.zip!")}
    for query in ("shelf.zip", "/home/me/shelf.zip"):
        assert set(look_up(built, query).documents) == inside


def test_an_id_in_capitals_is_one_and_a_short_one_is_told_so(built: Path) -> None:
    id = doc_id(text(5))
    assert one_document(built, id[:12].upper()).doc_id == id
    with pytest.raises(UserError, match="an id takes 6 digits at least"):
        look_up(built, id[:5])


@pytest.mark.parametrize("name", LETTERS)
def test_a_sentence_that_the_records_do_not_hold_is_found_in_the_pages(built: Path, name: str) -> None:
    """Whoever asks for a takedown pastes a line with a name in it; another letter on the same form is not meant."""
    line = LETTERS[name].splitlines()[0].partition(". He")[0]
    id = doc_id(LETTERS[name])
    assert not any(line in row["text"] for row in rows(built, "shards"))
    for query in (line, line.partition("Mr. ")[2], line + ". He is seen for the second time."):
        assert {place.doc_id for place in look_up(built, query).places} == {id}
        assert one_document(built, query).blocks == ((1, 0),)


def test_the_id_of_a_record_leads_to_it(built: Path) -> None:
    for row in rows(built, "shards")[:5]:
        place = one_document(built, row["id"][:10])
        assert (place.record, place.doc_id, place.kept) == (row["id"], row["doc_id"], True)
        assert place.uris and place.blocks == tuple((1, block) for block in range(4))


def test_what_stands_for_several_names_them(built: Path) -> None:
    with pytest.raises(UserError, match="stands for 2 documents") as told:
        one_document(built, "same.txt")
    assert all(doc_id(TEXTS[f"{folder}/same.txt"])[:12] in str(told.value) for folder in "ab")
    with pytest.raises(UserError, match="stands for 2 documents"):
        trace(built, "same.txt")


def test_the_bytes_of_a_file_tell_which_of_two_names_is_meant(built: Path, tmp_path: Path) -> None:
    (tmp_path / "same.txt").write_text(TEXTS["b/same.txt"])
    assert one_document(built, str(tmp_path / "same.txt")).doc_id == doc_id(TEXTS["b/same.txt"])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "abcdef0123456789",
        "nothing.pdf",
        ".txt",
        "text",
        "/",
        "%",
        "a",
        "No such sentence stands in any text.",
    ],
)
def test_what_is_nothing_is_one_sentence(built: Path, query: str) -> None:
    with pytest.raises(UserError, match="is no id, name, address or sentence") as told:
        look_up(built, query)
    assert "\n" not in str(told.value)


def test_a_sentence_in_which_a_name_was_redacted_is_still_found(built: Path) -> None:
    words = f"{sentence(5000)} {sentence(5001)}".split()
    query = " ".join([*words[:7], "Quagmire", *words[8:]])
    found = look_up(built, query)
    assert {place.doc_id for place in found.places} == {doc_id(text(5))}
    assert all(0.5 <= place.share < 1 for place in found.places)
    assert any("most of the sentence" in line for line in trace(built, query).lines)


def test_a_whole_page_is_a_sentence_too(built: Path) -> None:
    for words in (text(5), text(5).replace("\n", " "), text(8).replace("\n", "")):
        assert len(words.encode()) > 255
        assert len(look_up(built, words).documents) == 1
    with pytest.raises(UserError, match="is no id, name, address or sentence"):
        look_up(built, "never written " * 500)
    with pytest.raises(UserError, match="is no id, name, address or sentence"):
        look_up(built, "a\0b/" * 100)


def test_a_short_sentence_is_found_without_the_index(built: Path) -> None:
    words = " ".join(sentence(5002).split()[-4:])
    assert len(folded(words)) < SHORTEST
    assert doc_id(text(5)) in look_up(built, words).documents


def test_what_is_newer_than_the_build_is_found_and_is_not_lost(built: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(built, data)
    write_documents(data, {"new/late.txt": text(200)}, source="late")
    place = one_document(data, pasted(sentence(200004, chinese=True), random.Random(1)))
    assert (place.doc_id, place.record, place.blocks) == (doc_id(text(200)), None, ((1, 1),))
    assert any("newer than the build" in line for line in trace(data, sentence(200004, chinese=True)).lines)
    verdict = nothing_disappeared(data)
    assert verdict.passed and "1 documents are newer than the build: run `corpus build`" in verdict.finding
    assert something_to_train_on(data).passed
    build(data)
    assert "newer" not in nothing_disappeared(data).finding
    assert one_document(data, sentence(200004, chinese=True)).record


def test_records_of_a_build_that_recorded_less_are_told(built: Path, tmp_path: Path) -> None:
    data = shutil.copytree(built, tmp_path / "data")
    for file in parts(data / "shards"):
        pq.write_table(pq.read_table(file).drop_columns(["left_out", "witnesses"]), file)
    told = "\n".join(trace(data, "text_5.txt").lines)
    assert re.search(r"^record [0-9a-f]+: page 1", told, re.MULTILINE) and "kept: " in told


def test_a_document_that_is_lost_is_not_called_newer(built: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(built, data)
    for file in parts(data / "shards"):
        file.unlink()
    assert not nothing_disappeared(data).passed


def test_nothing_leads_to_what_was_taken_down(built: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(built, data)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != ".lock"}
    planned = remove(data, [sentence(5002)], "consent withdrawn", "data protection officer", dry_run=True)
    assert before == {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != ".lock"}
    done = remove(data, [sentence(5002)], "consent withdrawn", "data protection officer")
    assert (
        [row["doc_id"] for row in planned.documents] == [row["doc_id"] for row in done.documents] == [doc_id(text(5))]
    )
    assert {name: n for name, n in planned.rows.items() if n} == {name: n for name, n in done.rows.items() if n}
    assert planned.work_files == done.work_files > 0
    (row,) = removed(data).values()
    assert (row["reason"], row["requester"]) == ("consent withdrawn", "data protection officer")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])
    with pytest.raises(UserError):
        look_up(data, sentence(5002))
    assert one_document(data, sentence(6004)).doc_id == doc_id(text(6))
    current = {entry["sha256"] for kind in ("shards", "dropped") for entry in read_manifest(data / kind)["files"]}
    kept = [*parts(data / FOLDER), *(data / "work" / "build" / "filter_sentences").glob("*.parquet")]
    assert kept and {checksum_of(path) for path in kept} <= current and check_manifest(data / FOLDER) == []
    build(data)
    assert {checksum_of(path) for path in parts(data / FOLDER)} == {
        entry["sha256"] for kind in ("shards", "dropped") for entry in read_manifest(data / kind)["files"]
    }


def test_the_pages_of_a_trace_mark_the_block(built: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(built, data)
    (page,) = trace(data, sentence(5005), html=True).pages
    marked = re.findall(r'<div class="block [^"]*marked" id="p1b(\d)">', page.read_text())
    assert marked == ["1"] and sentence(5005) in page.read_text()
    remove(data, [doc_id(text(5))], "")
    assert not page.exists()


def test_a_page_shows_hostile_text_as_text_and_asks_for_nothing(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script> <img src="http://evil.example/x.png"> "onload=alert(1)" & --> ]]> </pre></svg>'
    name = 'a"><img src=http://evil.example/y.png>.txt'
    write_documents(tmp_path, {name: f"{hostile}\n\n{sentence(1)}"})
    page = show(tmp_path, sentence(1)).read_text()
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!]+)", page))
    assert tags <= {
        "!doctype",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h",
        "p",
        "section",
        "div",
        "small",
        "pre",
    }
    assert "default-src 'none'" in page and 'src="http' not in page and 'href="http' not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_any_stretch_of_a_text_is_found_by_its_marks() -> None:
    rng = random.Random(7)
    alphabet = "abcdefgh ABC-'.,é ﬁ 患者术后\n"
    for _ in range(300):
        texts = ["".join(rng.choices(alphabet, k=rng.randrange(0, 400))) for _ in range(5)]
        filter = filter_of(texts)
        whole = rng.choice(texts)
        start = rng.randrange(len(whole) + 1)
        part = folded(whole[start : start + rng.randrange(200)])
        kept = marks(part)
        assert (len(kept) > 0) == (len(part) >= SHORTEST)
        assert not len(kept) or shares_held([memoryview(filter)], kept) == [1]
        at = folded(whole).find(part)
        if part:
            first, last = stretch_of(whole, at, at + len(part))
            assert part in folded(whole[first:last]) and len(folded(whole[first + 1 : last - 1])) < len(part)


def test_a_text_is_folded_letter_by_letter() -> None:
    for code in range(0x110000):
        letter = chr(code)
        if not 0xD800 <= code < 0xE000:
            assert folded(f"a{letter}") == b"a" + folded(letter), hex(code)
    assert folded("É\u0301 ﬃ Straße Ⅷ １０⁹") == b"effistrasseviii109"
    assert folded(unicodedata.normalize("NFD", "naïve café")) == folded("NAÏVE-CAFÉ")


@pytest.mark.parametrize("query", ["id", "name", "sentence", "record", "nothing"])
def test_looking_up_does_not_wait_for_pandas(built: Path, query: str) -> None:
    """Arrow imports it by the way, where it is installed; that takes longer than a look-up in a million records."""
    name = "folder1/text_1.txt"
    record = next(row["id"] for row in rows(built, "shards"))
    asked = {"id": doc_id(TEXTS[name])[:12], "name": name, "sentence": sentence(1004), "record": record[:12]}
    code = f"""
import sys
from pathlib import Path
from corpus.trace import trace
from medpress.errors import UserError
try:
    print(*trace(Path({str(built)!r}), {asked.get(query, "nowhere.txt")!r}, html=True).lines)
except UserError as error:
    print(error)
print(sorted(sys.modules.keys() & {{"pandas", "pyarrow.dataset"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert done.splitlines()[-1] == "[]"
    assert ("record" in done) == (query != "nothing")


def test_text_as_arrow_holds_it() -> None:
    for values in ([], [""], ["a", "", "血压"], ["\U0001f600é"] * 3):
        assert strings(values).equals(pa.array(values, pa.string()))
        strings(values).validate(full=True)
