"""The provider of the MAIL FROM resources. Programs import `pulumi_ses_mail_from` instead.

The front ends are `dynamic`, which Pulumi's engine calls, and `console`, the command line. They share the core: engine,
operations, ses, dns and rules.
"""
