"""The settings panel on a real terminal, over nodes that run: must holds 2 and 5 of the servers."""

import time

from coturn import PASSWORD, USER
from pair import Pair
from screen import dashboard
from testing import check, test


def read(node):
    with open(node.config, encoding='utf-8') as file:
        return file.read()


def added_lines(before, after):
    """What `after` has beyond `before`, when nothing else of it is changed."""
    old, new = before.splitlines(), after.splitlines()
    start = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    tail = len(old) - start
    check(old[start:] == new[len(new) - tail:], f'other lines changed:\n{after}')
    return new[start:len(new) - tail]


class Panel:
    """Keys of an operator in the settings of a dashboard."""

    def __init__(self, node, size=(80, 24)):
        self.screen = dashboard(node, size)
        self.screen.wait('4 Settings')
        self.screen.key('4')
        self.screen.wait('SERVERS (')

    def type_into(self, text):
        """Into the row under the cursor."""
        self.screen.key('Enter')
        self.screen.wait('Enter take')
        self.screen.type(text)
        self.screen.key('Enter')
        self.screen.gone('Enter take')

    def add_turn_server(self, name, uri, username, password):
        screen = self.screen
        screen.key('g', 'a')
        screen.wait('Name of the new server')
        screen.type(name)
        screen.key('Enter')
        screen.wait('Now its URI')
        screen.type(uri)
        screen.key('Enter')
        screen.gone('Enter take')
        screen.key('Down')
        self.type_into(username)
        screen.key('Down', 'Enter')
        screen.wait('shared secret')
        screen.key('Down', 'Down', 'Down', 'Enter')
        screen.wait('Enter take')
        screen.type(password)
        screen.key('Enter')
        screen.gone('Enter take')

    def test_server(self):
        """The server under the cursor; the seconds until its last step is on the screen."""
        start = time.monotonic()
        self.screen.key('t')
        self.screen.wait('relays at', 5)
        return time.monotonic() - start

    def write(self):
        self.screen.key('w')
        self.screen.wait('Wrote ')


@test(deadline=60)
def server_is_added_tested_and_written_under_a_relayed_link(universe):
    """Must hold 2: exactly those lines, a result within 1 s, and no ping lost."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'),
                servers=('home',))
    pair.expect_relay(2)
    before, statuses = read(pair.a), pair.statuses()
    relayed, probed = universe.home.relayed()[0], universe.backup.counters()['client_udp'][0]
    address = universe.backup.addresses[0]

    panel = Panel(pair.a)
    panel.add_turn_server('backup', f'turn:{address}', USER, PASSWORD)
    took = panel.test_server()
    print(f'{took:.2f} s')
    check(took <= 1, f'{took:.2f} s until the result was seen')
    screen = panel.screen.dump()
    check('Allocate ok' in screen and pair.sites['a'].router.address in screen, screen)
    check(PASSWORD not in screen, screen)
    check(universe.backup.counters()['client_udp'][0] > probed, 'nobody asked the new server')
    check(read(pair.a) == before, 'the file was written before w')
    panel.write()

    added = [line for line in added_lines(before, read(pair.a)) if line]
    check(added == ['[server backup]', f'uri = turn:{address}', f'username = {USER}',
                    f'password = {PASSWORD}'], added)
    pair.until_pings(5)
    check(universe.home.relayed()[0] > relayed, 'the relay carried nothing meanwhile')
    for old, new in zip(statuses, pair.statuses()):
        check(new['path'] == 'relay' and new['generation'] == old['generation'], new)
        check(new['pings']['lost'] == 0 and new['loss'] == 0, new['pings'])
    servers = {server['name'] for server in pair.a.status()['servers']}
    check(servers == {'home', 'backup'}, f'the node knows {servers}')
