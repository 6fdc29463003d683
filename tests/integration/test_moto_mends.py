"""moto, mended, answers as DynamoDB Local does, and keeps nothing that nobody needs."""

import gc
import http.client
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from local import moto_mends
from local.dynamodb_local import dynamodb_local
from local.processes import Logs
from local.resources import client
from local.template import REGION
from tests.integration.engines import ENGINES, require_dynamodb_local
from tests.integration.partition import INDEX, TABLE, Partition, create_table
from tests.integration.system import local_aws


@pytest.fixture(scope="module", params=ENGINES)
def dynamodb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if request.param == "moto":
        with local_aws() as url:
            yield with_a_table(url)
        return
    require_dynamodb_local()
    with dynamodb_local(Logs(tmp_path_factory.mktemp("engine"))) as url:
        yield with_a_table(url)


def with_a_table(url: str) -> Any:
    dynamodb: Any = client("dynamodb", url)
    create_table(dynamodb)
    return dynamodb


@pytest.fixture
def partition(dynamodb: Any) -> Partition:
    return Partition(dynamodb)


def test_a_transaction_writes_all_that_it_names(partition: Partition) -> None:
    assert partition.transact(partition.put("updated", 1), partition.put("deleted"), partition.put("there", 7)) is None

    answer = partition.transact(
        partition.put("put", 4), partition.add("updated", 2), partition.delete("deleted"), partition.expect("there")
    )

    assert answer is None
    assert partition.items() == {"put": 4, "there": 7, "updated": 3}


def test_a_transaction_that_cannot_be_done_in_a_part_leaves_everything(partition: Partition) -> None:
    partition.transact(partition.put("updated", 1), partition.put("deleted", 2), partition.put("there", 7))

    answer = partition.transact(
        partition.put("put"),
        partition.put("there", 8),
        partition.add("updated", 2),
        partition.delete("deleted"),
        partition.insert("there-not"),
        partition.expect("missing"),
    )

    assert answer == ["None", "None", "None", "None", "None", "ConditionalCheckFailed"]
    assert partition.items() == {"deleted": 2, "there": 7, "updated": 1}


def test_each_reason_stands_in_the_place_of_its_write_and_shows_the_item_if_asked(partition: Partition) -> None:
    partition.transact(partition.put("there", 7))

    answer = partition.transact(partition.expect("missing"), partition.put("put"), partition.insert("there"))

    shown = partition.put("there", 7)["Put"]["Item"]
    assert answer == ["ConditionalCheckFailed", "None", ("ConditionalCheckFailed", shown)]


def test_an_update_that_fails_halfway_leaves_everything(partition: Partition) -> None:
    partition.transact(partition.put("there", 7))

    answer = partition.transact(partition.put("put"), partition.append("there"))

    # AWS says among the reasons which write is invalid; DynamoDB Local refuses the request.
    assert answer in (["None", "ValidationError"], "ValidationException")
    found = partition.dynamodb.get_item(TableName=TABLE, Key=partition.key("there"))
    assert found["Item"] == partition.put("there", 7)["Put"]["Item"]
    assert partition.items() == {"there": 7}


def test_a_transaction_names_an_item_once_and_a_hundred_at_most(partition: Partition) -> None:
    assert partition.transact(partition.put("twice"), partition.delete("twice")) == "ValidationException"
    assert partition.transact(*[partition.put(str(n)) for n in range(101)]) == "ValidationException"
    assert partition.items() == {}
    assert partition.transact(*[partition.put(str(n)) for n in range(100)]) is None
    assert len(partition.items()) == 100


def test_a_transaction_that_is_sent_again_is_written_once(partition: Partition) -> None:
    token = uuid4().hex
    partition.transact(partition.put("counter"))

    assert partition.transact(partition.add("counter", 1), token=token) is None
    assert partition.transact(partition.add("counter", 1), token=token) is None

    assert partition.items() == {"counter": 1}
    mismatch = partition.transact(partition.add("counter", 2), token=token)
    assert mismatch == "IdempotentParameterMismatchException"
    assert partition.items() == {"counter": 1}


def test_a_transaction_that_was_cancelled_may_be_sent_again(partition: Partition) -> None:
    token = uuid4().hex
    assert partition.transact(partition.expect("there"), token=token) == ["ConditionalCheckFailed"]

    partition.transact(partition.put("there"))

    assert partition.transact(partition.expect("there"), token=token) is None


