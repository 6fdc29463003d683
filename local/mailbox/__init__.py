"""The mails that the functions have sent, for people and for tests."""
