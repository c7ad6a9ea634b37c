"""A document as YAML that people read: in its own order, nothing folded, commands as blocks."""

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes what is the same twice in full: an alias is no easier to read than its lines."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(document: Any, *, heading: str) -> str:
    """The document below a comment, which may have several lines."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in heading.splitlines())
    body = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=10_000
    )
    return f"{comment}\n{body}"
