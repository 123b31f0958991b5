"""The checks of inputs: defaults, normal forms, and the problems that are reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.engine.wording import Wording
from pulumi_ses_mail_from_provider.rules.decisions import changes
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.inputs import RegionSource, check, declaration
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN, Declaration, Key
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, names

DECLARED = names(MAIL_FROM_DOMAIN.inputs)

VALID = {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": "us-east-1"}
NORMALISED = {**VALID, "behavior_on_mx_failure": "UseDefaultValue", "overwrite": False}


def _reasons(news: dict[str, Any], *sources: RegionSource) -> dict[str, str]:
    _, failures = check(news, sources)
    assert len(failures) == len({failure.property for failure in failures})
    return {failure.property: Wording().error(failure.problem) for failure in failures}


def test_defaults_are_filled_in() -> None:
    """An input that is left out gets its default, so that adding the default is no change."""
    assert (NORMALISED, []) == check(VALID, [])


@pytest.mark.parametrize("overwrite", [True, False])
def test_declaration(overwrite: bool) -> None:  # noqa: FBT001
    """A declaration is made of the inputs. Those of another version may lack an option: it then has its default."""
    given = NORMALISED | {"overwrite": True} if overwrite else VALID | {"behavior_on_mx_failure": "UseDefaultValue"}
    key = Key("us-east-1", "example.com")
    expected = Declaration(key, "bounce.example.com", "UseDefaultValue", {"overwrite": overwrite})
    assert expected == declaration(given)


def test_names_are_normalised() -> None:
    """Names are converted to lower case, without a trailing dot."""
    given = {"identity": "Example.COM.", "mail_from_domain": "Bounce.example.com.", "region": "US-EAST-1"}
    assert (NORMALISED, []) == check(given, [])


def test_every_problem_is_reported() -> None:
    """A check reports the problems of all properties at once."""
    news = {"identity": "*", "mail_from_domain": "", "behavior_on_mx_failure": 1.0, "region": "x", "overwrite": "no"}
    assert set(DECLARED) == set(_reasons(news))


@pytest.mark.parametrize(
    ("news", "property_", "reason"),
    [
        ({"identity": None}, "identity", "missing: give a domain or an e-mail address"),
        ({"identity": 5.0}, "identity", "'5.0' is a number: give a string"),
        ({"identity": ["example.com"]}, "identity", "is a list: give a string"),
        ({"identity": {"name": "example.com"}}, "identity", "is a map: give a string"),
        ({"identity": True}, "identity", "is a boolean: give a string"),
        ({"identity": object}, "identity", "is of type type: give a string"),
        ({"mail_from_domain": None}, "mail_from_domain", "missing: give the full name of a subdomain of"),
        ({"mail_from_domain": "notexample.com"}, "mail_from_domain", "such as 'bounce.example.com'"),
        ({"behavior_on_mx_failure": "reject_message"}, "behavior_on_mx_failure", "Did you mean RejectMessage?"),
        ({"behavior_on_mx_failure": "REJECT_MESSAGE"}, "behavior_on_mx_failure", "Did you mean RejectMessage?"),
        ({"behavior_on_mx_failure": "UseDefault"}, "behavior_on_mx_failure", "Did you mean UseDefaultValue?"),
        ({"behavior_on_mx_failure": "rejectmessage"}, "behavior_on_mx_failure", "Did you mean RejectMessage?"),
        ({"behavior_on_mx_failure": ""}, "behavior_on_mx_failure", "give UseDefaultValue or RejectMessage."),
        (
            {"behavior_on_mx_failure": "drop"},
            "behavior_on_mx_failure",
            "'drop' is not a valid behavior: give UseDefaultValue or RejectMessage.",
        ),
        ({"behavior_on_mx_failure": [1.0]}, "behavior_on_mx_failure", "'[1.0]' is a list: give a string, UseDefault"),
        ({"overwrite": "true"}, "overwrite", "give True or False (from config: get_bool, not get)"),
        ({"overwrite": 1.0}, "overwrite", "'1.0' is not a boolean"),
        ({"region": ""}, "region", "empty: give an AWS region"),
        ({"region": 1.0}, "region", "'1.0' is a number"),
    ],
)
def test_problems(news: dict[str, Any], property_: str, reason: str) -> None:
    """Each problem is one failure of its property, which says what is expected."""
    reasons = _reasons({**VALID, **news})
    assert [property_] == list(reasons)
    assert reason in reasons[property_]


def test_no_suggestion_for_an_unrelated_behavior() -> None:
    """A behavior that resembles no valid one gets no suggestion."""
    assert "Did you mean" not in _reasons({**VALID, "behavior_on_mx_failure": "drop"})["behavior_on_mx_failure"]


def test_no_region() -> None:
    """Without any region, the failure names the three ways to give one."""
    reasons = _reasons({**VALID, "region": None}, RegionSource("nowhere", lambda: None))
    assert ["region"] == list(reasons)
    assert reasons["region"].startswith("no region is given: ")
    for part in ("region='us-east-1'", "aws:region", "AWS_REGION"):
        assert part in reasons["region"]


def test_first_source_with_a_region() -> None:
    """Sources are called in order, until one returns a region."""

    def never() -> str:
        raise AssertionError

    sources = [
        RegionSource("empty", lambda: None),
        RegionSource("config", lambda: "eu-west-1"),
        RegionSource("shell", never),
    ]
    inputs, failures = check({**VALID, "region": None}, sources)
    assert ("eu-west-1", []) == (inputs["region"], failures)


def test_source_of_an_invalid_region() -> None:
    """An invalid region that is not from the program is reported with its source."""
    reasons = _reasons({**VALID, "region": None}, RegionSource("the AWS environment or profile", lambda: "mars-1"))
    assert "(it comes from the AWS environment or profile)" in reasons["region"]


def test_source_that_cannot_be_read() -> None:
    """A source that cannot be read, such as a missing profile, is reported as a problem of the region."""

    def broken() -> str:
        raise InvalidInput("looking for a region: The config profile (x) could not be found")

    assert "could not be found" in _reasons({**VALID, "region": None}, RegionSource("x", broken))["region"]


@pytest.mark.parametrize("name", DECLARED)
def test_unknown_values_pass(name: str) -> None:
    """An unknown value is no problem, and stays unknown."""
    inputs, failures = check({**NORMALISED, name: UNKNOWN}, [])
    assert ({**NORMALISED, name: UNKNOWN}, []) == (inputs, failures)


def test_unknown_region_of_a_source() -> None:
    """A source may return an unknown region."""
    inputs, failures = check({**VALID, "region": None}, [RegionSource("x", lambda: UNKNOWN)])
    assert (UNKNOWN, []) == (inputs["region"], failures)


_SCALARS = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=100), st.just(UNKNOWN))
_VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=5), _SCALARS, max_size=3),
    st.sampled_from(["example.com", "bounce.example.com", "us-east-1", "RejectMessage"]),
)


@given(news=st.fixed_dictionaries({}, optional=dict.fromkeys(DECLARED, _VALUES)))
def test_any_value_in_any_property(news: dict[str, Any]) -> None:
    """Any value gives either printable failures or inputs that are normalised, so that checking again is no change."""
    inputs, failures = check(news, [RegionSource("config", lambda: "us-east-1")])
    assert set(DECLARED) == set(inputs)
    for failure in failures:
        assert str(failure.problem).isprintable()
    if not failures:
        assert (inputs, []) == check(inputs, [])
        assert [name for name in DECLARED if inputs[name] is UNKNOWN] == changes(inputs, inputs)
