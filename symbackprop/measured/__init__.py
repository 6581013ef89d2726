"""What modules take on this machine: a step by equation, what the machine does at best, and a step foretold."""
