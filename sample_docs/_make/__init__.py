"""The parts of `make.py`: typesetting, scanning, Word, EPUB, questions."""
