"""A small internet of namespaces for tests, benchmarks and the demo.

    universe = Universe(log_dir)
    berlin = universe.site('port-restricted')
    oslo = universe.site('symmetric', line=Faults(delay=25))
    ...
    a, b = universe.nodes((berlin.host, 'berlin'), (oslo.host, 'oslo'))
    a.wait('oslo', timeout=10)

One public segment, 203.0.113.0/24 and 2001:db8:0:1::/64, holds the TURN servers `home` and `backup`,
the rendezvous, and the outer side of every site. See tests/lab/README.md."""

import os
import subprocess

from coturn import PASSWORD, REALM, USER, Turn  # noqa: F401 (part of the lab's face)
from line import Faults, Line
from namespace import Namespace, prepare_universe, veth  # noqa: F401
from node import Node, NotYet  # noqa: F401
from rendezvous import Rendezvous
from host import Host
from router import Router, Site

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PUBLIC4, PUBLIC6 = '203.0.113', '2001:db8:0:1'
HOME4, BACKUP4 = (f'{PUBLIC4}.10', f'{PUBLIC4}.11'), (f'{PUBLIC4}.20',)
HOME6, BACKUP6 = (f'{PUBLIC6}::10',), (f'{PUBLIC6}::20',)


class Universe:
    def __init__(self, log_dir, build=None):
        prepare_universe()
        self.log_dir = os.path.abspath(log_dir)
        self.build = os.path.abspath(build or os.environ.get('ICELANE_BUILD') or
                                     os.path.join(ROOT, 'build'))
        self.program = os.path.join(self.build, 'cli', 'icelane')
        self._plugs = 0
        self._sites = 0
        self._home = self._backup = self._rendezvous = None
        self.rendezvous_line = None  # Faults, to be set before the rendezvous is first used
        self.turn_settings = ''  # lines for turnserver.conf, to be set before one is first used
        self.wan = Namespace('wan')
        self.wan.ip('link add br0 type bridge', f'addr add {PUBLIC4}.1/24 dev br0',
                    f'addr add {PUBLIC6}::1/64 dev br0 nodad', 'link set br0 up')
        self.wan.sysctl('net/ipv4/ip_forward', 1)

    # The public segment

    @staticmethod
    def turn_addresses(family):
        return (*HOME4, *BACKUP4) if family == 4 else (*HOME6, *BACKUP6)

    @staticmethod
    def segment(address):
        """(prefix length, gateway) of a public address."""
        return (64, f'{PUBLIC6}::1') if ':' in address else (24, f'{PUBLIC4}.1')

    def tool(self, name):
        """A C helper of the lab."""
        return os.path.join(self.build, 'tests', 'lab', name)

    def plug(self, where, interface, faults=None):
        """Wires a new interface of a namespace to the public segment; a Line when faulty."""
        index = self._plugs
        self._plugs += 1
        veth(where, interface, self.wan, f'p{index}')
        if faults is None:
            self.wan.ip(f'link set p{index} master br0', f'link set p{index} up')
            return None
        veth(self.wan, f'q{index}', self.wan, f'r{index}')
        for name in f'p{index}', f'q{index}', f'r{index}':
            self.wan.sysctl(f'net/ipv6/conf/{name}/disable_ipv6', 1)
        self.wan.ip(f'link set p{index} up', f'link set q{index} up',
                    f'link set r{index} master br0', f'link set r{index} up')
        return Line(self, f'p{index}', f'q{index}', faults)

    @property
    def home(self):
        """coturn on two IPv4 addresses and one IPv6 address; started when first asked for."""
        if self._home is None:
            self._home = Turn(self, 'home', [*HOME4, *HOME6])
        return self._home

    @property
    def backup(self):
        """A second coturn on a host of its own."""
        if self._backup is None:
            self._backup = Turn(self, 'backup', [*BACKUP4, *BACKUP6])
        return self._backup

    @property
    def rendezvous(self):
        if self._rendezvous is None:
            self._rendezvous = Rendezvous(self, 'rendezvous', f'{PUBLIC4}.30',
                                          f'{PUBLIC6}::30')
        return self._rendezvous

    def public_host(self, name, number):
        """A host on the segment for whatever a test needs there."""
        host = Host(self, name)
        self.plug(host, 'eth0')
        host.set_uplink('eth0', f'{PUBLIC4}.{number}/24', f'{PUBLIC4}.1')
        return host

    def started(self, name):
        """`home`, `backup` or `rendezvous`, but only when something has started it."""
        return getattr(self, f'_{name}')

    def certificate(self, name, addresses):
        """(certificate, key) files, self-signed, so that the certificate is its own CA."""
        cert, key = f'/run/lab/{name}.crt', f'/run/lab/{name}.key'
        names = ','.join([f'IP:{a}' for a in addresses] + [f'DNS:{name}.icelane.lab'])
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
                        f'/CN={name}.icelane.lab', '-addext', f'subjectAltName={names}',
                        '-out', cert, '-keyout', key], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return cert, key

    # Sites

    def site(self, kind, hosts=1, name=None, line=None):
        """A new site; `line` are the Faults of its access line (None: an ideal one)."""
        self._sites += 1
        number = self._sites
        name = name or f's{number}'
        if kind in ('open', 'ipv6-only'):
            return self._public_site(kind, number, name, line)

        router = Router(self, f'{name}-r', 'port-restricted' if kind == 'double' else kind,
                        f'192.168.{number}')
        edge = router
        if kind == 'double':
            edge = Router(self, f'{name}-isp', 'port-restricted', f'100.64.{number}')
            veth(edge, 'lan0', router, 'wan')
            edge.ip('link set lan0 master lan', 'link set lan0 up')
            router.set_wan(f'100.64.{number}.2/24', f'100.64.{number}.1')
            router.outer = edge
        cable = self.plug(edge, 'wan', line)
        edge.set_wan(f'{PUBLIC4}.{100 + number}/24', f'{PUBLIC4}.1')
        members = []
        for index in range(2 if kind == 'lan' and hosts == 1 else hosts):
            host = Host(self, f'{name}-h{index}', router)
            router.attach(host, 'eth0')
            members.append(host)
        return Site(kind, members, router, edge, cable)

    def _public_site(self, kind, number, name, line):
        host = Host(self, f'{name}-h0')
        cable = self.plug(host, 'eth0', line)
        if kind == 'open':
            host.set_uplink('eth0', f'{PUBLIC4}.{100 + number}/24', f'{PUBLIC4}.1')
        else:
            host.set_uplink('eth0', f'{PUBLIC6}::{100 + number}/64', f'{PUBLIC6}::1')
        return Site(kind, [host], line=cable)

    def second_uplink(self, host, kind='port-restricted', line=None):
        """Another router for a host, on a new interface `eth1`; the default route stays."""
        self._sites += 1
        number = self._sites
        router = Router(self, f'u{number}-r', kind, f'192.168.{number}')
        self.plug(router, 'wan', line)
        router.set_wan(f'{PUBLIC4}.{100 + number}/24', f'{PUBLIC4}.1')
        router.attach(host, 'eth1')
        return router

    # Nodes

    def nodes(self, *places, servers=('home',), transports=('udp', 'tcp'), start=True,
              links=None, **options):
        """One node for each (host, name), every one knowing every other (or only the pairs of names
        in `links`), all started."""
        made = [Node(self, host, name, servers=servers, transports=transports, **options)
                for host, name in places]
        for node in made:
            for other in made:
                if other is not node and (links is None or (node.name, other.name) in links or
                                          (other.name, node.name) in links):
                    node.add_peer(other.name, other.id)
        if start:
            for node in made:
                node.start()
        return made
