"""Google's own client of buckets against the server, whose endpoint it is called with."""

import sys

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

client = storage.Client("hoist-tests", AnonymousCredentials(), client_options={"api_endpoint": sys.argv[1]})
bucket = client.get_bucket("files")
content = b"\x00\xffa line\r\n--and another\r\n"
blob = bucket.blob("one/worker.ini")
blob.upload_from_string(content, content_type="text/plain", if_generation_match=0)
try:
    bucket.blob("one/worker.ini").upload_from_string(b"", if_generation_match=0)
    raise AssertionError("it was put in place of the first")
except exceptions.PreconditionFailed:
    pass
bucket.blob("one/two").upload_from_string(b"2")
bucket.blob("other").upload_from_string(b"3")
assert [blob.name for blob in client.list_blobs(bucket, prefix="one/", page_size=1)] == ["one/two", "one/worker.ini"]
seen = bucket.get_blob("one/worker.ini")
assert seen.size == len(content) and seen.content_type == "text/plain" and seen.generation, seen
assert seen.download_as_bytes() == content
seen.delete()
assert bucket.get_blob("one/worker.ini") is None
for missing in (lambda: bucket.blob("none").download_as_bytes(), lambda: client.get_bucket("none")):
    try:
        missing()
        raise AssertionError("it is there")
    except exceptions.NotFound:
        pass
