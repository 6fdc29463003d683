"""Tables that read alike on a terminal and in Markdown."""

from collections.abc import Sequence


def table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned: text to the left, numbers to the right."""
    texts = [columns, *lines]
    widths = [max(len(line[number]) for line in texts) for number in range(len(columns))]
    to_right = [bool(lines) and all(_is_number(line[number]) for line in lines) for number in range(len(columns))]

    def row(line: Sequence[str]) -> str:
        cells = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, to_right, strict=True)
        ]
        return f"| {' | '.join(cells)} |"

    rule = [f"{'-' * (width - 1)}:" if right else "-" * width for width, right in zip(widths, to_right, strict=True)]
    return "\n".join([row(columns), row(rule), *(row(line) for line in lines)])


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).isdecimal()
