"""The medical guard: what a near-duplicate must share with the record that replaces it.

Two monographs on one template differ in a drug and a dose, two leaflets in one "not". Their shingles agree, their meaning
does not. Before a record may be dropped, the kept one must state its clinical facts: drugs, values with units and
comparison signs, frequencies, negations and opposites (increased or reduced, left or right), in the same order. Numbers of
citations, years, dates, pages, tables, figures and list items do not count. Chinese and Latin text alike.

The guard errs to one side: a doubtful pair is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from corpus.duplicates.differences import Words, fold, may_replace
from medpress.units import names, pattern
from medpress.writing_systems import HAN, HAN_CHARACTER

DrugFinder = Callable[[str], Iterable[tuple[int, int]]]
"""Finds (start, end) of drug mentions in a text, for example with a lexicon."""


@dataclass(frozen=True)
class Facts:
    """What a text states, as far as the guard looks."""

    items: tuple[str, ...]
    """Drugs `d:…`, values `n:<5|mg`, polarity cues `p:…`, in order."""
    words: Words
    """Lower-case words, single Chinese characters, normalised values, and where sentences begin."""
    grams: tuple[str, ...]
    """Chinese trigrams, and drugs."""
    named: frozenset[str]
    """Drugs, what stands before a dose, names inside sentences."""

    @cached_property
    def stated(self) -> frozenset[str]:
        """The items, in any order."""
        return frozenset(self.items)

    @cached_property
    def known(self) -> frozenset[str]:
        """All that the text mentions."""
        return frozenset((*self.words.tokens, *self.grams, *self.named))

    @cached_property
    def folded(self) -> frozenset[str]:
        """The same, without what spelling and OCR may change."""
        return frozenset(map(fold, self.known))

    def mentions(self, subjects: frozenset[str]) -> bool:
        """Whether all that another text names stands here too."""
        return all(fold(subject) in self.folded for subject in subjects - self.known)


_UNIT_NAMES = {"".join(name.spelling.split()): name for name in names("guard")}
_UNIT_NAMES |= {  # as headings are written: MG, Mg
    capitals: name
    for name in names("dose")
    if name.spelling.isalpha() and 1 < len(name.spelling) < 5 and name.kind != "piece"
    for capitals in (name.spelling.upper(), name.spelling.title())
    if capitals not in _UNIT_NAMES
}
_UNIT = rf"{pattern([*_UNIT_NAMES, *(name.spelling for name in names('guard'))])}(?![A-Za-z])"
_PER = r"/|·|每|\bper\b|\ba\b"
_UNITS = rf"{_UNIT}(?:\s?(?:{_PER})\s?{_UNIT})*"
_DOSED = frozenset({"mass", "volume", "amount", "activity", "piece"})
"""Kinds of units that a drug is given in."""
_NUMBER = r"\d+(?:,\d{3})+(?:[.·]\d+)?|\d+(?:[.·]\d+)?"
_RANGE = rf"(?:{_NUMBER})(?:\s?(?:[-–—~～〜至到/×x^]|to)\s?(?:{_NUMBER}))*"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
_HAN_NUMBER = "一二两三四五六七八九十百半〇零"

_ANNOUNCES = (
    r"(?i:tables?|figures?|figs?|pages?|pp|p|refs?|references?|chapters?|sections?|vol|volume|issue|no|appendix|box|"
    r"supplement(?:ary)?|version|edition|line|item)"
)
_WORD = rf"[^\W\d_{HAN}]+(?:[’'][^\W\d_{HAN}]+)?[0-9]*(?:[^\W_{HAN}]*)"
# Most of a text is plain words, so they come first, but for those that may begin something to skip.
_SCAN = re.compile(
    rf"""
    (?P<plain>(?!(?:https?|www|(?i:doi|pmid|pmcid|isbn|issn|nct)|{_ANNOUNCES}|{_MONTH})\b)(?<![\d.]){_WORD})
    | (?P<skip>
        https?://\S+|www\.\S+|\b(?i:doi|pmid|pmcid|isbn|issn|nct)\b[:\s]*[\w./-]+|\b10\.\d{{4,}}/\S+
      | \[\s*\d+(?:\s*[-–—,，;]\s*\d+)*\s*\]
      | [(（]\s*\d{{1,3}}(?:\s*[-–—,，;]\s*\d{{1,3}})+\s*[)）](?!\s?{_UNIT})
      | [(（]\s*\d{{1,2}}\s*[)）](?=\s*[A-Z{HAN}])
      | \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\b\d{{1,2}}[-/]\d{{1,2}}[-/](?:19|20)\d{{2}}\b
      | \d{{4}}\s?年(?:\s?\d{{1,2}}\s?月)?(?:\s?\d{{1,2}}\s?[日号])?
      | \b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?\b|\b{_MONTH}\s+\d{{1,2}}(?!\d|\s?mg)(?:,?\s+\d{{4}})?
      | \b(?:19|20)\d{{2}}\s*;\s*\d+[^\s]*|\b\d+\s?\(\d+\)\s?:\s?[eE]?\d+(?:[-–]\d+)?
      | \b{_ANNOUNCES}\b\.?\s*(?:[Ss]\s?)?\d+(?:\.\d+)*[a-zA-Z]?(?:\s?[-–,]\s?\d+[a-zA-Z]?)*(?!\s?{_UNIT})
      | [图表]\s?\d+(?:[-.–]\d+)*|第\s?\d+(?:[-.–]\d+)*\s?[页章节版卷期条款册部篇]|附录\s?\d+
      | (?<=[.,;:)\]”"])[¹²³⁰⁴-⁹]+(?:[,–-][¹²³⁰⁴-⁹]+)*
    )
    | (?P<list>^[ \t]*(?:\#+[ \t]*|[-*•][ \t]+)?(?:\d+(?:\.\d+)*[.)、．:]|\d+(?:\.\d+)+)(?=[ \t{HAN}])(?![ \t]?{_UNIT}))
    | (?P<compare>[<>≤≥＜＞]=?\s?)?(?P<minus>(?<![\w)%])[-−])?(?P<number>{_RANGE})(?:[\s-]?(?P<unit>{_UNITS}))?
    | (?P<word>{_WORD})
    | (?P<han>(?:(?![图表第]\s?\d|附录\s?\d)[{HAN}])+)
    """,
    re.VERBOSE | re.MULTILINE,
)
_YEAR = re.compile(r"(?:18|19|20)\d{2}(?:[-–/](?:(?:19|20)?\d{2}))?")

_CUE_WORDS = """
no not never none nor neither without cannot nil denies denied deny negative positive absent absence contraindicated
contraindication avoid avoided avoids except unless exclude excluded excludes unlikely increase increases increased
increasing decrease decreases decreased decreasing reduce reduces reduced reducing raise raises raised elevated lower lowers
lowered higher high low above below before after left right bilateral unilateral stop stopped discontinue discontinued
withhold withheld safe unsafe effective ineffective benign malignant acute chronic
od bd bid tid tds qid qd qds qod qhs prn stat nocte mane daily weekly monthly hourly once twice thrice half double
oral orally intravenous intravenously iv im sc intramuscular intramuscularly subcutaneous subcutaneously topical
sublingual rectal intrathecal inhaled adults children infants neonates
"""
_CUES = frozenset(_CUE_WORDS.split())
_NUMBER_WORDS = {w: str(i) for i, w in enumerate(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
)}  # fmt: skip
_HAN_COUNT = rf"[{_HAN_NUMBER}]+{pattern(name for name, unit in _UNIT_NAMES.items() if unit.language == 'zh' and unit.kind != 'people')}"
_HAN_ITEM = re.compile(
    rf"(?P<count>{_HAN_COUNT})"
    r"|(?P<cue>没有|没|否认|禁忌|禁用|禁止|禁|避免|排除|阴性|阳性|不(?![断仅但])|无|未|勿|忌|非(?!常)|除外|升高|降低|增加|减少|增高|"
    r"下降|上升|加重|减轻|高于|低于|以上|以下|[左右]侧|双侧|单侧|左|右|停用|慎用|可用|有效|无效|良性|恶性|急性|慢性|"
    r"口服|静脉|静滴|肌注|皮下|外用|舌下|儿童|成人|孕妇|饭前|饭后|餐前|餐后|术前|术后)"
)
_HAN_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九十")} | {"两": "2", "〇": "0", "半": "0.5"}

_STEMS = (
    r"mab|nib|ciclib|parib|pril|prilat|sartan|olol|dipine|statin|cillin|mycin|micin|oxacin|azole|tidine|triptan|gliptin|"
    r"gliflozin|glitazone|glutide|natide|parin|xaban|gatran|grel|grelor|vir|virine|cycline|caine|setron|azepam|zolam|zepine|"
    r"barbital|oxetine|ipramine|triptyline|promazine|tiazine|thiazine|azine|peridol|apine|peridone|idone|afil|lukast|terol|"
    r"tropium|methasone|sone|solone|onide|dronate|platin|rubicin|taxel|trexate|grastim|poetin|thiazide|semide|anide|lactone|"
    r"formin|glinide|gliclazide|pizide|buride|uridine|citabine|fungin|quine|quin|profen|fenac|oxicam|coxib|codone|morphone|"
    r"fentanil|orphine|curonium|flurane|zosin|steride|osin|fibrate|tinib|limus|dopa|giline|oxin|toin|racetam|bactam|penem|"
    r"cef|ketorolac|amycin|kinase|plase|cept|kinra|mide|amine|idine|iptan|bendazole|nidazole|conazole|tide|mustine|"
    r"sulfan|phosphamide|abine|tecan|poside|blastine|cristine|stat|gestrel|estradiol|sterone|thyroxine|insulin"
)
_DRUG_NAMES = """
aspirin warfarin heparin digoxin morphine codeine paracetamol acetaminophen adrenaline epinephrine noradrenaline
norepinephrine dopamine dobutamine lithium methadone naloxone ketamine propofol atropine glucagon oxytocin vasopressin
potassium calcium magnesium sodium iron folate vancomycin linezolid colistin isoniazid ethambutol pyrazinamide dapsone
phenytoin valproate carbamazepine lamotrigine topiramate gabapentin pregabalin levodopa carbidopa amiodarone lidocaine
verapamil diltiazem hydralazine nitroglycerin isosorbide clonidine spironolactone furosemide mannitol colchicine
allopurinol penicillamine sulfasalazine azathioprine cyclosporine ciclosporin methotrexate prednisone prednisolone
dexamethasone hydrocortisone tamoxifen letrozole anastrozole bleomycin fluorouracil hydroxyurea mercaptopurine
clozapine quetiapine olanzapine risperidone aripiprazole bupropion trazodone venlafaxine buspirone
metoclopramide domperidone loperamide misoprostol sucralfate bisacodyl lactulose theophylline aminophylline ipratropium
salbutamol albuterol glyceryl trinitrate ibuprofen naproxen diclofenac tramadol alteplase streptokinase
"""
_DRUGS = frozenset(_DRUG_NAMES.split())
_DRUG_STEM = re.compile(rf"[a-z]{{3,}}(?:{_STEMS})|cef[a-z]{{4,}}|ceph[a-z]{{4,}}|sulfa[a-z]{{4,}}")
_HAN_DRUG = re.compile(
    rf"[{HAN}]{{1,2}}(?:西林|沙星|霉素|环素|他汀|普利|沙坦|地平|洛尔|替尼|单抗|拉唑|替丁|列汀|列净|列酮|列齐|列奈|鲁肽|肝素|沙班|加群|格雷|"
    r"韦林|洛韦|那韦|夫定|卡因|司琼|西泮|唑仑|巴比妥|西汀|米嗪|丙嗪|哌啶醇|培酮|那非|司特|特罗|溴铵|米松|尼松|松龙|奈德|膦酸|铂|比星|"
    r"紫杉醇|噻嗪|塞米|内酯|双胍|格列|尿苷|芬净|喹|洛芬|芬酸|昔康|昔布|考酮|芬太尼|唑嗪|贝特|莫司|多巴|妥英|培南|巴坦|硝唑|康唑|"
    r"唑|酰胺|他滨|替康|泊苷|长春|孕酮|雌醇|甲状腺素|胰岛素|注射液|胶囊|颗粒|丸|散|汤|片剂|膏|饮片|合剂|口服液)"
    r"|阿司匹林|华法林|地高辛|吗啡|可待因|对乙酰氨基酚|肾上腺素|多巴胺|纳洛酮|氯胺酮|丙泊酚|阿托品|催产素|缩宫素|氯化钾|氯化钠|葡萄糖|硝酸甘油|"
    r"胺碘酮|利多卡因|维拉帕米|甘露醇|秋水仙碱|别嘌醇|硫唑嘌呤|环孢素|甲氨蝶呤|他莫昔芬|来曲唑|丙戊酸钠|苯妥英钠|氨茶碱|沙丁胺醇|布洛芬|曲马多|"
    r"阿替普酶|尿激酶|人参|黄芪|当归|甘草|白术|茯苓|附子|麻黄|桂枝|大黄|柴胡|黄芩|黄连|川芎|白芍|熟地|半夏|陈皮|生姜|干姜|石膏|知母|杏仁"
)
# Words that stand before a dose without being what is dosed.
_BEFORE_DOSE = """
dose doses dosage dosed daily about with than take taken takes give given gives receive received receives using use used
from least most over under exceed exceeds exceeding maximum minimum initial initially starting total single mean median
approximately around either plus then next every each only reduced increased after before until when were have been that
this strength amount amounts level levels first second third usually containing contains contain administer administered
start started begin begun began initiated treat treated treating treatment therapy should must will could would can
being given tablet tablets capsule capsules oral injection infusion intravenous patient patients
"""
_NOT_SUBJECT = frozenset(_BEFORE_DOSE.split())
_HAN_BEFORE_DOSE = re.compile(
    r"(?:常用量|常用剂量|用法用量|每次|每日|一次|一日|口服|剂量|用量|服用|给予|静滴|注射|至少|最大|最多|大约|加用|使用|用药|不超|超过|成人|儿童|常用|推荐|起始|维持|开始|各|约|用|服|为|量|取|加|的|是)\Z"
)
_HAN_RUN_AT_END = re.compile(rf"[{HAN}]+\s?\Z")
_WORDS_BEFORE_DOSE = 8
_CLAUSE_END = re.compile(r"[.;!?]\s|\n")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;。！？\n|#*(\-–]|\b[A-Z][a-z]+)[\s\"“#*\-|]*\Z")
_NATION_WORDS = (
    "american british canadian chinese european french german indian italian japanese korean russian spanish"
)
_NATIONS = frozenset(_NATION_WORDS.split())
_REACH = 60
"""Characters over which a dose belongs to the drug named before it."""


_MARKUP = re.compile(r"<\s?/?\s?(?:su[bp]|inf|[biu]|em|strong|span|br|p)\s*/?>", re.IGNORECASE)


def facts(text: str, find_drugs: DrugFinder | None = None) -> Facts:
    """The clinical facts of a text."""
    text = _MARKUP.sub("", text) if "<" in text else text
    text = text.replace("’", "'")
    text = _WRAPPED.sub(" ", text) if "\n" in text else text
    named = {text[start:end].lower() for start, end in find_drugs(text)} if find_drugs else set()
    items: list[str] = []
    words: list[str] = []
    grams: list[str] = []
    breaks = {0}
    start = 0
    for end in [*(match.end() for match in _SEGMENT.finditer(text)), len(text)]:
        segment = text[start:end]
        read = _read_once(segment) if len(segment) <= _LONGEST_REMEMBERED else _read(segment)
        items += read.items
        words += read.tokens
        grams += read.grams
        named |= read.subjects
        breaks.add(len(words))
        start = end
    return Facts(tuple(items), Words(tuple(words), frozenset(breaks)), tuple(grams), frozenset(named))


# Each of these begins with the characters that it may begin with, which the engine finds at the speed of a scan; what stands before
# them is looked back at. An alternation, or a look back in front, would be tried at every character.
_SEGMENT = re.compile(r"[.!?;。！？；\n](?:(?<=[。！？；\n])|(?<=[^\d\s].)(?=\s+[^\d\s]))")
"""Where a text may be cut for reading: not inside "Fig. 2" or "3. Treatment"."""
_WRAPPED = re.compile(r"\n(?<=[\w,，、]\n)(?=[a-zµμ毫微克])")
"""A line that goes on in the next one."""
_NEEDS_SCAN = re.compile(r"[\d¹²³⁰⁴-⁹hw](?:(?<=[^hw])|(?<=h)ttps?:|(?<=w)ww\.)")
_PUBLISHERS = (
    "Elsevier", "Wiley", "Springer", "Lippincott", "Wolters Kluwer", "Karger", "Schattauer", "BioMed Central", "Informa", "Thieme",
)  # fmt: skip
_NOTICES = {
    "©": "©", "(c)": r"\(c\)\s?(?:19|20)\d\d", "opyright": "[Cc]opyright", "OPYRIGHT": "COPYRIGHT", "ll rights reserved": "[Aa]ll rights reserved",
    "ublished by": "[Pp]ublished by", "版权所有": "版权所有", "著作权": "著作权", **{name: rf"\b{name}\b" for name in _PUBLISHERS},
}  # fmt: skip
"""Patterns of a notice, each under what stands in whatever it finds, which is looked for faster."""
_NOTICE = re.compile("|".join(_NOTICES.values()))
"""A sentence about who published the text states nothing clinical."""
_CITED = re.compile(r"\b(?:19|20)\d\d\s*;\s*\d+\s*(?:\(\d+\)\s*)?:\s*[eE]?\d")
"""Year, volume and page: a reference."""
_PIECE = re.compile(rf"[{HAN}]+|{_WORD}")
_CAPITAL = re.compile(r"[A-ZÀ-Þ](?<![^\W_].)[^\W\d_]{4,}", re.DOTALL)


@lru_cache(maxsize=1 << 16)
def _kind(word: str) -> str:
    """What a lower-case word is to the guard."""
    if word in _CUES or word.startswith(("hyper", "hypo")) or word.endswith(("n't", "n’t")):
        return "cue"
    if word in _NUMBER_WORDS:
        return "count"
    if word in _NATIONS:
        return "nation"
    if len(word) >= 5 and (word in _DRUGS or _DRUG_STEM.fullmatch(word)):
        return "drug"
    return ""


_LONGEST_REMEMBERED = 500
"""Characters of a sentence; near-duplicates share most of theirs, so each is read once."""


def _read(segment: str) -> _Segment:
    reader = _Segment()
    if (any(map(segment.__contains__, _NOTICES)) and _NOTICE.search(segment)) or (
        ";" in segment and _CITED.search(segment)
    ):
        pass
    elif _NEEDS_SCAN.search(segment):
        reader.scan(segment)
    else:
        reader.words(segment)
    if segment.lstrip().startswith("#"):  # a heading names what its text is about
        reader.subjects.update(t for t in reader.tokens if len(t) >= 5 and t.isalpha() and _kind(t) != "cue")
        reader.subjects.update(gram for gram in reader.grams if len(gram) == 3)
    return reader


_read_once = lru_cache(maxsize=1 << 13)(_read)


class _Segment:
    """What one sentence or line states; filled once, then only looked at."""

    __slots__ = ("counted", "drug", "grams", "items", "subjects", "text", "tokens")

    def __init__(self) -> None:
        self.text = ""
        self.items: list[str] = []
        self.tokens: list[str] = []
        self.subjects: set[str] = set()
        self.grams: list[str] = []
        self.drug: tuple[str, int] = ("", -_REACH)
        self.counted: str | None = None

    def words(self, segment: str) -> None:
        """Read a stretch without numbers."""
        self.text = segment
        pieces = _PIECE.findall(segment.lower())
        if segment.isascii() and not any(map(_kind, pieces)):
            self.tokens += pieces
            pieces = []
        for word in pieces:
            if HAN_CHARACTER.match(word):
                self._han(word, 0)
                self.counted = None
            elif self.counted is None and not _kind(word):
                self.tokens.append(word)
            else:
                self._word(word, 0)
        for match in _CAPITAL.finditer(segment):
            self._capital(match.group(), match.start())

    def scan(self, segment: str) -> None:
        """Read a stretch with numbers."""
        self.text = segment
        for match in _SCAN.finditer(segment):
            group = match.lastgroup
            if group in ("plain", "word"):
                word = match.group()
                self._word(word, match.start())
                if len(word) >= 5 and word[0].isupper():
                    self._capital(word, match.start())
                continue
            self.counted = None
            if group == "han":
                self._han(match.group(), match.start())
            elif group not in ("skip", "list"):
                self._number(match, match.start())

    def _add(self, item: str) -> None:
        self.items.append(item)

    def _word(self, original: str, start: int) -> None:
        word = original.lower()
        kind = _kind(word)
        if not kind and self.counted is None:
            self.tokens.append(word)
            return
        if self.counted and word in _UNIT_NAMES:
            self._add(f"n:{self.counted}|{(_UNIT_NAMES.get(original) or _UNIT_NAMES[word]).unit}")
        self.counted = _NUMBER_WORDS.get(word)
        if word.endswith(("n't", "n’t")):
            word = "not"
        self.tokens.append(word)
        if kind == "cue":
            self._add(f"p:{word}")
        elif kind == "drug":
            self._drug(word, start)

    def _capital(self, word: str, start: int) -> None:
        """A name inside a sentence may be what the text is about."""
        if not _kind(word.lower()) and not _SENTENCE_START.search(self.text[max(0, start - 24) : start]):
            self.subjects.add(word.lower())

    def _drug(self, name: str, start: int) -> None:
        self.drug = (name, start)
        self.subjects.add(name)
        self.grams.append(name)
        self._add(f"d:{name}")

    def _number(self, match: re.Match[str], start: int) -> None:
        number, unit = match.group("number", "unit")
        if not unit and _YEAR.fullmatch(number) and not match.group("compare"):
            return
        sign = (match.group("compare") or "").strip().translate(_SIGNS) + ("-" if match.group("minus") else "")
        value = f"{sign}{_value(number)}"
        unit, dosed = _unit(unit) if unit else ("", False)
        self.tokens.append(f"{value}|{unit}")
        if dosed:
            self._dosed(start)
        name = self.drug[0] if dosed and start - self.drug[1] <= _REACH else ""
        self._add(f"n:{value}|{unit}|{name}" if name else f"n:{value}|{unit}")

    def _dosed(self, start: int) -> None:
        """The nearest word of weight before a dose is taken for what is dosed."""
        before = self.tokens[-2] if len(self.tokens) > 1 else ""
        if _is_han(before):
            match = _HAN_RUN_AT_END.search(self.text[max(0, start - 24) : start])
            run = match.group().strip() if match else ""
            while trimmed := _HAN_BEFORE_DOSE.search(run):
                run = run[: trimmed.start()]
            if len(run) >= 2:
                self.subjects.add(run[-2:])
            return
        read = set(self.tokens[-2 - 2 * _WORDS_BEFORE_DOSE : -1])  # without what was skipped: dates, references
        sentence = _CLAUSE_END.split(self.text[max(0, start - 80) : start])[-1]
        for word in _PIECE.findall(sentence.lower())[: -1 - _WORDS_BEFORE_DOSE : -1]:
            if len(word) >= 4 and word in read and word.isalpha() and word not in _NOT_SUBJECT and _kind(word) != "cue":
                self.subjects.add(word)
                return

    def _han(self, run: str, start: int) -> None:
        self.tokens.extend(run)
        self.grams += map("".join, zip(run, run[1:], run[2:], strict=False))
        found: list[tuple[int, str, str]] = []
        for match in _HAN_ITEM.finditer(run):
            kind = "n:" if match.lastgroup == "count" else "p:"
            found.append((match.start(), kind, match.group()))
        for match in _HAN_DRUG.finditer(run):
            found.append((match.start(), "d:", match.group()))
        for position, kind, item in sorted(found):
            if kind == "d:":
                self._drug(item, start + position)
            elif kind == "n:":
                self._add("n:" + _han_value(item))
            else:
                self._add(f"p:{item}")


_SIGNS = str.maketrans({"＜": "<", "＞": ">"})


def _is_han(token: str) -> bool:
    return len(token) == 1 and HAN_CHARACTER.match(token) is not None


def _value(number: str) -> str:
    """5.0 -> 5, 1,000 -> 1000, 5 – 10 -> 5-10."""
    parts = re.findall(rf"{_NUMBER}|[-–—~～〜至到/×x^]|to", number)
    return "".join(_plain(p) if p[0].isdigit() else {"/": "/", "×": "x", "x": "x", "^": "^"}.get(p, "-") for p in parts)


def _plain(number: str) -> str:
    number = number.replace(",", "").replace("·", ".")
    return (number.rstrip("0").rstrip(".") if "." in number else number).lstrip("0") or "0"


_UNIT_PART = re.compile(rf"(?P<name>{_UNIT})|{_PER}")


@lru_cache(maxsize=1 << 12)
def _unit(unit: str) -> tuple[str, bool]:
    """A unit in its one form, milligrams per kg -> mg/kg, and whether a drug is given in it."""
    known = [_UNIT_NAMES["".join(match["name"].split())] for match in _UNIT_PART.finditer(unit) if match["name"]]
    return "/".join(name.unit for name in known), bool(known) and known[0].kind in _DOSED


def _han_value(item: str) -> str:
    """三次 -> 3|次; numbers beyond ten stay as they are written."""
    unit = max((item[at:] for at in range(1, len(item)) if item[at:] in _UNIT_NAMES), key=len)
    number = item[: -len(unit)]
    return f"{_HAN_DIGITS.get(number, number)}|{_UNIT_NAMES[unit].unit}"


def contains(kept: Facts, dropped: Facts) -> bool:
    """Whether the kept text states all that the dropped one states, and no sentence of both says something else in one."""
    return compare(kept, dropped)[0]


def compare(one: Facts, other: Facts) -> tuple[bool, bool]:
    """`contains` both ways: whether one may replace the other, and whether the other may replace it."""
    forth = other.stated <= one.stated and one.mentions(other.named) and _in_order(other.items, one.items)
    back = one.stated <= other.stated and other.mentions(one.named) and _in_order(one.items, other.items)
    if not (forth or back) or not may_replace(one.words, other.words):  # the dearest question comes last
        return False, False
    return forth, back


def _in_order(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether `short` is a subsequence of `long`."""
    if len(short) >= len(long):
        return short == long
    rest = iter(long)
    return all(item in rest for item in short)
