"""Documents of Jira Cloud, read as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mappings.facts.catalogue import Field
from mappings.fields.paragraph import Paragraph

NOTES = Field(
    "customfield_10062",
    "Notes",
    "string",
    custom="com.atlassian.jira.plugin.system.customfieldtypes:textarea",
)


def test_lists_tables_and_inline_nodes_are_read_through() -> None:
    def text(words: str) -> dict[str, object]:
        return {"type": "text", "text": words}

    def node(kind: str, *content: object, **attrs: object) -> dict[str, object]:
        return {"type": kind, "content": list(content), "attrs": attrs}

    document = node(
        "doc",
        node("heading", text("State")),
        node("bulletList", node("listItem", node("paragraph", text("one"), node("hardBreak"), text("two")))),
        node(
            "paragraph",
            text("by "),
            node("mention", text="@Ann"),
            text(" "),
            node("emoji", shortName=":tada:"),
        ),
    )
    assert Paragraph().decode(document) == "State\none\ntwo\nby @Ann :tada:"


def test_depth_is_no_danger() -> None:
    deep: object = {"type": "text", "text": "core"}
    for _ in range(20_000):
        deep = {"type": "paragraph", "content": [deep]}
    assert Paragraph().decode(deep) == "core"


@given(st.text(max_size=200))
def test_what_is_written_reads_back_equal_in_both_versions(text: str) -> None:
    rich = Paragraph()
    assert rich.equal(rich.encode(text, NOTES, 3), text)
    assert rich.equal(rich.encode(text, NOTES, 2), text)
    assert rich.equal(rich.encode(text, NOTES, 3), rich.encode(text, NOTES, 2))


def test_version_two_takes_a_string() -> None:
    assert Paragraph().encode("one\ntwo", NOTES, 2) == "one\ntwo"
