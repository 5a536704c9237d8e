"""Sources: rounds over mailboxes, answers, following, deadlines."""
