"""The sample configuration of coturn that we give to operators."""

import json

from coturn import PASSWORD, USER
from testing import check, test

DENIED = ('0.0.0.1', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1',
          '172.31.255.255', '192.168.0.1', '224.0.0.1', '239.255.255.250', '255.255.255.255',
          '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', 'fd00::1',
          'fe80::1', 'ff02::1')
ALLOWED = ('203.0.113.77', '198.51.100.7', '172.32.0.1', '2001:db8:0:1::77')


def _ask(universe, password, peers):
    host = universe.site('open').host
    return host.python('turn.py', universe.home.addresses[0], USER, password, *peers, check=False)


@test(deadline=40)
def sample_turn_config_denies_inner_networks(universe):
    """Nothing behind a relay can be reached through it, by whatever spelling."""
    done = _ask(universe, PASSWORD, DENIED + ALLOWED)
    check(done.returncode == 0, done.stderr)
    answers = json.loads(done.stdout)
    wrong = {peer: answers[peer] for peer in DENIED if answers[peer] != 403}
    check(not wrong, f'not refused: {wrong}')
    wrong = {peer: answers[peer] for peer in ALLOWED if answers[peer] != 200}
    check(not wrong, f'refused: {wrong}')


@test(deadline=40)
def sample_turn_config_asks_for_the_password(universe):
    """A wrong password gets no allocation."""
    done = _ask(universe, 'wrong', ALLOWED)
    check(done.returncode == 1 and '401' in done.stderr, done.stderr)
