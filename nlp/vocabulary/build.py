"""Writes vocabulary.parquet: ``python -m nlp.vocabulary.build`` (reads MEDPRESS_DATA, default ../shared/data).

Hand-written lists come first, then what is composed from them, then public vocabularies and the mentions of
permissively licensed training sets; where two sources know a term the first one decides its label.
"""

# ruff: noqa: SIM905  (word lists read better as words)
from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import ahocorasick_rs
import pyarrow as pa
import pyarrow.parquet as parquet

from nlp.formats import AnnotatedText, read_annotated
from nlp.tagging.folding import fold
from nlp.vocabulary import BUILT_IN, Term
from nlp.vocabulary.composition import composed_terms, plural

_LISTS: Final[Path] = Path(__file__).parent / "terms"
_PLURAL_LABELS: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug", "procedure", "test", "anatomy"})

# What the ending of a Chinese word says about it, longest ending first.
_ZH_ENDINGS: Final[tuple[tuple[str, str], ...]] = (
    ("综合征", "disease"), ("综合症", "disease"), ("切除术", "procedure"), ("注射液", "drug"), ("口服液", "drug"),
    ("胶囊", "drug"), ("颗粒", "drug"), ("冲剂", "drug"), ("软膏", "drug"), ("糖浆", "drug"), ("滴丸", "drug"),
    ("疫苗", "drug"), ("抗体", "gene"), ("受体", "gene"), ("蛋白", "gene"), ("基因", "gene"), ("结石", "disease"),
    ("骨折", "disease"), ("中毒", "disease"), ("感染", "disease"), ("肿瘤", "disease"), ("囊肿", "disease"),
    ("损伤", "disease"), ("溃疡", "disease"), ("梗阻", "disease"), ("梗死", "disease"), ("硬化", "disease"),
    ("畸形", "disease"), ("结核", "disease"), ("脱位", "disease"), ("障碍", "disease"), ("不全", "disease"),
    ("动脉", "anatomy"), ("静脉", "anatomy"), ("神经", "anatomy"), ("细胞", "anatomy"), ("造影", "test"),
    ("试验", "test"), ("检查", "test"), ("移植", "procedure"), ("疗法", "procedure"), ("麻醉", "procedure"),
    ("霉素", "drug"), ("沙星", "drug"), ("他汀", "drug"), ("洛尔", "drug"), ("普利", "drug"), ("沙坦", "drug"),
    ("地平", "drug"), ("西林", "drug"), ("拉唑", "drug"), ("替丁", "drug"), ("康唑", "drug"), ("硝唑", "drug"),
    ("单抗", "drug"), ("替尼", "drug"), ("洛韦", "drug"), ("可松", "drug"), ("米松", "drug"), ("西泮", "drug"),
    ("卡因", "drug"), ("头痛", "symptom"), ("疼痛", "symptom"), ("水肿", "symptom"), ("出血", "symptom"),
    ("炎", "disease"), ("癌", "disease"), ("瘤", "disease"), ("症", "disease"), ("疹", "disease"), ("癣", "disease"),
    ("疮", "disease"), ("疝", "disease"), ("痢", "disease"), ("痈", "disease"), ("病", "disease"), ("痛", "symptom"),
    ("丸", "drug"), ("丹", "drug"), ("汤", "drug"), ("酊", "drug"), ("碱", "drug"), ("酮", "drug"), ("唑", "drug"),
    ("术", "procedure"), ("骨", "anatomy"), ("肌", "anatomy"), ("腺", "anatomy"), ("韧带", "anatomy"),
)  # fmt: skip
_ZH_TOO_GENERAL: Final[frozenset[str]] = frozenset(
    "禁忌症 禁忌证 适应症 适应证 综合症 临床试验 异基因 疾病 看病 生病 治病 发病 患病 得病 重病 大病 小病 病 手术 技术 战术 艺术 学术 心病 毛病 弊病 通病 犯病 防病 医术 算术 美术 武术 "
    "魔术 骑术 医疗技术 剑术 柔术 马术 权术 试验 检查 障碍 心痛 悲痛 沉痛 头骨 露骨 傲骨 主心骨 损伤 急病 无病 多病 托病 诊病 传染病学 "
    "医疗检查 病症 急症 重症 绝症 炎症 癌症 救死扶伤 高汤 清汤 抗体 受体 基因 蛋白 染病 称病 心理障碍 语言障碍 残障 障碍物 熬汤 喝汤 "
    "老汤 不治之症 对症 慢性病 常见病 多发病 流行病 职业病 并发症 后遗症 病痛 伤痛 酸碱 护理技术 急救技术 卫生检查 安全检查 "
    "牡丹 仙丹 汤 骨 筋骨 尸骨 白骨 软骨头 炼丹 术 丸 药丸 子弹丸 魔障".split()
)
_ASCII_ABBREVIATION: Final[re.Pattern[str]] = re.compile(r"^[A-Z0-9][A-Za-z0-9/βα-]{0,5}$")


