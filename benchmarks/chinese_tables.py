"""Sixty Chinese tables as hospitals print them, drawn cell by cell with known truth, and how many cells are read back.

    python benchmarks/chinese_tables.py [--folder PDFS] [--show]

Formularies, laboratory ranges, dosing by weight, scales and checklists: with a narrow column of running numbers, merged
heads, cells that wrap, rules missing at the sides, three rules only, shaded heads, two tables side by side, running text
above and below. The pages are drawn here, line by line at places that are computed here, so that no code of the reader
decides what is right. The figure is the share of the cells whose text stands in its row and column, white space aside; a
merged cell counts where it begins, and what stands in the other fields that it covers has to be its text or nothing.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pymupdf

COUNT = 60
"""Tables that are drawn."""
CHINESE, LATIN = "china-s", "helv"
"""Fonts that PyMuPDF carries with it; a text is set in both, as in print."""
FONTS = {name: pymupdf.Font(name) for name in (CHINESE, LATIN)}
WIDTH, HEIGHT = 595.0, 842.0
"""An A4 page, in points."""
MARGIN = 56.0


@dataclass(frozen=True)
class Field:
    """A cell of a table that is drawn."""

    text: str
    """Its text."""
    columns: int = 1
    """Columns it covers."""
    rows: int = 1
    """Rows it covers."""


Rows = list[list[Field]]


@dataclass(frozen=True)
class Style:
    """How a table is drawn."""

    rules: str
    """`grid` all borders, `open` none at the sides, `three` at the top, below the head and at the bottom, `rows` across only."""
    size: float
    """Font size in points."""
    padding: float
    """White space between a cell's text and its border, in points."""
    widest: float
    """Points after which a cell's text wraps."""
    centred: bool
    """Whether texts stand in the middle of their cells, or at the left."""
    filled: bool
    """Whether rules are thin filled boxes, as some programs draw them, or strokes."""
    head: int = 1
    """Rows of the head."""


@dataclass
class Sheet:
    """A page and the tables on it."""

    name: str
    """What is on it."""
    tables: list[Rows] = field(default_factory=list)
    """The truth, in reading order."""
    document: pymupdf.Document = field(default_factory=pymupdf.open)
    """The page as drawn."""


DRUGS = [
    "阿莫西林胶囊",
    "头孢克肟片",
    "布洛芬混悬液",
    "对乙酰氨基酚片",
    "奥美拉唑肠溶胶囊",
    "盐酸二甲双胍片",
    "阿托伐他汀钙片",
    "硝苯地平控释片",
    "氯吡格雷片",
    "华法林钠片",
    "左氧氟沙星片",
    "甲硝唑片",
    "蒙脱石散",
    "孟鲁司特钠咀嚼片",
    "氨溴索口服溶液",
    "呋塞米片",
    "螺内酯片",
    "地高辛片",
]
STRENGTHS = [
    "0.25g×24粒",
    "50mg×12片",
    "100ml:2g",
    "0.5g×20片",
    "20mg×14粒",
    "0.85g×30片",
    "20mg×7片",
    "30mg×7片",
    "75mg×28片",
    "2.5mg×60片",
]
WAYS = ["口服", "静脉滴注", "肌内注射", "皮下注射", "吸入", "外用"]
DOSES = [
    "一次0.5g，一日3次",
    "一次100mg，一日2次",
    "一次5～10ml，一日3次",
    "首剂300mg，以后一日75mg",
    "按体重一日20mg/kg，分3次",
    "一次1片，睡前服",
]
NOTES = [
    "过敏者禁用",
    "肾功能不全者减量，肌酐清除率低于30ml/min时一日一次",
    "孕妇慎用",
    "餐前半小时服用",
    "监测INR，目标2.0～3.0",
    "与含铝、镁的抗酸药同服会降低吸收，应间隔2小时以上",
    "避免饮酒",
    "—",
]
TESTS = (
    "白细胞计数 (WBC)|4.0～10.0|×10^9/L;血红蛋白 (Hb)|120～160|g/L;血小板计数 (PLT)|100～300|×10^9/L;丙氨酸氨基转移酶|<40|U/L;"
    "总胆红素|3.4～20.5|µmol/L;肌酐|44～133|µmol/L;尿素氮|2.9～8.2|mmol/L;血钾|3.5～5.5|mmol/L;血钠|135～145|mmol/L;"
    "空腹血糖|3.9～6.1|mmol/L;糖化血红蛋白|4.0～6.0|%;总胆固醇|<5.2|mmol/L;甘油三酯|0.56～1.70|mmol/L;C反应蛋白|<8|mg/L;"
    "凝血酶原时间|11～14|s;D-二聚体|<0.5|mg/L"
)
ITEMS = [
    "核对患者姓名、住院号与腕带",
    "评估意识、生命体征并记录",
    "建立静脉通路，抽血送检",
    "吸氧，维持血氧饱和度在94%以上",
    "心电监护，备好除颤仪与抢救药品，注意观察心律变化并随时报告医师",
    "交接班时双人核对剩余剂量",
]
PROSE = (
    "本表供临床参考，具体用药应当结合患者的年龄、体重、肝肾功能和合并用药情况，由医师判断后决定。对于特殊人群，"
    "应当密切观察疗效与不良反应，必要时进行血药浓度监测，并根据监测结果及时调整给药方案。"
)


