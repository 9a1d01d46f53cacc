import type { SuiteResult } from '../harness/result.ts'
import { references } from './references.ts'
import { tableOf, toText } from './table.ts'

/** Prints a result as people read it at a terminal. */
export function printTables(result: SuiteResult): void {
  for (const cell of result.cells) {
    const table = tableOf(result, cell, { references: references[result.suite] })
    console.log(`\n${cell.title}\n${toText(table)}`)
  }
  for (const { variant, reason } of result.missing) console.log(`\nmissing: ${variant}: ${reason}`)
}
