"""The lab itself: its networks are what they claim to be. Everything else rests on this."""

import os
import socket
import subprocess
import time

import stun
from line import Faults
from testing import check, test

EXPECTED = {
    'open': ('none', 'endpoint-independent'),
    'lan': ('endpoint-independent', 'address-and-port-dependent'),
    'port-restricted': ('endpoint-independent', 'address-and-port-dependent'),
    'full-cone': ('endpoint-independent', 'endpoint-independent'),
    'symmetric': ('address-and-port-dependent', 'address-and-port-dependent'),
    'double': ('endpoint-independent', 'address-and-port-dependent'),
    'udp-blocked': ('blocked', 'blocked'),
    'tls-only': ('blocked', 'blocked'),
}


@test(deadline=60)
def nat_kinds(universe):
    """RFC 5780 from inside each site says the kind that was asked for."""
    wrong = []
    for kind, expected in EXPECTED.items():
        seen = universe.site(kind).host.stun('behaviour')
        if (seen['mapping'], seen['filtering']) != expected:
            wrong.append(f'{kind}: {seen}')
    check(not wrong, '; '.join(wrong))


@test(deadline=30)
def ipv6_only_site_has_no_ipv4(universe):
    """Its STUN works over IPv6, and 203.0.113.10 is unreachable."""
    host = universe.site('ipv6-only').host
    v6 = next(a for a in universe.home.addresses if ':' in a)
    seen = host.stun('behaviour', v6, host.address)
    check(seen['mapped'][0] == host.address, seen)
    with host.enter():
        sock = stun.udp_socket('')
        check(stun.binding(sock, ('203.0.113.10', 3478), tries=1) is None, 'IPv4 works there')


@test(deadline=30)
def udp_blocked_site_has_tcp(universe):
    """STUN over TCP to the TURN server answers where UDP does not."""
    host = universe.site('udp-blocked').host
    seen = host.stun('tcp', None, 3478)
    check(seen['answer'] is not None, seen)


@test(deadline=30)
def tls_only_site_passes_tls_only(universe):
    """Port 443 carries TLS; plain bytes there are reset, and no other port answers."""
    host = universe.site('tls-only').host
    certificate = universe.home.certificate
    check(host.stun('tls', None, 443, certificate)['answer'] is not None, 'TLS on 443 refused')
    check(host.stun('tcp', None, 443)['error'] == 'ConnectionResetError', 'plain bytes on 443 pass')
    check(host.stun('tcp', None, 3478)['error'] == 'TimeoutError', 'port 3478 is open')


@test(deadline=30)
def routers_forget_and_block(universe):
    """A blocked router passes no UDP and heals; flushed flows are gone."""
    site = universe.site('port-restricted')
    check(site.host.stun()['mapping'] == 'endpoint-independent', 'no STUN at first')
    check(site.router.mappings() > 0, 'no flow recorded')
    site.router.forget_flows()
    check(site.router.mappings() == 0, 'flows left')
    site.block_udp()
    check(site.host.stun()['mapping'] == 'blocked', 'UDP passes a blocked router')
    site.unblock()
    check(site.host.stun()['mapping'] == 'endpoint-independent', 'no STUN after healing')


@test(deadline=30)
def routers_record_no_stranger(universe):
    """A packet from outside before ours takes neither our port nor a flow."""
    inside, outside = universe.site('port-restricted'), universe.site('open')
    with inside.host.enter():
        ours = stun.udp_socket(inside.host.address)
    with outside.host.enter():
        theirs = stun.udp_socket(outside.host.address)
    port = ours.getsockname()[1]
    theirs.sendto(b'early', (inside.router.address, port))
    time.sleep(0.05)
    check(inside.router.mappings() == 0, 'the stranger is recorded as a flow')
    ours.sendto(b'punch', theirs.getsockname())
    theirs.settimeout(1)
    data, source = theirs.recvfrom(100)
    check((data, source) == (b'punch', (inside.router.address, port)), f'{data} from {source}')
    theirs.sendto(b'reply', source)
    ours.settimeout(1)
    check(ours.recv(100) == b'reply', 'the answer did not get back')


@test(deadline=30)
def hosts_move(universe):
    """A new address and a second uplink take over at once."""
    site = universe.site('port-restricted')
    host, first = site.host, site.host.address
    second = universe.second_uplink(host)
    check(host.stun()['mapped'][0] == site.router.address, 'not through the first router')
    host.change_address()
    check(host.address != first, 'the address is still the same')
    check(host.stun()['mapped'][0] == site.router.address, 'no path after the change')
    host.move_default('eth1')
    new = host.uplinks['eth1'][0].split('/')[0]
    seen = host.stun('behaviour', None, new)
    check(seen['mapped'][0] == second.address, seen)


