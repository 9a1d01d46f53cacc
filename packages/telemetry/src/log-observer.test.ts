import { type CallContext, type Observation, ServiceError } from '@holon/contract'
import { expect, test } from 'vitest'

import { createLogObserver, type LogObserverOptions } from './log-observer.ts'

const call: CallContext = {
  operation: 'orders.place',
  caller: 'gateway',
  identity: { subject: 'user-1', issuer: 'https://id', claims: { email: 'ann@example.org' } },
  idempotencyKey: 'key-of-ann',
  trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true },
  signal: new AbortController().signal,
  remainingMs: () => 1_000,
}

function handled(error?: ServiceError, cause?: unknown): Observation {
  return { kind: 'call-handled', service: 'orders', call, durationMs: 1.23456, error, cause }
}

function log(observations: readonly Observation[], options: Partial<LogObserverOptions> = {}): string[] {
  const lines: string[] = []
  const observer = createLogObserver({
    level: 'debug',
    instance: 'main-1-abcd',
    now: () => 1_000,
    write: (line) => void lines.push(line),
    ...options,
  })
  for (const observation of observations) observer.observe(observation)
  return lines
}

const parse = (line: string | undefined): Record<string, unknown> => JSON.parse(line ?? '') as Record<string, unknown>

test('a handled call is one JSON line with service, instance, trace, operation, duration and code', () => {
  const [line] = log([handled()])
  expect(line?.endsWith('\n')).toBe(true)
  expect(parse(line)).toEqual({
    level: 'debug',
    time: 1_000,
    instance: 'main-1-abcd',
    service: 'orders',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    operation: 'orders.place',
    caller: 'gateway',
    durationMs: 1.235,
    msg: 'orders.place ok',
  })
})

test('an internal error is logged as error with its chain of causes and their stacks', () => {
  const cause = new Error('no such table', { cause: new TypeError('x is undefined') })
  const line = parse(log([handled(new ServiceError('internal', 'Internal error in orders.place.'), cause)])[0])
  expect(line).toMatchObject({
    level: 'error',
    code: 'internal',
    error: {
      type: 'Error',
      message: 'no such table',
      stack: expect.stringContaining('log-observer.test.ts') as unknown,
      cause: { type: 'TypeError', message: 'x is undefined' },
    },
  })
})

test('levels tell bugs from strain, from refusals, and from a service that does its job', () => {
  const levels = (['internal', 'unavailable', 'unauthenticated', 'not_found'] as const).map(
    (code) => parse(log([handled(new ServiceError(code, 'x'))])[0])['level'],
  )
  expect(levels).toEqual(['error', 'warn', 'info', 'debug'])
  const declared = new ServiceError('internal', 'x', { failure: { name: 'outOfStock', data: {}, origin: 'orders' } })
  expect(parse(log([handled(declared)])[0])).toMatchObject({ level: 'debug', failure: 'outOfStock' })
})

test('lines below the level are not made', () => {
  expect(log([handled()], { level: 'info' })).toEqual([])
  expect(log([handled(new ServiceError('internal', 'x'))], { level: 'silent' })).toEqual([])
})

test('identity, idempotency key and properties of thrown errors never reach the log', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    detail: 'Key (email)=(bob@example.org)',
    params: ['s3cret'],
  })
  const text = log([handled(), handled(new ServiceError('internal', 'x'), cause), handled(undefined)]).join('')
  for (const secret of ['ann@example.org', 'user-1', 'key-of-ann', 'bob@example.org', 's3cret'])
    expect(text).not.toContain(secret)
})

test("a service's own line keeps its fields, blanks secret ones and shows errors", () => {
  const fields = { sku: 'a1', password: 'hunter2', user: { token: 'tok' }, error: new Error('boom') }
  const line = parse(log([{ kind: 'log', service: 'orders', level: 'warn', message: 'odd', fields, call }])[0])
  expect(line).toMatchObject({
    level: 'warn',
    msg: 'odd',
    operation: 'orders.place',
    fields: { sku: 'a1', password: '[secret]', user: { token: '[secret]' }, error: { message: 'boom' } },
  })
})

test('a field that cannot be read costs that field, not its line or the call', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  const fields = {
    good: 1,
    get bad(): never {
      throw new Error('no')
    },
    revoked,
  }
  const lines = log([{ kind: 'log', service: 'orders', level: 'info', message: 'odd', fields, call: undefined }])
  expect(parse(lines[0])).toMatchObject({
    msg: 'odd',
    fields: { good: 1, bad: '[unreadable]', revoked: '[unreadable]' },
  })
})

test('errors are shown wherever they are in the fields, with those that they gather', () => {
  const fields = { a: { error: new AggregateError([new Error('inner')], 'all failed') } }
  const line = parse(log([{ kind: 'log', service: 'o', level: 'error', message: 'm', fields, call: undefined }])[0])
  expect(line).toMatchObject({
    fields: { a: { error: { type: 'AggregateError', message: 'all failed', errors: [{ message: 'inner' }] } } },
  })
})

