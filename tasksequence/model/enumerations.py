"""Values that the class reference lists, as Python enums.

A property takes a member or its plain value. A file may hold values that no list has, newer ones or
ones spelt otherwise: they stay the plain text or number that they are, and compare as such.
`PartitionType("PRIMARY")` finds a member whatever the letter case.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

__all__ = [
    "ActionInProgress",
    "AddressType",
    "Architecture",
    "BitLockerKeyMode",
    "ContentLocation",
    "Day",
    "DiskType",
    "DynamicUpdate",
    "ExecutionPolicy",
    "FileAccess",
    "FileSystem",
    "ImageObjectType",
    "JoinType",
    "LicenseMode",
    "NetbiosOptions",
    "OSArchitecture",
    "OSType",
    "Operator",
    "OperatorType",
    "PackageFlags",
    "PackageType",
    "PartitionStyle",
    "PartitionType",
    "ProgramFlags",
    "RecoveryPasswordStore",
    "ReferenceType",
    "RegistryType",
    "RequestType",
    "RestartTarget",
    "RunIn",
    "SequenceFlags",
    "SequenceType",
    "ShareType",
    "SizeUnits",
    "SoftwareOperator",
    "SourceFlag",
    "UpdateTarget",
    "UserStateMode",
    "WeekOrder",
    "WinPEComponent",
]


class _Text(StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> _Text | None:
        folded = str(value).casefold()
        return next((member for member in cls if member.value.casefold() == folded), None)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class _Number(IntEnum):
    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class RunIn(_Text):
    """Where a step runs (SupportedEnvironment, XML: runIn)."""

    WIN_PE = "WinPE"
    FULL_OS = "FullOS"
    WIN_PE_AND_FULL_OS = "WinPEandFullOS"


class OperatorType(_Text):
    """How a condition operator joins its operands; the editor says All, Any, None."""

    AND = "and"
    OR = "or"
    NOT = "not"


class Operator(_Text):
    """How a condition compares."""

    EXISTS = "exists"
    NOT_EXISTS = "notExists"
    EQUALS = "equals"
    NOT_EQUALS = "notEquals"
    LESS = "less"
    LESS_EQUAL = "lessEqual"
    GREATER = "greater"
    GREATER_EQUAL = "greaterEqual"
    # On no class page; newer consoles write them in variable conditions.
    LIKE = "like"
    NOT_LIKE = "notLike"


class RegistryType(_Text):
    """Type of a registry value."""

    BINARY = "REG_BINARY"
    DWORD = "REG_DWORD"
    EXPAND_SZ = "REG_EXPAND_SZ"
    MULTI_SZ = "REG_MULTI_SZ"
    NONE = "REG_NONE"
    QWORD = "REG_QWORD"
    SZ = "REG_SZ"


class SoftwareOperator(_Text):
    """Which versions of an installed product count."""

    ANY_VERSION = "AnyVersion"
    THIS_VERSION = "ThisVersion"


class PartitionStyle(_Text):
    """Partition table of a disk."""

    GPT = "GPT"
    MBR = "MBR"


class DiskType(_Text):
    """Type of a disk; exports write Basic where the reference prints BASIC."""

    BASIC = "Basic"
    DYNAMIC = "Dynamic"


class PartitionType(_Text):
    """Type of a partition."""

    PRIMARY = "Primary"
    EXTENDED = "Extended"
    LOGICAL = "Logical"
    HIDDEN = "Hidden"
    EFI = "EFI"
    MSR = "MSR"
    # On no class page; exports of newer sites write it.
    RECOVERY = "Recovery"


class SizeUnits(_Text):
    """Unit of a partition's size; percent of the space that is left."""

    MB = "MB"
    GB = "GB"
    PERCENT = "Percent"
    # MDT's spelling.
    PERCENT_SIGN = "%"


class FileSystem(_Text):
    """File system of a partition."""

    FAT32 = "FAT32"
    NTFS = "NTFS"


class BitLockerKeyMode(_Text):
    """What unlocks the drive."""

    TPM = "TPM"
    KEY = "Key"
    TPM_AND_KEY = "TPMAndKey"
    TPM_AND_PIN = "TPMAndPIN"


