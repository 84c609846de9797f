#part-handler
"""Fetches the rest of this machine's user data, makes sure that it is what was launched, and hands it to cloud-init.

For every cloud-init since 0.7, under Python 2.7 and 3. The address is a secret: it is in no message."""

import errno
import hashlib
import json
import logging
import os
import sys
import time

handler_version = 2
frequency = "always"

TYPE = "text/x-hoist-spill"
# Seconds for which a store that does not answer is asked again: as long as launches are patient.
PATIENCE = 300
LONGEST_PAUSE = 30
# Seconds in which a connection must give something.
SILENCE = 60


class Refused(Exception):
    """The user data cannot be had, or is not what it should be."""


def list_types():
    return [TYPE]


def handle_part(data, ctype, filename, payload, frequency):
    if ctype != TYPE:
        return
    try:
        spill = json.loads(payload if isinstance(payload, str) else payload.decode("utf-8"))
        carry_out(data, kept(data, spill) or keep(data, spill, fetched(spill)))
    except Refused as reason:
        fail(data, str(reason))
    except Exception as error:
        fail(data, "%s: %s" % (type(error).__name__, error))


def carry_out(data, content):
    """Goes through the user data as cloud-init goes through what it was given, with the same handlers in the same state, so that
    cloud-configs are merged, and everything runs, as if it had been there from the start."""
    from cloudinit import handlers, user_data, util
    from cloudinit.filters import launch_index

    frame = sys._getframe()
    while frame is not None and frame.f_code.co_name != "walker_callback":
        frame = frame.f_back
    if frame is None:
        raise Refused("this cloud-init hands its parts around in a way that is not known; nothing of it was run")
    message = user_data.UserDataProcessor(data.paths).process(content)
    message = launch_index.Filter(util.safe_int(data.launch_index)).apply(message)
    handlers.walk(message, handlers.walker_callback, frame.f_locals["data"])


def fetched(spill):
    try:
        from urllib.error import HTTPError
        from urllib.request import urlopen
    except ImportError:
        from urllib2 import HTTPError, urlopen

    give_up = time.time() + PATIENCE
    pause = 1
    while True:
        try:
            answer = urlopen(spill["url"], timeout=SILENCE)
            try:
                length = int(answer.info().get("Content-Length") or 0)
                # No more than it should have: what is longer is something else.
                content = answer.read(spill["bytes"] + 1)
            finally:
                answer.close()
            if len(content) >= min(length, spill["bytes"] + 1):
                return verified(spill, content)
            reason = "the connection broke off"
        except HTTPError as error:
            reason = "the store answers with HTTP status %s" % error.code
            if error.code < 500 and error.code not in (408, 429):
                hint = "; its address may have expired" if error.code == 403 else ""
                raise Refused("%s cannot be fetched: %s%s; nothing of it was run" % (spill["stored"], reason, hint))
        except Refused:
            raise
        except Exception as error:
            # The text of some errors holds the address.
            reason = "%s %s" % (type(error).__name__, getattr(error, "reason", ""))
        if time.time() >= give_up:
            raise Refused("%s cannot be fetched: %s; nothing of it was run" % (spill["stored"], reason.strip()))
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def verified(spill, content):
    digest = hashlib.sha256(content).hexdigest()
    if len(content) != spill["bytes"] or digest != spill["sha256"]:
        raise Refused(
            "%s is not what was launched: its SHA-256 is %s, not %s; nothing of it was run"
            % (spill["stored"], digest, spill["sha256"])
        )
    return content


def copy_of(data, spill):
    return os.path.join(data.get_ipath_cur("data"), "hoist", spill["sha256"])


def kept(data, spill):
    """What an earlier start of this machine has fetched: by now the address may have expired."""
    try:
        with open(copy_of(data, spill), "rb") as file:
            content = file.read()
    except (IOError, OSError):
        return None
    return content if hashlib.sha256(content).hexdigest() == spill["sha256"] else None


def keep(data, spill, content):
    path = copy_of(data, spill)
    try:
        os.makedirs(os.path.dirname(path), 0o700)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
    with os.fdopen(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    return content


def fail(data, reason):
    """cloud-init passes over handlers that fail; a script that fails makes it end with an error, which is what its status says."""
    reason = "hoist: user data: " + reason.replace("'", "").replace("\n", " ")
    logging.getLogger("hoist").error(reason)
    scripts = data.get_ipath_cur("scripts")
    if not os.path.isdir(scripts):
        os.makedirs(scripts, 0o755)
    path = os.path.join(scripts, "hoist-user-data")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o700), "wb") as file:
        file.write(("#!/bin/sh\necho '%s' >&2\nexit 1\n" % reason).encode("utf-8"))
