"""Quittance: what the Lambda functions share."""
