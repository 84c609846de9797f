"""Google's own client against the server: what it sends is taken, what it is answered it understands.

Called with the server's endpoint. It ends with a trace where anything is other than Google has it.
"""

import socket
import sys
import uuid

# The waiting that the client has built in asks Google itself, wherever it was told to go: nothing leaves this machine.
connect = socket.socket.connect


def connect_here(self, address):
    if address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"the client wants to go to {address}")
    return connect(self, address)


socket.socket.connect = connect_here

from google.api_core import exceptions, retry  # noqa: E402
from google.auth.credentials import AnonymousCredentials  # noqa: E402
from google.cloud import compute_v1 as gce  # noqa: E402

ENDPOINT = sys.argv[1]
PROJECT, ZONE, REGION = "hoist-tests", "us-central1-a", "us-central1"
IMAGE = "projects/debian-cloud/global/images/family/debian-13"


def client(kind):
    return kind(credentials=AnonymousCredentials(), client_options={"api_endpoint": ENDPOINT})


instances, operations = client(gce.InstancesClient), client(gce.ZoneOperationsClient)
regional, region_operations = client(gce.RegionInstancesClient), client(gce.RegionOperationsClient)
firewalls, global_operations = client(gce.FirewallsClient), client(gce.GlobalOperationsClient)


def wait(operation):
    place = {"project": PROJECT, "operation": operation.name}
    if operation.zone:
        done = operations.wait(zone=operation.zone.rsplit("/", 1)[1], **place)
    elif operation.region:
        done = region_operations.wait(region=operation.region.rsplit("/", 1)[1], **place)
    else:
        done = global_operations.wait(**place)
    assert done.status == gce.Operation.Status.DONE, done
    return done


def properties(machine_type="e2-small", **more):
    disk = gce.AttachedDisk(boot=True, auto_delete=True)
    disk.initialize_params = gce.AttachedDiskInitializeParams(source_image=IMAGE, disk_size_gb=20)
    access = gce.AccessConfig(name="External NAT", type_="ONE_TO_ONE_NAT")
    interface = gce.NetworkInterface(network="global/networks/default", access_configs=[access])
    return {"machine_type": machine_type, "disks": [disk], "network_interfaces": [interface], **more}


def instance(name, machine_type="e2-small", zone=ZONE, **more):
    return gce.Instance(name=name, **properties(f"zones/{zone}/machineTypes/{machine_type}", **more))


def insert(one, zone=ZONE, **more):
    request = gce.InsertInstanceRequest(project=PROJECT, zone=zone, instance_resource=one, **more)
    return instances.insert_unary(request)


