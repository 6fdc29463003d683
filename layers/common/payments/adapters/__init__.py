"""The only code that does I/O: DynamoDB, Stripe, SQS, SES, Secrets Manager."""
