"""Steps that set the network and join a domain or workgroup."""

from tasksequence.class_rules import NeededWhen
from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import JoinType, NetbiosOptions, RunIn
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    AllowedLen,
    CommandLine,
    RequiredIfNull,
    VariableName,
    VariablePrefix,
    global_,
    not_null,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import SInt32, UInt32

__all__ = ["ApplyNetworkSettingsAction", "JoinDomainWorkgroupAction", "NetworkAdapterSettings"]


@wmi_class("SMS_TaskSequence_NetworkAdapterSettings")
class NetworkAdapterSettings(WmiObject):
    """One network adapter of an Apply Network Settings step."""

    name: str | None = prop("Name", AllowedLen("0-255"), default=None)
    index: UInt32 | None = prop("Index", default=None)
    mac_address: str = prop("MACAddress", not_null)
    enable_dhcp: bool = prop("EnableDHCP", not_null)
    ip_address_list: list[str] | None = prop("IPAddressList", default=None)
    subnet_mask: list[str] | None = prop("SubnetMask", default=None)
    gateways: list[str] | None = prop("Gateways", default=None)
    gateway_cost_metric: UInt32 | None = prop("GatewayCostMetric", default=None)
    dns_server_list: list[str] | None = prop("DNSServerList", default=None)
    enable_dns_registration: bool = prop("EnableDNSRegistration", not_null)
    enable_full_dns_registration: bool = prop("EnableFullDNSRegistration", not_null)
    enable_wins: bool = prop("EnableWINS", not_null)
    wins_server_list: list[str] | None = prop("WINSServerList", default=None)
    enable_lmhosts: bool = prop("EnableLMHOSTS", not_null)
    tcpip_netbios_options: NetbiosOptions | UInt32 | None = prop(
        "TcpipNetbiosOptions", default=None
    )
    """0: as DHCP says, 1: NetBIOS over TCP/IP on, 2: off."""
    enable_ip_protocol_filtering: bool = prop("EnableIPProtocolFiltering", not_null)
    ip_protocol_filter_list: list[str] | None = prop("IPProtocolFilterList", default=None)
    enable_tcp_filtering: bool = prop("EnableTCPFiltering", not_null)
    tcp_filter_port_list: list[SInt32] | None = prop("TCPFilterPortList", default=None)
    enable_udp_filtering: bool = prop("EnableUDPFiltering", not_null)
    udp_filter_port_list: list[SInt32] | None = prop("UDPFilterPortList", default=None)


@wmi_class(
    "SMS_TaskSequence_ApplyNetworkSettingsAction",
    CommandLine("osdnetsettings.exe configure"),
    VariablePrefix("OSD"),
    ActionCategory("Settings,3,7"),
    ActionUI("ApplyNetworkSettingsControl"),
    rules=(
        NeededWhen("DomainName", "NetworkJoinType", JoinType.DOMAIN),
        NeededWhen("WorkgroupName", "NetworkJoinType", JoinType.WORKGROUP),
    ),
)
class ApplyNetworkSettingsAction(Action):
    """Apply Network Settings: domain or workgroup, and the adapters, of the new Windows."""

    network_join_type: JoinType | UInt32 = prop("NetworkJoinType", not_null)
    """0 joins a domain, 1 a workgroup."""
    workgroup_name: str | None = prop(
        "WorkgroupName", RequiredIfNull("DomainName"), AllowedLen("1-32"), default=None
    )
    domain_name: str | None = prop(
        "DomainName", RequiredIfNull("WorkgroupName"), AllowedLen("1-255"), default=None
    )
    domain_ou_name: str | None = prop("DomainOUName", AllowedLen("0-32767"), default=None)
    domain_username: str | None = prop(
        "DomainUsername", VariableName("OSDJoinAccount"), default=None
    )
    domain_password: SecretText | None = prop(
        "DomainPassword", VariableName("OSDJoinPassword"), secret, default=None
    )
    adapters: list[NetworkAdapterSettings] | None = prop(
        "Adapters", global_, VariableName("OSDAdapter"), default=None
    )
    num_adapters: UInt32 | None = prop(
        "NumAdapters", global_, VariableName("OSDAdapterCount"), default=None
    )
    dns_domain: str | None = prop("DNSDomain", global_, default=None)
    dns_suffix_search_order: list[str] | None = prop("DNSSuffixSearchOrder", global_, default=None)
    enable_tcpip_filtering: bool | None = prop("EnableTCPIPFiltering", global_, default=False)


@wmi_class(
    "SMS_TaskSequence_JoinDomainWorkgroupAction",
    CommandLine("osdjoin.exe /type:%%OSDJoinType%%"),
    VariablePrefix("OSDJoin"),
    ActionCategory("General,4,1"),
    ActionUI("JoinDomainControl"),
    rules=(
        NeededWhen("DomainName", "Type", JoinType.DOMAIN),
        NeededWhen("WorkgroupName", "Type", JoinType.WORKGROUP),
    ),
)
class JoinDomainWorkgroupAction(Action):
    """Join Domain or Workgroup."""

    type: JoinType | UInt32 = prop("Type", not_null, VariableName("OSDJoinType"))
    """0 joins a domain, 1 a workgroup."""
    domain_name: str | None = prop("DomainName", AllowedLen("1-255"), default=None)
    domain_ou_name: str | None = prop("DomainOUName", AllowedLen("0-32767"), default=None)
    domain_username: str | None = prop(
        "DomainUsername", VariableName("OSDJoinAccount"), default=None
    )
    domain_password: SecretText | None = prop(
        "DomainPassword", VariableName("OSDJoinPassword"), secret, default=None
    )
    skip_reboot: bool | None = prop("SkipReboot", default=None)
    workgroup_name: str | None = prop("WorkgroupName", AllowedLen("1-32"), default=None)
    supported_environment: RunIn | str = runs_in("FullOS")