def refused(kind, reason, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, (type(error), kind)
        assert error.errors[0]["reason"] == reason, error.errors
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


def one_instance():
    request, metadata = str(uuid.uuid4()), gce.Metadata(items=[gce.Items(key="user-data", value="#cloud-config\n")])
    scheduling = gce.Scheduling(
        provisioning_model="SPOT", instance_termination_action="DELETE", max_run_duration=gce.Duration(seconds=3600)
    )
    one = instance("one", labels={"hoist-run": "r1"}, metadata=metadata, scheduling=scheduling)
    begun = insert(one, request_id=request)
    assert begun.operation_type == "insert" and begun.status == gce.Operation.Status.RUNNING, begun
    assert insert(one, request_id=request).name == begun.name
    done = wait(begun)
    assert done.progress == 100 and not done.error.errors and done.target_link.endswith("/instances/one"), done
    seen = instances.get(project=PROJECT, zone=ZONE, instance="one")
    assert seen.status == "RUNNING" and seen.labels == {"hoist-run": "r1"}, seen
    assert seen.scheduling.preemptible and seen.scheduling.max_run_duration.seconds == 3600, seen.scheduling
    assert seen.resource_status.scheduling.termination_timestamp, seen.resource_status
    assert seen.network_interfaces[0].access_configs[0].nat_i_p, seen.network_interfaces
    assert seen.metadata.items[0].value == "#cloud-config\n" and seen.disks[0].auto_delete, seen
    assert seen.id == done.target_id, (seen.id, done)
    console = instances.get_serial_port_output(project=PROJECT, zone=ZONE, instance="one")
    assert console.contents == "" and console.next_ == 0, console


def labels_and_metadata():
    place = {"project": PROJECT, "zone": ZONE, "instance": "one"}
    seen = instances.get(**place)
    wanted = gce.InstancesSetLabelsRequest(labels={"hoist-run": "r2"}, label_fingerprint=seen.label_fingerprint)
    wait(instances.set_labels_unary(instances_set_labels_request_resource=wanted, **place))
    stale = "conditionNotMet"
    again = lambda: instances.set_labels_unary(instances_set_labels_request_resource=wanted, **place)  # noqa: E731
    refused(exceptions.PreconditionFailed, stale, again)
    items = [gce.Items(key="lease", value="2026-12-01")]
    metadata = gce.Metadata(items=items, fingerprint=seen.metadata.fingerprint)
    wait(instances.set_metadata_unary(metadata_resource=metadata, **place))
    again = lambda: instances.set_metadata_unary(metadata_resource=metadata, **place)  # noqa: E731
    refused(exceptions.PreconditionFailed, stale, again)
    seen = instances.get(**place)
    assert seen.labels == {"hoist-run": "r2"} and seen.metadata.items[0].key == "lease", seen


def bulk():
    names = {f"many-{number}": gce.BulkInsertInstanceResourcePerInstanceProperties() for number in range(5)}
    resource = gce.BulkInsertInstanceResource(count=5, min_count=1, per_instance_properties=names)
    resource.instance_properties = gce.InstanceProperties(**properties(labels={"hoist-run": "bulk"}))
    where = {"project": PROJECT, "region": REGION}
    done = wait(regional.bulk_insert_unary(bulk_insert_instance_resource_resource=resource, **where))
    places = done.instances_bulk_insert_operation_metadata.per_location_status
    assert [(place, status.created_vm_count) for place, status in places.items()] == [("zones/us-central1-a", 5)], done
    scopes = {"project": PROJECT, "filter": 'labels.hoist-run = "bulk"', "max_results": 2}
    found = [one.name for _, scope in instances.aggregated_list(request=scopes) for one in scope.instances]
    assert sorted(found) == sorted(names), found
    everything = {"project": PROJECT, "zone": ZONE, "filter": "(labels.hoist-run:*) (status = RUNNING)"}
    assert len(list(instances.list(request=everything))) == 6
    matching = {"project": PROJECT, "zone": ZONE, "filter": "name eq 'many-[0-2]'"}
    assert [one.name for one in instances.list(request=matching)] == ["many-0", "many-1", "many-2"]
    first = next(iter(instances.aggregated_list(project=PROJECT).pages))
    assert list(first.unreachables) == ["zones/europe-west4-c"], first.unreachables
    assert first.items["zones/europe-west4-c"].warning.code == "UNREACHABLE", first.items["zones/europe-west4-c"]
    insert_operations = [one for one in operations.list(project=PROJECT, zone=ZONE) if one.operation_group_id]
    assert {one.operation_group_id for one in insert_operations} == {done.operation_group_id}


def errors():
    missing = lambda: instances.get(project=PROJECT, zone=ZONE, instance="none")  # noqa: E731
    said = refused(exceptions.NotFound, "notFound", missing)
    assert "The resource 'projects/hoist-tests/zones/us-central1-a/instances/none' was not found" in said, said
    refused(exceptions.Conflict, "alreadyExists", lambda: insert(instance("one")))
    said = refused(exceptions.BadRequest, "invalid", lambda: insert(instance("bad", machine_type="e2-smal")))
    assert "Machine type with name 'e2-smal' does not exist in zone 'us-central1-a'" in said, said
    said = refused(exceptions.Forbidden, "quotaExceeded", lambda: insert(instance("big", machine_type="n2-standard-4")))
    assert "Quota 'N2_CPUS' exceeded.  Limit: 2.0 in region us-central1." in said, said
    done = wait(insert(instance("full", zone="us-central1-f"), zone="us-central1-f"))
    assert [error.code for error in done.error.errors] == ["ZONE_RESOURCE_POOL_EXHAUSTED"], done
    assert done.http_error_status_code == 503, done
    gone = lambda: instances.get(project=PROJECT, zone="us-central1-f", instance="full")  # noqa: E731
    refused(exceptions.NotFound, "notFound", gone)
    zones, once = client(gce.ZonesClient), {"project": PROJECT, "zone": ZONE, "retry": None}
    refused(exceptions.TooManyRequests, "rateLimitExceeded", lambda: zones.get(**once))
    refused(exceptions.ServiceUnavailable, "backendError", lambda: zones.get(**once))
    assert zones.get(project=PROJECT, zone=ZONE, retry=retry.Retry()).name == ZONE
    said = refused(exceptions.Forbidden, "forbidden", lambda: firewalls.delete_unary(project=PROJECT, firewall="f"))
    assert "Required 'compute.firewalls.delete' permission" in said, said


def catalogue():
    image = client(gce.ImagesClient).get_from_family(project="debian-cloud", family="debian-13")
    assert image.name == "debian-13-trixie-v20261111" and image.architecture == "X86_64", image
    types = client(gce.MachineTypesClient)
    assert types.get(project=PROJECT, zone=ZONE, machine_type="e2-standard-4").guest_cpus == 4
    found = types.aggregated_list(request={"project": PROJECT, "filter": "name = t2a-standard-1"})
    assert "zones/us-central1-c" not in [zone for zone, scope in found if scope.machine_types]
    assert "us-central1" in [region.name for region in client(gce.RegionsClient).list(project=PROJECT)]
    region = client(gce.RegionsClient).get(project=PROJECT, region=REGION)
    used = {quota.metric: (quota.usage, quota.limit) for quota in region.quotas}
    assert used["INSTANCES"][0] == 6 and used["N2_CPUS"] == (0, 2), used
    project = client(gce.ProjectsClient).get(project=PROJECT)
    assert [quota.metric for quota in project.quotas] == ["CPUS_ALL_REGIONS"], project
    assert client(gce.NetworksClient).get(project=PROJECT, network="default").auto_create_subnetworks
    subnetworks = client(gce.SubnetworksClient).list(project=PROJECT, region=REGION)
    assert [subnetwork.name for subnetwork in subnetworks] == ["default"]
    allowed = gce.Allowed(I_p_protocol="tcp", ports=["9618"])
    firewall = gce.Firewall(name="pool", network="global/networks/default", allowed=[allowed])
    wait(firewalls.insert_unary(project=PROJECT, firewall_resource=firewall))
    assert [firewall.name for firewall in firewalls.list(project=PROJECT)] == ["pool"]
    templates = client(gce.InstanceTemplatesClient)
    template = gce.InstanceTemplate(name="worker", properties=gce.InstanceProperties(**properties()))
    wait(templates.insert_unary(project=PROJECT, instance_template_resource=template))
    source = f"projects/{PROJECT}/global/instanceTemplates/worker"
    wait(insert(gce.Instance(name="templated"), source_instance_template=source))
    assert instances.get(project=PROJECT, zone=ZONE, instance="templated").machine_type.endswith("/e2-small")
    wait(templates.delete_unary(project=PROJECT, instance_template="worker"))


def ends():
    place = {"project": PROJECT, "zone": ZONE}
    wait(instances.stop_unary(instance="templated", **place))
    assert instances.get(instance="templated", **place).status == "TERMINATED"
    wait(instances.start_unary(instance="templated", **place))
    assert instances.get(instance="templated", **place).status == "RUNNING"
    for one in list(instances.list(**place)):
        wait(instances.delete_unary(instance=one.name, **place))
    assert not list(instances.list(**place))
    assert not list(client(gce.DisksClient).list(**place))


one_instance()
labels_and_metadata()
bulk()
errors()
catalogue()
ends()
