"""Every rule of the wizards, broken and kept, all reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.authoring.fields import fields_of

MINIMAL: Mapping[str, Any] = {
    "name": "Build",
    "boot_image": "ABC00005",
    "image_package": "ABC00010",
    "client_package": "ABC00003",
    "destination": r"\\server\images\reference.wim",
    "account": r"CONTOSO\capture",
    "password": "hunter2",
}
IN_DOMAIN = {"domain": "contoso.com", "domain_account": "%JoinAccount%", "capture_workgroup": "W"}
KEY = "ABCDE-12345-ABCDE-12345-ABCDE"


def problems(**answers: Any) -> tuple[ts.FieldProblem, ...]:
    with pytest.raises(ts.AuthoringError) as caught:
        ts.build_and_capture(**{**MINIMAL, **answers})
    assert "hunter" not in str(caught.value)
    return caught.value.problems


def warnings(**answers: Any) -> list[tuple[str, str]]:
    made = ts.build_and_capture(**{**MINIMAL, **answers})
    return [(warning.field, warning.rule) for warning in made.warnings]


@pytest.mark.parametrize(
    ("answers", "field", "rule"),
    [
        ({"name": ""}, "name", "give it"),
        ({"name": None}, "name", "give it"),
        ({"name": "x" * 51}, "name", "at most 50"),
        ({"description": "x" * 513}, "description", "at most 512"),
        ({"boot_image": "ABC"}, "boot_image", "eight capital letters"),
        ({"boot_image": "%Image%x"}, "boot_image", "eight capital letters"),
        ({"image_package": None}, "image_package", "or install_package"),
        ({"install_package": "ABC00011"}, "install_package", "not both"),
        ({"image_package": "?"}, "image_package", "package ID"),
        ({"image_index": 0}, "image_index", "counted from 1"),
        ({"image_index": "1"}, "image_index", "whole number"),
        ({"image_index": True}, "image_index", "whole number"),
        ({"image_index": 2**40}, "image_index", "allows 1 to 2147483647|reaches from"),
        ({"image_index": 5, "image_count": 4}, "image_index", "holds 4 images"),
        ({"product_key": "hunter2"}, "product_key", "five groups of five"),
        ({"product_key": KEY.replace("-", "")}, "product_key", "with dashes between"),
        ({"product_key": KEY + "-ABCDE"}, "product_key", "five groups"),
        ({"server_licensing": "per-user"}, "server_licensing", "one of per-seat, per-server"),
        ({"server_licensing": "per-server"}, "max_server_connections", "needs it"),
        ({"max_server_connections": 5}, "max_server_connections", "leave it out"),
        (
            {"server_licensing": "per-seat", "max_server_connections": 5},
            "max_server_connections",
            "only with",
        ),
        (
            {"server_licensing": "per-server", "max_server_connections": 4},
            "max_server_connections",
            "5 to 9999",
        ),
        ({"admin_password": ""}, "admin_password", "needs a password"),
        ({"admin_password": "x" * 256}, "admin_password", "allows 0 to 255"),
        ({"registered_user": ""}, "registered_user", "1 to 255"),
        ({"workgroup": "w" * 33}, "workgroup", "1 to 32"),
        ({**IN_DOMAIN, "workgroup": "W"}, "workgroup", "not both"),
        ({**IN_DOMAIN, "domain": ""}, "domain", "give its name"),
        ({**IN_DOMAIN, "domain_account": None}, "domain_account", "needs an account"),
        ({**IN_DOMAIN, "domain_account": "join"}, "domain_account", r"domain\\user"),
        ({"domain_ou": "OU=a,DC=b"}, "domain_ou", "only with a domain"),
        ({"domain_password": "hunter2"}, "domain_password", "only with a domain"),
        ({**IN_DOMAIN, "domain_ou": "contoso.com/Build"}, "domain_ou", "X.500"),
        ({**IN_DOMAIN, "domain_ou": "DC=contoso,DC=com"}, "domain_ou", "X.500"),
        ({**IN_DOMAIN, "domain_ou": "OU=a,b,DC=com"}, "domain_ou", "X.500"),
        ({**IN_DOMAIN, "capture_workgroup": None}, "capture_workgroup", "must join a workgroup"),
        ({"client_package": "12345"}, "client_package", "package ID"),
        ({"client_package": "abc00003"}, "client_package", "eight capital letters and digits"),
        ({"boot_image": "ABC0000a"}, "boot_image", "eight capital letters and digits"),
        ({"updates": "some"}, "updates", "one of required, all, none"),
        ({"applications": "one"}, "applications", "a list"),
        ({"applications": ["a,b"]}, "applications", "without a comma"),
        ({"applications": [""]}, "applications", "model name"),
        ({"applications": ["a", "a"]}, "applications", "once"),
        ({"applications": ["a", {"Name": "a"}]}, "applications", "once"),
        ({"applications": [{"Nam": "a"}]}, "applications", "Did you mean Name?"),
        ({"applications": [{}]}, "applications", "model name"),
        (
            {"applications": ["a"], "continue_on_application_error": True},
            "continue_on_application_error",
            "several applications",
        ),
        ({"version": "1" * 33}, "version", "0 to 32"),
        # What a class cannot hold it cannot hold with a variable in it either.
        ({"version": "%" + "V" * 33 + "%"}, "version", "0 to 32"),
        ({"created_by": "x" * 256}, "created_by", "0 to 255"),
        ({"destination": r"D:\images\a.wim"}, "destination", "UNC path"),
        ({"destination": "/srv/a.wim"}, "destination", "UNC path"),
        ({"destination": r"\\server\images\a.vhd"}, "destination", "end in .wim"),
        ({"destination": r"\\server\images"}, "destination", "server, share and file name"),
        ({"destination": r"\\server\images\.wim"}, "destination", "a name before"),
        ({"destination": r"\\?\C:\images\a.wim"}, "destination", "server, share"),
        ({"destination": r"\\server\images\a?.wim"}, "destination", "no Windows path holds"),
        ({"destination": r"\\server/images\x\a.wim"}, "destination", "no Windows path holds"),
        ({"destination": rf"\\server\{'x' * 250}\a.wim"}, "destination", "1 to 255"),
        ({"account": "capture"}, "account", r"domain\\user"),
        ({"account": "capture@contoso.com"}, "account", r"domain\\user"),
        ({"account": None}, "password", "give account as well"),
        ({"names": "mine"}, "names", "one of documented"),
        ({"firmware": "efi"}, "firmware", "one of bios, uefi, both"),
        ({"partition_disk": 1}, "partition_disk", "true or false"),
        (
            {"boot_image_architecture": "x64", "target_architecture": "x86"},
            "boot_image_architecture",
            "starts only boot images of x86",
        ),
        (
            {"boot_image_architecture": "x64", "target_architecture": "arm64"},
            "boot_image_architecture",
            "only boot images of arm64",
        ),
    ],
)
def test_a_broken_rule_is_the_only_problem(answers: dict[str, Any], field: str, rule: str) -> None:
    (problem,) = problems(**answers)
    assert problem.field == field
    assert any(part in problem.rule for part in rule.replace("\\\\", "\\").split("|"))
    assert problem.source


@pytest.mark.parametrize(
    "answers",
    [
        {"product_key": KEY},
        {"product_key": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="},
        {"product_key": "%ProductKey%"},
        {"destination": r"\\server\images\%ImageName%.wim"},
        {"destination": r"\\server\images\%ImageFile%"},
        {"destination": r"%Share%\reference.wim"},
        {"destination": "%Destination%"},
        {"account": "%Account%"},
        {"account": r"%Domain%\capture"},
        {"server_licensing": "per-server", "max_server_connections": 9999},
        {**IN_DOMAIN, "domain_ou": "LDAP://OU=Build\\, new,OU=Labs,DC=contoso,DC=com"},
        {**IN_DOMAIN, "domain_ou": "CN=Computers,DC=contoso,DC=com"},
        {**IN_DOMAIN, "domain_ou": "%OU%"},
        {"boot_image_architecture": "x86", "target_architecture": "x64"},
        {"image_index": 4, "image_count": 4},
        {"applications": ["a", "b"], "continue_on_application_error": True},
        {"applications": [{"name": "a", "DisplayName": "A"}, ts.ApplicationInfo(name="b")]},
        {"image_package": None, "install_package": "ABC00011"},
    ],
)
def test_what_the_rules_allow_or_cannot_answer_is_made(answers: dict[str, Any]) -> None:
    assert ts.build_and_capture(**{**MINIMAL, **answers}).sequence.steps


def test_text_that_no_file_holds_is_told_by_its_field() -> None:
    found = problems(
        name="B\x01", version="\ud800", product_key=f"{KEY}\0",
        applications=["a", {"name": "b", "display_name": "\x02"}],
        client_properties="A=1\tB=2\r\n",
    )  # fmt: skip
    assert [(one.field, one.rule) for one in found] == [
        ("name", "U+0001 at position 1 cannot stand in XML: take it out"),
        ("product_key", "U+0000 at position 29 cannot stand in XML: take it out"),
        ("applications", "U+0002 at position 0 cannot stand in XML: take it out"),
        ("version", "U+D800 at position 0 cannot stand in XML: take it out"),
    ]


def test_all_problems_come_together_each_with_value_rule_and_source() -> None:
    found = problems(
        name="", product_key="hunter3", image_index=0, destination="x", account="a", updates="no"
    )
    assert [problem.field for problem in found] == [
        "name", "updates", "image_index", "product_key", "destination", "account",
    ]  # fmt: skip
    lines = [str(problem) for problem in found]
    assert lines[2] == (
        "image_index is 0: images are counted from 1 "
        "(Create Task Sequence Wizard, page Install Windows)"
    )
    assert lines[3].startswith("product_key is ***: give five groups")
    assert lines[4].endswith("(New-CMTaskSequence -OperatingSystemFilePath)")


def test_a_problem_of_a_class_names_property_and_qualifier() -> None:
    (problem,) = problems(version="1" * 40)
    assert problem.source == ("SMS_TaskSequence_CaptureSystemImageAction.ImageVersion, AllowedLen")


def test_a_long_value_is_not_repeated_whole() -> None:
    (problem,) = problems(description="x" * 5000)
    assert problem.value is not None
    assert len(problem.value) < 100


def test_a_value_is_told_once_and_as_it_was_typed() -> None:
    (problem,) = problems(version="1" * 40)
    assert str(problem).count("11111") == 8
    assert problem.rule == 'AllowedLen("0-32") allows 0 to 32 characters: shorten it by 8'
    (problem,) = problems(admin_password="hunter" * 60)
    assert problem.rule == 'AllowedLen("0-255") allows 0 to 255 characters: shorten it by 105'
    (problem,) = problems(destination=r"\\server\images\a.vhd")
    assert str(problem).startswith(r"destination is '\\server\images\a.vhd': let the file")
    (problem,) = problems(applications=["a", "a"])
    assert problem.value == "['a', 'a']"


@pytest.mark.parametrize("field", ["image_index", "name", "applications", "firmware"])
def test_a_number_that_python_does_not_write_out_is_told(field: str) -> None:
    (problem,) = problems(**{field: 10**5000})
    assert (problem.field, problem.value) == (field, "a number of about 5001 digits")


def test_what_may_fail_on_the_device_is_a_warning() -> None:
    assert warnings() == []
    assert [field for field, _ in warnings(password=None)] == ["account"]
    assert [field for field, _ in warnings(account=None, password=None)] == ["account"]
    assert [field for field, _ in warnings(client_properties="smssitecode=ABC")] == [
        "client_properties"
    ]
    assert [field for field, _ in warnings(**IN_DOMAIN)] == ["domain_account"]
    assert [field for field, _ in warnings(sysprep_package="ABC00020")] == ["sysprep_package"]


def test_capturing_alone_has_the_rules_of_its_fields() -> None:
    with pytest.raises(ts.AuthoringError) as caught:
        ts.capture_only(
            name="", boot_image="x", destination="y", account="z", in_domain=True, version="1" * 33
        )
    assert {problem.field for problem in caught.value.problems} == {
        "name", "boot_image", "destination", "account", "in_domain", "version",
    }  # fmt: skip


anything = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3))


names = st.sampled_from([field.name for field in fields_of("build-and-capture")])


@given(st.dictionaries(names, anything))
def test_no_answer_makes_anything_but_a_sequence_or_problems(answers: dict[str, Any]) -> None:
    """What passes the rules can be built and written; what does not says so and nothing else."""
    with suppress(ts.AuthoringError):
        made = ts.build_and_capture(**{**MINIMAL, **answers})
        # A character that XML cannot hold is told when it is written.
        with suppress(ts.DocumentError):
            assert not made.document().violations
