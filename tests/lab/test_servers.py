"""STUN and TURN servers as `icelane check` and nodes see them, against real ones."""

import datetime
import json
import os
import shutil
import statistics
import struct
import subprocess
import time

import stun
from coturn import PASSWORD, REALM, USER
from dns import Dns
from line import Faults
from pair import Pair
from testing import Skip, check, test
from tls_server import TlsServer, make_certificate

LOGIN = (f'username = {USER}', f'password = {PASSWORD}')


def section(name, *lines):
    return f'[server {name}]\n' + ''.join(f'{line}\n' for line in lines)


class Checker:
    """`icelane check` on a host, with a configuration of its own and no node."""

    def __init__(self, universe, host):
        self.universe, self.host = universe, host
        self.path = f'/run/lab/check-{host.name}.ini'

    def run(self, *sections):
        """The server objects by URI."""
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w',
                  encoding='utf-8') as file:
            file.write('\n'.join(sections))
        done = self.host.run(self.universe.program, 'check', '--json', '--config', self.path,
                             check=False)
        check(done.stdout, done.stderr)
        answer = json.loads(done.stdout)
        check((done.returncode == 0) == answer['ok'], f'exit {done.returncode}, {answer}')
        return {server['uri']: server for server in answer['servers']}

    def one(self, uri, *lines):
        return next(iter(self.run(section('home', f'uri = {uri}', *lines)).values()))


class Coturn:
    """One more coturn with settings of its own, on a public host; without the sample's denials."""

    def __init__(self, universe, name, number, *lines):
        self.host = universe.public_host(name, number)
        self.address = self.host.address
        path = f'/run/lab/{name}.conf'
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n'.join((f'listening-ip={self.address}', f'relay-ip={self.address}',
                                  f'pidfile=/run/lab/{name}.pid', f'userdb=/run/lab/{name}.db',
                                  'fingerprint', 'no-cli', 'no-dtls', 'log-file=stdout', *lines)))
            file.write('\n')
        with open(os.path.join(universe.log_dir, f'{name}.log'), 'wb') as log:
            self.host.popen('turnserver', '-c', path, stdout=log, stderr=log)
        until_stun(self.host, self.address)


def until_stun(host, address, port=3478):
    with host.enter():
        sock = stun.udp_socket(address)
    deadline = time.monotonic() + 10
    while stun.binding(sock, (address, port), tries=1, wait=0.05) is None:
        check(time.monotonic() < deadline, f'{host.name} does not answer')
    sock.close()


def all_given_back(turn):
    deadline = time.monotonic() + 6  # coturn closes a freed relay port some seconds later
    while turn.allocations():
        check(time.monotonic() < deadline, 'allocations are left')
        time.sleep(0.1)


def steps(server):
    return [step['step'] + ('' if step['ok'] else '!') for step in server['steps']]


@test(deadline=40)
def coturn_passes_every_step(universe):
    """UDP, TCP and TLS; and it gets all allocations back."""
    home = universe.home
    checker = Checker(universe, universe.site('port-restricted').host)
    address = home.addresses[0]
    seen = checker.run(section('home', f'uri = stun:{address}', f'uri = turn:{address}',
                               f'uri = turn:{address}?transport=tcp', f'uri = turns:{address}:443',
                               f'uri = stuns:{address}:443', f'ca-file = {home.certificate}',
                               *LOGIN))
    turn = ['stun', 'allocate', 'permission', 'refresh']
    expected = {f'stun:{address}': ['stun'], f'turn:{address}': turn,
                f'turn:{address}?transport=tcp': ['connect', *turn],
                f'turns:{address}:443': ['connect', 'tls', *turn],
                f'stuns:{address}:443': ['connect', 'tls', 'stun']}
    for uri, wanted in expected.items():
        server = seen[uri]
        check(server['state'] == 'ok' and steps(server) == wanted, server)
        check(server['mapped'] == checker.host.router.address, server)
    all_given_back(home)


