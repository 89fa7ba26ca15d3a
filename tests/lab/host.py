"""Hosts where nodes and servers run, with the kernel's own counters of what passes."""

import json

from capture import Capture
from namespace import Namespace

# Every hook of the lab sits in one table. `turn` are the addresses of the TURN servers, so that
# "through TURN" is the kernel's word, whatever ports or labels the ends use.
WITNESS = '''
table inet lab {{
  set turn4 {{ type ipv4_addr; elements = {{ {turn4} }}; }}
  set turn6 {{ type ipv6_addr; elements = {{ {turn6} }}; }}
  counter turn_udp {{ }}
  counter turn_tcp {{ }}
  counter peer_udp {{ }}
  counter other {{ }}
  set flows {{ type ipv4_addr . ipv4_addr; flags dynamic; counter; size 4096; }}
  set flows6 {{ type ipv6_addr . ipv6_addr; flags dynamic; counter; size 4096; }}
  chain tally {{
    meta l4proto udp update @flows {{ ip saddr . ip daddr }}
    meta l4proto udp update @flows6 {{ ip6 saddr . ip6 daddr }}
    ip saddr @turn4 goto turn
    ip daddr @turn4 goto turn
    ip6 saddr @turn6 goto turn
    ip6 daddr @turn6 goto turn
    meta l4proto udp counter name peer_udp return
    counter name other
  }}
  chain turn {{
    meta l4proto udp counter name turn_udp return
    meta l4proto tcp counter name turn_tcp
  }}
  chain block {{ }}
  chain loss {{ }}
}}
'''

ENDPOINT = '''
table inet lab {
  chain input { type filter hook input priority filter; policy accept;
    iifname "lo" accept; jump block; jump loss; jump tally; }
  chain output { type filter hook output priority filter; policy accept;
    oifname "lo" accept; jump block; jump loss; jump tally; }
}
'''


class Watched(Namespace):
    """A namespace with the witness's counters and switches for faults."""

    def __init__(self, universe, name):
        super().__init__(name)
        self.universe = universe
        self.nft(WITNESS.format(turn4=', '.join(universe.turn_addresses(4)),
                                turn6=', '.join(universe.turn_addresses(6))))

    def counters(self):
        """{'turn_udp': (packets, bytes), 'turn_tcp': ..., 'peer_udp': ..., 'other': ...}"""
        listing = json.loads(self.run('nft', '-j', 'list', 'counters').stdout)
        found = [item['counter'] for item in listing['nftables'] if 'counter' in item]
        return {c['name']: (c['packets'], c['bytes']) for c in found}

    def bytes(self, name):
        return self.counters()[name][1]

    def flows(self):
        """{both addresses, sorted: bytes of UDP between them, both ways}"""
        found = {}
        for name in 'flows', 'flows6':
            listing = json.loads(self.run('nft', '-j', 'list', 'set', 'inet', 'lab', name).stdout)
            flows = next(item['set'] for item in listing['nftables'] if 'set' in item)
            for element in flows.get('elem', []):
                ends = tuple(sorted(element['elem']['val']['concat']))
                found[ends] = found.get(ends, 0) + element['elem']['counter']['bytes']
        return found

    def flow_bytes(self, one, other):
        """UDP between two addresses of one family, both ways."""
        return self.flows().get(tuple(sorted((one, other))), 0)

    def block_udp(self):
        """Drops all UDP, and forgets the flows, as a firewall does that gets a new rule."""
        self.nft('add rule inet lab block meta l4proto udp drop')

    def block(self, match):
        """Drops what an nft expression matches, e.g. `ip daddr 203.0.113.10`."""
        self.nft(f'add rule inet lab block {match} drop')

    def unblock(self):
        self.nft('flush chain inet lab block')

    def lose(self, percent):
        """Loses so many per cent of the UDP packets, each way; 0 heals."""
        self.nft('flush chain inet lab loss')
        if percent:
            self.nft(f'add rule inet lab loss meta l4proto udp numgen random mod 10000 < '
                     f'{round(percent * 100)} drop')

    def capture(self, name):
        return Capture(self, name)


class Host(Watched):
    """Where a node runs. `address` is its own; `router` is None on the public segment."""

    def __init__(self, universe, name, router=None):
        super().__init__(universe, name)
        self.nft(ENDPOINT)
        self.router = router
        self.address = None
        self.uplinks = {}  # interface -> (address/prefix, gateway)

    def set_uplink(self, interface, address, gateway):
        self.uplinks[interface] = (address, gateway)
        if self.address is None:
            self.address = address.split('/')[0]
        flags = ' nodad' if ':' in address else ''
        self.ip(f'addr add {address} dev {interface}{flags}', f'link set {interface} up')
        if len(self.uplinks) == 1:
            self.move_default(interface)

    def move_default(self, interface):
        gateway = self.uplinks[interface][1]
        family = '-6 ' if ':' in gateway else ''
        self.run('ip', *f'{family}route replace default via {gateway} dev {interface}'.split())

    def change_address(self, new=None):
        """The interface loses its address and gets another one, as after a new DHCP lease."""
        old, gateway = self.uplinks['eth0']
        host, prefix = old.split('/')
        if new is None:
            head, last = host.rsplit('.', 1)
            new = f'{head}.{int(last) + 100}/{prefix}'
        self.ip(f'addr del {old} dev eth0', f'addr add {new} dev eth0')
        self.uplinks['eth0'] = (new, gateway)
        self.address = new.split('/')[0]
        self.move_default('eth0')
        if self.router is not None:
            self.router.host_moved(self)

    def stun(self, what='behaviour', server=None, *rest):
        server = server or self.universe.home.addresses[0]
        more = rest or ((self.address,) if what == 'behaviour' else ())
        return json.loads(self.python('stun.py', what, server, *more).stdout)
