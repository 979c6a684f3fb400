"""Push messages: what is news is told to browsers that are closed, each under the rights of who is logged in there."""
