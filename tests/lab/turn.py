"""A TURN client (RFC 8656) that asks a server for what it must refuse.

As a program: `turn.py SERVER USER PASSWORD PEER...`: allocates over UDP, asks for a permission for each
peer address, prints {peer: 200 or the error code}."""

import hashlib
import hmac
import json
import os
import select
import socket
import struct
import sys

from stun import MAGIC

ALLOCATE, CREATE_PERMISSION = 0x0003, 0x0008
USERNAME, INTEGRITY, ERROR, REALM, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
XOR_PEER, FAMILY, TRANSPORT = 0x0012, 0x0017, 0x0019


class Client:
    def __init__(self, server, user, password, family):
        self._socket = socket.socket(socket.AF_INET6 if ':' in server else socket.AF_INET,
                                     socket.SOCK_DGRAM)
        self._server = (server, 3478)
        self._user, self._password = user, password
        self._realm = self._nonce = None
        asked = ((TRANSPORT, b'\x11\0\0\0'), (FAMILY, bytes((family, 0, 0, 0))))
        self.allocated = self.ask(ALLOCATE, *asked)
        if self.allocated == 401:
            self.allocated = self.ask(ALLOCATE, *asked)

    def permission(self, peer):
        return self.ask(CREATE_PERMISSION, (XOR_PEER, peer))

    def ask(self, method, *attributes):
        """200 or the error code of one transaction; None when nobody answers."""
        transaction = os.urandom(12)
        attributes = [(kind, value(transaction) if callable(value) else value)
                      for kind, value in attributes]
        if self._nonce:
            attributes += [(USERNAME, self._user.encode()), (REALM, self._realm),
                           (NONCE, self._nonce)]
        body = b''.join(struct.pack('!HH', k, len(v)) + v + b'\0' * (-len(v) % 4)
                        for k, v in attributes)
        if self._nonce:
            key = hashlib.md5(b':'.join((self._user.encode(), self._realm,
                                         self._password.encode()))).digest()
            head = struct.pack('!HHI', method, len(body) + 24, MAGIC) + transaction
            body += struct.pack('!HH', INTEGRITY, 20) + hmac.digest(key, head + body, 'sha1')
        packet = struct.pack('!HHI', method, len(body), MAGIC) + transaction + body
        for _ in range(3):
            self._socket.sendto(packet, self._server)
            while select.select([self._socket], [], [], 1)[0]:
                data = self._socket.recv(2048)
                if data[8:20] == transaction:
                    return self._read(data)
        return None

    def _read(self, data):
        code, at = 200, 20
        while at + 4 <= len(data):
            kind, length = struct.unpack('!HH', data[at:at + 4])
            value = data[at + 4:at + 4 + length]
            if kind == ERROR:
                code = value[2] * 100 + value[3]
            elif kind == REALM:
                self._realm = value
            elif kind == NONCE:
                self._nonce = value
            at += 4 + (length + 3) // 4 * 4
        return code


def xor_peer(address):
    def value(transaction):
        v6 = ':' in address
        raw = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, address)
        key = struct.pack('!I', MAGIC) + transaction
        return struct.pack('!BBH', 0, 2 if v6 else 1, 9 ^ (MAGIC >> 16)) + \
            bytes(a ^ b for a, b in zip(raw, key))
    return value


def main(server, user, password, *peers):
    clients = {}
    answers = {}
    for peer in peers:
        family = 2 if ':' in peer else 1
        if family not in clients:
            clients[family] = Client(server, user, password, family)
            if clients[family].allocated != 200:
                sys.exit(f'allocation of family {family}: {clients[family].allocated}')
        answers[peer] = clients[family].permission(xor_peer(peer))
    print(json.dumps(answers))


if __name__ == '__main__':
    main(*sys.argv[1:])
