"""Every public function decorated with @workload in these modules is one workload."""
WORKLOADS = {}


def workload(fn):
    WORKLOADS[fn.__name__] = fn
    return fn


def transfer_note(reply):
    """Returns a note for the table if requests of a replay failed."""
    return "!" + reply["warning"] if reply.get("warning") else ""


from . import physical, download, listing, upload, archive, index, library, thumbs, idle, crowd, webdav  # noqa: E402,F401
