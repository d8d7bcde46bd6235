"""Each link of the chain, its refusals in the service's words, and no silent way to another link."""

import json
import hashlib
import os
import textwrap

import pytest

from identity_stub import IdentityStub, in_seconds
from s3_world import World, numbered_lines, text_of

LINES = numbered_lines(300)
ROLE = "arn:aws:iam::1:role/reader"


class Reader(World):
    """Reads the stub's one object, with nothing configured but the stub's addresses."""

    def __init__(self, stub, home):
        self.stub, self.home, self.started = stub, home, []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL_S3": stub.url,
            "AWS_ENDPOINT_URL_STS": stub.url,
            "AWS_ENDPOINT_URL_SSO": stub.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": stub.url,
            "AWS_REGION": "us-east-1",
            "LOG_LEVEL": "info",
            "REPROCESS_S3_PART_BYTES": "65536",
            "REPROCESS_S3_RETRY_WAIT_MS": "1",
        }

    def read(self, **variables):
        """The keys that the object was read with; what was logged."""
        _, log = self.run("s3://bucket/a.ndjson", **variables)
        assert self.delivered() == LINES
        return {key for key, _ in self.stub.reads}, log

    def refused(self, **variables):
        _, error = self.call(self.start("inspect", "s3://bucket/a.ndjson", **variables), expect=1)
        assert not self.stub.reads, "nothing was read under another identity"
        return error

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return str(path)

    def web_identity(self):
        return {"AWS_WEB_IDENTITY_TOKEN_FILE": self.write("token", "jwt.of.pod\n"), "AWS_ROLE_ARN": ROLE}


@pytest.fixture
def stub():
    stub = IdentityStub(text_of(LINES))
    yield stub
    stub.close()


@pytest.fixture
def reader(stub, tmp_path):
    reader = Reader(stub, tmp_path)
    yield reader
    reader.end()


def test_keys_of_the_environment_come_first(reader, stub):
    reader.write(".aws/credentials", "[default]\naws_access_key_id = AKOTHER\naws_secret_access_key = x\n")
    keys, log = reader.read(AWS_ACCESS_KEY_ID="AKSTATIC\n", AWS_SECRET_ACCESS_KEY="hush", **reader.web_identity())
    assert keys == {"AKSTATIC"} and not stub.asked
    assert "keys of the environment, key AKSTATIC" in log and "hush" not in log


def test_a_web_identity_is_exchanged_at_sts(reader, stub):
    keys, log = reader.read(**reader.web_identity())
    assert keys == {"AK1", "AK2"}  # the plan's and the shard's
    _, _, form, headers, _ = stub.calls("AssumeRoleWithWebIdentity")[0]
    assert form["RoleArn"] == ROLE and form["WebIdentityToken"] == "jwt.of.pod"
    assert "Authorization" not in headers
    assert f"web identity {ROLE}" in log and "hush" not in log


def test_a_profile_with_keys(reader, stub):
    reader.write(".aws/credentials", "[other]\naws_access_key_id=AKSTATIC  # ours\naws_secret_access_key=hush\n")
    keys, _ = reader.read(AWS_PROFILE="other")
    assert keys == {"AKSTATIC"} and not stub.asked


def test_a_profile_that_assumes_a_role_with_another_ones_keys(reader, stub):
    reader.write(".aws/config", f"""\
        [profile reader]
        role_arn = {ROLE}
        source_profile = base
        external_id = ex ternal/id
        role_session_name = night
        [profile base]
        region = eu-west-1
        s3 =
          max_concurrent_requests = 20
        """)
    reader.write(".aws/credentials", "[base]\naws_access_key_id = AKSTATIC\naws_secret_access_key = hush\n")
    keys, _ = reader.read(AWS_PROFILE="reader")
    assert keys == {"AK1", "AK2"}
    _, _, form, headers, _ = stub.calls("AssumeRole")[0]
    assert form["RoleArn"] == ROLE and form["ExternalId"] == "ex ternal/id"
    assert form["RoleSessionName"] == "night"
    assert "Credential=AKSTATIC/" in headers["Authorization"] and "/sts/" in headers["Authorization"]


