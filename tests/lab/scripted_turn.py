"""TURN servers (RFC 8656, UDP) that say what a test wants to hear, and change their mind while a link
runs over them.

Each port is a server of its own with a word in a file: empty is a good server; a number answers every
signed request with that error and ends what was allocated; `lie ADDRESS` gives that address as the
mapped one; `silent` says nothing; `password WORD` wants that one from now on and ends what was
allocated with another. With a shared secret, user names are `EXPIRY:NAME` and an allocation
ends with its name's expiry, to the second.

As a program: `scripted_turn.py ADDRESS FOLDER SECRET|- PORT...`; says `ready` when it listens."""

import base64
import hashlib
import hmac
import os
import secrets
import select
import socket
import struct
import subprocess
import sys
import time

from coturn import PASSWORD, REALM
from host import Host
from stun import MAGIC

BINDING, ALLOCATE, REFRESH, SEND, DATA, PERMISSION, CHANNEL = 1, 3, 4, 6, 7, 8, 9
SUCCESS, FAILURE, INDICATION = 0x0100, 0x0110, 0x0010
USERNAME, INTEGRITY, ERROR, NUMBER, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000C, 0x000D
PEER, PAYLOAD, REALM_NAME, NONCE, RELAYED, MAPPED = 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0020


class ScriptedTurn(Host):
    """One host with a server on each of `ports`."""

    def __init__(self, universe, name, number, ports, secret=None):
        super().__init__(universe, name)
        universe.plug(self, 'eth0')
        self.set_uplink('eth0', f'203.0.113.{number}/24', '203.0.113.1')
        self._folder = f'/run/lab/{name}'
        os.mkdir(self._folder)
        for port in ports:
            self.say(port, '')
        with open(os.path.join(universe.log_dir, f'{name}.log'), 'wb') as log:
            self._process = self.popen(sys.executable, os.path.abspath(__file__), self.address,
                                       self._folder, secret or '-', *ports,
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        if self._process.stdout.readline() != 'ready\n':
            raise RuntimeError(f'{name} does not listen')

    def say(self, port, word):
        path = f'{self._folder}/{port}'
        with open(f'{path}.new', 'w', encoding='ascii') as file:
            file.write(str(word))
        os.rename(f'{path}.new', path)


def pack(kind, value):
    return struct.pack('!HH', kind, len(value)) + value + b'\0' * (-len(value) % 4)


def pack_address(address):
    ip, port = address
    raw = bytes(a ^ b for a, b in zip(socket.inet_aton(ip), struct.pack('!I', MAGIC)))
    return struct.pack('!BBH', 0, 1, port ^ (MAGIC >> 16)) + raw


def unpack_address(value):
    raw = bytes(a ^ b for a, b in zip(value[4:8], struct.pack('!I', MAGIC)))
    return socket.inet_ntoa(raw), struct.unpack('!H', value[2:4])[0] ^ (MAGIC >> 16)


class Message:
    def __init__(self, data):
        self.kind, length, magic = struct.unpack('!HHI', data[:8])
        if magic != MAGIC or length + 20 > len(data):
            raise ValueError('not STUN')
        self.method = self.kind & 0x000F
        self.transaction = data[8:20]
        self.data, self.signed_until = data, None
        self.values, at = {}, 20
        while at + 4 <= 20 + length:
            kind, size = struct.unpack('!HH', data[at:at + 4])
            if kind == INTEGRITY:
                self.signed_until = at
            self.values.setdefault(kind, data[at + 4:at + 4 + size])
            at += 4 + (size + 3) // 4 * 4

    def is_signed_with(self, key):
        head = self.data[:2] + struct.pack('!H', self.signed_until + 4) + \
            self.data[4:self.signed_until]
        return hmac.compare_digest(hmac.digest(key, head, 'sha1'), self.values[INTEGRITY])


class Allocation:
    def __init__(self, client, address, expiry):
        self.client, self.expiry = client, expiry
        self.channels, self.numbers = {}, {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))