def each_is_told_by_a_node(universe, cases):
    """The same sentences in `icelane check`, status JSON and the event log of a running node."""
    settings = '\n'.join(section(code, f'uri = {uri}', *lines) for code, uri, lines in cases)
    node = universe.nodes((universe.site('open').host, 'teller'), servers=(), settings=settings)[0]
    node._until(lambda: all(s['state'] == 'failed' for s in node.status()['servers']), 30,
                'verdict on every server')
    events = node.log(kind='server', level='warning')
    # Only `check` asks over UDP, too, where nobody accepts TCP.
    codes = {code: {'udp-only': 'refused'}.get(code, code) for code, _, _ in cases}
    shown = node.icelane('check', check=False).stdout
    for server in node.status()['servers']:
        check(server['code'] == codes[server['name']] and server['error'] and server['advice'],
              server)
        mine = [e for e in events if e['server'] == server['name']]
        check(any(e['code'] == server['code'] and server['error'] in e['text'] and
                  server['advice'] in e['text'] for e in mine), f'{server}: {mine}')
        if server['name'] != 'udp-only':
            check(f'failed: {server["error"]}. {server["advice"]}.' in shown, f'{server}: {shown}')
    check('answers STUN over UDP and refuses TCP' in shown, shown)


@test(deadline=90)
def each_fault_has_its_own_sentence(universe):
    """F7, F34: real servers with one thing wrong each: code, sentence and cure differ, in `check`, status
    and log."""
    home = universe.home.addresses[0]
    checker = Checker(universe, universe.site('open').host)
    rest = Coturn(universe, 'rest', 50, f'realm={REALM}', 'use-auth-secret',
                  'static-auth-secret=lab-rest-secret').address
    udp_only = Coturn(universe, 'udp-only', 51, 'lt-cred-mech', f'realm={REALM}', 'no-tcp', 'no-tls',
                      f'user={USER}:{PASSWORD}').address
    miser = Coturn(universe, 'miser', 52, 'lt-cred-mech', f'realm={REALM}',
                   f'user={USER}:{PASSWORD}', 'denied-peer-ip=0.0.0.0-255.255.255.255').address
    tls = {}
    for number, (name, san, days) in enumerate((('good', 'IP:203.0.113.53', 30),
                                                ('misnamed', 'DNS:other.example', 30),
                                                ('expired', 'IP:203.0.113.55', -1)), 53):
        tls[name] = TlsServer(universe, name, number, make_certificate(name, san, days), home, 3478)

    def trusted(name):
        return (f'ca-file = {tls[name].certificate}', *LOGIN)

    good = checker.one(f'turns:{tls["good"].address}:443', *trusted('good'))
    check(good['state'] == 'ok', good)
    good = checker.one(f'turn:{rest}', f'username = {USER}', 'auth-secret = lab-rest-secret')
    check(good['state'] == 'ok', good)

    cases = (
        ('unauthorized', f'turn:{home}', (f'username = {USER}', 'password = wrong')),
        ('credentials-expired', f'turn:{rest}', ('username = 1700000000:icelane', 'password = x')),
        ('wrong-realm', f'turn:{home}', ('username = icelane@south.example', 'password = x')),
        ('peer-forbidden', f'turn:{miser}', LOGIN),
        ('cert-wrong-name', f'turns:{tls["misnamed"].address}:443', trusted('misnamed')),
        ('cert-expired', f'turns:{tls["expired"].address}:443', trusted('expired')),
        ('cert-unknown-ca', f'turns:{tls["good"].address}:443', LOGIN),
        ('udp-only', f'turns:{udp_only}:3478', LOGIN),
        ('refused', f'turn:{home}:9', LOGIN),
        ('timeout', 'turn:203.0.113.99', LOGIN),
    )
    seen = {}
    for code, uri, lines in cases:
        server = checker.one(uri, *lines)
        check(server['state'] == 'failed' and server['code'] == code, f'{code}: {server}')
        check(server['error'] and server['advice'], server)
        seen[server['error']] = code
    check(len(seen) == len(cases), f'sentences repeat: {seen}')
    each_is_told_by_a_node(universe, cases)
    all_given_back(universe.home)


