import { parseArgs } from 'node:util'

import { type SuiteName, suiteNames } from './result.ts'
import type { Selection, Settings } from './suite.ts'

export const help = `npm run bench -- <suite…> [options]

Suites
  rpc       calls between two processes and in one: Holon, its peers, and the limit of the sockets
  gateway   a route to a service in another process: Holon, HTTP proxies of Node, nginx, HAProxy
  app       the shop's read path and checkout, in memory: Holon in one process and split, and the same by hand
  startup   from process start to first answer, and memory, of the app's variants
  shop      the real shop through \`holon start\`: start, memory, requests/s
  events    from a producer's commit to a consumer's: Holon on each bus, job queues, brokers' plain clients
  all       all of these
  report    only writes docs/performance.md anew from the stored results

Options
  --quick           3 short rounds, nothing repeated: does it work, and roughly how fast is it
  --rounds N        rounds (default 5, with --quick 3)
  --seconds S       length of a measured window (default 3, with --quick 0.7)
  --only a,b        only these variants, or those whose name begins so: --only holon,grpc-js
  --cells a,b       only these cells: --cells get-64
  --compare         prints the ratio to the last stored result, row by row
  --profile DIR     records where the CPU time of the Node processes goes; writes .cpuprofile files and flame graphs (SVG)
  --out FILE        where the result goes (default bench/results/<date>-<suite>.json; quick ones under results/quick/)
  --list            variants and cells of the suites, without running them
  --help

A complete run (not quick, nothing left out) also writes docs/performance.md. wrk, nginx, haproxy and nats-server are used
where they are installed; variants that need a missing one are named and left out.`

export interface Options {
  readonly suites: readonly SuiteName[]
  readonly report: boolean
  readonly list: boolean
  readonly compare: boolean
  readonly out: string | undefined
  /** Where profiles go; undefined: none are made. */
  readonly profile: string | undefined
  readonly settings: Settings
  readonly selection: Selection
}

/** Reads the command line. @returns undefined when help was asked for. @throws TypeError saying what is wrong. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      compare: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      cells: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  if (values.help || positionals.length === 0) return undefined
  const known: readonly string[] = [...suiteNames, 'all', 'report']
  const unknown = positionals.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`There is no suite '${unknown}'; there are ${known.join(', ')}.`)
  const suites = positionals.includes('all') ? suiteNames : suiteNames.filter((name) => positionals.includes(name))
  if (values.out !== undefined && suites.length !== 1) throw new TypeError('--out takes the result of one suite.')
  const seconds = positive('--seconds', values.seconds) ?? (values.quick ? 0.7 : 3)
  return {
    suites,
    report: positionals.includes('report'),
    list: values.list,
    compare: values.compare,
    out: values.out,
    profile: values.profile,
    settings: {
      quick: values.quick,
      rounds: Math.ceil(positive('--rounds', values.rounds) ?? (values.quick ? 3 : 5)),
      warmUpMs: (seconds * 1000) / 2,
      windowMs: seconds * 1000,
    },
    selection: { variants: list(values.only), cells: list(values.cells) },
  }
}

function list(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(',')).filter((value) => value !== '')
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new TypeError(`${option} takes a number above 0, not '${text}'.`)
  return value
}
