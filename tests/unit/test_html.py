"""Nothing that comes from outside can become a tag, an attribute or a script."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from smarther.drawing.html import Markup, element, join


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# Characters that HTML itself does not keep (NUL, carriage return, surrogates) prove nothing about escaping.
words = st.text(st.characters(exclude_categories=["Cc", "Cs"])) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "' onload='x", "</style><b>", "]]>"]
)


@given(text=words, value=words)
def test_text_and_attributes_come_back_as_they_went_in(text: str, value: str) -> None:
    seen = Seen(element("p", text, title=value))
    assert seen.tags == [("p", {"title": value})]
    assert seen.text == text


def test_markup_is_kept_and_nothing_is_left_out_but_none() -> None:
    assert element("p", element("b", "1 < 2"), None, Markup("<i></i>"), class_="a", stroke_width=2, title=None) == (
        '<p class="a" stroke-width="2"><b>1 &lt; 2</b><i></i></p>'
    )
    assert join(("<", Markup("<"))) == "&lt;<"


@given(text=st.text(st.characters()), value=st.text(st.characters()))
def test_whatever_the_text_it_is_well_formed(text: str, value: str) -> None:
    """Even half an emoji and control characters: they would make a chart's file that nobody opens."""
    ET.fromstring(element("p", text, title=value).encode())  # noqa: S314 - made here, not received


def test_what_xml_cannot_hold_is_shown_as_a_mark_and_nothing_else_is() -> None:
    assert element("p", "a\x00b\x1bc\ufffed\ud83de😀\t\u202e") == "<p>a\ufffdb\ufffdc\ufffdd\ufffde😀\t\u202e</p>"
