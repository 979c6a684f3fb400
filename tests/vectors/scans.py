"""Makes ``scans.json``: scanned texts whose meaning is known because they are built from it, not read.

``python -m tests.vectors.scans`` writes the file. Check digits come from `biip`, which neither reader under test uses
for them, save the one inside a price.
"""

import json
from pathlib import Path
from typing import Any

from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit

FILE = Path(__file__).parent / "scans.json"
GS = "\x1d"
YEAR = 2026
RULES = {
    "none": [],
    "germany": [
        ["22IIIIVPPPPPC", 2],
        ["23IIIIVPPPPPC", 2],
        ["25IIIIVNNNNNC", 0],
        ["28IIIIVWWWWWC", 3],
        ["29IIIIVWWWWWC", 3],
    ],
    "britain": [["20IIIIIVPPPPC", 2], ["28IIIIIVPPPPC", 2]],
    "america": [["2IIIIIVPPPPC", 2]],
    "sweden": [["20IIIIIIPPPPC", 2], ["21IIIIIIPPPPC", 1], ["23IIIIIIWWWWC", 3], ["24IIIIIIWWWWC", 2]],
    "charged": [["22IIIIVPPPPPC", 2, True], ["28IIIIVWWWWWC", 3]],
    "own": [["99IIIWWWW", 3], ["98IIIXXNN", 0], ["7IIIPPPPP", 4]],
}


def gtin(body: str) -> str:
    return body + str(gs1_standard_check_digit(body))


def stored(code: str) -> str:
    """A right GTIN as the registry keeps it."""
    is_gtin = code.isdigit() and len(code) in (8, 12, 13, 14) and gtin(code[:-1]) == code and int(code) > 0
    return code.zfill(14) if is_gtin else code


def case(title: str, text: str, rules: str = "none", **says: Any) -> dict[str, Any]:
    return {"title": title, "text": text, "rules": rules, "says": {"form": "plain", **says}}


def plain() -> list[dict[str, Any]]:
    found = []
    for body in ("501234567890", "400638133393", "01234567890", "9638507", "1501234567890", "0123456"):
        code = gtin(body)
        for before, behind in (("", ""), ("]E0", ""), (" ", "\r\n"), ("]C0", "")):
            found.append(case("a GTIN", before + code + behind, plain=stored(code)))
        wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
        found.append(case("a wrong check digit is an own code", wrong, plain=stored(wrong)))
    others = ("TEA-100", "abc", "0000000000000", "12", "]", "]E", "A" * 80, "ÄÖ", "01", "011234", "(01", "10ABC")
    return found + [case("anything else as it is", text, plain=text) for text in others]


def carried() -> list[dict[str, Any]]:
    found = []
    numbers = ((1, "0.01", "0.001"), (1999, "19.99", "1.999"), (12000, "120", "12"), (500, "5", "0.5"))
    for item in ("1234", "0042", "9999"):
        for digits, price, weight in numbers:
            value = f"{digits:05}"
            inner = str(gs1_price_weight_check_digit(value))
            for prefix, kind, number in (("22", "P", price), ("28", "W", weight), ("25", "N", str(digits))):
                pattern = f"{prefix}IIIIV{kind * 5}C"
                items = [stored(gtin(f"{prefix}{item}000000")), item, item.lstrip("0")]
                code = gtin(f"{prefix}{item}{inner}{value}")
                where = "price" if kind == "P" else "quantity"
                items = list(dict.fromkeys(items))
                says = {where: number, "items": items, "rule": pattern, "plain": stored(code), "form": "embedded"}
                found.append(case(f"{kind} inside", code, "germany", **says))
    for item, cents, price in (("12345", "0250", "2.5"), ("00001", "9999", "99.99"), ("54321", "0001", "0.01")):
        inner = str(gs1_price_weight_check_digit(cents))
        code = gtin(f"20{item}{inner}{cents}")
        items = list(dict.fromkeys([stored(gtin(f"20{item}00000")), item, item.lstrip("0")]))
        says = {"form": "embedded", "price": price, "items": items, "rule": "20IIIIIVPPPPC"}
        found.append(case("a British price", code, "britain", plain=stored(code), **says))
        upc = gtin(f"2{item}{inner}{cents}")
        items = list(dict.fromkeys([stored(gtin(f"2{item}00000")), item, item.lstrip("0")]))
        says = {"form": "embedded", "price": price, "items": items, "rule": "2IIIIIVPPPPC"}
        found.append(case("a UPC-A", upc, "america", plain=stored(upc), **says))
        found.append(case("the same as EAN-13", f"0{upc}", "america", plain=stored(f"0{upc}"), **says))
        bad = gtin(f"20{item}{(int(inner) + 1) % 10}{cents}")
        says = {"form": "embedded", "rule": "20IIIIIVPPPPC", "problem": "measure-check-digit"}
        found.append(case("the price was misread", bad, "britain", plain=stored(bad), **says))
    for prefix, rule, value, told in (
        ("20", "20IIIIIIPPPPC", "1250", {"price": "12.5"}),
        ("21", "21IIIIIIPPPPC", "1250", {"price": "125"}),
        ("23", "23IIIIIIWWWWC", "1250", {"quantity": "1.25"}),
        ("24", "24IIIIIIWWWWC", "1250", {"quantity": "12.5"}),
    ):
        code = gtin(f"{prefix}004711{value}")
        items = [stored(gtin(f"{prefix}0047110000")), "004711", "4711"]
        found.append(
            case("Swedish", code, "sweden", plain=stored(code), form="embedded", items=items, rule=rule, **told)
        )
    return found + charged() + edges()


