"""What a person should know after an import: short notes with examples, made from what landed."""

from typing import Any

from orders.imports.landing import Landed
from orders.imports.reading import Source

EXAMPLES = 60
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252 (it is no valid UTF-8)"}


def counted(count: int, noun: str) -> str:
    """``1 movement``, ``2,500 movements``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def notes_of(source: Source, landed: Landed, *, moves_stock: bool) -> list[dict[str, Any]]:
    """Notes in the order of their weight: ``{"title", "text", "items"}``."""
    notes = [_note("How it was read", _reading(source))]
    if not landed.documents_added:
        return notes
    notes += _about_articles(landed)
    notes += _about_documents(landed)
    if not moves_stock:
        notes.append(_note("Stock", "No movement and no stock level was touched, as asked."))
    elif landed.booked is not None:
        booked, below = landed.booked, landed.booked.below_zero
        text = f"{counted(booked.movements, 'movement')} on {counted(booked.levels, 'article')}."
        text += " The file knows no opening stock, and none was invented."
        text += f" Below zero until it is counted: {counted(below, 'article')}." if below else ""
        notes.append(_note("Stock", text))
    return notes


def _about_articles(landed: Landed) -> list[dict[str, Any]]:
    new = [article for article in landed.articles if article.known is None]
    merged = [article for article in landed.articles if len(article.spellings) > 1]
    renamed = [article for article in new if len(article.names) > 1]
    unnamed = [article.sku for article in new if not article.names]
    services = [article for article in new if not article.is_stocked]
    notes = []
    if merged:
        spelt = [" = ".join(spelling.code for spelling in article.spellings) for article in merged]
        notes.append(
            _note("Codes in mixed case", "Spellings of one code that share a description are one article.", spelt)
        )
    if services:
        listed = [f"{article.sku}: {article.name}" for article in services]
        notes.append(_note("Fees and vouchers", "These codes are no goods: they are sold, never stocked.", listed))
    if renamed:
        listed = [f"{article.sku}: {article.name}, also {', '.join(article.names[1:4])}" for article in renamed]
        notes.append(
            _note("Several descriptions", "The article took the most frequent one; each line keeps its own.", listed)
        )
    if unnamed:
        notes.append(_note("Articles without a description", "They are named by their code.", unnamed))
    return notes


def _about_documents(landed: Landed) -> list[dict[str, Any]]:
    kinds = {str(kind): int(count) for kind, count in landed.remarks["kinds"]}
    notes = [_note("Tax", "The file knows no tax: every line was taken over with a rate of 0.")]
    if refunds := kinds.get("refund", 0):
        notes.append(_note("Cancellations", f"{counted(refunds, 'refund')}, with negative lines as in the file."))
    if adjusted := kinds.get("adjustment", 0):
        text = f"{counted(adjusted, 'document')} of bad debt, or of goods written off without a price."
        notes.append(_note("Adjustments", text))
    documents, lines = landed.remarks["anonymous"][0]
    if documents:
        text = f"{counted(documents, 'document')} with {counted(lines, 'line')}. The country is kept as a note."
        notes.append(_note("Without a customer", text))
    if minutes := landed.remarks["minutes"][0][0]:
        text = f"{counted(minutes, 'document')} with lines of different times, dated by the first."
        notes.append(_note("Times", text))
    if customers := landed.remarks["customers"][0][0]:
        text = f"{counted(customers, 'document')} with lines of different customers, filed under the first."
        notes.append(_note("More than one customer", text))
    if countries := [str(row[0]) for row in landed.remarks["countries"]]:
        text = "These customers bought from several countries; the latest is kept, each document keeps its own."
        notes.append(_note("Several countries", text, countries))
    return notes


def _reading(source: Source) -> str:
    text = f"Encoding {ENCODINGS[source.encoding]}"
    if source.delimiter != ",":
        text += f", separated by {'semicolons' if source.delimiter == ';' else 'tabs'}"
    if source.extra_columns:
        text += f"; these columns were left out: {', '.join(name[:40] for name in source.extra_columns[:20])}"
    return text + "."


def _note(title: str, text: str, items: list[str] | None = None) -> dict[str, Any]:
    found = items or []
    return {
        "title": title,
        "text": text,
        "count": len(found),
        "items": [item.replace("\0", "\u2400") for item in found[:EXAMPLES]],
    }
