"""The production files, which no machine of ours runs, read against the program they start."""

import ast
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml

from retail_saas.data_folder import CHECKOUT
from retail_saas.env import ProcessRole, parse
from retail_saas.services import product

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
EXAMPLE = (CHECKOUT / ".env.example").read_text()
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
NOT_OURS = {"WEB_CONCURRENCY": "deploy/gunicorn.conf.py"}  # read elsewhere than in env.py


def known_variables() -> set[str]:
    """Every name that `retail_saas/env.py` reads, from its source."""
    tree = ast.parse((CHECKOUT / "retail_saas" / "env.py").read_text())
    return {
        str(call.args[0].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "read"
        and isinstance(call.args[0], ast.Constant)
    }


def documented_variables() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_the_example_documents_exactly_what_is_read() -> None:
    asked_by_compose = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (CHECKOUT / "docker-compose.yml").read_text()))

    assert {"SECRET_KEY", "PORT", "WEBHOOK_ALLOW_PRIVATE"} <= known_variables()
    assert set(documented_variables()) == known_variables() | asked_by_compose


def test_the_operators_page_lists_what_is_read() -> None:
    page = (CHECKOUT / "docs" / "operators.md").read_text()

    assert set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)) == known_variables()


def test_every_documented_variable_is_explained() -> None:
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+=", line):
            above = lines[number - 1]
            assert above.startswith("#") or re.match(r"[A-Z_]+=", above), f"{line} has no explanation"


def test_the_values_of_the_example_are_the_defaults_of_the_program() -> None:
    given = {name: value for name, value in documented_variables().items() if value and name in known_variables()}
    required = {"DATABASE_URL": "postgresql://a@b/c", "REDIS_URL": "redis://b", "SECRET_KEY": "x"}

    assert parse(required | given) == parse(required)


def test_secrets_have_no_default_anywhere() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "FIELD_KEYS", "POSTGRES_PASSWORD", "DATABASE_PASSWORD", "VALKEY_PASSWORD"):
        assert documented_variables()[name] == ""
        assert set(re.findall(rf"(?<!\$)\$\{{{name}([^}}]*)\}}", text)) == {":?set it in .env"}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_get_only_variables_that_are_read(name: str) -> None:
    environment = set(OURS[name]["environment"])

    assert environment <= known_variables() | set(NOT_OURS)
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "PROCESS_ROLE"} <= environment
    for variable in environment & set(NOT_OURS):
        assert f'"{variable}"' in (CHECKOUT / NOT_OURS[variable]).read_text()


@pytest.mark.parametrize("name", OURS)
def test_every_process_has_the_role_of_its_name(name: str) -> None:
    role = OURS[name]["environment"]["PROCESS_ROLE"]

    assert role == ("manage" if name == "migrate" else name)
    assert role in ProcessRole.__args__  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ("web", "sockets", 2),  # `uvicorn MODULE`: in production plain requests have threads of their own
        ("scheduler", "scheduler", 7),
        ("relay", "relay", 2),
        ("worker", "worker", 99),
    ],
)
def test_what_make_run_starts_is_started_in_production_by_the_same_words(ours: str, theirs: str, words: int) -> None:
    services = {service.name: service for service in product(Path("/data"), 8000).services}
    assert set(services) == {"web", "scheduler", "relay", "worker"}

    local = [word for word in services[ours].command[1:] if word != "-m"][:words]
    production = [word for word in OURS[theirs]["command"] if word != "python"][:words]

    assert local == production


def test_the_web_server_finds_its_program_and_settings() -> None:
    command = OURS["web"]["command"]

    assert command == yaml.safe_load(re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[-1])
    for word in command:
        if word.startswith("deploy/"):
            assert (CHECKOUT / word).exists()
        if ":" in word:
            assert (CHECKOUT / (word.partition(":")[0].replace(".", "/") + ".py")).exists()


def test_every_image_names_a_version() -> None:
    images = [service["image"] for name, service in SERVICES.items() if name not in OURS]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert {image.partition(":")[0] for image in images} == {"caddy", "postgres", "valkey/valkey", "node", "python"}
    for image in images:
        assert re.search(r":\d+", image), f"{image} would be another one tomorrow"


