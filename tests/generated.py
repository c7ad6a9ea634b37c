"""A client of the API as people make one: generated from the OpenAPI document."""

import importlib
import sys
from pathlib import Path

import orjson
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

NAME = "trii_generated_client"


def generate(document: bytes, folder: Path):
    """The package made of the document, imported, and what its maker warned of."""
    config = Config.from_sources(
        ConfigFile(package_name_override=NAME, post_hooks=[]),
        MetaType.NONE,
        document_source=folder / "openapi.json",
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / NAME,
    )
    parsed = GeneratorData.from_dict(orjson.loads(document), config=config)
    warnings = Project(openapi=parsed, config=config).build()
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(NAME), warnings
    finally:
        sys.path.remove(str(folder))
