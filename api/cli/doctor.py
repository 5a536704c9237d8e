"""``amtsweg doctor``: everything at once, in green, yellow and red."""

from api.cli.options import AsJson


def doctor(as_json: AsJson = False) -> None:
    """Look at everything: settings, database, keys, destinations, work.

    Changes nothing. Ends with 3 where something is red; yellow works, and somebody
    should look soon.

    Example: amtsweg doctor --json
    """
    from api.cli.doctor_report import show

    show(as_json=as_json)