def test_files_that_are_mounted_or_copied_exist() -> None:
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    for path in mounted:
        if path.startswith("./") and path != "./deploy/certs":
            assert (CHECKOUT / path).is_file(), path
        elif not path.startswith("./"):
            assert path in COMPOSE["volumes"]
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (CHECKOUT / source).exists(), source


def test_the_image_runs_as_nobody_special_and_installs_by_hash() -> None:
    last_stage = DOCKERFILE.rpartition("FROM ")[2]

    assert re.search(r"^USER (?!root)\w+", last_stage, re.MULTILINE)
    assert DOCKERFILE.count("--require-hashes") == 2
    assert "requirements/run.lock" in DOCKERFILE
    assert "DJANGO_SETTINGS_MODULE=retail_saas.settings.prod" in last_stage
    assert "collectstatic" in last_stage


def test_the_proxy_knows_the_ports_of_web_and_sockets() -> None:
    caddyfile = (CHECKOUT / "deploy" / "Caddyfile").read_text()
    gunicorn = (CHECKOUT / "deploy" / "gunicorn.conf.py").read_text()
    sockets = OURS["sockets"]["command"]

    assert re.search(r"reverse_proxy web:8000\b", caddyfile)
    assert 'bind = "0.0.0.0:8000"' in gunicorn
    assert f"reverse_proxy @sockets sockets:{sockets[sockets.index('--port') + 1]} " in caddyfile


def test_the_databases_keep_what_the_program_relies_on() -> None:
    assert "--builtin-locale=C.UTF-8" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    valkey = " ".join(SERVICES["valkey"]["command"])
    assert "--appendonly yes" in valkey
    assert "--maxmemory-policy noeviction" in valkey
    for name in ("web", "sockets", "worker", "postgres", "valkey"):
        assert "healthcheck" in SERVICES[name], name


def test_no_lock_or_production_file_names_a_registry_host() -> None:
    files = [*(CHECKOUT / "requirements").glob("*.lock"), CHECKOUT / "package-lock.json", CHECKOUT / ".npmrc"]
    for path in [*files, CHECKOUT / "Dockerfile", CHECKOUT / "docker-compose.yml"]:
        for address in re.findall(r"\w+://[^\s\"']+", path.read_text()):
            assert address.startswith(("postgresql://", "redis://", "http://127.0.0.1:")), f"{path.name}: {address}"


# --- the set-up


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`tools/bootstrap.py` on an empty checkout that has nothing but the locks."""
    spec = spec_from_file_location("bootstrap_under_test", CHECKOUT / "tools" / "bootstrap.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("run", "dev", "uv"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"{name}==1")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "python_works", lambda: True)
    (tmp_path / ".venv").mkdir()
    return module


def test_the_tools_of_a_developer_serve_make_run_until_their_lock_changes(
    bootstrap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(bootstrap, "install", lambda *words: None)
    monkeypatch.setattr(bootstrap, "run", lambda failed, *command: installed.append(Path(command[-1]).name))

    for kind in ("run", "run", "dev", "run", "dev"):
        bootstrap.install_python(kind, None)
    assert installed == ["run.lock", "dev.lock"]

    (bootstrap.ROOT / "requirements" / "dev.lock").write_text("dev==2")
    bootstrap.install_python("run", None)
    assert installed == ["run.lock", "dev.lock", "dev.lock"]


def test_a_missing_lock_is_told_with_the_way_out(bootstrap: Any) -> None:
    lock = bootstrap.ROOT / "requirements" / "run.lock"
    lock.unlink()

    with pytest.raises(
        bootstrap.SetupError, match=re.escape(f"{lock} is missing: it pins every package, so restore it")
    ):
        bootstrap.install_python("run", None)


@pytest.mark.parametrize(
    ("output", "why", "final"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full", True),
        ("npm error code EINTEGRITY", "a package is not the one the lock file names", True),
        ("cause: dns error: failed to lookup address", "the package registry is not reachable", True),
        ("invalid peer certificate: UnknownIssuer", "the certificate of the package registry is not trusted", False),
        ("first\n\nsomething odd.\n", "something odd", False),
        ("", "it gave no reason", False),
    ],
)
def test_a_package_managers_complaint_becomes_a_few_words(bootstrap: Any, output: str, why: str, final: bool) -> None:
    assert bootstrap.reason(output) == (why, final)
