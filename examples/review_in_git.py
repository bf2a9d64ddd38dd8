"""Show what changed between two exports of a sequence, as git would.

    python examples/review_in_git.py OLD NEW

OLD and NEW are files of any kind: export zips, object.xml, sequences, MDT's ts.xml.
"""

import difflib
import sys

import tasksequence as ts


def canonical_lines(path: str) -> list[str]:
    """One element a line, in a stable order; without passwords and product keys."""
    document = ts.load(path)
    for sequence in document.sequences:
        ts.blank_secrets(sequence)
    return ts.canonical_text(document).splitlines()


def main() -> None:
    old, new = sys.argv[1], sys.argv[2]
    lines = difflib.unified_diff(canonical_lines(old), canonical_lines(new), old, new, lineterm="")
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
