"""Which inputs of a resource are secret: what follows for its outputs, and what its provider has to know."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import pulumi


def keep_secrets(
    inputs: Mapping[str, Any],
    opts: pulumi.ResourceOptions | None,
    *,
    derived: Sequence[str],
    sources: Collection[str],
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """The properties and the options with which a resource keeps secret what it derives from secret inputs.

    inputs: the inputs of the resource, by name.
    opts: the options that the program gives.
    derived: the outputs that the provider computes from inputs. The engine protects only an output that has the name
        of a secret input.
    sources: the inputs that those outputs are computed from.

    The properties are the inputs and `secret_inputs`: the sorted names of those that are secret, or None. It is for
    the provider, which receives the values of secrets in clear and is not told that they are secret.
    """
    # An awaitable can be awaited only once, and here each input is looked at twice.
    properties = {
        name: pulumi.Output.from_input(value) if inspect.isawaitable(value) else value for name, value in inputs.items()
    }
    options = pulumi.ResourceOptions.merge(opts, None)
    additional: list[str] = [*derived, *(options.additional_secret_outputs or [])]
    options.additional_secret_outputs = additional

    async def secret_inputs() -> list[str] | None:
        secret = [name for name in sorted(properties) if await pulumi.Output.from_input(properties[name]).is_secret()]
        # Pulumi reads the option when it has serialized all properties, so after this. The list starts with the
        # outputs and loses them here: a version of Pulumi that reads it earlier keeps too much secret, not too little.
        if not set(secret) & set(sources):
            for output in derived:
                additional.remove(output)
        return secret or None

    names: pulumi.Output[list[str] | None] = pulumi.Output.from_input(cast("Any", secret_inputs()))
    return properties | {"secret_inputs": names}, options