def charged() -> list[dict[str, Any]]:
    """A rule may say that the price inside is what the customer pays; a code that was tampered with says no price."""
    inner = str(gs1_price_weight_check_digit("00347"))
    code, weighed = gtin(f"221234{inner}00347"), gtin(f"281234{inner}00347")
    items = [stored(gtin("221234000000")), "1234"]
    says = {"form": "embedded", "price": "3.47", "items": items, "rule": "22IIIIVPPPPPC"}
    forged = gtin(f"221234{inner}00047")
    problem = {"form": "embedded", "rule": "22IIIIVPPPPPC", "problem": "measure-check-digit"}
    typed = code[:-1] + str((int(code[-1]) + 1) % 10)
    weight = {"form": "embedded", "quantity": "0.347", "items": [stored(gtin("281234000000")), "1234"]}
    return [
        case("a price that is charged", code, "charged", plain=stored(code), charges=True, **says),
        case("the same where it is shown", code, "germany", plain=stored(code), **says),
        case("another price on it", forged, "charged", plain=stored(forged), **problem),
        case("another check digit on it", typed, "charged", plain=stored(typed)),
        case("a weight", weighed, "charged", plain=stored(weighed), rule="28IIIIVWWWWWC", **weight),
    ]


def edges() -> list[dict[str, Any]]:
    zero, code = gtin("28123400000" + "0"), gtin("26123400000" + "1")
    broken = zero[:-1] + str((int(zero[-1]) + 3) % 10)
    long = gtin("23004711" + "0000")
    return [
        case(
            "no weight",
            zero,
            "germany",
            form="embedded",
            plain=stored(zero),
            rule="28IIIIVWWWWWC",
            problem="no-quantity",
        ),
        case(
            "no price",
            gtin("221234000000"),
            "germany",
            form="embedded",
            plain=stored(gtin("221234000000")),
            rule="22IIIIVPPPPPC",
            problem="no-price",
        ),
        case("no rule fits", code, "germany", plain=stored(code)),
        case("a wrong check digit fits no rule", broken, "germany", plain=stored(broken)),
        case(
            "no weight here, either",
            long,
            "sweden",
            form="embedded",
            plain=stored(long),
            rule="23IIIIIIWWWWC",
            problem="no-quantity",
        ),
        case(
            "no check digit at all",
            "991230450",
            "own",
            form="embedded",
            plain="991230450",
            items=["991230000", "123"],
            quantity="0.45",
            rule="99IIIWWWW",
        ),
        case(
            "digits that mean nothing",
            "981237712",
            "own",
            form="embedded",
            plain="981237712",
            items=["981230000", "123"],
            quantity="12",
            rule="98IIIXXNN",
        ),
        case(
            "four places of a price",
            "712312345",
            "own",
            form="embedded",
            plain="712312345",
            items=["712300000", "123"],
            price="1.2345",
            rule="7IIIPPPPP",
        ),
        case("letters fit no rule", "99123045A", "own", plain="99123045A"),
        case("too short for a rule", "99123045", "own", plain="99123045"),
        case(
            "an article without a number",
            "990000450",
            "own",
            form="embedded",
            plain="990000450",
            items=["990000000", "000"],
            quantity="0.45",
            rule="99IIIWWWW",
        ),
    ]


