"""Must hold 6: links do not need the rendezvous once they are up."""

import time

from pair import Pair
from testing import check, test


@test(deadline=150, weight=70)
def rendezvous_dies_and_returns(universe):
    """Killed for 20 s: no ping lost; back: both rejoin within 35 s, and a third node links."""
    sites = [universe.site('port-restricted') for _ in range(3)]
    pair = Pair(universe, sites[0], sites[1])
    third, = universe.nodes((sites[2].host, 'c'), start=False)
    # Peers are read at start: both learn of the third one before the link that is watched forms.
    for node, name in pair.both:
        node.add_peer('c', third.id)
        third.add_peer(node.name, node.id)
        node.stop()
        node.start()
    pair.wait(10)
    pair.until_pings(3)
    before = pair.statuses()

    universe.rendezvous.kill()
    for node, _ in pair.both:
        node.until_signaling('connected', holds=False, timeout=15)
    time.sleep(20)
    pair.until_pings(1)
    during = pair.statuses()
    _untouched(before, during)

    universe.rendezvous.start()
    start = time.monotonic()
    for node, _ in pair.both:
        node.until_signaling('connected', timeout=35)
    check(time.monotonic() - start <= 35, 'rejoined too late')
    third.start()
    for name in 'a', 'b':
        third.wait(name, 15)
    pair.until_pings(2)
    _untouched(before, pair.statuses())


def _untouched(before, after):
    for old, new in zip(before, after):
        check(new['state'] == 'connected', new['state'])
        for key in 'association', 'generation', 'restarts', 'path_changes':
            check(new[key] == old[key], f'{key} {old[key]} became {new[key]}')
        check(new['pings']['lost'] == old['pings']['lost'],
              f'lost {new["pings"]["lost"] - old["pings"]["lost"]} pings')


@test(deadline=60)
def order_of_start_does_not_matter(universe):
    """Nodes first, rendezvous later: they link all the same."""
    universe.rendezvous.kill()
    pair = Pair(universe, universe.site('open'), universe.site('port-restricted'), wait=0)
    time.sleep(3)
    check(all(s['state'] == 'waiting' for s in pair.statuses()), pair.statuses())
    universe.rendezvous.start()
    pair.wait(35)
