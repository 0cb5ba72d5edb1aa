"""Sites, clinicians and shifts; messages and their deliveries; the ledger; who signed in alive."""

from notifications.models.differences import LogDifference
from notifications.models.ledger import AuditEntry, AuditSeal
from notifications.models.messages import (
    Account,
    AccountState,
    Channel,
    Delivery,
    DemoClock,
    Heartbeat,
    Lane,
    Message,
    Pace,
    ProviderReport,
    new_token,
)
from notifications.models.people import Clinician, ClinicianManager, Role, Site
from notifications.models.rotations import (
    Asked,
    GivenHours,
    Override,
    Rotation,
    RungRule,
    Swap,
    TimeOff,
    Turn,
)
from notifications.models.shifts import PointRange, Shift
from notifications.models.staff import SettingChange

__all__ = [
    "Account",
    "AccountState",
    "Asked",
    "AuditEntry",
    "AuditSeal",
    "Channel",
    "Clinician",
    "ClinicianManager",
    "Delivery",
    "DemoClock",
    "GivenHours",
    "Heartbeat",
    "Lane",
    "LogDifference",
    "Message",
    "Override",
    "Pace",
    "PointRange",
    "ProviderReport",
    "Role",
    "Rotation",
    "RungRule",
    "SettingChange",
    "Shift",
    "Site",
    "Swap",
    "TimeOff",
    "Turn",
    "new_token",
]
