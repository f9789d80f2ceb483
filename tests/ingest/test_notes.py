"""Tables of notes: every row is a note, a copy, or a row of the quarantine, whatever the table is like."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from corpus.build import build
from corpus.config import BuildConfig
from corpus.takedown import remove
from ingest import note_tables
from ingest.document import UnreadableError
from ingest.note_tables import NoteColumns, read_range, survey
from ingest.notes import ingest_notes
from ingest.readers import FORMATS
from ingest.run import IngestConfig, ingest
from medpress.command import UserError
from medpress.pseudonym import Pseudonyms
from medpress.schema import DOCUMENT, PAGE, QUARANTINE, RECORD
from medpress.store import read_dataset

SAMPLE = Path(__file__).parents[2] / "sample_docs" / "_tables" / "ward_rounds.csv"
TEXT = "Day {n}: the patient is well, the pulse is {n} beats per minute, and furosemide was not given."


def rows_of(path: Path, columns: NoteColumns = NoteColumns()) -> list[note_tables.Row]:
    layout = survey(path, columns)
    return [row for rows in layout.ranges for row in read_range(path, layout, *rows)]


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_reads_the_same_in_any_encoding(tmp_path, encoding):
    notes = [
        "患者，男，58岁。\n“胸闷”减轻，血压132/80mmHg，夜间可平卧，双下肢无水肿，继续观察，明日复查。",
        "血钾4.1mmol/L，肌酐正常，继续口服呋塞米20mg，每日一次，记录出入量，低盐饮食，注意休息。",
    ]
    path = write_csv(
        tmp_path / "t.csv", [["编号", "日期", "正文"], ["7", "2023-01-02", notes[0]], ["8", "", notes[1]]], encoding
    )
    assert [(row.number, row.id, row.date, row.text) for row in rows_of(path)] == [
        (1, "7", "2023-01-02", notes[0]),
        (2, "8", "", notes[1]),
    ]


def test_ranges_begin_where_they_should(tmp_path, monkeypatch):
    """Cells with line ends, quotes and delimiters in them, read in ranges of three in any order, by every kind of table."""
    monkeypatch.setattr(note_tables, "ROWS_PER_TASK", 3)
    line_feed_bytes = "\u0a0a\u050a\u0a05"  # letters that hold the byte of a line feed in UTF-16
    texts = [TEXT.format(n=n) + f'\n"quoted", and\n\nmore;\t{line_feed_bytes}' + "x" * n for n in range(10)]
    table = pa.table({"id": [str(n) for n in range(10)], "text": texts})
    whole = write_csv(tmp_path / "t.csv", [["id", "text"], *([str(n), text] for n, text in enumerate(texts))])
    lines = "".join(json.dumps({"id": n, "text": t}, ensure_ascii=False) + "\n\n" for n, t in enumerate(texts))
    (tmp_path / "t.jsonl").write_text(lines, encoding="utf-8")
    for encoding in ("utf-16-le", "utf-16-be"):
        (tmp_path / f"{encoding}.csv").write_bytes(("\ufeff" + whole.read_bytes().decode()).encode(encoding))
        (tmp_path / f"{encoding}.jsonl").write_bytes(("\ufeff" + lines).encode(encoding))
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=4)
    for name in sorted(path.name for path in tmp_path.iterdir()):
        layout = survey(tmp_path / name, NoteColumns())
        assert [rows[:2] for rows in layout.ranges] == [[1, 3], [4, 3], [7, 3], [10, 1]]
        backwards = [list(read_range(tmp_path / name, layout, *rows)) for rows in reversed(layout.ranges)]
        read = [row for rows in reversed(backwards) for row in rows]
        assert [(row.number, row.id, row.text) for row in read] == [(n + 1, str(n), t) for n, t in enumerate(texts)]
        assert [row.number for row in read_range(tmp_path / name, layout, 5, 2, layout.ranges[1][2], 1)] == [5, 6]


def test_hostile_cells_cost_their_row_only(tmp_path, monkeypatch):
    monkeypatch.setattr(note_tables, "MAX_CELL_CHARACTERS", 5_000)
    good = TEXT.format(n=1)
    lines = [
        "id,text",
        f'1,"{good}"',
        "2,too,many,cells",
        f'3,"{"huge " * 12_000}"',
        f'4,"=HYPERLINK(""http://x"",""y"") {good}"',
        f'5,"\x00\x07{good}\x1b[31m"',
        '6,""',
        f'7,"{good} last"',
    ]
    (tmp_path / "t.csv").write_bytes("\n".join(lines).encode())
    rows = rows_of(tmp_path / "t.csv")
    assert [(row.number, row.kind) for row in rows] == [
        (1, ""), (2, "broken"), (3, "broken"), (4, ""), (5, ""), (6, "empty"), (7, ""),
    ]  # fmt: skip
    assert rows[3].text.startswith("=HYPERLINK(") and rows[4].text == good + "[31m"
    (tmp_path / "t.jsonl").write_text(f'{{"text": "{good}"}}\n{"[" * 100_000}\nnull\n{{"text": "{good}"}}\n')
    assert [row.kind for row in rows_of(tmp_path / "t.jsonl")] == ["", "broken", "broken", ""]


def test_the_text_column_is_found_or_asked_for(tmp_path):
    path = write_csv(tmp_path / "t.csv", [["a", "b"], ["1", TEXT.format(n=1)], ["2", TEXT.format(n=2)]])
    layout = survey(path, NoteColumns())
    assert layout.columns["text"] == "b" and layout.guessed
    assert not survey(path, NoteColumns(text_column="a")).guessed
    with pytest.raises(UnreadableError, match="None of its 2 columns is called c"):
        survey(path, NoteColumns(text_column="c"))
    with pytest.raises(UnreadableError, match="--text-column"):
        survey(write_csv(tmp_path / "u.csv", [["a"], ["1"], ["2"]]), NoteColumns())
    for encoding in ("utf-16-le", "utf-16-be"):
        (tmp_path / "w.csv").write_bytes("编号,正文\n1,x".encode(encoding))
        with pytest.raises(UnreadableError, match="UTF-16 without a byte order mark does; save it as UTF-8"):
            survey(tmp_path / "w.csv", NoteColumns())
    (tmp_path / "w.csv").write_bytes("\ufeff".encode("utf-16-le"))
    with pytest.raises(UnreadableError, match="no rows"):
        survey(tmp_path / "w.csv", NoteColumns())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The sample table, the same rows again in another table, a broken row, and a document of another kind."""
    folder = tmp_path_factory.mktemp("notes")
    rows = list(csv.reader(SAMPLE.open(encoding="gb18030", newline="")))
    write_csv(folder / "copies.csv", [["text"], *([row[3]] for row in rows[1:3]), ["one", "two"]])
    data = folder / "data"
    ingest(
        [str(SAMPLE.parents[1] / "monographs" / "furosemide.md")], FORMATS["text"], IngestConfig(data=data, workers=1)
    )
    result = ingest_notes([str(SAMPLE), str(folder / "copies.csv")], NoteColumns(), IngestConfig(data=data, workers=1))
    assert (result.rows, result.notes, result.broken) == (10, 6, 2)
    return data


