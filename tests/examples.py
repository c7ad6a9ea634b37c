"""How many examples a property draws."""

from typing import Any

from hypothesis import settings

_FEW = 5
_MORE = 3  # times as many


def examples(count: int, **options: Any) -> settings:
    """As many as it asks for; more with `make test-all`, few where only its code shall run."""
    profile = settings.get_current_profile_name()
    drawn = {"few": min(count, _FEW), "thorough": count * _MORE}.get(profile, count)
    return settings(max_examples=drawn, deadline=None, **options)