class Server:
    def __init__(self, address, port, folder, secret):
        self.address, self.secret = address, secret
        self.path = f'{folder}/{port}'
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.allocations = {}
        self.last_word = self.word()

    def word(self):
        with open(self.path, encoding='ascii') as file:
            return file.read()

    def sockets(self):
        return [self.socket] + [a.socket for a in self.allocations.values()]

    def tidy(self):
        """Ends what must not live any longer."""
        word, last = self.word(), self.last_word
        over = word.isdigit() or (word != last and word.startswith('password '))
        self.last_word = word
        for client, allocation in list(self.allocations.items()):
            if over or (allocation.expiry and allocation.expiry <= time.time()):
                self.end(client)

    def end(self, client):
        allocation = self.allocations.pop(client, None)
        if allocation is not None:
            allocation.socket.close()

    def readable(self, sock):
        if sock is self.socket:
            data, client = sock.recvfrom(4096)
            if data[:1] and data[0] & 0xC0 == 0x40:
                self.relay_channel(data, client)
            else:
                self.answer(Message(data), client)
            return
        for allocation in list(self.allocations.values()):
            if allocation.socket is sock:
                self.relay_back(allocation, *sock.recvfrom(4096))

    # What goes through

    def relay_channel(self, data, client):
        number, length = struct.unpack('!HH', data[:4])
        allocation = self.allocations.get(client)
        if allocation is not None and number in allocation.channels:
            allocation.socket.sendto(data[4:4 + length], allocation.channels[number])

    def relay_back(self, allocation, data, peer):
        number = allocation.numbers.get(peer)
        if number is not None:
            packet = struct.pack('!HH', number, len(data)) + data
        else:
            body = pack(PEER, pack_address(peer)) + pack(PAYLOAD, data)
            packet = struct.pack('!HHI', DATA | INDICATION, len(body), MAGIC) + \
                secrets.token_bytes(12) + body
        self.socket.sendto(packet, allocation.client)

    # What is answered

    def send(self, message, kind, body, client, key=None):
        size = len(body) + (24 if key else 0)
        packet = struct.pack('!HHI', message.method | kind, size, MAGIC) + message.transaction + body
        if key:
            packet += pack(INTEGRITY, hmac.digest(key, packet, 'sha1'))
        self.socket.sendto(packet, client)

    def refuse(self, message, code, client, key=None):
        body = pack(ERROR, struct.pack('!HBB', 0, code // 100, code % 100) + b'as told')
        if code in (401, 438):
            body += pack(REALM_NAME, REALM.encode()) + pack(NONCE, secrets.token_hex(8).encode())
        self.send(message, FAILURE, body, client, key if code not in (401, 438) else None)

    def key_of(self, message):
        name = message.values.get(USERNAME, b'')
        word = self.word()
        password = (word.split()[1] if word.startswith('password ') else PASSWORD).encode()
        if self.secret:
            password = base64.b64encode(hmac.digest(self.secret.encode(), name, 'sha1'))
        return hashlib.md5(b':'.join((name, REALM.encode(), password))).digest()

    def expiry_of(self, message):
        return int(message.values[USERNAME].split(b':')[0]) if self.secret else None

    def answer(self, message, client):
        word = self.word()
        if word == 'silent':
            return
        if message.method == BINDING:
            mapped = (word.split()[1], client[1]) if word.startswith('lie') else client
            self.send(message, SUCCESS, pack(MAPPED, pack_address(mapped)), client)
        elif message.kind == SEND | INDICATION:
            allocation = self.allocations.get(client)
            if allocation is not None:
                allocation.socket.sendto(message.values[PAYLOAD],
                                         unpack_address(message.values[PEER]))
        elif message.signed_until is None:
            self.refuse(message, 401, client)
        else:
            self.answer_signed(message, client, word)

    def answer_signed(self, message, client, word):
        key = self.key_of(message)
        if not message.is_signed_with(key):
            self.refuse(message, 401, client)
        elif word.isdigit():
            self.refuse(message, int(word), client, key)
        elif self.secret and self.expiry_of(message) <= time.time():
            self.refuse(message, 401, client)
        elif message.method == ALLOCATE:
            self.allocate(message, client, key)
        elif client not in self.allocations:
            self.refuse(message, 437, client, key)
        else:
            self.change(message, client, key)

    def allocate(self, message, client, key):
        allocation = self.allocations.get(client)
        if allocation is None:
            allocation = Allocation(client, self.address, self.expiry_of(message))
            self.allocations[client] = allocation
            print(f'{self.path} allocate {message.values[USERNAME].decode()}', file=sys.stderr,
                  flush=True)
        self.send(message, SUCCESS,
                  pack(RELAYED, pack_address(allocation.socket.getsockname())) +
                  pack(MAPPED, pack_address(client)) + pack(LIFETIME, struct.pack('!I', 600)),
                  client, key)

    def change(self, message, client, key):
        allocation, body = self.allocations[client], b''
        if message.method == REFRESH:
            lifetime = message.values.get(LIFETIME, struct.pack('!I', 600))
            body = pack(LIFETIME, lifetime)
            if lifetime == b'\0\0\0\0':
                self.end(client)
        elif message.method == CHANNEL:
            number = struct.unpack('!H', message.values[NUMBER][:2])[0]
            peer = unpack_address(message.values[PEER])
            allocation.channels[number] = peer
            allocation.numbers[peer] = number
        self.send(message, SUCCESS, body, client, key)


def main(address, folder, secret, *ports):
    servers = [Server(address, int(port), folder, '' if secret == '-' else secret)
               for port in ports]
    print('ready', flush=True)
    while True:
        for server in servers:
            server.tidy()
        owners = {sock: server for server in servers for sock in server.sockets()}
        for sock in select.select(list(owners), [], [], 0.2)[0]:
            if sock.fileno() < 0:
                continue
            try:
                owners[sock].readable(sock)
            except (ValueError, KeyError, OSError) as error:
                print(f'{type(error).__name__}: {error}', file=sys.stderr, flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
