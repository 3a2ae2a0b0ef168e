"""Reading an operator's own files: customers from a spreadsheet, whole or not at all."""

from portal.intake.comparing import Comparison
from portal.intake.job import Job, prepare_job
from portal.intake.mapping import BadMapping, find_mapping, read_mapping
from portal.intake.proposing import propose_mapping
from portal.intake.rejects import rejects_path, write_rejects
from portal.intake.sheets import Reader, Sheet, Unreadable, open_sheet
from portal.intake.staging import Staging, Tally, stage_file
from portal.intake.writing import Writing, claim_import

__all__ = [
    "BadMapping",
    "Comparison",
    "Job",
    "Reader",
    "Sheet",
    "Staging",
    "Tally",
    "Unreadable",
    "Writing",
    "claim_import",
    "find_mapping",
    "open_sheet",
    "prepare_job",
    "propose_mapping",
    "read_mapping",
    "rejects_path",
    "stage_file",
    "write_rejects",
]
