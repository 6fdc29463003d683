"""Countries, by their codes in ISO 3166-1 alpha-2."""

type Country = str

_COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()
)


# Where the post knows no codes; Universal Postal Union, addressing systems of its members.
_WITHOUT_POSTAL_CODES = frozenset(
    """
    AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK JM KI KM KN KP LC ML MO
    MR MW NR NU PA QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TV UG VU YE ZW
    """.split()
)

# Where the postal code is written after the city; elsewhere it comes first.
_CODE_LAST = frozenset(
    "AU BD BH BN CA GB GG HK ID IE IM IN JE JO JP KH KR LB LV MM MT MV NG NP NZ PK SA SG TH TW US VN".split()
)


def is_country(code: str) -> bool:
    """Whether there is one; codes are in capital letters, and the United Kingdom's is GB."""
    return code in _COUNTRIES


def has_code_last(code: Country) -> bool:
    """Whether the postal code is written after the city there, not before it."""
    return code in _CODE_LAST


def has_postal_codes(code: Country) -> bool:
    """Whether an address there is incomplete without one."""
    return code not in _WITHOUT_POSTAL_CODES
