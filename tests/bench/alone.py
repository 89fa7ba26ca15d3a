"""How fast libnice alone connects two sites of the lab: two `ice-peer` and a relay of lines."""

import json
import socket
import subprocess
import threading

from coturn import PASSWORD, USER

PORT = 7000


class LineRelay:
    """Two clients at the rendezvous host; each one's bytes go to the other. `go` starts the clock."""

    def __init__(self, host):
        with host.enter():
            self._server = socket.create_server((host.address, PORT), reuse_port=True)
        self._clients = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        for _ in range(2):
            client = self._server.accept()[0]
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._clients.append(client)
        first, second = self._clients
        for source, target in (first, second), (second, first):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()
        for client in self._clients:
            client.sendall(b'go\n')

    @staticmethod
    def _pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass

    def close(self):
        for sock in (*self._clients, self._server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


def connect(universe, host_a, host_b, relay):
    """{'connected_ms', 'local', 'remote'} of one run, offer to first nominated pair."""
    hub = universe.rendezvous
    lines = LineRelay(hub)
    program = f'{universe.build}/tests/bench/ice-peer'
    peers = []
    for role, host in (('answer', host_b), ('offer', host_a)):
        peers.append(host.popen(program, role, hub.address, PORT, host.address,
                                universe.home.addresses[0], USER, PASSWORD, relay,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
    killer = threading.Timer(20, lines.close)
    killer.start()
    line = peers[1].stdout.readline()
    killer.cancel()
    lines.close()
    for peer in peers:
        peer.wait(timeout=10)
        peer.stdout.close()
    if not line:
        raise RuntimeError('libnice alone did not connect within 20 s')
    return json.loads(line)
