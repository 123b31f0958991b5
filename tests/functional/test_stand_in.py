"""The stand-in follows the rules of Amazon SES, both in process and through boto3."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.stand_in import Change, MailFrom, SesStandIn, stopped
from support.stand_in.clients import Client, in_process, over_http
from support.stand_in.gateway import RateLimit
from support.stand_in.model import Place, ServiceError

REGION: Final = "us-east-1"
GET: Final = "GetIdentityMailFromDomainAttributes"
SET: Final = "SetIdentityMailFromDomain"
DEFAULT: Final = {"BehaviorOnMXFailure": "UseDefaultValue"}
THREE_DAYS: Final = 72 * 3600


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """A stand-in without rate limits, on a clock that only tests move."""
    with SesStandIn(rate=None, clock=stopped) as stand_in:
        yield stand_in


@pytest.fixture(params=[in_process, over_http])
def call(request: pytest.FixtureRequest, ses: SesStandIn) -> Client:
    """A client of the stand-in."""
    client: Client = request.param(ses)
    return client


def get(call: Client, *identities: str) -> dict[str, Any]:
    """Return the entries of a Get for the identities."""
    entries: dict[str, Any] = call(GET, Identities=list(identities))["MailFromDomainAttributes"]
    return entries


def status(ses: SesStandIn) -> str:
    """Return the status of the setting of example.com."""
    setting = ses.mail_from(REGION, "example.com")
    assert setting
    return setting.status


# Get


def test_get_leaves_out_unknown_identities(ses: SesStandIn, call: Client) -> None:
    """An unknown identity is missing from the map; it is not an error."""
    ses.verify(REGION, "example.com")
    assert get(call, "example.com", "example.org") == {"example.com": DEFAULT}


def test_get_answers_the_setting(ses: SesStandIn, call: Client) -> None:
    """Get returns domain, status and behaviour, for domains and for e-mail addresses."""
    ses.verify(REGION, "example.com", "jane@example.com")
    ses.put(REGION, "jane@example.com", "bounce.example.com", behavior="RejectMessage", status="TemporaryFailure")
    assert get(call, "jane@example.com", "example.com") == {
        "jane@example.com": {
            "MailFromDomain": "bounce.example.com",
            "MailFromDomainStatus": "TemporaryFailure",
            "BehaviorOnMXFailure": "RejectMessage",
        },
        "example.com": DEFAULT,
    }


def test_get_takes_100_identities(ses: SesStandIn, call: Client) -> None:
    """A Get takes up to 100 identities; one more is an error."""
    names = [f"{number}.example.com" for number in range(101)]
    ses.verify(REGION, *names)
    assert len(get(call, *names[:100])) == 100
    with pytest.raises(ServiceError, match="InvalidParameterValue"):
        get(call, *names)


def test_get_of_nothing(call: Client) -> None:
    """An empty list gives an empty map."""
    assert get(call) == {}


# Set


def test_set_starts_the_set_up(ses: SesStandIn, call: Client) -> None:
    """Set returns nothing; the setting is Pending and has the default behaviour."""
    ses.verify(REGION, "example.com")
    assert call(SET, Identity="example.com", MailFromDomain="bounce.example.com") == {}
    assert ses.mail_from(REGION, "example.com") == MailFrom("bounce.example.com", "UseDefaultValue", "Pending")


def test_set_works_on_an_unverified_identity(ses: SesStandIn, call: Client) -> None:
    """Set does not require a verified identity."""
    call("VerifyDomainIdentity", Domain="example.com")
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com", BehaviorOnMXFailure="RejectMessage")
    assert ses.mail_from(REGION, "example.com") == MailFrom("bounce.example.com", "RejectMessage", "Pending")


def test_set_of_an_unknown_identity(call: Client) -> None:
    """Set for an unknown identity is an error with the text that SES uses."""
    with pytest.raises(ServiceError) as error:
        call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    assert (error.value.code, error.value.message, error.value.status) == (
        "InvalidParameterValue",
        "Identity <example.com> does not exist.",
        400,
    )


@pytest.mark.parametrize("identity", ["example.com", "jane@example.com", "EXAMPLE.com"])
@pytest.mark.parametrize(
    "domain",
    ["example.com", "EXAMPLE.COM", "notexample.com", "example.org", "bounce.example.com.", "com", "x@y", " "],
)
def test_set_refuses_what_is_not_below_the_identity(ses: SesStandIn, call: Client, identity: str, domain: str) -> None:
    """The domain must be a subdomain, strictly and on a label boundary."""
    ses.verify(REGION, identity)
    with pytest.raises(ServiceError) as error:
        call(SET, Identity=identity, MailFromDomain=domain)
    assert error.value.code == "InvalidParameterValue"
    assert error.value.message == (
        f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <example.com>."
    )
    assert ses.history(REGION, identity) == []


@pytest.mark.parametrize(
    "domain", [".example.com", "a..example.com", "a b.example.com", "ä.example.com", "a\nb.example.com"]
)
def test_set_refuses_what_is_no_domain(ses: SesStandIn, call: Client, domain: str) -> None:
    """A name below the identity that is not a valid domain is refused."""
    ses.verify(REGION, "example.com")
    with pytest.raises(ServiceError, match="InvalidParameterValue"):
        call(SET, Identity="example.com", MailFromDomain=domain)


def test_set_repeats_in_an_error_what_xml_can_carry(ses: SesStandIn, call: Client) -> None:
    """A terminal escape in a parameter does not make the response invalid."""
    ses.verify(REGION, "example.com")
    with pytest.raises(ServiceError, match="InvalidParameterValue"):
        call(SET, Identity="example.com", MailFromDomain="\x1b[31m<&>\x00")


@pytest.mark.parametrize("behavior", ["usedefaultvalue", "Reject", "REJECT_MESSAGE"])
def test_set_refuses_unknown_behaviours(ses: SesStandIn, call: Client, behavior: str) -> None:
    """BehaviorOnMXFailure is one of two values, and case-sensitive."""
    ses.verify(REGION, "example.com")
    with pytest.raises(ServiceError, match=f"ValidationError: .*'{behavior}' at 'behaviorOnMXFailure'"):
        call(SET, Identity="example.com", MailFromDomain="bounce.example.com", BehaviorOnMXFailure=behavior)


def test_set_without_an_identity(ses: SesStandIn) -> None:
    """A missing required parameter is a ValidationError. boto3 would not send such a request."""
    with pytest.raises(ServiceError, match=r"ValidationError: .*null at 'identity'"):
        in_process(ses)(SET)


# Clearing


def test_omitting_the_domain_clears(ses: SesStandIn, call: Client) -> None:
    """Clearing also resets the behaviour. It can be repeated, and works where nothing was set."""
    ses.verify(REGION, "example.com", "example.org")
    ses.put(REGION, "example.com", "bounce.example.com", behavior="RejectMessage")
    for identity in ("example.com", "example.com", "example.org"):
        assert call(SET, Identity=identity, BehaviorOnMXFailure="RejectMessage") == {}
    assert get(call, "example.com", "example.org") == {"example.com": DEFAULT, "example.org": DEFAULT}
    assert [change.value for change in ses.history(REGION, "example.com")] == [
        MailFrom("bounce.example.com", "RejectMessage", "Success"),
        None,
    ]


def test_an_empty_domain_clears_if_so_ruled(ses: SesStandIn, call: Client) -> None:
    """The empty string clears or is refused, as the rules say: AWS does not document it."""
    ses.verify(REGION, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com")
    ses.rules.empty_clears = False
    with pytest.raises(ServiceError, match="ValidationError"):
        call(SET, Identity="example.com", MailFromDomain="")
    ses.rules.empty_clears = True
    call(SET, Identity="example.com", MailFromDomain="")
    assert ses.mail_from(REGION, "example.com") is None


def test_clearing_an_unknown_identity(call: Client) -> None:
    """Clearing requires an existing identity."""
    with pytest.raises(ServiceError, match=r"Identity <example\.com> does not exist"):
        call(SET, Identity="example.com")


# Names


def test_domains_are_case_insensitive(ses: SesStandIn, call: Client) -> None:
    """Domains are case-insensitive in identities, e-mail addresses and MAIL FROM domains."""
    ses.verify(REGION, "Example.com", "Jane@Example.com")
    call(SET, Identity="EXAMPLE.COM", MailFromDomain="Bounce.eXample.com")
    call(SET, Identity="Jane@EXAMPLE.com", MailFromDomain="BOUNCE.example.com")
    assert ses.mail_from(REGION, "example.com") == MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
    assert ses.mail_from(REGION, "Jane@example.com") == MailFrom("bounce.example.com", "UseDefaultValue", "Pending")


def test_local_parts_are_case_sensitive(ses: SesStandIn, call: Client) -> None:
    """Local parts are case-sensitive: Jane and jane are two identities."""
    ses.verify(REGION, "Jane@example.com")
    assert get(call, "jane@example.com", "Jane@EXAMPLE.com") == {"Jane@example.com": DEFAULT}


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("lower", ("Jane@example.com", "bounce.example.com", "Jane@example.com")),
        ("upper", ("Jane@EXAMPLE.COM", "BOUNCE.EXAMPLE.COM", "Jane@EXAMPLE.COM")),
        ("as-given", ("Jane@example.COM", "Bounce.example.com", "Jane@Example.com")),
    ],
)
def test_names_are_answered_in_the_case_that_is_ruled(
    ses: SesStandIn, call: Client, case: Any, names: tuple[str, ...]
) -> None:
    """The case of domains in responses is configurable, so that tests show whether a client relies on it."""
    ses.verify(REGION, "Jane@Example.com")
    ses.put(REGION, "Jane@example.com", "Bounce.example.com")
    ses.rules.answer_case = case
    ((key, entry),) = get(call, "Jane@example.COM").items()
    assert (key, entry["MailFromDomain"], *call("ListIdentities")["Identities"]) == names
    assert ses.identities(REGION) == ["Jane@example.com"]


# Identities


@pytest.mark.parametrize(
    ("action", "parameters", "identity"),
    [
        ("VerifyDomainIdentity", {"Domain": "example.com"}, "example.com"),
        ("VerifyEmailIdentity", {"EmailAddress": "jane@example.com"}, "jane@example.com"),
    ],
)
def test_verify_makes_an_identity(
    ses: SesStandIn, call: Client, action: str, parameters: dict[str, str], identity: str
) -> None:
    """A new identity exists at once as Pending; creating it again changes nothing."""
    assert call(action, **parameters) == call(action, **parameters)
    assert ses.identities(REGION) == [identity]
    entry = call("GetIdentityVerificationAttributes", Identities=[identity, "example.org"])
    assert [entry["VerificationAttributes"][identity]["VerificationStatus"]] == ["Pending"]
    assert list(entry["VerificationAttributes"]) == [identity]


def test_a_domain_has_a_verification_token(ses: SesStandIn, call: Client) -> None:
    """VerifyDomainIdentity and GetIdentityVerificationAttributes return the same token."""
    token = call("VerifyDomainIdentity", Domain="example.com")["VerificationToken"]
    call("VerifyDomainIdentity", Domain="example.org")
    ses.verify(REGION, "example.org")
    attributes = call("GetIdentityVerificationAttributes", Identities=["example.com", "example.org"])
    statuses = {name: entry["VerificationStatus"] for name, entry in attributes["VerificationAttributes"].items()}
    assert attributes["VerificationAttributes"]["example.com"]["VerificationToken"] == token
    assert statuses == {"example.com": "Pending", "example.org": "Success"}


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("VerifyDomainIdentity", {"Domain": "no domain"}),
        ("VerifyEmailIdentity", {"EmailAddress": "example.com"}),
        ("VerifyEmailIdentity", {"EmailAddress": "@example.com"}),
    ],
)
def test_verify_refuses_what_is_none(ses: SesStandIn, call: Client, action: str, parameters: dict[str, str]) -> None:
    """Names that are neither domains nor e-mail addresses are refused."""
    with pytest.raises(ServiceError, match="InvalidParameterValue"):
        call(action, **parameters)
    assert ses.identities(REGION) == []


def test_deleting_an_identity_deletes_its_mail_from(ses: SesStandIn, call: Client) -> None:
    """A recreated identity has no setting; deleting an unknown identity succeeds."""
    ses.verify(REGION, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com")
    assert call("DeleteIdentity", Identity="Example.COM") == {}
    assert call("DeleteIdentity", Identity="example.com") == {}
    assert ses.identities(REGION) == []
    call("VerifyDomainIdentity", Domain="example.com")
    assert get(call, "example.com") == {"example.com": DEFAULT}
    assert [change.value for change in ses.history(REGION, "example.com")][-1] is None


def test_creation_lag(ses: SesStandIn, call: Client) -> None:
    """During the creation lag, Set and Get do not know a new identity."""
    ses.rules.creation_lag = 10
    call("VerifyDomainIdentity", Domain="example.com")
    for seconds in (0, 9.9):
        ses.advance(seconds)
        assert get(call, "example.com") == {}
        with pytest.raises(ServiceError, match="does not exist"):
            call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    ses.advance(0.1)
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    assert list(get(call, "example.com")) == ["example.com"]


# ListIdentities


def test_list_identities_by_type(ses: SesStandIn, call: Client) -> None:
    """It lists all identities or those of one type."""
    ses.verify(REGION, "example.com", "jane@example.com")
    assert call("ListIdentities") == {"Identities": ["example.com", "jane@example.com"]}
    assert call("ListIdentities", IdentityType="Domain") == {"Identities": ["example.com"]}
    assert call("ListIdentities", IdentityType="EmailAddress") == {"Identities": ["jane@example.com"]}
    with pytest.raises(ServiceError, match="ValidationError"):
        call("ListIdentities", IdentityType="domain")


@pytest.mark.parametrize(
    ("total", "size", "pages"), [(0, 1000, [0]), (1000, 1000, [1000]), (2001, 1000, [1000, 1000, 1]), (5, 2, [2, 2, 1])]
)
def test_list_identities_in_pages(ses: SesStandIn, call: Client, total: int, size: int, pages: list[int]) -> None:
    """Pages have up to 1,000 identities and a NextToken, except for the last page."""
    names = [f"{number}.example.com" for number in range(total)]
    ses.verify(REGION, *names)
    answers = [call("ListIdentities", MaxItems=size)]
    while token := answers[-1].get("NextToken"):
        answers.append(call("ListIdentities", MaxItems=size, NextToken=token))
    assert [len(answer["Identities"]) for answer in answers] == pages
    assert [name for answer in answers for name in answer["Identities"]] == names


def test_list_identities_while_they_change(ses: SesStandIn, call: Client) -> None:
    """Deleting an identity between two pages does not hide others."""
    ses.rules.page_size = 2
    ses.verify(REGION, "a.com", "b.com", "c.com", "d.com")
    token = call("ListIdentities")["NextToken"]
    ses.delete_identity(REGION, "b.com")
    assert call("ListIdentities", NextToken=token) == {"Identities": ["c.com", "d.com"]}


@pytest.mark.parametrize("parameters", [{"MaxItems": 0}, {"MaxItems": 1001}, {"NextToken": "3"}, {"NextToken": "ä"}])
def test_list_identities_refuses(call: Client, parameters: dict[str, Any]) -> None:
    """Page sizes above 1,000 and unknown tokens are refused."""
    with pytest.raises(ServiceError, match=r"ValidationError|InvalidParameterValue"):
        call("ListIdentities", **parameters)


# Statuses


def test_pending_is_a_success_after_a_while(ses: SesStandIn, call: Client) -> None:
    """With `success_after`, a Pending setting becomes Success after that time."""
    ses.verify(REGION, "example.com")
    ses.rules.success_after = 60
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    assert get(call, "example.com")["example.com"]["MailFromDomainStatus"] == "Pending"
    ses.advance(60)
    assert get(call, "example.com")["example.com"]["MailFromDomainStatus"] == "Success"


def test_dns_decides(ses: SesStandIn, call: Client) -> None:
    """The status follows DNS: Pending, Success, TemporaryFailure, Success, and Failed 72 hours without a record."""
    records: set[tuple[str, str]] = set()
    ses.rules.mx_lookup = lambda domain, region: (domain, region) in records
    ses.verify(REGION, "example.com")
    call(SET, Identity="example.com", MailFromDomain="Bounce.example.com")
    seen = [status(ses)]
    for change, seconds in [(True, 60), (False, 60), (True, THREE_DAYS - 1), (False, 60), (False, THREE_DAYS - 1)]:
        records = {("bounce.example.com", REGION)} if change else set()
        ses.advance(seconds)
        seen.append(status(ses))
    ses.advance(1)
    seen.append(status(ses))
    records = {("bounce.example.com", REGION)}
    seen.append(status(ses))
    assert seen == [
        "Pending", "Success", "TemporaryFailure", "Success", "TemporaryFailure", "TemporaryFailure", "Failed", "Failed",
    ]  # fmt: skip
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    assert status(ses) == "Success"


def test_pending_fails_after_72_hours(ses: SesStandIn, call: Client) -> None:
    """Failed is final, because SES stops checking."""
    ses.rules.mx_lookup = lambda _domain, _region: False
    ses.verify(REGION, "example.com")
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    ses.advance(THREE_DAYS - 1)
    assert status(ses) == "Pending"
    ses.advance(1)
    assert status(ses) == "Failed"


@pytest.mark.parametrize("before", ["Pending", "Success", "TemporaryFailure", "Failed"])
@pytest.mark.parametrize("restarts", [True, False])
@pytest.mark.parametrize("domain", ["bounce.example.com", "BOUNCE.example.com", "other.example.com"])
def test_set_and_the_status_before(ses: SesStandIn, call: Client, before: str, domain: str, *, restarts: bool) -> None:
    """A Set resets the status to Pending. For the same domain this is configurable, except after Failed."""
    ses.rules.same_domain_restarts = restarts
    ses.verify(REGION, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com", status=before)
    call(SET, Identity="example.com", MailFromDomain=domain, BehaviorOnMXFailure="RejectMessage")
    keeps = not restarts and domain != "other.example.com" and before != "Failed"
    assert ses.mail_from(REGION, "example.com") == MailFrom(
        domain.lower(), "RejectMessage", before if keeps else "Pending"
    )


# Rate limits


def test_one_request_a_second_for_each_account_region_and_action(ses: SesStandIn, call: Client) -> None:
    """The second call within a second is throttled. Actions and accounts count separately; STS is not limited."""
    assert ses.rate is None
    ses.rate = 1
    ses.credentials.accounts["other"] = "210987654321"
    call("ListIdentities")
    with pytest.raises(ServiceError) as error:
        call("ListIdentities")
    assert (error.value.code, error.value.message, error.value.status) == ("Throttling", "Rate exceeded", 400)
    call("ListIdentities", region="eu-west-1")
    call("ListIdentities", key="other")
    get(call, "example.com")
    for _ in range(3):
        call("GetCallerIdentity", service="sts")
    ses.advance(0.99)
    with pytest.raises(ServiceError, match="Throttling"):
        call("ListIdentities")
    ses.advance(0.01)
    call("ListIdentities")
    assert (ses.journal.throttled(), ses.journal.count("ListIdentities")) == (2, 6)


def test_a_throttled_set_changes_nothing(ses: SesStandIn, call: Client) -> None:
    """A throttled call has no effect."""
    ses.rate = 50
    ses.verify(REGION, "example.com")
    call(SET, Identity="example.com", MailFromDomain="one.example.com")
    with pytest.raises(ServiceError, match="Throttling"):
        call(SET, Identity="example.com", MailFromDomain="two.example.com")
    assert [change.value for change in ses.history(REGION, "example.com")] == [
        MailFrom("one.example.com", "UseDefaultValue", "Pending")
    ]


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.1, 100))
def test_the_limit_holds_in_every_window(pauses: list[float], rate: float) -> None:
    """Allowed calls are at least 1/rate seconds apart, whatever the pattern of calls."""
    limit = RateLimit(rate)
    now, allowed = 0.0, list[float]()
    for pause in pauses:
        now += pause
        if limit.allows(Place("1", REGION), SET, now):
            allowed.append(now)
    assert all(later >= earlier + 1 / rate for earlier, later in itertools.pairwise(allowed))


# Accounts


def test_state_is_kept_per_account_and_region(ses: SesStandIn, call: Client) -> None:
    """The access key determines the account, the credential scope the region."""
    ses.credentials.accounts["other"] = "210987654321"
    ses.verify(REGION, "example.com")
    ses.verify("eu-west-1", "example.com")
    ses.verify(REGION, "example.com", account="210987654321")
    call(SET, Identity="example.com", MailFromDomain="a.example.com")
    call(SET, region="eu-west-1", Identity="example.com", MailFromDomain="b.example.com")
    call(SET, key="other", Identity="example.com", MailFromDomain="c.example.com")
    found = [
        ses.mail_from(REGION, "example.com"),
        ses.mail_from("eu-west-1", "example.com"),
        ses.mail_from(REGION, "example.com", account="210987654321"),
    ]
    assert [setting and setting.domain for setting in found] == ["a.example.com", "b.example.com", "c.example.com"]
    assert call("GetCallerIdentity", service="sts", key="other")["Account"] == "210987654321"


@pytest.mark.parametrize("service", ["ses", "sts"])
def test_credentials_expire_and_become_invalid(ses: SesStandIn, call: Client, service: str) -> None:
    """Expired and invalid credentials have their own codes, with HTTP 403, until they are renewed."""
    action = {"ses": "ListIdentities", "sts": "GetCallerIdentity"}[service]
    for spoil, code in ((ses.expire, "ExpiredToken"), (ses.invalidate, "InvalidClientTokenId")):
        spoil("test")
        with pytest.raises(ServiceError) as error:
            call(action, service=service)
        assert (error.value.code, error.value.status) == (code, 403)
        ses.renew("test")
    call(action, service=service)


def test_strict_credentials_refuse_unknown_keys() -> None:
    """With strict credentials, only the given access keys are known."""
    with SesStandIn(rate=None, accounts={"known": "210987654321"}, strict_credentials=True) as ses:
        assert over_http(ses)("GetCallerIdentity", service="sts", key="known")["Account"] == "210987654321"
        with pytest.raises(ServiceError, match="InvalidClientTokenId"):
            over_http(ses)("ListIdentities")


@pytest.mark.parametrize(
    ("region", "arn"),
    [(REGION, "arn:aws:iam::123456789012:user/test"), ("us-gov-west-1", "arn:aws-us-gov:iam::123456789012:user/test")],
)
def test_get_caller_identity(call: Client, region: str, arn: str) -> None:
    """It returns the account and an ARN in the partition of the region."""
    assert call("GetCallerIdentity", service="sts", region=region) == {
        "UserId": "AIDATEST",
        "Account": "123456789012",
        "Arn": arn,
    }


def test_denied_actions(ses: SesStandIn, call: Client) -> None:
    """AccessDenied has HTTP 403 and the text that AWS uses; it applies to one account or all, and can be undone."""
    ses.deny(SET, account="123456789012")
    ses.deny("ListIdentities", account="210987654321")
    with pytest.raises(ServiceError) as error:
        call(SET, Identity="example.com", MailFromDomain="bounce.example.com")
    assert (error.value.code, error.value.message, error.value.status) == (
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/test is not authorized to perform: ses:SetIdentityMailFromDomain"
        " on resource: arn:aws:ses:us-east-1:123456789012:identity/example.com",
        403,
    )
    assert call("ListIdentities") == {"Identities": []}
    ses.deny("GetCallerIdentity")
    with pytest.raises(ServiceError, match="sts:GetCallerIdentity"):
        call("GetCallerIdentity", service="sts")
    ses.allow("GetCallerIdentity")
    call("GetCallerIdentity", service="sts")


# Journal and history


def test_the_journal(ses: SesStandIn, call: Client) -> None:
    """The journal has all calls in order with their outcome, but not what tests do directly."""
    ses.verify(REGION, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com")
    get(call, "example.com", "example.org")
    ses.advance(5)
    with pytest.raises(ServiceError):
        call(SET, Identity="example.com", MailFromDomain="example.org", region=REGION)
    first, second = ses.journal.calls()
    assert (first.time, first.account, first.region, first.action, first.code, first.took_effect) == (
        0, "123456789012", REGION, GET, "OK", True,
    )  # fmt: skip
    assert (second.time, second.action, second.code, second.took_effect) == (5, SET, "InvalidParameterValue", False)
    assert first.identities == ("example.com", "example.org")
    assert dict(second.parameters) == {"Identity": "example.com", "MailFromDomain": "example.org"}
    assert ses.journal.calls(SET) == [second]
    assert (ses.journal.count(), ses.journal.count(GET), ses.journal.count(GET, "Throttling")) == (2, 1, 0)
    assert ses.journal.by_action() == {GET: 1, SET: 1}
    ses.journal.clear()
    assert ses.journal.calls() == []


def test_the_history(ses: SesStandIn, call: Client) -> None:
    """The history has every change of a setting with its time, whoever made it."""
    ses.verify(REGION, "example.com")
    call(SET, Identity="example.com", MailFromDomain="a.example.com")
    ses.advance(1)
    ses.set_status(REGION, "example.com", "Success")
    ses.set_status(REGION, "example.com", "Success")
    ses.advance(1)
    ses.clear(REGION, "example.com")
    ses.clear(REGION, "example.com")
    assert ses.history(REGION, "Example.com") == [
        Change(0, MailFrom("a.example.com", "UseDefaultValue", "Pending")),
        Change(1, MailFrom("a.example.com", "UseDefaultValue", "Success")),
        Change(2, None),
    ]


def test_what_is_not_there_cannot_be_changed(ses: SesStandIn) -> None:
    """Test mistakes raise at once."""
    with pytest.raises(KeyError):
        ses.put(REGION, "example.com", "bounce.example.com")
    ses.verify(REGION, "example.com")
    with pytest.raises(KeyError):
        ses.set_status(REGION, "example.com", "Failed")
