"""What cloudinit.d 1.3 itself makes of its own corpus of plans, as facts for the tests.

    python2.7 oracle.py DIRECTORY > cloudinitd-1.3.json

DIRECTORY is the unpacked source distribution cloudinitd==1.3. Needs Python 2.7 with SQLAlchemy<1.4 and simplejson;
everything that would speak to a cloud or to a host is replaced by empty modules. For each top file it loads the plan,
then gives every machine a made-up hostname level by level, and records what attributes, arguments and configuration
templates become.
"""
import json
import logging
import os
import shutil
import sys
import tempfile
import types

# The tests load the plans with the same environment; HOME is a directory with `.ssh/id_rsa` in it.
ENVIRONMENT = {
    "USER": "tester",
    "CLOUDINITD_IAAS_ACCESS_KEY": "access",
    "CLOUDINITD_IAAS_SECRET_KEY": "secret",
    "CLOUDINITD_IAAS_URL": "http://cloud.example.org:8773/services",
    "CLOUDINITD_IAAS_IMAGE": "ami-1",
    "CLOUDINITD_IAAS_TYPE": "us-west-2",
    "CLOUDINITD_IAAS_ALLOCATION": "m1.small",
    "CLOUDINITD_IAAS_SSHKEYNAME": "testkey",
    "CLOUDINITD_IAAS_SSHKEY": "~/.ssh/id_rsa",
    "CLOUDINITD_SSH_USERNAME": "root",
    "CLOUDINITD_TESTENV": "1",
}
GLOBALS = {"var1": "one"}
# What boot programs would write, where a later level reads it.
OUTPUTS = {"outputdep/top.conf": {"onelvl1": {"webmessage": "from ${bootout}"}},
           "varydeps/top.conf": {"onelvl1": {"webmessage": "from bootout"}}}
FIELDS = ["image", "iaas", "iaas_url", "allocation", "keyname", "username", "scp_username", "hostname", "securitygroups",
          "bootpgm_args", "readypgm_args", "terminatepgm_args", "pgm_timeout", "local_exe", "iaas_launch"]
PATHS = ["localkey", "bootpgm", "bootconf", "readypgm", "terminatepgm"]


class Empty(types.ModuleType):
    """A module that has every name."""
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Empty(name)


def main(source):
    for name in ["boto", "boto.ec2", "boto.regioninfo", "boto.ec2.regioninfo", "boto.exception", "libcloud", "libcloud.types",
                 "libcloud.providers", "libcloud.base", "fabric", "fabric.api"]:
        sys.modules[name] = Empty(name)
    sys.path.insert(0, source)
    logging.basicConfig(level=logging.CRITICAL)
    home = tempfile.mkdtemp()
    os.mkdir(os.path.join(home, ".ssh"))
    open(os.path.join(home, ".ssh", "id_rsa"), "w").close()
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=home, PATH="/usr/bin:/bin")
    root = os.path.join(os.path.abspath(source), "tests", "plans")
    plans = {}
    for directory, _, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            if "[runlevels]" in open(path).read():
                relative = os.path.relpath(path, root)
                plans[relative] = facts(path, root, home, OUTPUTS.get(relative, {}))
    shutil.rmtree(home)
    document = {"made_by": "tests/plans/oracle.py", "environment": ENVIRONMENT, "globals": GLOBALS, "outputs": OUTPUTS, "plans": plans}
    print(json.dumps(document, indent=1, sort_keys=True, separators=(",", ": ")))


def facts(path, root, home, outputs):
    from cloudinitd import global_deps, persistence, services
    global_deps.g_var_objects.clear()
    for name, value in GLOBALS.items():
        global_deps.set_global_var(name, value, 3)
    global_deps.global_merge_down()
    shorter = lambda text: text.replace(root + "/", "").replace(home, "~")
    try:
        plan = persistence.CloudInitDDB("sqlite://")
        loaded = plan.load_from_conf(path)
        top = services.BootTopLevel(log=logging)
        levels = []
        for level in loaded.levels:
            row = [(s, top.new_service(s, plan, log=logging, run_name="run")) for s in level.services]
            levels.append((level.order, row))
        result = {"levels": [{"number": number, "services": [service(s, shorter) for s, _ in row]} for number, row in levels]}
    except Exception as error:
        return {"refused": shorter(str(error))}
    try:
        for (_, row), shown in zip(levels, result["levels"]):
            for s, _ in row:
                if s.image:
                    s.hostname, s.instance_id = "host-of-" + s.name, "id-of-" + s.name
            for (s, container), document in zip(row, shown["services"]):
                document["booted"] = booted(s, container)
            for s, container in row:
                container._attr_bag.update(outputs.get(s.name, {}))
    except Exception as error:
        result["boot_refused"] = shorter(str(error))
    return result


def service(s, shorter):
    document = {"name": s.name, "attributes": dict((bag.key, bag.value) for bag in s.attrs)}
    for field in FIELDS:
        value = getattr(s, field)
        if value not in (None, ""):
            document[field] = value
    for field in PATHS:
        if getattr(s, field):
            document[field] = shorter(getattr(s, field))
    return document


def booted(s, container):
    container._do_attr_bag()
    document = {"hostname": container.get_dep("hostname"),
                "attributes": dict((key, container.get_dep(key)) for key in container._attr_bag)}
    for field in ["bootpgm_args", "readypgm_args", "terminatepgm_args"]:
        if getattr(s, field):
            document[field] = container._expand_attr_list(getattr(s, field))
    if s.bootpgm and s.bootconf:
        filled = container._fill_template(s.bootconf)
        document["bootconf"] = open(filled).read()
        os.remove(filled)
    return document


main(sys.argv[1])
