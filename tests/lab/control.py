"""The control socket of a node, asked as any D-Bus client would (D-Bus specification 0.41).

Starting a program for each of the many looks that waiting takes costs more than all else in the lab."""

import os
import socket
import struct

CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER = 1, 2, 3


class Refused(Exception):
    pass


def get_status(path):
    """GetStatus of org.icelane.Node1: what `icelane status --json` prints."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(path)
        link.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
        stream = link.makefile('rb')
        answer = stream.readline()
        if not answer.startswith(b'OK '):
            raise Refused(answer)
        link.sendall(b'BEGIN\r\n' + _call('GetStatus'))
        while True:
            kind, body = _read(stream)
            if kind == ERROR:
                raise Refused(body)
            if kind == RETURN:
                length, = struct.unpack_from('<I', body)
                return body[4:4 + length].decode()


def _padded(data):
    return data + b'\0' * (-len(data) % 8)


def _field(code, signature, text):
    return struct.pack('<BB2sI', code, 1, signature + b'\0', len(text)) + text.encode() + b'\0'


def _call(member):
    fields = b''
    for field in ((PATH, b'o', '/org/icelane/Node1'), (INTERFACE, b's', 'org.icelane.Node1'),
                  (MEMBER, b's', member)):
        fields = _padded(fields) + _field(*field)
    return _padded(struct.pack('<cBBBIII', b'l', CALL, 0, 1, 0, 1, len(fields)) + fields)


def _read(stream):
    head = stream.read(16)
    if len(head) < 16:
        raise Refused('the node has closed the connection')
    order = '<' if head[:1] == b'l' else '>'
    kind, body, fields = head[1], *struct.unpack_from(f'{order}I', head, 4), \
        *struct.unpack_from(f'{order}I', head, 12)
    stream.read(fields + -fields % 8)
    return kind, stream.read(body)
