"""The findings as failed tests in JUnit's XML, which Jenkins, GitLab and most others read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from looplint.finding import Finding
from looplint.report import full
from looplint.report.places import Places
from looplint.report.snippet import Lines
from looplint.report.terminal import clean


def render(findings: Sequence[Finding], lines: Lines, _colour: bool) -> str:
    """One suite with a failed test for each finding, or with one test that passes; only ASCII, as XML allows.

    The class of a test is the file, as a path with dots. Its name has no row in it, so that a reader that compares two
    runs knows it again where lines have moved; of several alike in a file it says which one it is, counted from the
    top.
    """
    from xml.etree import ElementTree  # here, as the other formats have no need of it

    places, alike = Places(lines), Counter[tuple[str, str]]()
    failures = str(len(findings))
    counts = {"tests": str(max(len(findings), 1)), "failures": failures, "errors": "0", "skipped": "0"}
    suites = ElementTree.Element("testsuites", {"name": "looplint", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "looplint", **counts})
    if not findings:
        ElementTree.SubElement(suite, "testcase", {"classname": "looplint", "name": "no findings"})
    for finding in findings:
        path = clean(places.path(finding.span))
        key = path.removesuffix(".py").strip("/").replace("/", "."), f"{finding.code} {finding.name}"
        alike[key] += 1
        name = key[1] if alike[key] == 1 else f"{key[1]} ({alike[key]})"
        bounds = places.bounds(finding.span)
        line = {"line": str(bounds[0].row)} if bounds else {}
        case = ElementTree.SubElement(suite, "testcase", {"classname": key[0], "name": name, "file": path, **line})
        said = {"type": finding.severity.value, "message": f"{places.shown(finding.span)}: {clean(finding.message)}"}
        failure = ElementTree.SubElement(case, "failure", said)
        failure.text = full.render([finding], lines, False)
    ElementTree.indent(suites)
    written: bytes = ElementTree.tostring(suites, "us-ascii", xml_declaration=True)
    return f"{written.decode('ascii')}\n"
