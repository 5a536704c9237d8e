"""What can be asked of the HTTP door, one file per resource."""