@test(deadline=40)
def lines_delay_and_lose(universe):
    """25 ms each way is 50 ms there and back; 20 % each way loses about 36 %."""
    line = universe.site('port-restricted', line=Faults(delay=25))
    seen = line.host.stun('rtt')
    check(49.9 < seen['median_ms'] < 56, seen)
    line.line.set(Faults(loss=20))
    lost = _loss(line, 400)
    check(0.26 < lost < 0.46, f'line lost {lost:.2f}')
    line.line.set(Faults())
    line.lose(5)
    lost = _loss(line, 800)
    check(0.06 < lost < 0.14, f'router lost {lost:.3f}')
    check(line.host.stun('rtt')['median_ms'] < 5, 'delay after healing')


def _loss(site, count):
    """Share of Binding requests without an answer."""
    with site.host.enter():
        sock = stun.udp_socket(site.host.address)
    answers = 0
    for _ in range(count // 20):
        for _ in range(20):
            sock.sendto(stun.request()[1], ('203.0.113.10', 3478))
        answers += _drain(sock, 0.01)
    answers += _drain(sock, 0.3)
    return 1 - answers / (count // 20 * 20)


def _drain(sock, seconds):
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            sock.recv(2048)
        except TimeoutError:
            break
        count += 1
    return count


@test(deadline=30)
def lines_carry_large_tcp(universe):
    """Segments that the kernel has not cut or summed yet arrive whole."""
    near = universe.site('open', line=Faults(delay=2))
    far = universe.site('open')
    payload = os.urandom(4 << 20)
    with far.host.enter():
        listener = socket.create_server((far.host.address, 5000))
    script = ('import socket,sys; s=socket.create_connection((sys.argv[1],5000));'
              's.sendall(sys.stdin.buffer.read()); s.close()')
    sender = near.host.popen('python3', '-c', script, far.host.address, stdin=subprocess.PIPE)
    sender.stdin.write(payload)
    sender.stdin.close()
    peer, got = listener.accept()[0], b''
    peer.settimeout(20)
    while more := peer.recv(1 << 20):
        got += more
    check(got == payload, f'{len(got)} of {len(payload)} bytes, or changed')


@test(deadline=30)
def counters_tell_turn_from_peers(universe):
    """The witness counts TURN and direct UDP apart, at the router and at coturn."""
    site, far = universe.site('port-restricted'), universe.site('open')
    universe.home
    before = site.witness.counters()
    site.host.stun('rtt', None, 5)
    with site.host.enter():
        sock = stun.udp_socket(site.host.address)
    for _ in range(7):
        sock.sendto(b'x', (far.host.address, 9))
    time.sleep(0.1)
    after = site.witness.counters()
    seen = {key: after[key][0] - before[key][0] for key in after}
    check(seen['turn_udp'] == 10 and seen['peer_udp'] == 7, seen)
    check(site.witness.flow_bytes(site.host.address, far.host.address) == 7 * 29, 'flow bytes')
    check(site.witness.flow_bytes(site.host.address, '203.0.113.77') == 0, 'bytes to nobody')
    check(universe.home.relayed() == (0, 0), 'relay ports were used')


@test(deadline=30)
def captures_see_packets(universe):
    """A capture holds what was sent while it ran, and can be asked by address."""
    site = universe.site('open')
    universe.home
    capture = site.host.capture('probe')
    site.host.stun('rtt', None, 5)
    capture.stop()
    seen = len(capture.packets(destination='203.0.113.10', destination_port=3478))
    check(seen == 5, f'{seen} packets to the server')
    check(not capture.packets(destination='203.0.113.77'), 'packets to nobody')


@test(deadline=60)
def universes_leave_nothing(universe):
    """Killed by SIGKILL, a universe takes its coturn and its namespaces along."""
    import namespace
    script = ('import sys; sys.path.insert(0, sys.argv[1]); from lab import Universe;'
              'u = Universe(sys.argv[2]); u.home; print(open("/run/lab/home.pid").read().strip(),'
              ' flush=True); import time; time.sleep(60)')
    here = os.path.dirname(os.path.abspath(__file__))
    inner = subprocess.Popen(namespace.universe_argv(['python3', '-c', script, here,
                                                      universe.log_dir]),
                             stdout=subprocess.PIPE, text=True)
    check(inner.stdout.readline().strip().isdigit(), 'the inner universe did not start')
    check('turnserver' in _programs(), 'cannot see the inner coturn at all')
    inner.kill()
    inner.wait()
    deadline = time.monotonic() + 5
    while 'turnserver' in _programs() and time.monotonic() < deadline:
        time.sleep(0.05)
    check('turnserver' not in _programs(), 'coturn outlived its universe')


def _programs():
    names = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/comm', encoding='utf-8') as comm:
                names.append(comm.read().strip())
        except OSError:
            pass
    return names
