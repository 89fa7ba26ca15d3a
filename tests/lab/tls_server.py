"""A strict TLS server in front of a TCP one: what does not open with a good TLS handshake gets nothing.
(coturn takes plain TURN on its TLS port too, so it cannot prove that a client really uses TLS.)

As a program: `tls_server.py ADDRESS PORT CERTIFICATE KEY TARGET TARGET_PORT`; says `ready` when it
listens, then a line for each handshake: `tls` or `refused`."""

import os
import socket
import ssl
import subprocess
import sys
import threading

from host import Host


class TlsServer(Host):
    """On a public host of its own; the first of `names` is the one of its certificate file."""

    def __init__(self, universe, name, number, certificate, target, target_port, port=443):
        super().__init__(universe, name)
        universe.plug(self, 'eth0')
        prefix, gateway = universe.segment(f'203.0.113.{number}')
        self.set_uplink('eth0', f'203.0.113.{number}/{prefix}', gateway)
        self.certificate, key = certificate
        self._log = os.path.join(universe.log_dir, f'{name}.log')
        with open(self._log, 'wb') as log:
            self._process = self.popen(sys.executable, os.path.abspath(__file__), self.address,
                                       port, self.certificate, key, target, target_port,
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        if self._process.stdout.readline() != 'ready\n':
            raise RuntimeError(f'{name} does not listen')
        self.handshakes = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self.handshakes.append(line.strip())


def make_certificate(name, san, days=30):
    """(certificate, key): self-signed, so that the certificate is its own authority; `days` -1 is one
    that expired yesterday."""
    base = f'/run/lab/{name}'
    with open(f'{base}.ext', 'w', encoding='ascii') as file:
        file.write(f'subjectAltName={san}\nbasicConstraints=CA:TRUE\n')
    for argv in (['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', f'{base}.key'],
                 ['req', '-new', '-key', f'{base}.key', '-subj', f'/CN={name}', '-out', f'{base}.csr'],
                 ['x509', '-req', '-in', f'{base}.csr', '-signkey', f'{base}.key', '-days', str(days),
                  '-extfile', f'{base}.ext', '-out', f'{base}.crt']):
        subprocess.run(['openssl', *argv], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return f'{base}.crt', f'{base}.key'


def _copy(source, sink):
    try:
        while data := source.recv(16384):
            sink.sendall(data)
    except OSError:
        pass
    for sock in source, sink:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _serve(client, context, target):
    client.settimeout(5)
    try:
        tls = context.wrap_socket(client, server_side=True)
    except OSError:
        print('refused', flush=True)
        client.close()
        return
    print('tls', flush=True)
    tls.settimeout(None)
    upstream = socket.create_connection(target, timeout=5)
    upstream.settimeout(None)
    threading.Thread(target=_copy, args=(upstream, tls), daemon=True).start()
    _copy(tls, upstream)


def main(address, port, certificate, key, target, target_port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    listener = socket.create_server((address, int(port)), backlog=64)
    print('ready', flush=True)
    while True:
        client = listener.accept()[0]
        threading.Thread(target=_serve, args=(client, context, (target, int(target_port))),
                         daemon=True).start()


if __name__ == '__main__':
    main(*sys.argv[1:])
