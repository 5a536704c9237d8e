"""Ways in that we go and fetch from: rounds, answers, following, deadlines."""
