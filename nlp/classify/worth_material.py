"""What the classifier of worth is trained on: texts that teach medicine, and texts that do not.

Three classes. `teaches`: articles, books, guidelines, abstracts, notes, questions and answers about medicine and the sciences that it
rests on. `elsewhere`: prose on anything else, advertising and threads. `page`: what pages hold beside their text: menus, shops, code,
keys, contents, ruined text. Collections are named by licence below; no web page and no chapter of OpenStax is trained on, since
these are measured on (`benchmarks/worth.py`).
"""

from __future__ import annotations

import csv
import json
import random
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nlp.classify.material import chunks, xml_paragraphs
from nlp.classify.phrases import SPECIALTIES, LabelledText, write_documents

WORDS = Path(__file__).with_name("elsewhere")
"""Sentences on anything but medicine and, below a tilde, entries of menus: a file a language, written for this project."""
_TEACHING = ("textbook", "guideline", "article", "patient_information")
_MOST_OF_ONE = 10
_MOST = 400
_LICENCES = ("cc by",)
_PUBLISHERS = ("bio", "nature", "veter", "mdpi")
"""Publishers of whose articles some are trained on; all others are measured on."""
_STEMS = (
    (
        "Which of the following is most often seen with {t}?", "A {n}-year-old patient presents with {t}. What is the next best step?",
        "All of the following are features of {t} EXCEPT", "Which statement about {t} is correct?", "The drug of choice for {t} is",
        "The nerve that is most likely to be injured in {t} is", "Which test confirms {t}?", "The rate of {t} in two groups is compared by",
    ),
    (
        "关于{t}的叙述，正确的是（  ）", "{t}最常见的原因是", "患者，男，{n}岁，因{t}就诊，首选的检查是", "下列哪项不是{t}的表现", "治疗{t}的首选药物是",
        "与{t}有关的结构是（  ）", "女性，{n}岁，{t}三天，最可能的诊断是", "比较两组{t}发生率的差别宜用", "属于{t}的是", "{t}的功效是",
    ),
)  # fmt: skip
"""Stems of questions of exams, English and Chinese."""
_SCIENCES = (
    "mean|standard deviation|t test|analysis of variance|regression coefficient|confidence interval|sampling error|chromosome|allele|codon|"
    "dominant inheritance|vitamin|dietary fibre|iodine|iron|capsid|nucleic acid|vaccine|antigen|radial nerve|femoral vein|joint|membrane",
    "均数|标准差|t检验|方差分析|卡方检验|回归系数|置信区间|抽样误差|样本含量|染色体|等位基因|基因突变|密码子|显性遗传|近亲结婚|维生素C|蛋白质|膳食纤维|能量|碘|铁|"
    "衣壳|核酸|包膜|疫苗|抗原|干扰素|桡神经|股静脉|膝关节|细胞膜|阴阳|五行|脏腑|气血津液|经络|解表药|归经|君臣佐使|护理|体温|血压|输液",
)
"""Terms of the sciences that medicine rests on."""
_SIGNS = "|!¡l1I;:.,'`~^*«»■□▪•°§¬_-=+/\\<>{}[]()?£€¥©®†‡¦"


