"""Runs that carried cases, and jobs over many deliveries."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.tables.base import Owned, moment, refers


class CaseRunRow(Owned, table=True):
    """One case in one run of the engine; ours, so it outlives Prefect's record."""

    __tablename__ = "case_runs"
    __table_args__ = (Index("ix_case_runs_run", "run_id"),)

    case_id: str = Field(primary_key=True, sa_column_args=refers("cases"))
    run_id: str = Field(primary_key=True)
    started_at: datetime = moment()
    cases: int
    outcome: str
    recorded: int
    """1 when Prefect knows the run, 0 while that is still to be reported."""


class JobRow(Owned, table=True):
    """A background job over many deliveries, with the person and the reason."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state", "tenant_id", "state", "office_id"),)

    id: str = Field(primary_key=True)
    kind: str
    actor: str
    reason: str
    state: str
    per_minute: int
    stop_after: int
    created_at: datetime = moment()
    next_at: datetime = moment()


class JobItemRow(Owned, table=True):
    """One delivery of a job; done when confirmed, not when touched."""

    __tablename__ = "job_items"
    __table_args__ = (Index("ix_job_items_case", "case_id", "state"),)

    job_id: str = Field(primary_key=True, sa_column_args=refers("jobs"))
    position: int = Field(primary_key=True)
    case_id: str
    delivery_id: str
    state: str
    code: str = ""
    at: datetime = moment()
