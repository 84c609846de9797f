"""Serves a directory over TLS: DIRECTORY ADDRESS CERTIFICATE KEY. Prints its port; ends with its standard input.

What is asked for below /plain is to be found where nothing is encrypted."""
import functools, http.server, ssl, sys, threading

directory, address, certificate, key = sys.argv[1:]


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith("/plain"):
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", "http://%s:%d/hoist" % self.server.server_address)
        self.end_headers()


server = http.server.ThreadingHTTPServer((address, 0), functools.partial(Handler, directory=directory))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