def test_no_acknowledged_write_is_lost_where_many_write(partition: Partition) -> None:
    """Half of the transactions are cancelled: one that is put back must put back nothing of another's."""
    partition.transact(partition.put("shared"), partition.put("there"))
    started = threading.Barrier(8)

    def write(writer: int) -> int:
        started.wait()
        done = 0
        for number in range(20):
            mine = partition.put(f"{writer}-{number}")
            if number % 2:
                assert partition.transact(partition.add("shared", 1), mine, partition.insert("there"))
            else:
                done += partition.transact(partition.add("shared", 1), mine, partition.expect("there")) is None
        return done

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(write, range(8)))

    items = partition.items()
    assert items["shared"] == done
    assert len(items) == done + 2


def test_an_item_is_answered_as_it_was_written(partition: Partition) -> None:
    plain = {"text": {"S": ""}, "number": {"N": "-1.5"}, "yes": {"BOOL": True}, "no": {"BOOL": False}}
    empty = {"nothing": {"NULL": True}, "map": {"M": {}}, "list": {"L": []}}
    deep = {"L": [{"M": {"bytes": {"B": b"\x00\xff"}, **plain}}, {"N": "1"}, {"L": [{"S": "x"}]}]}
    sets = {"texts": {"SS": ["a"]}, "numbers": {"NS": ["1"]}, "binaries": {"BS": [b"\xfe"]}}
    item = {**partition.key("all"), **plain, **empty, **sets, "deep": deep, "bytes": {"B": b"\x01"}}

    partition.dynamodb.put_item(TableName=TABLE, Item=item)

    assert partition.dynamodb.get_item(TableName=TABLE, Key=partition.key("all"))["Item"] == item
    [page] = partition.pages()
    assert page["Items"] == [item]


def on_shelf(partition: Partition, sort: str, rank: int) -> Any:
    """A write that puts an item into the index's partition of the same name."""
    write = partition.put(sort)
    write["Put"]["Item"] |= {"shelf": {"S": partition.name}, "rank": {"N": str(rank)}, "hidden": {"S": "x"}}
    return write


def sorts(pages: Iterable[Any]) -> list[list[str]]:
    return [[item["sk"]["S"] for item in page["Items"]] for page in pages]


def test_a_page_that_is_full_has_a_key_for_the_next_one(partition: Partition) -> None:
    partition.transact(*[partition.put(sort) for sort in "abcd"])

    assert sorts(partition.pages()) == [["a", "b", "c", "d"]]
    assert sorts(partition.pages(Limit=3)) == [["a", "b", "c"], ["d"]]
    assert sorts(partition.pages(Limit=2)) == [["a", "b"], ["c", "d"], []]
    assert sorts(partition.pages(Limit=3, ScanIndexForward=False)) == [["d", "c", "b"], ["a"]]
    after = partition.pages("pk = :name AND sk > :sk", values={":sk": {"S": "b"}}, Limit=1)
    assert sorts(after) == [["c"], ["d"], []]


def test_an_index_follows_what_is_written(partition: Partition) -> None:
    def found(**request: Any) -> list[list[str]]:
        return sorts(partition.pages("shelf = :name", IndexName=INDEX, **request))

    assert found() == [[]]
    partition.transact(*[on_shelf(partition, sort, rank) for rank, sort in enumerate("dcba")])
    assert found() == [["d", "c", "b", "a"]]
    moved = {"ExpressionAttributeNames": {"#rank": "rank"}, "ExpressionAttributeValues": {":rank": {"N": "9"}}}
    partition.change("d", "SET #rank = :rank", **moved)
    assert found(ScanIndexForward=False) == [["d", "a", "b", "c"]]
    partition.change("c", "REMOVE shelf")
    partition.remove("b")
    assert found(Limit=1) == [["a"], ["d"], []]
    partition.transact(partition.put("a"), partition.expect("d"))
    assert found() == [["d"]]
    placed = {":shelf": {"S": partition.name}, ":rank": {"N": "1"}}
    partition.change("a", "SET shelf = :shelf, #rank = :rank", **moved | {"ExpressionAttributeValues": placed})
    assert found() == [["a", "d"]]


