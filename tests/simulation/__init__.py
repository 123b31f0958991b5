"""A simulation of many runs of the real provider, with a simulated Pulumi engine and a simulated SES."""
