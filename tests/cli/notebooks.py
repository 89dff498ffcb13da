"""Notebooks as the tests write them."""

from __future__ import annotations

import json
from typing import Any


def code(*lines: str) -> dict[str, Any]:
    """A cell of code, with its text as a list of lines, as Jupyter writes it."""
    source = [f"{line}\n" for line in lines[:-1]] + list(lines[-1:])
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def words(text: str) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def notebook(*cells: Any, language: str = "python", **changed: Any) -> str:
    """The JSON of a notebook."""
    metadata = {
        "kernelspec": {"name": "k", "display_name": "k", "language": language},
        "language_info": {"name": language},
    }
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5} | changed, indent=1)
