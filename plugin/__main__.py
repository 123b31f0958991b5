"""The native plugin, as `pulumi package add <git URL>/plugin` runs it."""

from pulumi_ses_mail_from_provider.plugin import main

main()
