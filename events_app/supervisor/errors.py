"""What the operator can mend: the text says what and how, so the console prints it and nothing else."""

from __future__ import annotations


class SupervisorError(Exception):
    """Base of the errors below."""


class ServerError(SupervisorError):
    """A server or command could not be started, failed or did not become ready; with the end of its log."""


class FolderError(SupervisorError):
    """A folder for data or sockets is someone else's or can't be one."""


class AlreadyRunningError(SupervisorError):
    """Another process serves this data directory."""


class PortInUseError(SupervisorError):
    """Something else listens where we should, or we may not listen there."""
