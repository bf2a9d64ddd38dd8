"""The methods of the package classes: signatures and meaning; this library calls none of them."""

from tasksequence.qualifiers import Method, Parameter

__all__ = [
    "METHODS_OF_BOOT_IMAGES",
    "METHODS_OF_DRIVER_PACKAGES",
    "METHODS_OF_IMAGES",
    "METHODS_OF_OS_INSTALL_PACKAGES",
    "METHODS_OF_SEQUENCE_PACKAGES",
]

_ADD_CHANGE_NOTIFICATION = Method(
    "AddChangeNotification", meaning="Tells the site that the package has changed."
)
_ADD_DISTRIBUTION_POINTS = Method(
    "AddDistributionPoints",
    (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
    meaning="Adds distribution points.",
)
_GET_IMAGE_PROPERTIES = Method(
    "GetImageProperties",
    (Parameter("SourceImagePath", "String", "in"), Parameter("ImageProperty", "String", "out")),
    static=True,
    meaning="Reads what a WIM says of its images, as XML text.",
)
_REFRESH_PKG_SOURCE = Method(
    "RefreshPkgSource",
    meaning="Refreshes the content on all distribution points, with the package as it is.",
)
_RELOAD_IMAGE_PROPERTIES = Method(
    "ReloadImageProperties", meaning="Reads the properties of the source WIM again, and keeps them."
)
_RUN_OFFLINE_SERVICING_MANAGER = Method(
    "RunOfflineServicingManager",
    (
        Parameter("SiteCode", "String", "in"),
        Parameter("ServerName", "String", "in"),
        Parameter("PackageID", "String", "in"),
        Parameter("PackageType", "UInt32", "in"),
    ),
    returns="UInt32",
    meaning="Starts the servicing of images as soon as possible.",
)
_SET_SOURCE_SITE = Method(
    "SetSourceSite",
    (Parameter("SourceSite", "String", "in"),),
    meaning="Sets the code of the source site.",
)
_UNLOCK = Method(
    "Unlock", meaning="Makes the current site the source site, which unlocks the package."
)
_DELETE_CONTEXT_ID = Method(
    "DeleteContextID",
    (Parameter("ContextID", "String", "in"),),
    meaning="Forgets a request to change drivers or components.",
)
_EXPORT_DEFAULT_BOOT_IMAGE = Method(
    "ExportDefaultBootImage",
    (
        Parameter("Architecture", "String", "in"),
        Parameter("ImageIndex", "UInt32", "in"),
        Parameter("ExportImagePath", "String", "in"),
    ),
    meaning="Writes the boot image that the site brought along to a file.",
)
# Only the page of SMS_ImagePackage calls it static.
_GET_IMAGE_PROPERTIES_OF_OBJECT = Method(
    "GetImageProperties",
    (Parameter("SourceImagePath", "String", "in"), Parameter("ImageProperty", "String", "out")),
    meaning="Reads what a WIM says of its images, as XML text.",
)
_QUERY_OSD_BINARY_INJECTION_STATUS = Method(
    "QueryOSDBinaryInjectionStatus",
    (
        Parameter("ContextID", "String", "in"),
        Parameter("Status", "UInt32", "out"),
        Parameter("Progress", "UInt32", "out"),
        Parameter("MaxProgress", "UInt32", "out"),
        Parameter("ProgressText", "String", "out"),
        Parameter("ErrorCode", "SInt32", "out"),
        Parameter("ExtendedErrorInfo", "String", "out"),
    ),
    meaning="Tells how far a request to change drivers or components is.",
)
_REFRESH_PKG_SOURCE_OF_BOOT_IMAGE = Method(
    "RefreshPkgSource",
    (Parameter("ContextID", "String", "in"),),
    meaning="Refreshes the content on all distribution points, with the package as it is.",
)
_UPDATE_DEFAULT_IMAGE = Method(
    "UpdateDefaultImage", meaning="Makes the boot image anew from that of the site."
)
_UPDATE_IMAGE = Method(
    "UpdateImage", meaning="Puts drivers and components into the boot image again."
)
_UPDATE_OPTIONAL_COMPONENTS = Method(
    "UpdateOptionalComponents",
    (Parameter("ComponentIds", "String[]", "in"),),
    meaning="Sets the components of Windows PE.",
)
_ADD_DRIVER_CONTENT = Method(
    "AddDriverContent",
    (
        Parameter("ContentIDs", "UInt32[]", "in"),
        Parameter("ContentSourcePath", "String[]", "in"),
        Parameter("bRefreshDPs", "Boolean", "in"),
    ),
    meaning="Adds drivers.",
)
_CHECK_SOURCE_FOLDER = Method(
    "CheckSourceFolder",
    (Parameter("SourceFolder", "String", "in"), Parameter("Result", "SInt32", "out")),
    returns="UInt32",
    meaning="Tells whether a folder can be the source.",
)
_REBUILD_PACKAGE = Method(
    "RebuildPackage",
    (Parameter("ContentSourcePath", "String", "in"),),
    meaning="Makes the content anew from its source.",
)
_REMOVE_DRIVER_CONTENT = Method(
    "RemoveDriverContent",
    (Parameter("ContentIDs", "UInt32[]", "in"), Parameter("bRefreshDPs", "Boolean", "in")),
    meaning="Removes drivers.",
)
_VALIDATE_NEW_PACKAGE_SOURCE = Method(
    "ValidateNewPackageSource",
    (Parameter("PackageSource", "String", "in"),),
    meaning="Tells whether a folder can become the source.",
)
_CHECK_REFERENCES_SHARE_TYPE = Method(
    "CheckReferencesShareType",
    (
        Parameter("PackageID", "String", "in"),
        Parameter("CanRunFromDP", "Boolean", "out"),
        Parameter("PacakgeIds", "String[]", "out"),
        Parameter("PackageNames", "String[]", "out"),
    ),
    returns="UInt32",
    meaning="Tells whether the references can be run from a distribution point.",
)
_GET_CLIENT_CONFIG_POLICIES = Method(
    "GetClientConfigPolicies",
    (
        Parameter("PolicyXmls", "String[]", "out"),
        Parameter("PolicyAssignmentXmls", "String[]", "out"),
    ),
    meaning="Gives the policies of client settings.",
)
_GET_CONTENT_HASH = Method(
    "GetContentHash",
    (
        Parameter("ContentID", "UInt32", "in"),
        Parameter("HashAlgID", "UInt32", "in"),
        Parameter("Hash", "String", "out"),
    ),
    meaning="Gives the hash of a content.",
)
_GET_PACKAGE_DEFAULT_HASH = Method(
    "GetPackageDefaultHash",
    (
        Parameter("PackageID", "String", "in"),
        Parameter("SourceVersion", "UInt32", "in"),
        Parameter("Hash", "String", "out"),
    ),
    meaning="Gives the hash of a package version.",
)
_GET_PACKAGE_HASH = Method(
    "GetPackageHash",
    (
        Parameter("PackageID", "String", "in"),
        Parameter("SourceVersion", "UInt32", "in"),
        Parameter("Hash", "String", "out"),
        Parameter("HashVersion", "UInt32", "out"),
    ),
    meaning="Gives the hash of a package version, and the version of the hash.",
)
_GET_SEQUENCE = Method(
    "GetSequence",
    (
        Parameter("TaskSequencePackage", "object:SMS_TaskSequencePackage", "in"),
        Parameter("TaskSequence", "object:SMS_TaskSequence", "out"),
    ),
    static=True,
    meaning="Gives the sequence of a package as objects.",
)
_GET_TS_POLICIES = Method(
    "GetTsPolicies",
    (
        Parameter("AdvertisementID", "String", "in"),
        Parameter("PackageID", "String", "in"),
        Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
        Parameter("AdvertisementName", "String", "in"),
        Parameter("AdvertisementComment", "String", "in"),
        Parameter("AdvertisementFlags", "UInt32", "in"),
        Parameter("BootImageID", "String", "in"),
        Parameter("SourceSite", "String", "in"),
        Parameter("PolicyXmls", "String[]", "out"),
        Parameter("PolicyAssignmentXmls", "String[]", "out"),
    ),
    meaning="Gives the policies of a deployment.",
)
_GET_TS_POLICIES_SA_MEDIA = Method(
    "GetTsPoliciesSaMedia",
    (
        Parameter("AdvertisementID", "String", "in"),
        Parameter("PackageID", "String", "in"),
        Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
        Parameter("AdvertisementName", "String", "in"),
        Parameter("AdvertisementComment", "String", "in"),
        Parameter("AdvertisementFlags", "UInt32", "in"),
        Parameter("BootImageID", "String", "in"),
        Parameter("SourceSite", "String", "in"),
        Parameter("PolicyXmls", "String[]", "out"),
        Parameter("PolicyAssignmentXmls", "String[]", "out"),
    ),
    meaning="Gives the policies of a deployment for stand-alone media.",
)
_GET_TS_RELATED_TO_DRIVER_CATEGORY = Method(
    "GetTSRelatedToDriverCategory",
    (
        Parameter("CategoryUniqueId", "String", "in"),
        Parameter("PacakgeIds", "String[]", "out"),
        Parameter("PackageNames", "String[]", "out"),
    ),
    returns="UInt32",
    meaning="Gives the sequences that use a driver category.",
)
_IMPORT_SEQUENCE = Method(
    "ImportSequence",
    (
        Parameter("SequenceXML", "String", "in"),
        Parameter("TaskSequence", "object:SMS_TaskSequence", "out"),
    ),
    static=True,
    meaning="Makes objects of the XML text of a sequence.",
)
_SET_SEQUENCE = Method(
    "SetSequence",
    (
        Parameter("TaskSequencePackage", "object:SMS_TaskSequencePackage", "in"),
        Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
        Parameter("SavedTaskSequencePackagePath", "String", "out"),
    ),
    static=True,
    meaning="Stores a sequence in a package, and derives its references and type.",
)

METHODS_OF_IMAGES = (
    _ADD_CHANGE_NOTIFICATION,
    _ADD_DISTRIBUTION_POINTS,
    _GET_IMAGE_PROPERTIES,
    _REFRESH_PKG_SOURCE,
    _RELOAD_IMAGE_PROPERTIES,
    _RUN_OFFLINE_SERVICING_MANAGER,
    _SET_SOURCE_SITE,
    _UNLOCK,
)

METHODS_OF_BOOT_IMAGES = (
    _ADD_CHANGE_NOTIFICATION,
    _ADD_DISTRIBUTION_POINTS,
    _DELETE_CONTEXT_ID,
    _EXPORT_DEFAULT_BOOT_IMAGE,
    _GET_IMAGE_PROPERTIES_OF_OBJECT,
    _QUERY_OSD_BINARY_INJECTION_STATUS,
    _REFRESH_PKG_SOURCE_OF_BOOT_IMAGE,
    _RELOAD_IMAGE_PROPERTIES,
    _SET_SOURCE_SITE,
    _UNLOCK,
    _UPDATE_DEFAULT_IMAGE,
    _UPDATE_IMAGE,
    _UPDATE_OPTIONAL_COMPONENTS,
)

METHODS_OF_OS_INSTALL_PACKAGES = (
    _ADD_CHANGE_NOTIFICATION,
    _ADD_DISTRIBUTION_POINTS,
    _GET_IMAGE_PROPERTIES_OF_OBJECT,
    _REFRESH_PKG_SOURCE,
    _RELOAD_IMAGE_PROPERTIES,
    _SET_SOURCE_SITE,
    _UNLOCK,
)

METHODS_OF_DRIVER_PACKAGES = (
    _ADD_CHANGE_NOTIFICATION,
    _ADD_DISTRIBUTION_POINTS,
    _ADD_DRIVER_CONTENT,
    _CHECK_SOURCE_FOLDER,
    _REBUILD_PACKAGE,
    _REFRESH_PKG_SOURCE,
    _REMOVE_DRIVER_CONTENT,
    _SET_SOURCE_SITE,
    _UNLOCK,
    _VALIDATE_NEW_PACKAGE_SOURCE,
)

METHODS_OF_SEQUENCE_PACKAGES = (
    _ADD_CHANGE_NOTIFICATION,
    _ADD_DISTRIBUTION_POINTS,
    _CHECK_REFERENCES_SHARE_TYPE,
    _GET_CLIENT_CONFIG_POLICIES,
    _GET_CONTENT_HASH,
    _GET_PACKAGE_DEFAULT_HASH,
    _GET_PACKAGE_HASH,
    _GET_SEQUENCE,
    _GET_TS_POLICIES,
    _GET_TS_POLICIES_SA_MEDIA,
    _GET_TS_RELATED_TO_DRIVER_CATEGORY,
    _IMPORT_SEQUENCE,
    _REFRESH_PKG_SOURCE,
    _SET_SEQUENCE,
    _SET_SOURCE_SITE,
    _UNLOCK,
)
