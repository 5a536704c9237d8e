"""The doors: HTTP intake, web pages, command line."""
