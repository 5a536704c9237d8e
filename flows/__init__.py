"""What happens, on Prefect: worker, steps, pollers and timers."""