def sheets(count: int = COUNT, seed: int = 13) -> Iterator[Sheet]:
    """Pages with `count` tables in all, one or two on a page, the same for the same seed."""
    chance = random.Random(seed)
    kinds = (_formulary, _laboratory, _weights, _checklist, _grouped, _comparison)
    rules = ("grid", "open", "three", "rows", "grid")
    drawn = number = 0
    while drawn < count:
        style = Style(
            rules[number % len(rules)],
            chance.choice([8.0, 9.0, 10.5]),
            chance.choice([1.2, 2.0, 3.0, 5.0]),
            chance.choice([90.0, 120.0]),
            chance.random() < 0.5,
            chance.random() < 0.5,
        )
        kind = kinds[number % len(kinds)]
        beside = number % 7 == 3 and drawn + 2 <= count
        made = [kind(chance)] if not beside else [(_laboratory(chance, 6)[0], 1), (_laboratory(chance, 7)[0], 1)]
        sheet = Sheet(f"{number:02d} {kind.__name__.strip('_')} {style.rules}{' beside' if beside else ''}")
        page = sheet.document.new_page(width=WIDTH, height=HEIGHT)
        top = _prose(page, MARGIN, 10.5) + 14.0
        left = MARGIN
        bottom = top
        for rows, head in made:
            own = Style(**{**vars(style), "head": head, "widest": 70.0 if beside else style.widest})
            right, end = _draw(page, rows, own, left, top)
            sheet.tables.append(rows)
            left, bottom = right + 24.0, max(bottom, end)
        _prose(page, bottom + 22.0, 10.5)
        drawn += len(made)
        number += 1
        yield sheet


def _formulary(chance: random.Random) -> tuple[Rows, int]:
    rows = [[Field(text) for text in ("序号", "药品名称", "规格", "用法用量", "注意事项")]]
    for number, drug in enumerate(chance.sample(DRUGS, chance.randint(6, 10)), 1):
        texts = (str(number), drug, chance.choice(STRENGTHS), chance.choice(DOSES), chance.choice(NOTES))
        rows.append([Field(text) for text in texts])
    return rows, 1


def _laboratory(chance: random.Random, length: int = 0) -> tuple[Rows, int]:
    rows = [[Field(text) for text in ("项目", "参考范围", "单位")]]
    tests = [tuple(test.split("|")) for test in TESTS.split(";")]
    rows += [[Field(text) for text in test] for test in chance.sample(tests, length or chance.randint(7, 14))]
    return rows, 1


def _weights(chance: random.Random) -> tuple[Rows, int]:
    rows = [
        [Field("体重(kg)", rows=2), Field("首剂", columns=2), Field("维持量", columns=2), Field("间隔", rows=2)],
        [Field("mg"), Field("ml"), Field("mg"), Field("ml")],
    ]
    for low in range(5, 5 * chance.randint(6, 10), 5):
        rows.append(
            [
                Field(text)
                for text in (
                    f"{low}～{low + 5}",
                    f"{low * 4}",
                    f"{low * 4 / 25:.1f}",
                    f"{low * 2}",
                    f"{low * 2 / 25:.1f}",
                )
            ]
            + [Field(f"{chance.choice([6, 8, 12])}小时")]
        )
    return rows, 2


