"""Codes on goods: check digits and the one form in which a code is stored (GS1 General Specifications, 7.9)."""

GTIN_LENGTHS = (8, 12, 13, 14)


def check_digit(digits: str) -> int:
    """The GS1 check digit of a number without it: weights 3, 1, 3, … from the right."""
    return -sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10


def is_gtin(code: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with the right check digit. All zeros is none."""
    return (
        code.isascii()
        and code.isdigit()
        and len(code) in GTIN_LENGTHS
        and int(code) != 0
        and check_digit(code[:-1]) == int(code[-1])
    )


def normalise(typed: str) -> str:
    """The stored form of a code: a GTIN as 14 digits, anything else without surrounding blanks."""
    code = typed.strip()
    return code.zfill(14) if is_gtin(code) else code


def printed(code: str) -> str:
    """A stored code as it stands on goods: 8 digits of a GTIN-8, 13 where a GTIN-14 has no packaging indicator."""
    if not (len(code) == 14 and code.isascii() and code.isdigit()):
        return code
    if code.startswith("000000"):
        return code[6:]
    return code[1:] if code.startswith("0") else code
