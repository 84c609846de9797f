"""Serves moto on a free port of loopback until standard input ends, and says the port on standard output."""

import functools
import json
import os
import sys
import threading
from fnmatch import fnmatchcase

from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.serialize import AttributePicker
from moto.ec2 import utils as ec2_utils
from moto.ec2.models import amis, elastic_block_store, instance_types, tags
from moto.kms import models as kms_models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

FORGET = "/peers/forget/"
IN_THE_WAY = "/peers/in-the-way/"
AUTHORIZE = "/peers/authorize/"
PUBLISH = "/peers/publish/"

picker_init = AttributePicker.__init__


def init_with_own_table(self, alias_providers=None, response_transformers=None):
    """Some of moto's calls add to a table of their class while others go through it; so each answer has a copy."""
    picker_init(self, alias_providers, dict(response_transformers or {}))


AttributePicker.__init__ = init_with_own_table

filter_matches = ec2_utils.is_filter_matching


def matches_one(obj, name, wanted):
    """A filter matches what has one of its values (EC2 API reference, "Filter"); moto wants all of them of a list, such as tags' keys."""
    value = obj.get_filter_value(name)
    if isinstance(value, list) and isinstance(wanted, list):
        return any(fnmatchcase(one, pattern) for one in value for pattern in wanted)
    return filter_matches(obj, name, wanted)


ec2_utils.is_filter_matching = matches_one

describe_tags = tags.TagBackend.describe_tags


def describe_tags_of_one(self, filters=None):
    """The tags of one thing are looked up; moto goes through those of all things, for each thing that it describes."""
    identities = filters["resource-id"] if filters and list(filters) == ["resource-id"] else []
    if len(identities) != 1 or set(identities[0]) & set("*?[\\"):
        return describe_tags(self, filters)
    identity = identities[0]
    kind = ec2_utils.EC2_PREFIX_TO_RESOURCE.get(ec2_utils.get_prefix(identity), "")
    found = dict(self.tags.get(identity, {}))
    return [{"resource_id": identity, "key": key, "value": value, "resource_type": kind} for key, value in found.items()]


tags.TagBackend.describe_tags = describe_tags_of_one

describe_volumes = elastic_block_store.EBSBackend.describe_volumes


def describe_volumes_of_one(self, volume_ids=None, filters=None):
    """A volume is looked up by its id; moto goes through those of all instances, for each instance that it launches."""
    if volume_ids and len(volume_ids) == 1 and volume_ids[0] in self.volumes and not filters:
        return [self.volumes[volume_ids[0]]]
    return describe_volumes(self, volume_ids, filters)


elastic_block_store.EBSBackend.describe_volumes = describe_volumes_of_one

describe_images = amis.AmiBackend.describe_images


def describe_images_of_one(self, ami_ids=None, filters=None, exec_users=None, owners=None):
    """An image is looked up by its id; moto goes through all, for each instance that it launches."""
    if not ami_ids and filters and list(filters) == ["image-id"] and isinstance(filters["image-id"], str):
        image = self.amis.get(filters["image-id"])
        return [image] if image else []
    return describe_images(self, ami_ids, filters, exec_users, owners)


amis.AmiBackend.describe_images = describe_images_of_one

# Each account has an image of its own of each, in each region, with a volume and a snapshot.
amis.AMIS = [one for one in amis.AMIS if one.get("platform") != "windows"]

# What moto finds out, or makes, anew for each request or account, and what is the same each time.
DomainDispatcherApplication.get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)
responses.method_names_from_class = functools.cache(responses.method_names_from_class)
kms_models.generate_private_key = functools.cache(kms_models.generate_private_key)

# moto answers with all types at once, whatever page is asked for: six megabytes, which take it a second and more each time.
FAMILIES = set(
    "t2 t3 t3a t4g m1 m3 m5 m5a m6g c5 c6g r5 d3 g4dn g5 gr6 p4de p5 p5en p6-b200 inf2 dl1 hpc7g is4gen mac1 mac2 x2idn u-6tb1 "
    "u7inh-32tb".split()
)


def is_of_few(name):
    return name.split(".")[0] in FAMILIES


types = instance_types.InstanceTypeBackend
types.instance_types = [one for one in types.instance_types if is_of_few(one["InstanceType"])]
for regions in instance_types.INSTANCE_TYPE_OFFERINGS.values():
    for region, offered in regions.items():
        regions[region] = [one for one in offered if is_of_few(one["InstanceType"])]

moto = DomainDispatcherApplication(create_backend_app)


def is_about_stacks(environ):
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    return any("/%s/aws4" % service in authorization for service in ("cloudformation", "autoscaling"))


def complete():
    """Loads what completes moto, and all of moto with it, which takes seconds."""
    import formation
    import permission  # noqa: F401 (changes moto)
    import stacks  # noqa: F401 (changes moto)
    from authorize import authorize

    return formation, authorize


def publish(account, asked):
    """Shows an image of somebody else's to an account, and says its id; moto registers an account's own only."""
    from moto.ec2 import ec2_backends
    from moto.ec2.models.amis import Ami
    from moto.ec2.utils import random_ami_id

    backend, identity = ec2_backends[account][asked["region"]], random_ami_id()
    owner = asked["owner"]
    owner = {"owner_id": owner} if owner.isdigit() else {"owner_id": "137112412989", "owner_alias": owner}
    described = {"name": asked["name"], "architecture": asked["architecture"], "public": True}
    backend.amis[identity] = Ami(backend, identity, **described, **owner)
    return identity


def application(environ, start_response):
    path = environ.get("PATH_INFO", "")
    if is_about_stacks(environ) or path.startswith((IN_THE_WAY, AUTHORIZE)):
        formation, authorize = complete()
    if path.startswith((IN_THE_WAY, AUTHORIZE, PUBLISH)):
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        account = path.rsplit("/", 1)[1]
        if path.startswith(AUTHORIZE):
            answer = authorize(account, asked)
        elif path.startswith(PUBLISH):
            answer = publish(account, asked)
        else:
            answer = formation.in_the_way(account, asked["region"], asked["stack"])
        answer = json.dumps(answer).encode()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]
    if not path.startswith(FORGET):
        return moto(environ, start_response)
    # moto itself can only forget everything at once, and other tests are at work.
    account = path[len(FORGET):]
    for backends in list(BackendDict._instances):
        for backend in dict.pop(backends, account, {}).values():
            # Caches of moto's keep the backend alive, so it is emptied as well.
            vars(backend).clear()
    reset_model_data()
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


class Handler(MotoRequestHandler):
    def log_request(self, code="-", size="-"):
        """What goes wrong is logged with its trace; the calls themselves are in the proxy's log."""


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
threading.Thread(target=end_with_standard_input, daemon=True).start()
print(server.port, flush=True)
server.serve_forever()
