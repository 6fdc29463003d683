"""Invoices as PDF, set by typst from the templates beside this file; a function that uses this has the layer for it.

The layer is large and nobody else waits for it: only get_invoice has it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import typst

# Where pip has put the packages of fonts.
_FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_thai", "justmytype_intl_cjk", "justmytype_intl_rtl")
_HERE = Path(__file__).parent


def compiler() -> typst.Compiler:
    """To be made once: it reads the fonts. Those of the machine it does not see, or two machines would differ."""
    site = Path(typst.__file__).parents[1]
    found = [site / each for each in _FONTS if (site / each).is_dir()]
    return typst.Compiler(root=_HERE, font_paths=typst.Fonts(False, False, list(found)), ignore_system_fonts=True)


def pdf(compiler: typst.Compiler, said: Mapping[str, object], template: int, day: date) -> bytes:
    """A tagged PDF, the same bytes for the same `said`: texts, which are never markup.

    It is PDF/UA-1 unless there is a character that no font has: that is drawn as a box, which the standard forbids.
    """

    def made(*standards: Literal["ua-1"]) -> bytes:
        compiled = compiler.compile(
            _HERE / f"invoice-{template}.typ",
            format="pdf",
            sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
            pdf_standards=[*standards],
            timestamp=datetime.combine(day, time(), UTC),
        )
        return bytes(compiled)  # type: ignore[arg-type]

    try:
        return made("ua-1")
    except typst.TypstError:
        # Whoever wrote an emoji into their name gets an invoice all the same.
        return made()
