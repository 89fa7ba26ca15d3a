"""STUN and TURN servers as `icelane check` and nodes see them, against real ones."""

import json
import time

from coturn import PASSWORD, USER
from testing import check, test


class Checker:
    """`icelane check` on a host, with a configuration of its own and no node."""

    def __init__(self, universe, host, name='check'):
        self.universe, self.host = universe, host
        self.path = f'/run/lab/{name}.ini'

    def run(self, *sections):
        """{uri: server object} and the exit status."""
        text = ''.join(f'[server {name}]\n' + ''.join(f'{line}\n' for line in lines)
                       for name, lines in sections)
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)
        self.host.run('chmod', '600', self.path)
        done = self.host.run(self.universe.program, 'check', '--json', '--config', self.path,
                             check=False)
        answer = json.loads(done.stdout)
        check((done.returncode == 0) == answer['ok'], f'exit {done.returncode}, {answer}')
        return {server['uri']: server for server in answer['servers']}

    def one(self, uri, *lines):
        return next(iter(self.run(('home', (f'uri = {uri}', *lines))).values()))


LOGIN = (f'username = {USER}', f'password = {PASSWORD}')


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
    seen = checker.run(('home', (f'uri = stun:{address}', f'uri = turn:{address}',
                                 f'uri = turn:{address}?transport=tcp',
                                 f'uri = turns:{address}:443', f'uri = stuns:{address}:443',
                                 f'ca-file = {home.certificate}', *LOGIN)))
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
