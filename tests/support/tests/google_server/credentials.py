"""Google's own library of credentials, and its own reading of metadata, on a machine: the server is at GCE_METADATA_HOST."""

import google.auth
from google.auth.compute_engine import _metadata
from google.auth.transport.requests import Request

request = Request()
assert _metadata.ping(request)
credentials, project = google.auth.default()
assert project == "hoist-tests", project
credentials.refresh(request)
assert credentials.token == "ya29.of-the-machine" and not credentials.expired, credentials
assert credentials.service_account_email == "worker@hoist-tests.iam.gserviceaccount.com", credentials
account = _metadata.get_service_account_info(request)
assert account["scopes"] == ["https://www.googleapis.com/auth/cloud-platform"] and "token" not in account, account
assert _metadata.get(request, "instance/attributes/user-data") == "#cloud-config\n"
everything = _metadata.get(request, "instance", recursive=True)
assert everything["attributes"] == {"user-data": "#cloud-config\n", "hoist-until": "1"}, everything
assert everything["machineType"].endswith("/machineTypes/e2-small") and everything["preempted"] == "FALSE", everything
