"""Routers in front of hosts, by the kind of path they leave to a peer."""

import re

from host import Watched
from namespace import veth

KINDS = ('open', 'lan', 'port-restricted', 'full-cone', 'symmetric', 'double', 'udp-blocked',
         'tls-only', 'ipv6-only')

# A home router drops what nobody asked for before it becomes a flow: a recorded flow would take the
# port that the inside needs a moment later. Dropped in `input`, it is never confirmed by conntrack.
ROUTER = '''
table inet lab {
  set cone { type inet_service; timeout 300s; }
  chain kind { }
  chain forward {
    type filter hook forward priority filter; policy accept;
    jump block
    jump kind
    jump loss
    iifname "wan*" ct state new ct status dnat goto tally
    iifname "wan*" ct state new drop
    jump tally
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan*" meta l4proto { udp, tcp } ct state new drop
  }
  chain natin { type nat hook prerouting priority dstnat; policy accept; }
  chain natout { type nat hook postrouting priority srcnat; policy accept; }
}
'''

NAT = {
    # Linux keeps the source port and asks replies to come from where the packet went:
    # endpoint-independent mapping, address-and-port-dependent filtering.
    'port-restricted': 'add rule inet lab natout oifname "wan*" masquerade',
    'symmetric': 'add rule inet lab natout oifname "wan*" masquerade fully-random',
    # Whoever knows the port of a living mapping gets in.
    'full-cone': '''
add rule inet lab kind oifname "wan*" meta l4proto udp update @cone { udp sport }
add rule inet lab natout oifname "wan*" masquerade
add rule inet lab natin iifname "wan*" udp dport @cone meta nfproto ipv4 dnat ip to %(host)s
''',
    'udp-blocked': '''
add rule inet lab natout oifname "wan*" masquerade
add rule inet lab kind meta l4proto udp drop
''',
    # @ih is what TCP carries: nothing in the first packets, then a TLS record of version 3.x or a
    # reset.
    'tls-only': '''
add rule inet lab natout oifname "wan*" masquerade
add rule inet lab kind meta l4proto udp drop
add rule inet lab kind meta l4proto icmp drop
add rule inet lab kind ct direction reply accept
add rule inet lab kind tcp dport != 443 drop
add rule inet lab kind ct mark 1 accept
add rule inet lab kind @ih,0,16 0x1603 ct mark set 1 accept
add rule inet lab kind @ih,0,8 0-255 reject with tcp reset
''',
}
NAT['lan'] = NAT['port-restricted']


class Router(Watched):
    """NAT between a `lan` bridge and the `wan` interface."""

    def __init__(self, universe, name, kind, lan_net):
        super().__init__(universe, name)
        self.kind = kind
        self.lan_net = lan_net  # first three octets
        self.hosts = []
        self.outer = None  # the carrier's router of a double NAT
        self.address = None
        self.ip('link add lan type bridge', f'addr add {lan_net}.1/24 dev lan', 'link set lan up')
        self.sysctl('net/ipv4/ip_forward', 1)
        # What stays on the LAN is switched, not routed: no rule of ours may see it.
        for family in 'ip', 'ip6':
            self.sysctl(f'net/bridge/bridge-nf-call-{family}tables', 0, optional=True)
        self.nft(ROUTER)
        if kind != 'full-cone':
            self.nft(NAT[kind])

    def set_wan(self, address, gateway):
        self.address = address.split('/')[0]
        self.ip(f'addr add {address} dev wan', 'link set wan up',
                f'route replace default via {gateway} dev wan')

    def attach(self, host, interface):
        """Plugs a host's new interface into this router's LAN."""
        index = len(self.hosts)
        port = f'lan{index}'
        veth(self, port, host, interface)
        self.ip(f'link set {port} master lan', f'link set {port} up')
        self.hosts.append(host)
        host.set_uplink(interface, f'{self.lan_net}.{10 + index}/24', f'{self.lan_net}.1')
        self.host_moved(host)

    def host_moved(self, host):
        if self.kind == 'full-cone':
            self.nft(''.join(f'flush chain inet lab {c}\n' for c in ('kind', 'natout', 'natin')) +
                     NAT['full-cone'] % {'host': host.address})

    def lan_side(self, site):
        """The address this router's LAN sees a site's first host by."""
        return site.host.address if site.router is self else site.router.address

    def forget_flows(self, protocol=None):
        """Flushes conntrack: every mapping is gone, as after the router's restart."""
        if protocol is None:
            self.run('conntrack', '-F')
        else:
            self.run('conntrack', '-D', '-p', protocol, check=False)  # 1: there was none

    def mappings(self):
        return len(re.findall(r'^udp', self.run('conntrack', '-L', check=False).stdout, re.M))


class Site:
    """A kind of place with its hosts. `router` is the one at the hosts (None when they sit on the
    public segment), `edge` the one on the public segment."""

    def __init__(self, kind, hosts, router=None, edge=None, line=None):
        self.kind = kind
        self.hosts = hosts
        self.router = router
        self.edge = edge or router
        self.line = line

    @property
    def host(self):
        return self.hosts[0]

    @property
    def witness(self):
        """Where all packets of the site to the outside are counted."""
        return self.edge or self.host

    def block_udp(self):
        self.witness.block_udp()

    def unblock(self):
        self.witness.unblock()

    def lose(self, percent):
        self.witness.lose(percent)
