"""What tests run on: SES and DNS servers, the Pulumi engine, and the engine of Pulumi's mocks."""
