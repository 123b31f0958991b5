"""The SPF record of a MAIL FROM domain with all records that it refers to, over DNS answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .queries import NEGATIVE, Answer, Answers, Outcome, Question, answer_to
from .spf import LOOKUP_TERMS, SES_DOMAIN, InvalidTerm, Term, evaluated_terms, is_spf, parse
from .spf_check import LOOKUP_LIMIT, VOID_LIMIT, Result, Sender, check_host

_MOST_NODES: Final = 40
_MOST_ADDRESSES: Final = 40


@dataclass
class Node:
    """An SPF record in the tree.

    Attributes:
        term: The term that refers to it. Empty for the root.
        name: The name of its TXT record.
        record: Its text. Empty if it could not be followed.
        problem: The code of the finding on it. Empty if there is none.
        detail: More about the problem.
        lookups: The number of its terms that require a lookup.
        voids: The number of those lookups without a record.
        children: The records that it refers to.
    """

    term: str
    name: str
    record: str = ""
    problem: str = ""
    detail: str = ""
    lookups: int = 0
    voids: int = 0
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree as indented text, one line for each record."""
        total = sum(node.lookups for node in self.walk())
        what = self.record or self.detail or "not looked up"
        problem = f" [{self.problem}]" if self.problem else ""
        lookups = f"{total} lookup{'' if total == 1 else 's'}"
        yield f"{'  ' * depth}{self.term or self.name} ({lookups}): {what}{problem}"
        for child in self.children:
            yield from child.lines(depth + 1)


class SpfTree:
    """The tree, and what it says of SES.

    Args:
        name: The MAIL FROM domain.
        answers: The answers so far.

    Attributes:
        root: The record of the MAIL FROM domain.
        missing: The questions without an answer so far.
    """

    def __init__(self, name: str, answers: Answers) -> None:
        self._answers = answers
        self._nodes = 0
        self.missing: dict[Question, None] = {}
        self.root = self._node("", name, ())
        self.refused = self._refused(name)

    @property
    def lookups(self) -> int:
        """The number of lookups over the whole tree."""
        return sum(node.lookups for node in self.root.walk())

    @property
    def voids(self) -> int:
        """The number of lookups over the whole tree that find no record."""
        return sum(node.voids for node in self.root.walk())

    def problem(self) -> tuple[str, str, str] | None:
        """The code, the place and the detail of the first problem."""
        nodes = list(self.root.walk())
        for code in ("spf-loop", "spf-include-missing", "spf-include-invalid"):
            for node in nodes:
                if node.problem == code:
                    return code, node.name, node.detail
        if self.lookups > LOOKUP_LIMIT:
            return "spf-lookups", self.root.name, str(self.lookups)
        if self.voids > VOID_LIMIT:
            return "spf-void-lookups", self.root.name, str(self.voids)
        if not any(node.name == SES_DOMAIN for node in nodes):
            for code in ("spf-include-lookup-failed", "spf-indirect"):
                for node in nodes:
                    if node.problem == code:
                        return code, node.name, node.detail
            return "spf-no-include", self.root.name, f"include:{SES_DOMAIN}"
        return ("spf-ses-refused", self.root.name, self.refused) if self.refused else None

    def everything_passes(self) -> str:
        """The name of a record with +all. Empty if there is none."""
        return next((node.name for node in self.root.walk() if self._all(node) == "+"), "")

    def is_neutral(self) -> bool:
        """Whether the record of the MAIL FROM domain ends with ?all."""
        return self._all(self.root) == "?"

    def _all(self, node: Node) -> str:
        terms = _terms(node.record) if node.name != SES_DOMAIN else ()
        return next((term.qualifier for term in terms or () if term.qualifier and term.name == "all"), "")

    def _ask(self, question: Question) -> Answer:
        if question not in self._answers:
            self.missing[question] = None
        return answer_to(question, self._answers)

    def _node(self, term: str, name: str, path: Sequence[str]) -> Node:
        name = name.lower().rstrip(".") if term else name
        node = Node(term, name)
        self._nodes += 1
        if name == SES_DOMAIN and term:  # not the user's: taken as correct, and read only for its networks
            node.record = next((text for text in self._ask((name, "TXT")).values if is_spf(text)), "")
            return node
        if "%" in name:
            node.problem, node.detail = "spf-indirect", f"{term} depends on the sender"
            return node
        if name in path:
            node.problem, node.detail = "spf-loop", " -> ".join((*path[path.index(name) :], name))
            return node
        if self._nodes > _MOST_NODES:
            return node
        answer = self._ask((name, "TXT"))
        if answer.outcome not in NEGATIVE | {Outcome.RECORDS, Outcome.LOOP}:
            node.problem, node.detail = "spf-include-lookup-failed", answer.outcome.value
            return node
        records = [text for text in answer.values if is_spf(text)]
        if not records:
            node.problem, node.detail = "spf-include-missing", term
        elif len(records) > 1:
            node.problem, node.detail = "spf-include-invalid", f"{len(records)} SPF records"
        elif (terms := _terms(records[0])) is None:
            node.record, node.problem, node.detail = records[0], "spf-include-invalid", _invalid(records[0])
        else:
            node.record = records[0]
            self._follow(node, terms, (*path, name))
        return node

    def _follow(self, node: Node, terms: Sequence[Term], path: Sequence[str]) -> None:
        for term in evaluated_terms(terms):
            if term.name not in LOOKUP_TERMS:
                continue
            node.lookups += 1
            if term.name in ("include", "redirect="):
                word = f"{term.name}{term.value}" if term.name == "redirect=" else f"include:{term.value}"
                node.children.append(self._node(word, term.value, path))
            elif term.name != "ptr" and "%" not in term.value:
                target = term.value.partition("/")[0].lower().rstrip(".") or node.name
                answer = self._ask((target, "MX" if term.name == "mx" else "A"))
                node.voids += answer.outcome in NEGATIVE

    def _refused(self, name: str) -> str:
        """The first network of SES whose mail does not pass, and the result. Empty if all passes."""
        if not any(node.name == SES_DOMAIN for node in self.root.walk()):
            return ""
        record = next((text for text in self._ask((SES_DOMAIN, "TXT")).values if is_spf(text)), "")
        for term in [term for term in _terms(record) or () if term.name in ("ip4", "ip6")][:_MOST_ADDRESSES]:
            address = ipaddress.ip_network(term.value, strict=False)[0]
            result = check_host(Sender(address, f"bounces@{name}"), name, self._ask)
            if result in (Result.FAIL, Result.SOFTFAIL, Result.NEUTRAL):
                return f"{term.value}: {result.value}"
        return ""


def _terms(record: str) -> list[Term] | None:
    try:
        return parse(record)
    except InvalidTerm:
        return None


def _invalid(record: str) -> str:
    try:
        parse(record)
    except InvalidTerm as invalid:
        return str(invalid)
    return ""
