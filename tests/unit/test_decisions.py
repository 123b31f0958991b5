from __future__ import annotations

from typing import Any

import pytest

from pulumi_ses_mail_from_provider.decisions import (
    Action,
    changes,
    on_create,
    on_delete,
    on_update,
    replaces,
)
from pulumi_ses_mail_from_provider.declarations import Declarations
from pulumi_ses_mail_from_provider.model import UNKNOWN, Absent, Declaration, Found, Key, Setting

KEY = Key("us-east-1", "example.com")
DECLARED = Declaration(KEY, "bounce.example.com", "UseDefaultValue")
OVERWRITING = Declaration(KEY, "bounce.example.com", "UseDefaultValue", overwrite=True)
SAME = Setting("bounce.example.com", "UseDefaultValue", "Success")
FAILED = Setting("bounce.example.com", "UseDefaultValue", "Failed")
REJECTING = Setting("bounce.example.com", "RejectMessage", "Success")
OTHER = Setting("other.example.com", "UseDefaultValue", "Success")
FUTURE = Setting("bounce.example.com", "UseDefaultValue", "Quarantined")


@pytest.mark.parametrize(
    ("declared", "found", "action"),
    [
        (DECLARED, Absent.SETTING, Action.SET),
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
    """Adopt what is so already, set what is not, take over only what one was told to."""
    assert action is on_create(declared, found)


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (Absent.SETTING, Action.SET),
        (Absent.IDENTITY, Action.WAIT),
        (SAME, Action.NOTHING),
        (FAILED, Action.SET),
        (REJECTING, Action.SET),
        (OTHER, Action.SET),
    ],
)
def test_update(found: Found, action: Action) -> None:
    """No Set where nothing differs, unless SES has given up."""
    assert action is on_update(DECLARED, found)


@pytest.mark.parametrize(
    ("found", "declared_elsewhere", "action"),
    [
        (Absent.SETTING, False, Action.NOTHING),
        (Absent.IDENTITY, False, Action.NOTHING),
        (OTHER, False, Action.LEAVE_TO_OTHERS),
        (OTHER, True, Action.LEAVE_TO_OTHERS),
        (SAME, True, Action.LEAVE_TO_DECLARATION),
        (SAME, False, Action.CLEAR),
        (FAILED, False, Action.CLEAR),
        (REJECTING, False, Action.CLEAR),
    ],
)
def test_delete(found: Found, declared_elsewhere: bool, action: Action) -> None:  # noqa: FBT001
    """Clear what is ours alone."""
    assert action is on_delete("bounce.example.com", found, declared_elsewhere=declared_elsewhere)


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
    """Identity and region make another setting; everything else is changed in place."""
    state = {**_STATE, "mail_from_domain_status": "Pending", "dns_records": [], "account_id": "1"}
    assert changed == changes(state, {**_STATE, **news})
    assert replacing == replaces(changed)


def test_declarations_know_what_the_program_declares() -> None:
    """A domain that is declared for an identity in a region is known as such; any other is not."""
    declarations = Declarations()
    assert declarations.add(DECLARED) is None
    assert declarations.has(KEY, "bounce.example.com")
    assert not declarations.has(KEY, "other.example.com")
    assert not declarations.has(Key("eu-west-1", "example.com"), "bounce.example.com")


def test_declarations_find_contradictions() -> None:
    """The same declaration twice is none; another domain or behavior for the same identity is one."""
    declarations = Declarations()
    declarations.add(DECLARED)
    assert declarations.add(OVERWRITING) is None
    assert DECLARED == declarations.add(Declaration(KEY, "bounce.example.com", "RejectMessage"))
    assert DECLARED == declarations.add(Declaration(KEY, "b.example.com", "UseDefaultValue"))
    assert declarations.add(Declaration(Key("eu-west-1", "example.com"), "b.example.com", "RejectMessage")) is None


def test_declarations_remember_the_region_of_what_is_replaced() -> None:
    """A resource that is replaced is asked for again without its state; its region is known by what it declares."""
    declarations = Declarations()
    declarations.remember_region(_STATE, "us-east-1")
    assert declarations.region_of(dict(_STATE)) == "us-east-1"
    assert declarations.region_of({**_STATE, "identity": "example.org"}) is None
