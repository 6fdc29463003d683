"""A query in moto's DynamoDB that reads its partition, of the table or of an index, and no other."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.dynamodb.models.dynamo_type import DynamoType

type Values = tuple[DynamoType, ...]
type Place = tuple[DynamoType, DynamoType | None]
# The items, how many were looked at, and where the next page starts.
type Page = tuple[list[Item], int, dict[str, Any] | None]

_query = Table.query
_put_item = Table.put_item
_delete_item = Table.delete_item
_update_item = DynamoDBBackend.update_item
_project = Item.project


class Partitions:
    """The items of a table by what they have in some attributes; an item that lacks one is in no partition."""

    def __init__(self, attributes: tuple[str, ...], items: Sequence[Item]) -> None:
        self._attributes = attributes
        self._partitions: dict[Values, dict[Place, Item]] = {}
        self._values: dict[Place, Values] = {}
        for item in items:
            self.put((item.hash_key, item.range_key), item)

    def __getitem__(self, values: Values) -> list[Item]:
        return list(self._partitions.get(values, {}).values())

    def put(self, place: Place, item: Item | None) -> None:
        """The item is what is at that place from now on; None if nothing is."""
        before = self._values.pop(place, None)
        if before is not None:
            del self._partitions[before][place]
            if not self._partitions[before]:
                del self._partitions[before]
        if item is not None and all(attribute in item.attrs for attribute in self._attributes):
            # Copies: an update may change what is there.
            values = tuple(copy.deepcopy(item.attrs[attribute]) for attribute in self._attributes)
            self._values[place] = values
            self._partitions.setdefault(values, {})[place] = item


# The partitions of a table's indexes, by the attributes that are their keys; each is there from its first query on.
_indexes: WeakKeyDictionary[Table, dict[tuple[str, ...], Partitions]] = WeakKeyDictionary()


def query(
    table: Table,
    hash_key: DynamoType | None,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int,
    exclusive_start_key: dict[str, Any],
    scan_index_forward: bool,
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    consistent_read: bool = False,
    filter_expression: Any = None,
    hash_key_conditions: list[tuple[str, DynamoType]] | None = None,
    **more: Any,
) -> Page:
    """moto's query of a table that has nothing but the partition asked for.

    As DynamoDB has it, a page that is full has a LastEvaluatedKey, though no item may follow.
    """
    conditions = dict(hash_key_conditions or [])
    index = next((each for each in table.all_indexes() if each.name == index_name), None)
    found = _partition(table, index_name, conditions)
    if range_comparison:
        name = _range_key(index.schema if index else table.schema)
        keys = ((item, item.attrs.get(name) if name else None) for item in found)
        found = [item for item, key in keys if key and key.compare(range_comparison, range_objs)]
    if index:
        # moto copies all that it finds, and only then takes of it what the index has.
        found = [index.project(item) for item in found]
    partition = copy.copy(table)
    partition.items = defaultdict(dict)
    for item in found:
        place(partition, item)
    items, scanned, last = _query(
        partition,
        hash_key,
        range_comparison,
        range_objs,
        limit,
        exclusive_start_key,
        scan_index_forward,
        None,
        index_name,
        consistent_read,
        hash_key_conditions=hash_key_conditions,
        **more,
    )
    if items and len(items) == limit:
        last = table._get_last_evaluated_key(items[-1], index_name)
    if filter_expression is not None:
        items = [item for item in items if filter_expression.expr(item)]
    if projection_expressions:
        items = [item.project(projection_expressions) for item in items]
    return items, scanned, last


def put_item(table: Table, *arguments: Any, **more: Any) -> Item:
    item = _put_item(table, *arguments, **more)
    _note(table, item.hash_key, item.range_key)
    return item


def place(table: Table, item: Item) -> None:
    """Puts the very item where its keys belong, unchecked."""
    if item.range_key is None:
        table.items[item.hash_key] = item  # type: ignore[assignment]
    else:
        table.items[item.hash_key][item.range_key] = item
    _note(table, item.hash_key, item.range_key)


def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *arguments: Any, **more: Any) -> Item:
    table = backend.get_table(table_name)
    try:
        return _update_item(backend, table_name, key, *arguments, **more)
    finally:
        _note(table, *backend.get_keys_value(table, key))


def delete_item(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
    deleted = _delete_item(table, hash_key, range_key)
    _note(table, hash_key, range_key)
    return deleted


def project(item: Item, expressions: list[list[str]]) -> Item:
    """What an index or a projection takes of an item; moto turns the whole item into Python's types for each name."""
    names = [path[0] for path in expressions if len(path) == 1 and "[" not in path[0]]
    if len(names) < len(expressions):
        return _project(item, expressions)
    projected = Item(item.hash_key, item.range_key, {})
    for name in names:
        if name in item.attrs:
            projected.attrs[name] = item.attrs[name]
    return projected


def _partition(table: Table, index_name: str | None, conditions: Mapping[str, DynamoType]) -> Sequence[Item]:
    if index_name:
        indexes = _indexes.setdefault(table, {})
        attributes = tuple(conditions)
        if attributes not in indexes:
            indexes[attributes] = Partitions(attributes, table.all_items())
        return indexes[attributes][tuple(conditions.values())]
    [hash_key] = conditions.values()
    # With a range key a dict of items by it, without one an item.
    found: Any = table.items.get(hash_key)
    if found is None:
        return []
    return list(found.values()) if table.has_range_key else [found]


def _range_key(schema: Sequence[Mapping[str, str]]) -> str | None:
    return next((key["AttributeName"] for key in schema if key["KeyType"] == "RANGE"), None)


def _note(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> None:
    for partitions in _indexes.get(table, {}).values():
        partitions.put((hash_key, range_key), table.get_item(hash_key, range_key))
