"""Training of the learned finder: lists and sentences that nobody is named in go in, invented notes are made, a model comes out.

The folder of data holds `phi/` with lists of names and clinical notes, and `qa/` with questions and answers. Sentences that carry a capital word which is neither of the language nor of medicine, a title, or a
date are left out: who is named in them is not known. All lists are openly licensed (`nlp/phi/name_lists.py`); people whom labelled sentences name are exchanged for others of these.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import random
import re
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from medpress.writing_systems import HAN
from nlp.config import PhiTrainingConfig
from nlp.phi.gazetteer import CITIES, COMPOUND_SURNAMES, GIVEN_NAMES, SURNAMES
from nlp.phi.material import LabelledNote, NoteMaker, with_noise
from nlp.phi.material_values import Lists, ValueMaker
from nlp.phi.name_lists import ChineseWords, chinese_words, people, streets
from nlp.phi.tagger import ABBREVIATIONS, EPONYMS, WORDS, Featurizer, members, read_lists, sequences, to_tags, tokenize

_SENTENCE = re.compile(r"(?<=[.!?。！？；\n])\s*")
_TITLED = re.compile(
    r"\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Doctor|doctor)\b|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\b(?:19|20)\d\d\b|\d{5,}|@|www"
)
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b|\bMay \d|\d(?:st|nd|rd|th)\b")
_CHINESE_NAMED = re.compile(
    r"\d月|\d[日号]|\d年|年\d|姓|某|小[张王李刘陈明红]|医院|大夫您|省|[市县]|先生|女士|主任|医师[，：]|老师|\d{5,}|[A-Za-z]{12,}|名字|公司|大学|http"
)
_KINDS = {
    "PERSON": "NAME",
    "STREET_ADDRESS": "ADDRESS",
    "GPE": "ADDRESS",
    "DATE_TIME": "DATE",
    "PHONE_NUMBER": "PHONE",
    "ZIP_CODE": "ADDRESS",
}
_HAN_TERM = re.compile(f"[{HAN}]{{3,8}}")
_COMMON_PAIRS = 40_000
_COMMON_WORDS = 60_000
_UNLISTED = 0.15
"""Share of words and pairs that the lists of the model leave out, so that it meets words in training that it does not know."""
_ALIKE = 20
"""Characters by which answers of one form are told; one sentence of each form is enough."""
MEMBERS = 2
"""Models whose probabilities are averaged."""
_PEOPLE = 8_000
_CHINESE_SHARE = 1.6
"""Notes in Chinese for one in English: they are shorter, and more stands in each."""
_PARAMETERS = {"c1": 0.3, "c2": 0.05, "max_iterations": 55, "feature.minfreq": 3}
"""L1 and L2 regularisation (the first makes the model small), L-BFGS iterations, and how often a feature must be seen."""


def train_phi(data: Path, out: Path, config: PhiTrainingConfig) -> dict[str, float]:
    """Make notes and train on them; the models and their lists are written to `out`. Returns figures of the training.

    Of the members of the committee each has notes of its own (Breiman 1996, "Bagging predictors"); the lists are one for all.
    """
    began = time.process_time()
    out.mkdir(parents=True, exist_ok=True)
    dictionary, chinese = chinese_words(), chinese_carriers(data)
    write_lists(data, out, dictionary, common_pairs(chinese), random.Random(config.seed))
    made = [train_member(data, out, config, member, dictionary, chinese) for member in range(MEMBERS)]
    return {
        "notes": sum(notes for notes, _ in made),
        "tokens": sum(tokens for _, tokens in made),
        "cpu_seconds": time.process_time() - began,
        "megabytes": sum(path.stat().st_size for path in members(out)) / 1e6,
    }


def train_member(
    data: Path, out: Path, config: PhiTrainingConfig, member: int, dictionary: ChineseWords, chinese: list[str]
) -> tuple[int, int]:
    """Train one member of the committee on notes of its own; the lists of the model lie in `out`. Returns how many notes and tokens."""
    import pycrfsuite

    chance = random.Random(config.seed + member)
    values = ValueMaker(read_name_lists(data, dictionary, common_pairs(chinese), chance))
    makers = [NoteMaker("en", values.english, english_carriers(data)), NoteMaker("zh", values.chinese, chinese)]
    counts = (config.notes, int(config.notes * _CHINESE_SHARE))
    notes = [
        with_noise(maker.make(chance), chance)
        for maker, count in zip(makers, counts, strict=True)
        for _ in range(count)
    ]
    notes += labelled_sentences(data, values, chance)
    notes += [LabelledNote(text, ()) for text in negatives(data)]
    chance.shuffle(notes)
    featurizer = Featurizer(read_lists(out))
    trainer = pycrfsuite.Trainer(verbose=False)
    n_tokens = 0
    for note in notes:
        tokens = tokenize(note.text)
        rows, tags = featurizer.features(note.text, tokens), to_tags(tokens, note.spans)
        n_tokens += len(tokens)
        for start, end in sequences(tokens):
            trainer.append(rows[start:end], tags[start:end])
    trainer.select("lbfgs")
    trainer.set_params(_PARAMETERS)
    trainer.train(str(out / f"model-{member + 1}.crfsuite"))
    return len(notes), n_tokens


def read_name_lists(data: Path, dictionary: ChineseWords, pairs: list[str], chance: random.Random) -> Lists:
    """The people, places and words that notes are filled with."""
    return Lists(
        people=people(chance, _PEOPLE),
        streets=streets(chance, _PEOPLE // 4),
        chinese_people=dictionary.names,
        chinese_surnames=sorted({*chinese_surnames(data), *SURNAMES, *COMPOUND_SURNAMES}),
        chinese_transcribed=dictionary.transcribed,
        chinese_places=[*CITIES, *dictionary.places],
        words=[word for word in WORDS.read_text(encoding="utf-8").split() if len(word) > 3],
        pairs=[*pairs, *(word for word in dictionary.words[:_COMMON_WORDS] if len(word) == 2)],
        eponyms=EPONYMS.read_text(encoding="utf-8").split(),
        abbreviations=ABBREVIATIONS.read_text(encoding="utf-8").split(),
    )


def common_pairs(chinese: Iterable[str]) -> list[str]:
    """The pairs of characters that stand together most often in sentences."""
    pairs = Counter(text[i : i + 2] for text in chinese for i in range(len(text) - 1))
    return [pair for pair, _ in pairs.most_common(_COMMON_PAIRS) if re.fullmatch(f"[{HAN}]{{2}}", pair)]


def chinese_surnames(data: Path) -> list[str]:
    """The surnames of the list of family names: its cells of one or two characters."""
    with zipfile.ZipFile(data / "phi/zh_family_names.xlsx") as archive:
        text = archive.read("xl/sharedStrings.xml").decode()
    return sorted(set(re.findall(f">([{HAN}]{{1,2}})<", text)))


def _english_names(data: Path) -> set[str]:
    with gzip.open(data / "phi/en_names.txt.gz", "rt", encoding="utf-8-sig") as file:
        return {line.strip() for line in file if line.strip().isalpha() and len(line.strip()) > 2}


def write_lists(data: Path, out: Path, dictionary: ChineseWords, pairs: list[str], chance: random.Random) -> None:
    """The lists that the features look words up in."""
    from nlp.vocabulary import built_in_terms

    words = set(WORDS.read_text(encoding="utf-8").split("\n"))
    terms = {word.lower() for term in built_in_terms(()) for word in re.findall(r"[A-Za-z]{3,}", term.text)}
    listed = {
        "medical.txt": (terms - words - GIVEN_NAMES)
        | {t.text for t in built_in_terms(()) if _HAN_TERM.fullmatch(t.text)},
        "names.txt": _english_names(data),
        "surnames.txt": {name for name in chinese_surnames(data) if len(name) == 1},
        "pairs.txt": [pair for pair in pairs if chance.random() >= _UNLISTED],
        "words.txt": [word for word in dictionary.words[:_COMMON_WORDS] if chance.random() >= _UNLISTED],
        "places.txt": [place for place in dictionary.places if chance.random() >= _UNLISTED],
        "characters.txt": name_characters(dictionary),
    }
    for name, entries in listed.items():
        (out / name).write_text("\n".join(sorted(entries)) + "\n", encoding="utf-8")


def name_characters(dictionary: ChineseWords) -> list[str]:
    """Each Chinese character with two digits: how much likelier it is as a surname, and in a given name, than in a word.

    A digit is the logarithm to base 4 of the ratio of the two probabilities, both with one count added, from 0 (16 times less
    likely) to 5 (64 times likelier).
    """
    firsts = Counter(name[0] for name in dictionary.names)
    givens = Counter(character for name in dictionary.names for character in name[1:])
    characters = sorted(firsts.keys() | givens.keys() | dictionary.frequencies.keys())
    in_words = dictionary.frequencies.total() + len(characters)

    def digit(counts: Counter[str], character: str) -> int:
        here = (counts[character] + 1) / (counts.total() + len(characters))
        there = (dictionary.frequencies[character] + 1) / in_words
        return min(5, max(0, 2 + round(math.log(here / there, 4))))

    return [f"{c}{digit(firsts, c)}{digit(givens, c)}" for c in characters]


def english_carriers(data: Path) -> list[str]:
    """Sentences of English clinical notes in which nobody is named."""
    words = set(WORDS.read_text(encoding="utf-8").split("\n"))
    from nlp.vocabulary import built_in_terms

    words |= {word.lower() for term in built_in_terms(()) for word in re.findall(r"[A-Za-z]{3,}", term.text)}
    found = []
    for text in _english_texts(data):
        for sentence in _SENTENCE.split(text):
            sentence = " ".join(sentence.split())
            if 12 < len(sentence) < 240 and not _TITLED.search(sentence) and not _MONTH.search(sentence):
                capital = re.findall(r"\b[A-Z][a-zA-Z]+", sentence)
                if all(word.lower() in words and word.lower() not in GIVEN_NAMES for word in capital):
                    found.append(sentence)
    return sorted(set(found))


def _english_texts(data: Path) -> Iterator[str]:
    csv.field_size_limit(1 << 24)
    for name, column in (("mts_dialog_train", "section_text"), ("aci_bench_train", "note")):
        with gzip.open(data / f"phi/{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row[column]


def chinese_carriers(data: Path) -> list[str]:
    """Sentences of Chinese questions, answers and cases in which nobody is named."""
    found = set()
    for text in _chinese_texts(data):
        for sentence in _SENTENCE.split(text):
            sentence = sentence.strip()
            if 6 < len(sentence) < 90 and not _CHINESE_NAMED.search(sentence):
                found.add(sentence)
    return sorted(found)


def _chinese_texts(data: Path) -> Iterator[str]:
    table = (data / "qa/sft/toyhom_im_sample_gbk_1500.csv").read_text(encoding="gb18030", errors="replace")
    for row in csv.DictReader(io.StringIO(table)):
        yield from (row["ask"] or "", row["answer"] or "")
    for line in (data / "qa/sft/bentsao_llama_data.json").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from (row["instruction"], row["output"])
    for line in (data / "qa/citrus/unified_jmed.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["Q"].replace("患者病情摘要：", "")


def labelled_sentences(data: Path, values: ValueMaker, chance: random.Random) -> list[LabelledNote]:
    """General English sentences with labelled identifiers, whose people and places are exchanged for those of our lists.

    Sentences with labels that mean something else here are left out.
    """
    notes = []
    for row in json.loads((data / "phi/presidio_synth_v2.json").read_text(encoding="utf-8")):
        kinds = {span["entity_type"] for span in row["spans"]}
        if not kinds <= _KINDS.keys() or ("GPE" in kinds and "PERSON" not in kinds):
            continue
        text, spans, position = "", [], 0
        for span in sorted(row["spans"], key=lambda span: span["start_position"]):
            kind = _KINDS[span["entity_type"]]
            form = {"PERSON": "full", "GPE": "place"}.get(span["entity_type"])
            value = values.english(kind, form, chance)
            text += row["full_text"][position : span["start_position"]]
            spans.append((len(text), len(text) + len(value), kind))
            text += value
            position = span["end_position"]
        notes.append(LabelledNote(text + row["full_text"][position:], tuple(spans)))
    return notes


def negatives(data: Path) -> Iterator[str]:
    """Sentences in which words with capitals, eponyms and herbs stand that name no person in a record: answers to patients'
    questions by public institutes of health, and Chinese classics."""
    begun = set()
    for text in _answers(data):
        sentences = (" ".join(sentence.split()) for sentence in _SENTENCE.split(text))
        sentence = next((s for s in sentences if _names_a_thing(s) and s[:_ALIKE] not in begun), None)
        if sentence:
            begun.add(sentence[:_ALIKE])
            yield sentence
    for path in sorted((data / "textbook/tcm_classics").glob("*.txt")):
        text = path.read_bytes().decode("gb18030", "replace")
        for line in text.splitlines()[::3]:
            if 12 < len(line) < 120 and not re.search("[曰氏先生]", line):
                yield line.strip()


def _names_a_thing(sentence: str) -> bool:
    """Whether a sentence has a word with a capital inside, and neither a year nor a title."""
    return (
        40 < len(sentence) < 300
        and re.search(r"[a-z] [A-Z][a-z]+", sentence) is not None
        and re.search(r"\b(?:1[5-9]|20)\d\d\b|Dr\.|\b(?:Professor|Doctor)\b|@|www", sentence) is None
    )


def _answers(data: Path) -> Iterator[str]:
    """The answers of MedQuAD, one text a document."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    with zipfile.ZipFile(data / "qa/medquad_sample.zip") as archive:
        for name in sorted(archive.namelist()):
            root = etree.fromstring(archive.read(name), parser)
            yield "\n".join("".join(answer.itertext()) for answer in root.iter("Answer"))
