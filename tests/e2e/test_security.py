"""TLS, client certificates and SASL on real listeners: what is refused, and what is replayed."""

import ctypes
import importlib.util
import json
import socket
import ssl
from pathlib import Path

import pytest

from harness.books import check_books
from harness.certificates import Authority
from harness.corpus import messages
from harness.programs import FATAL
from harness.topics import Broker
from harness.world import World

TLS, MUTUAL, SASL = 2, 3, 4  # behind the broker's first port
QUICK_FATAL = {"REPROCESS_START_TIMEOUT_MS": 2_000}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The CA that signed the broker's certificate, which names 127.0.0.1 and no host."""
    made = Authority(tmp_path_factory.mktemp("certificates"))
    made.issue("broker", "subjectAltName=IP:127.0.0.1")
    made.issue("client")
    pem = made.path("broker.pem")
    pem.write_text(made.path("broker.key").read_text() + pem.read_text())
    return made


def greet(port):
    """Its first handshake loads all that TLS needs: on a busy machine that takes longer than a worker waits."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain):
        pass


@pytest.fixture(scope="module")
def secure_broker(tmp_path_factory, authority):
    directory = tmp_path_factory.mktemp("kafka-tls")
    broker = Broker(directory, ["--tls", authority.directory])
    try:
        broker.start()
        greet(broker.port + TLS)
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def secure(fresh_name, tmp_path, secure_broker, cluster, programs, authority):
    """A world that trusts the broker's CA; `reach` chooses the listener."""
    world = World(fresh_name, tmp_path, secure_broker, cluster.create(), programs)
    secure_broker.create_topic(world.topic)
    world.environment |= {"KAFKA_SSL": "true", "KAFKA_SSL_CA_FILE": authority.path("ca.pem")}
    world.reach = lambda listener, host="127.0.0.1": world.environment.update(
        KAFKA_BOOTSTRAP_SERVERS=f"{host}:{secure_broker.port + listener}"
    )
    world.add(messages(50))
    return world


@pytest.fixture(scope="module")
def strict_scram(tmp_path_factory):
    """Variables with which the worker's librdkafka can do SCRAM with Kafka 4: none, or another one."""
    if ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= 0x020601FF:
        return {}
    package = Path(importlib.util.find_spec("confluent_kafka").origin).parent
    (library,) = package.with_name("confluent_kafka.libs").glob("librdkafka-*.so.1")
    directory = tmp_path_factory.mktemp("librdkafka")
    (directory / "librdkafka.so.1").symlink_to(library)
    return {"LD_LIBRARY_PATH": directory}


def check_replayed(world, **variables):
    """A first run sends everything, a second one nothing more."""
    program = world.run(**variables)
    world.run(**variables)
    world.check_delivered()
    check_books(world)
    return program


def refusal(world, **variables):
    program = world.run(expect=FATAL, deadline=30, **QUICK_FATAL, **variables)
    assert world.records() == []
    return program.err + world.worker()["error"]


def test_a_broker_of_an_unknown_authority_is_refused(secure):
    secure.reach(TLS)
    text = refusal(secure, KAFKA_SSL_CA_FILE=None)
    assert "certificate verify failed" in text and "set KAFKA_SSL_CA_FILE" in text


def test_a_broker_of_another_authority_is_refused(secure, tmp_path):
    secure.reach(TLS)
    text = refusal(secure, KAFKA_SSL_CA_FILE=Authority(tmp_path / "another").path("ca.pem"))
    assert "certificate verify failed" in text and "set KAFKA_SSL_CA_FILE" in text


def test_a_broker_whose_certificate_names_another_host_is_refused(secure):
    secure.reach(TLS, host="localhost")
    text = refusal(secure, KAFKA_PROPERTIES="broker.address.family=v4")
    assert "certificate verify failed" in text and "a host that the certificate names" in text


def test_verification_is_given_up_only_where_that_is_asked_for(secure):
    secure.reach(TLS)
    check_replayed(secure, KAFKA_SSL_CA_FILE=None, KAFKA_SSL_SKIP_VERIFY="true")


def test_a_listener_with_tls_says_so_to_a_client_without(secure):
    secure.reach(TLS)
    text = refusal(secure, KAFKA_SSL=None, KAFKA_SSL_CA_FILE=None)
    assert "KAFKA_SSL" in text


@pytest.mark.parametrize("form", ["file", "text"])
def test_a_file_is_replayed_over_tls_with_an_authority_given_as(secure, authority, form):
    secure.reach(TLS)
    if form == "text":
        del secure.environment["KAFKA_SSL_CA_FILE"]
        secure.environment["KAFKA_SSL_CA"] = authority.path("ca.pem").read_text()
    check_replayed(secure)


def test_a_file_is_replayed_with_a_client_certificate_and_not_without(secure, authority):
    secure.reach(MUTUAL)
    assert "ssl.certificate.location" in refusal(secure)
    certificate, key = authority.path("client.pem"), authority.path("client.key")
    check_replayed(
        secure,
        KAFKA_PROPERTIES=f"ssl.certificate.location={certificate}\nssl.key.location={key}\n",
    )


def sasl(mechanism, password):
    return json.dumps({"mechanism": mechanism, "username": "replay", "password": password})


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "scram-sha-512"])
def test_a_file_is_replayed_with_a_password_over_tls_and_not_with_a_wrong_one(
    secure, mechanism, strict_scram
):
    secure.reach(SASL)
    secure.environment |= strict_scram
    wrong = refusal(secure, KAFKA_SASL=sasl(mechanism, "not-this-one"))
    assert "Authentication failed" in wrong and "password of KAFKA_SASL" in wrong
    assert "not-this-one" not in wrong
    program = check_replayed(
        secure, KAFKA_SASL=sasl(mechanism, "replay-secret"), LOG_LEVEL="debug"
    )
    assert "replay-secret" not in program.err + program.out
    assert "not encrypted" not in program.err


def test_a_client_library_too_old_for_scram_with_kafka_4_says_so(secure, strict_scram):
    if not strict_scram:
        pytest.skip("librdkafka is new enough")
    secure.reach(SASL)
    assert "librdkafka 2.6.1" in refusal(secure, KAFKA_SASL=sasl("SCRAM-SHA-512", "replay-secret"))