def main() -> None:
    """Builds the table from the lists here and the sets under MEDPRESS_DATA."""
    data = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))
    terms = build(data)
    table = pa.table(
        {
            "term": [term.text for term in terms],
            "label": pa.array([term.label for term in terms]).dictionary_encode(),
            "concept_id": [term.concept_id for term in terms],
            "exact": [term.exact for term in terms],
            "source": pa.array([term.source for term in terms]).dictionary_encode(),
        }
    )
    parquet.write_table(table, BUILT_IN, compression="zstd", compression_level=9)
    for (source, label), count in sorted(Counter((term.source, term.label) for term in terms).items()):
        print(f"{source:20} {label:10} {count}")
    print(f"{len(terms)} terms, {BUILT_IN.stat().st_size / 1e6:.2f} MB -> {BUILT_IN}")


def build(data: Path) -> list[Term]:
    """All terms, the most trusted first; no two fold to the same text unless one of them is exact."""
    doid = dict(_disease_ontology(data / "vocab" / "HumanDO.tsv"))
    training = {
        "bc5cdr-train": _mentions(data / "ner_re/bc5cdr_pubtator/CDR_TrainingSet.PubTator.txt"),
        "bc5cdr-devel": _mentions(data / "ner_re/bc5cdr_pubtator/CDR_DevelopmentSet.PubTator.txt"),
        "ncbi-disease-train": _mentions(data / "ner_re/ncbi_disease/NCBItrainset_corpus.txt"),
        "cmedqaner-train": _mentions(data / "ner_re/chineseblue/cMedQANER_train.json"),
    }
    concepts = {fold(label): identifier for label, identifier in doid.items()}
    for source in ("bc5cdr-train", "bc5cdr-devel"):
        for term in training[source]:
            if term.concept_id:
                concepts.setdefault(fold(term.text), term.concept_id)

    chosen: dict[tuple[str, bool], Term] = {}

    def add(term: Term) -> None:
        chosen.setdefault((fold(term.text), term.exact), term)

    hand_written = list(_hand_written(concepts))
    for term in hand_written:
        add(term)
    for term in hand_written:
        more = plural(term.text) if term.label in _PLURAL_LABELS and not term.exact else None
        if more:
            add(term._replace(text=more))
        if "-" in term.text and not term.exact and term.label != "gene":
            add(term._replace(text=term.text.replace("-", " ")))
    zh_drugs = [t.text for t in hand_written if t.label == "drug" and t.text[0] > "\u2e7f" and len(t.text) > 2]
    for text, label in composed_terms(zh_drugs):
        add(Term(text, label, concepts.get(fold(text)), False, "medpress-composed"))
        more = plural(text) if label in {"disease", "symptom"} and text[0] != "~" and text.isascii() else None
        if more:
            add(Term(more, label, concepts.get(fold(text)), False, "medpress-composed"))
    for label, identifier in doid.items():
        add(Term(label, "disease", identifier, _is_abbreviation(label), "disease-ontology"))
        more = plural(label)
        if more:
            add(Term(more, "disease", identifier, False, "disease-ontology"))
        if "'s " in label:  # Hirschsprung's disease is as often called Hirschsprung disease
            add(Term(label.replace("'s ", " "), "disease", identifier, False, "disease-ontology"))
    for term in _thuocl(data / "vocab" / "THUOCL_medical.txt"):
        add(term)
    for source, terms in training.items():
        for term in terms:
            add(term._replace(source=source))
    return list(chosen.values())