test('an error without a name is logged all the same', () => {
  const nameless = Object.defineProperty(new Error('who am I'), 'name', { value: undefined })
  const line = parse(log([handled(new ServiceError('internal', 'x'), nameless)])[0])
  expect(line).toMatchObject({ msg: 'orders.place failed: x', error: { type: 'Error', message: 'who am I' } })
})

test('cyclic fields and endless cause chains end', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const error = new Error('a')
  error.cause = error
  expect(
    log([{ kind: 'log', service: 'o', level: 'info', message: 'm', fields: cycle, call: undefined }]),
  ).toHaveLength(1)
  expect(log([{ kind: 'fault', subject: 'o', error }])[0]?.match(/"message":"a"/g)).toHaveLength(5)
})

test('links, lifecycle and faults become lines of their own', () => {
  const lines = log([
    { kind: 'link', state: 'violated', peer: 'unix:/x', reason: 'oversized frame' },
    { kind: 'lifecycle', subject: 'orders', state: 'ready', detail: undefined },
    { kind: 'fault', subject: 'orders', error: 'plain text' },
    {
      kind: 'call-made',
      service: 'orders',
      call,
      durationMs: 1,
      error: new ServiceError('unavailable', 'gone'),
      remote: true,
    },
  ]).map(parse)
  expect(lines.map((line) => [line['level'], line['msg']])).toEqual([
    ['warn', 'link with unix:/x violated: oversized frame'],
    ['info', 'orders ready'],
    ['error', 'orders failed'],
    ['warn', 'calls orders.place failed: gone'],
  ])
})

const handledEvent = {
  kind: 'event-handled',
  service: 'shipping',
  subscription: 'shipping.orders.placed',
  topic: 'orders.placed',
  messageId: '01a1',
  key: 'secret-key',
  traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`,
  attempt: 2,
  durationMs: 3,
  outcome: 'applied',
  error: undefined,
} as const

test('events that failed are lines with trace and causes, without key and data; those that went well are debug', () => {
  const error = new Error('no label', { cause: new Error('printer') })
  const failed = log(
    [
      handledEvent,
      { ...handledEvent, outcome: 'failed', error },
      { ...handledEvent, outcome: 'dead', error, traceparent: 'garbage' },
      { ...handledEvent, outcome: 'not-run', error },
    ],
    { level: 'info' },
  )
  expect(failed.map(parse)).toMatchObject([
    {
      level: 'warn',
      msg: 'shipping.orders.placed: event 01a1 failed and will be tried again',
      traceId: 'c'.repeat(32),
      attempt: 2,
      error: { message: 'no label', cause: { message: 'printer' } },
    },
    { level: 'error', msg: 'shipping.orders.placed: event 01a1 was given up and became a dead letter' },
    { level: 'warn', msg: 'shipping.orders.placed: event 01a1 waits for the store' },
  ])
  expect(parse(failed[1])).not.toHaveProperty('traceId')
  expect(failed.join('')).not.toContain('secret-key')
  expect(log([handledEvent], { level: 'debug' }).map(parse)).toMatchObject([{ level: 'debug', outcome: 'applied' }])
})

test('a bus that does not answer and an outbox that is late are lines when that begins and ends', () => {
  const outbox = { kind: 'outbox', service: 'orders', waiting: 7, oldestMs: 31_400 } as const
  const lines = log(
    [
      { kind: 'relay', service: 'orders', state: 'stalled', error: new Error('refused') },
      { ...outbox, late: 'no' },
      { ...outbox, late: 'began' },
      { ...outbox, late: 'yes' },
      { ...outbox, late: 'ended' },
      { kind: 'relay', service: 'orders', state: 'recovered', error: undefined },
    ],
    { level: 'info' },
  ).map(parse)
  expect(lines.map((line) => [line['level'], line['msg']])).toEqual([
    ['warn', 'events of orders cannot be sent just now; they are kept and sent later'],
    ['warn', 'events of orders are late: 7 wait in its outbox, the oldest for 31 s'],
    ['info', 'events of orders are no longer late'],
    ['info', 'events of orders are sent again'],
  ])
})

test('pretty lines carry the service in front and no colour unless asked', () => {
  const [plain] = log([handled(new ServiceError('internal', 'x'), new Error('boom'))], { format: 'pretty' })
  expect(plain).toMatch(
    /^\d\d:\d\d:\d\d orders {5}ERROR orders\.place failed: x {2}1\.2ms internal trace=aaaaaaaa\n {2}Error: boom\n/,
  )
  const [colored] = log([handled()], { format: 'pretty', colors: true })
  expect(colored).toContain('\u001B[')
})
