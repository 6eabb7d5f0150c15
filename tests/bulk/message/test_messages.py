from __future__ import annotations

import functools
import os
import string
import subprocess
import sys
import textwrap
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tim_async import (
    BodyTooLargeError,
    CustomElem,
    FaceElem,
    LocationElem,
    OfflinePushInfo,
    RawElem,
    TextElem,
    UsageError,
    encode,
)
from tim_async.bulk import Message, Recipient, Template
from tim_async.bulk._message.messages import Identities, Identity, PreparedMessage, size_to_one
from tim_async.bulk._message.rendering import MessageSource, from_stored
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg

BOB = Recipient(account="bob", columns={"name": "Bob", "age": 7, "姓名": "鲍勃", "none": None})
MARK = Identity(1, 2)


async def text(message, recipient=BOB):
    return (
        PreparedMessage(await MessageSource(message).make(recipient))
        .to_one("bob", MARK)
        .msg_body[0]
        .msg_content["Text"]
    )


async def test_template_fills_in_columns():
    assert await text(Template("Hi $name, ${姓名}, $age, $account: $$5 👋")) == "Hi Bob, 鲍勃, 7, bob: $5 👋"
    assert await text(string.Template("Hi $name")) == "Hi Bob"


async def test_template_reaches_every_text_of_a_message():
    message = Message(
        msg_body=[
            CustomElem(data='{"for":"$name"}', desc="$name"),
            LocationElem(desc="$name", latitude=1.5, longitude=2),
        ],
        offline_push_info=OfflinePushInfo(title="For $name", ext='{"who":"$account"}'),
        cloud_custom_data="$age",
    )
    request = PreparedMessage(await MessageSource(Template(message)).make(BOB)).to_one("bob", MARK)
    wire = encode(request).decode()
    assert "$" not in wire
    assert '"Title":"For Bob"' in wire
    assert '"Latitude":1.5' in wire
    assert '"CloudCustomData":"7"' in wire


@pytest.mark.parametrize("template", ["100 $", "$ name", "${}", "${name"])
def test_malformed_template_is_refused_at_once(template):
    with pytest.raises(UsageError, match="does not start a placeholder") as caught:
        Template(template)
    assert caught.value.field == "message"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("Hi $city", "needs the column 'city', which the row does not have"),
        ("Hi $none", "needs the column 'none'"),
    ],
)
async def test_template_that_lacks_a_column(template, problem):
    with pytest.raises(UsageError, match=problem):
        await text(Template(template))


async def test_template_whose_values_break_it():
    message = Message(msg_body=[TextElem(text="x")], from_account="$name")
    with pytest.raises(UsageError, match="has 33 bytes of UTF-8"):
        await MessageSource(Template(message)).make(Recipient(account="bob", columns={"name": "y" * 33}))


def test_template_without_placeholders_is_the_same_for_all():
    maker = MessageSource(Template("costs $$5"))
    assert maker.kind == "fixed"
    assert maker.fixed.msg_body[0].msg_content == {"Text": "costs $5"}
    assert MessageSource("costs $name").fixed.msg_body[0].text == "costs $name"


async def test_function_may_be_of_either_kind_and_return_anything():
    async def slowly(recipient):
        return [TextElem(text=f"Hi {recipient.columns['name']}")]

    assert await text(slowly) == "Hi Bob"
    assert await text(lambda recipient: f"Hi {recipient.account}") == "Hi bob"
    assert await text(lambda _: Message(msg_body=[TextElem(text="x")])) == "x"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda _: 1 / 0, "the function raised ZeroDivisionError: division by zero"),
        (lambda _: None, "a message is a text, .* not NoneType"),
        (lambda _: [], "msg_body is empty"),
        (lambda _: Message(msg_body=[TextElem(text="x")], msg_seq=1), "msg_seq derives from campaign and recipient"),
    ],
)
async def test_function_that_makes_no_message(make, problem):
    with pytest.raises(UsageError, match=problem):
        await MessageSource(make).make(BOB)


@pytest.mark.parametrize("message", [7, b"x", {"MsgBody": []}, [], Message(msg_body=[])])
def test_message_that_is_none(message):
    with pytest.raises(UsageError):
        MessageSource(message)


