"""What can go wrong while a destination is looked for.

Ours
├── RoutingUnset            nobody said where the routing API is
├── QuestionUnfit           service or area are not in the form the API takes
├── NoRoute                 nobody is competent there, as the API knows
├── RouteAmbiguous          more than one is
├── RouteUnproven           the destination's signature does not prove the answer
└── RoutingStrange          the answer is none of the routing API
"""

from schemas.errors import Ours


class RoutingUnset(Ours):
    code = "E-FIT-ROUTING-UNSET"
    sentence = "The destination is to be found, but no routing API is set."
    remedy = "Set `routing_url` in the connection, or `destination` in the mapping."


class QuestionUnfit(Ours):
    """``detail`` names the part."""

    code = "E-FIT-ROUTE-QUESTION"
    sentence = "The routing API cannot be asked like this:"
    remedy = "Compare the service's LeiKa key and the area's key with their forms."


class NoRoute(Ours):
    code = "E-FIT-NO-ROUTE"
    sentence = "The routing API knows no destination for this service there."
    remedy = (
        "Compare the service's LeiKa key and the area's key; ask the recipient "
        "whether its destination is published, or set `destination` instead."
    )


class RouteAmbiguous(Ours):
    """``detail`` is how many there are."""

    code = "E-FIT-ROUTE-AMBIGUOUS"
    sentence = "Several destinations are competent for this service there:"
    remedy = "Name a smaller area, or set `destination`: which one is a decision."


class RouteUnproven(Ours):
    """``detail`` names what does not fit, by its name in the signature."""

    code = "E-FIT-ROUTE-UNPROVEN"
    sentence = "The signature of the destination does not prove the answer:"
    remedy = (
        "Nothing was sent. Compare `self_service_issuer` with the environment; if it "
        "is right, tell the operator of the routing service."
    )


class RoutingStrange(Ours):
    """``detail`` names the member."""

    code = "E-FIT-ROUTING-ANSWER"
    sentence = "The answer is none of the routing API:"
    remedy = "Compare `routing_url` with the environment."
