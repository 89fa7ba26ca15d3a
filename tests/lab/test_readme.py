"""What the README promises works as it is written there."""

import os
import re
import subprocess
import time

from lab import ROOT
from screen import Screen
from testing import check, test


def _steps():
    with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as readme:
        text = readme.read()
    section = text.split('## Two machines in five minutes')[1].split('\n## ')[0]
    blocks = re.findall(r'```(\w+)\n(.*?)```', section, re.S)
    shell = next(body for language, body in blocks if language == 'sh')
    ini = next(body for language, body in blocks if language == 'ini')
    return re.search(r'icelane (rendezvous[^#\n]*)', shell)[1].split(), \
        re.sub(r'^ +', '', ini, flags=re.M)


@test(deadline=60)
def two_machines_in_five_minutes(universe):
    """The README's commands and file, with nothing but ids, names and the address filled in."""
    rendezvous, template = _steps()
    hosts = [universe.site('open').host, universe.site('open').host]
    server = hosts[0].popen(universe.program, *rendezvous, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    homes, ids = [], []
    for index, host in enumerate(hosts):
        home = f'/run/lab/home{index}'
        os.makedirs(f'{home}/.config/icelane')
        os.makedirs(f'{home}/run', 0o700)
        homes.append({'HOME': home, 'PATH': os.environ['PATH'], 'XDG_RUNTIME_DIR': f'{home}/run'})
        ids.append(host.run(universe.program, 'id', env=homes[index]).stdout.strip())
        check(re.fullmatch('[a-z2-7]{52}', ids[index].replace(' ', '')), ids[index])
    names = ('oslo', 'berlin')
    for index, home in enumerate(homes):
        text = template.replace('203.0.113.30', hosts[0].address)
        text = text.replace('berlin', names[1 - index])
        text = re.sub(r'^id = .*$', f'id = {ids[1 - index]}', text, flags=re.M)
        path = f'{home["HOME"]}/.config/icelane/icelane.ini'
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as file:
            file.write(text)
    screens = []
    for index, host in enumerate(hosts):
        argv = ['/usr/bin/env', '-u', 'XDG_STATE_HOME', '-u', 'XDG_CONFIG_HOME', universe.program]
        screens.append(Screen(host, argv, homes[index]))
        time.sleep(0.5)
    for index, screen in enumerate(screens):
        screen.until_row(f' {names[1 - index]} ', 'Direct', 15)
    check(server.poll() is None, 'the rendezvous ended')
