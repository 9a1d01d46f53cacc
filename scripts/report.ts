/** Ends a check: prints each problem on a line of its own and fails, or says what was looked at. */
export function report(problems: readonly string[], looked: string): void {
  for (const problem of problems) console.error(`✗ ${problem}`)
  if (problems.length === 0) console.log(`✓ ${looked}`)
  else console.error(`\n${problems.length} problem${problems.length === 1 ? '' : 's'}.`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
