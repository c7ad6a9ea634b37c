import itertools

import pytest

from cluster.errors import BadInput
from cluster.security.scopes import ROLES, SCOPES, scopes_of


def test_each_role_holds_what_the_one_before_it_holds():
    bundles = list(ROLES.values())
    assert all(low < high for low, high in itertools.pairwise(bundles))


def test_the_admin_holds_every_scope():
    assert scopes_of("admin") == SCOPES


def test_a_viewer_reads_but_changes_nothing():
    assert scopes_of("viewer") == {"quotes:read", "analysis:read", "predictions:read"}


def test_an_unknown_role_is_refused_with_the_known_ones():
    with pytest.raises(BadInput, match="viewer, analyst, scientist, operator, admin"):
        scopes_of("root")