def elements() -> list[dict[str, Any]]:
    """Every combination of what a GS1 code may say, in the three ways it is written."""
    item = gtin("0950110102091")
    says: list[tuple[list[tuple[str, str]], dict[str, Any]]] = [
        ([], {}),
        ([("10", "ABC123")], {"lot": "ABC123"}),
        ([("17", "271231")], {"expires_on": "2027-12-31"}),
        ([("17", "270200")], {"expires_on": "2027-02-28"}),
        ([("17", "280200")], {"expires_on": "2028-02-29"}),
        ([("17", "760101")], {"expires_on": "2076-01-01"}),
        ([("17", "770101")], {"expires_on": "1977-01-01"}),
        ([("15", "270115")], {"expires_on": "2027-01-15"}),
        ([("15", "270115"), ("17", "270131")], {"expires_on": "2027-01-31"}),
        ([("11", "260101"), ("21", "SN/0-1")], {"serial": "SN/0-1"}),
        ([("30", "12")], {"quantity": "12"}),
        ([("30", "00000012")], {"quantity": "12"}),
        ([("3103", "001750")], {"quantity": "1.75", "unit": "kg"}),
        ([("3100", "000002")], {"quantity": "2", "unit": "kg"}),
        ([("3105", "123000")], {"quantity": "1.23", "unit": "kg"}),
        ([("3202", "000150")], {"quantity": "1.5", "unit": "lb"}),
        ([("3922", "1250")], {"price": "12.5"}),
        ([("3920", "7")], {"price": "7"}),
        ([("3932", "9781250")], {"price": "12.5", "currency": "978"}),
        ([("3933", "4140012345")], {"price": "12.345", "currency": "414"}),
        ([("3103", "000500"), ("3922", "399"), ("17", "261130"), ("10", "L-7")], {
            "quantity": "0.5", "unit": "kg", "price": "3.99", "expires_on": "2026-11-30", "lot": "L-7",
        }),
        ([("10", "L1"), ("21", "S1"), ("17", "300101")], {"lot": "L1", "serial": "S1", "expires_on": "2030-01-01"}),
        ([("240", "ADD"), ("10", "X")], {"lot": "X"}),
        ([("410", "9501101020917")], {}),
        ([("8005", "001234")], {}),
        ([("91", "own words")], {}),
        ([("3370", "000123"), ("10", "K")], {"lot": "K"}),
    ]  # fmt: skip
    found = []
    for more, told in says:
        parts = [("01", item), *more]
        says_all = {"form": "gs1", "items": [item], **told}
        body = written(parts)
        marked = [f"]C1{body}", f"]d2{body}", f"]Q3{GS}{body}", GS + body]
        for text in (*marked, "".join(f"({name}){value}" for name, value in parts)):
            bare = text[3:] if text.startswith("]") else text
            found.append(case(f"GS1 {more}", text, plain=stored(bare.strip(GS)), **says_all))
    bare = written([("01", item), ("3103", "001750")])
    found.append(case("without any mark", bare, plain=bare, form="gs1", items=[item], quantity="1.75", unit="kg"))
    variable = gtin("9950110102091")
    inner = gtin("0950110102091")
    text = f"]e0{written([('01', variable), ('3103', '000250')])}"
    found.append(
        case("a variable piece", text, plain=text[3:], form="gs1", items=[variable, inner], quantity="0.25", unit="kg")
    )
    text = f"]C1{written([('02', item), ('37', '24')])}"
    found.append(case("what is inside", text, plain=text[3:], form="gs1", items=[item], quantity="24"))
    return found


def written(parts: list[tuple[str, str]]) -> str:
    """An element string: a separator behind what has no fixed length, unless it is the last."""
    text = ""
    for place, (name, value) in enumerate(parts):
        is_fixed = name[:2] in ("01", "02", "11", "15", "17", "31", "32", "33", "41")
        text += name + value + ("" if is_fixed or place == len(parts) - 1 else GS)
    return text


def nonsense() -> list[dict[str, Any]]:
    item = gtin("0950110102091")
    wrong = item[:-1] + str((int(item[-1]) + 1) % 10)
    bodies = {
        "gs1-malformed": ["01095011010209", f"01{item}17", f"01{item}1727123", f"01{item}XX", f"01{item}3106000001",
                          f"01{item}30", f"01{item}3012A", f"01{item}18ABC", f"01{item}10{'L' * 21}",
                          f"01{item}17A71231",
                          f"01{item}3922", f"01{item}392212A", f"01{item}5ABC", f"01{item}10ü", f"01{item}30123456789"],
        "gs1-twice": [f"01{item}10A{GS}10B", f"01{item}3103000001" + "3103000002"],
        "gs1-no-item": ["10ABC", "17271231", "00123456789012345675"],
        "gs1-check-digit": [f"01{wrong}", f"01{wrong}10A", "0100000000000000"],
        "impossible-date": [f"01{item}17271301", f"01{item}17270230", f"01{item}17270431", f"01{item}17270001",
                            f"01{item}11269999"],
        "no-quantity": [f"01{item}3103000000", f"01{item}300", f"01{item}3202000000"],
        "no-price": [f"01{item}39220", f"01{item}393297800"],
        "too-precise": [f"01{item}3105000001", f"01{item}3104000101", f"01{item}392512345"],
    }  # fmt: skip
    found = [
        case(problem, f"]C1{body}", form="gs1", plain=stored(body), problem=problem)
        for problem, texts in bodies.items()
        for body in texts
    ]
    for text in ("(01)123", "(01)", f"(01){item}(17)2712", f"(01){item} (10)A", f"(01){item}(10)A)", "(5)A"):
        is_bracket = text.startswith("(01)") and text != "(01)"
        says = {"form": "gs1", "problem": "gs1-malformed"} if is_bracket else {}
        found.append(case("brackets that are none", text, plain=text, **says))
    found.append(case("digits that only look like it", f"01{item}99", plain=f"01{item}99"))
    return found


def everything() -> dict[str, Any]:
    return {"year": YEAR, "rules": RULES, "cases": [*plain(), *carried(), *elements(), *nonsense()]}


def as_text() -> str:
    whole = everything()
    lines = ",\n".join(json.dumps(one, ensure_ascii=True) for one in whole["cases"])
    return f'{{"year": {YEAR},\n"rules": {json.dumps(whole["rules"])},\n"cases": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(as_text())
