"""What the Pulumi front ends share: the stack config, the declarations of a run, and the SDK server."""