@pytest.mark.parametrize(
    "message",
    [
        Message(msg_body=[TextElem(text="你好 👋"), FaceElem(index=1, data="x")], is_need_read_receipt=1),
        Message(msg_body=[RawElem("TIMTextElem", {"Text": "x", "Newer": [1, {"z": 1, "a": 2}]})]),
        Message(msg_body=[RawElem("TIMPollElem", {"Question": "?"})], online_only_flag=0, msg_life_time=0),
        Message(
            msg_body=[CustomElem(data="{}")],
            offline_push_info=OfflinePushInfo(title="t", push_template_param={"n": 1.5, "t": True}),
            from_account="shop",
            sync_other_machine=2,
            forbid_callback_control=["ForbidAfterSendMsgCallback"],
            support_message_extension=1,
        ),
    ],
    ids=["usual", "newer field", "unknown kind", "all options"],
)
async def test_stored_form_goes_out_as_the_message_would(message):
    """And twice the same: a repeat that differs by a byte is another message."""
    stored = await MessageSource(message).make(BOB)
    fields = {name: value for name in Message.__struct_fields__ if (value := getattr(message, name)) is not None}
    direct = SendMsg(**{**fields, "to_account": "bob", "msg_seq": 1, "msg_random": 2})
    assert encode(PreparedMessage(stored).to_one("bob", MARK)) == encode(direct)
    assert await from_stored("fixed", stored).make(BOB) == stored


async def test_template_comes_back_from_the_ledger():
    maker = MessageSource(Template("Hi $name"))
    again = from_stored(maker.kind, maker.stored)
    assert again.fingerprint == maker.fingerprint
    assert await again.make(BOB) == await maker.make(BOB)
    assert from_stored("function", None) is None


def test_fingerprints():
    def one(_):
        return "x"

    prints = [MessageSource(each).fingerprint for each in ("a", "b", Template("$a"), Template("$b"), one)]
    prints += [MessageSource(one, version="2").fingerprint, MessageSource("$a").fingerprint]
    assert len(set(prints)) == len(prints)
    assert (
        MessageSource([TextElem(text="a")]).fingerprint
        == MessageSource("a").fingerprint
        == MessageSource(Template("a")).fingerprint
    )


def one_of_two(text, flag):
    """Functions of one name, that differ in what they were made with."""

    def make(recipient, *, mark="!"):
        return text + mark if flag else recipient.account

    return make


def text_of(text, recipient):
    return text + recipient.account


class Mailer:
    def __init__(self, text):
        self.text = text

    def make(self, recipient):
        return self.text + recipient.account

    @staticmethod
    def plain(recipient):
        return f"To {recipient.account}"

    def __call__(self, recipient):
        return self.text


def test_functions_are_distinguished_by_their_code_and_what_they_were_made_with():
    def hi(_):
        return "Hi"

    first = [hi, one_of_two("a", flag=True)]

    def hi(_):
        return "Ho"

    async def hello(recipient):
        return "Hi" if recipient.account in {"x", "y", "z"} else "Ho"

    def loud(make):
        @functools.wraps(make)
        def changed(recipient):
            return make(recipient).upper()

        return changed

    every = [
        *first,
        hi,
        hello,
        one_of_two("b", flag=True),
        one_of_two("a", flag=False),
        lambda _: "a",
        lambda _: "b",
        lambda recipient: sorted(recipient.account, key=lambda each: each > "a"),
        lambda recipient: sorted(recipient.account, key=lambda each: each > "b"),
        lambda recipient: recipient.account,
        lambda recipient: recipient.columns,
        functools.partial(text_of, "a"),
        functools.partial(text_of, "b"),
        functools.partial(text_of, recipient=None),
        functools.partial(one_of_two, [TextElem(text="a")]),
        functools.partial(one_of_two, [TextElem(text="b")]),
        functools.partial(one_of_two, (date(2026, 1, 1), {"x": {1, 2}})),
        functools.partial(one_of_two, (date(2026, 1, 2), {"x": {1, 2}})),
        loud(first[0]),
        loud(hi),
        Mailer.plain,
    ]
    assert len({MessageSource(each).fingerprint for each in every}) == len(every)
    again = [one_of_two("a", flag=True), functools.partial(text_of, "a"), Mailer("x").plain]
    assert [MessageSource(each).fingerprint for each in again] == [
        MessageSource(each).fingerprint for each in (every[1], every[12], Mailer.plain)
    ]


def test_function_that_calls_itself_has_a_fingerprint():
    def countdown(recipient, left=3):
        return countdown(recipient, left - 1) if left else "now"

    assert MessageSource(countdown).fingerprint == MessageSource(countdown).fingerprint


