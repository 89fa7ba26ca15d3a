"""Network namespaces and the programs inside them.

Everything here happens in a universe of our own (see `run` and `universe_argv`): a user, mount,
network and pid namespace that the kernel takes down, with every process in it, when its first
process ends. So nothing in the lab cleans up behind itself, and nothing can be left behind."""

import contextlib
import ctypes
import os
import subprocess
import sys

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

UNSHARE = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork',
           '--kill-child', '--mount-proc']


def universe_argv(argv):
    """The command that runs `argv` as the first process of a universe."""
    return [*UNSHARE, *argv]


def why_no_universe():
    """None when this machine can make universes, else the reason as one line."""
    probe = universe_argv(['sh', '-c', 'mount -t tmpfs none /run && mkdir /run/netns && '
                           'ip netns add probe && ip -n probe link set lo up && nft list ruleset'])
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    try:
        done = subprocess.run(probe, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30,
                              env={**os.environ, 'PATH': path})
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else f'unshare ended with {done.returncode}'


def prepare_universe():
    """To be called once by the first process of a universe."""
    os.environ['PATH'] = os.environ.get('PATH', '') + ':/usr/sbin:/sbin:/usr/bin:/bin'
    _run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', '/run'])
    for path in '/run/netns', '/run/lock', '/run/lab':
        os.mkdir(path, 0o755)
    _run(['ip', 'link', 'set', 'lo', 'up'])


class CommandFailed(Exception):
    pass


def _run(argv, text_in=None, check=True, timeout=60, env=None):
    # A pid 1 has nobody to inherit a terminal from, so no program of the lab gets one by accident.
    source = {'input': text_in} if text_in is not None else {'stdin': subprocess.DEVNULL}
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, env=env, errors='replace', **source)
    if check and done.returncode != 0:
        raise CommandFailed(f'{" ".join(argv)}: exit {done.returncode}: {done.stderr.strip()[:300]}')
    return done


class Namespace:
    def __init__(self, name):
        self.name = name
        _run(['ip', 'netns', 'add', name])
        self._fd = os.open(f'/run/netns/{name}', os.O_RDONLY | os.O_CLOEXEC)
        # Without duplicate address detection an IPv6 address works at once.
        self.sysctl('net/ipv6/conf/all/accept_dad', 0)
        self.sysctl('net/ipv6/conf/default/accept_dad', 0)
        self.sysctl('net/ipv6/conf/default/dad_transmits', 0)
        self.ip('link set lo up')

    @contextlib.contextmanager
    def enter(self):
        """Sockets and programs made in this context belong to the namespace."""
        back = os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._set(self._fd)
            yield
        finally:
            self._set(back)
            os.close(back)

    @staticmethod
    def _set(fd):
        if _libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')

    def run(self, *argv, text_in=None, check=True, timeout=60, env=None):
        """Runs a program to its end; the result has returncode, stdout and stderr."""
        with self.enter():
            return _run([str(a) for a in argv], text_in, check, timeout, env)

    def popen(self, *argv, **options):
        with self.enter():
            return subprocess.Popen([str(a) for a in argv],
                                    **{'stdin': subprocess.DEVNULL, **options})

    def ip(self, *commands):
        """Each command is a line for `ip -batch`."""
        _run(['ip', '-n', self.name, '-batch', '-'], '\n'.join(commands) + '\n')

    def nft(self, rules):
        self.run('nft', '-f', '-', text_in=rules)

    def sysctl(self, key, value, optional=False):
        with self.enter():
            if optional and not os.path.exists(f'/proc/sys/{key}'):
                return
            self._set_sysctl(key, value)

    @staticmethod
    def _set_sysctl(key, value):
        with open(f'/proc/sys/{key}', 'w', encoding='ascii') as knob:
            knob.write(str(value))

    def python(self, script, *argv, **options):
        here = os.path.dirname(os.path.abspath(__file__))
        return self.run(sys.executable, os.path.join(here, script), *argv, **options)


def veth(first, first_name, second, second_name):
    _run(['ip', 'link', 'add', first_name, 'netns', first.name, 'type', 'veth',
          'peer', 'name', second_name, 'netns', second.name])
