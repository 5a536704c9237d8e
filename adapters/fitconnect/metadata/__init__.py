"""The metadata of a FIT-Connect submission: read, judged and written."""
