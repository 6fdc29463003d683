"""The use cases, in the words of the domain; each states as a Protocol what it needs of the world."""
