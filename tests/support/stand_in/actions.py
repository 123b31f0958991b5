"""The actions of the SES API: they check parameters, call `Service` and build the result."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final

from .model import (
    BEHAVIORS,
    DEFAULT_BEHAVIOR,
    Map,
    Parameters,
    Place,
    Result,
    ServiceError,
    Value,
    canonical,
    is_domain,
)
from .service import Service, verification_token

_GET_LIMIT: Final = 100
_PAGE_LIMIT: Final = 1000


def verify_domain_identity(service: Service, place: Place, parameters: Parameters) -> Result:
    """VerifyDomainIdentity."""
    domain = _required(parameters, "Domain")
    if not is_domain(domain):
        raise ServiceError("InvalidParameterValue", f"Invalid domain name {domain}.")
    service.verify(place, domain, verification="Pending", lag=service.rules.creation_lag)
    return {"VerificationToken": verification_token(place, domain)}


def verify_email_identity(service: Service, place: Place, parameters: Parameters) -> Result:
    """VerifyEmailIdentity."""
    address = _required(parameters, "EmailAddress")
    local_part, _, domain = address.rpartition("@")
    if not local_part or not is_domain(domain):
        raise ServiceError("InvalidParameterValue", f"Invalid email address<{address}>.")
    service.verify(place, address, verification="Pending", lag=service.rules.creation_lag)
    return {}


def delete_identity(service: Service, place: Place, parameters: Parameters) -> Result:
    """DeleteIdentity."""
    service.delete(place, _required(parameters, "Identity"))
    return {}


def list_identities(service: Service, place: Place, parameters: Parameters) -> Result:
    """ListIdentities."""
    kind = _text(parameters, "IdentityType")
    if kind not in (None, "EmailAddress", "Domain"):
        raise _invalid(kind, "identityType", "Member must satisfy enum value set: [EmailAddress, Domain]")
    size = min(service.rules.page_size, _max_items(parameters))
    rest = [
        identity
        for identity in service.listed(place, after=_serial(_text(parameters, "NextToken")))
        if kind is None or ("@" in identity.name) == (kind == "EmailAddress")
    ]
    result: Result = {"Identities": [_cased(service, identity.name) for identity in rest[:size]]}
    if len(rest) > size:
        result["NextToken"] = base64.urlsafe_b64encode(b"%d" % rest[size - 1].serial).decode()
    return result


def set_identity_mail_from_domain(service: Service, place: Place, parameters: Parameters) -> Result:
    """SetIdentityMailFromDomain."""
    identity = _required(parameters, "Identity")
    behavior = _text(parameters, "BehaviorOnMXFailure") or DEFAULT_BEHAVIOR
    if behavior not in BEHAVIORS:
        raise _invalid(behavior, "behaviorOnMXFailure", f"Member must satisfy enum value set: [{', '.join(BEHAVIORS)}]")
    domain = _text(parameters, "MailFromDomain")
    if domain == "" and not service.rules.empty_clears:
        raise _invalid(domain, "mailFromDomain", "Member must have length greater than or equal to 1")
    service.set_mail_from(place, identity, domain or "", behavior)
    return {}


def get_identity_mail_from_domain_attributes(service: Service, place: Place, parameters: Parameters) -> Result:
    """GetIdentityMailFromDomainAttributes."""
    entries = Map()
    for name, setting in service.settings(place, _identities(parameters)).items():
        entry: dict[str, Value] = {"BehaviorOnMXFailure": DEFAULT_BEHAVIOR}
        if setting:
            entry = {
                "MailFromDomain": _cased(service, setting.domain),
                "MailFromDomainStatus": setting.status,
                "BehaviorOnMXFailure": setting.behavior,
            }
        entries[_cased(service, name)] = entry
    return {"MailFromDomainAttributes": entries}


def get_identity_verification_attributes(service: Service, place: Place, parameters: Parameters) -> Result:
    """GetIdentityVerificationAttributes."""
    entries = Map()
    for name in _identities(parameters):
        if identity := service.known(place, name):
            entry: dict[str, Value] = {"VerificationStatus": identity.verification}
            if "@" not in name:
                entry["VerificationToken"] = verification_token(place, name)
            entries[_cased(service, name)] = entry
    return {"VerificationAttributes": entries}


ACTIONS: Final[Mapping[str, Callable[[Service, Place, Parameters], Result]]] = {
    "VerifyDomainIdentity": verify_domain_identity,
    "VerifyEmailIdentity": verify_email_identity,
    "DeleteIdentity": delete_identity,
    "ListIdentities": list_identities,
    "SetIdentityMailFromDomain": set_identity_mail_from_domain,
    "GetIdentityMailFromDomainAttributes": get_identity_mail_from_domain_attributes,
    "GetIdentityVerificationAttributes": get_identity_verification_attributes,
}


def _invalid(value: str, member: str, constraint: str) -> ServiceError:
    # Every AWS service with the query protocol uses this text.
    return ServiceError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


def _text(parameters: Parameters, name: str) -> str | None:
    value = parameters.get(name)
    return value if isinstance(value, str) else None


def _required(parameters: Parameters, name: str) -> str:
    if not (value := _text(parameters, name)):
        member = name[0].lower() + name[1:]
        raise ServiceError(
            "ValidationError",
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint:"
            " Member must not be null",
        )
    return value


def _identities(parameters: Parameters) -> list[str]:
    value = parameters.get("Identities") or []
    names = [value] if isinstance(value, str) else value
    if len(names) > _GET_LIMIT:  # the limit is documented; code and text of the error are assumed
        raise ServiceError("InvalidParameterValue", f"Too many identities: {len(names)}, at most {_GET_LIMIT}.")
    return names


def _max_items(parameters: Parameters) -> int:
    text = _text(parameters, "MaxItems")
    if text is None:
        return _PAGE_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _PAGE_LIMIT:
        raise _invalid(text, "maxItems", f"Member must have value between 1 and {_PAGE_LIMIT}")
    return int(text)


def _serial(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise ServiceError("InvalidParameterValue", "Invalid NextToken.") from None  # assumed


def _cased(service: Service, name: str) -> str:
    case = service.rules.answer_case
    if case == "as-given":
        return name
    local_part, at, domain = canonical(name).rpartition("@")
    return f"{local_part}{at}{domain.upper() if case == 'upper' else domain}"