def test_function_is_the_same_in_the_next_process():
    """Also if Python orders a set by a random seed, and if its line number differs."""
    program = """
        {lines}from tim_async.bulk._message.rendering import MessageSource
        def make(recipient, names=frozenset("abcdefgh")):
            return "x" if recipient.account in {{"a", "b", "c", "d", "e"}} else [each for each in "xyz"]
        print(MessageSource(make).fingerprint)
    """
    found = set()
    for seed in range(3):
        text = textwrap.dedent(program).replace("{lines}", "pass\n" * seed).replace("{{", "{").replace("}}", "}")
        run = subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        )
        found.add(run.stdout)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Mailer("x").make, "a value of type tests.bulk.message.test_messages.Mailer"),
        (Mailer("x"), "a value of type tests.bulk.message.test_messages.Mailer"),
        (functools.partial(text_of, object()), "a value of type object"),
        (one_of_two(iter("ab"), flag=True), "a value of type str_ascii_iterator"),
        (one_of_two(list(range(20_000)), flag=True), "more than 10,000 values"),
    ],
    ids=["method", "callable object", "partial", "variable around it", "large"],
)
def test_function_that_cannot_be_compared_needs_a_version(make, what):
    with pytest.raises(UsageError, match=f"was made with {what}, which") as caught:
        MessageSource(make)
    assert caught.value.field == "message_version"
    assert MessageSource(make, version="1").fingerprint == MessageSource(text_of, version="1").fingerprint
    assert MessageSource(make, version="1").fingerprint != MessageSource(make, version="2").fingerprint


@pytest.mark.parametrize("message", ["Hi", Template("Hi $name"), [TextElem(text="x")]])
def test_version_takes_nothing_from_a_text(message):
    with pytest.raises(UsageError, match="a text is compared directly") as caught:
        MessageSource(message, version="1")
    assert caught.value.field == "message_version"


def test_message_over_the_limit_by_one_byte():
    room = 8192 - size_to_one(MessageSource("x").stored) + 1
    MessageSource("x" * room).check_size(8192)
    with pytest.raises(BodyTooLargeError) as caught:
        MessageSource("x" * (room + 1)).check_size(8192)
    assert (caught.value.actual, caught.value.limit) == (8193, 8192)


@pytest.mark.parametrize(
    "message",
    [
        "x",
        '新年好 😀 "\\\n\x01',
        Message(msg_body=[TextElem(text="a"), CustomElem(data="b")], from_account="c", msg_life_time=7),
        Message(msg_body=[TextElem(text="a")], forbid_callback_control=["b"], support_message_extension=1),
    ],
    ids=["short", "escapes", "options", "of single messages"],
)
def test_size_is_that_of_the_request_to_the_longest_account(message):
    stored = MessageSource(message).stored
    request = PreparedMessage(stored).to_one("x" * 32, Identity(4_294_967_295, 4_294_967_295))
    assert size_to_one(stored) == len(C2C.send.encode(request))


@given(name=st.text(), number=st.integers() | st.floats())
@example(name='"}],"x":1', number=1)
@example(name="$name ${number}", number=1)
def test_template_is_filled_in_as_if_a_message_was_made(name, number):
    """For any value: quotes, escapes, placeholders."""
    template = Template(
        Message(
            msg_body=[TextElem(text="$name: $$ ${number}, $name"), CustomElem(data="{$number}")],
            cloud_custom_data="$name",
            offline_push_info=OfflinePushInfo(title="${name}$number"),
        )
    )
    values = {"name": name, "number": number}
    assert template.render_stored(values).encode() == encode(template.render(values))


def test_template_that_cannot_be_filled_in_says_why():
    template = Template("Hi $name")
    with pytest.raises(UsageError, match="needs the column 'name', which the row does not have"):
        template.render_stored({"account": "bob"})
    with pytest.raises(UsageError, match="cannot encode"):
        template.render_stored({"name": "\ud800"})


def test_template_with_a_placeholder_whose_value_is_checked_is_checked_each_time():
    template = Template(Message(msg_body=[TextElem(text="$name")], from_account="$sender"))
    assert MessageSource(template).is_checked
    with pytest.raises(UsageError, match="an account must have 1 to 32"):
        template.render_stored({"name": "Bob", "sender": "x" * 33})


def test_identities_are_stable_and_no_two_are_the_same():
    spring = Identities("salt-1", 1_800_000_000_000)
    assert spring.of_recipient(5, "bob") == Identities("salt-1", 1_800_000_000_000).of_recipient(5, "bob")
    everyone = {spring.of_recipient(index, f"u{index}") for index in range(20_000)}
    chunks = {spring.of_chunk(number) for number in range(400)}
    assert len(everyone | chunks) == 20_400
    assert len({identity.msg_seq for identity in everyone}) == 20_000
    assert all(0 <= number < 2**32 for identity in everyone for number in identity)
    # Planned again: others, though everything but the salt is the same.
    other = Identities("salt-2", 1_800_000_000_000)
    assert not everyone & {other.of_recipient(index, f"u{index}") for index in range(20_000)}
