"""Words that are nearly those of a text, for searches that find nothing: PostgreSQL's trigrams (``pg_trgm``).

An index on ``upper(column::text) gin_trgm_ops`` serves these and every search for a part of a text alike.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, F, FloatField, Func, Lookup, Q, QuerySet, Value
from django.db.models.functions import Greatest, Upper

MOST_WORDS = 6
FEWEST_LETTERS = 3
SHORT = 6
"""Of words up to this length an exchange of two letters leaves too few trigrams; those are tried one by one."""
ALIKE_FROM = 0.4
SHOWN = 20


@CharField.register_lookup
class Alike(Lookup):  # type: ignore[type-arg]
    """``name__alike="strawbery"``: some part of the text is nearly this word, by the threshold of `lenient`."""

    lookup_name = "alike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        text, of_text = self.process_lhs(compiler, connection)
        word, of_word = self.process_rhs(compiler, connection)
        return f"UPPER({text}::text) %%> UPPER({word})", (*of_text, *of_word)


class WordLikeness(Func):
    """From 0 to 1, how much a word is like the nearest part of a text."""

    function = "word_similarity"
    output_field = FloatField()


class Likeness(Func):
    """From 0 to 1, how much two texts are like each other as a whole."""

    function = "similarity"
    output_field = FloatField()


@contextmanager
def lenient(threshold: float = ALIKE_FROM) -> Iterator[None]:
    """What counts as alike for the queries inside."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(threshold)])
        yield


def words_of(text: str) -> list[str]:
    """The words of what somebody typed that are long enough to be like anything."""
    return [word for word in text.upper().split() if len(word) >= FEWEST_LETTERS][:MOST_WORDS]


def is_like(field: str, word: str) -> Q:
    """That a text has the word, nearly."""
    found = Q(**{f"{field}__alike": word})
    for other in _exchanged(word):
        found |= Q(**{f"{field}__icontains": other})
    return found


def ranked(rows: QuerySet[Any], field: str, words: list[str], *, limit: int = SHOWN) -> list[Any]:
    """The rows whose field is most like the words, best first. Call it inside `lenient`."""
    text = Upper(F(field))
    score: Any = Likeness(Value(" ".join(words)), text)
    for word in words:
        likes: list[Any] = [WordLikeness(Value(one), text) for one in (word, *_exchanged(word))]
        score = score + (Greatest(*likes) if len(likes) > 1 else likes[0])
    return list(rows.annotate(likeness=score).order_by("-likeness", field, "pk")[:limit])


def most_alike(rows: QuerySet[Any], field: str, text: str, *, limit: int = SHOWN) -> list[Any]:
    """The rows of which a field has all words of the text, nearly; best first, none where the words are too short."""
    words = words_of(text)
    if not words:
        return []
    for word in words:
        rows = rows.filter(is_like(field, word))
    with lenient():
        return ranked(rows, field, words, limit=limit)


def _exchanged(word: str) -> list[str]:
    """A short word with two neighbours exchanged, each way there is."""
    if len(word) > SHORT:
        return []
    swaps = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    return [other for other in dict.fromkeys(swaps) if other != word]
