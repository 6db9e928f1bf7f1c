"""The shapes of domains, as the API takes and answers them."""

from typing import Literal

from pydantic import Field

from api.schemas import Given, Listing, Text, Timestamp, Told, YesOrNo

DomainStatus = Literal["not_started", "pending", "verified", "failed", "temporary_failure"]


class DomainSettings(Given):
    """What can be asked of a domain elsewhere. Here tracking is a broadcast's to ask for, and TLS the relay's."""

    open_tracking: YesOrNo | None = None
    click_tracking: YesOrNo | None = None
    tls: Literal["opportunistic", "enforced"] | None = None
    tracking_subdomain: Text | None = None


class NewDomain(DomainSettings):
    name: Text
    region: Text | None = Field(None, description="Without effect: there is one region, this installation.")
    custom_return_path: Text | None = None


class DomainRecord(Told):
    record: Literal["DKIM", "SPF"]
    name: str = Field(description="Below the domain itself; `@` is the domain.")
    type: Literal["TXT"]
    ttl: Literal["Auto"]
    status: DomainStatus
    value: str


class ListedDomain(Told):
    id: str
    name: str
    status: DomainStatus
    created_at: Timestamp
    region: Literal["self-hosted"]


class Domain(ListedDomain):
    object: Literal["domain"]
    open_tracking: Literal[False]
    click_tracking: Literal[False]
    records: list[DomainRecord]


class Domains(Listing):
    data: list[ListedDomain]
