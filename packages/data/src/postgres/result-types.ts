import { type CustomTypesConfig, types } from 'pg'

type Parse = (text: string) => unknown

const { INT8, DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL } = types.builtins

/** The types whose lists are read. Each list has a type of its own: its number, and that of its elements. */
const lists: ReadonlyMap<number, number> = new Map([
  ...[
    [1000, 16],
    [1001, 17],
    [1002, 18],
    [1003, 19],
    [1005, 21],
    [1007, 23],
    [1016, 20],
    [1028, 26],
  ], // bool … oid
  ...[
    [1008, 25],
    [1009, 25],
    [1014, 1042],
    [1015, 1043],
    [143, 142],
    [2951, 2950],
  ], // text, char, varchar, xml, uuid
  ...[
    [1021, 700],
    [1022, 701],
    [1231, 1700],
    [791, 790],
    [1561, 1560],
    [1563, 1562],
  ], // numbers, money, bits
  ...[
    [1182, 1082],
    [1183, 1083],
    [1115, 1114],
    [1185, 1184],
    [1187, 1186],
    [1270, 1266],
  ], // dates and times
  ...[
    [199, 114],
    [3807, 3802],
    [4073, 4072],
    [1017, 600],
    [719, 718],
  ], // json, jsonpath, point, circle
  ...[
    [1040, 829],
    [775, 774],
    [1041, 869],
    [651, 650],
    [3221, 3220],
    [3643, 3614],
  ], // addresses, pg_lsn, tsvector
  ...[
    [3905, 3904],
    [3907, 3906],
    [3909, 3908],
    [3911, 3910],
    [3913, 3912],
    [3927, 3926],
  ], // ranges
  ...[
    [6150, 4451],
    [6151, 4532],
    [6152, 4533],
    [6153, 4534],
    [6155, 4535],
    [6157, 4536],
  ], // multiranges
] as const)

/**
 * How values are read, for these connections only: by the table in docs/guide/stores.md, wherever the process's clock
 * stands, and the elements of a list as they are read alone. It changes pg's defaults for
 *
 * - `bigint`, which is also what `count(*)` and `sum(integer)` give: a number, as sqlite has it, instead of a string.
 *   Beyond 2^53 it is refused rather than rounded.
 * - `date`: its text, `2026-02-28`, instead of a Date at midnight in whatever time zone the process runs in.
 * - `timestamp`: the Date at that time in UTC, likewise.
 * - `interval`: an endless one is not an empty one.
 * - lists of these, of `numeric` (texts), and of types of which pg reads no lists.
 */
export const resultTypes: CustomTypesConfig = {
  getTypeParser: (oid, format): Parse => {
    // Its overloads tell text and binary apart; pg hands on the right one.
    return changed.get(oid) ?? (types.getTypeParser(oid, format) as Parse)
  },
}

const byDefault = (oid: number): Parse => types.getTypeParser(oid, 'text') as Parse
const readInstant = byDefault(TIMESTAMPTZ)
const readInterval = byDefault(INTERVAL)
const readTexts = byDefault(1009) as (text: string) => readonly unknown[]

const changed: ReadonlyMap<number, Parse> = withLists([
  [INT8, toSafeInteger],
  [DATE, (text) => text],
  [TIMESTAMP, toDate],
  [INTERVAL, (text) => endless(text) ?? readInterval(text)],
])

function withLists(scalars: readonly (readonly [number, Parse])[]): ReadonlyMap<number, Parse> {
  const all = new Map(scalars)
  for (const [oid, element] of lists) {
    const read = all.get(element) ?? byDefault(element)
    all.set(oid, (text) => readTexts(text).map((item) => readItem(item, read)))
  }
  return all
}

/** A list may hold null, and lists. */
function readItem(item: unknown, read: Parse): unknown {
  if (typeof item === 'string') return read(item)
  return Array.isArray(item) ? item.map((inner: unknown) => readItem(inner, read)) : item
}

function toSafeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`The bigint ${text} does not fit into a number: select it as text (column::text).`)
}

/** The server writes the zone before the era. */
function toDate(text: string): unknown {
  if (text.endsWith(' BC')) return readInstant(text.replace(' BC', '+00 BC'))
  return endless(text) ?? readInstant(`${text}+00`)
}

function endless(text: string): number | undefined {
  if (text === 'infinity') return Infinity
  return text === '-infinity' ? -Infinity : undefined
}