class RecoveryPasswordStore(_Text):
    """Where the recovery password is kept."""

    NONE = "None"
    ACTIVE_DIRECTORY = "AD"
    # On no class page; exports of newer sites write it.
    CONFIG_MGR = "ConfigMgr"


class RestartTarget(_Text):
    """What a restart starts; MDT's templates leave it empty for the installed Windows."""

    HARD_DISK = "HD"
    WIN_PE = "WinPE"
    UNSAID = ""


class ExecutionPolicy(_Text):
    """Execution policy of PowerShell."""

    RESTRICTED = "Restricted"
    ALL_SIGNED = "AllSigned"
    REMOTE_SIGNED = "RemoteSigned"
    UNRESTRICTED = "Unrestricted"
    BYPASS = "Bypass"
    UNDEFINED = "Undefined"


class ContentLocation(_Text):
    """Where Download Package Content puts the content."""

    TS_CACHE = "TSCache"
    CCM_CACHE = "CCMCache"
    CUSTOM = "Custom"


class DynamicUpdate(_Text):
    """Dynamic update of Windows Setup; the reference spells the second one with one r."""

    DISABLE = "Disable"
    OVERIDE_POLICY = "OveridePolicy"


class LicenseMode(_Text):
    """Licensing of a Windows Server."""

    PER_SEAT = "PerSeat"
    PER_SERVER = "PerServer"


class UpdateTarget(_Text):
    """Which software updates are installed."""

    MANDATORY = "Mandatory"
    ALL = "All"


class RequestType(_Text):
    """What a state store is asked for."""

    CAPTURE = "capture"
    RESTORE = "restore"


class FileAccess(_Text):
    """How files in use are read while user state is captured."""

    NORMAL = "Normal"
    VSS = "VSS"


class UserStateMode(_Text):
    """Standard options of USMT, or the step's own files."""

    SIMPLE = "Simple"
    ADVANCED = "Advanced"


class OSArchitecture(_Text):
    """Word size that Check Readiness asks for."""

    ANY = ""
    BITS_32 = "32"
    BITS_64 = "64"


class OSType(_Text):
    """Kind of Windows that Check Readiness asks for."""

    CLIENT = "CLIENT"
    SERVER = "SERVER"


class Architecture(_Text):
    """Processor architecture of a boot image."""

    UNSAID = ""
    X86 = "x86"
    IA64 = "ia64"
    X64 = "x64"


class AddressType(_Text):
    """Preferred sender of a package."""

    NONE = ""
    LAN = "MS_LAN"
    MAPI = "MS_MAPI"
    RAS_ASYNC = "MS_ASYNC_RAS"
    RAS_ISDN = "MS_ISDN_RAS"
    RAS_X25 = "MS_X25_RAS"
    RAS_SNA = "MS_SNA_RAS"
    SNA_BATCH = "MS_BATCH_SNA"
    SNA_INTER = "MS_INTER_SNA"
    COURIER = "MS_COURIER"


class JoinType(_Number):
    """What a computer joins."""

    DOMAIN = 0
    WORKGROUP = 1


class NetbiosOptions(_Number):
    """NetBIOS over TCP/IP: as DHCP says, on, or off."""

    DHCP = 0
    ENABLED = 1
    DISABLED = 2


class ReferenceType(_Number):
    """What a reference of a sequence names."""

    PACKAGE = 0
    APPLICATION = 1


class SequenceType(_Number):
    """Kind of a task sequence."""

    GENERIC = 1
    OPERATING_SYSTEM_DEPLOYMENT = 2


class ActionInProgress(_Number):
    """What a site is doing with a package."""

    NONE = 0
    UPDATE = 1
    ADD = 2
    DELETE = 3


class PackageType(_Number):
    """Kind of a package."""

    REGULAR = 0
    DRIVER = 3
    TASK_SEQUENCE = 4
    SOFTWARE_UPDATES = 5
    DEVICE_SETTING = 6
    VIRTUAL_APPLICATION = 7
    APPLICATION = 8
    IMAGE = 257
    BOOT_IMAGE = 258
    OS_INSTALL = 259


