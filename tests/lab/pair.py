"""Two linked nodes and what the outside says about their link: most tests start here."""

import time

from testing import check

SETTLE = 3  # checks of pairs that lost the race go on for some seconds after a link is up


class Pair:
    """Nodes `a` and `b`, each on the first host of its site."""

    def __init__(self, universe, site_a, site_b, wait=15, **options):
        self.universe = universe
        self.sites = {'a': site_a, 'b': site_b}
        hosts = (site_a.hosts[0], site_a.hosts[1]) if site_a is site_b else \
            (site_a.host, site_b.host)
        self.a, self.b = universe.nodes((hosts[0], 'a'), (hosts[1], 'b'), **options)
        self.both = ((self.a, 'b'), (self.b, 'a'))
        if wait:
            self.wait(wait)

    def wait(self, timeout=10, **how):
        return max(node.wait(peer, timeout, **how) for node, peer in self.both)

    def statuses(self):
        return [node.peer(peer) for node, peer in self.both]

    def until(self, predicate, timeout, what):
        return [node.until(peer, predicate, timeout, what) for node, peer in self.both]

    def until_pings(self, count, timeout=20):
        """Until both have so many more answers to pings."""
        targets = [p['pings']['answered'] + count for p in self.statuses()]
        for (node, peer), target in zip(self.both, targets):
            node.until(peer, lambda p, t=target: p['pings']['answered'] >= t, timeout,
                       f'{count} more answered pings')

    def until_generation(self, generation, timeout=5):
        """Until both carry data over that generation; the seconds it took."""
        start = time.monotonic()
        self.until(lambda p: p['state'] == 'connected' and p['generation'] >= generation, timeout,
                   f'generation {generation}')
        return time.monotonic() - start

    def traffic(self, seconds=4):
        """What the witnesses count while pings flow: {'relayed', 'a': counters, 'b': counters}."""
        before = self._counts()
        answered = [p['pings']['answered'] for p in self.statuses()]
        time.sleep(seconds)
        after = self._counts()
        now = [p['pings']['answered'] for p in self.statuses()]
        check(all(n > o for n, o in zip(now, answered)), f'no pings: {answered} then {now}')
        return {key: after[key] - before[key] for key in after}

    def _counts(self):
        counts = {}
        for turn in ('home', 'backup'):
            server = self.universe.started(turn)
            if server is not None:
                counters = server.counters()
                for key in 'relayed', 'client_udp', 'client_tcp':
                    counts[f'{turn} {key}'] = counters[key][1]
        counts['relayed'] = sum(v for k, v in counts.items() if k.endswith('relayed'))
        for name, site in self.sites.items():
            for key, (_, size) in site.witness.counters().items():
                counts[f'{name} {key}'] = size
        return counts

    def expect_direct(self, seconds=4):
        """`direct` on both screens, and the kernel agrees."""
        self.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 5, 'direct path')
        time.sleep(SETTLE)
        seen = self.traffic(seconds)
        check(seen['relayed'] == 0, f'direct, but the relay carried {seen}')
        check([p['path'] for p in self.statuses()] == ['direct', 'direct'], 'fell off direct')
        return seen

    def expect_relay(self, seconds=4):
        self.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 5, 'relay path')
        time.sleep(SETTLE)
        seen = self.traffic(seconds)
        check(seen['relayed'] > 0, f'relay, but no relay carried anything: {seen}')
        check([p['path'] for p in self.statuses()] == ['relay', 'relay'], 'fell off the relay')
        return seen


def same_association(before, after):
    """The link's DTLS association is the one it was, and nothing was reset."""
    for old, new in zip(before, after):
        check(old['association'] and new['association'] == old['association'],
              f'association {old["association"]} became {new["association"]}')
        for key in 'tx_bytes', 'rx_bytes':
            check(new[key] >= old[key] > 0, f'{key} {old[key]} became {new[key]}')
        check(new['pings']['answered'] >= old['pings']['answered'] > 0, 'ping counters were reset')
