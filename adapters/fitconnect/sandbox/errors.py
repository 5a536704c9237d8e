"""What can be wrong about a sandbox itself."""

from schemas.errors import Ours


class SandboxFolderTaken(Ours):
    code = "E-FIT-SANDBOX-FOLDER"
    sentence = "Another sandbox works in this folder."
    remedy = "End it, or name another folder with --dir."


class SandboxPortTaken(Ours):
    """``detail`` is the port."""

    code = "E-FIT-SANDBOX-PORT"
    sentence = "Another process listens where the sandbox should:"
    remedy = "End it, or name another port with --port."
