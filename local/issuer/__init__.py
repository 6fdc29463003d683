"""An OpenID provider of Cognito's shape, for sign-in on one machine: whoever one says to be, one is."""
