"""The pipeline as it is drawn in docs/orders.md, from the table itself: `python -m portal.orders.chart` prints it."""

from __future__ import annotations

import sys
from datetime import timedelta

from portal.orders.states import STATES, TASKS, TRANSITIONS


def chart() -> str:
    """Give the drawing (Mermaid), the states, the steps and the tasks as Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> accepted"]
    for verb, step in TRANSITIONS.items():
        if step.target is not None:
            lines += [f"    {source} --> {step.target}: {verb}" for source in step.sources]
    lines += [f"    {code} --> [*]" for code, state in STATES.items() if not state.is_open]
    lines += ["```", "", "| State | Who moves it on | Within | Skipped when |", "|---|---|---|---|"]
    lines += [f"| {code} | {state.responsible or '–'} | {_span(state.limit)} | {state.skipped or '–'} |" for code, state in STATES.items()]
    lines += ["", "| Step | From | To | Who may |", "|---|---|---|---|"]
    for verb, step in TRANSITIONS.items():
        sources = "any" if set(step.sources) == set(STATES) else ", ".join(step.sources)
        lines.append(f"| {verb} | {sources} | {step.target or 'stays'} | {', '.join(sorted(step.roles))} |")
    lines += ["", "| Task | What it is | Whose | Within |", "|---|---|---|---|"]
    lines += [f"| {name} | {task.name} | {task.role} | {_span(task.limit)} |" for name, task in TASKS.items()]
    return "\n".join(lines) + "\n"


def _span(limit: timedelta | None) -> str:
    if limit is None:
        return "–"
    hours = limit.total_seconds() / 3600
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.0f} h" if hours <= 72 else f"{hours / 24:.0f} days"


if __name__ == "__main__":
    sys.stdout.write(chart())
