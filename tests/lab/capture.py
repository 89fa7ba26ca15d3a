"""Packets of a namespace to a pcap file. (tcpdump gives up its privileges first, which it cannot where
only one user id is mapped.)

As a program: `capture.py FILE` captures every interface until SIGTERM; says `ready` when it does."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time

LINKTYPE_RAW = 101  # the packet starts with its IP header


def main(path):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    with open(path, 'wb') as file:
        file.write(struct.pack('=IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65536, LINKTYPE_RAW))
        print('ready', flush=True)
        sock.settimeout(0.1)
        while True:
            try:
                packet = sock.recv(65536)
            except TimeoutError:
                file.flush()
                if not running:  # nothing left in the buffer
                    return
                continue
            if packet and packet[0] >> 4 in (4, 6):
                now = time.time()
                file.write(struct.pack('=IIII', int(now), int(now % 1 * 1e6), len(packet),
                                       len(packet)) + packet)


class Packet:
    def __init__(self, data, when):
        self.time = when  # as time.time()
        if data[0] >> 4 == 4:
            self.protocol = data[9]
            addresses, payload = data[12:20], data[(data[0] & 15) * 4:]
            family = socket.AF_INET
        else:
            self.protocol = data[6]
            addresses, payload = data[8:40], data[40:]
            family = socket.AF_INET6
        half = len(addresses) // 2
        self.source = socket.inet_ntop(family, addresses[:half])
        self.destination = socket.inet_ntop(family, addresses[half:])
        self.source_port = self.destination_port = 0
        self.payload = b''
        if self.protocol in (socket.IPPROTO_UDP, socket.IPPROTO_TCP) and len(payload) >= 8:
            self.source_port, self.destination_port = struct.unpack('!HH', payload[:4])
            start = 8 if self.protocol == socket.IPPROTO_UDP else (payload[12] >> 4) * 4
            self.payload = payload[start:]


class Capture:
    """Runs in the background from its creation; then `packets()` says what it holds."""

    def __init__(self, where, name):
        self.path = os.path.join(where.universe.log_dir, f'{name}.pcap')
        self._process = where.popen(sys.executable, os.path.abspath(__file__), self.path,
                                    stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != 'ready\n':
            raise RuntimeError(f'no capture on {where.name}')

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=10)

    def packets(self, **match):
        """Those whose attributes are as given, e.g. destination='203.0.113.77'."""
        with open(self.path, 'rb') as file:
            data, at, found = file.read(), 24, []
        while at + 16 <= len(data):
            seconds, micros, length = struct.unpack('=III', data[at:at + 12])
            packet = Packet(data[at + 16:at + 16 + length], seconds + micros / 1e6)
            if all(getattr(packet, key) == value for key, value in match.items()):
                found.append(packet)
            at += 16 + length
        return found


if __name__ == '__main__':
    main(*sys.argv[1:])
