"""What a document says of itself decides how it is redacted where its folder does not: an article keeps its authors."""

from __future__ import annotations

from pathlib import Path

from small_build import build, rows, story, write_documents

AUTHORS = "Giulia Aldini and Pietro Moro studied the heart. Dr. Aldini was seen by nobody; she wrote the paper."
REFERENCES = "\n\n".join(f"{n}. Aldini G, Moro P. A study of cells. J Test. 20{n:02};{n}:10-1{n}." for n in range(1, 9))
NOTE = "Patient name: Ilse Kramer. MRN: 00123456. Dr. Aldini saw her on 4 May 2021. Dictated M Yarrow."


def test_an_article_in_any_folder_keeps_its_authors_and_a_note_loses_its_names(tmp_path: Path) -> None:
    article = f"{AUTHORS}\n\n{story(1)}\n\n{REFERENCES}"
    copied = f"{NOTE}\n\n{story(2)}\n\n{REFERENCES}"
    texts = {"papers/a.txt": article, "papers/b.txt": copied, "papers/c.txt": f"{NOTE}\n\n{story(3)}"}
    write_documents(tmp_path, texts, source="papers", source_type="other")
    build(tmp_path)
    found = [row["text"] for row in rows(tmp_path, "shards")]
    assert any("Giulia Aldini" in text and "Aldini G, Moro P" in text for text in found)
    assert not any(name in text for text in found for name in ("Kramer", "00123456", "Yarrow"))