def node_modules():
    """The folder that has node-turn; '' where there is no npm, None where it is not installed."""
    if shutil.which('npm') is None or shutil.which('node') is None:
        return ''
    root = subprocess.run(['npm', 'root', '-g'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=True).stdout.strip()
    return root if os.path.isdir(os.path.join(root, 'node-turn')) else None


@test(deadline=60)
def other_servers_behave_like_coturn(universe):
    """stund (RFC 3489, of Debian) and, where there is npm, node-turn."""
    modules = node_modules()
    if shutil.which('stund') is None or modules is None:
        check(not os.environ.get('CI'), 'stund or node-turn is missing: run script/bootstrap')
        raise Skip('stund or node-turn is not installed (script/bootstrap)')
    checker = Checker(universe, universe.site('port-restricted').host)
    host = universe.public_host('stund', 60)
    host.ip('addr add 203.0.113.61/24 dev eth0')
    host.popen('stund', '-h', '203.0.113.60', '-a', '203.0.113.61')
    until_stun(host, '203.0.113.60')
    server = checker.one('stun:203.0.113.60')
    check(server['state'] == 'ok' and server['mapped'] == checker.host.router.address, server)
    server = checker.one('turn:203.0.113.60', *LOGIN)
    check(server['code'] == 'not-turn', server)

    if not modules:
        print('no npm: without node-turn')
        return
    host = universe.public_host('node-turn', 62)
    script = ("const Turn = require(process.argv[1]); new Turn({listeningIps: ['203.0.113.62'],"
              "relayIps: ['203.0.113.62'], authMech: 'long-term', realm: 'node.lab',"
              f"credentials: {{{USER}: '{PASSWORD}'}}}}).start();")
    host.popen('node', '-e', script, os.path.join(modules, 'node-turn'))
    until_stun(host, '203.0.113.62')
    server = checker.one('turn:203.0.113.62', *LOGIN)
    check(server['state'] == 'ok', server)
    check(steps(server) == ['stun', 'allocate', 'permission', 'refresh'], server)
    server = checker.one('turn:203.0.113.62', f'username = {USER}', 'password = wrong')
    check(server['code'] == 'unauthorized', server)


# Links

def https_rendezvous(universe):
    """The rendezvous where only TLS on 443 gets out: (url, line for [signaling])."""
    certificate = make_certificate('rendezvous-tls', 'IP:203.0.113.40')
    front = TlsServer(universe, 'front', 40, certificate, universe.rendezvous.address, 8080)
    return f'https://{front.address}', f'ca-file = {front.certificate}\n\n'


def assert_only_tls(packets, where):
    """Each connection opens with a TLS record, and nothing of STUN is ever in clear."""
    begun = {}
    secrets = (struct.pack('!I', stun.MAGIC), USER.encode(), REALM.encode())
    for packet in packets:
        if not packet.payload:
            continue
        key = frozenset(((packet.source, packet.source_port),
                         (packet.destination, packet.destination_port)))
        begun.setdefault(key, packet.payload[:2])
        for secret in secrets:
            check(secret not in packet.payload, f'{secret} in clear {where}')
    check(begun, f'nothing was sent {where}')
    wrong = {opening for opening in begun.values() if opening != b'\x16\x03'}
    check(not wrong, f'connections opened with {wrong} {where}')


def tls_only_pair(universe, server):
    """Nodes on their way to a link, and what passes the router of the site from the start on."""
    url, signaling = https_rendezvous(universe)
    pair = Pair(universe, universe.site('tls-only'), universe.site('port-restricted'), url=url,
                servers=(), settings=signaling + server, wait=0, start=False)
    capture = pair.sites['a'].router.capture('router')
    for node in pair.a, pair.b:
        node.start()
    return pair, capture


@test(deadline=60)
def tls_only_site_relays_through_a_strict_listener(universe):
    """F22, F34: TCP 443 and TLS is all there is: the link comes up, and the wire shows only TLS."""
    strict = TlsServer(universe, 'strict', 41, make_certificate('strict', 'IP:203.0.113.41'),
                       universe.home.addresses[0], 3478)
    pair, capture = tls_only_pair(universe, section('strict', 'uri = turns:203.0.113.41:443',
                                                    f'ca-file = {strict.certificate}', *LOGIN))
    pair.wait(15)
    pair.until_pings(3)
    ours = pair.a.peer('b')
    check(ours['path'] == 'relay', ours)
    check(ours['pair']['relay_protocol'] == 'tls' and
          ours['pair']['local']['server'] == 'strict', ours['pair'])
    # It has no server to ask over UDP, so that it cannot know that UDP is blocked.
    check((ours['why']['code'], ours['why']['side']) == ('no-srflx', 'ours'), ours['why'])
    check(universe.home.relayed()[0] > 0, 'no relay carried it')
    listed = pair.a.status()['servers']
    check([(s['name'], s['state'], s['in_use']) for s in listed] == [('strict', 'ok', True)], listed)
    capture.stop()
    assert_only_tls(capture.packets(destination='203.0.113.41'), 'to the server')
    assert_only_tls(capture.packets(source='203.0.113.41'), 'from the server')
    check('refused' not in strict.handshakes, strict.handshakes)


@test(deadline=60)
def bad_certificate_carries_no_link(universe):
    """F34: a server with another name gets no TURN, in TLS or in clear, and the node says why."""
    strict = TlsServer(universe, 'strict', 41, make_certificate('strict', 'DNS:other.example'),
                       universe.home.addresses[0], 3478)
    pair, capture = tls_only_pair(universe, section('strict', 'uri = turns:203.0.113.41:443',
                                                    f'ca-file = {strict.certificate}', *LOGIN))
    time.sleep(8)
    check(pair.a.peer('b')['state'] != 'connected', 'connected all the same')
    server = pair.a.status()['servers'][0]
    check(server['state'] == 'failed' and server['code'] == 'cert-wrong-name', server)
    check('other.example' in server['error'], server)
    events = [e for e in pair.a.log(kind='server') if e['code'] == 'cert-wrong-name']
    check(events and events[0]['level'] == 'warning', events)
    capture.stop()
    assert_only_tls(capture.packets(destination='203.0.113.41'), 'to the server')
    check(universe.home.allocations() == 0, 'TURN was reached')


@test(deadline=60)
def only_tls_is_left_under_a_live_link(universe):
    """F22: UDP and plain TURN over TCP are blocked mid-link: back over TLS within 12 s."""
    home = universe.home
    address = home.addresses[0]
    server = section('home', f'uri = stun:{address}', f'uri = turn:{address}',
                     f'uri = turn:{address}?transport=tcp', f'uri = turns:{address}:443',
                     f'ca-file = {home.certificate}', *LOGIN)
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                servers=(), settings=server)
    pair.wait(5, direct=True)
    pair.until_pings(3)
    site = pair.sites['a']
    start = time.monotonic()
    site.witness.block('tcp dport 3478')
    site.block_udp()
    pair.a.until('b', lambda p: p['state'] == 'connected' and p['path'] == 'relay', 15, 'relay')
    took = time.monotonic() - start
    print(f'{took:.1f} s')
    check(pair.a.peer('b')['pair']['relay_protocol'] == 'tls', pair.a.peer('b')['pair'])
    pair.until_pings(2)
    check(took <= 12, f'{took:.1f} s')


