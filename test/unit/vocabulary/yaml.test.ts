import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { ConfigError, readYaml } from '#shared/vocabulary/yaml.ts'

const Wanted = Type.Object(
  {
    urls: Type.Array(Type.String({ pattern: '^https://', description: 'a URL that begins with https://' })),
    port: Type.Integer({ minimum: 1, default: 8443 }),
    level: Type.Optional(Type.Enum(['secret', 'public'])),
    log: Type.Object({ file: Type.Optional(Type.String()) }, { additionalProperties: false, default: {} }),
  },
  { additionalProperties: false },
)

describe('readYaml', () => {
  test('fills in defaults and knows where each field stands', () => {
    const read = readYaml('# a comment\nurls:\n  - https://a\n  - https://b\n', Wanted)
    expect(read).toMatchObject({ ok: true, value: { urls: ['https://a', 'https://b'], port: 8443, log: {} } })
    expect(read.ok && [read.lineOf('/urls/1'), read.lineOf('/urls/1/deeper'), read.lineOf('/none')]).toEqual([4, 4, 1])
  })

  test.for([
    ['urls:\n  - https://a\n  - ftp://b\n', 3, '/urls/1', 'is not valid (expected a URL that begins with https://)'],
    ['urls: []\nprot: 1\n', 2, '/prot', 'is unknown (expected one of: urls, port, level, log)'],
    ['urls: []\nlog:\n  level: 1\n', 3, '/log/level', 'is unknown (expected one of: file)'],
    ['port: 1\n', 1, '/urls', 'is missing (expected array)'],
    ['urls: []\nport: many\n', 2, '/port', 'is not valid (expected integer)'],
    ['urls: []\nport: 0\n', 2, '/port', 'is not valid (expected >= 1)'],
    ['urls: []\nlevel: high\n', 2, '/level', 'is not valid (expected one of: secret, public)'],
    ['', 1, '/urls', 'is missing (expected array)'],
    ['- 1\n', 1, '', 'is not valid (expected object)'],
  ] as const)('names line, field and what was expected: %j', ([text, line, field, message]) => {
    expect(readYaml(text, Wanted)).toEqual({ ok: false, problems: [{ line, field, message }] })
  })

  test.for([
    ['urls: [1\nport: 2\n', 2],
    ['urls: []\nport: 1\nport: 2\n', 3],
  ] as const)('says where it is no YAML: %j', ([text, line]) => {
    expect(readYaml(text, Wanted)).toMatchObject({ ok: false, problems: [{ line, field: '' }] })
  })

  test('a key that stands twice is told wherever it is, and 50,000 keys are no wait', () => {
    const text = 'urls:\n  - { a: 1, b: 2, a: 3 }\n'
    expect(readYaml(text, Type.Any())).toMatchObject({
      problems: [{ line: 2, message: expect.stringContaining('"a"') }],
    })
    const many = Array.from({ length: 50_000 }, (_, n) => `k${n}: 1`).join('\n')
    const before = process.cpuUsage()
    expect(readYaml(many, Type.Any())).toMatchObject({ ok: true })
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000) // 36 s where each is compared with each
  })

  test.each(['['.repeat(100_000), '{a: '.repeat(100_000)])(
    'what is nested without end is a fault, not a death',
    (text) => {
      expect(readYaml(text, Wanted)).toMatchObject({ ok: false })
    },
  )

  test('a bomb of aliases is a fault, not a death', () => {
    const layers = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`)
    expect(readYaml(['l0: &l0 [x]', ...layers].join('\n'), Wanted)).toMatchObject({ ok: false })
  })
})

test('a ConfigError is one line a fault', () => {
  const error = new ConfigError('agent.yaml', [
    { line: 4, field: '/caPin', message: 'is missing (expected a pin)' },
    { line: 1, field: '', message: 'is not valid (expected object)' },
  ])
  expect(error.message).toBe(
    'agent.yaml:4 /caPin is missing (expected a pin)\nagent.yaml:1 / is not valid (expected object)',
  )
})
