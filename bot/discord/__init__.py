"""Discord: events become questions, answers become messages."""
