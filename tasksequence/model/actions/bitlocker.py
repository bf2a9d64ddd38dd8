"""Steps that turn BitLocker on and off (menu Disks)."""

from tasksequence.class_rules import OnlyOneOf
from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import BitLockerKeyMode, RecoveryPasswordStore, RunIn
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    AllowedLen,
    CommandLine,
    CommandLineArg,
    Observed,
    RequiredIfNotNull,
    RequiredIfNull,
    ValueMap,
    ValueRange,
    VariableName,
    VariablePrefix,
    not_null,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = ["DisableBitLockerAction", "EnableBitLockerAction", "OfflineEnableBitLockerAction"]


@wmi_class(
    "SMS_TaskSequence_EnableBitLockerAction",
    CommandLine(
        "OSDBitLocker.exe /enable <?1: /drive:%1><?2: /wait:%2><?3: /mode:%3><?4: "
        "/keydrive:%4><?5: /pwd:%5>"
    ),
    ActionCategory("Disks,4,3"),
    ActionUI("EnableBitLockerControl"),
    VariablePrefix("OSDBitLocker"),
    observed=Observed(
        command_line=(
            "OSDBitLocker.exe /enable <?TargetDrive: /drive:<TargetDrive>>"
            "<?WaitForEncryption: /wait:<WaitForEncryption>><?Mode: /mode:<Mode>>"
            "<?StartupKeyDrive: /keydrive:<StartupKeyDrive>><?CreateRecoveryPassword: "
            "/pwd:<CreateRecoveryPassword>><?EncryptFullDisk: /full:<EncryptFullDisk>>"
            "<?EncryptMethod: /crypt:<EncryptMethod>><?SkipWhenNoValidTPM: "
            "/ignoretpm:<SkipWhenNoValidTPM>>"
        )
    ),
)
class EnableBitLockerAction(Action):
    """Enable BitLocker on a drive of the running Windows."""

    create_recovery_password: RecoveryPasswordStore | str = prop(
        "CreateRecoveryPassword", CommandLineArg(5), not_null, default="AD"
    )
    mode: BitLockerKeyMode | str | None = prop(
        "Mode", CommandLineArg(3), RequiredIfNull("TargetDrive"), default=None
    )
    pin: SecretText | None = prop(
        "PIN", VariableName("OSDBitLockerPIN"), secret, AllowedLen("0-255"), default=None
    )
    startup_key_drive: str | None = prop("StartupKeyDrive", CommandLineArg(4), default=None)
    target_drive: str | None = prop("TargetDrive", CommandLineArg(1), default=None)
    wait_for_encryption: bool = prop(
        "WaitForEncryption", CommandLineArg(2), not_null, default=False
    )
    encrypt_method: UInt32 | None = prop("EncryptMethod", default=0, hidden=True)
    """0 leaves the choice to Windows."""
    skip_when_no_valid_tpm: bool | None = prop("SkipWhenNoValidTPM", default=False, hidden=True)
    encrypt_full_disk: bool | None = prop("EncryptFullDisk", default=None, hidden=True)
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_DisableBitLockerAction",
    CommandLine("OSDBitLocker.exe /disable <?1: /drive:%1>"),
    ActionCategory("Disks,5,3"),
    ActionUI("DisableBitLockerControl"),
    VariablePrefix("OSDBitLocker"),
)
class DisableBitLockerAction(Action):
    """Disable BitLocker: suspends protection, without decrypting."""

    target_drive: str | None = prop("TargetDrive", CommandLineArg(1), default=None)
    reboot_count: UInt32 | None = prop("RebootCount", default=1)
    """Restarts during which protection stays off."""
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_OfflineEnableBitLockerAction",
    CommandLine(
        "OSDOfflineBitlocker.exe /enable <?1: /disk:%1><?2: /part:%2><?3: /drive:%3>"
        "<?4: /drive:%%%4%%><?5: /ignoretpm:%5>"
    ),
    ActionCategory("Disks,6,3"),
    ActionUI("OfflineBitlockerControl"),
    VariablePrefix("OSDBitLocker"),
    observed=Observed(
        command_line=(
            "OSDOfflineBitlocker.exe /enable <?DestinationDisk: /disk:<DestinationDisk>>"
            "<?DestinationPartition: /part:<DestinationPartition>>"
            "<?DestinationLogicalDrive: /drive:<DestinationLogicalDrive>>"
            "<?DestinationVariable: /drive:%<DestinationVariable>%><?SkipWhenTPMInvalid: "
            "/ignoretpm:<SkipWhenTPMInvalid>><?EncryptFullDisk: /full:<EncryptFullDisk>>"
        )
    ),
    rules=(
        OnlyOneOf("DestinationDisk", ("DestinationLogicalDrive", "DestinationVariable")),
        OnlyOneOf("DestinationLogicalDrive", ("DestinationVariable",)),
    ),
)
class OfflineEnableBitLockerAction(Action):
    """Pre-provision BitLocker: encrypts a drive from Windows PE."""

    destination_disk: UInt32 | None = prop(
        "DestinationDisk", CommandLineArg(1), ValueRange("0-99"), default=None
    )
    destination_logical_drive: str | None = prop(
        "DestinationLogicalDrive",
        CommandLineArg(3),
        ValueMap(
            (
                "C:",
                "D:",
                "E:",
                "F:",
                "G:",
                "H:",
                "I:",
                "J:",
                "K:",
                "L:",
                "M:",
                "N:",
                "O:",
                "P:",
                "Q:",
                "R:",
                "S:",
                "T:",
                "U:",
                "V:",
                "W:",
                "X:",
                "Y:",
                "Z:",
            )
        ),
        default=None,
    )
    destination_partition: UInt32 | None = prop(
        "DestinationPartition",
        CommandLineArg(2),
        RequiredIfNotNull("DestinationDisk"),
        ValueRange("1-99"),
        default=None,
    )
    destination_variable: str | None = prop("DestinationVariable", CommandLineArg(4), default=None)
    skip_when_tpm_invalid: bool = prop("SkipWhenTPMInvalid", CommandLineArg(5), not_null)
    encrypt_full_disk: bool | None = prop("EncryptFullDisk", default=False, hidden=True)
    encrypt_method: UInt32 | None = prop("EncryptMethod", default=0)
    """0 leaves the choice to Windows."""
    # Its page prints a ValueMap for the environment, which most others do not.
    supported_environment: RunIn | str = prop(
        "SupportedEnvironment",
        not_null,
        ValueMap(("WinPE", "FullOS", "WinPEandFullOS")),
        default="WinPE",
        variable="",
    )
