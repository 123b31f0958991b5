"""A simulation of many runs, on a model of the Pulumi engine."""
