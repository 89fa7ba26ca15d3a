"""The newcomer's test: whoever sees only the screen, 80x24 and no key pressed, is told the cure.

Thirteen networks, broken in one way each. `tests/lab/run --keep-log DIR newcomer` leaves what the
newcomer saw in DIR, for a person to judge by."""

import dataclasses
import os

from coturn import PASSWORD, USER
from screen import dashboard
from testing import check, test

HOME, NOBODY = '203.0.113.10', '203.0.113.77'
STUN = f'[server public]\nuri = stun:{HOME}\n'
LOGIN = f'username = {USER}\npassword = {PASSWORD}\n'
RELAY = f'[server home]\nuri = turn:{HOME}\nuri = turn:{HOME}?transport=tcp\n{LOGIN}'
EXPIRED = f'[server home]\nuri = turn:{HOME}\nusername = 1600000000:{USER}\npassword = stale\n'
REFUSED = f'[server home]\nuri = turn:{HOME}\nusername = {USER}\npassword = wrong\n'
DEAD = f'[server home]\nuri = turn:{NOBODY}\n{LOGIN}'
DEAD_STUN = f'[server public]\nuri = stun:{NOBODY}\n'


@dataclasses.dataclass
class Situation:
    """What is broken, and how the screen has to name it and its cure."""
    name: str
    wrong: str  # on the screen, beside what follows
    cure: str
    ours: str = 'port-restricted'  # kinds of sites
    theirs: str = 'port-restricted'
    our_servers: str = STUN + RELAY  # and what else stands in the file
    their_servers: str = STUN
    our_policy: str = 'auto'
    their_policy: str = 'auto'
    there: bool = True  # the peer's node runs
    rendezvous: bool = True


SITUATIONS = (
    Situation('hard-nats', 'Both NATs take a new port per destination',
              'Use IPv6, or a fixed-mapping NAT on one side', 'symmetric', 'symmetric'),
    Situation('our-firewall', 'UDP is blocked on our side', 'Allow outgoing UDP in our firewall',
              'udp-blocked'),
    Situation('their-firewall', "UDP is blocked on the peer's side",
              "Allow outgoing UDP in the peer's firewall", theirs='udp-blocked',
              their_servers=STUN + RELAY),
    # Without a server it reaches over TCP, the peer cannot know that it is UDP that is blocked.
    Situation('their-stun', 'The peer sent no public address', 'On the peer, allow outgoing UDP',
              theirs='udp-blocked'),
    Situation('no-relay', 'no TURN server is configured', 'Add a [server NAME] with a turn: URI',
              'symmetric', 'symmetric', our_servers=STUN),
    Situation('dead-relay', 'no TURN server gave us a relay',
              'Check address, user and password of the TURN server', 'symmetric', 'symmetric',
              our_servers=STUN + DEAD),
    Situation('wrong-password', 'the TURN server refuses our user or password',
              'Check user and password of the TURN server', 'symmetric', 'symmetric',
              our_servers=STUN + REFUSED),
    Situation('expired', 'the TURN server says our credentials expired',
              'Renew the TURN credentials', 'symmetric', 'symmetric', our_servers=STUN + EXPIRED),
    Situation('silent-stun', 'No STUN server answers us', 'add a STUN server that answers',
              theirs='symmetric', our_servers=DEAD_STUN + RELAY.replace(
                  f'uri = turn:{HOME}\n', '')),
    Situation('contradiction', 'no path satisfies both', 'Set policy = auto for this peer',
              our_policy='relay-only', their_policy='direct-only'),
    Situation('filtered', 'Every address of ours is left out by [network]',
              'Allow one in [network] interfaces and families',
              our_servers=STUN + RELAY + '[network]\ninterfaces = !eth0\n'),
    Situation('peer-off', 'The peer is not at the rendezvous', 'Start icelane on the peer',
              there=False),
    Situation('no-rendezvous', 'The rendezvous cannot be reached',
              'Check [signaling] url and the network', rendezvous=False),
)


def _build(universe, situation):
    """The node whose screen is read; its only peer is `b`."""
    timing = '[ice]\ncheck-timeout-ms = 3000\n'
    name = situation.name
    url = None if situation.rendezvous else f'http://{NOBODY}:8080'
    a, b = (universe.nodes((universe.site(kind).host, f'{name}-{side}'), servers=(), start=False,
                           settings=timing + servers, url=url if side == 'a' else None)[0]
            for side, kind, servers in (('a', situation.ours, situation.our_servers),
                                        ('b', situation.theirs, situation.their_servers)))
    a.add_peer('b', b.id, policy=situation.our_policy)
    b.add_peer('a', a.id, policy=situation.their_policy)
    a.start(wait=False)
    if situation.there:
        b.start(wait=False)
    return a


def _read(screen):
    """The screen as one line of words: a sentence may go on in the next row."""
    return ' '.join(screen.dump().split())


@test(deadline=100, weight=40, idle=True)
def newcomers_are_told_the_cure(universe):
    """Thirteen broken links: each screen says what is wrong and what to do, in whole sentences."""
    check(universe.home.is_running(), 'no coturn')
    nodes = [_build(universe, situation) for situation in SITUATIONS]
    helpless = []
    for node, situation in zip(nodes, SITUATIONS):
        node.until_running()
        screen = dashboard(node)
        for _ in range(250):
            seen = _read(screen)
            if situation.wrong in seen and situation.cure in seen:
                break
            screen.run(0.1)
        else:
            helpless.append(f'{situation.name}: no {situation.wrong!r} with {situation.cure!r}:\n'
                            f'{screen.dump()}')
        with open(os.path.join(universe.log_dir, f'{situation.name}.screen'), 'w',
                  encoding='utf-8') as file:
            file.write(screen.dump() + '\n')
        screen.key('q')
        check(screen.exit() == 'exit 0', f'{situation.name}: no clean end')
    check(not helpless, '\n'.join(helpless))
