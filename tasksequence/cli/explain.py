"""tasksequence explain: what a class, an enum, a variable or an error code is."""

from __future__ import annotations

import json

import click

__all__ = ["explain"]

_PREFIXES = ("", "SMS_TaskSequence_", "SMS_")


# A signed exit code, -2147024784, is no option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
@click.option("--list", "listed", is_flag=True, help="List all classes and enums.")
def explain(name: str | None, as_json: bool, listed: bool) -> None:
    """Print a WMI class as a declaration, or what an enum, a variable or an error code is.

    NAME is the WMI name of a class, with or without SMS_TaskSequence_, or its Python name, an enum
    (PartitionType), the name of a built-in variable, or a code: 0x80070070, 2147942512,
    -2147024784, 0xC000006D, ENOSPC, ERROR_DISK_FULL, WIMLIB_ERR_WRITE, "libwim error 72". Letter
    case does not matter.
    """
    from tasksequence.cli.explain_variable import variable_text
    from tasksequence.cli.output import print_result
    from tasksequence.error_codes import code_problem

    if listed is (name is not None):
        raise click.UsageError("Give a NAME, or --list for all classes and enums.")
    if name is None:
        print_result(_list_text(as_json=as_json))
        return
    for text in (_code_text, _class_text, _enum_text, variable_text):
        said = text(name, as_json=as_json)
        if said is not None:
            print_result(said)
            return
    problem = code_problem(name)
    if problem is not None:
        raise click.ClickException(f"{name!r} is no code: {problem}")
    if name.startswith("-"):
        raise click.NoSuchOption(name)
    raise click.ClickException(_unknown(name))


def _code_text(name: str, *, as_json: bool) -> str | None:
    from tasksequence.error_codes import describe_code, explain_code

    code = explain_code(name)
    if code is None:
        return None
    return json.dumps(code._asdict(), indent=2) if as_json else describe_code(code)


def _class_text(name: str, *, as_json: bool) -> str | None:
    from tasksequence.model.classes import registry
    from tasksequence.model.declaration import class_data, declaration

    names = {known.casefold(): cls for known, cls in registry.items() if known}
    by_python_name = {cls.__name__.casefold(): cls for cls in registry.values()}
    for prefix in _PREFIXES:
        cls = names.get((prefix + name).casefold())
        if cls is not None:
            break
    else:
        cls = by_python_name.get(name.casefold())
    if cls is None:
        return None
    return json.dumps(class_data(cls), indent=2) if as_json else declaration(cls)


def _enum_text(name: str, *, as_json: bool) -> str | None:
    from tasksequence.model import enumerations

    found = {known.casefold(): known for known in enumerations.__all__}.get(name.casefold())
    if found is None:
        return None
    kind = getattr(enumerations, found)
    members = {member.name: member.value for member in kind}
    if as_json:
        return json.dumps({"enum": found, "meaning": kind.__doc__, "members": members}, indent=2)
    lines = [f"ts.{found}: {kind.__doc__}"]
    for member, value in members.items():
        shown = value if isinstance(value, int) else json.dumps(value)
        lines.append(f"    {member} = {shown}")
    return "\n".join(lines)


def _list_text(*, as_json: bool) -> str:
    from tasksequence.model import enumerations
    from tasksequence.model.classes import registry
    from tasksequence.model.left_out import LEFT_OUT

    classes = {
        cls.wmi_name or cls.__name__: (cls.__doc__ or "").strip().partition("\n")[0]
        for cls in registry.values()
    }
    enums = {
        name: (getattr(enumerations, name).__doc__ or "").strip().partition("\n")[0]
        for name in enumerations.__all__
    }
    if as_json:
        return json.dumps({"classes": classes, "enums": enums, "left_out": LEFT_OUT}, indent=2)
    lines = [f"{name}\n    {text}" for name, text in sorted(classes.items())]
    lines += [f"ts.{name}\n    {text}" for name, text in enums.items()]
    return "\n".join(lines)


def _unknown(name: str) -> str:
    """Say that there is no such thing, and what may have been meant."""
    import difflib

    from tasksequence.cli.explain_variable import variable_hint
    from tasksequence.model import enumerations
    from tasksequence.model.classes import registry
    from tasksequence.model.left_out import LEFT_OUT

    left_out = {known.casefold(): known for known in LEFT_OUT}.get(name.casefold())
    if left_out is not None:
        return f"{left_out} has no class here: {LEFT_OUT[left_out]}."
    known = {wmi_name.casefold(): wmi_name for wmi_name in registry if wmi_name}
    known |= {n.casefold().removeprefix("sms_tasksequence_"): w for n, w in known.items()}
    known |= {enum.casefold(): enum for enum in enumerations.__all__}
    near = difflib.get_close_matches(name.casefold(), known, 1)
    hint = variable_hint(name, near[0] if near else "")
    if near and not hint:
        hint = f" Did you mean {known[near[0]]}?"
    return (
        f"No class, enum, variable or code is named {name!r}.{hint} `tasksequence explain --list` "
        f"lists the classes and enums."
    )
