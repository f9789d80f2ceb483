"""The generation client: every reply is journaled once, every fault ends in a reply or a named failure."""

from __future__ import annotations

import asyncio

import pytest
from scripted_server import scripted_server

from medpress.generation.client import Client, GenerationConfig, backoff, open_endpoint
from medpress.generation.request import GenerationError, Reply, Request


def ask_all(url, journal, requests, **settings):
    """Replies or error kinds, and the client's counts; pauses are recorded instead of waited for."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def work():
        config = GenerationConfig(endpoint=url, model="scripted", **{"seconds": 1.0, **settings})
        client = Client(open_endpoint(config), journal, config, pause=pause)
        try:
            results = await asyncio.gather(*(client.ask(r) for r in requests), return_exceptions=True)
        finally:
            await client.close()
        return results, client.counts

    results, counts = asyncio.run(work())
    outcome = [r.text if isinstance(r, Reply) else r.kind for r in results]
    return outcome, counts, pauses


def request(text: str, **settings) -> Request:
    return Request(messages=(("user", text),), **settings)


def test_every_fault_is_retried_and_then_answered(tmp_path):
    faults = iter([429, 500, b"not json", "", b'{"choices": []}', 2.0, (429, {"Retry-After": "7"})])

    def script(messages, number):
        return next(faults, "fine")

    with scripted_server(script) as (url, received):
        outcome, counts, pauses = ask_all(url, tmp_path / "j", [request("q")], tries=10)
    assert outcome == ["fine"]
    assert len(received) == 8
    assert counts["retries"] == 7
    assert pauses[-1] == 7
    assert all(kind in counts for kind in ("rate-limit", "server", "broken", "empty", "timeout"))


@pytest.mark.parametrize(("answer", "kind", "calls"), [(500, "server", 3), (401, "refused", 1), ("", "empty", 3)])
def test_a_fault_that_stays_becomes_a_named_failure(tmp_path, answer, kind, calls):
    with scripted_server(lambda messages, number: answer) as (url, received):
        outcome, _, _ = ask_all(url, tmp_path / "j", [request("q")], tries=3)
    assert (outcome, len(received)) == ([kind], calls)


def test_a_journaled_reply_is_never_asked_for_again(tmp_path):
    requests = [request(f"q{n}") for n in range(20)]
    with scripted_server(lambda messages, number: messages[0]["content"].upper()) as (url, received):
        first, _, _ = ask_all(url, tmp_path / "j", requests)
        with open(tmp_path / "j", "ab") as file:
            file.write(b'{"key": "torn by a kill')
        again, counts, _ = ask_all(url, tmp_path / "j", [*requests, request("new")])
    assert again[:-1] == first == [f"Q{n}" for n in range(20)]
    assert again[-1] == "NEW"
    assert len(received) == 21
    assert counts["journaled"] == 20


def test_a_spoilt_line_of_the_journal_costs_its_own_reply_only(tmp_path):
    journal = tmp_path / "j"
    with scripted_server(lambda messages, number: str(number)) as (url, received):
        ask_all(url, journal, [request(f"q{n}") for n in range(5)], concurrency=1)
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([*lines[:2], b"\xff{]\n", *lines[3:]]))
        _, counts, _ = ask_all(url, journal, [request(f"q{n}") for n in range(5)])
    assert counts["journaled"] == 4
    assert len(received) == 6


def test_the_same_question_at_once_is_asked_once_and_samples_differ(tmp_path):
    with scripted_server(lambda messages, number: str(number)) as (url, received):
        outcome, _, _ = ask_all(url, tmp_path / "j", [request("q"), request("q"), request("q", sample=1)])
    assert len(received) == 2
    assert outcome[0] == outcome[1] != outcome[2]


def test_the_budget_ends_the_asking(tmp_path):
    with scripted_server(lambda messages, number: "fine") as (url, received):
        outcome, _, _ = ask_all(
            url, tmp_path / "j", [request(f"q{n}") for n in range(9)], concurrency=1, token_budget=16
        )
    assert outcome.count("fine") == 2 == len(received)
    assert outcome.count("budget") == 7


def test_a_dead_endpoint_is_a_failure_and_messages_do_not_quote(tmp_path):
    outcome, _, _ = ask_all("http://127.0.0.1:9/v1", tmp_path / "j", [request("secret")], tries=2)
    assert outcome == ["connection"]
    with scripted_server(lambda messages, number: 400) as (url, _), pytest.raises(GenerationError) as error:
        config = GenerationConfig(endpoint=url, model="scripted")
        client = Client(open_endpoint(config), tmp_path / "k", config)
        asyncio.run(client.ask(request("secret")))
    assert "secret" not in str(error.value)


def test_pauses_grow_and_are_bounded():
    pauses = [backoff(attempt, "key") for attempt in range(1, 12)]
    assert 1 <= pauses[0] <= 1.5
    assert max(pauses) <= 90
    assert pauses[:5] == sorted(pauses[:5])
