"""The Network view and `icelane network`, with a real router and real servers behind them."""

import json

from pair import Pair
from screen import dashboard
from testing import check, test


def _bridge(host, name, address):
    """What a container host has: an interface that the settings leave out."""
    host.run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', f'{name}-p')
    for end in name, f'{name}-p':
        host.run('ip', 'link', 'set', end, 'addrgenmode', 'none', 'up')
    host.run('ip', 'addr', 'add', f'{address}/16', 'dev', name)


def _symmetric(universe):
    site = universe.site('symmetric')
    _bridge(site.host, 'docker0', '172.17.0.1')
    pair = Pair(universe, site, universe.site('port-restricted'),
                settings='[network]\ninterfaces = !docker*\n')
    pair.until(lambda p: p['path'] == 'relay', 12, 'a relay')
    pair.a.until_log(None, lambda e: e['kind'] == 'nat' and 'mapping' in e, 12, 'the NAT')
    return site, pair


@test(deadline=60)
def network_view_shows_nat_and_skipped_addresses(universe):
    """A symmetric router in words, each port it took, and why an address is left out; at all sizes."""
    site, pair = _symmetric(universe)
    for size in ((80, 24), (120, 40), (200, 60), (60, 12)):
        screen = dashboard(pair.a, size)
        screen.wait(' b ')
        screen.key('2')
        screen.wait('[2 Network]')
        screen.until_row('eth0', ' used ')
        row = screen.until_row('docker0 ', 'skipped')
        check('excluded by' in row and '172.17.0.1' in row, row)
        if size[1] >= 24:
            screen.until_row('IPv4', 'hard NAT: a new port per destination')
            screen.until_row('Next:', 'Use IPv6, a fixed-mapping NAT')
            seen = [line for line in screen.dump().splitlines()
                    if line.strip().startswith(f'{site.host.address}:') and ' home ' in line]
            check(len(seen) >= 2, screen.dump())
        check(all(len(line) <= size[0] for line in screen.dump().splitlines()), screen.dump())
        screen.key('q', 'q')
        check(screen.exit() == 'exit 0', 'no clean end')


@test(deadline=60)
def network_view_is_live(universe):
    """An address that comes, a server that dies: both are seen without a key; evidence, test, probe."""
    site, pair = _symmetric(universe)
    screen = dashboard(pair.a, (120, 40))
    screen.wait(' b ')
    screen.key('2')
    screen.until_row('docker0 ', 'skipped')
    site.host.run('ip', 'addr', 'add', '172.18.0.1/16', 'dev', 'docker0')
    screen.until_row('172.18.0.1', 'skipped')
    site.host.run('ip', 'addr', 'del', '172.18.0.1/16', 'dev', 'docker0')
    screen.gone('172.18.0.1')

    for _ in range(12):
        if '\n> IPv4 ' in screen.dump():
            break
        screen.key('j')
        screen.run(0.3)
    screen.key('Enter')
    screen.wait('Evidence: IPv4')
    screen.wait('Mapping: address-and-port-dependent')
    screen.wait('other-address')
    screen.key('Esc')
    screen.gone('Evidence:')

    screen.key('G', 't')
    screen.wait('Testing home')
    universe.home.kill()
    screen.key('F5')
    screen.until_row('home', 'failed', 20)
    screen.key('g', 'G')
    screen.wait('Next:')


@test(deadline=40)
def icelane_network_says_it_all(universe):
    """`icelane network --json` has what the lab has built, and the words say the same."""
    site, pair = _symmetric(universe)
    network = json.loads(pair.a.icelane('network', '--json').stdout)
    interfaces = {i['name']: i for i in network['interfaces']}
    check(network['schema'] == 1 and network['interfaces_left_out'] == 0, network)
    check(network['interfaces'][0]['name'] == 'eth0', network['interfaces'])
    check(interfaces['eth0']['default_route'] == [4], interfaces['eth0'])
    used = [a['address'] for i in network['interfaces'] for a in i['addresses'] if a['used']]
    check(used == [site.host.address], used)
    check([(a['why'], a['used']) for a in interfaces['docker0']['addresses'] if a['family'] == 4] ==
          [('excluded by [network] interfaces: !docker*', False)], interfaces['docker0'])
    check(all(a['why'] for i in network['interfaces'] for a in i['addresses'] if not a['used']),
          network['interfaces'])
    nat = network['nat']['families'][0]
    check((nat['mapping'], nat['family'], nat['wrong']) ==
          ('address-and-port-dependent', 4, True) and nat['next'] and nat['meaning'], nat)
    tests = [p for p in network['ports'] if p['peer'] is None]
    check(len({p['mapped'] for p in tests}) > 1 and len({p['local'] for p in tests}) == 1, tests)
    links = [p for p in network['ports'] if p['peer'] == 'b']
    check(links and all(p['local'].startswith(f'{site.host.address}:') for p in links), links)
    check(network['router_mappings']['asked'] is False, network['router_mappings'])
    check({s['name'] for s in network['servers']} == {'home'}, network['servers'])
    check(all(s['mapped'] for s in network['servers']), network['servers'])

    text = pair.a.icelane('network').stdout
    for words in ('INTERFACES: 1 of', 'excluded by [network] interfaces: !docker*',
                  'hard NAT: a new port per destination', 'Next: Use IPv6, a fixed-mapping NAT',
                  'link to b', 'SERVERS: '):
        check(words in text, text)
