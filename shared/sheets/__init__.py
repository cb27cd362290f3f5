"""Files of rows that partners keep: CSV, Excel and OpenDocument become the same events as a program would publish.

`read` gives a `Sheet`: which columns were recognised, and of each row the event or every fault with its cell. `plan` says
what sending it would change, given what was said before. `refused_as_csv` and `refused_as_xlsx` give the refused rows back
as they stood, with why; such a file can be mended and read again.
"""

from .model import Cell, Column, Fault, Row, Sheet, SheetFault
from .plan import Plan, Said, envelopes, plan, sha256_of, withdrawals
from .refused import refused_as_csv, refused_as_xlsx
from .sheet import read

__all__ = [
    "Cell",
    "Column",
    "Fault",
    "Plan",
    "Row",
    "Said",
    "Sheet",
    "SheetFault",
    "envelopes",
    "plan",
    "read",
    "refused_as_csv",
    "refused_as_xlsx",
    "sha256_of",
    "withdrawals",
]
