"""Secret inputs: the outputs that contain them are secret too, and the provider must know their names."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

import pulumi

from pulumi_ses_mail_from_provider.rules.schema import Resource


def keep_secrets(
    inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None, schema: Resource
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """The properties and options with which a resource keeps secret what it derives from secret inputs.

    The engine protects only those outputs that have the name of a secret input.

    Args:
        inputs: The inputs of the resource, by name.
        opts: The options that the program gives.
        schema: The properties of the resource.

    Returns:
        The properties are the inputs and `secret_inputs`: the sorted names of those that are secret, or None. That one
        is for the provider, which receives secret values in clear text and is not told that they are secret.
    """
    # An awaitable can be awaited only once, and each input is used twice here.
    properties = {
        name: pulumi.Output.from_input(value) if inspect.isawaitable(value) else value for name, value in inputs.items()
    }
    options = pulumi.ResourceOptions.merge(opts, None)
    additional: list[str] = [*schema.derived, *(options.additional_secret_outputs or [])]
    options.additional_secret_outputs = additional

    async def secret_inputs() -> list[str] | None:
        secret = [name for name in sorted(properties) if await pulumi.Output.from_input(properties[name]).is_secret()]
        # Pulumi reads the option after it has serialized all properties, so after this. The list starts with the
        # outputs and loses them here: a version of Pulumi that reads it earlier keeps too much secret, not too little.
        if not set(secret) & set(schema.sources):
            for output in schema.derived:
                additional.remove(output)
        return secret or None

    names: pulumi.Output[list[str] | None] = pulumi.Output.from_input(cast("Any", secret_inputs()))
    return properties | {"secret_inputs": names}, options
