"""As much of JSON Schema as docs/log.schema.json uses; what it does not know it refuses."""

import json
import os
import re

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
ANNOTATIONS = {'$schema', 'title', 'description'}
TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}


def load(name):
    with open(os.path.join(ROOT, 'docs', name), encoding='utf-8') as file:
        return json.load(file)


def _has_type(value, name):
    if name in ('integer', 'number'):
        kinds = (int,) if name == 'integer' else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems(schema, value, where='$'):
    """What is wrong with it, as sentences; none when it is valid."""
    found = []
    for word, rule in schema.items():
        if word in ANNOTATIONS or word in ('then', 'if'):
            continue
        found += [f'{where}: {text}' for text in CHECKS[word](rule, value)]
    for name, rule in schema.get('properties', {}).items():
        if isinstance(value, dict) and name in value:
            found += problems(rule, value[name], f'{where}.{name}')
    for part in schema.get('allOf', []):
        found += problems(part, value, where)
    if 'if' in schema and not problems(schema['if'], value):
        found += problems(schema.get('then', {}), value, where)
    return found


def _when(kind, check):
    """Rules about strings say nothing of numbers, and so on."""
    return lambda rule, value: check(rule, value) if isinstance(value, kind) else []


def _type(rule, value):
    names = rule if isinstance(rule, list) else [rule]
    return [] if any(_has_type(value, n) for n in names) else [f'{value!r} is no {rule}']


CHECKS = {
    'type': _type,
    'const': lambda rule, value: [] if value == rule else [f'{value!r} is not {rule!r}'],
    'enum': lambda rule, value: [] if value in rule else [f'{value!r} is none of {rule}'],
    'required': _when(dict, lambda rule, value: [f'no {n}' for n in rule if n not in value]),
    'pattern': _when(str, lambda rule, value: [] if re.search(rule, value) else
                     [f'{value!r} is not like {rule}']),
    'maxLength': _when(str, lambda rule, value: [] if len(value) <= rule else ['too long']),
    'minimum': _when((int, float), lambda rule, value: [] if value >= rule else
                     [f'{value} is less than {rule}']),
    'maximum': _when((int, float), lambda rule, value: [] if value <= rule else
                     [f'{value} is more than {rule}']),
    'not': lambda rule, value: ['it is what it must not be'] if not problems(rule, value) else [],
    'properties': lambda rule, value: [],  # with problems(), which knows where
    'allOf': lambda rule, value: [],
}
