"""The shapes of what the API takes and answers. Unknown keys are ignored: SDKs repeat ids in bodies.

What is taken is checked for its shape alone; whether it makes sense is for the domain to say.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

from lib.storable import is_storable


def _storable(text: str) -> str:
    if not is_storable(text):
        raise PydanticCustomError("unstorable", "It has a NUL or half of a character in it")
    return text


Text = Annotated[str, Strict()]
# What is kept as it is, line breaks and all; other texts become one line, which leaves odd characters out.
Body = Annotated[Text, AfterValidator(_storable)]
YesOrNo = Annotated[bool, Strict()]
Value = YesOrNo | Annotated[float, Strict()] | Annotated[int, Strict()] | Text | None
Timestamp = Annotated[str, Field(examples=["2026-11-22 12:00:00.123456+00"])]


class Error(BaseModel):
    statusCode: int  # noqa: N815 - the SDKs' spelling
    message: str
    name: str


class Given(BaseModel):
    """What a program sends."""

    model_config = ConfigDict(extra="ignore")


class Named(Given):
    name: Text


class Id(Given):
    id: Text


class ContactFields(Given):
    """Absent differs from null in an update: null empties a name and removes a property's value."""

    first_name: Text | None = Field(None, validation_alias=AliasChoices("first_name", "firstName"))
    last_name: Text | None = Field(None, validation_alias=AliasChoices("last_name", "lastName"))
    unsubscribed: YesOrNo | None = None
    properties: dict[Text, Value] | None = None


class NewContact(ContactFields):
    email: Text


class NewGlobalContact(NewContact):
    audience_id: Text | None = Field(None, validation_alias=AliasChoices("audience_id", "audienceId"))
    segments: list[Id | Text] | None = Field(None, max_length=100)
    topics: list[Any] | None = None


class NewProperty(Given):
    key: Text
    type: Literal["string", "number", "boolean"]
    fallback_value: Value = None


class ChangedProperty(Given):
    fallback_value: Value = None


class NewSuppression(Given):
    email: Text


class SuppressionBatch(Given):
    emails: list[Text] = Field(min_length=1, max_length=100)


class SuppressionRemoval(Given):
    emails: list[Text] | None = Field(None, min_length=1, max_length=100)
    ids: list[Text] | None = Field(None, min_length=1, max_length=100)


class NewKey(Given):
    name: Text
    permission: Text | None = None
    domain_id: Text | None = None


class BroadcastFields(Given):
    """Absent differs from null in an update: null empties a field."""

    audience_id: Text | None = None
    segment_id: Text | None = None
    sender: Text | None = Field(None, max_length=400, alias="from")
    subject: Text | None = Field(None, max_length=998)
    reply_to: Text | list[Text] | None = None
    preview_text: Text | None = Field(None, max_length=500)
    name: Text | None = Field(None, max_length=200)
    html: Body | None = None
    text: Body | None = None
    topic_id: Text | None = None


class NewBroadcast(BroadcastFields):
    send: YesOrNo | None = None
    scheduled_at: Text | None = Field(None, description="ISO 8601 or words, in UTC; only with `send`.")


class Release(Given):
    scheduled_at: Text | None = Field(None, description="ISO 8601 or words, in UTC; now without it.")


class Told(BaseModel):
    """What a program is answered."""


class Created(Told):
    object: str
    id: str


class Deleted(Told):
    object: str
    id: str
    deleted: Literal[True]


class Audience(Told):
    object: Literal["audience", "segment"]
    id: str
    name: str
    created_at: Timestamp


class NewAudience(Told):
    object: Literal["audience", "segment"]
    id: str
    name: str


class ListedAudience(Told):
    id: str
    name: str
    created_at: Timestamp


class Property(Told):
    value: Value
    type: Literal["string", "number", "boolean"]


class ListedContact(Told):
    id: str
    email: str
    first_name: str | None
    last_name: str | None
    created_at: Timestamp
    unsubscribed: bool


class Contact(ListedContact):
    object: Literal["contact"]
    properties: dict[str, Property]


class DeletedContact(Deleted):
    contact: str


class Membership(Told):
    object: Literal["contact_segment"]
    id: str
    contact_id: str
    segment_id: str


class EndedMembership(Membership):
    deleted: Literal[True]


class ImportCounts(Told):
    total: int
    created: int
    updated: int
    skipped: int
    failed: int


class ContactImport(Told):
    object: Literal["contact_import"]
    id: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    created_at: Timestamp
    completed_at: Timestamp | None
    counts: ImportCounts


class ContactProperty(Told):
    object: Literal["contact_property"]
    id: str
    key: str
    type: Literal["string", "number", "boolean"]
    fallback_value: Value
    created_at: Timestamp


class ListedSuppression(Told):
    id: str
    email: str
    origin: Literal["bounce", "complaint", "manual"]
    source_id: str | None
    created_at: Timestamp


class Suppression(ListedSuppression):
    object: Literal["suppression"]


class SuppressionsDone(Told):
    data: list[Any]


class ListedBroadcast(Told):
    id: str
    name: str
    audience_id: str | None
    segment_id: str | None
    status: Literal["draft", "scheduled", "queued", "sent", "canceled", "failed"]
    created_at: Timestamp
    scheduled_at: Timestamp | None
    sent_at: Timestamp | None
    topic_id: None


class BroadcastStatistics(Told):
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    complained: int
    unsubscribed: int
    suppressed: int


class Broadcast(ListedBroadcast):
    object: Literal["broadcast"]
    sender: str = Field(alias="from")
    subject: str
    reply_to: list[str] | None
    preview_text: str | None
    html: str | None
    text: str | None
    statistics: BroadcastStatistics


class ClickedByRecipient(Told):
    url: str
    clicks: int


class BroadcastRecipient(Told):
    """`count` is told of who opened or clicked, `clicked_links` of who clicked."""

    id: str
    contact_id: str | None
    email: str
    count: int = 0
    clicked_links: list[ClickedByRecipient] = []


class ClickedLink(Told):
    id: str
    url: str
    clicks: int
    unique_clicks: int


class NewKeyToken(Told):
    object: Literal["api_key"]
    id: str
    token: str


class ListedKey(Told):
    id: str
    name: str
    created_at: Timestamp
    last_used_at: Timestamp | None


class ListedLog(Told):
    id: str
    created_at: Timestamp
    endpoint: str
    method: str
    response_status: int
    user_agent: str | None


class Log(ListedLog):
    object: Literal["log"]
    request_body: Any
    response_body: Any


class Listing(Told):
    """A list; `has_more` tells whether it goes on in the direction that was asked for."""

    object: Literal["list"]
    has_more: bool


class Audiences(Listing):
    data: list[ListedAudience]


class Contacts(Listing):
    data: list[ListedContact]


class ContactImports(Listing):
    data: list[ContactImport]


class ContactProperties(Listing):
    data: list[ContactProperty]


class Broadcasts(Listing):
    data: list[ListedBroadcast]


class BroadcastRecipients(Listing):
    data: list[BroadcastRecipient]


class ClickedLinks(Listing):
    data: list[ClickedLink]


class Suppressions(Listing):
    data: list[ListedSuppression]


class Keys(Listing):
    data: list[ListedKey]


class Logs(Listing):
    data: list[ListedLog]
