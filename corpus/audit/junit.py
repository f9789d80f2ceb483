"""The verdicts as a JUnit XML file, which continuous integration shows like the results of tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from corpus.audit.verdict import Verdict
from medpress.command import printable


def junit(verdicts: Mapping[str, Verdict]) -> str:
    """A suite with a case a gate, by its owner. A failed gate is a failure with its rows; a warning passes, and is told."""
    failed = sum(verdict.fails for verdict in verdicts.values())
    suite = Element(
        "testsuite", name="corpus audit", tests=str(len(verdicts)), failures=str(failed), errors="0", skipped="0"
    )
    for name, verdict in verdicts.items():
        case = SubElement(suite, "testcase", classname=verdict.owner, name=name)
        rows = "\n".join(printable(json.dumps(row, ensure_ascii=False, default=str)) for row in verdict.rows)
        if verdict.fails:
            SubElement(case, "failure", message=printable(verdict.finding)).text = rows
        else:
            warning = "" if verdict.passed else "warning: "
            SubElement(case, "system-out").text = printable(f"{warning}{verdict.finding}")
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"
