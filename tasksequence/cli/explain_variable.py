"""What `tasksequence explain` prints of a built-in variable."""

from __future__ import annotations

__all__ = ["variable_text"]


def variable_text(name: str, *, as_json: bool) -> str | None:
    """Return what is known of a variable, as text or JSON; None for one that is not built in."""
    import json

    import attrs

    from tasksequence.plan.catalogue import variable_named
    from tasksequence.plan.variables import is_secret_variable

    known = variable_named(name)
    if known is None:
        return None
    if as_json:
        return json.dumps(attrs.asdict(known), indent=2)
    rows = [
        ("direction", known.direction),
        ("steps", ", ".join(known.steps)),
        ("property", ", ".join(known.carries)),
        ("default", known.default or ""),
        ("values", ", ".join(known.values)),
        ("since", f"version {known.since}" if known.since else ""),
    ]
    lines = [known.name, f"  {known.what}"]
    lines += [f"  {label:<10} {text}" for label, text in rows if text]
    if known.secret or is_secret_variable(known.name):
        lines.append("  secret     its value is never shown")
    if known.deprecated:
        lines.append("  deprecated newer versions do without it")
    return "\n".join(lines)
