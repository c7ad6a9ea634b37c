"""What must never be written down anywhere."""

import pytest

pytestmark = pytest.mark.platform


def test_no_secret_stands_in_a_log(platform):
    secrets = [
        path.read_text().strip()
        for path in (platform.home / "secrets").iterdir()
        if path.name.startswith("trii_")
    ]
    logs = [*platform.logs_path.glob("*"), *platform.runtime_dir.rglob("*.log")]
    assert logs
    for log in logs:
        if log.is_file():
            text = log.read_text(errors="replace")
            assert not [secret for secret in secrets if secret in text], log


def test_every_secret_is_for_its_owner_alone(platform):
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (platform.home / "secrets").iterdir()
    }
    assert modes.pop("token_public.pem") == 0o644
    assert set(modes.values()) == {0o600}
