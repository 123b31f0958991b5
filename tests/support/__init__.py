"""What tests run on: SES and DNS servers, the real Pulumi engine, and Pulumi's mocks."""
