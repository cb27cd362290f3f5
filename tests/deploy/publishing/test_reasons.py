"""Why a server cannot be reached is said in Dutch."""

import asyncio

import aio_pika
import httpx
import pytest
from aio_pika.connection import make_url

from deploy.errors import DeployError
from deploy.publishing.reasons import sentence, why
from deploy.publishing.wire import Wire
from tests.servers import RabbitServer


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("amqp://omzien.1:x@127.0.0.1:9/", "er luistert daar niets"),
        ("amqp://omzien.1:x@bestaat-niet.invalid/", "die naam bestaat niet"),
        ("amqp://omzien.1:x@127.0.0.1:poort/", "het adres klopt niet"),
    ],
)
async def test_an_address_without_a_broker_is_told(url: str, words: str) -> None:
    """In a sentence, with that nothing was sent."""
    with pytest.raises(DeployError, match=f"Over AMQP lukt het niet: {words}.*Er is niets verstuurd"):
        async with Wire(url):
            pass


async def test_a_wrong_password_and_a_wrong_vhost_are_told(rabbitmq: RabbitServer) -> None:
    """RabbitMQ says both in English, the second only by closing the connection."""
    right = httpx.URL(rabbitmq.amqp_url.replace("amqp://", "http://"))
    wrong = {
        str(right.copy_with(username="omzien.1", password="x")): "gebruiker of wachtwoord",
        str(right.copy_with(path="/niet-daar")): "vhost",
    }
    for url, words in wrong.items():
        connection = aio_pika.Connection(make_url(url.replace("http://", "amqp://")))
        with pytest.raises(Exception) as caught:
            await connection.connect(timeout=10)
        await connection.close()
        assert words in why(caught.value)


async def test_a_web_address_without_a_platform_is_told() -> None:
    """A port where nothing listens, a name that is not there, no TLS where it was asked for."""
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(timeout=5) as http:
        for url, words in (
            ("http://127.0.0.1:9", "er luistert daar niets"),
            ("https://bestaat-niet.invalid", "die naam bestaat niet"),
            (f"http://127.0.0.1:{port}", "de verbinding is verbroken"),
        ):
            with pytest.raises(httpx.TransportError) as caught:
                await http.get(url)
            assert words in why(caught.value)
            assert not sentence(caught.value).endswith("?.")
            assert sentence(caught.value)[-1] in ".?"
