import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from cluster.errors import ConfigError
from cluster.security import keys


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_private_key_is_for_its_owner_alone(tmp_path):
    keys.generate(tmp_path / "secrets")
    assert _mode(tmp_path / "secrets") == 0o700
    assert _mode(tmp_path / "secrets" / keys.PRIVATE_NAME) == 0o600
    assert sorted(p.name for p in (tmp_path / "secrets").iterdir()) == [
        keys.PRIVATE_NAME,
        keys.PUBLIC_NAME,
    ]


def test_a_second_start_keeps_the_pair_so_that_tokens_stay_valid(tmp_path):
    keys.generate(tmp_path)
    before = [(tmp_path / n).read_bytes() for n in (keys.PRIVATE_NAME, keys.PUBLIC_NAME)]
    keys.generate(tmp_path)
    assert before == [(tmp_path / n).read_bytes() for n in (keys.PRIVATE_NAME, keys.PUBLIC_NAME)]


def test_a_lost_public_file_comes_back_from_the_private_one(tmp_path):
    keys.generate(tmp_path)
    public = (tmp_path / keys.PUBLIC_NAME).read_bytes()
    (tmp_path / keys.PUBLIC_NAME).unlink()
    keys.generate(tmp_path)
    assert (tmp_path / keys.PUBLIC_NAME).read_bytes() == public


def test_both_halves_carry_the_same_id(tmp_path):
    keys.generate(tmp_path)
    signing = keys.load_signing(tmp_path / keys.PRIVATE_NAME)
    assert signing.kid == keys.load_verifying(tmp_path / keys.PUBLIC_NAME).kid


def test_the_id_is_the_thumbprint_of_rfc_8037():
    """The example key and thumbprint of RFC 8037, appendix A.3."""
    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    key = Ed25519PublicKey.from_public_bytes(raw)
    assert keys._kid(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_missing_key_names_the_file_and_the_remedy(tmp_path):
    with pytest.raises(
        ConfigError, match=r"token_public\.pem cannot be read .* `trii up` makes it"
    ):
        keys.load_verifying(tmp_path / keys.PUBLIC_NAME)


@pytest.mark.parametrize("load", [keys.load_signing, keys.load_verifying])
def test_what_is_no_key_is_refused(tmp_path, load):
    (tmp_path / "key.pem").write_text("not a key")
    with pytest.raises(ConfigError, match=r"holds no readable"):
        load(tmp_path / "key.pem")


def test_a_key_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(ConfigError, match="expected Ed25519"):
        keys.load_signing(path)


def test_a_signing_key_never_prints_itself(tmp_path):
    keys.generate(tmp_path)
    assert "kid" not in repr(keys.load_signing(tmp_path / keys.PRIVATE_NAME))
