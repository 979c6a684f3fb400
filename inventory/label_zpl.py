"""Labels for a label printer that speaks ZPL II: pure text, no database. One label of the roll after the other."""

from collections.abc import Iterable

from inventory.codes import is_gtin, printed
from inventory.label_sheets import Label, Sheet

DOTS = 8
"""Per millimetre, as a printer of 203 dpi has them."""
SPECIAL = {"^": "_5E", "~": "_7E", "_": "_5F", "\\": "_5C"}
EAN = {8: "^B8N", 13: "^BEN"}


def labels_zpl(labels: Iterable[Label], *, sheet: Sheet) -> bytes:
    """The labels in the printer's language, UTF-8. Text cannot leave its field: what steers is written as a number."""
    width, height = round(sheet.width * DOTS), round(sheet.height * DOTS)
    head = f"^XA^CI28^PW{width}^LL{height}"
    return "".join(f"{head}{_fields(label, width, height)}^XZ\n" for label in labels).encode()


def _fields(label: Label, width: int, height: int) -> str:
    inner = width - 4 * DOTS
    title = f"^FO{2 * DOTS},{2 * DOTS}^A0N,26,26^FB{inner},2,0,L^FH{_field(label.title)}"
    price = f"^FO{2 * DOTS},76^A0N,46,46^FH{_field(label.price)}"
    sku = f"^FO{2 * DOTS},84^A0N,20,20^FB{inner},1,0,R^FH{_field(label.sku[:30])}"
    code = printed(label.code)
    bars = max(40, height - 128 - 40)
    if is_gtin(code) and len(code) in EAN:
        # The printer adds the check digit itself.
        return f"{title}{price}{sku}^FO{3 * DOTS},128^BY2{EAN[len(code)]},{bars},Y,N{_field(code[:-1])}"
    if code.isascii() and code.isprintable():
        return (
            f"{title}{price}{sku}^FO{3 * DOTS},128^BY{2 if len(code) <= 14 else 1}^BCN,{bars},Y,N,N,A^FH{_field(code)}"
        )
    return f"{title}{price}{sku}^FO{3 * DOTS},120^BQN,2,3^FH{_field('MA,' + code)}"


def _field(text: str) -> str:
    return f"^FD{''.join(SPECIAL.get(one, one) for one in text if one.isprintable())}^FS"
