"""An NTFS volume in a file that looks like the system volume of a Windows machine.

Nothing in it comes from Windows: names, contents and permissions are made up from the seed, so
the same arguments give the same tree. Nothing is mounted either: the tree is written as an
uncompressed WIM, and `wimlib-imagex apply` puts that onto a volume fresh from `mkntfs`. This needs
neither root nor FUSE, and the standard library alone.
"""

from tests.support.reference_volume.volume import MissingProgramError, build

__all__ = ["MissingProgramError", "build"]
