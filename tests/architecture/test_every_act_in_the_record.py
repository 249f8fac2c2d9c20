"""Every act leaves an entry in the audit log, or is named here with the reason why not."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTE = "connectors.store.people.audit.note"
UNNOTED = {
    "plugin.use_cases.accounts.second_factor.begin": "it holds once it is confirmed, and that is noted",
    "plugin.use_cases.accounts.tour.leave": "a page is not shown again to whoever closed it",
    "plugin.use_cases.forge.events.take_in": "a delivery: those stand in a list of their own",
    "plugin.use_cases.record.push.push_now": "what it sends is the record, and its receiver has it",
    "plugin.use_cases.sites.sites.attempt": "it asks Jira who we are, and goes where the database takes no writes too",
    "plugin.use_cases.visibility.jira_sign_in.begin": "it holds once Jira said who came, and that is noted",
    "plugin.use_cases.work.idempotency.keep": "the answer to an act, which is noted itself",
    "plugin.use_cases.work.idempotency.release": "the same",
    "plugin.use_cases.work.idempotency.take": "the same",
}


class Code:
    """The functions of the product by full name, and what each names."""

    def __init__(self) -> None:
        self.scopes: dict[str, dict[str, str]] = {}
        self.functions: dict[str, tuple[str, ast.FunctionDef]] = {}
        for package in ("plugin", "connectors"):
            for path in sorted((ROOT / package).rglob("*.py")):
                parts = path.relative_to(ROOT).with_suffix("").parts
                self._read(".".join(parts).removesuffix(".__init__"), ast.parse(path.read_text()))

    def _read(self, module: str, tree: ast.Module) -> None:
        scope = self.scopes[module] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                scope |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                scope[node.name] = f"{module}.{node.name}"
                self.functions[scope[node.name]] = (module, node)

    def named(self, name: str) -> str:
        """Where a name was defined that another module passes on."""
        module, _, last = name.rpartition(".")
        found = self.scopes.get(module, {}).get(last, name)
        return name if name in self.functions or found == name else self.named(found)

    def uses(self, function: str) -> set[str]:
        module, node = self.functions[function]
        scope, found = self.scopes[module], set()
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and one.id in scope:
                found.add(self.named(scope[one.id]))
            elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in scope:
                found.add(self.named(f"{scope[one.value.id]}.{one.attr}"))
        return found

    def notes(self, function: str) -> bool:
        """Whether it leads to an entry in the audit log, by whatever functions."""
        seen, waiting = set(), [function]
        while waiting:
            one = waiting.pop()
            if one == NOTE:
                return True
            if one in self.functions and one not in seen:
                seen.add(one)
                waiting += self.uses(one)
        return False

    def acts(self) -> list[str]:
        return [
            name
            for name, (_, node) in self.functions.items()
            if any(ast.unparse(one).startswith("act(") for one in node.decorator_list)
        ]


@cache
def code() -> Code:
    return Code()


def test_every_act_leaves_an_entry() -> None:
    acts = code().acts()
    assert len(acts) > 100
    assert {one for one in acts if not code().notes(one)} == UNNOTED.keys()
