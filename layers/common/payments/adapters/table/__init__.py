"""The table: the truth about payments. DynamoDB is spoken here and nowhere else.

Writing what was learned is one transaction: the payment on condition that nobody wrote it since it was read, and all
that follows. Either all of that is durable or none of it is.
"""
