#!/usr/bin/env python3
"""Every fact of docs/log.schema.json goes through the event log, plain and with members as hostile as a peer could wish:
what comes out is one valid line each. And every fact that the code tells is one of the schema's.

    check-schema.py EVENT-FILTER"""

import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'lab'))

import schema  # noqa: E402

RULES = schema.load('log.schema.json')
HOSTILE = 'a\nb\r\u2028\x1b[31m\u202e"\\\u0000{"fact":"x"}\n' + '\U000e0041' * 20
WHOLE = ('time', 'monotonic_us', 'level', 'peer', 'kind', 'text', 'sequence', 'fact', 'truncated')


def facts():
    """{fact: (kind, names of the members that it must have)}"""
    found = {}
    for rule in RULES['allOf']:
        then = rule['then']
        kind = then.get('properties', {}).get('kind', {}).get('const', 'state')
        found[rule['if']['properties']['fact']['const']] = kind, then.get('required', [])
    return found


def sample(name, hostile):
    rule = RULES['properties'][name]
    if 'enum' in rule:
        return rule['enum'][0]
    if 'const' in rule:
        return rule['const']
    kinds = rule['type'] if isinstance(rule['type'], list) else [rule['type']]
    if 'string' in kinds:
        return HOSTILE * (40 if hostile == 'long' else 1) if hostile else f'some {name}'
    if 'boolean' in kinds:
        return True
    number = rule.get('maximum', 2 ** 53) if hostile else rule.get('minimum', 0)
    return number if 'integer' in kinds else number + 0.125


def inputs():
    """(fact, line for the filter): each as it is, with everything it may have beside, and far too long."""
    for fact, (kind, required) in facts().items():
        optional = [n for n in RULES['properties'] if n not in WHOLE]
        for hostile, names in ((None, required), ('short', required), ('long', required),
                               ('short', required + optional)):
            members = {name: sample(name, hostile) for name in names}
            members['fact'] = fact
            members['sample_text'] = HOSTILE * 100 if hostile else f'{fact} happened'
            if hostile != 'short':
                members['sample_peer'] = HOSTILE if hostile else 'berlin'
            yield fact, f'{len(members) % 4} {kind} {json.dumps(members)}'


def told_by_the_code():
    """Facts in calls that begin the fields of an event."""
    found = set()
    for path in glob.glob(os.path.join(ROOT, 'c*', '**', '*.c'), recursive=True):
        with open(path, encoding='utf-8') as file:
            code = file.read()
        # A file may have functions of its own that begin the fields of a fact they are given.
        names = ['lane_event_fields'] + (['begin', 'begin_server'] if
                                         'lane_event_fields (fact)' in code else [])
        for call in re.findall(rf'\b(?:{"|".join(names)}) \(([^;{{]*);', code):
            found.update(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"', call))
    with open(os.path.join(ROOT, 'core', 'ice', 'check-log.c'), encoding='utf-8') as file:
        found.update(re.findall(r'\[LANE_CHECK_STEP_\w+\] = "([a-z-]+)"', file.read()))
    return found


def main(program):
    known, told = set(facts()), told_by_the_code()
    wrong = []
    if known != told:
        wrong.append(f'only the schema has {sorted(known - told)}, only the code {sorted(told - known)}')
    asked = list(inputs())
    done = subprocess.run([program], input='\n'.join(line for _, line in asked) + '\n', text=True,
                          encoding='utf-8', stdout=subprocess.PIPE, check=True)
    lines = done.stdout.split('\n')
    if len(lines) != len(asked) + 1 or lines[-1] != '':
        wrong.append(f'{len(asked)} events became {len(lines) - 1} lines')
    for (fact, _), line in zip(asked, lines):
        event = json.loads(line)
        problems = schema.problems(RULES, event)
        if event['fact'] != fact or problems or len(line.encode()) > 2048:
            wrong.append(f'{fact}: {problems} in {line[:300]}')
        if re.search('[\x00-\x1f\x7f\u2028\u202e]', line + json.dumps(event, ensure_ascii=False)):
            wrong.append(f'{fact}: control characters in {line[:300]}')
    truncated = sum('"truncated"' in line for line in lines)
    if truncated < len(known) / 4:
        wrong.append(f'only {truncated} events were too long: the test has lost its point')
    print(f'{len(known)} facts, {len(asked)} events, {truncated} truncated, {len(wrong)} wrong')
    print('\n'.join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