@pytest.mark.parametrize(
    "source, place, variables",
    [
        ("Ec2InstanceMetadata", "/latest/api/token", {}),
        ("EcsContainer", "/container", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"}),
    ],
)
def test_a_profile_that_assumes_a_role_with_a_credential_source(reader, stub, source, place, variables):
    reader.write(".aws/config", f"[profile reader]\nrole_arn = {ROLE}\ncredential_source = {source}\n")
    variables = {name: value.replace("URL", stub.url) for name, value in variables.items()}
    keys, _ = reader.read(AWS_PROFILE="reader", **variables)
    assert stub.calls(place) and len(stub.calls("AssumeRole")) == 2
    assert keys == {"AK2", "AK4"}


def test_a_profile_with_a_web_identity(reader, stub):
    token = reader.write("token", "jwt")
    reader.write(".aws/config", f"[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n")
    keys, _ = reader.read()
    assert keys == {"AK1", "AK2"} and stub.calls("AssumeRoleWithWebIdentity")


def test_a_profile_with_a_credential_process(reader, stub):
    answer = json.dumps({"Version": 1, "AccessKeyId": "AKP", "SecretAccessKey": "hush",
                         "SessionToken": stub.accepted("AKP"), "Expiration": in_seconds(3600)})
    reader.write("answer.json", answer)
    reader.write(".aws/config", f"[default]\ncredential_process = cat '{reader.home}/answer.json'\n")
    keys, log = reader.read()
    assert keys == {"AKP"} and "hush" not in log


def test_a_profile_with_a_cached_sso_token(reader, stub):
    reader.write(".aws/config", """\
        [profile sso]
        sso_session = corp
        sso_account_id = 42
        sso_role_name = Read Only
        [sso-session corp]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-west-1
        """)
    name = hashlib.sha1(b"corp").hexdigest()
    cached = {"accessToken": "sso-token", "expiresAt": in_seconds(3600)}
    reader.write(f".aws/sso/cache/{name}.json", json.dumps(cached))
    keys, _ = reader.read(AWS_PROFILE="sso")
    assert keys == {"AK1", "AK2"}
    _, _, _, headers, query = stub.calls("/federation/credentials")[0]
    assert headers["x-amz-sso_bearer_token"] == "sso-token" and "role_name=Read%20Only" in query
    reader.write(f".aws/sso/cache/{name}.json", json.dumps({**cached, "expiresAt": in_seconds(-1)}))
    stub.reads.clear()
    assert "aws sso login" in reader.refused(AWS_PROFILE="sso")


def test_a_containers_agent_is_asked_with_its_token(reader, stub):
    token = reader.write("token", "Basic abc\n")
    agent = f"{stub.url}/container"
    keys, _ = reader.read(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=agent, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token
    )
    assert keys == {"AK1", "AK2"}
    assert stub.calls("/container")[0][3]["Authorization"] == "Basic abc"


def test_instance_metadata_is_asked_last_and_with_a_session(reader, stub):
    reader.write(".aws/config", "[default]\nregion = eu-west-1\n")
    keys, _ = reader.read()
    assert keys == {"AK1", "AK2"}
    places = [(method, place) for method, place, *_ in stub.asked[:3]]
    roles = "/latest/meta-data/iam/security-credentials/"
    assert places == [("PUT", "/latest/api/token"), ("GET", roles), ("GET", roles + "node-role")]
    assert stub.asked[1][3]["X-aws-ec2-metadata-token"] == "session-token"


def test_neither_containers_nor_instances_are_asked_through_a_proxy(reader, stub):
    """The proxy refuses everything; S3 itself is then out of reach, but identity was had."""
    nowhere = {"http_proxy": "http://127.0.0.1:1", "REPROCESS_S3_PART_TRIES": "1"}
    _, error = reader.call(reader.start("inspect", "s3://bucket/a.ndjson", **nowhere), expect=1)
    assert stub.issued == 1 and "list: " in error


DENIED = (403, """<ErrorResponse><Error><Code>AccessDenied</Code>
    <Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>""")


def without_role(reader):
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": reader.write("token", "jwt")}


def without_token(reader):
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(reader.home / "gone"), "AWS_ROLE_ARN": ROLE}


def config(text):
    def write(reader):
        reader.write(".aws/config", text)
        return {"AWS_PROFILE": "p"}

    return write


