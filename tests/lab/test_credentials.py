"""Credentials over time: short-lived ones, refused ones, and secrets in places they must not be."""

import os
import re
import time

from coturn import REALM, USER
from pair import Pair, same_association
from test_servers import Coturn, section, to_seconds
from testing import check, test

SECRET = 'lab-rest-secret'
TTL = 10  # seconds; a renewal is due after 5.5 to 8 of them


def rest_coturn(universe, number=50):
    """Of the same kind as an operator's, and it writes a line for every allocation."""
    return Coturn(universe, 'rest', number, f'realm={REALM}', 'use-auth-secret',
                  f'static-auth-secret={SECRET}', 'verbose')


def granted_names(universe, name='rest'):
    """User names that got an allocation, as the server's own log has them: {name: expiry}."""
    with open(os.path.join(universe.log_dir, f'{name}.log'), encoding='utf-8',
              errors='replace') as log:
        found = re.findall(r'user <(\d+):[^>]*>: incoming packet ALLOCATE processed, success',
                           log.read())
    return sorted({int(expiry) for expiry in found})


@test(deadline=90, weight=45, idle=True)
def short_lived_credentials_are_renewed_under_a_live_link(universe):
    """F7: four lifetimes of TURN REST credentials, and the relayed link loses no ping."""
    rest = rest_coturn(universe)
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'), servers=(),
                settings=section('rest', f'uri = turn:{rest.address}', f'username = {USER}',
                                 f'auth-secret = {SECRET}', f'auth-ttl-s = {TTL}'))
    pair.until_pings(3)
    before = pair.statuses()
    check([p['path'] for p in before] == ['relay', 'relay'], before)
    started = time.time()
    ends = set()
    while time.time() < started + 4 * TTL:
        now = time.time()
        for peer in pair.statuses():
            check(peer['state'] in ('connected', 'restarting') and peer['path'] == 'relay', peer)
            text = peer['pair']['relay_credentials_expire_at']
            if text is not None:  # null on the side whose own relay is not in the pair
                ends.add(text)
                left = to_seconds(text) - now
                check(0 < left <= TTL + 1, f'{left:.1f} s left of the credentials in use')
        time.sleep(0.25)
    after = pair.statuses()
    same_association(before, after)
    lost = [p['pings']['lost'] - q['pings']['lost'] for p, q in zip(after, before)]
    check(lost == [0, 0], f'pings lost: {lost}')
    causes = {e.get('cause') for node, peer in pair.both for e in node.log(peer, kind='restart')}
    check('credentials' in causes and not causes & {'watchdog', 'operator'}, causes)
    names = granted_names(universe)
    check(len(names) >= 5, f'the server gave allocations to {names}')
    # The outside witness: a younger name got a relay before the last one was over.
    for older, younger in zip(names, names[1:]):
        check(younger - TTL < older, f'nobody was there between {older} and {younger}')
    server = pair.a.status()['servers'][0]
    check(server['state'] == 'ok' and to_seconds(server['credentials_expire_at']) > time.time(), server)
    print(f'{len(names)} names, {len(ends)} seen in use, restarts {[p["restarts"] for p in after]}')