def test_one_document_a_row_and_one_for_copies(data):
    notes = [row for row in read_dataset(data / "documents", DOCUMENT).to_pylist() if row["source_type"] == "note"]
    assert len(notes) == 6 and read_dataset(data / "pages", PAGE).num_rows == 7
    uris = sorted(uri for row in notes for uri in row["uris"])
    assert uris == [f"copies.csv#row {n}" for n in (1, 2)] + [f"ward_rounds.csv#row {n}" for n in range(1, 7)]
    assert {row["lang"] for row in notes} == {"en", "zh"}
    broken = read_dataset(data / "quarantine", QUARANTINE, ["place", "kind"]).to_pylist()
    called = Pseudonyms(data)
    assert {(row["place"], row["kind"]) for row in broken} == {
        (called("copies.csv#row 3"), "broken"), (called("ward_rounds.csv#row 7"), "empty"),
    }  # fmt: skip


def test_notes_are_redacted_in_the_shards_and_told_nowhere(data):
    build(BuildConfig(data=data, tagger="lexicon", workers=1, shards=1))
    shards = read_dataset(data / "shards", RECORD, filter=pc.field("source_type") == "note")
    assert shards.num_rows == 6
    text = "\n".join(shards["text"].to_pylist())
    told = text + "".join(path.read_text() for path in (data / "log").iterdir())
    for secret in ("Penhallow", "Calloway", "00519283", "010-4471", "13800138000", "20230302117", "王建国"):
        assert secret not in told
    assert "amoxicillin 1 g three times daily" in text and "呋塞米20mg静脉注射每日两次" in text


def test_a_note_that_was_taken_down_stays_away(data):
    before = read_dataset(data / "documents", DOCUMENT)
    uri = "ward_rounds.csv#row 6"
    remove(data, [uri], "asked for")
    for _ in range(2):
        ingest_notes([str(SAMPLE)], NoteColumns(), IngestConfig(data=data, workers=1))
        documents = read_dataset(data / "documents", DOCUMENT)
        assert documents.num_rows == before.num_rows - 1
        assert uri not in [u for row in documents.to_pylist() for u in row["uris"]]


def test_the_same_bytes_for_any_number_of_workers_and_order(tmp_path):
    contents = []
    tables = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for number, table in enumerate(tables):
        write_csv(table, [["text"], *([TEXT.format(n=n)] for n in range(number * 20, number * 20 + 30))])
    for workers, order in ((1, tables), (2, tables[::-1])):
        data = tmp_path / f"data{workers}"
        ingest_notes([str(path) for path in order], NoteColumns(), IngestConfig(data=data, workers=workers))
        files = [path for kind in ("documents", "pages") for path in (data / kind).rglob("*.*")]
        contents.append({path.relative_to(data): path.read_bytes() for path in files})
    assert contents[0] == contents[1]


def test_a_table_of_notes_stays_one_when_its_folder_is_read_for_files(tmp_path):
    (tmp_path / "in").mkdir()
    write_csv(tmp_path / "in" / "ward.csv", [["text"], ["No chest pain today."], ["Aspirin 100 mg was given."]])
    (tmp_path / "in" / "aspirin.txt").write_text("Aspirin is given at 100 mg a day after a stroke.")
    config = IngestConfig(data=tmp_path / "data", workers=1)
    assert ingest_notes([str(tmp_path / "in")], NoteColumns(), config).notes == 2
    for _ in range(2):
        result = ingest([str(tmp_path / "in")], FORMATS["auto"], config)
        assert (result.files, result.documents, result.ignored) == (1, 1, {".csv": 1})
    again = ingest_notes([str(tmp_path / "in")], NoteColumns(), config)
    assert (again.rows, again.notes, again.tasks["done"]) == (2, 2, 0)
    assert read_dataset(tmp_path / "data" / "documents", DOCUMENT).num_rows == 3


def test_a_folder_without_tables_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="there is no table"):
        ingest_notes([str(tmp_path)], NoteColumns(), IngestConfig(data=tmp_path / "data"))
