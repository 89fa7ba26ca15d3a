"""A name server of the lab, and how a universe comes to use it.

Names end in `.lab`: `gone...` does not exist, `mute...` gets no answer, `slow...` gets one after
20 s, and the rest is looked up in the table; what is not there does not exist either. set() changes
the table while it runs, and knows the words `gone`, `mute` and `slow` too.

As a program: `dns.py ADDRESS CHANGES NAME=IP...`; says `ready` when it listens."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time

from host import Host


class Dns(Host):
    def __init__(self, universe, number, names):
        super().__init__(universe, 'dns')
        universe.plug(self, 'eth0')
        self.set_uplink('eth0', f'203.0.113.{number}/24', '203.0.113.1')
        pairs = [f'{name}={address}' for name, address in names.items()]
        self._changes = '/run/lab/dns.changes'
        self._table = {}
        self.set()
        self._process = self.popen(sys.executable, os.path.abspath(__file__), self.address,
                                   self._changes, *pairs,
                                   stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != 'ready\n':
            raise RuntimeError('the name server does not listen')
        # The mounts of a universe are its own.
        with open('/run/lab/resolv.conf', 'w', encoding='ascii') as file:
            file.write(f'nameserver {self.address}\noptions timeout:5 attempts:4\n')
        with open('/run/lab/nsswitch.conf', 'w', encoding='ascii') as file:
            file.write('hosts: files dns\npasswd: files\n')
        for name in 'resolv.conf', 'nsswitch.conf':
            if not os.path.exists(f'/etc/{name}'):
                raise RuntimeError(f'/etc/{name} is missing, nothing to mount over')
            subprocess.run(['mount', '--bind', f'/run/lab/{name}', f'/etc/{name}'], check=True)


    def set(self, **names):
        """`set(turn='203.0.113.20')` is for turn.lab."""
        self._table.update({f'{name}.lab': value for name, value in names.items()})
        with open(f'{self._changes}.new', 'w', encoding='ascii') as file:
            file.writelines(f'{name}={value}\n' for name, value in self._table.items())
        os.rename(f'{self._changes}.new', self._changes)


def _read_changes(path):
    with open(path, encoding='ascii') as file:
        return dict(line.strip().split('=') for line in file)


def _question(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode('ascii', 'replace'))
        at += 1 + query[at]
    kind = struct.unpack('!H', query[at + 1:at + 3])[0]
    return '.'.join(labels).lower(), kind, query[12:at + 5]


def _answer(query, names):
    name, kind, question = _question(query)
    address = names.get(name)
    if address in ('gone', 'slow'):
        address = None
    found = kind == 1 and address is not None
    missing = address is None
    head = query[:2] + struct.pack('!HHHHH', 0x8183 if missing else 0x8180, 1, int(found), 0, 0)
    if not found:
        return head + question
    return head + question + struct.pack('!HHHIH', 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)


def _serve(sock, query, client, names):
    name = _question(query)[0]
    word = names.get(name, name)
    if word.startswith('mute'):
        return
    if word.startswith('slow'):
        time.sleep(20)
    sock.sendto(_answer(query, names), client)


def main(address, changes, *pairs):
    names = dict(pair.split('=') for pair in pairs)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))
    print('ready', flush=True)
    while True:
        query, client = sock.recvfrom(2048)
        threading.Thread(target=_serve, args=(sock, query, client, {**names, **_read_changes(changes)}),
                         daemon=True).start()


if __name__ == '__main__':
    main(*sys.argv[1:])