def test_an_index_is_read_from_a_place_on(partition: Partition) -> None:
    partition.transact(*[on_shelf(partition, sort, rank) for rank, sort in enumerate("abcd")])
    partition.change("b", "REMOVE #rank", ExpressionAttributeNames={"#rank": "rank"})

    def found(condition: str, **request: Any) -> list[list[str]]:
        names, values = {"#rank": "rank"}, {":rank": {"N": "1"}}
        return sorts(
            partition.pages(
                f"shelf = :name AND {condition}",
                IndexName=INDEX,
                ExpressionAttributeNames=names,
                values=values,
                **request,
            )
        )

    assert found("#rank >= :rank") == [["c", "d"]]
    assert found("#rank >= :rank", ScanIndexForward=False, Limit=1) == [["d"], ["c"], []]
    assert found("#rank < :rank") == [["a"]]


def test_a_cancelled_transaction_leaves_the_index_as_it_was(partition: Partition) -> None:
    partition.transact(on_shelf(partition, "there", 1), on_shelf(partition, "deleted", 2))
    before = list(partition.pages("shelf = :name", IndexName=INDEX))

    assert partition.transact(
        on_shelf(partition, "there", 3),
        on_shelf(partition, "new", 4),
        partition.delete("deleted"),
        partition.expect("missing"),
    )

    assert list(partition.pages("shelf = :name", IndexName=INDEX)) == before


@pytest.fixture
def in_process() -> Iterator[Any]:
    moto_mends.mend()
    with mock_aws():
        # Named, for tests before may have left the address of a local AWS in the environment.
        dynamodb: Any = boto3.client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=f"https://dynamodb.{REGION}.amazonaws.com",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        create_table(dynamodb)
        yield dynamodb


def test_what_is_deleted_is_not_kept(in_process: Any) -> None:
    from moto.dynamodb.models.dynamo_type import Item

    def items() -> int:
        gc.collect()
        return sum(isinstance(each, Item) for each in gc.get_objects())

    before = items()
    partition = Partition(in_process)
    for _ in range(3):
        partition.transact(partition.put("one"), partition.put("two"))
        partition.transact(partition.delete("one"), partition.expect("two"))
    assert items() == before + 1


def test_a_query_copies_no_more_than_it_answers(in_process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.dynamodb.models.dynamo_type import DynamoType

    partition = Partition(in_process)
    for rank in range(20):
        written = on_shelf(partition, str(rank), rank)["Put"]["Item"]
        more = {f"more{number}": {"S": "of it"} for number in range(20)}
        in_process.put_item(TableName=TABLE, Item=written | more)
    shelf: Any = {"TableName": TABLE, "IndexName": INDEX, "KeyConditionExpression": "shelf = :shelf AND #rank > :rank"}
    shelf["ExpressionAttributeNames"] = {"#rank": "rank"}
    shelf["ExpressionAttributeValues"] = {":shelf": {"S": partition.name}, ":rank": {"N": "16"}}
    # From the first query on the index is there.
    assert in_process.query(**shelf)["Count"] == 3
    copied = 0

    def counting(value: DynamoType, memo: object) -> DynamoType:
        nonlocal copied
        copied += 1
        return value

    monkeypatch.setattr(DynamoType, "__deepcopy__", counting, raising=False)
    answer = in_process.query(**shelf)

    assert answer["Count"] == 3
    # For each the item's two keys, and what the index shows.
    assert copied <= sum(len(item) + 2 for item in answer["Items"])


def test_a_token_is_forgotten_after_ten_minutes(in_process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(moto_mends, "monotonic", lambda: now)
    partition = Partition(in_process)
    partition.transact(partition.put("counter"))
    for seconds, counted in ((0, 1), (599, 1), (2, 2)):
        now += seconds
        assert partition.transact(partition.add("counter", 1), token="the same") is None
        assert partition.items() == {"counter": counted}


def test_a_moto_that_nobody_has_tried_is_refused_in_a_sentence() -> None:
    with pytest.raises(RuntimeError, match=r"This is moto 5\.3\.0, and local/moto_mends\.py was tried with"):
        moto_mends.mend("5.3.0")


def test_what_was_sent_is_read_by_nobody_whose_name_was_pointed_here() -> None:
    with local_aws() as url:
        for host, expected in (("evil.example", 403), (urlsplit(url).netloc, 200)):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            connection.request("GET", "/_local/mails", headers={"Host": host})
            assert connection.getresponse().status == expected
            connection.close()
