"""Prints the tables of docs/audit.md, and draws its picture.

make audit
"""

import argparse

from audit import figure, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", help="file that gets the picture")
    flags = parser.parse_args()
    for text in table.tables():
        print(text, end="\n\n")
    if flags.figure:
        figure.drawn().savefig(flags.figure, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
