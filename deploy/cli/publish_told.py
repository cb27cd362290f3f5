"""What `burenbus publish` says: before it sends, and when the answers are there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from deploy.cli.rows_told import out, tell_refused, tell_remarks

if TYPE_CHECKING:
    from deploy.publishing.work import Done
    from shared.events.problems import Problem
    from shared.sheets import Fault, Plan, Sheet

VANISHED_SHOWN = 20
WORDS = {
    "new": "nieuw",
    "changed": "gewijzigd",
    "unchanged": "ongewijzigd",
    "duplicate": "al eerder ontvangen",
    "recorded": "verwerkt",
    "replaced": "vervangt een eerdere",
    "refused": "geweigerd",
}
"""Outcomes, as people read them."""


def plan(file: Path, sheet: "Sheet", planned: "Plan", *, asked: bool) -> None:
    """How many rows of each kind there are, and what vanished; `asked`: whether that is to be withdrawn."""
    parts = {"nieuw": planned.new, "gewijzigd": planned.changed, "hetzelfde": planned.same, "met fouten": planned.refused, "dubbel": planned.repeated}  # fmt: skip
    said = ", ".join(f"{len(rows)} {word}" for word, rows in parts.items() if rows) or "geen rijen"
    out.print(f"{escape(file.name)} ({sheet.type}): {said}.")
    if planned.vanished:
        out.print(f"Niet meer in het bestand: {len(planned.vanished)} ({_named(planned.vanished)}).")
        if not asked:
            out.print("  Die blijven staan. Afmelden: --withdraw-missing verlaat-netwerk (of gestopt, vergissing).")


def foreseen(faulty: "Sequence[Fault]", remarks: "Sequence[Fault]", unit: str) -> None:
    """Row by row what is known before anything is sent."""
    tell_refused(faulty, "Met fouten, wordt niet verstuurd", unit)
    tell_remarks(remarks, "Opmerkingen bij wat wel verstuurd wordt", unit)


def nothing_to_withdraw() -> None:
    """Withdrawing was asked for, and there is nothing to withdraw."""
    out.print("Af te melden: niets. Wij kennen geen initiatief van u dat niet in het bestand staat.")


def tried_out(missing: Sequence[str], reason: str) -> None:
    """Withdrawing was asked for in the sandbox; `missing` stood in the file when it was last sent."""
    out.print("In de proef wordt niets afgemeld: wij bewaren daar niets van u.")
    if missing:
        out.print(f"  Voor het echt was nu {len(missing)} afgemeld met reden {reason} ({_named(missing)}).")


def dry_run(to_send: int, gone: Sequence[str], reason: str | None) -> None:
    """What would have happened."""
    sent = f"{to_send} verstuurd" if to_send else "niets verstuurd"
    verb = "worden" if to_send > 1 else "wordt"
    withdrawn = f", en {len(gone)} afgemeld met reden {reason} ({_named(gone)})" if gone else ""
    out.print(f"\nZonder --dry-run {verb} er {sent}{withdrawn}. Nu is er niets gestuurd.")


def news(later: "Sequence[Fault]", told: "Sequence[Fault]") -> "list[Fault]":
    """The remarks of the platform that were not foreseen."""
    before = {(f.row, f.problem.code, f.problem.pointer) for f in told}
    return [f for f in later if (f.row, f.problem.code, f.problem.pointer) not in before]


def answers(done: "Done", faults: "Sequence[Fault]", remarks: "Sequence[Fault]", unit: str) -> None:
    """What became of what was sent; `remarks` are those of the platform that were not told yet."""
    from deploy.publishing.work import by_outcome

    tell_refused(faults, "Geweigerd door het platform", unit)
    for item, answer in done.refused:
        if item.number is None:
            out.print(f"  [red]afmelden van {escape(item.about)}:[/] {escape(' '.join(p.nl for p in answer.problems))}")
    own = [f for f in remarks if f.problem.code != "sandbox"]
    tell_remarks(own, "Opmerkingen van het platform bij wat aanvaard is", unit)
    said = ", ".join(f"{n} {WORDS.get(outcome, outcome)}" for outcome, n in by_outcome(done.answers).items())
    out.print(f"\n{done.sent} verstuurd" + (f"; antwoorden: {said}." if said else "."))
    for text in dict.fromkeys(f.problem.nl for f in remarks if f.problem.code == "sandbox"):
        out.print(text)
    if done.delayed:
        out.print(
            f"{len(done.delayed)} vertraagd door ons: er ging bij ons iets mis. U hoeft niets te doen; het antwoord volgt en "
            "staat dan in uw geschiedenis."
        )
    if left := len(done.unanswered) - len(done.delayed):
        out.print(f"Nog geen antwoord op {left}. Geef dezelfde opdracht later nog eens: niets gaat dubbel.")
    if not done.asked:
        out.print("Naar de antwoorden is niet gekeken: die staan in uw geschiedenis en in uw feedback-wachtrij.")


def keep_refused(
    file: Path,
    content: bytes,
    sheet: "Sheet | None",
    answered: "Mapping[int, Sequence[Problem]]",
    faults: "Sequence[Fault]",
) -> None:
    """Puts what was refused beside the file; nothing was: takes away what an earlier run put there."""
    from deploy.publishing import refusals

    as_lines = sheet is None or not sheet.columns
    if not faults:
        refusals.forget(file, as_lines=as_lines)
    elif sheet is None or as_lines:
        target = refusals.write_lines(file, content, {f.row for f in faults})
        out.print(f"De geweigerde regels staan in {escape(target.name)}.")
    else:
        target = refusals.write_rows(file, sheet, answered)
        ours = [f.problem.code == "dropped" for f in faults]
        what_now = "Verbeter ze daar, en verstuur dat bestand."
        if all(ours):
            what_now = "Aan die rijen hoeft u niets te verbeteren. Gelden ze nog? Verstuur dan dat bestand."
        elif any(ours):
            what_now += " Wat door een fout bij ons is vervallen, hoeft u niet te verbeteren."
        out.print(f"De geweigerde rijen staan met de reden in {escape(target.name)}. {what_now}")


def _named(keys: Sequence[str]) -> str:
    return escape(", ".join(keys[:VANISHED_SHOWN]) + (" …" if len(keys) > VANISHED_SHOWN else ""))
