"""The resources of the program, in a module that a test can import."""

import pulumi

from pulumi_ses_mail_from import MailFromDomain

stack = pulumi.get_stack()
domain = "example.com" if stack == "prod" else f"{stack}.example.com"

mail_from = MailFromDomain("bounce", identity=domain, mail_from_domain=f"bounce.{domain}", region="eu-west-1")
