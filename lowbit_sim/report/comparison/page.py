"""A comparison as one HTML file that opens from disk: no network, no date, no library.

Style, script and data stand in the file. Its content security policy allows the script by its hash
and forbids every connection, so that neither a name from a file nor the page itself can load or run
anything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.markup import Html, element, escaped, json_data
from lowbit_sim.report.comparison.page_answer import answer_section
from lowbit_sim.report.comparison.page_data import page_data
from lowbit_sim.report.comparison.page_doubt import doubt_section
from lowbit_sim.report.comparison.page_setting import manifest_section, setting_section

_ASSETS = files("lowbit_sim.report.comparison") / "assets"
#: the script's parts in the order in which they stand in the page
_SCRIPTS = ("numbers.js", "pareto.js", "chart.js", "candidates.js", "layers.js", "start.js")


def comparison_page(judgement: Judgement, manifest: Mapping[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    judgement : Judgement
        With at least one contest.
    manifest : mapping
        What it was made from, as ``manifest.json`` holds it; shown as it stands.
    """
    spec = judgement.comparison.spec
    script = page_script()
    parts: dict[str, Html] = {
        "policy": escaped(_policy(script)),
        "title": escaped(spec.name),
        "style": Html(_asset("page.css")),
        "question": element("p", spec.question, class_="question"),
        "answer": answer_section(judgement),
        "doubt": doubt_section(judgement),
        "setting": setting_section(judgement),
        "manifest": manifest_section(manifest),
        "data": json_data(page_data(judgement)),
        "script": Html(script),
    }
    return Template(_asset("page.html")).substitute(parts)


def page_script() -> str:
    """Return the page's script: its parts in one function, so that nothing of it is global."""
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = ("default-src 'none'", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'")
    return "; ".join((*rules, "base-uri 'none'", "form-action 'none'"))


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
