"""tasksequence explain: what a class is, with its properties and qualifiers."""

from __future__ import annotations

import click

__all__ = ["explain"]

_PREFIXES = ("", "SMS_TaskSequence_", "SMS_")


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
def explain(name: str, as_json: bool) -> None:
    """Print a WMI class as a declaration, or what a variable or an error code is.

    NAME is the WMI name of a class, with or without SMS_TaskSequence_, the name of a built-in
    variable, or a code: 0x80070070, 2147942512, 0xC000006D, ENOSPC, ERROR_DISK_FULL. Letter case
    does not matter.
    """
    import difflib
    import json

    from tasksequence.cli.output import print_result
    from tasksequence.error_codes import describe_code, explain_code

    code = explain_code(name)
    if code is not None:
        print_result(json.dumps(code._asdict(), indent=2) if as_json else describe_code(code))
        return
    from tasksequence.model.classes import registry
    from tasksequence.model.declaration import class_data, declaration

    names = {known.casefold(): known for known in registry if known}
    for prefix in _PREFIXES:
        found = names.get((prefix + name).casefold())
        if found is not None:
            break
    else:
        from tasksequence.cli.explain_variable import variable_text

        said = variable_text(name, as_json=as_json)
        if said is not None:
            print_result(said)
            return
        shortened = {known.removeprefix("sms_tasksequence_"): known for known in names}
        from tasksequence.cli.explain_variable import variable_hint

        near = difflib.get_close_matches(name.casefold(), [*names, *shortened], 1)
        hint = variable_hint(name, near[0] if near else "")
        if near and not hint:
            hint = f" Did you mean {names[shortened.get(near[0], near[0])]}?"
        raise click.ClickException(f"No class is named {name!r}.{hint}")
    cls = registry[found]
    print_result(json.dumps(class_data(cls), indent=2) if as_json else declaration(cls))
