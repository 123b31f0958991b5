"""Decisions: what each operation does, which changes there are, and what the program of a run declares."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_ses_mail_from_provider.engine.declarations import Declarations
from pulumi_ses_mail_from_provider.rules.decisions import (
    Action,
    changes,
    is_restarted,
    on_create,
    on_delete,
    on_update,
    replaces,
)
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN, Absent, Declaration, Found, Key, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.state import State

KEY = Key("us-east-1", "example.com")
ELSEWHERE = Key("eu-west-1", "example.com")
DECLARED = Declaration(KEY, "bounce.example.com", "UseDefaultValue")
OVERWRITING = Declaration(KEY, "bounce.example.com", "UseDefaultValue", {"overwrite": True})
SAME = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Success")
FAILED = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Failed")
REJECTING = MailFromAttributes("bounce.example.com", "RejectMessage", "Success")
OLD = MailFromAttributes("old.example.com", "UseDefaultValue", "Success")
OTHER = MailFromAttributes("other.example.com", "UseDefaultValue", "Success")
FUTURE = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Quarantined")


@pytest.mark.parametrize(
    ("declared", "found", "action"),
    [
        (DECLARED, Absent.MAIL_FROM_DOMAIN, Action.SET),
        (DECLARED, Absent.IDENTITY, Action.WAIT),
        (DECLARED, SAME, Action.NOTHING),
        (DECLARED, FUTURE, Action.NOTHING),
        (DECLARED, FAILED, Action.SET),
        (DECLARED, REJECTING, Action.SET),
        (DECLARED, OTHER, Action.REFUSE),
        (OVERWRITING, OTHER, Action.SET),
        (OVERWRITING, SAME, Action.NOTHING),
        (OVERWRITING, Absent.IDENTITY, Action.WAIT),
    ],
)
def test_create(declared: Declaration, found: Found, action: Action) -> None:
    """Create adopts what is already as declared, sets what is not, and overwrites another domain only if asked to."""
    assert action is on_create(declared, found)


@pytest.mark.parametrize(
    ("declared", "found", "action"),
    [
        (DECLARED, Absent.MAIL_FROM_DOMAIN, Action.SET),
        (DECLARED, Absent.IDENTITY, Action.WAIT),
        (DECLARED, SAME, Action.NOTHING),
        (DECLARED, FAILED, Action.SET),
        (DECLARED, REJECTING, Action.SET),
        (DECLARED, OLD, Action.SET),
        (DECLARED, OTHER, Action.REFUSE),
        (OVERWRITING, OTHER, Action.SET),
    ],
)
def test_update(declared: Declaration, found: Found, action: Action) -> None:
    """Update sets only what differs or has Failed, and replaces only domains that are in state or were set by us."""
    assert action is on_update(declared, found, {"old.example.com"})


@pytest.mark.parametrize(
    ("found", "is_declared", "action"),
    [
        (Absent.MAIL_FROM_DOMAIN, False, Action.NOTHING),
        (Absent.IDENTITY, False, Action.NOTHING),
        (Absent.MAIL_FROM_DOMAIN, True, Action.NOTHING),
        (OTHER, False, Action.LEAVE_TO_OTHERS),
        (OTHER, True, Action.LEAVE_TO_DECLARATION),
        (SAME, True, Action.LEAVE_TO_DECLARATION),
        (SAME, False, Action.CLEAR),
        (FAILED, False, Action.CLEAR),
        (REJECTING, False, Action.CLEAR),
    ],
)
def test_delete(found: Found, is_declared: bool, action: Action) -> None:  # noqa: FBT001
    """Delete clears only the domain that this stack set, and only if the program does not declare the identity."""
    assert action is on_delete("bounce.example.com", found, is_declared=is_declared)


@pytest.mark.parametrize(
    ("replaced", "restarted"),
    [(Absent.MAIL_FROM_DOMAIN, True), (OTHER, True), (FAILED, True), (REJECTING, False), (SAME, False)],
)
def test_is_restarted(replaced: Found, restarted: bool) -> None:  # noqa: FBT001
    """A Set of another domain, or of one that has Failed, makes the status Pending."""
    assert restarted == is_restarted(DECLARED, replaced)


_STATE = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "UseDefaultValue",
    "region": "us-east-1",
    "overwrite": False,
}


@pytest.mark.parametrize(
    ("news", "changed", "replacing"),
    [
        ({}, [], []),
        ({"identity": "example.org"}, ["identity"], ["identity"]),
        ({"identity": UNKNOWN}, ["identity"], ["identity"]),
        ({"region": "eu-west-1"}, ["region"], ["region"]),
        ({"region": UNKNOWN}, ["region"], ["region"]),
        ({"mail_from_domain": "b.example.com"}, ["mail_from_domain"], []),
        ({"mail_from_domain": UNKNOWN}, ["mail_from_domain"], []),
        ({"behavior_on_mx_failure": "RejectMessage"}, ["behavior_on_mx_failure"], []),
        ({"overwrite": True}, ["overwrite"], []),
    ],
)
def test_changes(news: dict[str, Any], changed: list[str], replacing: list[str]) -> None:
    """A changed identity or region replaces the resource, and every other input is changed in place."""
    state = {**_STATE, "mail_from_domain_status": "Pending", "dns_records": [], "account_id": "1"}
    assert changed == changes(state, {**_STATE, **news})
    assert replacing == replaces(changed)


def test_unknown_in_state_and_program() -> None:
    """An unknown input counts as changed, even if state has an unknown value, too."""
    news = {**_STATE, "region": UNKNOWN}
    assert ["region"] == changes(news, news)


def _owner(declarations: Declarations, urn: str | None = None, *, has_state: bool = False) -> object:
    return declarations.owner(urn, has_state=has_state)


def test_is_declared() -> None:
    """A key is declared whatever its MAIL FROM domain, even if the declaration is invalid."""
    declarations = Declarations()
    for number, key in enumerate((KEY, ELSEWHERE)):
        assert not declarations.is_declared(key)
        declared = None if number else DECLARED
        assert declarations.declare(_owner(declarations, f"urn:{number}"), key, declared) is None
        assert declarations.is_declared(key)
        assert declarations.is_used(key)
    assert not declarations.is_declared(Key("us-east-1", "example.org"))


def test_is_used() -> None:
    """A key that a `.get` reads is used but not declared."""
    declarations = Declarations()
    declarations.read(KEY)
    assert (True, False) == (declarations.is_used(KEY), declarations.is_declared(KEY))
    assert not declarations.is_used(ELSEWHERE)


@pytest.mark.parametrize("urns", [True, False])
def test_contradictions(urns: bool) -> None:  # noqa: FBT001
    """Another domain or behavior for the same identity is a contradiction, and an equal declaration is not."""
    declarations = Declarations()

    def declare(urn: str, declared: Declaration) -> Declaration | None:
        return declarations.declare(_owner(declarations, urn if urns else None), declared.key, declared)

    assert declare("a", DECLARED) is None
    assert declare("b", OVERWRITING) is None
    assert DECLARED == declare("c", Declaration(KEY, "bounce.example.com", "RejectMessage"))
    assert DECLARED == declare("d", Declaration(KEY, "b.example.com", "UseDefaultValue"))
    assert declare("e", Declaration(ELSEWHERE, "b.example.com", "RejectMessage")) is None


def test_a_resource_does_not_contradict_itself() -> None:
    """A second check of a resource replaces its first declaration, also for another key."""
    declarations = Declarations()
    changed = Declaration(KEY, "b.example.com", "RejectMessage")
    assert declarations.declare(_owner(declarations, "a", has_state=True), KEY, DECLARED) is None
    assert declarations.declare(_owner(declarations, "a"), KEY, changed) is None
    assert changed == declarations.declare(_owner(declarations, "b"), KEY, DECLARED)
    moved = Declaration(ELSEWHERE, "b.example.com", "RejectMessage")
    assert declarations.declare(_owner(declarations, "c"), KEY, None) is None
    for urn in ("a", "b", "c"):
        declarations.declare(_owner(declarations, urn), ELSEWHERE, moved)
    assert (False, True) == (declarations.is_declared(KEY), declarations.is_declared(ELSEWHERE))


def test_second_check_of_a_replacement_without_urns() -> None:
    """After a diff that replaces, the next check without state is of the same resource; any other is of another."""
    declarations = Declarations()
    first = _owner(declarations, has_state=True)
    second = _owner(declarations)
    assert first is not second
    declarations.announce_replacement()
    assert second is _owner(declarations)
    assert second is not _owner(declarations)
    declarations.announce_replacement()
    with_state = _owner(declarations, has_state=True)
    assert with_state is not _owner(declarations)


def test_region_of_a_replaced_resource() -> None:
    """The region of a resource is known when it is checked without its state, and is not used for others."""
    declarations = Declarations()
    resource, other = _owner(declarations, "a", has_state=True), _owner(declarations, "b")
    declarations.remember_region(resource, "us-east-1")
    assert "us-east-1" == declarations.region_of(_owner(declarations, "a"))
    assert declarations.region_of(other) is None


@pytest.mark.parametrize(
    ("stated", "managed"),
    [
        (
            {"managed_mail_from_domain": "ours.example.com", "mail_from_domain": "theirs.example.com"},
            "ours.example.com",
        ),
        ({"mail_from_domain": "bounce.example.com"}, "bounce.example.com"),
        ({"managed_mail_from_domain": None, "mail_from_domain": "bounce.example.com"}, "bounce.example.com"),
        ({}, ""),
    ],
)
def test_managed_mail_from_domain(stated: dict[str, Any], managed: str) -> None:
    """The managed MAIL FROM domain is in state, except in state of version 0.1.0, where it is mail_from_domain."""
    assert managed == State.from_outputs(KEY, stated).managed_mail_from_domain
