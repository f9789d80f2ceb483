"""The steps of `corpus build`, a file each; `corpus/build.py` lists them in their order."""
