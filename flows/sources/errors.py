"""What stands between a listed submission and its case, and is ours to mend."""

from schemas.errors import Ours


class ServiceNotOffered(Ours):
    """The submission waits in its mailbox; its sender is told nothing wrong.

    ``detail`` is the service's LeiKa key, where the identifier is of that form.
    """

    code = "E-SOURCE-SERVICE"
    sentence = "A submission is for a service that is not offered here."
    remedy = (
        "Add the service, or name it under [services] of the source; then restart "
        "the workers. Their log has its LeiKa key."
    )


class SubmissionChanged(Ours):
    code = "E-SOURCE-CHANGED"
    sentence = "A submission that is here already came again with other proofs."
    remedy = "Look at it with `amtsweg fitconnect trace`; ask the channel's support."


class SubmissionDeleted(Ours):
    code = "E-SOURCE-DELETED"
    sentence = "A submission is listed whose case has been deleted here."
    remedy = "It was answered once: ask the channel's support why it is listed."


class TakingTooSlow(Ours):
    code = "E-SOURCE-DEADLINE"
    sentence = "Fetching a submission took longer than an hour."
    remedy = "Look at the network; the submission waits and is fetched again."
