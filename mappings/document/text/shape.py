"""What pydantic says about the shape of a document, said in plain words at its place. Checks nothing itself."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mappings.diagnostic import did_you_mean
from mappings.document.checks.codes import Code
from mappings.document.checks.report import MOST_FINDINGS, Report, show_value
from mappings.document.part import parts
from mappings.document.schema import LONGEST_DAYS, LONGEST_GRACE, Document
from mappings.document.text.intention import MOST_GUESSES, decimal_comma, guess_value, synonym
from mappings.document.text.places import Path
from mappings.progress import PROGRESS_RULES
from mappings.progress.options import DECIMALS, FIRST_DAY, LAST_DAY, Shapes, list_marks
from mappings.write_back.targets import WRITE_TARGETS
from mappings.write_back.targets.entity_property import KEY_FORM

LARGEST_SHARE = 2
SHAPES: Mapping[str, tuple[str, ...]] = {
    "relation": ("child", "descendant", "{link: phrase}", "{jql: JQL}", "{jql_field: alias}"),
    "cycles": (
        "{every: quarter}",
        "a list of cycles: lines like `- {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}`",
    ),
    "lock": ("a number of days or weeks, like 14d or 2w",),
    "close_after": ("a number of days or weeks, like 21d or 3w", "never"),
    "every": ("month", "quarter", "tertial", "half", "year", "several of them: [quarter, year]"),
    "cycle": (
        "the id of a cycle",
        "current",
        "{field: alias}",
        "{label: prefix}",
        "{version: prefix}",
        "{dates: {start: alias, end: alias}}",
    ),
    "weight": (
        "a number",
        "a field alias",
        "[alias, alias]",
        "{field: alias, missing: siblings_mean}",
    ),
    "team": ("project", "{field: alias}"),
    "aligned_to": (
        "the id of an objective",
        "{link: phrase, contributes: true}",
        "{objective: id, contributes: true}",
    ),
    **{target.option: target.forms for target in WRITE_TARGETS if target.forms},
}
OPERAND_SHAPES = ("a field alias", "a number")

_WORDS: Mapping[str, tuple[Code, str]] = {
    "date_range": (Code.OUT_OF_RANGE, f"a date from {FIRST_DAY} to {LAST_DAY} is wanted here"),
    "grace_range": (Code.OUT_OF_RANGE, f"at most {LONGEST_GRACE}d is wanted here"),
    "duration_range": (Code.OUT_OF_RANGE, f"from 1d to {LONGEST_DAYS}d (ten years) is wanted here"),
    "string_type": (Code.NOT_A_TEXT, "a text is wanted here; put it in quotes"),
    "bool": (Code.NOT_A_SWITCH, "true or false is wanted here"),
    "decimal_max_places": (Code.OUT_OF_RANGE, f"at most {DECIMALS} decimals are reckoned with"),
    "decimal": (Code.NOT_A_NUMBER, "a number is wanted here"),
    "int": (Code.NOT_A_NUMBER, "a whole number is wanted here"),
    "finite_number": (Code.NOT_A_NUMBER, "a number is wanted here"),
    "date": (Code.NOT_A_DATE, "a date like 2026-10-01 is wanted here"),
    "tuple": (Code.NOT_A_LIST, "a list is wanted here: lines that begin with `- `"),
    "list": (Code.NOT_A_LIST, "a list is wanted here: lines that begin with `- `"),
    "model": (Code.NOT_A_MAPPING, "keys and values are wanted here"),
    "dict": (Code.NOT_A_MAPPING, "keys and values are wanted here"),
    "string_pattern": (Code.BAD_FORM, "this text has not the wanted form"),
}
LENGTHS: Mapping[str, Code] = {"too_short": Code.TOO_FEW, "too_long": Code.TOO_MANY}
_FORMS: Mapping[str, str] = {
    "name": "small letters, digits, `.`, `-` and `_`, at most 63 of them, like platform-okrs",
    "site": "the name of a site as jira-okr site list shows it: small letters, digits and dashes, like main",
    "key": KEY_FORM,
    "stale_after": "a number of days or weeks, like 14d or 2w",
    "starts": "month and day, no later than the 28th, like 02-01",
    "grace": "minutes, hours or days, like 90m, 1h or 2d",
    "window": "`period`, or days or weeks like 30d or 4w",
    "statistic": "p50, p85 or another percentile, median, mean, min, max or sum",
    "from": "a time of the day like 09:00",
    "to": "a time of the day like 17:00",
    "issue": "the key of an issue, like CORE-12",
    "url": "an address like https://metrics.acme.example/status, without user and password",
    "pointer": "a JSON pointer like /data/0/open, or nothing for the whole document",
    "timeout": "1s to 30s",
    "step": "a length like 30s, 5m or 1h",
    "query": "a single SELECT",
    "at": "a time of the day like 09:00",
    "tell.to": "mail:lead@example.org, slack:okr, teams:okr, google-chat:okr or webhook:okr, or owners for a reminder",
}
"""By the name of a key, or by its own and that of the key it stands below."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One pydantic error: where in the data, which branches of unions it was tried in, what pydantic said."""

    path: Path
    loc: Path
    branches: tuple[tuple[int, str], ...]
    kind: str
    context: Mapping[str, Any]
    value: object


