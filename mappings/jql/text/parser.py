"""Reads JQL text into a tree by Jira's published grammar; what Jira parses, this parses. Checks no field and no value."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.diagnostic import Severity, did_you_mean, quote
from mappings.jql.findings import JqlError, JqlFinding, in_order
from mappings.jql.text.lexer import JqlToken, TokenKind, tokens_of, too_long
from mappings.jql.text.tree import (
    And,
    Clause,
    Condition,
    Empty,
    FieldName,
    FunctionCall,
    HistoryPart,
    JqlQuery,
    JqlValue,
    Not,
    Operand,
    Operator,
    Or,
    OrderBy,
    ValueGroup,
)
from mappings.jql.text.words import SYMBOLS_ELSEWHERE

DEEPEST = 50
"""Levels of parentheses and NOT."""
MOST_ITEMS = 1_000

COMPARISONS = ("=", "!=", "~", "!~", "<", "<=", ">", ">=")
OPERATORS = (
    *COMPARISONS,
    "in",
    "not in",
    "is",
    "is not",
    "was",
    "was not",
    "was in",
    "was not in",
    "changed",
)
HISTORY_WORDS = ("before", "after", "on", "during", "by")
TEXTS = (TokenKind.WORD, TokenKind.QUOTED)
VALUES = (TokenKind.WORD, TokenKind.QUOTED, TokenKind.NUMBER)
TYPOGRAPHIC = frozenset("“”„‟«»‘’‚")
"""Quotes of text processors. For Jira they are letters, so that they only show where they hold a blank or a sign."""


class _RefusedError(Exception):
    def __init__(self, finding: JqlFinding) -> None:
        self.finding = finding


def parse(text: str) -> JqlQuery:
    """The tree of a JQL; raises JqlError with everything that is wrong with its syntax."""
    query, findings = read(text)
    if findings:
        raise JqlError(findings)
    return query


def read(text: str) -> tuple[JqlQuery, tuple[JqlFinding, ...]]:
    """The tree of what could be read, and every syntax finding; conditions that could not be read are left out."""
    refusal = too_long(text)
    if refusal:
        return JqlQuery(text), (refusal,)
    tokens, findings = tokens_of(text)
    reader = _Reader(text, tokens)
    query = reader.query()
    unreadable = {(token.start, token.end) for token in tokens if token.kind is TokenKind.BAD}
    syntax = [finding for finding in reader.findings if (finding.position, finding.end) not in unreadable]
    return query, in_order([*findings, *syntax])


def lettered_quotes(text: str) -> Iterator[JqlFinding]:
    """A warning for each word that stands between the quotes of a text processor: Jira takes them for letters of the value."""
    for token in () if too_long(text) else tokens_of(text)[0]:
        word = token.value
        if token.kind is TokenKind.WORD and len(word) > 1 and {word[0], word[-1]} <= TYPOGRAPHIC:
            plain = word.strip("".join(TYPOGRAPHIC))
            yield JqlFinding(
                code="lettered-quotes",
                message=f"{word[0]} and {word[-1]} are letters of this value for Jira, and no quotes",
                position=token.start,
                end=token.end,
                remedy=f'write straight quotes: "{plain}"',
                severity=Severity.WARNING,
            )


class _Reader:
    def __init__(self, text: str, tokens: list[JqlToken]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.findings: list[JqlFinding] = []

    # -- tokens

    @property
    def token(self) -> JqlToken:
        return self.tokens[self.place]

    def take(self) -> JqlToken:
        token = self.tokens[self.place]
        if token.kind is not TokenKind.END:
            self.place += 1
        return token

    def at(self, *values: str) -> bool:
        return self.token.kind in (TokenKind.KEYWORD, TokenKind.SYMBOL) and self.token.value in values

    def accept(self, *values: str) -> JqlToken | None:
        return self.take() if self.at(*values) else None

    def expect(self, *values: str) -> JqlToken:
        if not self.at(*values):
            raise self.unexpected(*(value.upper() for value in values))
        return self.take()

    def unexpected(self, *valid: str, code: str = "unexpected", remedy: str = "") -> _RefusedError:
        token = self.token
        written = self.text[token.start : token.end]
        found = "the JQL ends" if token.kind is TokenKind.END else f"{quote(written)} stands"
        wanted = " or ".join(valid) if len(valid) < 3 else f"one of {', '.join(valid)}"
        message, to_do = f"{found} where {wanted} was expected", remedy or self.slip(valid)
        return _RefusedError(
            JqlFinding(
                code=code, message=message, position=token.start, end=token.end, valid=valid, remedy=to_do
            )
        )

    def slip(self, valid: tuple[str, ...]) -> str:
        """What to write instead, where what stands here is what people often write by mistake."""
        token = self.token
        before = self.tokens[self.place - 1] if self.place else token
        written = self.text[before.start : token.end]
        if not TYPOGRAPHIC.isdisjoint(written):
            return 'write straight quotes: "…"'
        if written in SYMBOLS_ELSEWHERE:
            return f"JQL writes {SYMBOLS_ELSEWHERE[written]}"
        if before is not token and before.kind in VALUES and token.kind in VALUES:
            words = f'put a value of several words in quotes: "{before.value} {token.value}"'
            return f"{words}, or a comma between two" if "," in valid else words
        return ""

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST + 1:  # the condition itself is none of them
            token = self.token
            message = f"the JQL is nested more than {DEEPEST} levels deep"
            raise _DepthError(
                JqlFinding("too-deep", message, token.start, token.end, remedy="remove parentheses and NOTs")
            )

    # -- clauses

    def query(self) -> JqlQuery:
        where: Clause | None = None
        order: tuple[OrderBy, ...] = ()
        try:
            if self.token.kind is not TokenKind.END and not self.at("order"):
                where = self.everything()
            if self.at("order"):
                order = self.order_by()
            if self.token.kind is not TokenKind.END:
                raise self.unexpected("the end of the text", "a comma")
        except _RefusedError as refused:
            self.findings.append(refused.finding)
        return JqlQuery(self.text, where, order)

    def everything(self) -> Clause | None:
        clauses = [self.either()]
        while self.token.kind is not TokenKind.END and not self.at("order"):
            self.findings.append(self.unexpected("AND", "OR", "ORDER BY").finding)
            self.skip(self.place)
            if self.accept(")") or not self.accept("and", "or"):
                continue
            clauses.append(self.either())
        return _joined(And, clauses)

    def either(self) -> Clause | None:
        clauses = [self.all()]
        while self.accept("or"):
            clauses.append(self.all())
        return _joined(Or, clauses)

    def all(self) -> Clause | None:
        clauses = [self.clause()]
        while self.accept("and"):
            clauses.append(self.clause())
        return _joined(And, clauses)

    def clause(self) -> Clause | None:
        depth, first = self.depth, self.place
        try:
            self.enter()
            return self.negated() or self.parenthesised() or self.condition()
        except _DepthError:
            raise
        except _RefusedError as refused:
            self.findings.append(refused.finding)
            self.skip(first)
            return None
        finally:
            self.depth = depth

    def skip(self, first: int) -> None:
        """Go on after an error: to the next AND, OR, ORDER BY or `)` of the level of the token numbered `first`."""
        read = [token.value for token in self.tokens[first : self.place] if token.kind is TokenKind.SYMBOL]
        level = read.count("(") - read.count(")")
        while self.token.kind is not TokenKind.END:
            if level <= 0 and (self.at("and", "or", ")") or self.at_order_by()):
                return
            level += self.at("(") - self.at(")")
            self.take()

    def at_order_by(self) -> bool:
        following = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        return self.at("order") and following.kind is TokenKind.KEYWORD and following.value == "by"

    def negated(self) -> Clause | None:
        word = self.accept("not", "!")
        if word is None:
            return None
        clause = self.clause()
        return Not(clause, word.start, clause.end) if clause else _NOTHING

    def parenthesised(self) -> Clause | None:
        if not self.accept("("):
            return None
        clause = self.either()
        self.expect(")")
        return clause or _NOTHING

    def condition(self) -> Condition:
        name = self.field("a field")
        operator = self.operator(name)
        operand: Operand | None = None
        if operator.name != "changed":
            operand = self.operand_of(operator.name)
        history = self.history(operator.name)
        return Condition(
            field=name,
            operator=operator,
            operand=operand,
            start=name.start,
            end=self.tokens[self.place - 1].end,
            history=history,
        )

    # -- fields and operators

    def field(self, wanted: str) -> FieldName:
        first = self.token
        if self.accept("cf"):
            return self.custom_field(first)
        if first.kind is TokenKind.NUMBER:
            self.take()
            return FieldName(first.value, first.start, first.end)
        if first.kind not in TEXTS:
            raise self.unexpected(wanted)
        self.take()
        properties = self.properties()
        end = self.tokens[self.place - 1].end
        return FieldName(first.value, first.start, end, properties=properties)

    def custom_field(self, first: JqlToken) -> FieldName:
        self.expect("[")
        if self.token.kind is not TokenKind.NUMBER or self.token.value.startswith("-"):
            raise self.unexpected("the number of a custom field")
        number = self.take().value
        self.expect("]")
        properties = self.properties()
        return FieldName(
            name="cf",
            start=first.start,
            end=self.tokens[self.place - 1].end,
            number=number,
            properties=properties,
        )

    def properties(self) -> tuple[str, ...]:
        found: list[str] = []
        while self.accept("["):
            found.append(self.value("the key of a property").text)
            self.expect("]")
            while self.token.kind in VALUES:
                found.append(self.take().value)
        return tuple(found)

    def operator(self, name: FieldName) -> Operator:
        first = self.token
        word = self.accept(*COMPARISONS, "in", "not", "is", "was", "changed")
        if word is None:
            raise self.no_operator(name)
        spelt = word.value
        if spelt == "not":
            self.expect("in")
            spelt = "not in"
        elif spelt in ("is", "was"):
            spelt += " not" if self.accept("not") else ""
            spelt += " in" if spelt.startswith("was") and self.accept("in") else ""
        return Operator(spelt, first.start, self.tokens[self.place - 1].end)

    def no_operator(self, name: FieldName) -> _RefusedError:
        remedy = ""
        if self.token.kind in VALUES:
            words = self.text[name.start : self.token.end].replace('"', "")
            remedy = f'a field name of several words stands in quotes: "{words}"'
            guess = did_you_mean(self.token.value, OPERATORS)
            remedy = f"{guess} {remedy}" if guess else remedy
        return self.unexpected(*OPERATORS, code="no-operator", remedy=remedy)

    # -- operands

    def operand_of(self, operator: str) -> Operand:
        if operator.endswith("in"):
            return self.list_operand(operator)
        if operator in ("is", "is not"):
            return self.empty(operator)
        if self.at("("):
            remedy = "use IN for a list" if operator in ("=", "was") else "use NOT IN for a list"
            raise self.unexpected("one value", code="list-not-allowed", remedy=remedy)
        if self.at("empty") and operator in ("<", "<=", ">", ">="):
            raise self.unexpected("a value", remedy="use IS EMPTY or IS NOT EMPTY")
        return self.single()

    def list_operand(self, operator: str) -> Operand:
        if self.at("("):
            return self.group()
        remedy = f'put the values in parentheses: {operator.upper()} ("…", "…")'
        operand = self.single() if self.token.kind in VALUES else None
        if isinstance(operand, FunctionCall):
            return operand
        self.place -= operand is not None
        raise self.unexpected("a list in parentheses", "a function", code="list-expected", remedy=remedy)

    def empty(self, operator: str) -> Empty:
        token = self.accept("empty")
        if token is None:
            other = "=" if operator == "is" else "!="
            raise self.unexpected("EMPTY", "NULL", remedy=f"use {other} to compare with a value")
        return Empty(token.start, token.end)

    def single(self) -> JqlValue | Empty | FunctionCall:
        token = self.accept("empty")
        if token:
            return Empty(token.start, token.end)
        value = self.value("a value", "a function")
        return self.call(value) if self.at("(") else value

    def value(self, *wanted: str) -> JqlValue:
        token = self.token
        if token.kind in VALUES:
            self.take()
            return JqlValue(
                text=token.value,
                start=token.start,
                end=token.end,
                number=token.kind is TokenKind.NUMBER,
                quoted=token.kind is TokenKind.QUOTED,
            )
        if token.kind is TokenKind.KEYWORD and token.value not in ("and", "or"):
            last = self.place
            while (
                self.tokens[last + 1].value.isalnum() and self.tokens[last + 1].kind is not TokenKind.KEYWORD
            ):
                last += 1
            words = self.text[token.start : self.tokens[last].end]
            raise self.unexpected(*wanted, code="reserved-word", remedy=f'put the value in quotes: "{words}"')
        raise self.unexpected(*wanted)

    def call(self, name: JqlValue) -> FunctionCall:
        self.expect("(")
        arguments: list[JqlValue] = []
        while not self.at(")"):
            arguments.append(self.value("an argument", '")"'))
            self.bounded(len(arguments))
            if not self.at(")"):
                self.expect(",")
                if self.at(")"):
                    raise self.unexpected("an argument")
        return FunctionCall(name.text, tuple(arguments), name.start, self.take().end)

    def group(self) -> ValueGroup:
        self.enter()
        first = self.expect("(")
        items = [self.item()]
        while self.accept(","):
            items.append(self.item())
            self.bounded(len(items))
        last = self.expect(")", ",")
        self.depth -= 1
        return ValueGroup(tuple(items), first.start, last.end)

    def item(self) -> Operand:
        return self.group() if self.at("(") else self.single()

    def bounded(self, count: int) -> None:
        if count > MOST_ITEMS:
            raise self.unexpected(
                f"at most {MOST_ITEMS:,} values", code="list-too-long", remedy="split the list"
            )

    # -- history and order

    def history(self, operator: str) -> tuple[HistoryPart, ...]:
        words = (*HISTORY_WORDS, "from", "to") if operator == "changed" else HISTORY_WORDS
        parts: list[HistoryPart] = []
        while operator.startswith(("was", "changed")) and self.at(*words):
            word = self.take()
            operand = self.item()
            parts.append(HistoryPart(word.value, operand, word.start, operand.end))
        return tuple(parts)

    def order_by(self) -> tuple[OrderBy, ...]:
        self.expect("order")
        self.expect("by")
        order = [self.sort()]
        while self.accept(","):
            order.append(self.sort())
        return tuple(order)

    def sort(self) -> OrderBy:
        name = self.field("a field to order by")
        direction = self.accept("asc", "desc")
        end = direction.end if direction else name.end
        return OrderBy(name, direction is not None and direction.value == "desc", name.start, end)


class _DepthError(_RefusedError):
    """Not recovered from: the rest is as deep."""


_NOTHING = And((), 0, 0)


def _joined(kind: type[And] | type[Or], clauses: list[Clause | None]) -> Clause | None:
    """One clause of several, leaving out what could not be read."""
    readable = [clause for clause in clauses if clause is not None and clause is not _NOTHING]
    if len(readable) < 2:
        return readable[0] if readable else None
    return kind(tuple(readable), readable[0].start, readable[-1].end)
