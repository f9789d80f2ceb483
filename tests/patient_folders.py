"""Generated patients and their files: a name, a record number and a telephone in every place that can hold one.

The people are made of syllables, so that no list of the program knows them. What they are looked for by is kept apart
from what the program does: `leaks` reads every byte and every string of a data folder but its raw part.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import pyarrow.parquet as pq
import pymupdf

RAW = ("documents", "pages", "work")
"""Folders of a data folder that may hold names."""
_SYLLABLES = [
    "bra",
    "dun",
    "kel",
    "mor",
    "tas",
    "vin",
    "zor",
    "lun",
    "pek",
    "sha",
    "rud",
    "fen",
    "gol",
    "har",
    "wex",
    "nim",
    "ost",
    "quil",
    "bor",
    "tev",
    "yad",
    "jor",
]
_SURNAMES = "沈潘傅蒋魏邹郝秦侯龚"
_GIVEN = "砚岫蘅阙霁昉琤珣笙筠旸洹湜禔"
_FINDINGS = (
    "The chest was clear on both sides and the heart sounds were normal.", "The wound was dry and the stitches were taken out.",
    "The blood pressure stayed high in spite of two tablets in the morning.", "The liver was soft and the spleen was not enlarged.",
    "The ankle was swollen and tender but bore weight without pain.", "The cough had gone and the sputum was clear again.",
    "The lungs showed fine crackles at the base on the left side.", "The urine held no protein and the creatinine had fallen.",
    "The rash had faded after the antibiotic was stopped.", "The pulse was regular and the veins of the neck were flat.",
    "The knee could be bent without pain and the effusion was small.", "The potassium was low and was given by mouth for a week.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patient:
    """A person that nobody is."""

    number: int
    """From 0."""
    name: str
    """`Brakel Zorlun`, or three Chinese characters."""
    record: str
    """Eight digits."""
    telephone: str
    """Eleven digits of a Chinese mobile, or ten with hyphens."""

    @property
    def folder(self) -> str:
        """What a clinic calls the folder."""
        glue = ("_", " ", "-")[self.number % 3]
        label = ("", "MRN", "住院号")[self.number % 3]
        return f"{self.name.replace(' ', glue)}{glue}{label}{self.record}{glue}{self.telephone}"

    def is_in(self, text: str) -> str | None:
        """By what the text tells the patient; None when it does not."""
        if not self.name.isascii():
            return self.name if self.name in text else None
        lower = text.lower()
        for word in self.name.lower().split():
            if word in lower and re.search(rf"(?<![a-z]){word}(?![a-z])", lower):
                return word
        return None

    def numbers(self) -> list[str]:
        """Runs of digits that tell the patient."""
        return [self.record, self.telephone, self.telephone.replace("-", "")]


def patients(count: int, seed: int = 7) -> list[Patient]:
    """People with names in two scripts, a record number and a telephone each."""
    rng = random.Random(seed)
    people = []
    for number in range(count):
        if number % 2:
            name = rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))
            telephone = "1" + rng.choice("3578") + "".join(rng.choices("0123456789", k=9))
        else:
            name = " ".join(
                "".join(rng.sample(_SYLLABLES, 2)).capitalize() + f"{chr(97 + number // 26 % 26)}o" for _ in range(2)
            )
            telephone = f"{rng.randint(212, 989)}-{rng.randint(212, 989)}-{rng.randint(1000, 9999)}"
        people.append(Patient(number, name, f"{rng.randint(10_000_000, 99_999_999)}", telephone))
    return people


def story(patient: Patient) -> str:
    """A text about a patient that no context gives away, and enough around it to be kept."""
    rng = random.Random(patient.number)
    said = [*rng.sample(_FINDINGS, 8)]
    said.insert(3, f"{patient.name} slept well and {patient.record} was written on the bed.")
    said.insert(6, f"A sister of {patient.name} rang from {patient.telephone} in the evening.")
    said.append(
        f"Day {patient.number + 3} of {patient.number + 40} went by and {patient.number * 7 + 11} millilitres were drained."
    )
    return " ".join(said)


def write_patients(root: Path, people: list[Patient]) -> None:
    """A folder a patient below `root`, with a file that tells who it is by its folder, its name and its metadata."""
    kinds = (_text, _pdf, _docx, _epub, _jats, _html, _archive, _broken)
    for patient in people:
        folder = root / patient.folder
        folder.mkdir(parents=True)
        kinds[patient.number % len(kinds)](folder, patient)


def _stem(patient: Patient) -> str:
    return f"{patient.name.replace(' ', '_')}-{patient.record}"


def _text(folder: Path, patient: Patient) -> None:
    often = 4 if patient.number % 16 else 1  # of which the filters let none through
    text = " ".join([story(patient)] * (5 - often))
    (folder / f"{_stem(patient)}.txt").write_text(text, encoding="utf-8")


def _pdf(folder: Path, patient: Patient) -> None:
    document = pymupdf.open()
    page = document.new_page()
    font = "helv" if patient.name.isascii() else "china-s"
    page.insert_textbox(pymupdf.Rect(72, 72, 520, 760), story(patient), fontname=font, fontsize=11)
    document.set_metadata(
        {
            "title": f"{patient.name} {patient.record}", "author": patient.name, "subject": patient.telephone,
            "keywords": f"{patient.name}, {patient.record}",
        }
    )  # fmt: skip
    document.save(folder / f"{_stem(patient)}.pdf")


def _docx(folder: Path, patient: Patient) -> None:
    document = docx.Document()
    document.core_properties.title = f"Letter about {patient.name} ({patient.record})"
    document.core_properties.author = patient.name
    document.core_properties.subject = patient.telephone
    document.add_paragraph(story(patient))
    document.save(str(folder / f"{_stem(patient)}.docx"))


def _epub(folder: Path, patient: Patient) -> None:
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{patient.name} {patient.record}</dc:title><dc:creator>{patient.name}</dc:creator>"
        f"<dc:rights>Copyright {patient.name}, {patient.telephone}</dc:rights></metadata><manifest>"
        f'<item id="a" href="{_stem(patient)}.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>',
        f"{_stem(patient)}.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>'
        f"<h1>Course</h1><p>{story(patient)}</p></body></html>",
    }
    with zipfile.ZipFile(folder / f"{_stem(patient)}.epub", "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)


def _jats(folder: Path, patient: Patient) -> None:
    surname, _, given = patient.name.partition(" ")
    (folder / f"{_stem(patient)}.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><article article-type="case-report" xml:lang="en"><front><article-meta>'
        f"<title-group><article-title>The course of {patient.name}, {patient.record}</article-title></title-group>"
        f"<contrib-group><contrib contrib-type='author'><name><surname>{surname}</surname><given-names>{given}</given-names></name>"
        f"</contrib></contrib-group></article-meta></front><body><sec><title>Course</title><p>{story(patient)}</p></sec></body></article>",
        encoding="utf-8",
    )


def _html(folder: Path, patient: Patient) -> None:
    address = f"https://ward.example.org/patients/{_stem(patient)}"
    (folder / f"{_stem(patient)}.html").write_text(
        f"<html lang='en'><head><title>{patient.name} ({patient.record})</title><meta name='author' content='{patient.name}'>"
        f"<link rel='canonical' href='{address}'></head><body><article><h1>Course</h1><p>{story(patient)} It was printed for the file.</p>"
        "</article></body></html>",
        encoding="utf-8",
    )


def _archive(folder: Path, patient: Patient) -> None:
    with zipfile.ZipFile(folder / f"{_stem(patient)}.zip", "w") as archive:
        archive.writestr(f"{patient.folder}/{_stem(patient)} letter.txt", story(patient) + " It was the second letter.")
        archive.writestr(f"{patient.folder}/{_stem(patient)}.pdf", b"%PDF-1.4 nothing of it is left")


def _broken(folder: Path, patient: Patient) -> None:
    (folder / f"{_stem(patient)}.pdf").write_bytes(b"%PDF-1.7\n" + patient.record.encode())


def write_note_tables(root: Path, people: list[Patient]) -> None:
    """Tables of notes that are named after a patient and have patients in their columns."""
    root.mkdir(parents=True)
    first = people[0]
    with open(root / f"{first.folder}.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["note_id", "patient", "telephone", "title", "text"])
        for patient in people:
            title = f"Visit of {patient.name}, {patient.record}"
            table.writerow(
                [patient.record, patient.name, patient.telephone, title, story(patient) + " This was dictated."]
            )
        table.writerow([first.record, first.name])
    with open(root / f"without header {first.name}.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([patient.record, patient.name, "short"] for patient in people[:5])


def write_instructions(folder: Path, patient: Patient) -> Path:
    """A file of instruction data that is named after a patient, with one member of an archive for each row."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"instruction": f"What helps against pain number {n}?", "output": f"Rest and paracetamol helped on day {n}."}
        for n in range(3)
    ]
    place = folder / f"{patient.folder}.json"
    place.write_text(json.dumps(rows), encoding="utf-8")
    return place


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of all that a data folder holds outside its raw part: names of files, their bytes, strings of Parquet."""
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if name.split("/")[0] in RAW:
            continue
        yield f"name of {name}", name
        if path.is_dir():
            continue
        if path.suffix == ".parquet":
            for row in pq.read_table(path).to_pylist():
                for column, value in row.items():
                    for text in _strings(value):
                        yield f"{name}, {column}", text
            yield f"{name}, footer", path.read_bytes()[-65536:].decode("latin-1")
        else:
            yield name, path.read_bytes().decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


_DIGITS = re.compile(r"(?<![0-9a-fA-F])\d[\d -]{6,}\d(?![0-9a-fA-F])|\d{8,}")


def leaks(found: Iterator[tuple[str, str]], people: list[Patient]) -> list[str]:
    """Where a patient can be told, and by what; one line each."""
    latin = {word: p for p in people if p.name.isascii() for word in p.name.lower().split()}
    chinese = [p.name for p in people if not p.name.isascii()]
    numbers = {number for p in people for number in p.numbers()}
    hits = []
    for place, text in found:
        hits += [f"{place}: {word}" for word in set(re.findall(r"[a-z]{3,}", text.lower())) & latin.keys()]
        if not text.isascii():
            hits += [f"{place}: {name}" for name in chinese if name in text]
        for run in _DIGITS.findall(text):
            flat = re.sub(r"[ -]", "", run)
            if run.strip() in numbers or flat in numbers:
                hits.append(f"{place}: {run}")
    return hits


def in_memory(text: str) -> Iterator[tuple[str, str]]:
    """What a command printed, as `texts` gives what it wrote."""
    yield from (("console", line) for line in io.StringIO(text))