def report_shape(error: ValidationError, plain: object, report: Report) -> None:
    """Adds one finding for every mistake; alternatives that the writer cannot have meant are left out.

    pydantic calls a list too short when its entries are broken: that is no finding of its own.
    """
    details = error.errors(include_url=False)
    real = [detail for detail in details if not (detail["type"] == "too_short" and detail["input"])]
    _settle([_trouble(detail, plain) for detail in real[:MOST_FINDINGS]], plain, report)


def _trouble(detail: ErrorDetails, plain: Any) -> _Trouble:
    path: Path = ()
    branches: list[tuple[int, str]] = []
    data = plain
    loc = detail["loc"]
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if _holds(data, part):
            data, path = data[part], (*path, part)
        elif last and detail["type"] in ("missing", "extra_forbidden"):
            path = (*path, part)
        elif part != "[key]" and not _is_branch(data, part):
            branches.append((len(path), str(part)))
    kind = "bad_key" if loc and loc[-1] == "[key]" else detail["type"]
    return _Trouble(
        path=path,
        loc=loc,
        branches=tuple(branches),
        kind=kind,
        context=detail.get("ctx", {}),
        value=detail["input"],
    )


def _holds(data: object, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data and not _is_branch(data, part)


def _is_branch(data: object, part: object) -> bool:
    """Whether pydantic names the kind it has chosen by `kind`, rather than a key."""
    return isinstance(data, dict) and "kind" in data and data["kind"] == part


def _settle(troubles: Sequence[_Trouble], plain: object, report: Report) -> None:
    groups: dict[Path, list[_Trouble]] = {}
    unknown = {trouble.path for trouble in troubles if trouble.kind == "bad_key"}
    for trouble in troubles:
        if trouble.kind != "bad_key" and trouble.path in unknown:
            continue  # nothing can be said of the value of a key that is none
        if trouble.branches:
            groups.setdefault(trouble.path[: trouble.branches[0][0]], []).append(trouble)
        else:
            _report(trouble, plain, report)
    for path, group in groups.items():
        _choose(path, group, plain, report)


def _choose(path: Path, group: list[_Trouble], plain: object, report: Report) -> None:
    """Of a value that fits none of several shapes, tells only what is wrong with the shape that was meant."""
    value = _at(plain, path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    valid = (*SHAPES.get(name, ()), *option_shapes(name)) or OPERAND_SHAPES
    if (bounded := _out_of_bounds(group)) is not None:
        _wrong(bounded, plain, report)
        return
    if isinstance(value, list) and (entries := _of_entries(path, group)):
        _settle(entries, plain, report)
        return
    if not isinstance(value, dict) or not value:
        message = f"{show_value(value)} is none of the shapes that `{name}` can have"
        remedy = _intended(plain, path, value, report) or "write one of the valid shapes"
        report.add(Code.WRONG_VALUE, message, path, value=value, valid=valid, remedy=remedy)
        return
    keys = {
        branch: keys
        for branch in dict.fromkeys(trouble.branches[0][1] for trouble in group)
        if (keys := _keys_of(branch))
    }
    meant = max(keys, key=lambda branch: len(keys[branch] & set(value)), default="")
    if not meant or not keys[meant] & set(value):
        everything = sorted(set().union(*keys.values()))
        for key in value:
            _unknown_key((*path, key), everything, plain, report)
        return
    chosen = [trouble for trouble in group if trouble.branches[0][1] == meant]
    _settle([replace(trouble, branches=trouble.branches[1:]) for trouble in chosen], plain, report)


def _of_entries(path: Path, group: list[_Trouble]) -> list[_Trouble]:
    """What is wrong with the entries of a list, or with how many there are, where a list is one of several shapes."""
    listed = [trouble for trouble in group if "tuple[" in trouble.branches[0][1]]
    wrong = [trouble for trouble in listed if len(trouble.path) > len(path) or trouble.kind in LENGTHS]
    return [replace(trouble, branches=trouble.branches[1:]) for trouble in wrong]


def _out_of_bounds(group: list[_Trouble]) -> _Trouble | None:
    """Where a number or a day was meant, the one thing that is wrong with it."""
    kinds = ("less_than_equal", "greater_than_equal", "decimal_max_places", "date_range")
    return next((one for one in group if one.kind in kinds and len(one.branches) == 1), None)


def _report(trouble: _Trouble, plain: object, report: Report) -> None:
    path, kind = trouble.path, trouble.kind
    if kind == "extra_forbidden":
        _unknown_key(path, _valid_keys(trouble.loc[:-1]), plain, report)
    elif kind == "bad_key":
        _unknown_key(path, _expected(trouble.context), plain, report)
    elif kind == "missing":
        report.add(
            Code.MISSING_KEY,
            f"`{path[-1]}` is missing here",
            path[:-1],
            value=path[-1],
            remedy=f"add `{path[-1]}:`",
        )
    elif kind == "literal_error":
        _unknown_value(trouble, plain, report)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        _unknown_kind(trouble, report)
    else:
        _wrong(trouble, plain, report)


def _unknown_key(path: Path, valid: Iterable[str], plain: object, report: Report) -> None:
    known, word = tuple(valid), str(path[-1])
    other = synonym(word, known)
    near = f'here it is called "{other}"' if other else did_you_mean(word, known)
    message = f"the key {show_value(word)} is not known here" + (f"; {near}" if near else "")
    if number := decimal_comma(_at(plain, path[:-1]), path[-1]):
        remedy = f"inside {{ }} a comma ends a value: write {number}"
    elif not word.replace("_", "").replace("-", "").isalnum():
        remedy = "inside { } a comma ends a value: put a text that holds commas in quotes"
    elif other:
        remedy = f"write `{other}:`"
    elif not near and (places := _places_of(word)):
        remedy = f"`{word}` stands in {places}"
    else:
        remedy = "correct the key or remove it"
    report.add(Code.UNKNOWN_KEY, message, path, value=path[-1], valid=known, remedy=remedy, key=True)


def _unknown_value(trouble: _Trouble, plain: object, report: Report) -> None:
    valid = _expected(trouble.context)
    intended = _intended(plain, trouble.path, trouble.value, report)
    near = "" if intended else did_you_mean(str(trouble.value), valid)
    key = next((part for part in reversed(trouble.path) if isinstance(part, str)), "")
    message = f"{show_value(trouble.value)} is not a value of `{key}`" + (f"; {near}" if near else "")
    report.add(
        Code.UNKNOWN_VALUE,
        message,
        trouble.path,
        value=trouble.value,
        valid=valid,
        remedy=intended or "write one of the valid values",
    )


def _unknown_kind(trouble: _Trouble, report: Report) -> None:
    valid = _expected({"expected": trouble.context.get("expected_tags", "")}) or kinds_at(trouble.path)
    what = "KPI source" if trouble.path[-1:] == ("source",) else "key result"
    if trouble.kind == "union_tag_not_found":
        report.add(
            Code.MISSING_KEY,
            "`kind` is missing here",
            trouble.path,
            value="kind",
            valid=valid,
            remedy="add `kind:`",
        )
        return
    word = str(trouble.context.get("tag", ""))
    near = did_you_mean(word, valid)
    message = f"there is no kind of {what} called {show_value(word)}" + (f"; {near}" if near else "")
    report.add(
        Code.UNKNOWN_KIND,
        message,
        (*trouble.path, "kind"),
        value=word,
        valid=valid,
        remedy="write one of the valid kinds",
    )


def _intended(plain: object, path: Path, value: object, report: Report) -> str:
    """`write 0.8`: what the schema would take in the place of a value; empty where that is anybody's guess."""
    if len(report.found) >= MOST_GUESSES:
        return ""
    keys = dict.fromkeys(key for model in _models(Document, path) for key in _keys(model))
    written = guess_value(plain, path, value, keys)
    return f"write {written}" if written else ""


def _wrong(trouble: _Trouble, plain: object, report: Report) -> None:
    name = next((str(part) for part in reversed(trouble.path) if isinstance(part, str)), "")
    code, wanted = _wanted(trouble.kind)
    bounds = _bounds(trouble.context)
    if bounds:
        code, wanted = LENGTHS.get(trouble.kind, Code.OUT_OF_RANGE), bounds
    elif trouble.kind == "string_pattern_mismatch" and (form := _form_of(trouble.path)):
        wanted = f"wanted is {form}"
    if trouble.kind == "string_type" and isinstance(trouble.value, list | dict):
        wanted = "a text is wanted here"  # quotes would make one text of the whole list
    message = f"{show_value(trouble.value)} cannot stand here: {wanted}"
    if trouble.value is None:
        message = f"nothing stands here: {wanted}"
        if trouble.path and (number := decimal_comma(_at(plain, trouble.path[:-1]), trouble.path[-1])):
            remedy = f"inside {{ }} a comma ends a value: write {number}"
            report.add(code, message, trouble.path, value=trouble.value, remedy=remedy)
            return
    remedy = _as_share(trouble) or _intended(plain, trouble.path, trouble.value, report)
    remedy = remedy or (f"correct `{name}`" if name else "")
    report.add(code, message, trouble.path, value=trouble.value, remedy=remedy)


def _form_of(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    return _FORMS.get(".".join(names[-2:])) or _FORMS.get(names[-1] if names else "", "")


def _as_share(trouble: _Trouble) -> str:
    """What to write where a percentage stands for a share."""
    value, most = trouble.value, trouble.context.get("le")
    if not isinstance(value, int | Decimal) or most is None or most > LARGEST_SHARE or not 1 < value <= 100:
        return ""
    return f"this is a share, not a percentage: write {(Decimal(value) / 100).normalize():f} for {value} %"


def _wanted(kind: str) -> tuple[Code, str]:
    matches = [words for prefix, words in _WORDS.items() if kind.startswith(prefix)]
    return matches[0] if matches else (Code.WRONG_VALUE, kind.replace("_", " "))


def _bounds(context: Mapping[str, Any]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    words |= {"min_length": "at least", "max_length": "at most"}
    found = [f"{word} {context[key]}" for key, word in words.items() if context.get(key) is not None]
    lengths = [context[key] for key in ("min_length", "max_length") if key in context]
    unit = (" entry" if lengths[-1:] == [1] else " entries") if lengths else ""
    return f"wanted is {' and '.join(found)}{unit}" if found else ""


def _expected(context: Mapping[str, Any]) -> tuple[str, ...]:
    """The values in pydantic's `'a', 'b' or 'c'`."""
    words = str(context.get("expected", "")).replace(" or ", ", ").split(", ")
    return tuple(word.strip("'\"") for word in words if word)


def option_shapes(name: str) -> tuple[str, ...]:
    """What progress rules say can be written for an option of this name."""
    found = (
        mark.words for rule in PROGRESS_RULES for one, mark in list_marks(rule.options, Shapes) if one == name
    )
    return tuple(dict.fromkeys(word for words in found for word in words))


def _places_of(key: str) -> str:
    """Up to three places where a key is known, with the kinds of which it is where not all have it; empty where it is known nowhere."""
    models: dict[type[BaseModel], str] = {}
    found = [(at, model) for at, model in _places(Document, "", ())]
    for at, model in sorted(found, key=lambda place: (place[0].count("."), place[0])):
        if key in _keys(model):
            models.setdefault(model, at)
    places: dict[str, list[str]] = {}
    for model, at in models.items():
        kind = model.model_fields.get("kind")
        places.setdefault(at, []).extend(get_args(kind.annotation) if kind is not None else ())
    words = [
        (f"`{at}`" if at else "the document itself") + (f" of kind {', '.join(kinds)}" if kinds else "")
        for at, kinds in places.items()
    ]
    return " or ".join(words[:3])


def _places(
    model: type[BaseModel], at: str, above: tuple[type[BaseModel], ...]
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every part of the document and where it stands, as `objectives[].rollup`."""
    yield at, model
    for name, field in model.model_fields.items():
        for one, mark in _parts_in(field.annotation):
            if one not in above:
                place = f"{at}.{field.alias or name}{mark}".removeprefix(".")
                yield from _places(one, place, (*above, one))


def _parts_in(annotation: object, mark: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    """The parts that can stand in a value, with `[]` where they stand in a list and `.*` under a name of the writer's own."""
    for one in _alternatives(annotation):
        if get_origin(one) is tuple:
            yield from _parts_in(get_args(one)[0], mark + "[]")
        elif get_origin(one) is dict:
            yield from _parts_in(get_args(one)[1], mark + ".*")
        elif isinstance(one, type) and issubclass(one, BaseModel):
            yield one, mark


def kinds_at(path: Path) -> tuple[str, ...]:
    """Every kind that can stand at a place."""
    kinds = (model.model_fields.get("kind") for model in _models(Document, path))
    return tuple(get_args(kind.annotation)[0] for kind in kinds if kind is not None)


def _valid_keys(loc: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for model in _models(Document, loc) for key in _keys(model)))


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _keys_of(branch: str) -> set[str]:
    return {key for model in parts() if model.__name__ == branch for key in _keys(model)}


def _models(annotation: object, loc: Path) -> list[type[BaseModel]]:
    """The models that can stand at a place; `loc` is pydantic's, with the branches of unions in it."""
    reached = [annotation]
    for part in loc:
        reached = [inner for one in reached for inner in _inside(one, part)]
    return [
        model
        for one in reached
        for model in _alternatives(one)
        if isinstance(model, type) and issubclass(model, BaseModel)
    ]


def _alternatives(annotation: object) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [inner for one in get_args(annotation) for inner in _alternatives(one)]
    return [annotation]


def _inside(annotation: object, part: str | int) -> list[object]:
    found: list[object] = []
    for one in _alternatives(annotation):
        arguments = get_args(one)
        if get_origin(one) is tuple and isinstance(part, int):
            found.append(arguments[0])
        elif get_origin(one) is dict:
            found.append(arguments[1])
        elif isinstance(one, type) and issubclass(one, BaseModel):
            found += _inside_model(one, part)
    return found


def _inside_model(model: type[BaseModel], part: str | int) -> list[object]:
    if part == model.__name__ or (
        "kind" in model.model_fields and part in get_args(model.model_fields["kind"].annotation)
    ):
        return [model]
    return [field.annotation for name, field in model.model_fields.items() if part == (field.alias or name)]


def _at(plain: Any, path: Path) -> object:
    data = plain
    for part in path:
        data = data[part]
    return data