def _checklist(chance: random.Random) -> tuple[Rows, int]:
    rows = [[Field(text) for text in ("序号", "项目", "是", "否")]]
    for number, item in enumerate(chance.sample(ITEMS, 5), 1):
        done = chance.random() < 0.5
        rows.append([Field(str(number)), Field(item), Field("√" if done else "－"), Field("－" if done else "√")])
    return rows, 1


def _grouped(chance: random.Random) -> tuple[Rows, int]:
    rows = [[Field(text) for text in ("类别", "序号", "药品名称", "途径")]]
    drugs = iter(chance.sample(DRUGS, 12))
    number = 0
    for group in chance.sample(["抗感染药", "心血管药", "消化系统药", "解热镇痛药"], 3):
        size = chance.randint(2, 4)
        for place in range(size):
            number += 1
            own = [Field(str(number)), Field(next(drugs)), Field(chance.choice(WAYS))]
            rows.append([Field(group, rows=size), *own] if place == 0 else own)
    return rows, 1


def _comparison(chance: random.Random) -> tuple[Rows, int]:
    rows = [
        [
            Field("指标", rows=2),
            Field("治疗组(n=60)", columns=2),
            Field("对照组(n=60)", columns=2),
            Field("P值", rows=2),
        ],
        [Field("治疗前"), Field("治疗后"), Field("治疗前"), Field("治疗后")],
    ]
    for test in chance.sample(["收缩压", "舒张压", "心率", "空腹血糖", "糖化血红蛋白", "总胆固醇", "肌酐"], 5):
        values = [f"{chance.uniform(4, 160):.1f}±{chance.uniform(0.3, 12):.1f}" for _ in range(4)]
        rows.append([Field(test), *map(Field, values), Field(chance.choice(["<0.05", "<0.01", "0.12", "0.034"]))])
    return rows, 2


def placed(rows: Rows) -> dict[tuple[int, int], Field]:
    """The fields by the row and column in which each begins."""
    taken: set[tuple[int, int]] = set()
    found: dict[tuple[int, int], Field] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            found[y, x] = cell
            taken.update((y + down, x + across) for down in range(cell.rows) for across in range(cell.columns))
    return found


def _runs(text: str) -> list[tuple[str, str]]:
    """(font, text) of the stretches of one font."""
    return [
        (LATIN if run[0] < "\u0180" else CHINESE, run) for run in re.findall(r"[\x20-\u017f]+|[^\x20-\u017f]+", text)
    ]


def _length(text: str, size: float) -> float:
    return sum(_run_length(font, run, size) for font, run in _runs(text))


def _run_length(font: str, run: str, size: float) -> float:
    return float(FONTS[font].text_length(run, size))


def _write(page: pymupdf.Page, x: float, baseline: float, text: str, size: float) -> None:
    for font, run in _runs(text):
        page.insert_text((x, baseline), run, fontname=font, fontsize=size)
        x += _run_length(font, run, size)


