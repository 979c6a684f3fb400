"""The words of the live protocol, and the bytes of its frames: pure parts."""

import pytest
from wsproto.frame_protocol import FrameProtocol

from core.events import CATALOGUE
from realtime.sockets.straight import bytes_of
from realtime.sockets.topics import PRESENCE, TOPICS, UnknownTopic, read_topics, types_of, types_of_all, wants_presence


def test_every_event_belongs_to_a_topic_and_every_topic_to_events() -> None:
    assert types_of_all(list(TOPICS)) == set(CATALOGUE)
    empty = {topic for topic in TOPICS if not types_of(topic)}
    assert empty <= {PRESENCE, "purchasing"}


def test_topics_stand_beside_names_and_patterns() -> None:
    assert types_of("counts") == {name for name in CATALOGUE if name.startswith("count.")}
    assert "order.completed" in types_of("sale.*") and "stock.low" in types_of("alerts")
    assert read_topics("stock, order.completed,stock") == ("stock", "order.completed")
    assert read_topics("") == ("*",)
    assert wants_presence(("*",)) and wants_presence(("stock", "presence")) and not wants_presence(("stock",))


@pytest.mark.parametrize("word", ["weather", "order", "everything"])
def test_a_word_that_is_no_topic_is_named(word: str) -> None:
    with pytest.raises(UnknownTopic, match=word):
        read_topics(f"stock,{word}")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_made_once_is_the_frame_the_server_makes(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    assert len(text.encode()) == size
    assert bytes_of(text) == FrameProtocol(client=False, extensions=[]).send_data(text, fin=True)
