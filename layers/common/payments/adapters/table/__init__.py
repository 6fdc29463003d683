"""The table: the truth about payments. DynamoDB is spoken here and nowhere else."""