def _wrapped(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for part in re.findall(r"[\x21-\x7e×～]+|.", text):
        if lines[-1] and _length(lines[-1] + part, size) > width:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _draw(page: pymupdf.Page, rows: Rows, style: Style, left: float, top: float) -> tuple[float, float]:
    """Draw a table; gives its right and lower edge."""
    cells = placed(rows)
    n_columns = max(x + cell.columns for (_, x), cell in cells.items())
    widths = [12.0] * n_columns
    for (_, x), cell in cells.items():
        if cell.columns == 1:
            natural = _length(cell.text, style.size) + 0.5
            widths[x] = max(widths[x], min(natural, style.widest))
    xs = [left]
    for width in widths:
        xs.append(xs[-1] + width + 2 * style.padding)
    pitch = 1.25 * style.size
    heights = [pitch + 2 * style.padding] * len(rows)
    lines: dict[tuple[int, int], list[str]] = {}
    for (y, x), cell in cells.items():
        lines[y, x] = _wrapped(cell.text, xs[x + cell.columns] - xs[x] - 2 * style.padding + 0.1, style.size)
        if cell.rows == 1:
            heights[y] = max(heights[y], len(lines[y, x]) * pitch + 2 * style.padding)
    ys = [top]
    for height in heights:
        ys.append(ys[-1] + height)
    for (y, x), cell in cells.items():
        x0, x1, y0, y1 = xs[x], xs[x + cell.columns], ys[y], ys[y + cell.rows]
        start = (y0 + y1 - len(lines[y, x]) * pitch) / 2
        for number, line in enumerate(lines[y, x]):
            middle = style.centred or cell.columns > 1
            across = x0 + style.padding
            if middle:
                across = (x0 + x1 - _length(line, style.size)) / 2
            baseline = start + number * pitch + 0.95 * style.size
            _write(page, across, baseline, line, style.size)
        if style.rules in ("grid", "open"):
            _rule(page, style, x0, y0, x1, y0)
            _rule(page, style, x0, y1, x1, y1)
            if style.rules == "grid" or x:
                _rule(page, style, x0, y0, x0, y1)
            if style.rules == "grid" or x + cell.columns < n_columns:
                _rule(page, style, x1, y0, x1, y1)
        elif style.rules == "rows" or (y < style.head and cell.columns > 1):
            inset = 2.0 if cell.columns > 1 else 0.0
            _rule(page, style, x0 + inset, y1, x1 - inset, y1)
    if style.rules in ("three", "rows"):
        for y in (ys[0], ys[style.head], ys[-1]):
            _rule(page, style, xs[0], y, xs[-1], y)
    return xs[-1], ys[-1]


def _rule(page: pymupdf.Page, style: Style, x0: float, y0: float, x1: float, y1: float) -> None:
    if style.filled:
        page.draw_rect(pymupdf.Rect(x0 - 0.2, y0 - 0.2, x1 + 0.2, y1 + 0.2), color=None, fill=(0, 0, 0))
    else:
        page.draw_line((x0, y0), (x1, y1), width=0.5)


def _prose(page: pymupdf.Page, top: float, size: float) -> float:
    for line in _wrapped(PROSE, WIDTH - 2 * MARGIN, size):
        _write(page, MARGIN, top + size, line, size)
        top += 1.5 * size
    return top


def read(path: Path) -> list[list[list[str]]]:
    """The tables that the PDF reader finds in a file, as grids."""
    from ingest.document import ReadOptions
    from ingest.readers.pdf import PdfReader

    reader, options = PdfReader(), ReadOptions(ocr="never")
    pages = reader.read(path, 1, reader.probe(path, options).n_pages, options, lambda _: None)
    tables = [block.text for page in pages for block in page.blocks if block.kind == "table"]
    return [
        [
            [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for number, line in enumerate(table.splitlines())
            if number != 1
        ]
        for table in tables
    ]


def right_cells(rows: Rows, grid: Sequence[Sequence[str]]) -> list[tuple[Field, bool]]:
    """Each field of the truth, and whether it stands where it should, in the fields that it covers or the first of them."""
    plain = [["".join(text.split()) for text in row] for row in grid]

    def at(y: int, x: int) -> str | None:
        return plain[y][x] if y < len(plain) and x < len(plain[y]) else None

    result = []
    for (y, x), cell in placed(rows).items():
        text = "".join(cell.text.split())
        covered = [at(y + down, x + across) for down in range(cell.rows) for across in range(cell.columns)]
        result.append((cell, covered[0] == text and all(other in (text, "") for other in covered[1:])))
    return result


def score(sheet: Sheet, folder: Path) -> list[tuple[Field, bool]]:
    """The fields of all tables of a page; each table is compared with the best one that is not taken yet."""
    path = folder / f"{sheet.name.replace(' ', '_')}.pdf"
    sheet.document.save(path)
    grids = read(path)
    result: list[tuple[Field, bool]] = []
    for rows in sheet.tables:
        tried = [right_cells(rows, grid) for grid in grids] or [[(cell, False) for cell in placed(rows).values()]]
        best = max(range(len(tried)), key=lambda number: sum(right for _, right in tried[number]))
        result.extend(tried[best])
        del grids[best : best + 1]
    return result


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the PDFs go; by default they are not kept")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--show", action="store_true", help="print the cells that are wrong")
    arguments = parser.parse_args()
    fields: list[tuple[Field, bool]] = []
    tables = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for sheet in sheets(seed=arguments.seed):
            found = score(sheet, folder)
            fields.extend(found)
            tables += len(sheet.tables)
            wrong = [cell.text for cell, right in found if not right]
            print(f"{sheet.name:36} cells {len(found)} wrong {len(wrong)}")
            if arguments.show and wrong:
                print("   ", wrong)
    print(f"{tables} tables, {len(fields)} cells, {sum(right for _, right in fields) / len(fields):.4f} exact")


if __name__ == "__main__":
    main()