@pytest.mark.parametrize(
    "arrange, words",
    [
        (lambda reader: {"AWS_ACCESS_KEY_ID": "AKSTATIC"}, "needed together"),
        (without_role, "needs AWS_ROLE_ARN"),
        (without_token, f"AssumeRoleWithWebIdentity {ROLE}: cannot read the token file"),
        (config("[profile q]\nregion = x\n"), "profile p: there is none of that name"),
        (config("[profile p]\nregion = x\n"), "profile p: it says nothing of credentials"),
        (config("[profile p]\naws_access_key_id = AKSTATIC\n"), "needed together"),
        (config(f"[profile p]\nrole_arn = {ROLE}\n"), "needs source_profile or credential_source"),
        (config(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n"), "profile q: there is none"),
        (config(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nrole_arn = {ROLE}\n"
                "source_profile = p\n"), "in a circle"),
        (config("[profile p]\nsso_session = s\n"), "no [sso-session s]"),
        (config("[profile p]\ncredential_process = exit 3\n"), "ended with code 3"),
        (config("[profile p]\ncredential_process = echo '{\"SecretAccessKey\":\"hush\"}'\n"), "holds no AccessKeyId"),
        (lambda reader: {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, "neither https nor"),
        (lambda reader: {"AWS_CONTAINER_CREDENTIALS_FULL_URI": reader.stub.url + "/gone"}, "HTTP 404"),
        (lambda reader: {"AWS_EC2_METADATA_DISABLED": "true"}, "instance metadata is disabled"),
    ],
)
def test_what_is_configured_wrongly_is_the_error_and_nothing_else_is_tried(reader, stub, arrange, words):
    error = reader.refused(**arrange(reader))
    assert words in error and "hush" not in error
    assert not stub.issued, "no other link of the chain was asked"


def test_a_refusal_of_sts_is_final_and_in_its_words(reader, stub):
    stub.override["AssumeRoleWithWebIdentity"] = lambda call: DENIED
    error = reader.refused(**reader.web_identity())
    assert (f"AssumeRoleWithWebIdentity {ROLE}: HTTP 403 AccessDenied: "
            "Not authorized to perform sts:AssumeRoleWithWebIdentity") in error
    assert len(stub.asked) == 1, "asked once, and no other link of the chain"


def test_a_service_that_is_unwell_is_asked_again_four_times_in_all(reader, stub):
    stub.override["AssumeRoleWithWebIdentity"] = lambda call: (500, "") if call < 4 else None
    keys, _ = reader.read(**reader.web_identity())
    assert "AK1" in keys
    stub.reads.clear()
    stub.override["AssumeRoleWithWebIdentity"] = lambda call: (503, "")
    before = len(stub.asked)
    assert "HTTP 503 (4 tries)" in reader.refused(**reader.web_identity())
    assert len(stub.asked) == before + 4


def test_credentials_that_expire_in_the_middle_are_replaced_before(reader, stub):
    """Inside the last five minutes each new set is asked for early, the old one read with meanwhile."""
    stub.lifetime = 200
    keys, _ = reader.read(**reader.web_identity(), REPROCESS_S3_PARTS="1")
    assert len(stub.calls("AssumeRoleWithWebIdentity")) >= 3, "the plan's, the shard's, and the early one"


def test_the_old_credentials_serve_while_new_ones_cannot_be_had(reader, stub):
    stub.lifetime = 200
    stub.override["AssumeRoleWithWebIdentity"] = lambda call: DENIED if call > 2 else None
    keys, log = reader.read(**reader.web_identity(), REPROCESS_S3_PARTS="1")
    assert keys == {"AK1", "AK2"}
    assert "the old ones still count" in log


def test_an_expired_token_is_replaced_once_and_reading_goes_on(reader, stub):
    stub.refuse_reads = lambda number, key: key == "AK2" and number > 4
    keys, _ = reader.read(**reader.web_identity())
    assert keys == {"AK1", "AK2", "AK3"}


def test_tokens_that_are_always_refused_are_the_services_error(reader, stub):
    stub.refuse_reads = lambda number, key: True
    _, error = reader.call(reader.start("inspect", "s3://bucket/a.ndjson", **reader.web_identity()), expect=1)
    assert "HTTP 400 ExpiredToken: too old" in error


def test_anonymous_reading_is_asked_for_by_name_alone(reader, stub):
    stub.accepted = lambda key: "" if key is None else None
    keys, _ = reader.read(S3_ANONYMOUS="1")
    assert keys == {None} and not stub.asked
