"""The test list of the lab.

    @test(deadline=30)
    def same_lan_is_direct(universe):
        \"\"\"A host-host pair, and nothing at the router.\"\"\"
"""

import dataclasses
import glob
import importlib
import os
import sys
import traceback
from typing import Callable

TESTS = {}
SKIPPED = 77  # exit status, as Meson has it
HERE = os.path.dirname(os.path.abspath(__file__))


class Skip(Exception):
    """A test that cannot run here says why."""


@dataclasses.dataclass
class Test:
    name: str
    module: str
    function: Callable
    deadline: float
    weight: float  # expected seconds: the long ones start first
    idle: bool  # mostly waits, so that it takes no place among the jobs

    @property
    def summary(self):
        return (self.function.__doc__ or '').strip().split('\n')[0]


def test(deadline, weight=None, idle=False):
    def register(function):
        name, module = function.__name__, function.__module__
        assert name not in TESTS, f'two tests named {name}'
        TESTS[name] = Test(name, module, function, deadline, weight or deadline / 3, idle)
        return function
    return register


def find(names):
    for path in sorted(glob.glob(os.path.join(HERE, 'test_*.py'))):
        importlib.import_module(os.path.basename(path)[:-3])
    known = set(TESTS) | {t.module.removeprefix('test_') for t in TESTS.values()}
    for name in names:
        if name not in known:
            sys.exit(f'no lab test or file is called {name}; --list shows them')
    return [t for t in TESTS.values()
            if not names or t.name in names or t.module.removeprefix('test_') in names]


def run_inside(name, log_dir):
    """In the universe's first process: one test, its exit status."""
    from lab import Universe  # needs the namespaces
    found = find([name])[0]
    try:
        found.function(Universe(log_dir))
    except Skip as reason:
        print(reason)
        return SKIPPED
    except BaseException:  # the status is the verdict, whatever it was
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


def check(condition, what):
    """An assertion that says what it saw."""
    if not condition:
        raise AssertionError(what)
