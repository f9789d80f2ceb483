"""Files, modules and links that the documentation names are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ENDINGS = (".py", ".md", ".toml", ".yaml", ".sh", ".tsv", ".txt")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")
MODULE = re.compile(r"(?:medpress|nlp|ingest|corpus|training)(?:\.\w+)+")
NEW_FILE = re.compile(r"^# (\S+\.py)$", re.MULTILINE)


@pytest.fixture(scope="module")
def files() -> set[str]:
    """Files of the repository, and the folders that they lie in."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    return {str(path) for name in names for path in (Path(name), *Path(name).parents)}


def named_paths(text: str, tops: set[str]) -> set[str]:
    """What stands in backticks and looks like a path of the repository."""
    quoted = {name.rstrip("/") for name in QUOTED.findall(FENCED.sub("", text)) if not re.search(r"[\s<>*{}:]", name)}
    return {name for name in quoted if name.endswith(ENDINGS) or ("/" in name and name.split("/")[0] in tops)}


def is_there(module: str, files: set[str]) -> bool:
    """Whether a dotted name is a module, or a name that stands in one."""
    path = module.replace(".", "/")
    if path in files or f"{path}.py" in files:
        return True
    above, _, name = path.rpartition("/")
    source = next((ROOT / file for file in (f"{above}.py", f"{above}/__init__.py") if file in files), None)
    return source is not None and re.search(rf"\b{name}\b", source.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_what_a_page_names_is_there(page: Path, files: set[str]) -> None:
    text = page.read_text(encoding="utf-8")
    tops = {name for name in files if "/" not in name and (ROOT / name).is_dir()} - {"."}
    assert named_paths(text, tops) - set(NEW_FILE.findall(text)) <= files
    assert {module for module in MODULE.findall(FENCED.sub("", text)) if not is_there(module, files)} == set()
    linked = {link for link in LINK.findall(FENCED.sub("", text)) if "://" not in link}
    assert {link for link in linked if not (page.parent / link).exists()} == set()


def test_a_path_that_is_not_there_is_seen(files: set[str]) -> None:
    assert named_paths("`corpus/runner.py`, `work/index.json`, `shards/data`, `*.py`", {"corpus"}) == {
        "corpus/runner.py"
    }
    assert not is_there("corpus.runner", files) and not is_there("medpress.store.no_such_thing", files)
    assert is_there("medpress.store.write_table", files) and is_there("ingest.page", files)
