"""Moderation and operation as type checkers see them. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.moderation import (
    CloudKeyword,
    CloudLibrary,
    CloudWord,
    Content,
    Done,
    Judgement,
    Judgements,
    LocalWord,
    Mute,
)
from tim_async.models.operation import AppInfo, Archive, FileToSign, SignedFile


async def calls(client: TimClient) -> None:
    family = client.moderation
    assert_type(await family.moderate(audit_name="C2C", content_type="Text", content="x"), Judgement)
    contents = [Content(content_id=1, content_type="Image", content="https://example.com")]
    assert_type(await family.moderate_batch(audit_name="C2C", contents=contents), Judgements)
    assert_type(await family.moderate_all("C2C", contents), Chunked[Content, Judgements])
    words = [CloudKeyword(content="x", label="Ad")]
    assert_type(await family.add_cloud_keywords(sdk_app_id=1, lib_id="x", user_keywords=words), Done)
    assert_type(family.iter_cloud_keywords(1, "x"), AsyncIterator[CloudWord])
    assert_type(family.iter_cloud_libraries(1), AsyncIterator[CloudLibrary])
    assert_type(family.iter_local_keywords(1, 2, keyword="x"), AsyncIterator[LocalWord])
    assert_type(await family.set_mute(set_account="bob", c2cmsg_nospeaking_time=60), Empty)
    assert_type(await family.get_mute(get_account="bob"), Mute)
    operation = client.operation
    assert_type(await operation.get_app_info(request_field=["Date"]), AppInfo)
    assert_type(await operation.get_history(chat_type="C2C", msg_time="2015120121"), Archive)
    assert_type((await operation.get_ip_list()).ip_list, list[str])
    signed = await operation.sign_files(raw_urls=[FileToSign(resource_id=1, raw_url="x")])
    assert_type(signed.failed, list[SignedFile])


async def mistakes(client: TimClient) -> None:
    await client.moderation.moderate(audit_name="C2C", content_type="text", content="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.moderation.set_mute(account="bob")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CloudKeyword(content="x", label="Spam")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.operation.get_history(chat_type="c2c", msg_time="2015120121")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.operation.get_ip_list(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
