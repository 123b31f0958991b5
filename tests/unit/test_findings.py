from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_ses_mail_from_provider.dns.findings import FINDINGS, NAME_SERVER_CHOICE, SENTENCES, Severity

CHAPTERS = (
    ("Errors: MX", Severity.ERROR),
    ("Errors: SPF", Severity.ERROR),
    ("Warnings", Severity.WARNING),
    ("No verdict", Severity.UNKNOWN),
    ("Notes", Severity.NOTE),
)
PAGE = (Path(__file__).parents[2] / "docs/troubleshooting.md").read_text()


@pytest.mark.parametrize("code", SENTENCES)
def test_every_code_is_one_sentence(code: str) -> None:
    """A code is in kebab case. Its sentence has the problem, a colon, and the remedy."""
    sentence = SENTENCES[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert re.fullmatch(r"[^.].*: .*[^.]\.", sentence)
    assert ". " not in sentence
    assert not code.startswith("spf-") or "does not affect the status in SES" in sentence


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences_are_the_same_for_every_front_end(code: str) -> None:
    """No sentence has command-line options or configuration keys."""
    assert not re.search(r"--|ses-mail-from|pulumi|config", SENTENCES[code].lower())


def test_the_choice_of_a_name_server() -> None:
    """It belongs to the codes whose sentence advises to use another one."""
    advises = {
        code for code, sentence in SENTENCES.items() if re.search(r"use (another name server|one that)", sentence)
    }
    assert advises == NAME_SERVER_CHOICE


def test_every_code_is_documented() -> None:
    """The troubleshooting page has each code as a heading, under its severity and with a fix, and no other."""
    documented = []
    for chapter, severity in CHAPTERS:
        _, _, rest = PAGE.partition(f"\n## {chapter}\n")
        for code, text in re.findall(
            r"^### `(.*?)`\n(.*?)(?=^##|\Z)", rest.partition("\n## ")[0], re.DOTALL | re.MULTILINE
        ):
            documented.append((code, severity))
            assert "\n**Fix:** " in text, code
    assert sorted(FINDINGS.items()) == sorted(documented)
    assert len(documented) == PAGE.count("\n### `")
