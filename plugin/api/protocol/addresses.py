"""What the addresses of operations name, each part with its type and what it means."""

from __future__ import annotations

from pydantic import Field

from plugin.doors.model import Address, RevisionId, Serial, SiteName, Word


class SiteAddress(Address):
    """One site."""

    site: SiteName = Field(description="The name of a site.")


class RevisionAddress(SiteAddress):
    """One mapping revision of a site."""

    revision: RevisionId = Field(description="The id of a mapping revision, or its first characters.")


class FieldAddress(SiteAddress):
    """One field of a site."""

    field: Word = Field(description="The id of a custom field of Jira: customfield_10060.")


class ObjectiveAddress(Address):
    """One objective."""

    objective: Word = Field(
        description="An issue key (a former one too), an issue id, or the id of an objective of the mapping."
    )


class IssueAddress(Address):
    """One issue, whether it is an objective or not."""

    issue: Word = Field(description="An issue key, or an issue id.")


class CycleAddress(Address):
    """One cycle."""

    cycle: Word = Field(description="The id of a cycle.")


class LearningAddress(CycleAddress):
    """One objective of a cycle."""

    objective: Word = Field(description="An issue key or id, of an objective of the cycle.")


class CheckInAddress(ObjectiveAddress):
    """One check-in of an objective."""

    check_in: Serial = Field(description="The number of a check-in.")


class ReplyAddress(ObjectiveAddress):
    """One answer to a check-in of an objective."""

    reply: Serial = Field(description="The number of an answer.")


class DeliveryAddress(Address):
    """One delivery."""

    delivery: Serial = Field(description="The number of a delivery.")


class PresetAddress(Address):
    """One preset."""

    preset: Word = Field(description="The name of a preset.")


class SessionAddress(Address):
    """One session."""

    session: Word = Field(description="The name of a session, as the list has it.")


class PersonAddress(Address):
    """One account."""

    person: Serial = Field(description="The number of an account.")


class TokenAddress(Address):
    """One token."""

    token: Serial = Field(description="The number of an API token of yours.")


class KpiAddress(Address):
    """One KPI."""

    kpi: Word = Field(description="The id of a KPI of the active mapping.")


class DigestAddress(Address):
    """One digest."""

    digest: Word = Field(description="The id of a digest of the active mapping.")


class JiraPersonAddress(PersonAddress):
    """Somebody at one site."""

    site: SiteName = Field(description="The name of a site.")
