"""What was used, what it costs, what was billed and what of that is paid."""

from portal.billing.allowances import add_allowance
from portal.billing.bills import (
    BillChange,
    BillGroup,
    BillItemView,
    BillsCard,
    BillSummary,
    BillView,
    TrendPoint,
    bills_card,
    get_bill,
    list_bills,
)
from portal.billing.events import BillIssued, BillPaid
from portal.billing.service import Fee, IssuedBill, Overpaid, PaidBill, due_day, issue_bill, operator_account, receivable, record_payment
from portal.billing.usage import LineUsage, Meter, PartUsage, UsageCard, usage_card
from portal.billing.words import ALLOWANCES, DRAWS_ON, PART_NAMES, PARTS, UNITS

__all__ = [
    "ALLOWANCES",
    "DRAWS_ON",
    "PARTS",
    "PART_NAMES",
    "UNITS",
    "BillChange",
    "BillGroup",
    "BillIssued",
    "BillItemView",
    "BillPaid",
    "BillSummary",
    "BillView",
    "BillsCard",
    "Fee",
    "IssuedBill",
    "LineUsage",
    "Meter",
    "Overpaid",
    "PaidBill",
    "PartUsage",
    "TrendPoint",
    "UsageCard",
    "add_allowance",
    "bills_card",
    "due_day",
    "get_bill",
    "issue_bill",
    "list_bills",
    "operator_account",
    "receivable",
    "record_payment",
    "usage_card",
]