def material(folder: Path | None, written: int) -> list[LabelledText]:
    """Texts of the three classes: `written` of each by ourselves, and those of the collections in a data folder."""
    rng = random.Random(3)
    ours = write_documents("kind", written // 4)
    texts = [LabelledText(text.text, "teaches") for text in ours if text.label in _TEACHING]
    texts += [LabelledText(_elsewhere(rng), "elsewhere") for _ in range(written)]
    texts += [LabelledText(text.text, "elsewhere") for text in ours if text.label not in _TEACHING]
    texts += [LabelledText(_page(rng, ours), "page") for _ in range(written)]
    folder = folder or Path("without")
    held = _held(folder)
    asked = [str(row["instruction"]) for row in _bentsao(folder)]
    texts += [LabelledText(_questions(rng, asked), "teaches") for _ in range(written)]
    for source in (_articles, _abstracts, _answers, _chinese, _notes, _classics):
        texts += [LabelledText(text, "teaches") for text in islice(source(folder, held), _MOST)]
    texts += [LabelledText(_snippet(rng, text.text), text.label) for text in texts]
    return texts


def _snippet(rng: random.Random, text: str) -> str:
    """A stretch of a text as short as a note, a formula or a menu: short texts are written to no other rule than long ones."""
    length = rng.randint(100, 700) // (1 if text.isascii() else 2)
    start = rng.randint(0, max(0, len(text) - length))
    return text[start : start + length]


def _lists(language: str) -> tuple[list[str], list[str]]:
    prose, _, menu = (WORDS / f"{language}.txt").read_text(encoding="utf-8").partition("\n~\n")
    return prose.split("\n"), menu.strip().split("|")


def _elsewhere(rng: random.Random) -> str:
    language = rng.choice(("en", "zh"))
    sentences, entries = _lists(language)
    chosen = rng.sample(sentences, rng.randint(2, 12))
    if rng.random() < 0.2:
        chosen += rng.sample(entries, 8)
        return "\n".join(chosen)
    return rng.choice(("\n", " " if language == "en" else "")).join(chosen)


def _questions(rng: random.Random, asked: list[str]) -> str:
    """Some questions of an exam with options and answers, in one of several layouts; `asked` are stems in Chinese."""
    language = rng.randrange(2)
    every = "|".join([_SCIENCES[language], *(terms[language] for terms in SPECIALTIES.values())]).split("|")
    if rng.random() < 0.3:
        every = _SCIENCES[language].split("|")
    point, bracket, answer = (
        rng.choice((". ", "、", "．", ") ")),
        rng.random() < 0.3,
        rng.choice(("Answer: ", "正确答案：")[language:]),
    )
    table, inline, given = rng.random() < 0.2, rng.random() < 0.4, rng.random() < 0.7
    out = []
    for number in range(1, rng.randint(3, 25)):
        stem = rng.choice(_STEMS[language]).replace("{t}", rng.choice(every)).replace("{n}", str(rng.randint(1, 90)))
        if language and asked and rng.random() < 0.4:
            stem = rng.choice(asked)
        options = rng.sample(every, rng.choice((4, 4, 5)))
        right = rng.choice("ABCD")
        if table:
            out.append(f"| {number} | {stem} | {' | '.join(options)} | {right} |")
            continue
        marked = [
            f"({letter}) {option}" if bracket else f"{letter}{point}{option}"
            for letter, option in zip("ABCDE", options, strict=False)
        ]
        out += [
            f"{number}{point}{stem}",
            *(["   ".join(marked)] if inline else marked),
            *([answer + right] if given else []),
        ]
    return "\n".join(out)


def _page(rng: random.Random, ours: list[LabelledText]) -> str:
    kind = rng.randrange(6)
    language = rng.choice(("en", "zh"))
    sentences, entries = _lists(language)
    if kind < 2:  # menus, shops
        lines = rng.sample(entries, rng.randint(15, 80))
        if rng.random() < 0.5:  # of a hospital or a shop for health: what they offer stands in their menus too
            place = ("en", "zh").index(language)
            terms = SPECIALTIES[rng.choice(list(SPECIALTIES))][place].split("|")
            lines += rng.sample(terms, min(len(terms), len(lines) // 2))
            rng.shuffle(lines)
        if kind:
            money = "$" if language == "en" else "¥"
            lines = [
                f"{line} {money}{rng.randint(1, 900)}.{rng.randint(10, 99)}" if rng.random() < 0.4 else line
                for line in lines
            ]
        if rng.random() < 0.3:
            lines[3:3] = rng.sample(sentences, 2)
        return rng.choice(("\n", " | ", "  ")).join(lines)
    if kind == 2:  # our own code
        root = Path(__file__).parents[2]
        files = sorted(
            file
            for room in ("medpress", "corpus", "nlp")
            for file in (root / room).rglob("*")
            if file.suffix in (".py", ".css", ".toml")
        )
        lines = rng.choice(files).read_text(encoding="utf-8").split("\n")
        start = rng.randint(0, max(0, len(lines) - 20))
        return "\n".join(lines[start : start + 50])
    text = rng.choice(ours).text
    if kind == 3:  # ruined
        share = rng.uniform(0.3, 0.7)
        made = "".join(rng.choice(_SIGNS + " aeioutnrs") if rng.random() < share else c for c in text)
        return made if rng.random() < 0.7 else " ".join(made[:600])
    titles = [part.strip() for part in re.split(r"[.。,，;；:：]", text) if 3 < len(part.strip()) < 50] or ["Index"]
    if kind == 4:  # contents
        page, lines = rng.randint(1, 9), []
        for title in (titles * 9)[:30]:
            page += rng.randint(1, 12)
            lines.append(f"{title} {rng.choice(('....... ', '  ', '……', ', '))}{page}")
        return "\n".join(lines)
    return " ".join(f"{n}{rng.choice(('.', ' ', ')'))} {rng.choice('ABCDE')}" for n in range(1, rng.randint(20, 90)))


def _held(folder: Path) -> set[str]:
    """What is held out of all training."""
    file = folder / "CHECK.txt"
    return set(file.read_text(encoding="utf-8").split()) if file.is_file() else set()


def _articles(folder: Path, held: set[str]) -> Iterator[str]:
    """Articles under CC BY of every other publisher."""
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["group"] == "jats_wide"
        ]
    for row in rows:
        name = row["file"].partition("/")[0]
        publisher = row["note"].partition(";")[0].lower()
        free = row["licence"].lower() in _LICENCES and f"jats_wide/{name}" not in held
        if free and row["file"].endswith(".xml") and publisher.startswith(_PUBLISHERS):
            yield from islice(chunks(xml_paragraphs((folder / "jats_wide" / row["file"]).read_bytes())), _MOST_OF_ONE)


def _abstracts(folder: Path, held: set[str]) -> Iterator[str]:
    for path in (
        folder / "ner_re/bc5cdr_pubtator/CDR_TrainingSet.PubTator.txt",
        folder / "ner_re/ncbi_disease/NCBItrainset_corpus.txt",
    ):
        if path.is_file():
            found = re.findall(r"(?m)^\d+\|a\|(.+)$", path.read_text(encoding="utf-8"))
            yield from found[: _MOST // 2]


def _answers(folder: Path, held: set[str]) -> Iterator[str]:
    """Questions and answers for patients of every other institute."""
    path = folder / "qa/medquad_sample.zip"
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist())[::2]:
                if name.endswith(".xml") and name.startswith(("2_", "4_", "5_", "8_", "12_")):
                    text = xml_paragraphs(archive.read(name), ("Question", "Answer"))
                    if len(text) > 200:
                        yield text[:3000]


def _bentsao(folder: Path) -> list[dict[str, str]]:
    path = folder / "qa/sft/bentsao_llama_data.json"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        if path.is_file()
        else []
    )


def _chinese(folder: Path, held: set[str]) -> Iterator[str]:
    rng = random.Random(4)
    if rows := _bentsao(folder):
        for _ in range(_MOST // 3):
            yield "\n".join(f"{row['instruction']}\n{row['output']}" for row in rng.sample(rows, rng.randint(1, 8)))
    path = folder / "ner_re/chineseblue/cMedTC_train.txt"
    if path.is_file():
        lines = [line.partition("\t")[2].strip() for line in path.read_text(encoding="utf-8").split("\n")]
        for _ in range(_MOST // 6):
            yield "\n".join(rng.sample(lines, rng.randint(3, 15)))
    path = folder / "ner_re/chineseblue/cMedQANER_train.json"
    if path.is_file():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        found = [str(row.get("text") or row.get("originalText") or "") for row in rows]
        for _ in range(_MOST // 6):
            yield "\n".join(rng.sample(found, rng.randint(3, 15)))


def _notes(folder: Path, held: set[str]) -> Iterator[str]:
    import gzip

    for name, column in (("aci_bench_train", "note"), ("mts_dialog_train", "section_text")):
        path = folder / f"phi/{name}.csv.gz"
        if path.is_file():
            csv.field_size_limit(1 << 20)
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                texts = [row[column] for row in csv.DictReader(file)]
            yield from [text for text in texts if len(text) > 300][: _MOST // 3]


def _classics(folder: Path, held: set[str]) -> Iterator[str]:
    for path in sorted((folder / "textbook/tcm_classics").glob("*.txt"))[::2]:
        yield from islice(chunks(path.read_bytes().decode("gb18030", "replace"), 800), 30)
