"""YAML as rulebooks use it: text stays text, and every value knows its line.

A part of YAML 1.2 in which nothing is converted behind the writer's back: a plain value is true,
false, a whole number without a leading zero, or text. So 1.50 keeps its last nought, 2026-01-01 is
no date object, and "no" is a word. Anchors and aliases may be used, merge keys and tags may not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from creditbank.domain.rules.limits import DEPTH_MAX, VALUES_MAX
from creditbank.errors.rules import YamlUnreadable

Position = tuple[int, int]
"""Line and column, both from 1."""

_SLACK: Final = 4
"""Levels that a file has above the documents in it."""

_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})\Z")
_PLAIN: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS: Final = frozenset(
    "tag:yaml.org,2002:" + name
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)
_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_TEXT: Final = "tag:yaml.org,2002:str"
_CHARACTERS_MAX: Final = 2_000_000


def read_yaml(text: str) -> tuple[Any, dict[str, Position]]:
    """Return the JSON value of a YAML text, and where each value stands, by JSON pointer.

    Raises YamlUnreadable with line, column and a reason code: `syntax`, `too_large`, `too_deep`,
    `duplicate_member`, `member_name`, `merge_key`, `tag`, `several_documents`.
    """
    nodes = _compose(text)
    if len(nodes) > 1:
        raise _refused(nodes[1], "several_documents")
    reader = _Reader()
    value = reader.read(nodes[0], "", 0) if nodes else None
    return value, reader.positions


def read_yaml_stream(text: str) -> list[Any]:
    """Return the JSON value of each document of a YAML text; raises YamlUnreadable."""
    return [_Reader().read(node, "", 0) for node in _compose(text)]


def _compose(text: str) -> list[yaml.Node]:
    """Return the root of each document; the loader makes nodes only, no object of Python's."""
    if len(text) > _CHARACTERS_MAX:
        raise YamlUnreadable(line=1, column=1, reason="too_large")
    try:
        return list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlUnreadable(line=line, column=column, reason="syntax") from None
    except yaml.YAMLError:  # characters that YAML does not have
        raise YamlUnreadable(line=1, column=1, reason="syntax") from None
    except RecursionError:
        raise YamlUnreadable(line=1, column=1, reason="too_deep") from None


class _Loader(yaml.SafeLoader):
    """The standard loader, whose nodes are read by `_Reader`."""


@dataclass(slots=True)
class _Reader:
    positions: dict[str, Position] = field(default_factory=dict)

    def read(self, node: yaml.Node, where: str, depth: int) -> Any:
        """Return the value of a node, and note where it and its members stand."""
        self.positions.setdefault(where, _place(node))
        if depth > DEPTH_MAX + _SLACK:
            raise _refused(node, "too_deep")
        # An alias counts each time: what is expanded is what has to be read.
        if len(self.positions) > VALUES_MAX + _SLACK:
            raise _refused(node, "too_large")
        if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTIONS:
            raise _refused(node, "tag")
        if isinstance(node, yaml.MappingNode):
            return self._object(node, where, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.read(item, f"{where}/{position}", depth + 1)
                for position, item in enumerate(node.value)
            ]
        return _scalar(node)

    def _object(self, node: yaml.MappingNode, where: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key, "member_name")
            name = str(key.value)
            if name == "<<" and key.style is None:
                raise _refused(key, "merge_key")
            if name in members:
                raise _refused(key, "duplicate_member")
            inner = f"{where}/{name.replace('~', '~0').replace('/', '~1')}"
            self.positions[inner] = _place(key)
            members[name] = self.read(value, inner, depth + 1)
        return members


def _scalar(node: yaml.Node) -> Any:
    if not isinstance(node, yaml.ScalarNode) or node.tag not in _TAGS:
        raise _refused(node, "tag")
    text = str(node.value)
    if node.style is not None or node.tag == _TEXT:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    return int(text) if _WHOLE.match(text) else text


def _place(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _refused(node: yaml.Node, reason: str) -> YamlUnreadable:
    line, column = _place(node)
    return YamlUnreadable(line=line, column=column, reason=reason)


def nearest(positions: Mapping[str, Position], where: str) -> Position:
    """Return where the value at the JSON pointer `where` stands, or what it would stand in."""
    while where and where not in positions:
        where = where.rpartition("/")[0]
    return positions.get(where, (1, 1))
