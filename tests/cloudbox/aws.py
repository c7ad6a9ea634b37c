"""The calls of the AWS CLI that a node makes, by boto3: `aws SERVICE CALL --option VALUE …`.

A box's image has this as `aws`; output is text, and of what `--query` names.
"""

import sys

import boto3
import botocore.exceptions


def main(service: str, call: str, *options: str) -> int:
    given = dict(zip(options[::2], options[1::2], strict=True))
    query = given.pop("--query", "")
    given.pop("--output", None)
    named = {_parameter(name): value for name, value in given.items()}
    client = boto3.client(service)
    try:
        answer = getattr(client, call.replace("-", "_"))(**named)
    except botocore.exceptions.ClientError as error:
        print(error, file=sys.stderr)
        return 254
    print(answer[query] if query else answer)
    return 0


def _parameter(option: str) -> str:
    """`--secret-id` as EC2 and Secrets Manager call it, `SecretId`."""
    return "".join(word.capitalize() for word in option.removeprefix("--").split("-"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
