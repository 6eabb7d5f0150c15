"""Secrets are hidden in recordings, in every spelling."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from tim_async import ReplyDecodeError, RetryPolicy, TimClient
from tim_async.testing import FakePool, Recorder, read_recording
from tim_async.testing._secrets import spellings

KEYS = {"quote": 'abc"def', "backslash": "abc\\def", "unicode": "ключ", "URL": "a*b+c/d=e"}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
async def test_secrets_are_hidden_in_every_spelling(tmp_path, key):
    key += "-" * 20
    echoes = [
        lambda text: text,
        lambda text: quote(text, safe=""),
        lambda text: re.sub("%..", lambda code: code.group().lower(), quote(text, safe="")),
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(json.dumps({"key": text})),
        lambda text: json.dumps({"url": "?k=" + quote(text, safe="")}),
    ]
    shown = []

    def answer(sent):
        echo = echoes[len(shown) // 2]
        shown.append([echo(key), echo(sent.query["usersig"])])
        if len(shown) % 2:
            return {"ErrorInfo": " ".join(shown[-1])}
        return "not JSON: {} {}".format(*shown[-1]).encode()

    async with TimClient(1_400_000_000, key, pool=FakePool(answer), retry=RetryPolicy.off()) as client:
        with Recorder(tmp_path / "r") as recorder:
            recorder.attach(client)
            for _ in range(len(echoes)):
                await client.c2c.send_text("bob", "hi")
                with pytest.raises(ReplyDecodeError):
                    await client.c2c.send_text("bob", "hi")
    assert len(shown) == 2 * len(echoes)
    assert key.encode() not in (tmp_path / "r").read_bytes()
    for exchange, texts in zip(read_recording(tmp_path / "r"), shown, strict=True):
        got = exchange.answer["ErrorInfo"] if exchange.answer else exchange.reply.decode()
        assert got.count("<hidden>") == 2, (got, texts)
        assert not any(text.strip('"') in got for text in texts)


def test_spellings_are_tried_longest_first():
    found = spellings('a"b/c')
    assert found == sorted(found, key=len, reverse=True)
    assert b'a"b/c' in found
    assert b'a\\"b/c' in found
    assert b"a%22b%2Fc" in found
    assert b"a%22b%2fc" in found
    assert b'a\\\\\\"b/c' in found