def _hand_written(concepts: dict[str, str]) -> Iterator[Term]:
    """Terms of the lists; the names on one line of the drug list are one concept."""
    for path in sorted(_LISTS.glob("*.txt")):
        label = "ignore" if path.stem == "other" else path.stem
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#") or not line.strip():
                continue
            english, _, chinese = line.partition("|")
            names = [name.strip() for part in (english, chinese) for name in part.split(",") if name.strip()]
            shared = None
            if label == "drug" and english.strip():
                known = [concepts[fold(name)] for name in names if fold(name) in concepts]
                shared = known[0] if known else "medpress:" + re.sub(r"\W+", "-", names[0].lstrip("=").lower())
            for name in names:
                exact = name.startswith("=") or _is_abbreviation(name)
                name = name.lstrip("=")
                yield Term(name, label, shared or concepts.get(fold(name)), exact, "medpress")


def _is_abbreviation(name: str) -> bool:
    """Whether the name must be matched in its own case: short, upper-case Latin."""
    letters = [c for c in name if c.isalpha()]
    return (
        bool(_ASCII_ABBREVIATION.match(name))
        and len(name) <= 6
        and sum(c.isupper() for c in letters) * 2 >= len(letters)
    )


def _disease_ontology(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            label = row["label"].strip()
            if len(label) > 2 and not label.startswith("obsolete") and label.lower() not in {"disease", "syndrome"}:
                yield label, row["id"]


def _thuocl(path: Path) -> Iterator[Term]:
    for line in path.read_text(encoding="utf-8").splitlines():
        word = line.split("\t")[0].strip()
        if len(word) < 2 or word in _ZH_TOO_GENERAL:
            continue
        label = next(
            (label for ending, label in _ZH_ENDINGS if word.endswith(ending) and len(word) > len(ending)), None
        )
        if label and not (len(word) == 2 and label in {"procedure", "drug"}):
            yield Term(word, label, None, False, "thuocl")


def _mentions(path: Path) -> list[Term]:
    """The mentions of a training set that are annotated at least every second time they occur in it."""
    return mention_terms(read_annotated(path))


def mention_terms(documents: Iterable[AnnotatedText]) -> list[Term]:
    """Terms from annotated documents: mentions that are annotated in at least half of their occurrences."""
    documents = list(documents)
    labels: dict[str, Counter[str]] = {}
    concepts: dict[str, str] = {}
    surface: dict[str, Counter[str]] = {}
    for document in documents:
        for entity in document.entities:
            text = document.text[entity.start : entity.end]
            key = fold(text)
            if len(key) < 2 or (len(key) == 2 and key.isascii()) or "\n" in text:
                continue
            labels.setdefault(key, Counter())[entity.label] += 1
            surface.setdefault(key, Counter())[text] += 1
            if entity.concept_id:
                concepts.setdefault(key, entity.concept_id)
    if not labels:
        return []
    keys = list(labels)
    automaton = ahocorasick_rs.AhoCorasick(keys, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
    occurrences: Counter[str] = Counter()
    for document in documents:
        folded = fold(document.text)
        for i, start, end in automaton.find_matches_as_indexes(folded):
            if _alone(folded, start, end):
                occurrences[keys[i]] += 1
    terms = []
    for key, counts in labels.items():
        label, count = counts.most_common(1)[0]
        if sum(counts.values()) * 2 < occurrences[key] or count * 3 < sum(counts.values()) * 2:
            continue
        text = surface[key].most_common(1)[0][0]
        exact = _is_abbreviation(text) or (text.isascii() and len(text) < 4)
        terms.append(Term(text, label, concepts.get(key), exact))
    return terms


def _alone(folded: str, start: int, end: int) -> bool:
    def joins(c: str) -> bool:
        return c.isalnum() and c < "\u2e80"

    return not (
        (start > 0 and joins(folded[start]) and joins(folded[start - 1]))
        or (end < len(folded) and joins(folded[end - 1]) and joins(folded[end]))
    )


if __name__ == "__main__":
    main()
