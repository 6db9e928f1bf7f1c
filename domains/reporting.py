"""A domain's records as pages and programs show them: what is wanted beside what was found."""

from dataclasses import dataclass

from domains import comparing, records
from domains.comparing import Finding, Outcome
from domains.models import Domain
from domains.records import Record

Status = Domain.Status


@dataclass(frozen=True)
class Row:
    """A record with what was found of it when DNS was last asked; nothing before that."""

    record: Record
    finding: Finding | None
    zone: str
    domain: Domain

    @property
    def purpose(self) -> str:
        return self.record.purpose

    @property
    def value(self) -> str:
        """What to publish: the record, or one that was there with what it lacks."""
        return self.finding.better if self.finding and self.finding.better else self.record.value

    @property
    def host(self) -> str:
        """Its name as the form of a DNS provider wants it."""
        return records.relative(self.record.host, zone=self.zone)

    @property
    def outcome(self) -> str:
        return self.finding.outcome if self.finding else "not_started"

    @property
    def is_wrong(self) -> bool:
        return self.outcome in (Outcome.MISSING, Outcome.DIFFERENT)

    @property
    def is_unanswered(self) -> bool:
        return self.outcome == Outcome.UNANSWERED

    @property
    def is_exact(self) -> bool:
        """Whether it was found letter by letter."""
        return self.finding is not None and self.finding.found == [self.value]

    @property
    def status(self) -> str:
        """The record's status as the API has it."""
        if self.outcome == Outcome.VERIFIED:
            return Status.VERIFIED
        if self.outcome == Outcome.UNANSWERED or self.domain.status == Status.TEMPORARY_FAILURE:
            return Status.TEMPORARY_FAILURE
        if self.finding is None:
            return Status.NOT_STARTED
        return Status.FAILED if self.domain.status == Status.FAILED else Status.PENDING

    @property
    def in_zone_file(self) -> str:
        return records.in_zone_file(self.record, self.value)


def required(domain: Domain) -> list[Row]:
    """The records without which the domain isn't verified."""
    wanted = records.required(name=domain.name, selector=domain.selector, public_key=domain.public_key)
    return [_row(domain, each) for each in wanted]


def suggested(domain: Domain) -> Row:
    """The policy that is no condition."""
    return _row(domain, records.suggested(domain.name))


def is_held_elsewhere(domain: Domain) -> bool:
    """Whether its records are right, but another team has verified it."""
    return (
        domain.status not in Domain.HOLDING
        and all(row.outcome == Outcome.VERIFIED for row in required(domain))
        and Domain.objects.held().filter(name=domain.name).exists()
    )


def _row(domain: Domain, record: Record) -> Row:
    stored = domain.findings.get(record.purpose)
    finding = comparing.restored(stored) if stored else None
    if finding is not None and not finding.is_about(record):
        finding = None
    return Row(record, finding, domain.zone or domain.name, domain)
