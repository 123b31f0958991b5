"""What runs in Pulumi's provider process: the rules of MAIL FROM, the SES calls, and the door to the engine.

`dynamic` is that door and the only module that knows Pulumi. Programs import `pulumi_ses_mail_from` instead.
"""
