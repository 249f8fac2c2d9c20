"""Which field an entry of a history tells of. Its id says it; where there is none, its name among what the site has under that name.

Data Center names fields alone, and so does Cloud where parents are told of. A name is no proof: a custom field may be called "Parent" or "Component". What an
entry is of (`fieldtype`) keeps fields of Jira itself and custom fields apart; which custom field is an Epic Link or a Parent Link its type says, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mappings.facts.catalogue import Field

EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
PARENT_LINK = "com.atlassian.jpo:jpo-custom-field-parent"
PARENT_FIELDS = frozenset({EPIC_LINK, PARENT_LINK})
"""`schema.custom` of the fields that name a parent on Data Center."""
PARENT = "parent"
LINKS, LINK = "issuelinks", "link"
"""What holds the links of an issue, and what histories call it, which name no id of it."""
OF_JIRA, CUSTOM = "jira", "custom"
"""What `fieldtype` says."""
ASSOCIATION = "issueparentassociation"
SYSTEM_NAMES: Mapping[str, str] = {
    ASSOCIATION: PARENT,
    "parent": PARENT,
    "parent issue": PARENT,
    LINK: LINKS,
    "key": "issuekey",
    "fix version": "fixVersions",
    "version": "versions",
    "component": "components",
}
"""What histories call some fields of Jira itself, in lower case. The others go by their ids."""
PARENT_LINKS = frozenset({"epic link", "parent link"})
"""What Jira calls the custom fields that name a parent; believed where the site lists no field of that name."""

NONE: frozenset[str] = frozenset()


class ChangedFields:
    """The fields of a site by what histories call them. Of no fields nothing but ids and Jira's own names is known."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._parents: set[str] = set()
        self._customs: dict[str, set[str]] = {}
        self._system: dict[str, str] = {}
        self._listed: set[str] = set()
        for field in fields:
            name = field.name.casefold()
            self._listed.add(field.id)
            if field.custom in PARENT_FIELDS:
                self._parents.add(field.id)
                self._customs.setdefault(name, set()).add(PARENT)
            elif field.custom or field.id.startswith("customfield_"):
                self._customs.setdefault(name, set()).add(field.id)
            else:
                self._system |= {name: field.id, field.id.casefold(): field.id}
        self._system |= SYSTEM_NAMES

    def ids(self, name: str, field_id: str | None, kind: str | None) -> frozenset[str]:
        """The fields that an entry may tell of, `parent` for each that names a parent: one where that is certain, several where it is not."""
        called = name.casefold()
        if called == ASSOCIATION and kind != CUSTOM:
            return frozenset({PARENT})
        if called == LINK and kind == OF_JIRA:
            return frozenset({LINKS})
        if field_id:
            return frozenset({PARENT if self._is_parent(called, field_id) else field_id})
        system = frozenset({self._system.get(called, name)})
        customs = self._of_site(called)
        if kind == CUSTOM:
            return customs
        return system if kind == OF_JIRA or not customs else customs | (system & set(self._system.values()))

    def _is_parent(self, called: str, field_id: str) -> bool:
        """Histories keep the id of an Epic Link that the site lists no more: then what Jira called it says what it was."""
        gone = field_id not in self._listed and called not in self._customs
        return field_id in self._parents or (gone and called in PARENT_LINKS)

    def _of_site(self, called: str) -> frozenset[str]:
        found = self._customs.get(called)
        if found is None:
            return frozenset({PARENT}) if called in PARENT_LINKS else NONE
        return frozenset(found)
