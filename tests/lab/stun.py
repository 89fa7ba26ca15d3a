"""Just enough STUN (RFC 8489, RFC 5780) to see from inside a network what its NAT really does.

As a program: `stun.py behaviour SERVER LOCAL`, `stun.py tcp SERVER PORT`, `stun.py rtt SERVER`,
`stun.py tls SERVER PORT CA`; prints one JSON object."""

import json
import os
import select
import socket
import ssl
import struct
import sys
import time

MAGIC = 0x2112A442
CHANGE_REQUEST, XOR_MAPPED, OTHER_ADDRESS = 0x0003, 0x0020, 0x802C
CHANGE_IP, CHANGE_PORT = 4, 2


def request(change=0):
    transaction = os.urandom(12)
    attributes = struct.pack('!HHI', CHANGE_REQUEST, 4, change) if change else b''
    return transaction, struct.pack('!HHI', 1, len(attributes), MAGIC) + transaction + attributes


def parse(data, transaction):
    """{'mapped': (ip, port), 'other': (ip, port)} of a Binding success response, or None."""
    if len(data) < 20 or data[8:20] != transaction or struct.unpack('!H', data[:2])[0] != 0x0101:
        return None
    answer, at = {}, 20
    while at + 4 <= len(data):
        kind, length = struct.unpack('!HH', data[at:at + 4])
        value = data[at + 4:at + 4 + length]
        if kind in (XOR_MAPPED, OTHER_ADDRESS):
            port, raw = struct.unpack('!H', value[2:4])[0], value[4:]
            if kind == XOR_MAPPED:
                key = struct.pack('!I', MAGIC) + transaction
                port ^= MAGIC >> 16
                raw = bytes(a ^ b for a, b in zip(raw, key))
            family = socket.AF_INET if value[1] == 1 else socket.AF_INET6
            answer['mapped' if kind == XOR_MAPPED else 'other'] = \
                (socket.inet_ntop(family, raw), port)
        at += 4 + (length + 3) // 4 * 4
    return answer


def udp_socket(local=''):
    family = socket.AF_INET6 if ':' in local else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((local, 0))
    return sock


def binding(sock, server, change=0, tries=3, wait=0.3):
    """One Binding transaction; None when nobody answers."""
    transaction, packet = request(change)
    for _ in range(tries):
        try:
            sock.sendto(packet, server)
        except OSError:
            return None
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            if not select.select([sock], [], [], left)[0]:
                break
            try:
                data, source = sock.recvfrom(2048)
            except ConnectionError:
                continue
            answer = parse(data, transaction)
            if answer is not None:
                answer['from'] = source[:2]
                return answer
    return None


def behaviour(server, local, port=3478):
    """Mapping and filtering of the NAT between us and `server`, in the words of RFC 5780."""
    sock = udp_socket(local)
    first = binding(sock, (server, port))
    if first is None:
        return {'mapping': 'blocked', 'filtering': 'blocked', 'mapped': None}
    other_ip, other_port = first['other']
    second = binding(sock, (other_ip, port))
    third = binding(sock, (other_ip, other_port))
    if first['mapped'] == sock.getsockname()[:2]:
        mapping = 'none'
    elif second['mapped'] == first['mapped']:
        mapping = 'endpoint-independent'
    elif third['mapped'] == second['mapped']:
        mapping = 'address-dependent'
    else:
        mapping = 'address-and-port-dependent'

    fresh = udp_socket(local)  # the mapping tests have opened the other socket's filter
    if binding(fresh, (server, port), CHANGE_IP | CHANGE_PORT, wait=0.15) is not None:
        filtering = 'endpoint-independent'
    elif binding(fresh, (server, port), CHANGE_PORT, wait=0.15) is not None:
        filtering = 'address-dependent'
    else:
        filtering = 'address-and-port-dependent'
    return {'mapping': mapping, 'filtering': filtering, 'mapped': list(first['mapped'])}


def exchange(sock):
    transaction, packet = request()
    sock.sendall(packet)
    data = b''
    while len(data) < 20 or len(data) < 20 + struct.unpack('!H', data[2:4])[0]:
        more = sock.recv(2048)
        if not more:
            raise ConnectionError('closed before the answer')
        data += more
    return parse(data, transaction)


def over_tcp(server, port, ca=None):
    try:
        with socket.create_connection((server, port), timeout=1) as sock:
            if ca is None:
                return {'answer': exchange(sock)['mapped'], 'error': None}
            context = ssl.create_default_context(cafile=ca)
            with context.wrap_socket(sock, server_hostname=server) as tls:
                return {'answer': exchange(tls)['mapped'], 'error': None}
    except OSError as error:
        return {'answer': None, 'error': type(error).__name__}


def rtt(server, port=3478, count=9):
    sock, times, lost = udp_socket(), [], 0
    for _ in range(count):
        start = time.monotonic()
        if binding(sock, (server, port), tries=1, wait=1) is None:
            lost += 1
        else:
            times.append((time.monotonic() - start) * 1000)
    times.sort()
    return {'median_ms': times[len(times) // 2] if times else None, 'lost': lost, 'sent': count}


def main(what, server, *rest):
    if what == 'behaviour':
        result = behaviour(server, rest[0])
    elif what == 'tcp':
        result = over_tcp(server, int(rest[0]))
    elif what == 'tls':
        result = over_tcp(server, int(rest[0]), rest[1])
    else:
        result = rtt(server, count=int(rest[0]) if rest else 9)
    print(json.dumps(result))


if __name__ == '__main__':
    main(*sys.argv[1:])
