"""A coturn of the lab, and what the kernel says went through it."""

import json
import os
import signal
import subprocess
import time

import stun
from host import Host

USER, PASSWORD, REALM = 'icelane', 'lab-turn-password', 'icelane.lab'

# The operator's sample stands before this: what the lab adds are names and places.
CONFIG = '''
realm={realm}
server-name={realm}
user={user}:{password}
{listening}
{relay}
cert={cert}
pkey={key}
pidfile=/run/lab/{name}.pid
userdb=/run/lab/{name}.db
log-file=stdout
simple-log
verbose
'''

# Client side and relay side apart: packets on relay ports are data or checks between peers.
RELAY_COUNTERS = '''
table inet relay {
  counter client_udp { }
  counter client_tcp { }
  counter relayed { }
  set ports { type inet_service; flags dynamic; counter; size 4096; }
  chain in { type filter hook input priority filter; policy accept;
    iifname "lo" accept
    udp dport { 3478, 3479 } counter name client_udp
    tcp dport { 3478, 3479, 443, 444 } counter name client_tcp
    udp dport 49152-65535 update @ports { udp dport } counter name relayed
  }
  chain out { type filter hook output priority filter; policy accept;
    oifname "lo" udp sport 49152-65535 update @ports { udp sport }
    oifname "lo" udp dport 49152-65535 update @ports { udp dport }
    oifname "lo" accept
    udp sport { 3478, 3479 } counter name client_udp
    tcp sport { 3478, 3479, 443, 444 } counter name client_tcp
    udp sport 49152-65535 update @ports { udp sport } counter name relayed
  }
}
'''


def _sample():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, 'docs', 'turnserver.conf'), encoding='utf-8') as sample:
        return sample.read()


class Turn(Host):
    """coturn on `addresses` (two of one family make it answer RFC 5780)."""

    def __init__(self, universe, name, addresses):
        super().__init__(universe, name)
        self.nft(RELAY_COUNTERS)
        universe.plug(self, 'eth0')
        for address in addresses:
            prefix, gateway = universe.segment(address)
            self.set_uplink('eth0', f'{address}/{prefix}', gateway)
        self.addresses = addresses
        self._process = None
        self._log = open(os.path.join(universe.log_dir, f'{name}.log'), 'ab')
        cert, key = universe.certificate(name, addresses)
        self.certificate = cert
        self._config = f'/run/lab/{name}.conf'
        listening = '\n'.join(f'listening-ip={a}' for a in addresses)
        firsts = {':' in address: address for address in reversed(addresses)}
        relay = '\n'.join(f'relay-ip={a}' for a in firsts.values())
        with open(self._config, 'w', encoding='utf-8') as file:
            file.write(_sample() + universe.turn_settings)
            file.write(CONFIG.format(name=name, realm=REALM, user=USER, password=PASSWORD,
                                     listening=listening, relay=relay, cert=cert, key=key))
        self.start()

    def start(self):
        self._process = self.popen('turnserver', '-c', self._config, stdout=self._log,
                                   stderr=subprocess.STDOUT)
        with self.enter():
            sock = stun.udp_socket(self.addresses[0])
            deadline = time.monotonic() + 10
            while stun.binding(sock, (self.addresses[0], 3478), tries=1, wait=0.05) is None:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(f'coturn {self.name} does not answer')
            sock.close()

    def is_running(self):
        return self._process.poll() is None

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def allocations(self):
        """Living allocations, each a socket on a relay port."""
        sockets = self.run('ss', '-Hulnp').stdout
        return sum(int(line.split()[3].rsplit(':', 1)[1]) >= 49152 for line in sockets.splitlines())

    def relayed(self):
        """(packets, bytes) on the relay's own addresses, both ways."""
        return self.counters()['relayed']

    def relayed_by_port(self):
        """{port of the relay: bytes}, both ways, and from one relayed address to another as well."""
        listing = json.loads(self.run('nft', '-j', 'list', 'set', 'inet', 'relay', 'ports').stdout)
        found = next(item['set'] for item in listing['nftables'] if 'set' in item)
        return {e['elem']['val']: e['elem']['counter']['bytes'] for e in found.get('elem', [])}
