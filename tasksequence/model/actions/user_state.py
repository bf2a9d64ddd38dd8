"""Steps that keep the user's files and settings over an installation (menu User State)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import FileAccess, RequestType, RunIn, UserStateMode
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    CommandLine,
    CommandLineArg,
    TaskSequencePackage,
    ValueRange,
    VariableName,
    VariablePrefix,
    global_,
    not_null,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "CaptureUserStateAction",
    "ReleaseStateStoreAction",
    "RequestStateStoreAction",
    "RestoreUserStateAction",
]


@wmi_class(
    "SMS_TaskSequence_RequestStateStoreAction",
    CommandLine("osdsmpclient.exe /%1"),
    VariablePrefix("OSDState"),
    ActionCategory("UserState,1,4"),
    ActionUI("RequestStateStoreControl"),
)
class RequestStateStoreAction(Action):
    """Request State Store: a place on a state migration point, to capture to or restore from."""

    fallback_to_naa: bool | None = prop("FallbackToNAA", default=False)
    """Use the network access account where the computer account cannot connect."""
    request_type: RequestType | str = prop("RequestType", CommandLineArg(1), not_null)
    smp_retry_count: UInt32 | None = prop(
        "SMPRetryCount", global_, ValueRange("0-30"), default=None
    )
    smp_retry_time: UInt32 | None = prop("SMPRetryTime", global_, ValueRange("0-600"), default=None)
    """Seconds between two tries."""
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_CaptureUserStateAction",
    CommandLine(
        "osdmigrateuserstate.exe /collect "
        "/continueOnError:%%OSDMigrateContinueOnLockedFiles%% "
        "/skipefs:%%OSDMigrateSkipEncryptedFiles%%"
    ),
    VariablePrefix("OSDMigrate"),
    ActionCategory("UserState,2,4"),
    ActionUI("CaptureUserStateControl"),
)
class CaptureUserStateAction(Action):
    """Capture User State: runs USMT's ScanState."""

    config_files: list[str] | None = prop("ConfigFiles", default=None)
    continue_on_locked_files: bool = prop(
        "ContinueOnLockedFiles",
        not_null,
        VariableName("OSDMigrateContinueOnLockedFiles"),
        default=True,
    )
    enable_verbose_logging: bool = prop("EnableVerboseLogging", not_null, default=False)
    file_access: FileAccess | str = prop("FileAccess", not_null, default="Normal")
    mode: UserStateMode | str = prop("Mode", not_null, default="Simple")
    offline_user_state: bool = prop(
        "OfflineUserState", not_null, VariableName("_OSDMigrateOfflineUserState"), default=False
    )
    skip_encrypted_files: bool = prop(
        "SkipEncryptedFiles", not_null, VariableName("OSDMigrateSkipEncryptedFiles"), default=False
    )
    use_hardlinks: bool = prop(
        "UseHardlinks", not_null, VariableName("_OSDMigrateUseHardlinks"), default=False
    )
    usmt_package_id: str = prop(
        "UsmtPackageID", not_null, VariableName("_OSDMigrateUsmtPackageID"), TaskSequencePackage()
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_RestoreUserStateAction",
    CommandLine("osdmigrateuserstate.exe /apply /continueOnError:%%OSDMigrateContinueOnRestore%%"),
    VariablePrefix("OSDMigrate"),
    ActionCategory("UserState,3,4"),
    ActionUI("RestoreUserStateControl"),
)
class RestoreUserStateAction(Action):
    """Restore User State: runs USMT's LoadState."""

    config_files: list[str] | None = prop("ConfigFiles", default=None)
    continue_on_restore: bool = prop(
        "ContinueOnRestore", not_null, VariableName("OSDMigrateContinueOnRestore"), default=True
    )
    enable_verbose_logging: bool = prop("EnableVerboseLogging", not_null, default=False)
    local_account_password: SecretText | None = prop(
        "LocalAccountPassword", VariableName("OSDMigrateLocalAccountPassword"), secret, default=None
    )
    local_accounts: bool = prop(
        "LocalAccounts", VariableName("OSDMigrateLocalAccounts"), not_null, default=False
    )
    mode: UserStateMode | str = prop("Mode", not_null, default="Simple")
    usmt_restore_package_id: str = prop(
        "UsmtRestorePackageID",
        not_null,
        TaskSequencePackage(),
        VariableName("_OSDMigrateUsmtRestorePackageID"),
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_ReleaseStateStoreAction",
    CommandLine("osdsmpclient.exe /release"),
    VariablePrefix("OSDState"),
    ActionCategory("UserState,4,4"),
    ActionUI("ReleaseStateStoreControl"),
)
class ReleaseStateStoreAction(Action):
    """Release State Store: tells the state migration point that its place is no longer needed."""

    supported_environment: RunIn | str = runs_in("FullOS")
