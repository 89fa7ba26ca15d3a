"""A rendezvous operator who means harm: passes everything on, records, alters, repeats and invents.

It stands between one node and the honest rendezvous. Requests pass as they are; the events that come
back to the node go through `alter` (bytes of one event -> bytes, b'' drops it)."""

import socket
import threading


class HostileRendezvous:
    def __init__(self, host, upstream, port=8080):
        self.host = host
        self.url = f'http://{host.address}:{port}'
        self.alter = lambda event: event
        self.events = []  # as they came from the honest one
        self._upstream = upstream
        self._lock = threading.Lock()
        self._streams = []
        with host.enter():
            server = socket.create_server((host.address, port))
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def messages(self, *types):
        """Recorded events that carry an envelope, e.g. messages('offer')."""
        with self._lock:
            return [e for e in self.events
                    if not types or any(f'"type":"{t}"'.encode() in e for t in types)]

    def inject(self, event):
        """Says it to the node as if it had just come; how many streams took it."""
        with self._lock:
            return sum(_sent(stream, event) for stream in self._streams)

    def _accept(self, server):
        while True:
            client = server.accept()[0]
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with self.host.enter():
                upstream = socket.create_connection(self._upstream)
        except OSError:
            client.close()
            return
        threading.Thread(target=_pump, args=(client, upstream), daemon=True).start()
        try:
            self._answer(client, upstream)
        except OSError:
            pass
        with self._lock:
            if client in self._streams:
                self._streams.remove(client)
        _close(client, upstream)

    def _answer(self, client, upstream):
        text = b''
        while True:
            more = upstream.recv(65536)
            if not more:
                return
            passed_on = len(text)  # the body of the answer before, or the first piece of a head
            text += more
            head, found, body = text.partition(b'\r\n\r\n')
            if found and b'text/event-stream' in head.lower():
                client.sendall((head + found)[passed_on:])
                with self._lock:
                    self._streams.append(client)
                self._pass_events(client, upstream, body)
                return
            client.sendall(more)
            # A later answer on this connection starts with its own head.
            text = b'' if found else text

    def _pass_events(self, client, upstream, text):
        while True:
            *events, text = text.split(b'\n\n')
            for event in events:
                event += b'\n\n'
                with self._lock:
                    self.events.append(event)
                altered = self.alter(event)
                with self._lock:
                    client.sendall(altered)
            more = upstream.recv(65536)
            if not more:
                return
            text += more


def _sent(stream, event):
    try:
        stream.sendall(event)
    except OSError:  # the node has had enough
        return False
    return True


def _pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    _close(source, target)


def _close(*sockets):
    for sock in sockets:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
