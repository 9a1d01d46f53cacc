import { brokerNames } from '../../tests/support/broker-names.ts'
import type { SuiteName, SuiteResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/statistics.ts'

export type Results = Partial<Readonly<Record<SuiteName, SuiteResult>>>

/** Gives the median of a figure; undefined where it was not measured or may not be believed. */
export type Lookup = (suite: SuiteName, variant: string, cell: string, figure: string) => number | undefined

interface Aim {
  readonly what: string
  readonly aim: string
  /** Undefined while something that it needs is not measured. */
  readonly judge: (look: Lookup) => { readonly figure: string; readonly met: boolean } | undefined
}

function atLeast(value: number | undefined, wanted: number, print: (value: number) => string) {
  return value === undefined ? undefined : { figure: print(value), met: value >= wanted }
}

function atMost(value: number | undefined, wanted: number, print: (value: number) => string) {
  return value === undefined ? undefined : { figure: print(value), met: value <= wanted }
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b
}

function best(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === values.length ? Math.max(...known) : undefined
}

const times = (value: number): string => `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} ×`
const share = (value: number): string => value.toFixed(2)

const callsAt64 = (look: Lookup, variant: string): number | undefined => look('rpc', variant, 'get-64', 'callsPerS')

const rpcAims: readonly Aim[] = [
  {
    what: 'throughput, 64 in flight, Unix sockets',
    aim: '≥ 35 × @grpc/grpc-js',
    judge: (look) => atLeast(divide(callsAt64(look, 'holon-unix'), callsAt64(look, 'grpc-js')), 35, times),
  },
  {
    what: 'the same',
    aim: '≥ 5 × the better of Moleculer TCP and NestJS TCP',
    judge: (look) =>
      atLeast(
        divide(callsAt64(look, 'holon-unix'), best(callsAt64(look, 'moleculer-tcp'), callsAt64(look, 'nest-tcp'))),
        5,
        times,
      ),
  },
  {
    what: 'the same',
    aim: '≥ 0.55 of raw echo (Unix)',
    judge: (look) => atLeast(divide(callsAt64(look, 'holon-unix'), callsAt64(look, 'raw-unix')), 0.55, share),
  },
  {
    what: 'p50 with one call in flight',
    aim: '≤ 1.15 × raw echo (Unix)',
    judge: (look) => {
      const p50 = (variant: string): number | undefined => look('rpc', variant, 'get-1', 'p50Us')
      return atMost(divide(p50('holon-unix'), p50('raw-unix')), 1.15, times)
    },
  },
  {
    what: 'CPU per call, both sides together, 64 in flight',
    aim: '≤ 4 µs',
    judge: (look) => atMost(look('rpc', 'holon-unix', 'get-64', 'cpuUs'), 4, (value) => `${value.toFixed(1)} µs`),
  },
  {
    what: 'in-process call, validated copies both ways',
    aim: '≤ 0.6 µs (H1: ≤ 2 µs)',
    judge: (look) =>
      atMost(look('rpc', 'in-process-holon', 'in-process', 'ns'), 600, (value) => `${(value / 1000).toFixed(2)} µs`),
  },
  {
    what: '1 MB payload, Unix',
    aim: '≥ 0.7 of raw socket bytes/s',
    judge: (look) => {
      const bytes = (variant: string): number | undefined => look('rpc', variant, 'document-1000000', 'bytesPerS')
      return atLeast(divide(bytes('holon-unix'), bytes('raw-unix')), 0.7, share)
    },
  },
  {
    what: 'a small call beside a 50 MB answer on the same connection, p99',
    aim: '≤ 5 ms',
    judge: (look) =>
      atMost(
        look('rpc', 'holon-unix', 'large-beside-small', 'p99Us'),
        5000,
        (value) => `${(value / 1000).toFixed(1)} ms`,
      ),
  },
  {
    what: 'stream',
    aim: '≥ 1 M small items/s',
    judge: (look) =>
      atLeast(look('rpc', 'holon-unix', 'stream', 'itemsPerS'), 1e6, (value) => `${(value / 1e6).toFixed(2)} M/s`),
  },
]

function appRatio(look: Lookup, cell: string, figure: string, wanted: readonly [number, number]) {
  const of = (variant: string): number | undefined => look('app', variant, cell, figure)
  const [one, split, grpc] = [of('holon-one'), of('holon-split'), of('grpc-js')]
  const [toOne, toSplit] = [divide(grpc, one), divide(grpc, split)]
  const splitToOne = divide(split, one)
  if (toOne === undefined || toSplit === undefined || splitToOne === undefined) return undefined
  const met = toOne >= wanted[0] && toSplit >= wanted[0] / wanted[1]
  return { figure: `${toOne.toFixed(1)} : ${splitToOne.toFixed(1)} : 1`, met }
}

const appAims: readonly Aim[] = ['home', 'checkout'].flatMap((cell): Aim[] => [
  {
    what: `app, ${cell}: CPU per request, grpc-js : Holon split : Holon in one process`,
    aim: '≥ 9 : 2.5 : 1',
    judge: (look) => appRatio(look, cell, 'cpuMs', [9, 2.5]),
  },
  {
    what: `app, ${cell}: p50, same order`,
    aim: '≥ 14 : 5 : 1',
    judge: (look) => appRatio(look, cell, 'p50Ms', [14, 5]),
  },
])

const otherAims: readonly Aim[] = [
  {
    what: 'gateway route to a service in another process, 64 connections, one core',
    aim: '≥ 2.5 × @fastify/http-proxy in requests/s',
    judge: (look) => {
      const rate = (variant: string): number | undefined => look('gateway', variant, 'route-64', 'requestsPerS')
      return atLeast(divide(rate('holon'), rate('fastify-http-proxy')), 2.5, times)
    },
  },
  {
    what: 'the same: CPU of gateway and service together',
    aim: '≤ 1.0 × nginx + node:http upstream',
    judge: (look) => {
      const cpu = (variant: string): number | undefined => look('gateway', variant, 'route-64', 'cpuUs')
      return atMost(divide(cpu('holon'), cpu('nginx')), 1, times)
    },
  },
  ...appAims,
  {
    what: 'memory of an idle service process over bare Node',
    aim: '≤ +25 MB',
    judge: (look) => {
      const [service, bare] = ['holon-service', 'bare-node'].map((name) => look('startup', name, 'process', 'rssBytes'))
      const extra = service === undefined || bare === undefined ? undefined : (service - bare) / 1e6
      return atMost(extra, 25, (value) => `+${value.toFixed(0)} MB`)
    },
  },
  {
    what: 'shop ready after start (second start)',
    aim: '≤ 3 s',
    judge: (look) =>
      atMost(look('shop', 'holon-one', 'start', 'startMs'), 3000, (value) => `${(value / 1000).toFixed(1)} s`),
  },
  {
    what: 'shop in one process, without Postgres',
    aim: '≤ 250 MB',
    judge: (look) =>
      atMost(look('shop', 'holon-one', 'start', 'pssBytes'), 250e6, (value) => `${(value / 1e6).toFixed(0)} MB`),
  },
]

const eventsPerS = (look: Lookup, variant: string, group: string): number | undefined =>
  look('events', variant, `${group}-flow`, 'eventsPerS')

const eventsAims: readonly Aim[] = [
  {
    what: 'events in transactions, embedded bus, end to end',
    aim: '≥ 2 × the better of pg-boss and Graphile Worker',
    judge: (look) => {
      const of = (variant: string): number | undefined => eventsPerS(look, variant, 'transactional')
      return atLeast(divide(of('holon-embedded'), best(of('pg-boss'), of('graphile-worker'))), 2, times)
    },
  },
  ...brokerNames.map((broker): Aim => ({
    what: `events without transactions on ${broker}`,
    aim: '≥ 0.6 of its plain client',
    judge: (look) => {
      const of = (variant: string): number | undefined => eventsPerS(look, variant, 'plain')
      return atLeast(divide(of(`holon-${broker}-plain`), of(`client-${broker}`)), 0.6, share)
    },
  })),
  {
    what: 'embedded bus, durable when acknowledged, to another process',
    aim: '≥ 30,000 events/s',
    judge: (look) =>
      atLeast(eventsPerS(look, 'holon-embedded-bus', 'bus'), 30_000, (value) => `${(value / 1000).toFixed(0)} k/s`),
  },
  {
    what: 'the same, p50 at a low rate',
    aim: '≤ 3 ms',
    judge: (look) =>
      atMost(look('events', 'holon-embedded-bus', 'bus-rate', 'p50Ms'), 3, (value) => `${value.toFixed(1)} ms`),
  },
]

export interface JudgedAim {
  readonly what: string
  readonly aim: string
  readonly figure: string
  readonly verdict: 'met' | 'missed' | 'not measured'
}

/** Every aim with the figure that was measured and whether it is met. */
export function judgeAims(results: Results): readonly JudgedAim[] {
  const rows = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, rowsOf(result)]))
  const look: Lookup = (suite, variant, cell, figure) => figureOf(rows[suite] ?? [], variant, cell, figure)
  return [...rpcAims, ...otherAims, ...eventsAims].map(({ what, aim, judge }) => {
    const judged = judge(look)
    if (judged === undefined) return { what, aim, figure: '', verdict: 'not measured' }
    return { what, aim, figure: judged.figure, verdict: judged.met ? 'met' : 'missed' }
  })
}
