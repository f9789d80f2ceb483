"""Pages that no corpus wants: a set of some 400, made before the scores that it measures.

    python benchmarks/junk.py DATA WORK        write them, read them with `ingest`, build, and tell what is kept

Eight kinds, a folder each: menus and shop pages as their addresses show them, keys of answers, contents and indexes, rubbish of OCR,
code, and pages of prose on anything but medicine. What DATA does not have is taken from this machine (code, licences, manuals) or
made up by a seed. A page belongs by the hash of its name to the half that may be looked at or to the one whose totals alone are.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow.dataset as ds
from lxml import html

PAGE = 2500
"""Characters of a page, about."""
LEAST = 300
"""A shorter piece is no page."""
Page = tuple[str, str]
"""Name, text."""
_SHOPS = ("product", "collection", "listing", "service")
_ABOUT_HEALTH = frozenset(
    [
        "0003",
        "0064",
        "0065",
        "0073",
        "0089",
        "0142",
        "0143",
        "0157",
        "0190",
        "0191",
        "0251",
        "0289",
        "0307",
        "0346",
        "0348",
        "0367",
        "0524",
        "1087",
        "2020",
        "2971",
        "4055",
        "4063",
        "4076",
        "4079",
        "4082",
        "4121",
        "4123",
        "4526",
        "4527",
        "4530",
        "4557",
        "4560",
        "4578",
        "4838",
        "4866",
        "4869",
        "4873",
        "4874",
        "4100",
    ]
)
"""Pages of WCXB that speak of health, for better or worse: told from their addresses."""
_ARTICLES_ABOUT_HEALTH = (
    "ea25dd7e", "bdb56ac8", "8b194530", "c467d507", "e593d7fe", "bd673bd7", "ff0f958a", "57b4dafd",
)  # fmt: skip
"""The same of the articles of scrapinghub."""


def half(name: str) -> str:
    """ "seen" or "unseen"."""
    return "seen" if hashlib.sha256(name.encode()).digest()[0] % 2 else "unseen"


def _pieces(name: str, text: str, most: int = 3) -> Iterator[Page]:
    lines, piece, number = text.split("\n"), "", 0
    for line in [*lines, ""]:
        if piece and (len(piece) > PAGE or line is lines[-1]) and number < most:
            if len(piece) > LEAST:
                yield f"{name}-{number}", piece
            piece, number = "", number + 1
        piece += line + "\n"


def _trees(data: Path) -> Iterator[tuple[str, html.HtmlElement]]:
    for path in sorted(data.glob("html/*/*.html.gz")):
        raw = gzip.decompress(path.read_bytes())
        try:
            yield path.name.partition(".")[0], html.document_fromstring(raw.decode("utf-8"))
        except UnicodeDecodeError:
            yield path.name.partition(".")[0], html.document_fromstring(raw.decode("gb18030", "replace"))


def _lines(element: html.HtmlElement) -> list[str]:
    for node in element.xpath(".//script|.//style|.//noscript|.//template"):
        node.drop_tree()
    texts = (" ".join(text.split()) for text in element.itertext() if isinstance(text, str))
    return [text for text in texts if text]


def menus(data: Path) -> Iterator[Page]:
    """What stands in the menus, heads and feet of saved pages."""
    for name, tree in _trees(data):
        found: list[str] = []
        for node in tree.xpath("//nav|//header|//footer|//*[@role='navigation']|//*[contains(@class,'menu')]"):
            found += [line for line in _lines(node) if line not in found]
        if len(found) >= 12:
            yield name, "\n".join(found)[: 2 * PAGE]


def shops(data: Path) -> Iterator[Page]:
    """All that shops, lists of goods and services show."""
    for path in sorted(data.glob("html/wcxb/*.json")):
        kind = json.loads(path.read_text(encoding="utf-8"))["_internal"]["page_type"]["primary"]
        name = path.name.partition(".")[0]
        if kind in _SHOPS and name[4:] not in _ABOUT_HEALTH:
            tree = html.document_fromstring(gzip.decompress(path.with_suffix(".html.gz").read_bytes()).decode("utf-8"))
            yield from _pieces(name, "\n".join(_lines(tree)), 5)


def keys(data: Path) -> Iterator[Page]:
    """Keys of answers in six forms."""
    rng = random.Random(5)
    for path in sorted((data / "qa/cmmlu").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            letters = [row["Answer"] for row in csv.DictReader(file)]
        for form in range(6):
            rng.shuffle(letters)
            made = [
                (f"{n}. {x}", f"{n}{x}", f"{n}.{x}", f"第{n}题 {x}", f"({n}) {x.lower()}", f"{n} = {x}")[form]
                for n, x in enumerate((letters * 9)[: rng.randint(30, 120)], 1)
            ]
            row = rng.choice((5, 10))
            sep = "\t" if form % 2 else "  "
            text = "\n".join(sep.join(made[a : a + row]) for a in range(0, len(made), row))
            yield (
                f"{path.stem}-{form}",
                rng.choice(("Answer key\n", "参考答案\n", "Answers to odd-numbered questions\n", "")) + text,
            )


def contents(data: Path) -> Iterator[Page]:
    """Contents and indexes over the headings of articles and chapters."""
    rng = random.Random(6)
    headings: list[str] = []
    for path in (*sorted(data.glob("textbook/*/*.cnxml")), *sorted(data.glob("jats/*/*.xml"))):
        titles = re.findall(r"<title>([^<]{4,80})</title>", path.read_text(encoding="utf-8"))
        headings += [" ".join(title.split()) for title in titles]
    for path in sorted(data.glob("textbook/tcm_classics/*.txt")):
        text = path.read_bytes().decode("gb18030", "replace")
        headings += re.findall(r"(?m)^\s*[<篇卷].{0,8}名[>:：]?\s*(.{2,20}?)\s*$", text)
    for number in range(48):
        chosen, page, out = rng.sample(headings, 30), rng.randint(1, 30), []
        for count, title in enumerate(chosen, 1):
            page += rng.randint(1, 9)
            out.append(
                (
                    f"{title} {'.' * rng.randint(6, 40)} {page}",
                    f"{count}.{rng.randint(1, 9)} {title}    {page}",
                    f"{title}, {page}, {page + rng.randint(2, 90)}–{page + 99}",
                    f"| {title} | {page} |",
                    f"{title}……{page}",
                    f"Chapter {count} {title}\t{page}",
                )[number % 6]
            )
        yield f"contents-{number}", "\n".join(sorted(out) if number % 6 == 2 else out)


def rubbish(data: Path) -> Iterator[Page]:
    """Texts as bad OCR leaves them, and text layers whose fonts lie."""
    rng = random.Random(7)
    texts = [
        " ".join(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).split())[4000 : 4000 + PAGE]
        for path in sorted(data.glob("jats/*/*.xml"))
    ]
    texts += [
        path.read_bytes().decode("gb18030", "replace")[2000:3500]
        for path in sorted(data.glob("textbook/tcm_classics/*.txt"))
    ]
    noise = "|!¡l1I;:.,'`~^*«»“”■□▪•°§¬_-=+/\\<>{}[]()?¿£€¥©®™†‡¦"
    for number, text in enumerate(texts * 3):
        share = rng.uniform(0.3, 0.6)
        if number % 3 == 0:  # characters replaced by signs and blanks
            made = "".join(rng.choice(noise + " ") if rng.random() < share else c for c in text)
        elif number % 3 == 1:  # letters shifted as by a wrong map, pieces turned round
            shift = rng.randint(3, 20)
            made = "".join(
                chr((ord(c) - 97 + shift) % 26 + 97) if "a" <= c <= "z" else rng.choice(noise) if c >= "\u4e00" else c
                for c in text.lower()
            )
        else:  # parts of letters, each by itself
            made = " ".join(
                rng.choice(noise + "iljtfrcoe") if rng.random() < share else c for c in text[:900] if c != " "
            )
        yield f"ocr-{number}", "\n".join(made[a : a + 70] for a in range(0, len(made), 70))


def code(data: Path) -> Iterator[Page]:
    """Programmes, style sheets, scripts, data and markup of this machine."""
    packages = Path(sysconfig.get_paths()["purelib"])
    library = Path(sysconfig.get_paths()["stdlib"])
    for pattern, most, root in (
        ("*.py", 24, library), ("**/*.js", 12, packages), ("**/*.css", 8, packages), ("**/*.html", 4, packages),
        ("**/*.json", 6, packages), ("**/*.h", 8, packages), ("**/*.pyi", 6, packages), ("**/*.toml", 4, packages),
    ):  # fmt: skip
        files = sorted(root.glob(pattern), key=lambda file: hashlib.sha256(file.name.encode()).digest())
        taken = 0
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace")
            lines = [line for line in text.split("\n") if len(line) < 400]
            if len(lines) < 40 or taken == most:
                continue
            taken += 1
            start = len(lines) // 3
            yield f"{file.stem}-{file.suffix[1:]}", "\n".join(lines[start : start + 60])


def elsewhere(data: Path) -> Iterator[Page]:
    """Prose on anything but medicine: news, guides, forums, licences, manuals, letters."""
    import trafilatura

    for path in sorted(data.glob("html/*/*.html.gz")):
        name = path.name.partition(".")[0]
        folder = path.parent.name
        kept = name[4:] not in _ABOUT_HEALTH if folder == "wcxb" else not name.startswith(_ARTICLES_ABOUT_HEALTH)
        text = trafilatura.extract(gzip.decompress(path.read_bytes())) if kept else None
        if text and len(text) > 200:
            yield f"{folder}-{name}", text[: 4 * PAGE]
    for path in sorted(Path("/usr/share/common-licenses").glob("*")):
        if path.is_file() and not path.is_symlink():
            yield from _pieces(f"licence-{path.name}", path.read_text(encoding="utf-8", errors="replace"), 2)
    packages = Path(sysconfig.get_paths()["purelib"])
    for path in sorted(packages.glob("*/METADATA"), key=lambda p: hashlib.sha256(p.parent.name.encode()).digest())[:60]:
        text = path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[2]
        if len(text) > 800:
            yield f"manual-{path.parent.name.partition('-')[0]}", text[:PAGE]


KINDS = {
    "menus": menus, "shops": shops, "keys": keys, "contents": contents, "rubbish": rubbish, "code": code, "elsewhere": elsewhere,
}  # fmt: skip


def write(data: Path, folder: Path) -> int:
    """Write all pages below HALF/KIND; returns how many."""
    shutil.rmtree(folder, ignore_errors=True)
    count = 0
    for kind, pages in KINDS.items():
        for name, text in pages(data):
            file = folder / half(name) / kind / f"{kind}-{re.sub(r'[^A-Za-z0-9]+', '-', name)}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            count += 1
    return count


def measure(data: Path) -> None:
    """What a build keeps of the pages, by half and kind; of the seen half, which."""

    def rows(kind: str, columns: list[str]) -> list[dict[str, str]]:
        files = sorted(map(str, (data / kind).glob("data/**/*.parquet")))
        return ds.dataset(files).to_table(columns=columns).to_pylist() if files else []

    place = {row["doc_id"]: row["uris"][0] for row in rows("documents", ["doc_id", "uris"])}
    total = Counter(tuple(uri.split("/")[-3:-1]) for uri in place.values())
    kept: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows("shards", ["doc_id"]):
        uri = place[row["doc_id"]]
        kept[tuple(uri.split("/")[-3:-1])].add(uri)
    for key in sorted(total):
        print(f"{key[0]:8}{key[1]:12}{len(kept[key]):5} of {total[key]:4} kept")
    for name in ("seen", "unseen"):
        these = sum(len(found) for key, found in kept.items() if key[0] == name)
        print(f"{name}: {these} of {sum(n for key, n in total.items() if key[0] == name)} kept")
    if "--list" in sys.argv:
        print(*sorted(uri for key, found in kept.items() if key[0] == "seen" for uri in found), sep="\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--list", action="store_true", help="name the pages of the seen half that are kept")
    given = parser.parse_args()
    print(f"{write(given.data, given.work / 'in')} pages")
    shutil.rmtree(given.work / "data", ignore_errors=True)
    folder = str(given.work / "data")
    subprocess.run(
        ["ingest", "auto", str(given.work / "in"), "--data", folder, "--source-type", "web"],
        check=True,
        capture_output=True,
    )
    subprocess.run(["corpus", "build", "--data", folder], check=True, capture_output=True)
    measure(given.work / "data")


if __name__ == "__main__":
    main()
