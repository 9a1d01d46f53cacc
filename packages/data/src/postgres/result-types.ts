import { type CustomTypesConfig, types } from 'pg'

type Parse = (text: string) => unknown

const changed: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [types.builtins.INT8, toSafeInteger],
  [types.builtins.DATE, (text) => text],
])

/**
 * Two changes to pg's defaults, for these connections only.
 *
 * - `bigint`, which is also what `count(*)` and `sum(integer)` give: a number, as sqlite has it, instead of a string.
 *   Beyond 2^53 it is refused rather than rounded.
 * - `date`: its text, `2026-02-28`, instead of a Date at midnight in whatever time zone the process runs in.
 */
export const resultTypes: CustomTypesConfig = {
  getTypeParser: (oid, format): Parse => {
    // Its overloads tell text and binary apart; pg hands on the right one.
    return changed.get(oid) ?? (types.getTypeParser(oid, format) as Parse)
  },
}

function toSafeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`The bigint ${text} does not fit into a number: select it as text (column::text).`)
}
