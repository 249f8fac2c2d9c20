"""Text to document: reads YAML or JSON and says everything that is wrong with it at once. Never raises for what a person wrote."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ValidationError

from mappings.diagnostic import Diagnostic, MappingError, has_errors
from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.validation import find_faults
from mappings.document.schema import Document
from mappings.document.text.json_nodes import json_node
from mappings.document.text.nodes import LARGEST_TEXT, Node, Tree, UnreadableError, plain_tree
from mappings.document.text.places import Positions
from mappings.document.text.repair import still_to_say
from mappings.document.text.shape import report_shape
from mappings.document.text.yaml_nodes import yaml_node
from mappings.numbers import count_of


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What came of a text. `document` is None where its shape is broken; it may be there and still have errors."""

    document: Document | None
    diagnostics: tuple[Diagnostic, ...] = ()
    positions: Positions = field(default_factory=Positions)

    def require(self) -> Document:
        """The document; raises MappingError with every diagnostic where any of them refuses it."""
        if self.document is None or has_errors(self.diagnostics):
            raise MappingError(self.diagnostics)
        return self.document


def decode_text(data: bytes, file: str = "") -> str:
    """The text of a mapping file; raises MappingError, with the place, where its bytes are no UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = (
            before.count(b"\n") + 1,
            len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1,
        )
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    message = (
        "this file is UTF-16 text" if wide else "this byte is no UTF-8, so the file has another encoding"
    )
    found = Diagnostic(
        code=str(Code.ENCODING),
        message=message,
        line=line,
        column=column,
        remedy="save it as UTF-8 (in PowerShell: Set-Content -Encoding utf8)",
        file=file,
    )
    raise MappingError([found])


def read_document(text: str, file: str = "") -> DocumentResult:
    """Shape and cross-references of a mapping document in YAML or JSON, without a Jira; all findings in text order."""
    try:
        tree = _tree(text, file)
    except UnreadableError as refusal:
        return DocumentResult(None, (_refused(refusal, file),), Positions(file))
    report = Report(tree.positions)
    for path in tree.repeated:
        message = f"the key `{path[-1]}` stands here more than once"
        report.add(Code.DUPLICATE_KEY, message, path, value=path[-1], remedy="keep one of them", key=True)
    if not isinstance(tree.plain, dict):
        _report_root(tree, report)
        return DocumentResult(None, report.diagnostics(), tree.positions)
    document = _document(tree.plain, report)
    return DocumentResult(document, report.diagnostics(), tree.positions)


def _document(plain: dict[str, object], report: Report) -> Document | None:
    try:
        document = Document.model_validate(plain)
    except ValidationError as error:
        report_shape(error, plain, report)
        report.found += still_to_say(plain, report)
        return None
    if type(version := plain["version"]) is not int:
        # true and 1.0 equal 1. Documents that were read once are read on, so it is no error.
        message = f"{show_value(version)} is taken for the number 1 here"
        remedy = "write `version: 1`"
        report.warn(Code.UNKNOWN_VALUE, message, ("version",), value=version, valid=("1",), remedy=remedy)
    find_faults(document, report)
    return document


def _tree(text: str, file: str) -> Tree:
    if len(text) > LARGEST_TEXT:
        message = f"the text has {count_of(len(text), 'character')}; at most {LARGEST_TEXT} are read"
        raise UnreadableError(
            code=Code.DOCUMENT_TOO_LARGE,
            message=message,
            line=1,
            column=1,
            remedy="split it into several mappings",
        )
    return plain_tree(_node(text, file), file)


def _node(text: str, file: str) -> Node:
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith(("{", "[")):
        return yaml_node(text)
    try:
        return json_node(text)
    except UnreadableError as refusal:
        return _yaml_or(refusal, text, file)


def _yaml_or(refusal: UnreadableError, text: str, file: str) -> Node:
    """YAML may begin with a bracket too; where it is neither, the refusal of JSON is the clearer one."""
    if file.casefold().endswith(".json") or refusal.code == Code.DOCUMENT_TOO_LARGE:
        raise refusal
    try:
        return yaml_node(text)
    except UnreadableError as other:
        raise (other if file.casefold().endswith((".yaml", ".yml")) else refusal) from None


def _refused(refusal: UnreadableError, file: str) -> Diagnostic:
    return Diagnostic(
        code=str(refusal.code),
        message=refusal.message,
        line=refusal.line,
        column=refusal.column,
        remedy=refusal.remedy,
        file=file,
    )


def _report_root(tree: Tree, report: Report) -> None:
    if tree.plain is None:
        message, code = "the document is empty", Code.EMPTY_DOCUMENT
    else:
        message, code = (
            "the document has to be keys and values, beginning with `version: 1`",
            Code.NOT_A_MAPPING,
        )
    report.add(
        code,
        message,
        (),
        remedy="begin with one of the presets, like epics-as-objectives, and change it",
    )