class SourceFlag(_Number):
    """Where the source files of a package are."""

    NEEDS_SPECIFYING = 0
    NO_SOURCE = 1
    DIRECT = 2
    COMPRESS = 3
    LOCAL = 4


class ShareType(_Number):
    """Share of a package on distribution points."""

    COMMON = 1
    SPECIFIC = 2


class ImageObjectType(_Number):
    """Class of the package that an image belongs to."""

    OPERATING_SYSTEM_INSTALL_PACKAGE = 14
    IMAGE_PACKAGE = 18
    BOOT_IMAGE_PACKAGE = 19


class Day(_Number):
    """Day of the week."""

    SUNDAY = 1
    MONDAY = 2
    TUESDAY = 3
    WEDNESDAY = 4
    THURSDAY = 5
    FRIDAY = 6
    SATURDAY = 7


class WeekOrder(_Number):
    """Week of the month."""

    LAST = 0
    FIRST = 1
    SECOND = 2
    THIRD = 3
    FOURTH = 4


class WinPEComponent(_Number):
    """Optional component of Windows PE; 23 is not used."""

    DISM_CMDLETS = 1
    DOT3_SVC = 2
    ENHANCED_STORAGE = 3
    FMAPI = 4
    FONT_SUPPORT_JA_JP = 5
    FONT_SUPPORT_KO_KR = 6
    FONT_SUPPORT_ZH_CN = 7
    FONT_SUPPORT_ZH_HK = 8
    FONT_SUPPORT_ZH_TW = 9
    HTA = 10
    STORAGE_WMI = 11
    LEGACY_SETUP = 12
    MDAC = 13
    NET_FX4 = 14
    POWER_SHELL3 = 15
    PPPOE = 16
    RNDIS = 17
    SCRIPTING = 18
    SECURE_STARTUP = 19
    SETUP = 20
    SETUP_CLIENT = 21
    SETUP_SERVER = 22
    NOT_APPLICABLE = 23
    WDS_TOOLS = 24
    WIN_RE_CFG = 25
    WMI = 26


class ProgramFlags(IntFlag):
    """Flags of a task sequence's program; real ones also have bit 4, which no table names."""

    AUTHORIZED_DYNAMIC_INSTALL = 0x00000001
    USE_CUSTOM_PROGRESS_MSG = 0x00000002
    WINDOWS_CE = 0x00000100
    RUN_DEPENDANT_ALWAYS = 0x00000200
    COUNTDOWN = 0x00000400
    DISABLED = 0x00001000
    UNATTENDED = 0x00002000
    USERCONTEXT = 0x00004000
    ADMINRIGHTS = 0x00008000
    EVERYUSER = 0x00010000
    NOUSERLOGGEDIN = 0x00020000
    OKTOQUIT = 0x00040000
    OKTOREBOOT = 0x00080000
    USEUNCPATH = 0x00100000
    PERSISTCONNECTION = 0x00200000
    RUNMINIMIZED = 0x00400000
    RUNMAXIMIZED = 0x00800000
    HIDEWINDOW = 0x01000000
    OKTOLOGOFF = 0x02000000
    RUNACCOUNT = 0x04000000
    ANY_PLATFORM = 0x08000000
    STILL_RUNNING = 0x10000000
    SUPPORT_UNINSTALL = 0x20000000
    SHOW_IN_ARP = 0x80000000


class PackageFlags(IntFlag):
    """Flags of a package; real ones also have bits 0 and 7, which no table names."""

    DO_NOT_ENCRYPT_CONTENT_ON_CLOUD = 0x00800000
    DO_NOT_DOWNLOAD = 0x01000000
    PERSIST_IN_CACHE = 0x02000000
    USE_BINARY_DELTA_REP = 0x04000000
    NO_PACKAGE = 0x10000000
    USE_SPECIAL_MIF = 0x20000000
    DISTRIBUTE_ON_DEMAND = 0x40000000


class SequenceFlags(IntFlag):
    """Flags of a task sequence package."""

    DANGLING_REF = 0x00000001