@test(deadline=60)
def wrong_password_costs_no_link(universe):
    """F7: the first server refuses the login: the second one relays, and the node says why."""
    home, backup = universe.home.addresses[0], universe.backup.addresses[0]
    servers = (section('first', f'uri = turn:{home}', f'username = {USER}', 'password = wrong') +
               '\n' + section('second', f'uri = turn:{backup}', *LOGIN))
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'), servers=(),
                settings=servers)
    pair.until_pings(2)
    ours = pair.a.peer('b')
    check(ours['path'] == 'relay', ours)
    first = next(s for s in pair.a.status()['servers'] if s['name'] == 'first')
    check(first['state'] == 'failed' and first['code'] == 'unauthorized' and
          first['stun_code'] == 401, first)
    texts = [e['text'] for e in pair.a.log(kind='server') if e['server'] == 'first']
    check(len(texts) == 1 and 'Check username and password' in texts[0], texts)


@test(deadline=100, weight=60)
def only_relay_dies_and_comes_back(universe):
    """F6: all TURN servers dead, and only a relay possible: the link recovers once one is back."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'))
    pair.until_pings(2)
    universe.home.kill()
    pair.until(lambda p: p['state'] not in ('connected', 'suspect'), 30, 'end of the link')
    time.sleep(5)
    universe.home.start()
    start = time.monotonic()
    pair.wait(40)
    took = time.monotonic() - start
    print(f'{took:.1f} s')
    check(took <= 35, f'{took:.1f} s')


# Dead servers

def dead_sections(universe):
    """28 servers: refused, silent, not in the DNS, and in a DNS that is slow or mute."""
    text = ''
    for i in range(7):
        silent = f'203.0.113.{80 + i}'
        text += section(f'refused{i}', f'uri = stun:{universe.rendezvous.address}:{7000 + i}',
                        f'uri = turn:{universe.rendezvous.address}:{7000 + i}', *LOGIN)
        text += section(f'silent{i}', f'uri = stun:{silent}', f'uri = turn:{silent}',
                        f'uri = turns:{silent}:443', *LOGIN)
        text += section(f'gone{i}', f'uri = turn:gone{i}.lab', *LOGIN)
        text += section(f'slow{i}', f'uri = turn:{"slow" if i % 2 else "mute"}{i}.lab', *LOGIN)
    return text


def good_section(turn):
    return section('good', f'uri = stun:{turn}', f'uri = turn:{turn}', *LOGIN)


def to_seconds(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def connect_time(pair):
    """From the later node's start to both sides' `connected`."""
    starts = [to_seconds(node.status()['node']['started_at']) for node, _ in pair.both]
    ends = []
    for node, peer in pair.both:
        events = [e for e in node.log(peer, kind='state') if e.get('state') == 'connected']
        check(events, f'no such event in {node.log(peer, kind="state")}')
        ends.append(to_seconds(events[0]['time']))
    return max(ends) - max(starts)


def measured(universe, kind, servers, rounds, line=None):
    """Seconds to connect, for each of several fresh pairs."""
    times = []
    for _ in range(rounds):
        pair = Pair(universe, universe.site(kind, line=line), universe.site(kind, line=line),
                    servers=(), settings=servers)
        times.append(connect_time(pair))
        for node in pair.a, pair.b:
            node.stop()
            node.remove()
    return times


@test(deadline=170, weight=100)
def dead_servers_cost_no_time(universe):
    """F9: 28 dead servers before a good one: at most 300 ms more than the good one alone."""
    home = universe.home.addresses[0]
    universe.rendezvous
    Dns(universe, 53, {'good.lab': home})
    for kind in 'port-restricted', 'symmetric':
        line = Faults(delay=10)
        alone = measured(universe, kind, good_section(home), 5, line)
        among = measured(universe, kind, dead_sections(universe) + good_section('good.lab'), 5, line)
        print(f'{kind}: alone {alone}, among the dead {among}')
        extra = statistics.median(among) - statistics.median(alone)
        check(extra <= 0.3, f'{kind}: {extra:.3f} s more: {alone}, {among}')


@test(deadline=60)
def dead_servers_do_not_hold_up_a_lan(universe):
    """F9: with nothing but dead servers two hosts of one LAN connect all the same, at once."""
    universe.rendezvous
    Dns(universe, 53, {})
    site = universe.site('lan')
    pair = Pair(universe, site, site, servers=(), settings=dead_sections(universe))
    took = connect_time(pair)
    print(f'{took:.3f} s')
    check(took <= 1.0, f'{took:.3f} s')
    check(pair.a.peer('b')['path'] == 'direct', 'not direct')
    states = {s['name']: s['code'] for s in pair.a.status()['servers']}
    pair.a._until(lambda: all(s['state'] == 'failed' for s in pair.a.status()['servers']), 20,
                  'verdict on all servers')
    states = {s['name']: s['code'] for s in pair.a.status()['servers']}
    check(states['gone0'] == 'dns-not-found' and states['refused0'] == 'refused' and
          states['silent0'] == 'timeout' and states['slow0'] == 'dns-timeout', states)
